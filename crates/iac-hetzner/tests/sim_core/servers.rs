//! Orders for servers, their refusals, and the late end of what was deleted.
use crate::client::{Client, PUBLIC_KEY, server_body};
use iac_hetzner::sim::{Kind, Pace, SimConfig};
use serde_json::{Value, json};

#[test]
fn bad_orders_are_refused() {
    let mut client = Client::new(SimConfig::new().pace(Pace::Instant).sold_out("cax11", "fsn1"));
    client.server("taken");
    let volume = client.volume("v");
    let cases = [
        (json!({ "name": "taken" }), 409, "uniqueness_error"),
        (json!({ "name": "no_host" }), 422, "invalid_input"),
        (json!({ "name": "-a" }), 422, "invalid_input"),
        (json!({ "name": null }), 422, "invalid_input"),
        (json!({ "server_type": "cx9" }), 404, "not_found"),
        (json!({ "server_type": "cx11" }), 422, "invalid_input"),
        (json!({ "location": "ash" }), 422, "invalid_input"),
        (json!({ "location": "moon" }), 404, "not_found"),
        (json!({ "server_type": "cax11", "location": "fsn1" }), 412, "resource_unavailable"),
        (json!({ "image": "beos" }), 404, "not_found"),
        (json!({ "image": 161_547_270 }), 422, "invalid_input"),
        (json!({ "ssh_keys": ["nobody"] }), 404, "not_found"),
        (json!({ "networks": [7] }), 404, "not_found"),
        (json!({ "firewalls": [{ "firewall": 7 }] }), 404, "not_found"),
        (json!({ "placement_group": 7 }), 404, "not_found"),
        (json!({ "user_data": "x".repeat(32 * 1024 + 1) }), 422, "invalid_input"),
        (json!({ "labels": { "a b": "" } }), 422, "invalid_input"),
        (json!({ "location": "hel1", "volumes": [volume] }), 422, "invalid_input"),
        (json!({ "public_net": { "enable_ipv4": false, "enable_ipv6": false } }), 422, "invalid_input"),
    ];
    for (more, status, code) in cases {
        let mut body = server_body("new");
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.refuses("POST /servers", body, status, code);
    }
    // Nothing was left behind by the refusals.
    assert_eq!(client.sim.count(Kind::Server), 1);
    assert_eq!(client.sim.count(Kind::PrimaryIp), 2);
}

