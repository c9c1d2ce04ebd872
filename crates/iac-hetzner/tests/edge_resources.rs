//! Addresses, load balancers, certificates and DNS through the real engine, against a few lines of
//! API in memory. Asserts which requests go out; what a strict API makes of them is tested against
//! the simulator.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use iac_core::state::MemoryBackend;
use iac_core::{ApplyOptions, Engine, Id, NoReporter, PlanOptions, Secret, Stack};
use iac_hetzner::{
    Certificate, FloatingIp, HealthCheck, Hetzner, Image, IpType, LoadBalancer, LoadBalancerAlgorithm,
    LoadBalancerService, LoadBalancerTarget, Network, PrimaryIp, RecordSet, RecordType, Server, ServerType,
    ServiceHttp, ServiceProtocol, Zone,
};
use iac_http::http::{HeaderMap, StatusCode};
use iac_http::{Bytes, Transport, TransportError, WireRequest, WireResponse};
use serde_json::{Value, json};

/// One project in memory. Every command is done when its action is asked for.
#[derive(Clone, Default)]
struct Api(Arc<Mutex<Project>>);

#[derive(Default)]
struct Project {
    /// Kind, id, object; record sets are at `rrsets/<zone>` with name and type for an id.
    objects: Vec<(String, String, Value)>,
    last_id: u64,
    /// `METHOD path body` of everything but GET.
    log: Vec<String>,
}

const KINDS: &[(&str, &str)] = &[
    ("primary_ips", "primary_ip"),
    ("floating_ips", "floating_ip"),
    ("load_balancers", "load_balancer"),
    ("certificates", "certificate"),
    ("zones", "zone"),
    ("rrsets", "rrset"),
];

fn one(kind: &str) -> &'static str {
    KINDS.iter().find(|(many, _)| kind.starts_with(many)).unwrap().1
}

fn action(status: &str) -> Value {
    json!({"id": 1, "command": "any", "status": status, "progress": 50, "resources": [], "error": null})
}

impl Project {
    fn answer(&mut self, method: &str, path: &[&str], body: &Value) -> (u16, Value) {
        match (method, path) {
            ("GET", ["actions"]) => (200, json!({"actions": [action("success")]})),
            ("GET", [_, _, "actions"]) => (200, json!({"actions": []})),
            ("GET", ["images"]) => (
                200,
                json!({"images": [{
                "id": 5, "type": "system", "name": "ubuntu-24.04", "description": "Ubuntu", "disk_size": 5,
                "created": "2026-01-01T00:00:00Z", "os_flavor": "ubuntu", "os_version": "24.04",
                "architecture": "x86"}]}),
            ),
            ("GET", ["server_types"]) => (200, json!({"server_types": []})),
            (_, ["zones", zone, "rrsets", rest @ ..]) => {
                let kind = format!("rrsets/{zone}");
                match rest {
                    [] => self.answer(method, &[&kind], body),
                    [name, of] => self.answer(method, &[&kind, &format!("{name}/{of}")], body),
                    [name, of, rest @ ..] => {
                        self.answer(method, &[&[kind.as_str(), &format!("{name}/{of}")], rest].concat(), body)
                    }
                    _ => panic!("an unexpected request: {rest:?}"),
                }
            }
            ("GET", [kind]) => {
                let all: Vec<&Value> =
                    self.objects.iter().filter(|(of, ..)| of == kind).map(|(.., object)| object).collect();
                let many = kind.split('/').next().unwrap();
                (200, json!({(many): all, "meta": {"pagination": {"next_page": null}}}))
            }
            ("GET", [kind, id]) => match self.find(kind, id) {
                Some(object) => (200, json!({(one(kind)): object})),
                None => (404, json!({"error": {"code": "not_found", "message": "gone"}})),
            },
            ("POST", [kind]) => {
                self.last_id += 1;
                let object = made(kind, self.last_id, body);
                let id = object["id"].to_string().replace('"', "");
                self.objects.push(((*kind).to_owned(), id, object.clone()));
                (201, json!({(one(kind)): object, "action": action("running"), "next_actions": []}))
            }
            ("PUT", [kind, id]) => {
                let object = self.find(kind, id).unwrap();
                for (key, value) in body.as_object().unwrap() {
                    object[key] = value.clone();
                }
                (200, json!({(one(kind)): object}))
            }
            ("DELETE", [kind, id]) => {
                self.objects.retain(|(of, other, _)| (of.as_str(), other.as_str()) != (*kind, *id));
                (201, json!({"action": action("running")}))
            }
            ("POST", [kind, id, "actions", command]) => {
                act(self.find(kind, id).unwrap(), command, body);
                (201, json!({"action": action("running")}))
            }
            other => panic!("an unexpected request: {other:?}"),
        }
    }

