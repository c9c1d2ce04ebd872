//! The rules of volumes.
use crate::client::Client;
use iac_hetzner::sim::SimConfig;
use serde_json::{Value, json};

#[test]
fn volumes() {
    let mut client = Client::instant();
    let server = client.server("a");
    for (more, status, code) in [
        (json!({ "size": 9 }), 422, "invalid_input"),
        (json!({ "size": 10_241 }), 422, "invalid_input"),
        (json!({ "name": "_x" }), 422, "invalid_input"),
        (json!({ "format": "ntfs" }), 422, "invalid_input"),
        (json!({ "location": null }), 422, "invalid_input"),
        (json!({ "server": server }), 422, "invalid_input"),
        (json!({ "location": "moon" }), 404, "not_found"),
        (json!({ "automount": true }), 422, "invalid_input"),
    ] {
        let mut body = json!({ "name": "v", "size": 10, "location": "nbg1", "format": "ext4" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.refuses("POST /volumes", body, status, code);
    }
    let elsewhere = client.ok("POST /volumes", json!({ "name": "far", "size": 10, "location": "hel1" }));
    let elsewhere = &elsewhere["volume"]["id"];
    let body = json!({ "server": server });
    client.refuses(&format!("POST /volumes/{elsewhere}/actions/attach"), body.clone(), 422, "invalid_input");
    let created = client.ok("POST /volumes", json!({ "name": "v", "size": 10, "server": server }));
    assert_eq!(created["next_actions"][0]["command"], "attach_volume");
    let id = created["volume"]["id"].as_u64().unwrap();
    let act = |name: &str| format!("POST /volumes/{id}/actions/{name}");
    client.refuses(&act("attach"), body.clone(), 422, "volume_already_attached");
    client.refuses(&format!("DELETE /volumes/{id}"), Value::Null, 422, "service_error");
    client.refuses(&act("resize"), json!({ "size": 10 }), 422, "invalid_input");
    client.ok(&act("resize"), json!({ "size": 20 }));
    client.ok(&act("detach"), Value::Null);
    client.refuses(&act("detach"), Value::Null, 422, "service_error");
    client.ok(&act("change_protection"), json!({ "delete": true }));
    client.refuses(&format!("DELETE /volumes/{id}"), Value::Null, 423, "protected");
    let volume = client.get(&format!("/volumes/{id}"))["volume"].clone();
    assert_eq!((&volume["size"], &volume["server"]), (&json!(20), &Value::Null));
    assert_eq!(volume["linux_device"], format!("/dev/disk/by-id/scsi-0HC_Volume_{id}"));
}

#[test]
fn an_attachment_locks_both_ends() {
    let mut client = Client::new(SimConfig::new());
    let server = client.server("a");
    let (one, two) = (client.volume("one"), client.volume("two"));
    client.sim.finish_actions();
    let body = json!({ "server": server });
    let attach = |id: u64| format!("POST /volumes/{id}/actions/attach");
    let first = client.ok(&attach(one), body.clone());
    client.refuses(&attach(two), body.clone(), 423, "locked");
    client.wait(&first["action"]);
    client.ok(&attach(two), body);
}

#[test]
fn a_server_takes_sixteen_volumes() {
    let mut client = Client::instant();
    let server = client.server("a");
    let body = |number: u32| json!({ "name": format!("v{number}"), "size": 10, "server": server });
    for number in 0..16 {
        client.ok("POST /volumes", body(number));
    }
    client.refuses("POST /volumes", body(16), 403, "resource_limit_exceeded");
}
