//! From a Terraform state, with the attributes and the forms of ids that its provider writes.

use serde_json::{Value as Json, json};

use crate::made::{Made, shop};
use crate::program;
use crate::world::World;

const PROVIDER: &str = "provider[\"registry.terraform.io/hetznercloud/hcloud\"]";

fn one(kind: &str, name: &str, attributes: Json) -> Json {
    let instance = json!({
        "schema_version": 0, "attributes": attributes, "sensitive_attributes": [],
        "private": "bnVsbA==", "dependencies": ["hcloud_network.network"],
    });
    json!({"mode": "managed", "type": kind, "name": name, "provider": PROVIDER, "instances": [instance]})
}

fn counted(kind: &str, name: &str, attributes: impl IntoIterator<Item = Json>) -> Json {
    let instances: Vec<Json> = (0..)
        .zip(attributes)
        .map(|(index, attributes)| {
            json!({"index_key": index, "schema_version": 0, "attributes": attributes, "sensitive_attributes": []})
        })
        .collect();
    json!({"mode": "managed", "type": kind, "name": name, "provider": PROVIDER, "instances": instances})
}

fn workers(made: &Made) -> Vec<Json> {
    let servers = (0..).zip(made.servers).map(|(number, id)| {
        json!({
            "allow_deprecated_images": false, "backup_window": "", "backups": false, "datacenter": "nbg1-dc3",
            "delete_protection": false, "firewall_ids": [], "id": id.to_string(), "ignore_remote_firewall_ids": false,
            "image": "ubuntu-24.04", "ipv4_address": "192.0.2.1", "ipv6_address": "2001:db8::1",
            "ipv6_network": "2001:db8::/64", "iso": null, "keep_disk": false, "labels": {"role": "worker"},
            "location": "nbg1", "name": format!("shop-worker-{number}"), "network": [],
            "placement_group_id": null, "primary_disk_size": 40, "public_net": [], "rebuild_protection": false,
            "rescue": null, "server_type": "cx22", "shutdown_before_deletion": false, "ssh_keys": null,
            "status": "running", "timeouts": null, "user_data": "canary-of-the-file",
        })
    });
    servers.collect()
}

fn resources(made: &Made) -> Vec<Json> {
    let Made { network, servers, volume, balancer } = made;
    let attachments = (0..).zip(servers).map(|(number, server)| {
        json!({
            "alias_ips": [], "id": format!("{server}-{network}"), "ip": format!("10.0.1.{}", 10 + number),
            "mac_address": "86:00:00:2a:7d:e1", "network_id": network, "server_id": server,
            "subnet_id": format!("{network}-10.0.1.0/24"),
        })
    });
    let targets = servers.iter().map(|server| {
        json!({
            "id": format!("lb-srv-tgt-{server}-{balancer}"), "ip": "", "label_selector": "",
            "load_balancer_id": balancer, "server_id": server, "type": "server", "use_private_ip": true,
        })
    });
    vec![
        json!({"mode": "data", "type": "hcloud_image", "name": "ubuntu", "provider": PROVIDER,
            "instances": [{"schema_version": 0, "attributes": {"id": 1, "name": "ubuntu-24.04"}}]}),
        one(
            "hcloud_network",
            "network",
            json!({
                "delete_protection": false, "expose_routes_to_vswitch": false, "id": network.to_string(),
                "ip_range": "10.0.0.0/16", "labels": {}, "name": "shop",
            }),
        ),
        one(
            "hcloud_network_subnet",
            "workers",
            json!({
                "gateway": "10.0.0.1", "id": format!("{network}-10.0.1.0/24"), "ip_range": "10.0.1.0/24",
                "network_id": network, "network_zone": "eu-central", "type": "cloud", "vswitch_id": null,
            }),
        ),
        counted("hcloud_server", "worker", workers(made)),
        counted("hcloud_server_network", "worker", attachments),
        one(
            "hcloud_volume",
            "data",
            json!({
                "automount": null, "delete_protection": false, "format": "ext4", "id": volume.to_string(), "labels": {},
                "linux_device": "/dev/disk/by-id/scsi-0HC_Volume_1", "location": "nbg1", "name": "shop-data",
                "server_id": servers[0], "size": 20,
            }),
        ),
        one(
            "hcloud_volume_attachment",
            "data",
            json!({
                "automount": false, "id": volume.to_string(), "server_id": servers[0], "volume_id": volume,
            }),
        ),
        one(
            "hcloud_load_balancer",
            "edge",
            json!({
                "algorithm": [{"type": "round_robin"}], "delete_protection": false, "id": balancer.to_string(),
                "ipv4": "192.0.2.9", "ipv6": "2001:db8:9::1", "labels": {}, "load_balancer_type": "lb11",
                "location": "nbg1", "name": "shop-edge", "network_id": network, "network_ip": "10.0.1.5",
                "network_zone": "eu-central", "target": [],
            }),
        ),
        one(
            "hcloud_load_balancer_network",
            "edge",
            json!({
                "enable_public_interface": true, "id": format!("{balancer}-{network}"), "ip": "10.0.1.5",
                "load_balancer_id": balancer, "network_id": network, "subnet_id": null,
            }),
        ),
        one(
            "hcloud_load_balancer_service",
            "http",
            json!({
                "destination_port": 8080, "health_check": [{"http": [{"domain": "", "path": "/healthz", "response": "",
                "status_codes": ["2??", "3??"], "tls": false}], "interval": 10, "port": 8080, "protocol": "http",
                "retries": 3, "timeout": 5}], "http": [{"certificates": [], "cookie_lifetime": 300,
                "cookie_name": "HCLBSTICKY", "redirect_http": false, "sticky_sessions": false}],
                "id": format!("{balancer}__80"), "listen_port": 80, "load_balancer_id": balancer.to_string(),
                "protocol": "http", "proxyprotocol": false,
            }),
        ),
        counted("hcloud_load_balancer_target", "worker", targets),
    ]
}

