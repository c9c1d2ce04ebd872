//! Networks, servers and volumes through the real engine, against a few lines of API in memory.
//! Asserts which requests go out and in which order; what a strict API makes of them is tested
//! against the simulator.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use iac_core::state::MemoryBackend;
use iac_core::{ApplyOptions, Engine, Graph, NoReporter, Plan, PlanOptions, Secret, Stack};
use iac_hetzner::{
    Firewall, FirewallAttachment, Hetzner, Network, PlacementGroup, Server, ServerArgs, ServerNetwork,
    SshKey, Subnet, Volume,
};
use iac_http::http::{HeaderMap, StatusCode};
use iac_http::{Bytes, Transport, TransportError, WireRequest, WireResponse};
use serde_json::{Value, json};

/// One project in memory. Every command is done when its action is asked for.
#[derive(Clone, Default)]
struct Api(Arc<Mutex<Project>>);

#[derive(Default)]
struct Project {
    objects: BTreeMap<(String, u64), Value>,
    last_id: u64,
    /// `METHOD path` of everything but GET.
    log: Vec<String>,
    /// What becomes of the next changing request.
    fault: Option<Fault>,
}

enum Fault {
    /// It is carried out, and the connection breaks before the answer.
    Lost,
    /// It is refused with this status and code.
    Refused(u16, &'static str),
}

const KINDS: &[(&str, &str)] = &[
    ("networks", "network"),
    ("servers", "server"),
    ("volumes", "volume"),
    ("firewalls", "firewall"),
    ("ssh_keys", "ssh_key"),
    ("placement_groups", "placement_group"),
];

impl Project {
    fn answer(&mut self, method: &str, path: &[&str], body: &Value) -> (u16, Value) {
        match (method, path) {
            ("GET", ["actions"]) => (200, json!({"actions": [action("success")]})),
            ("GET", [_, _, "actions"]) => (200, json!({"actions": []})),
            ("GET", [kind]) => {
                let objects = self.objects.iter().filter(|((of, _), _)| of == kind).map(|(_, object)| object);
                let token = body["selector"].as_str().map(|text| text.strip_prefix("iac-token==").unwrap());
                let matches =
                    |object: &&Value| token.is_none_or(|token| object["labels"]["iac-token"] == token);
                let all: Vec<&Value> = objects.filter(matches).collect();
                (200, json!({(*kind): all, "meta": {"pagination": {"next_page": null}}}))
            }
            ("GET", [kind, id]) => match self.objects.get(&((*kind).to_owned(), id.parse().unwrap())) {
                Some(object) => (200, json!({(one(kind)): object})),
                None => (404, json!({"error": {"code": "not_found", "message": "gone"}})),
            },
            ("POST", [kind]) => {
                self.last_id += 1;
                let object = made(kind, self.last_id, body);
                self.objects.insert(((*kind).to_owned(), self.last_id), object.clone());
                (201, json!({(one(kind)): object, "action": action("running"), "next_actions": []}))
            }
            ("PUT", [kind, id]) => {
                let object = self.object(kind, id);
                for (key, value) in body.as_object().unwrap() {
                    object[key] = value.clone();
                }
                (200, json!({(one(kind)): object}))
            }
            ("DELETE", [kind, id]) => {
                self.objects.remove(&((*kind).to_owned(), id.parse().unwrap()));
                (204, Value::Null)
            }
            ("POST", [kind, id, "actions", command]) => {
                act(self.object(kind, id), command, body);
                (201, json!({"action": action("running")}))
            }
            other => panic!("an unexpected request: {other:?}"),
        }
    }

    fn object(&mut self, kind: &str, id: &str) -> &mut Value {
        self.objects.get_mut(&(kind.to_owned(), id.parse().unwrap())).unwrap()
    }
}

fn one(kind: &str) -> &'static str {
    KINDS.iter().find(|(many, _)| *many == kind).unwrap().1
}

fn action(status: &str) -> Value {
    json!({"id": 1, "command": "any", "status": status, "progress": 50, "resources": [], "error": null})
}

