//! The state as a whole: saved, loaded, looked at and changed from outside.
use crate::client::Client;
use iac_hetzner::sim::{HetznerSim, Kind, SimConfig};
use iac_testkit::sim::{Cloud, Method};
use serde_json::{Value, json};

#[test]
fn a_loaded_project_goes_on_where_it_was() {
    let mut client = Client::new(SimConfig::new());
    let network = client.network("net");
    let created = client.create_server("a", json!({ "networks": [network] }));
    let saved = client.sim.save();
    let mut other = HetznerSim::default();
    other.load(saved.clone()).unwrap();
    assert_eq!(other.save(), saved);
    client.sim = other;
    client.wait(created["next_actions"].as_array().unwrap().last().unwrap());
    let server = client.get(&format!("/servers/{}", created["server"]["id"]))["server"].clone();
    assert_eq!((&server["status"], &server["private_net"][0]["ip"]), (&json!("running"), &json!("10.0.1.1")));
    assert!(HetznerSim::default().load(json!({ "servers": 7 })).is_err());
}

#[test]
fn the_same_requests_give_the_same_project() {
    let run = || {
        let mut client = Client::new(SimConfig::new().seed(5));
        let answer = client.create_server("a", json!({}));
        (answer["root_password"].clone(), client.sim.save())
    };
    assert_eq!(run(), run());
}

#[test]
fn drift() {
    let mut client = Client::instant();
    let network = client.network("net");
    let server = client.create_server("a", json!({ "networks": [network], "labels": { "a": "b" } }));
    let server = server["server"]["id"].as_u64().unwrap();
    let kinds: Vec<Kind> = client.sim.inventory().iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [Kind::Network, Kind::PrimaryIp, Kind::PrimaryIp, Kind::Server]);
    assert_eq!(client.sim.id_of(Kind::Server, "a"), Some(server));
    assert!(client.sim.rename(Kind::Server, server, "b"));
    assert!(client.sim.set_labels(Kind::Server, server, [("c".to_owned(), "d".to_owned())]));
    let view = client.sim.object(Kind::Server, server).unwrap();
    assert_eq!((&view["name"], &view["labels"]), (&json!("b"), &json!({ "c": "d" })));
    let answer = client.sim.call(Method::DELETE, &format!("/networks/{network}"), None);
    assert_eq!(answer.status.as_u16(), 204);
    assert!(client.sim.vanish(Kind::Server, server));
    assert!(!client.sim.vanish(Kind::Server, server));
    client.refuses(&format!("GET /servers/{server}"), Value::Null, 404, "not_found");
    assert!(client.sim.inventory().is_empty());
}