fn state(resources: Vec<Json>) -> String {
    json!({
        "version": 4, "terraform_version": "1.9.8", "serial": 17, "lineage": "3f8c0b5e-6d2c-8a0f-1f8d-0a9e4c7b2d11",
        "outputs": {"ip": {"value": "192.0.2.9", "type": "string"}}, "resources": resources, "check_results": null,
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terraform_state_moves_over_without_a_request_and_without_a_difference() {
    let world = World::new().await;
    let made = shop(&world.cloud);
    world.moves_over(&state(resources(&made))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_told_and_left_alone() {
    let world = World::new().await;
    let made = shop(&world.cloud);
    let mut all = resources(&made);
    all.push(one(
        "hcloud_ssh_key",
        "admin",
        json!({"id": "99", "name": "admin", "public_key": "ssh-ed25519 A"}),
    ));
    all.push(one(
        "hcloud_rdns",
        "web",
        json!({"id": "s-1-192.0.2.1", "server_id": 1, "ip_address": "192.0.2.1"}),
    ));
    all.push(one("random_pet", "name", json!({"id": "clever-cat"})));
    all.retain(|resource| resource["type"] != "hcloud_volume");
    let graph = world.graph(program::shop);
    let matched = world.adopt(&graph, &state(all), &[]).await;
    let told: Vec<_> = matched
        .left
        .iter()
        .map(|left| format!("{}: {}; {}", left.address, left.text, left.way_out))
        .collect();
    let volume = made.volume;
    let wanted = [
        "hcloud_rdns.web: it has no counterpart here, or its attributes do not say which; leave it to the other \
         tool, or drop it there"
            .to_owned(),
        "random_pet.name: no provider of the program knows this type; register its provider with \
         `stack.provider(…)`, or leave it to the other tool"
            .to_owned(),
        format!(
            "hcloud_volume_attachment.data: it is the field `server` of hetzner:volume {volume} here, which no \
             resource is; adopt hetzner:volume {volume} as well, and set its `server`"
        ),
        "hcloud_ssh_key.admin: the program declares no resource for it; declare it; \
         `import --print hetzner:ssh_key 99` prints the code"
            .to_owned(),
    ];
    assert_eq!(told, wanted);
    assert_eq!(matched.missing.iter().map(iac::Urn::path).collect::<Vec<_>>(), ["data"]);
    assert!(!format!("{matched:?}").contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_adopted_once_and_a_second_time_changes_nothing() {
    let world = World::new().await;
    let made = shop(&world.cloud);
    let graph = world.graph(program::shop);
    let file = state(resources(&made));
    assert_eq!(world.adopt(&graph, &file, &[]).await.found.len(), 14);
    let again = world.adopt(&graph, &file, &[]).await;
    assert_eq!((again.found.len(), again.recorded.len(), again.left.len()), (0, 14, 0), "{again:#?}");
}