#[test]
fn a_full_order() {
    let mut client = Client::new(SimConfig::new());
    let key = json!({ "name": "key", "public_key": PUBLIC_KEY });
    let key = client.ok("POST /ssh_keys", key)["ssh_key"]["id"].clone();
    let network = client.network("net");
    let volume = client.volume("v");
    client.sim.finish_actions();
    let group = client.ok("POST /placement_groups", json!({ "name": "g", "type": "spread" }));
    let firewall = client.ok("POST /firewalls", json!({ "name": "f" }))["firewall"]["id"].clone();
    let created = client.create_server(
        "full",
        json!({
            "ssh_keys": [key], "networks": [network], "volumes": [volume], "automount": true,
            "placement_group": group["placement_group"]["id"], "firewalls": [{ "firewall": firewall }],
            "user_data": "#cloud-config", "labels": { "role": "web" },
        }),
    );
    assert_eq!(created["root_password"], Value::Null);
    assert_eq!(created["server"]["status"], "initializing");
    assert_eq!(created["server"]["private_net"], json!([]));
    assert_eq!(created["server"]["public_net"]["firewalls"][0]["status"], "pending");
    let commands: Vec<&str> = created["next_actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action["command"].as_str().unwrap())
        .collect();
    assert_eq!(commands, ["attach_to_network", "attach_volume", "start_server"]);
    let id = created["server"]["id"].as_u64().unwrap();
    client.refuses(&format!("POST /servers/{id}/actions/poweroff"), Value::Null, 423, "locked");
    client.refuses(&format!("DELETE /servers/{id}"), Value::Null, 423, "locked");
    client.wait(created["next_actions"].as_array().unwrap().last().unwrap());
    let server = client.get(&format!("/servers/{id}"))["server"].clone();
    assert_eq!(server["status"], "running");
    assert_eq!(server["private_net"][0]["ip"], "10.0.1.1");
    assert_eq!(server["volumes"], json!([volume]));
    assert_eq!(server["public_net"]["firewalls"], json!([{ "id": firewall, "status": "applied" }]));
    assert_eq!(server["placement_group"]["servers"], json!([id]));
    assert_eq!(client.get(&format!("/networks/{network}"))["network"]["servers"], json!([id]));
    let members = client.get(&format!("/networks/{network}/members"));
    let member = json!({
        "id": id, "type": "server", "ip": "10.0.1.1", "alias_ips": [], "subnet": "10.0.1.0/24", "status": "ok",
    });
    assert_eq!(members["members"], json!([member]));
}

#[test]
fn what_a_deleted_server_had_is_let_go_late() {
    let mut client = Client::new(SimConfig::new());
    let network = client.network("net");
    let first = client.create_server("a", json!({ "networks": [network] }))["server"].clone();
    client.sim.finish_actions();
    let id = first["id"].as_u64().unwrap();
    let ipv4 = first["public_net"]["ipv4"]["id"].as_u64().unwrap();
    let firewall = json!({ "name": "f", "apply_to": [{ "type": "server", "server": { "id": id } }] });
    let firewall = client.ok("POST /firewalls", firewall)["firewall"]["id"].clone();
    client.sim.finish_actions();
    let deletion = client.ok(&format!("DELETE /servers/{id}"), Value::Null);
    assert_eq!(deletion["action"]["command"], "delete_server");
    client.refuses(&format!("GET /servers/{id}"), Value::Null, 404, "not_found");
    // The name is free at once, the addresses are not.
    client.refuses(&format!("DELETE /firewalls/{firewall}"), Value::Null, 422, "resource_in_use");
    assert_eq!(client.sim.object(Kind::PrimaryIp, ipv4).unwrap()["assignee_id"], id);
    let second = client.server("a");
    while client.get(&format!("/servers/{second}"))["server"]["locked"] == true {}
    let attach = json!({ "network": network, "ip": "10.0.1.1" });
    let path = format!("POST /servers/{second}/actions/attach_to_network");
    client.refuses(&path, attach.clone(), 422, "ip_not_available");
    client.wait(&deletion["action"]);
    client.ok(&path, attach);
    assert!(client.sim.object(Kind::PrimaryIp, ipv4).is_none(), "it goes with its server");
    client.ok(&format!("DELETE /firewalls/{firewall}"), Value::Null);
}

#[test]
fn protection_and_power() {
    let mut client = Client::instant();
    let id = client.server("a");
    let act = |name: &str| format!("POST /servers/{id}/actions/{name}");
    let both = json!({ "delete": true, "rebuild": true });
    client.refuses(&act("change_protection"), json!({ "delete": true }), 422, "invalid_input");
    client.ok(&act("change_protection"), both);
    client.refuses(&format!("DELETE /servers/{id}"), Value::Null, 423, "protected");
    client.refuses(&act("rebuild"), json!({ "image": "debian-12" }), 423, "protected");
    client.ok(&act("change_protection"), json!({ "delete": false, "rebuild": false }));
    let bigger = json!({ "server_type": "cx32", "upgrade_disk": false });
    client.refuses(&act("change_type"), bigger.clone(), 422, "server_not_stopped");
    client.ok(&act("poweroff"), Value::Null);
    client.refuses(&act("reboot"), Value::Null, 422, "service_error");
    client.ok(&act("change_type"), bigger);
    let arm = json!({ "server_type": "cax21", "upgrade_disk": false });
    client.refuses(&act("change_type"), arm, 422, "invalid_server_type");
    client.ok(&act("change_type"), json!({ "server_type": "cx42", "upgrade_disk": true }));
    let smaller = json!({ "server_type": "cx22", "upgrade_disk": false });
    client.refuses(&act("change_type"), smaller, 422, "invalid_server_type");
    let server = client.get(&format!("/servers/{id}"))["server"].clone();
    assert_eq!((&server["server_type"]["name"], &server["primary_disk_size"]), (&json!("cx42"), &json!(160)));
}

#[test]
fn placement_groups_take_ten_servers() {
    let mut client = Client::instant();
    let group = client.ok("POST /placement_groups", json!({ "name": "g", "type": "spread" }));
    let group = group["placement_group"]["id"].clone();
    for number in 0..10 {
        client.create_server(&format!("s{number}"), json!({ "placement_group": group }));
    }
    let mut body = server_body("s10");
    body["placement_group"] = group.clone();
    client.refuses("POST /servers", body, 422, "placement_error");
    client.refuses(&format!("DELETE /placement_groups/{group}"), Value::Null, 422, "resource_in_use");
    let members = client.get(&format!("/placement_groups/{group}"))["placement_group"]["servers"].clone();
    let first = &members[0];
    let act = |name: &str| format!("POST /servers/{first}/actions/{name}");
    client.ok(&act("remove_from_placement_group"), Value::Null);
    let join = json!({ "placement_group": group });
    client.refuses(&act("add_to_placement_group"), join.clone(), 422, "server_not_stopped");
    client.ok(&act("poweroff"), Value::Null);
    client.ok(&act("add_to_placement_group"), join.clone());
    client.refuses(&act("add_to_placement_group"), join, 422, "placement_error");
}
