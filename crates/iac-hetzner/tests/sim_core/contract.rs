//! Every operation of this half of the API, against the published description, both directions.
use crate::client::{Client, PUBLIC_KEY, server_body};
use iac_hetzner::sim::{Pace, SimConfig, deviations};
use iac_testkit::openapi::{Description, Deviation, Violation};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The collections of this half.
const OWN: [&str; 13] = [
    "actions",
    "datacenters",
    "firewalls",
    "images",
    "isos",
    "load_balancer_types",
    "locations",
    "networks",
    "placement_groups",
    "server_types",
    "servers",
    "ssh_keys",
    "volumes",
];

/// The description with what is newer than it; only a project without datacenters may lack them.
fn description(with_datacenters: bool) -> Option<Description> {
    let description = Description::from_env("hetzner/cloud.spec.json").unwrap().or_skip()?;
    let known = deviations().iter();
    let known = known.filter(|(_, pointer, _)| !(with_datacenters && pointer.ends_with("/datacenter")));
    Some(known.fold(description, |description, (operation, pointer, reason)| {
        description.allow(Deviation::new(*operation, *pointer, *reason))
    }))
}

#[test]
fn every_operation_fits_the_description() {
    let Some(description) = description(true) else {
        return;
    };
    let mut client = Client::new(SimConfig::new().pace(Pace::Instant).with_datacenters());
    use_everything(&mut client);
    client.get("/datacenters");
    client.get("/datacenters/4");
    let violations: Vec<String> = client
        .exchanges
        .iter()
        .flat_map(|exchange| description.check(exchange, "/v1"))
        .map(|violation| violation.to_string())
        .collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    let used: BTreeSet<(String, String)> = client
        .exchanges
        .iter()
        .filter(|exchange| exchange.status.is_some_and(|status| status < 300))
        .map(|exchange| (exchange.method.clone(), template(&exchange.path)))
        .collect();
    let unused: Vec<(&str, &str)> = description
        .operations()
        .filter(|(_, path)| OWN.contains(&path.split('/').nth(1).unwrap_or_default()))
        .filter(|(method, path)| !used.contains(&((*method).to_owned(), plain(path))))
        .collect();
    assert!(unused.is_empty(), "operations without a successful request: {unused:?}");
}

#[test]
fn without_datacenters_only_they_are_missing() {
    let Some(description) = description(false) else {
        return;
    };
    let mut client = Client::new(SimConfig::new().pace(Pace::Instant));
    use_everything(&mut client);
    let violations: Vec<Violation> =
        client.exchanges.iter().flat_map(|exchange| description.check(exchange, "/v1")).collect();
    assert!(violations.is_empty(), "{violations:#?}");
}

