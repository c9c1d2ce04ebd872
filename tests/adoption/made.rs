//! A shop in the simulated cloud, as another tool's plain API calls made it. Knows nothing of this
//! engine.

use iac_hetzner::sim::HetznerSim;
use iac_testkit::sim::{Method, SimServer};
use serde_json::{Value as Json, json};

/// The ids of what exists.
pub(crate) struct Made {
    pub(crate) network: u64,
    pub(crate) servers: [u64; 3],
    pub(crate) volume: u64,
    pub(crate) balancer: u64,
}

/// Makes a network with a subnet, three servers in it, a volume on the first one, and a load balancer
/// in front of all three.
pub(crate) fn shop(cloud: &SimServer) -> Made {
    let post = |path: &str, body: Json| -> Json {
        cloud
            .with_cloud::<HetznerSim, _>(|cloud| {
                let answer = cloud.call(Method::POST, path, Some(&body));
                cloud.finish_actions();
                assert!(answer.status.is_success(), "{path}: {:?}", answer.body.as_json());
                answer.body.as_json().cloned().unwrap_or_default()
            })
            .unwrap()
            .unwrap()
    };
    let id = |answer: &Json, kind: &str| answer[kind]["id"].as_u64().unwrap();

    let network = id(&post("/networks", json!({"name": "shop", "ip_range": "10.0.0.0/16"})), "network");
    let subnet = json!({"type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.1.0/24"});
    post(&format!("/networks/{network}/actions/add_subnet"), subnet);
    let servers = [0, 1, 2].map(|number| {
        let server = json!({
            "name": format!("shop-worker-{number}"), "server_type": "cx22", "image": "ubuntu-24.04",
            "location": "nbg1", "labels": {"role": "worker"}, "user_data": "#cloud-config",
        });
        let server = id(&post("/servers", server), "server");
        let attach = json!({"network": network, "ip": format!("10.0.1.{}", 10 + number)});
        post(&format!("/servers/{server}/actions/attach_to_network"), attach);
        server
    });
    let volume = json!({"name": "shop-data", "size": 20, "location": "nbg1", "format": "ext4"});
    let volume = id(&post("/volumes", volume), "volume");
    let attach = json!({"server": servers[0], "automount": false});
    post(&format!("/volumes/{volume}/actions/attach"), attach);
    let balancer = json!({"name": "shop-edge", "load_balancer_type": "lb11", "location": "nbg1"});
    let balancer = id(&post("/load_balancers", balancer), "load_balancer");
    let act =
        |command: &str, body: Json| post(&format!("/load_balancers/{balancer}/actions/{command}"), body);
    act("attach_to_network", json!({"network": network, "ip": "10.0.1.5"}));
    let check = json!({
        "protocol": "http", "port": 8080, "interval": 10, "timeout": 5, "retries": 3,
        "http": {"domain": "", "path": "/healthz", "response": "", "status_codes": ["2??", "3??"], "tls": false},
    });
    let service = json!({
        "protocol": "http", "listen_port": 80, "destination_port": 8080, "proxyprotocol": false,
        "http": {"sticky_sessions": false, "cookie_name": "HCLBSTICKY", "cookie_lifetime": 300, "timeout_idle": 50},
        "health_check": check,
    });
    act("add_service", service);
    for server in servers {
        act("add_target", json!({"type": "server", "server": {"id": server}, "use_private_ip": true}));
    }
    Made { network, servers, volume, balancer }
}