fn made(kind: &str, id: u64, body: &Value) -> Value {
    let mut object = body.clone();
    object["id"] = id.into();
    object["protection"] = json!({"delete": false});
    match kind {
        "servers" => {
            let running = body["start_after_create"] == true;
            object["status"] = if running { "running" } else { "off" }.into();
            object["public_net"] = json!({
                "ipv4": {"id": 900, "ip": "192.0.2.1"}, "ipv6": {"id": 901, "ip": "2001:db8::/64"},
                "firewalls": [],
            });
            object["server_type"] = json!({"name": body["server_type"]});
            object["location"] = json!({"name": "nbg1"});
            object["image"] = json!({"id": 5, "name": body["image"]});
            object["private_net"] = json!([]);
            object["placement_group"] = Value::Null;
        }
        "volumes" => {
            object["location"] = json!({"name": "nbg1"});
            object["status"] = "available".into();
            object["linux_device"] = "/dev/disk/by-id/volume".into();
        }
        "firewalls" => object["applied_to"] = json!([]),
        "networks" => object["subnets"] = json!([]),
        "ssh_keys" => object["fingerprint"] = "aa:bb".into(),
        _ => {}
    }
    object
}

/// What a command does to the object.
fn act(object: &mut Value, command: &str, body: &Value) {
    let push = |list: &mut Value, item: Value| list.as_array_mut().unwrap().push(item);
    match command {
        "add_subnet" => push(&mut object["subnets"], body.clone()),
        "delete_subnet" => object["subnets"] = json!([]),
        "attach_to_network" => {
            let ip = body["ip"].as_str().unwrap_or("10.9.0.2");
            push(&mut object["private_net"], json!({"network": body["network"], "ip": ip, "alias_ips": []}));
        }
        "poweron" => object["status"] = "running".into(),
        "poweroff" => object["status"] = "off".into(),
        "change_type" => {
            assert_eq!(object["status"], "off", "only a stopped server changes its type");
            object["server_type"] = json!({"name": body["server_type"]});
        }
        "add_to_placement_group" => object["placement_group"] = json!({"id": body["placement_group"]}),
        "attach" => object["server"] = body["server"].clone(),
        "detach" => object["server"] = Value::Null,
        "resize" => object["size"] = body["size"].clone(),
        "apply_to_resources" => object["applied_to"] = body["apply_to"].clone(),
        "remove_from_resources" => object["applied_to"] = json!([]),
        "change_protection" => object["protection"] = body.clone(),
        "enable_backup" => object["backup_window"] = "22-02".into(),
        "disable_backup" => object["backup_window"] = Value::Null,
        other => panic!("an unexpected command: {other}"),
    }
}

#[async_trait::async_trait]
impl Transport for Api {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let method = request.method.as_str();
        let path = request.url.path().trim_start_matches("/v1/").to_owned();
        let mut body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let mut project = self.0.lock().unwrap();
        if method == "GET" {
            let query: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
            if let Some((_, selector)) = query.into_iter().find(|(name, _)| name == "label_selector") {
                body = json!({"selector": selector});
            }
        } else {
            project.log.push(format!("{method} {path}"));
        }
        if path == "locations" {
            return Ok(response(200, &json!({"locations": []})));
        }
        let fault = if method == "GET" { None } else { project.fault.take() };
        if let Some(Fault::Refused(status, code)) = fault {
            return Ok(response(status, &json!({"error": {"code": code, "message": "no"}})));
        }
        let (status, answer) = project.answer(method, &path.split('/').collect::<Vec<_>>(), &body);
        match fault {
            Some(_) => Err(TransportError::Broken("cut".into())),
            None => Ok(response(status, &answer)),
        }
    }
}

fn response(status: u16, body: &Value) -> WireResponse {
    let body = if status == 204 { Vec::new() } else { body.to_string().into_bytes() };
    let status = StatusCode::from_u16(status).unwrap();
    WireResponse { status, headers: HeaderMap::new(), body: Bytes::from(body) }
}

/// An engine on one state, and the API it works on.
struct World {
    api: Api,
    engine: Engine,
}

impl World {
    fn new() -> Self {
        Self { api: Api::default(), engine: Engine::builder().backend(MemoryBackend::new()).build() }
    }

    fn stack(&self) -> Stack {
        let api = self.api.clone();
        let provider = Hetzner::builder()
            .token("t")
            .poll_interval(Duration::ZERO, Duration::ZERO)
            .http(move |http| http.transport(api))
            .build()
            .unwrap();
        let stack = Stack::new("shop", "test").unwrap();
        stack.provider(provider).unwrap();
        stack
    }

    async fn plan(&self, graph: &Graph, options: PlanOptions) -> Plan {
        self.engine.plan(graph, &options, true, &mut NoReporter).await.unwrap()
    }

