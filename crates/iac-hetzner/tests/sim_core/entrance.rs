//! Tokens, unknown paths, rate limits, pages, filters and the catalogue.
use crate::client::{Client, PUBLIC_KEY};
use iac_hetzner::sim::{Kind, Pace, SimConfig};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn tokens() {
    let mut client = Client::new(SimConfig::new().token("good").read_only_token("reader"));
    let body = json!({ "name": "a", "public_key": PUBLIC_KEY });
    for (token, what, status, code) in [
        (None, "GET /servers", 401, "unauthorized"),
        (None, "GET /nonsense", 404, "not_found"),
        (None, "PATCH /servers", 405, "method_not_allowed"),
        (Some("bad"), "GET /servers", 401, "unauthorized"),
        (Some("reader"), "POST /ssh_keys", 401, "token_readonly"),
        (Some("good"), "GET /servers/1", 404, "not_found"),
        (Some("good"), "GET /servers/word", 404, "not_found"),
    ] {
        client.token = token;
        client.refuses(what, Value::Null, status, code);
    }
    client.token = Some("reader");
    client.get("/ssh_keys");
    client.token = Some("good");
    client.ok("POST /ssh_keys", body);
}

#[test]
fn requests_are_limited() {
    let mut client = Client::new(SimConfig::new().rate_limit(2, 1));
    let headers = client.send("GET /servers", None).headers;
    assert_eq!(headers["ratelimit-limit"], "2");
    assert_eq!(headers["ratelimit-remaining"], "1");
    client.token = None;
    client.refuses("GET /servers", Value::Null, 401, "unauthorized");
    client.refuses("GET /servers", Value::Null, 429, "rate_limit_exceeded");
    client.token = Some("token");
    client.advance(Duration::from_secs(1));
    client.get("/servers");
}

#[test]
fn bodies_and_fields() {
    let mut client = Client::instant();
    let not_json = iac_testkit::sim::SimRequest::new(iac_testkit::sim::Method::POST, "/v1/ssh_keys");
    let response = {
        use iac_testkit::sim::{Bytes, Cloud, HeaderValue};
        let mut request = not_json;
        request.headers.insert("authorization", HeaderValue::from_static("Bearer x"));
        request.body = Bytes::from_static(b"{");
        client.sim.handle(&request, client.now)
    };
    assert_eq!(response.status.as_u16(), 400);
    assert_eq!(response.body.as_json().unwrap()["error"]["code"], "json_error");

    let response = client.send("POST /ssh_keys", Some(&json!({ "name": "a" })));
    let error = &response.body.as_json().unwrap()["error"];
    assert_eq!(error["code"], "invalid_input");
    assert_eq!(error["details"]["fields"][0]["name"], "public_key");
    assert!(error["details"]["fields"][0]["messages"][0].is_string());
}

#[test]
fn ssh_keys_are_unique_and_valid() {
    let mut client = Client::instant();
    let key = json!({ "name": "a", "public_key": PUBLIC_KEY, "labels": { "env": "test" } });
    let created = client.ok("POST /ssh_keys", key.clone())["ssh_key"].clone();
    assert_eq!(created["fingerprint"].as_str().unwrap().split(':').count(), 16);
    client.refuses("POST /ssh_keys", key, 409, "uniqueness_error");
    let other = json!({ "name": "b", "public_key": "ssh-ed25519 nonsense" });
    client.refuses("POST /ssh_keys", other, 422, "invalid_input");
    let labels = json!({ "name": "b", "public_key": PUBLIC_KEY, "labels": { "hetzner.cloud/x": "" } });
    client.ok("PUT /ssh_keys/1000001", json!({ "name": "c" }));
    client.refuses("PUT /ssh_keys/1000001", json!({ "labels": labels["labels"] }), 422, "invalid_input");
    client.ok("DELETE /ssh_keys/1000001", Value::Null);
    client.refuses("GET /ssh_keys/1000001", Value::Null, 404, "not_found");
}