    fn find(&mut self, kind: &str, id: &str) -> Option<&mut Value> {
        let found =
            self.objects.iter_mut().find(|(of, other, _)| (of.as_str(), other.as_str()) == (kind, id));
        found.map(|(.., object)| object)
    }
}

fn made(kind: &str, id: u64, body: &Value) -> Value {
    let mut object = body.clone();
    object["id"] = id.into();
    object["protection"] = json!({"delete": false, "change": false});
    match kind {
        "primary_ips" | "floating_ips" => {
            object["ip"] = "203.0.113.7".into();
            object["dns_ptr"] = json!([{"ip": "203.0.113.7", "dns_ptr": "static.203-0-113-7.example"}]);
            object["home_location"] = json!({"name": "nbg1"});
            object["location"] = json!({"name": "nbg1"});
            object["server"] = Value::Null;
            if object["auto_delete"].is_null() {
                object["auto_delete"] = false.into();
            }
        }
        "load_balancers" => {
            object["load_balancer_type"] = json!({"name": body["load_balancer_type"]});
            object["location"] = json!({"name": "nbg1", "network_zone": "eu-central"});
            object["public_net"] = json!({
                "enabled": body["public_interface"], "ipv4": {"ip": "192.0.2.1"}, "ipv6": {"ip": "2001:db8::1"},
            });
            object["private_net"] = match &body["network"] {
                Value::Null => json!([]),
                network => json!([{"network": network, "ip": "10.0.0.2"}]),
            };
            object["services"] = json!([]);
            object["targets"] = json!([]);
        }
        "certificates" => object["fingerprint"] = "03:c7".into(),
        "zones" => object["authoritative_nameservers"] = json!({"assigned": ["hydrogen.ns.hetzner.com."]}),
        _ => {
            object["id"] =
                format!("{}/{}", body["name"].as_str().unwrap(), body["type"].as_str().unwrap()).into();
            object["zone"] = kind.split('/').nth(1).unwrap().parse::<u64>().unwrap().into();
        }
    }
    object
}

/// What a command does to the object.
fn act(object: &mut Value, command: &str, body: &Value) {
    let mut same = |list: &str, is: &dyn Fn(&Value) -> bool| {
        let list = object[list].as_array_mut().unwrap();
        list.retain(|item| !is(item));
    };
    match command {
        "delete_service" => same("services", &|item| item["listen_port"] == body["listen_port"]),
        "update_service" => {
            same("services", &|item| item["listen_port"] == body["listen_port"]);
            object["services"].as_array_mut().unwrap().push(body.clone());
        }
        "add_service" => object["services"].as_array_mut().unwrap().push(body.clone()),
        "add_target" => object["targets"].as_array_mut().unwrap().push(body.clone()),
        "remove_target" => {
            same("targets", &|item| item["server"] == body["server"] && item["type"] == body["type"]);
        }
        "change_protection" => object["protection"] = body.clone(),
        "change_dns_ptr" => object["dns_ptr"] = json!([body]),
        "change_algorithm" => object["algorithm"] = body.clone(),
        "change_type" => object["load_balancer_type"] = json!({"name": body["load_balancer_type"]}),
        "attach_to_network" => {
            let ip = body["ip"].as_str().unwrap_or("10.0.0.3");
            object["private_net"] = json!([{"network": body["network"], "ip": ip}]);
        }
        "detach_from_network" => object["private_net"] = json!([]),
        "enable_public_interface" => object["public_net"]["enabled"] = true.into(),
        "disable_public_interface" => object["public_net"]["enabled"] = false.into(),
        "assign" => {
            object["server"] = body["server"].clone();
            object["assignee_id"] = body["assignee_id"].clone();
        }
        "unassign" => {
            object["server"] = Value::Null;
            object["assignee_id"] = Value::Null;
        }
        "change_ttl" => object["ttl"] = body["ttl"].clone(),
        "set_records" => object["records"] = body["records"].clone(),
        other => panic!("an unexpected command: {other}"),
    }
}

#[async_trait::async_trait]
impl Transport for Api {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let method = request.method.as_str();
        let path = request.url.path().trim_start_matches("/v1/").replace("%40", "@");
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if path == "locations" {
            return Ok(response(200, &json!({"locations": []})));
        }
        let mut project = self.0.lock().unwrap();
        if method != "GET" {
            project.log.push(format!("{method} {path} {text}").trim_end().to_owned());
        }
        let (status, answer) = project.answer(method, &path.split('/').collect::<Vec<_>>(), &body);
        Ok(response(status, &answer))
    }
}

