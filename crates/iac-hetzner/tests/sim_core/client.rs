//! Owns a client of a simulated project without HTTP between them.
use iac_hetzner::sim::{HetznerSim, Pace, SimConfig};
use iac_testkit::sim::{Cloud, Exchange, HeaderValue, Method, SimRequest, SimResponse, SimTime};
use serde_json::{Value, json};
use std::time::Duration;

/// 2026-11-01T00:00:00Z.
const START: SimTime = SimTime::from_unix_seconds(1_793_491_200);

pub(crate) const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@host";

/// A client with a token, and everything it has sent and got.
pub(crate) struct Client {
    pub(crate) sim: HetznerSim,
    pub(crate) now: SimTime,
    pub(crate) token: Option<&'static str>,
    pub(crate) exchanges: Vec<Exchange>,
}

impl Client {
    pub(crate) fn new(config: SimConfig) -> Self {
        Self { sim: HetznerSim::new(config), now: START, token: Some("token"), exchanges: Vec::new() }
    }

    /// Actions end in the answers that start them.
    pub(crate) fn instant() -> Self {
        Self::new(SimConfig::new().pace(Pace::Instant))
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.now = self.now + by;
    }

    /// Sends `POST /servers` and the like.
    pub(crate) fn send(&mut self, what: &str, body: Option<&Value>) -> SimResponse {
        let (method, path) = what.split_once(' ').unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = SimRequest::new(method, &format!("/v1{path}")).at(self.now);
        if let Some(token) = self.token {
            let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
            request.headers.insert("authorization", value);
        }
        if let Some(body) = body {
            request.headers.insert("content-type", HeaderValue::from_static("application/json"));
            request = request.with_json(body);
        }
        let response = self.sim.handle(&request, self.now);
        let seq = self.exchanges.len() as u64 + 1;
        self.exchanges.push(Exchange::new(seq, &request, Some(&response), None));
        response
    }

    /// The body of an answer that must be a success.
    pub(crate) fn ok(&mut self, what: &str, body: Value) -> Value {
        let sent = (!body.is_null()).then_some(&body);
        let response = self.send(what, sent);
        let answer = response.body.as_json().cloned().unwrap_or_default();
        assert!(response.status.is_success(), "{what} {body}: {} {answer}", response.status);
        answer
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        self.ok(&format!("GET {path}"), Value::Null)
    }

    /// Status and code of an answer that must be a refusal.
    pub(crate) fn refusal(&mut self, what: &str, body: Value) -> (u16, String) {
        let sent = (!body.is_null()).then_some(&body);
        let response = self.send(what, sent);
        let answer = response.body.as_json().cloned().unwrap_or_default();
        assert!(!response.status.is_success(), "{what} {body} was not refused: {answer}");
        (response.status.as_u16(), answer["error"]["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Requires a refusal.
    #[track_caller]
    pub(crate) fn refuses(&mut self, what: &str, body: Value, status: u16, code: &str) {
        assert_eq!(self.refusal(what, body.clone()), (status, code.to_owned()), "{what} {body}");
    }

    /// Reads an action until it has ended; answers how often it was read.
    pub(crate) fn wait(&mut self, action: &Value) -> u32 {
        for read in 1..100 {
            let answer = self.get(&format!("/actions/{}", action["id"]));
            match answer["action"]["status"].as_str().unwrap() {
                "running" => {}
                "success" => return read,
                other => panic!("action ended in {other}: {answer}"),
            }
        }
        panic!("action {action} never ends");
    }

    pub(crate) fn network(&mut self, name: &str) -> u64 {
        let body = json!({
            "name": name,
            "ip_range": "10.0.0.0/16",
            "subnets": [{ "type": "cloud", "ip_range": "10.0.1.0/24", "network_zone": "eu-central" }],
        });
        self.ok("POST /networks", body)["network"]["id"].as_u64().unwrap()
    }

    /// The answer to the creation of a small server, with more fields.
    pub(crate) fn create_server(&mut self, name: &str, more: Value) -> Value {
        let mut body = server_body(name);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ok("POST /servers", body)
    }

    pub(crate) fn server(&mut self, name: &str) -> u64 {
        self.create_server(name, json!({}))["server"]["id"].as_u64().unwrap()
    }

    pub(crate) fn volume(&mut self, name: &str) -> u64 {
        let body = json!({ "name": name, "size": 10, "location": "nbg1" });
        self.ok("POST /volumes", body)["volume"]["id"].as_u64().unwrap()
    }
}

pub(crate) fn server_body(name: &str) -> Value {
    json!({ "name": name, "server_type": "cx22", "image": "ubuntu-24.04", "location": "nbg1" })
}