#[test]
fn quotas() {
    let mut client = Client::new(SimConfig::new().pace(Pace::Instant).quota(Kind::PlacementGroup, 1));
    client.ok("POST /placement_groups", json!({ "name": "a", "type": "spread" }));
    let second = json!({ "name": "b", "type": "spread" });
    client.refuses("POST /placement_groups", second, 403, "resource_limit_exceeded");
}

#[test]
fn lists_are_filtered_sorted_and_paged() {
    let mut client = Client::new(SimConfig::new().quota(Kind::PlacementGroup, 100));
    for number in 0..60 {
        let parity = if number % 2 == 0 { "even" } else { "odd" };
        let body = json!({ "name": format!("g{number:02}"), "type": "spread", "labels": { "p": parity } });
        client.ok("POST /placement_groups", body);
    }
    let page = client.get("/placement_groups");
    assert_eq!(page["placement_groups"].as_array().unwrap().len(), 25);
    assert_eq!(
        page["meta"]["pagination"],
        json!({
            "page": 1, "per_page": 25, "previous_page": null, "next_page": 2, "last_page": 3,
            "total_entries": 60,
        })
    );
    let page = client.get("/placement_groups?page=2&per_page=50");
    assert_eq!(page["placement_groups"].as_array().unwrap().len(), 10);
    assert_eq!(page["meta"]["pagination"]["next_page"], Value::Null);
    let count = |client: &mut Client, query: &str| {
        let page = client.get(&format!("/placement_groups?{query}"));
        page["meta"]["pagination"]["total_entries"].as_u64().unwrap()
    };
    assert_eq!(count(&mut client, "label_selector=p%3Deven"), 30);
    assert_eq!(count(&mut client, "label_selector=p%20in%20(odd,even)"), 60);
    assert_eq!(count(&mut client, "label_selector=!p"), 0);
    assert_eq!(count(&mut client, "name=g07"), 1);
    let last = client.get("/placement_groups?sort=name:desc&per_page=1");
    assert_eq!(last["placement_groups"][0]["name"], "g59");
    client.refuses("GET /placement_groups?sort=colour", Value::Null, 422, "invalid_input");
    client.refuses("GET /placement_groups?label_selector=a%3Db%3Dc", Value::Null, 422, "invalid_input");
    client.refuses("GET /placement_groups?page=0", Value::Null, 422, "invalid_input");
}

#[test]
fn the_catalogue_holds_what_stacks_name() {
    let mut client = Client::instant();
    for name in ["cx22", "cx32", "cx23", "cx53", "cpx11", "cpx51", "cax11", "cax41", "ccx13", "ccx63"] {
        let types = client.get(&format!("/server_types?name={name}"));
        assert_eq!(types["server_types"][0]["name"], name);
    }
    for name in ["ubuntu-24.04", "debian-13", "fedora-42", "rocky-10", "alma-9"] {
        for architecture in ["x86", "arm"] {
            let images = client.get(&format!("/images?name={name}&architecture={architecture}"));
            assert_eq!(images["meta"]["pagination"]["total_entries"], 1, "{name} {architecture}");
        }
    }
    for name in ["fsn1", "nbg1", "hel1", "ash", "hil", "sin"] {
        assert_eq!(client.get(&format!("/locations?name={name}"))["locations"][0]["name"], name);
    }
    let hidden = client.get("/images?name=debian-11");
    assert_eq!(hidden["images"], json!([]));
    let shown = client.get("/images?name=debian-11&include_deprecated=true&architecture=x86");
    assert!(shown["images"][0]["deprecation"]["announced"].is_string());
    client.refuses("GET /datacenters", Value::Null, 410, "deprecated_api_endpoint");
    client.refuses("PUT /images/67794396", json!({ "description": "mine" }), 422, "unsupported_error");
}