fn response(status: u16, body: &Value) -> WireResponse {
    let status = StatusCode::from_u16(status).unwrap();
    WireResponse { status, headers: HeaderMap::new(), body: Bytes::from(body.to_string().into_bytes()) }
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

    /// Applies the stack, asserts that a second plan has nothing to do, and answers the changing
    /// requests that were sent.
    async fn apply(&self, stack: &Stack) -> Vec<String> {
        let log = self.run(stack, PlanOptions::new()).await;
        let graph = stack.freeze().unwrap();
        let again = self.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
        assert!(!again.has_changes(), "{:?}", again.steps);
        log
    }

    async fn run(&self, stack: &Stack, options: PlanOptions) -> Vec<String> {
        let graph = stack.freeze().unwrap();
        let plan = self.engine.plan(&graph, &options, true, &mut NoReporter).await.unwrap();
        let outcome = self.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        std::mem::take(&mut self.api.0.lock().unwrap().log)
    }

    async fn destroy(&self, stack: &Stack) -> Vec<String> {
        let log = self.run(stack, PlanOptions::new().destroy()).await;
        assert!(self.api.0.lock().unwrap().objects.is_empty());
        log
    }
}

/// The requests without their bodies.
fn heads(log: &[String]) -> Vec<&str> {
    log.iter().map(|line| line.split(" {").next().unwrap_or(line)).collect()
}