/// A path with `*` for each id.
fn template(path: &str) -> String {
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let segment = |segment: &str| if segment.parse::<u64>().is_ok() { "*" } else { segment }.to_owned();
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// A template with `*` for each hole.
fn plain(template: &str) -> String {
    let segment = |segment: &str| if segment.starts_with('{') { "*" } else { segment }.to_owned();
    template.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn use_everything(client: &mut Client) {
    use_catalogue(client);
    let key = json!({ "name": "key", "public_key": PUBLIC_KEY, "labels": { "a": "b" } });
    let key = client.ok("POST /ssh_keys", key)["ssh_key"]["id"].clone();
    client.get("/ssh_keys?sort=name:desc&label_selector=a");
    client.get(&format!("/ssh_keys/{key}"));
    client.ok(&format!("PUT /ssh_keys/{key}"), json!({ "name": "other", "labels": {} }));
    let network = use_networks(client);
    let server = use_servers(client, &key, &network);
    use_server_actions(client, &server, &network, &key);
    use_firewalls(client, &server);
    use_volumes(client, &server);
    use_images(client, &server);
    use_refusals(client, &server);
    client.ok(&format!("DELETE /servers/{server}"), Value::Null);
    client.ok(&format!("DELETE /networks/{network}"), Value::Null);
    client.ok(&format!("DELETE /ssh_keys/{key}"), Value::Null);
}

fn use_catalogue(client: &mut Client) {
    for (collection, id) in [
        ("locations", 1_u64),
        ("server_types", 104),
        ("load_balancer_types", 1),
        ("isos", 26),
        ("images", 67_794_396),
    ] {
        client.get(&format!("/{collection}"));
        client.get(&format!("/{collection}?per_page=50&page=2"));
        client.get(&format!("/{collection}/{id}"));
    }
}

/// Lists and single actions of an object and its type.
fn use_actions(client: &mut Client, collection: &str, id: &Value) {
    let of_object = client.get(&format!("/{collection}/{id}/actions?status=success&sort=id:desc"));
    let action = of_object["actions"][0]["id"].clone();
    client.get(&format!("/{collection}/actions?id={action}"));
    client.get(&format!("/{collection}/actions/{action}"));
    client.get(&format!("/{collection}/{id}/actions/{action}"));
    client.get(&format!("/actions/{action}"));
    client.get(&format!("/actions?id={action}"));
}

fn use_networks(client: &mut Client) -> Value {
    let body = json!({
        "name": "net",
        "ip_range": "10.0.0.0/16",
        "labels": { "a": "b" },
        "expose_routes_to_vswitch": false,
        "subnets": [{ "type": "cloud", "ip_range": "10.0.1.0/24", "network_zone": "eu-central" }],
        "routes": [{ "destination": "192.168.0.0/24", "gateway": "10.0.1.9" }],
    });
    let id = client.ok("POST /networks", body)["network"]["id"].clone();
    client.get("/networks?name=net&sort=created");
    client.get(&format!("/networks/{id}"));
    client.ok(&format!("PUT /networks/{id}"), json!({ "name": "net2", "expose_routes_to_vswitch": true }));
    let act = |name: &str| format!("POST /networks/{id}/actions/{name}");
    let subnet = json!({ "type": "vswitch", "ip_range": "10.0.2.0/24", "network_zone": "eu-central", "vswitch_id": 7 });
    client.ok(&act("add_subnet"), subnet);
    client.get(&format!("/networks/{id}"));
    client.ok(&act("delete_subnet"), json!({ "ip_range": "10.0.2.0/24" }));
    let route = json!({ "destination": "0.0.0.0/0", "gateway": "10.0.1.9" });
    client.ok(&act("add_route"), route.clone());
    client.ok(&act("delete_route"), route);
    client.ok(&act("change_ip_range"), json!({ "ip_range": "10.0.0.0/15" }));
    client.ok(&act("change_protection"), json!({ "delete": false }));
    use_actions(client, "networks", &id);
    id
}

fn use_servers(client: &mut Client, key: &Value, network: &Value) -> Value {
    let group = client.ok("POST /placement_groups", json!({ "name": "g", "type": "spread", "labels": {} }));
    let group = group["placement_group"]["id"].clone();
    client.get("/placement_groups?type=spread");
    client.get(&format!("/placement_groups/{group}"));
    client.ok(&format!("PUT /placement_groups/{group}"), json!({ "name": "g2" }));
    let firewall = client.ok("POST /firewalls", json!({ "name": "early" }))["firewall"]["id"].clone();
    let volume = client.volume("early");
    let mut body = server_body("a.example");
    body.as_object_mut().unwrap().extend(
        json!({
            "ssh_keys": [key],
            "networks": [network],
            "volumes": [volume],
            "firewalls": [{ "firewall": firewall }],
            "placement_group": group,
            "automount": false,
            "start_after_create": true,
            "user_data": "#cloud-config",
            "labels": { "role": "web" },
            "public_net": { "enable_ipv4": true, "enable_ipv6": true },
        })
        .as_object()
        .unwrap()
        .clone(),
    );
    let id = client.ok("POST /servers", body)["server"]["id"].clone();
    client.create_server("without-key", json!({ "ssh_keys": [] }));
    client.get("/servers?status=running&sort=name:asc");
    client.get(&format!("/servers/{id}"));
    client.ok(&format!("PUT /servers/{id}"), json!({ "name": "b", "labels": { "role": "web" } }));
    id
}

fn use_server_actions(client: &mut Client, id: &Value, network: &Value, key: &Value) {
    let act = |name: &str| format!("POST /servers/{id}/actions/{name}");
    let metrics = "type=cpu&type=disk&start=2026-10-31T00:00:00Z&end=2026-11-01T00:00:00Z&step=60";
    client.get(&format!("/servers/{id}/metrics?{metrics}"));
    client.ok(&act("detach_from_network"), json!({ "network": network }));
    let attach = json!({ "network": network, "ip": "10.0.1.5", "alias_ips": [], "ip_range": "10.0.1.0/24" });
    client.ok(&act("attach_to_network"), attach);
    client.ok(&act("change_alias_ips"), json!({ "network": network, "alias_ips": ["10.0.1.6"] }));
    let server = client.get(&format!("/servers/{id}"))["server"].clone();
    let ipv4 = server["public_net"]["ipv4"]["ip"].clone();
    client.ok(&act("change_dns_ptr"), json!({ "ip": ipv4, "dns_ptr": "a.example.com" }));
    client.ok(&act("change_dns_ptr"), json!({ "ip": ipv4, "dns_ptr": null }));
    let ipv6 = server["public_net"]["ipv6"]["ip"].as_str().unwrap().replace("/64", "1");
    client.ok(&act("change_dns_ptr"), json!({ "ip": ipv6, "dns_ptr": "a.example.com" }));
    for setting in ["enable_backup", "request_console", "reboot", "reset", "reset_password", "shutdown"] {
        client.ok(&act(setting), Value::Null);
    }
    client.ok(&act("create_image"), json!({ "type": "backup", "description": "bound", "labels": {} }));
    client.get(&format!("/images?type=backup&bound_to={id}"));
    client.ok(&act("enable_rescue"), json!({ "type": "linux64", "ssh_keys": [key] }));
    client.get(&format!("/servers/{id}"));
    client.ok(&act("disable_rescue"), Value::Null);
    client.ok(&act("disable_backup"), Value::Null);
    client.ok(&act("attach_iso"), json!({ "iso": "virtio-win-0.1.271.iso" }));
    client.get(&format!("/servers/{id}"));
    client.ok(&act("detach_iso"), Value::Null);
    let group = server["placement_group"]["id"].clone();
    client.ok(&act("remove_from_placement_group"), Value::Null);
    client.ok(&act("add_to_placement_group"), json!({ "placement_group": group }));
    client.ok(&act("remove_from_placement_group"), Value::Null);
    client.ok(&format!("DELETE /placement_groups/{group}"), Value::Null);
    client.ok(&act("change_type"), json!({ "server_type": "cx32", "upgrade_disk": false }));
    client.ok(&act("poweron"), Value::Null);
    client.ok(&act("rebuild"), json!({ "image": "debian-13" }));
    client.ok(&act("poweroff"), Value::Null);
    client.ok(&act("change_protection"), json!({ "delete": false, "rebuild": false }));
    use_actions(client, "servers", id);
}

fn use_firewalls(client: &mut Client, server: &Value) {
    let target = json!([{ "type": "server", "server": { "id": server } }]);
    let selector = json!([{ "type": "label_selector", "label_selector": { "selector": "role=web" } }]);
    let rules = json!([
        { "direction": "in", "protocol": "tcp", "port": "22", "source_ips": ["0.0.0.0/0"], "description": "ssh" },
        { "direction": "out", "protocol": "icmp", "destination_ips": ["::/0"] },
    ]);
    let body = json!({ "name": "f", "labels": {}, "rules": rules, "apply_to": target });
    let id = client.ok("POST /firewalls", body)["firewall"]["id"].clone();
    client.get(&format!("/firewalls/{id}"));
    client.ok(&format!("POST /firewalls/{id}/actions/apply_to_resources"), json!({ "apply_to": selector }));
    client.get("/firewalls?sort=id");
    client.ok(&format!("PUT /firewalls/{id}"), json!({ "name": "f2", "labels": { "a": "" } }));
    client.ok(&format!("POST /firewalls/{id}/actions/set_rules"), json!({ "rules": rules }));
    for remove_from in [target, selector] {
        let remove = format!("POST /firewalls/{id}/actions/remove_from_resources");
        client.ok(&remove, json!({ "remove_from": remove_from }));
    }
    use_actions(client, "firewalls", &id);
    client.ok(&format!("DELETE /firewalls/{id}"), Value::Null);
}

fn use_volumes(client: &mut Client, server: &Value) {
    let body = json!({ "name": "v", "size": 10, "server": server, "automount": true, "format": "xfs", "labels": {} });
    let id = client.ok("POST /volumes", body)["volume"]["id"].clone();
    client.get("/volumes?status=available");
    client.get(&format!("/volumes/{id}"));
    client.ok(&format!("PUT /volumes/{id}"), json!({ "name": "v2" }));
    let act = |name: &str| format!("POST /volumes/{id}/actions/{name}");
    client.ok(&act("detach"), Value::Null);
    client.ok(&act("attach"), json!({ "server": server, "automount": false }));
    client.ok(&act("detach"), Value::Null);
    client.ok(&act("resize"), json!({ "size": 11 }));
    client.ok(&act("change_protection"), json!({ "delete": false }));
    use_actions(client, "volumes", &id);
    client.ok(&format!("DELETE /volumes/{id}"), Value::Null);
}

fn use_images(client: &mut Client, server: &Value) {
    let body = json!({ "description": "mine", "type": "snapshot", "labels": { "a": "b" } });
    let create = format!("POST /servers/{server}/actions/create_image");
    let id = client.ok(&create, body)["image"]["id"].clone();
    client.get("/images?type=snapshot&status=available&label_selector=a");
    client.get("/images?include_deprecated=true&architecture=arm&sort=name");
    client.get(&format!("/images/{id}"));
    client.ok(&format!("PUT /images/{id}"), json!({ "description": "yours", "labels": {} }));
    client.ok(&format!("POST /images/{id}/actions/change_protection"), json!({ "delete": false }));
    use_actions(client, "images", &id);
    client.create_server("from-snapshot", json!({ "image": id.to_string(), "server_type": "cx32" }));
    client.ok(&format!("DELETE /images/{id}"), Value::Null);
}

/// Refusals have a described shape too.
fn use_refusals(client: &mut Client, server: &Value) {
    client.refuses("GET /servers/7", Value::Null, 404, "not_found");
    client.refuses("POST /servers", server_body("b"), 409, "uniqueness_error");
    let create = format!("POST /servers/{server}/actions/attach_to_network");
    client.refuses(&create, json!({ "network": 7 }), 404, "not_found");
    client.token = None;
    client.refuses("GET /volumes", Value::Null, 401, "unauthorized");
    client.token = Some("token");
}
