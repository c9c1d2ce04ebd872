//! The rules of firewalls and what they are applied to.
use crate::client::Client;
use serde_json::{Value, json};

fn rule(more: Value) -> Value {
    let mut rule =
        json!({ "direction": "in", "protocol": "tcp", "port": "80", "source_ips": ["0.0.0.0/0", "::/0"] });
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rule
}

#[test]
fn rules() {
    let mut client = Client::instant();
    let bad = [
        json!({ "port": null }),
        json!({ "port": "0" }),
        json!({ "port": "65536" }),
        json!({ "port": "90-80" }),
        json!({ "protocol": "icmp" }),
        json!({ "protocol": "smtp" }),
        json!({ "source_ips": [] }),
        json!({ "source_ips": ["10.0.0.1/24"] }),
        json!({ "source_ips": ["10.0.0.1"] }),
        json!({ "destination_ips": ["10.0.0.0/24"] }),
        json!({ "direction": "out" }),
        json!({ "description": "x".repeat(256) }),
    ];
    for more in bad {
        let body = json!({ "name": "f", "rules": [rule(more)] });
        client.refuses("POST /firewalls", body, 422, "invalid_input");
    }
    let many: Vec<Value> =
        (0..51).map(|number| rule(json!({ "port": (1000 + number).to_string() }))).collect();
    client.refuses("POST /firewalls", json!({ "name": "f", "rules": many }), 422, "invalid_input");
    let rules = json!([
        rule(json!({ "source_ips": ["2001:DB8::/32"] })),
        rule(json!({ "protocol": "icmp", "port": null })),
        rule(json!({ "port": "80-85", "direction": "out", "source_ips": [], "destination_ips": ["::/0"] })),
    ]);
    let created = client.ok("POST /firewalls", json!({ "name": "f", "rules": rules }));
    assert_eq!(created["actions"][0]["command"], "set_firewall_rules");
    assert_eq!(created["firewall"]["rules"][0]["source_ips"], json!(["2001:db8::/32"]));
    let id = &created["firewall"]["id"];
    client.refuses(&format!("POST /firewalls/{id}/actions/set_rules"), json!({}), 422, "invalid_input");
    client.ok(&format!("POST /firewalls/{id}/actions/set_rules"), json!({ "rules": [] }));
    assert_eq!(client.get(&format!("/firewalls/{id}"))["firewall"]["rules"], json!([]));
}

#[test]
fn application() {
    let mut client = Client::instant();
    let server = client.create_server("a", json!({ "labels": { "role": "web" } }));
    let server = server["server"]["id"].as_u64().unwrap();
    let network = client.network("net");
    let private = json!({
        "networks": [network], "public_net": { "enable_ipv4": false, "enable_ipv6": false },
    });
    let private = client.create_server("private", private)["server"]["id"].clone();
    let id = client.ok("POST /firewalls", json!({ "name": "f" }))["firewall"]["id"].clone();
    let apply = format!("POST /firewalls/{id}/actions/apply_to_resources");
    let remove = format!("POST /firewalls/{id}/actions/remove_from_resources");
    let to = |server: &Value| json!({ "type": "server", "server": { "id": server } });
    let selector = json!({ "type": "label_selector", "label_selector": { "selector": "role=web" } });
    let server = json!(server);
    client.refuses(&apply, json!({ "apply_to": [to(&json!(7))] }), 404, "firewall_resource_not_found");
    client.refuses(&apply, json!({ "apply_to": [to(&private)] }), 422, "private_net_only_server");
    client.refuses(&apply, json!({ "apply_to": [to(&server), to(&server)] }), 422, "server_already_added");
    client.ok(&apply, json!({ "apply_to": [selector] }));
    let firewall = client.get(&format!("/firewalls/{id}"))["firewall"].clone();
    assert_eq!(firewall["applied_to"][0]["applied_to_resources"][0]["server"]["id"], server);
    let by_hand = json!({ "remove_from": [to(&server)] });
    client.refuses(&remove, by_hand.clone(), 422, "firewall_managed_by_label_selector");
    client.ok(&apply, json!({ "apply_to": [to(&server)] }));
    client.refuses(&apply, json!({ "apply_to": [to(&server)] }), 422, "firewall_already_applied");
    client.refuses(&format!("DELETE /firewalls/{id}"), Value::Null, 422, "resource_in_use");
    let set = client.ok(&format!("POST /firewalls/{id}/actions/set_rules"), json!({ "rules": [] }));
    assert_eq!(set["actions"].as_array().unwrap().len(), 3);
    client.ok(&remove, by_hand);
    client.ok(&remove, json!({ "remove_from": [selector] }));
    client.ok(&format!("DELETE /firewalls/{id}"), Value::Null);
}
