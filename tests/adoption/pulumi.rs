//! From a Pulumi export, whose provider is made from Terraform's and has the same ids.

use serde_json::{Value as Json, json};

use crate::made::{Made, shop};
use crate::world::World;

const STACK: &str = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";

fn one(kind: &str, name: &str, id: String, outputs: Json) -> Json {
    json!({
        "urn": format!("urn:pulumi:dev::shop::{kind}::{name}"), "custom": true, "id": id, "type": kind,
        "inputs": {"__defaults": []}, "outputs": outputs, "parent": STACK,
        "provider": "urn:pulumi:dev::shop::pulumi:providers:hcloud::default_1_21_0::5c0e",
        "created": "2026-01-05T10:00:00Z", "modified": "2026-01-05T10:00:00Z",
    })
}

fn export(made: &Made) -> String {
    let Made { network, servers, volume, balancer } = made;
    let secret = json!({"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:A:B"});
    let mut resources = vec![
        json!({"urn": STACK, "custom": false, "type": "pulumi:pulumi:Stack"}),
        json!({"urn": "urn:pulumi:dev::shop::pulumi:providers:hcloud::default_1_21_0", "custom": true, "id": "5c0e",
            "type": "pulumi:providers:hcloud", "inputs": {"token": secret}}),
        one(
            "hcloud:index/network:Network",
            "net",
            network.to_string(),
            json!({"ipRange": "10.0.0.0/16", "name": "shop"}),
        ),
        one(
            "hcloud:index/networkSubnet:NetworkSubnet",
            "sub",
            format!("{network}-10.0.1.0/24"),
            json!({"networkId": network, "ipRange": "10.0.1.0/24", "type": "cloud"}),
        ),
        one(
            "hcloud:index/volume:Volume",
            "disk",
            volume.to_string(),
            json!({"name": "shop-data", "size": 20}),
        ),
        one(
            "hcloud:index/volumeAttachment:VolumeAttachment",
            "disk",
            volume.to_string(),
            json!({"volumeId": volume, "serverId": servers[0]}),
        ),
        one(
            "hcloud:index/loadBalancer:LoadBalancer",
            "lb",
            balancer.to_string(),
            json!({"name": "shop-edge"}),
        ),
        one(
            "hcloud:index/loadBalancerNetwork:LoadBalancerNetwork",
            "lb",
            format!("{balancer}-{network}"),
            json!({"loadBalancerId": balancer, "networkId": network}),
        ),
        one(
            "hcloud:index/loadBalancerService:LoadBalancerService",
            "web",
            format!("{balancer}__80"),
            json!({"loadBalancerId": balancer.to_string(), "listenPort": 80}),
        ),
    ];
    for (number, server) in (0..).zip(servers) {
        resources.push(one(
            "hcloud:index/server:Server",
            &format!("node{number}"),
            server.to_string(),
            json!({"name": format!("shop-worker-{number}"), "userData": secret}),
        ));
        resources.push(one(
            "hcloud:index/serverNetwork:ServerNetwork",
            &format!("node{number}-net"),
            format!("{server}-{network}"),
            json!({"serverId": server, "networkId": network}),
        ));
        resources.push(one(
            "hcloud:index/loadBalancerTarget:LoadBalancerTarget",
            &format!("node{number}-tgt"),
            format!("lb-srv-tgt-{server}-{balancer}"),
            json!({"type": "server", "loadBalancerId": balancer, "serverId": server, "usePrivateIp": true}),
        ));
    }
    let manifest = json!({"time": "2026-01-05T10:00:00Z", "magic": "", "version": "v3.190.0"});
    json!({"version": 3, "deployment": {"manifest": manifest, "resources": resources, "metadata": {}}})
        .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pulumi_export_moves_over_without_a_request_and_without_a_difference() {
    let world = World::new().await;
    let made = shop(&world.cloud);
    world.moves_over(&export(&made)).await;
}