    /// Applies the stack, asserts that a second plan has nothing to do, and answers the changing
    /// requests that were sent.
    async fn apply(&self, stack: &Stack) -> Vec<String> {
        let graph = stack.freeze().unwrap();
        let log = self.run(&graph, PlanOptions::new()).await;
        let again = self.plan(&graph, PlanOptions::new()).await;
        assert!(!again.has_changes(), "{:?}", again.steps);
        log
    }

    async fn run(&self, graph: &Graph, options: PlanOptions) -> Vec<String> {
        let plan = self.plan(graph, options).await;
        let outcome = self.engine.apply(graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        std::mem::take(&mut self.api.0.lock().unwrap().log)
    }

    fn object(&self, kind: &str, id: u64) -> Value {
        self.api.0.lock().unwrap().objects[&(kind.to_owned(), id)].clone()
    }
}

macro_rules! server {
    ($type:expr) => {
        Server::args().server_type($type).image("ubuntu-24.04").location("nbg1")
    };
}

#[tokio::test]
async fn a_server_starts_after_its_networks_are_attached() {
    let world = World::new();
    let stack = world.stack();
    let network = stack.add("net", Network::args().ip_range("10.0.0.0/16")).unwrap();
    let subnet = Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central");
    let subnet = stack.add("sub", subnet).unwrap();
    let key = stack.add("key", SshKey::args().public_key("ssh-ed25519 AAAA me")).unwrap();
    let server = server!("cx22")
        .ssh_keys([&key])
        .user_data(Secret::from("canary-user-data"))
        .networks([ServerNetwork::args().network(&subnet.network_id).ip("10.0.1.5")])
        .delete_protection(true)
        .backups(true)
        .labels([("role", "web")]);
    let server = stack.add("web", server).unwrap();
    stack.export("ip", &server.private_ip).unwrap();
    let log = world.apply(&stack).await;

    let of_server: Vec<&str> =
        log.iter().map(String::as_str).filter(|line| line.contains("servers")).collect();
    assert_eq!(
        of_server,
        [
            "POST servers",
            "POST servers/3/actions/attach_to_network",
            "POST servers/3/actions/enable_backup",
            "POST servers/3/actions/poweron",
            "PUT servers/3",
            "POST servers/3/actions/change_protection",
        ]
    );
    let subnet_at = log.iter().position(|line| line.ends_with("add_subnet")).unwrap();
    let server_at = log.iter().position(|line| line == "POST servers").unwrap();
    assert!(subnet_at < server_at, "{log:?}");
    let server = world.object("servers", 3);
    assert_eq!((&server["status"], &server["name"]), (&json!("running"), &json!("shop-test-web")));
    let labels: Vec<&String> = server["labels"].as_object().unwrap().keys().collect();
    assert_eq!(labels, ["iac-image", "iac-stack", "iac-token", "iac-urn", "role"]);

    // Protected: the destroy names the way out. Without the protection all goes.
    let graph = stack.freeze().unwrap();
    let plan = world.plan(&graph, PlanOptions::new().destroy()).await;
    let outcome = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
    let text = format!("{:?}", outcome.failures);
    assert!(text.contains("delete protection") && !text.contains("canary"), "{text}");
    world.api.0.lock().unwrap().object("servers", "3")["protection"] = json!({"delete": false});
    world.run(&graph, PlanOptions::new().destroy()).await;
    assert!(world.api.0.lock().unwrap().objects.is_empty());
}

#[tokio::test]
async fn a_killed_start_is_made_up_for() {
    let world = World::new();
    let stack = world.stack();
    stack.add("web", server!("cx22")).unwrap();
    world.apply(&stack).await;
    {
        // As a create leaves it that died before it started the server.
        let mut project = world.api.0.lock().unwrap();
        let server = project.object("servers", "1");
        server["status"] = "off".into();
        server["labels"]["iac-held"] = "start".into();
    }
    let log = world.apply(&stack).await;
    assert_eq!(log, ["POST servers/1/actions/poweron", "PUT servers/1"]);
    assert!(world.object("servers", 1)["labels"]["iac-held"].is_null());
}

#[tokio::test]
async fn a_server_changes_its_type_and_group_while_it_is_off() {
    let world = World::new();
    let web = |kind: &str| -> ServerArgs<_, _> { server!(kind) };
    let stack = world.stack();
    stack.add("group", PlacementGroup::args()).unwrap();
    stack.add("web", web("cx22")).unwrap();
    world.apply(&stack).await;

    let stack = world.stack();
    let group = stack.add("group", PlacementGroup::args()).unwrap();
    let server = stack.add("web", web("cx32").placement_group(&group).labels([("a", "b")])).unwrap();
    // The address is stable, so what uses it does not change.
    stack.export("ip", &server.ipv4).unwrap();
    let log = world.apply(&stack).await;
    let id = world.api.0.lock().unwrap().objects.keys().find(|(kind, _)| kind == "servers").unwrap().1;
    let expected = ["poweroff", "add_to_placement_group", "change_type", "poweron"]
        .map(|command| format!("POST servers/{id}/actions/{command}"));
    assert_eq!(log[..4], expected);
    assert_eq!(log[4..], [format!("PUT servers/{id}")]);
    let labels = world.object("servers", id)["labels"].clone();
    assert_eq!((&labels["a"], &labels["iac-image"]), (&json!("b"), &json!("ubuntu-24.04")));
}

#[tokio::test]
async fn a_volume_grows_moves_and_goes() {
    let world = World::new();
    let program = |size: u32, on: Option<&str>| {
        let stack = world.stack();
        let data = Volume::args().size(size).location("nbg1");
        let servers = ["a", "b"].map(|name| (name, stack.add(name, server!("cx22")).unwrap()));
        let server = servers.iter().find(|(name, _)| on == Some(*name)).map(|(_, server)| server);
        stack.add("data", data.maybe_server(server)).unwrap();
        stack
    };
    world.apply(&program(10, Some("a"))).await;
    let id = world.api.0.lock().unwrap().objects.keys().find(|(kind, _)| kind == "volumes").unwrap().1;
    let command = |name: &str| format!("POST volumes/{id}/actions/{name}");
    let log = world.apply(&program(20, Some("b"))).await;
    assert_eq!(log, [command("detach"), command("attach"), command("resize")]);
    assert_eq!(world.apply(&program(20, None)).await, [command("detach")]);
    world.apply(&program(20, Some("a"))).await;
    let graph = program(20, Some("a")).freeze().unwrap();
    let log = world.run(&graph, PlanOptions::new().destroy()).await;
    assert_eq!(log[..2], [command("detach"), format!("DELETE volumes/{id}")]);
}

#[tokio::test]
async fn a_firewall_is_put_on_a_server_and_taken_off() {
    let world = World::new();
    let stack = world.stack();
    let firewall = stack.add("fw", Firewall::args().apply_to(["role==db"])).unwrap();
    let server = stack.add("web", server!("cx22")).unwrap();
    stack.add("on", FirewallAttachment::args().firewall(&firewall).server(&server)).unwrap();
    let graph = stack.freeze().unwrap();
    let log = world.run(&graph, PlanOptions::new()).await;
    assert!(log.iter().any(|line| line.ends_with("apply_to_resources")), "{log:?}");
    let log = world.run(&graph, PlanOptions::new().destroy()).await;
    assert!(log.iter().any(|line| line.ends_with("remove_from_resources")), "{log:?}");
    assert!(world.api.0.lock().unwrap().objects.is_empty());
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_found_by_its_label() {
    let world = World::new();
    let stack = world.stack();
    stack.add("web", server!("cx22")).unwrap();
    world.api.0.lock().unwrap().fault = Some(Fault::Lost);
    assert_eq!(world.apply(&stack).await, ["POST servers"]);
    assert_eq!(world.api.0.lock().unwrap().objects.len(), 1);
}

#[tokio::test]
async fn a_busy_object_is_asked_again_and_a_refusal_is_explained() {
    let world = World::new();
    let stack = world.stack();
    stack.add("web", server!("cx22")).unwrap();
    world.api.0.lock().unwrap().fault = Some(Fault::Refused(423, "locked"));
    assert_eq!(world.apply(&stack).await, ["POST servers", "POST servers"]);

    stack.add("more", server!("cx22")).unwrap();
    world.api.0.lock().unwrap().fault = Some(Fault::Refused(412, "resource_unavailable"));
    let graph = stack.freeze().unwrap();
    let plan = world.plan(&graph, PlanOptions::new()).await;
    let outcome = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
    let text = format!("{:?}", outcome.failures);
    assert!(text.contains("resource_unavailable"), "{text}");
    world.apply(&stack).await;
    assert_eq!(world.api.0.lock().unwrap().objects.len(), 2);
}