#[tokio::test]
async fn addresses_are_assigned_named_and_protected_in_place() {
    let world = World::new();
    let stack = world.stack();
    stack.add("p", PrimaryIp::args().ip_type(IpType::Ipv4).location("nbg1")).unwrap();
    let log = world.apply(&stack).await;
    assert_eq!(heads(&log), ["POST primary_ips"]);

    let stack = world.stack();
    let server = Id::<Server>::new("17");
    let primary = PrimaryIp::args()
        .ip_type(IpType::Ipv4)
        .location("nbg1")
        .server(server.clone())
        .dns_ptr("Web.example.org")
        .delete_protection(true)
        .labels([("a", "b")]);
    stack.add("p", primary).unwrap();
    let log = world.apply(&stack).await;
    let command = |name: &str| format!("POST primary_ips/1/actions/{name}");
    assert_eq!(
        heads(&log),
        ["PUT primary_ips/1", &command("assign"), &command("change_dns_ptr"), &command("change_protection")]
    );
    assert!(log[0].contains("iac-token") && log[0].contains(r#""a":"b""#), "{}", log[0]);

    // Left out again, the server keeps it; protection goes before anything else.
    let stack = world.stack();
    stack.add("p", PrimaryIp::args().ip_type(IpType::Ipv4).location("nbg1").auto_delete(true)).unwrap();
    let log = world.apply(&stack).await;
    assert_eq!(heads(&log), [&command("change_protection"), "PUT primary_ips/1"]);
    let log = world.destroy(&stack).await;
    assert_eq!(log, [&command("unassign"), "DELETE primary_ips/1"]);

    let stack = world.stack();
    let floating = || FloatingIp::args().ip_type(IpType::Ipv4).home_location("nbg1");
    stack.add("f", floating().server(server).description("x")).unwrap();
    let log = world.apply(&stack).await;
    assert_eq!(heads(&log), ["POST floating_ips", "POST floating_ips/2/actions/assign"]);
    let stack = world.stack();
    stack.add("f", floating()).unwrap();
    let log = world.apply(&stack).await;
    assert_eq!(log, [r#"PUT floating_ips/2 {"description":""}"#, "POST floating_ips/2/actions/unassign"]);
    world.destroy(&stack).await;
}

#[tokio::test]
async fn a_load_balancer_changes_in_place() {
    let world = World::new();
    let build = |port: u16, private: bool, network: &str| {
        let stack = world.stack();
        let certificate = Certificate::args()
            .certificate("-----BEGIN CERTIFICATE-----\nAA\n")
            .private_key(Secret::from("canary-key"));
        let certificate = stack.add("tls", certificate).unwrap();
        let balancer = LoadBalancer::args()
            .load_balancer_type("lb11")
            .location("nbg1")
            .network(Id::<Network>::new(network))
            .ip("10.0.0.5")
            .public_interface(false);
        let balancer = stack.add("lb", balancer).unwrap();
        let service = |protocol, listen_port: u16| {
            LoadBalancerService::args()
                .load_balancer(&balancer)
                .protocol(protocol)
                .listen_port(listen_port)
                .destination_port(port)
        };
        stack.add("tcp", service(ServiceProtocol::Tcp, 25)).unwrap();
        stack.add("http", service(ServiceProtocol::Http, 80)).unwrap();
        let https = service(ServiceProtocol::Https, 443)
            .http(ServiceHttp::args().certificates([&certificate]))
            .health_check(HealthCheck::args().port(port).interval(5u32));
        stack.add("https", https).unwrap();
        let target = LoadBalancerTarget::args().load_balancer(&balancer);
        stack.add("t", target.server(Id::<Server>::new("17")).use_private_ip(private)).unwrap();
        stack
    };
    let log = world.apply(&build(30080, true, "4")).await;
    let of_balancer: Vec<&str> = heads(&log).into_iter().filter(|line| line.contains("load")).collect();
    let id = of_balancer[1].split('/').nth(1).unwrap().to_owned();
    let command = |name: &str| format!("POST load_balancers/{id}/actions/{name}");
    assert_eq!(
        of_balancer[..3],
        ["POST load_balancers", &command("attach_to_network"), &command("disable_public_interface")]
    );
    assert_eq!(of_balancer.iter().filter(|line| line.ends_with("add_service")).count(), 3);
    assert_eq!(of_balancer.iter().filter(|line| line.ends_with("add_target")).count(), 1);

    // The health checks that name no port follow.
    let log = world.apply(&build(30081, false, "4")).await;
    assert_eq!(log.iter().filter(|line| line.contains(r#""port":30081"#)).count(), 3, "{log:?}");
    let target: Vec<&str> = heads(&log).into_iter().filter(|line| line.ends_with("target")).collect();
    assert_eq!(target, [&command("remove_target"), &command("add_target")]);

    let log = world.apply(&build(30081, false, "5")).await;
    assert_eq!(
        log,
        [
            format!(r#"{} {{"network":4}}"#, command("detach_from_network")),
            format!(r#"{} {{"network":5,"ip":"10.0.0.5"}}"#, command("attach_to_network")),
        ]
    );
    world.destroy(&build(30081, false, "5")).await;

    let stack = world.stack();
    let balancer = LoadBalancer::args().load_balancer_type("lb11").network_zone("eu-central");
    stack.add("lb", balancer).unwrap();
    world.apply(&stack).await;
    let stack = world.stack();
    let balancer = LoadBalancer::args().load_balancer_type("lb21").network_zone("eu-central");
    stack.add("lb", balancer.algorithm(LoadBalancerAlgorithm::LeastConnections)).unwrap();
    let log = world.apply(&stack).await;
    let ends: Vec<&str> = heads(&log).into_iter().filter_map(|line| line.rsplit('/').next()).collect();
    assert_eq!(ends, ["change_type", "change_algorithm"]);
    world.destroy(&stack).await;
}

#[tokio::test]
async fn zones_and_record_sets_change_in_place() {
    let world = World::new();
    let build = |ttl: u32, ttl_of_set: Option<u32>, text: &str, protected: bool| {
        let stack = world.stack();
        let zone = stack.add("z", Zone::args().name("example.org").ttl(ttl)).unwrap();
        let set = RecordSet::args()
            .zone(&zone)
            .name("@")
            .record_type(RecordType::Txt)
            .maybe_ttl(ttl_of_set)
            .records([text, "b"])
            .change_protection(protected);
        stack.add("txt", set).unwrap();
        stack
    };
    let log = world.apply(&build(3600, Some(60), "v=spf1 \"x\"", true)).await;
    assert_eq!(
        heads(&log),
        ["POST zones", "POST zones/1/rrsets", "POST zones/1/rrsets/@/TXT/actions/change_protection"]
    );
    assert!(log[1].contains(r#"{"value":"\"v=spf1 \\\"x\\\"\""}"#), "{}", log[1]);

    let log = world.apply(&build(300, None, "v=spf1", false)).await;
    let set = "POST zones/1/rrsets/@/TXT/actions/";
    let mut log: Vec<String> = log.iter().filter(|line| line.contains("rrsets")).cloned().collect();
    let records = log.pop().unwrap();
    assert_eq!(
        log,
        [
            format!(r#"{set}change_protection {{"change":false}}"#),
            format!(r#"{set}change_ttl {{"ttl":null}}"#)
        ]
    );
    assert_eq!(
        records,
        format!(r#"{set}set_records {{"records":[{{"value":"\"v=spf1\""}},{{"value":"\"b\""}}]}}"#)
    );
    world.destroy(&build(300, None, "v=spf1", false)).await;
}

#[tokio::test]
async fn data_is_read_before_planning() {
    let world = World::new();
    let stack = world.stack();
    let image = stack.read("os", Image::args().name("ubuntu-24.04")).unwrap();
    stack.export("image", &image.id).unwrap();
    world.run(&stack, PlanOptions::new()).await;

    let stack = world.stack();
    stack.read("type", ServerType::args().name("cx0")).unwrap();
    let graph = stack.freeze().unwrap();
    let error = world.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap_err();
    assert!(error.to_string().contains("no server type named `cx0`"), "{error}");
}
