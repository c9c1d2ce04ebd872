//! The rules of networks, subnets and routes.
use crate::client::Client;
use iac_hetzner::sim::{Pace, SimConfig};
use serde_json::{Value, json};

#[test]
fn ranges() {
    let mut client = Client::instant();
    for ip_range in ["10.0.0.1/16", "8.8.8.0/24", "10.0.0.0/25", "nonsense", "fd00::/64"] {
        client.refuses("POST /networks", json!({ "name": "n", "ip_range": ip_range }), 422, "invalid_input");
    }
    let id = client.network("n");
    let act = |name: &str| format!("POST /networks/{id}/actions/{name}");
    for ip_range in ["10.0.0.0/17", "10.1.0.0/16", "10.0.0.0/16"] {
        client.refuses(&act("change_ip_range"), json!({ "ip_range": ip_range }), 422, "invalid_input");
    }
    client.ok(&act("change_ip_range"), json!({ "ip_range": "10.0.0.0/12" }));
    let subnet =
        |ip_range: &str| json!({ "type": "cloud", "ip_range": ip_range, "network_zone": "eu-central" });
    for ip_range in ["10.0.1.128/25", "10.16.0.0/24", "10.2.0.0/31", "10.2.0.1/24"] {
        client.refuses(&act("add_subnet"), subnet(ip_range), 422, "invalid_input");
    }
    let vswitch = json!({ "type": "vswitch", "ip_range": "10.3.0.0/24", "network_zone": "eu-central" });
    client.refuses(&act("add_subnet"), vswitch, 422, "invalid_input");
    client.ok(&act("add_subnet"), json!({ "type": "cloud", "network_zone": "us-east" }));
    let network = client.get(&format!("/networks/{id}"))["network"].clone();
    assert_eq!(network["subnets"][1]["ip_range"], "10.0.0.0/24");
    assert_eq!(network["subnets"][1]["gateway"], "10.0.0.1");
    for (destination, gateway) in [
        ("10.0.1.0/24", "10.0.1.2"),
        ("8.8.8.0/24", "10.0.1.2"),
        ("172.31.0.0/16", "10.0.1.2"),
        ("192.168.0.0/24", "10.0.0.1"),
        ("192.168.0.0/24", "192.168.0.1"),
    ] {
        let route = json!({ "destination": destination, "gateway": gateway });
        client.refuses(&act("add_route"), route, 422, "invalid_input");
    }
    let route = json!({ "destination": "0.0.0.0/0", "gateway": "10.0.1.2" });
    client.ok(&act("add_route"), route.clone());
    client.refuses(&act("add_route"), route.clone(), 422, "invalid_input");
    client.ok(&act("delete_route"), route.clone());
    client.refuses(&act("delete_route"), route, 404, "not_found");
    client.refuses(&act("delete_subnet"), json!({ "ip_range": "10.9.0.0/24" }), 404, "not_found");
}

#[test]
fn changes_of_one_network_conflict() {
    let mut client = Client::new(SimConfig::new().pace(Pace::Polls(2)));
    let id = client.network("n");
    let add = format!("POST /networks/{id}/actions/add_subnet");
    let subnet = json!({ "type": "cloud", "network_zone": "eu-central" });
    let first = client.ok(&add, subnet.clone());
    let before = client.sim.object(iac_hetzner::sim::Kind::Network, id).unwrap();
    assert_eq!(before["subnets"].as_array().unwrap().len(), 1, "it comes with the action's end");
    client.refuses(&add, subnet.clone(), 409, "conflict");
    client.refuses(&format!("DELETE /networks/{id}"), Value::Null, 409, "conflict");
    client.wait(&first["action"]);
    client.ok(&add, subnet);
}

#[test]
fn attachments() {
    let mut client = Client::instant();
    let id = client.network("n");
    let server = client.server("a");
    let act = |name: &str| format!("POST /servers/{server}/actions/{name}");
    for (body, status, code) in [
        (json!({ "network": 7 }), 404, "not_found"),
        (json!({ "network": id, "ip": "10.0.2.5" }), 422, "ip_not_available"),
        (json!({ "network": id, "ip": "10.0.1.255" }), 422, "ip_not_available"),
        (json!({ "network": id, "ip_range": "10.0.2.0/24" }), 422, "no_subnet_available"),
        (json!({ "network": id, "ip": "10.0.1.5", "alias_ips": ["10.0.1.5"] }), 422, "ip_not_available"),
    ] {
        client.refuses(&act("attach_to_network"), body, status, code);
    }
    let attach = json!({ "network": id, "ip": "10.0.1.5", "alias_ips": ["10.0.1.6"] });
    client.ok(&act("attach_to_network"), attach.clone());
    client.refuses(&act("attach_to_network"), attach, 422, "server_already_attached");
    let overlapping = client.network("overlapping");
    let body = json!({ "network": overlapping });
    client.refuses(&act("attach_to_network"), body, 422, "networks_overlap");
    let remove = format!("POST /networks/{id}/actions/delete_subnet");
    client.refuses(&remove, json!({ "ip_range": "10.0.1.0/24" }), 422, "service_error");
    client.ok(&act("change_alias_ips"), json!({ "network": id, "alias_ips": ["10.0.1.6", "10.0.1.7"] }));
    let net = client.get(&format!("/servers/{server}"))["server"]["private_net"][0].clone();
    assert_eq!(net["alias_ips"], json!(["10.0.1.6", "10.0.1.7"]));
    client.ok(&act("detach_from_network"), json!({ "network": id }));
    client.refuses(&act("detach_from_network"), json!({ "network": id }), 422, "service_error");
    client.ok(&act("attach_to_network"), json!({ "network": id }));
    // Deleting a network detaches what is in it.
    client.ok(&format!("DELETE /networks/{id}"), Value::Null);
    assert_eq!(client.get(&format!("/servers/{server}"))["server"]["private_net"], json!([]));
}
