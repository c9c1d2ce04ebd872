//! How actions run: by reads, by the clock, one after the other, and in error.
use crate::client::Client;
use iac_hetzner::sim::{Pace, SimConfig};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn an_action_ends_after_its_reads() {
    let mut client = Client::new(SimConfig::new().pace_of("create_server", Pace::Polls(4)));
    let created = client.create_server("a", json!({ "start_after_create": false }));
    assert_eq!(created["action"]["progress"], 0);
    assert_eq!(created["next_actions"], json!([]));
    let id = &created["action"]["id"];
    let halfway = client.get(&format!("/actions?id={id}"));
    assert_eq!(halfway["actions"][0]["progress"], 25);
    assert_eq!(halfway["actions"][0]["finished"], Value::Null);
    assert_eq!(client.wait(&created["action"]), 3);
    let done = client.get(&format!("/servers/actions/{id}"));
    assert_eq!(done["action"]["progress"], 100);
    assert_eq!(done["action"]["command"], "create_server");
}

#[test]
fn reads_of_the_object_count_too() {
    let mut client = Client::new(SimConfig::new().pace(Pace::Polls(2)));
    let id = client.server("a");
    let status = |client: &mut Client| {
        let server = client.get(&format!("/servers/{id}"))["server"].clone();
        (server["status"].as_str().unwrap().to_owned(), server["locked"].as_bool().unwrap())
    };
    assert_eq!(status(&mut client), ("initializing".to_owned(), true));
    assert_eq!(status(&mut client), ("off".to_owned(), true));
    assert_eq!(status(&mut client), ("off".to_owned(), true));
    assert_eq!(status(&mut client), ("running".to_owned(), false));
}

#[test]
fn a_client_that_only_retries_gets_on() {
    let mut client = Client::new(SimConfig::new().pace(Pace::Polls(2)));
    let id = client.server("a");
    let mut refusals = 0;
    while client.send(&format!("DELETE /servers/{id}"), None).status.as_u16() == 423 {
        refusals += 1;
    }
    assert_eq!(refusals, 4);
}

#[test]
fn the_clock_ends_actions() {
    let pace = Pace::Takes(Duration::from_secs(10));
    let mut client = Client::new(SimConfig::new().pace(pace));
    let created = client.create_server("a", json!({}));
    let (action, start) = (created["action"]["id"].clone(), created["next_actions"][0]["id"].clone());
    client.advance(Duration::from_secs(5));
    let both = client.get(&format!("/actions?id={action}&id={start}"));
    assert_eq!((&both["actions"][0]["progress"], &both["actions"][1]["progress"]), (&json!(50), &json!(0)));
    client.advance(Duration::from_secs(6));
    let both = client.get(&format!("/actions?id={action}&id={start}"));
    assert_eq!(both["actions"][0]["status"], "success");
    assert_eq!(both["actions"][0]["finished"], "2026-11-01T00:00:10+00:00");
    assert_eq!(both["actions"][1]["progress"], 10);
    client.advance(Duration::from_secs(9));
    assert_eq!(client.get(&format!("/actions/{start}"))["action"]["status"], "success");
}

#[test]
fn a_failed_action_fails_what_follows() {
    let mut client = Client::new(SimConfig::new());
    client.sim.fail_next_action("create_server", "placement_error", "no host");
    let created = client.create_server("a", json!({}));
    let ids = (created["action"]["id"].clone(), created["next_actions"][0]["id"].clone());
    client.sim.finish_actions();
    let first = client.get(&format!("/actions/{}", ids.0))["action"].clone();
    assert_eq!((&first["status"], &first["error"]["code"]), (&json!("error"), &json!("placement_error")));
    let second = client.get(&format!("/actions/{}", ids.1))["action"].clone();
    assert_eq!((&second["status"], &second["error"]["code"]), (&json!("error"), &json!("action_failed")));
    let server = client.get(&format!("/servers/{}", created["server"]["id"]));
    assert_eq!(server["server"]["status"], "off");
}

#[test]
fn lists_of_actions() {
    let mut client = Client::instant();
    let first = client.server("a");
    client.server("b");
    client.refuses("GET /actions", Value::Null, 410, "deprecated_api_endpoint");
    let of_first = client.get(&format!("/servers/{first}/actions?sort=command:desc&status=success"));
    let commands: Vec<&str> = of_first["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action["command"].as_str().unwrap())
        .collect();
    assert_eq!(commands, ["start_server", "create_server"]);
    assert_eq!(client.get("/servers/actions")["meta"]["pagination"]["total_entries"], 4);
    assert_eq!(client.get("/servers/actions?status=running")["actions"], json!([]));
    let id = &of_first["actions"][0]["id"];
    client.get(&format!("/servers/{first}/actions/{id}"));
    client.refuses(&format!("GET /volumes/actions/{id}"), Value::Null, 404, "not_found");
}
