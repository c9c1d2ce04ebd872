//! Workers by the real engine on the simulated account: what visitors get, what is never overwritten, and
//! what goes with a script.
#![cfg(feature = "sim")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use iac_cloudflare::sim::{self, ACCOUNT_ID, CloudflareSim, SimConfig};
use iac_cloudflare::{
    Cloudflare, DnsRecord, DurableObjectBinding, KvEntry, KvNamespace, RecordType, ServiceBinding,
    WorkerCode, WorkerDomain, WorkerMigration, WorkerRoute, WorkerScript, WorkerSecret, Zone,
};
use iac_core::state::MemoryBackend;
use iac_core::{
    ApplyOptions, Engine, NoReporter, Op, PlanOptions, Secret, Stack, StackError, StepError, StepFailure,
};
use iac_http::{Client, RetryPolicy};
use iac_testkit::sim::{Method, SimClock, SimOptions, SimServer, SimTime};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// 2026-09-21T14:13:20Z.
const NOW: SimTime = SimTime::from_unix_seconds(1_790_000_000);
const HELLO: &str = "export default { fetch() { return new Response('hello') } }";
const SILENT: &str = "export default {}";
const ROOM: &str = "export class Room {}\nexport default {}";

/// An account and a state.
struct World {
    server: Arc<SimServer>,
    engine: Engine,
}

impl World {
    async fn new() -> Self {
        Self::with(SimOptions::new()).await
    }

    async fn with(options: SimOptions) -> Self {
        let server = sim::start(options.clock(SimClock::manual(NOW)), SimConfig::new()).await.unwrap();
        Self { server: Arc::new(server), engine: Engine::builder().backend(MemoryBackend::new()).build() }
    }

    /// The same account with a state of somebody else's.
    fn stranger(&self) -> World {
        World {
            server: Arc::clone(&self.server),
            engine: Engine::builder().backend(MemoryBackend::new()).build(),
        }
    }

    fn provider(&self) -> Cloudflare {
        Cloudflare::builder()
            .endpoint(format!("{}{}", self.server.url(), sim::BASE_PATH))
            .token(String::from("token"))
            .account(ACCOUNT_ID)
            .poll_interval(Duration::from_millis(1), Duration::from_millis(2))
            .http(|http| http.retry(RetryPolicy::never()))
            .build()
            .unwrap()
    }

    /// Applies a program. Answers what was done and what failed.
    async fn run(
        &self,
        options: &PlanOptions,
        program: impl Fn(&Stack) -> Result<(), StackError>,
    ) -> (Vec<Op>, Vec<String>) {
        let stack = Stack::new("shop", "dev").unwrap();
        stack.provider(self.provider()).unwrap();
        program(&stack).unwrap();
        let graph = stack.freeze().unwrap();
        let plan = self.engine.plan(&graph, options, true, &mut NoReporter).await.unwrap();
        let steps = plan.steps.iter().map(|step| step.op).collect();
        let outcome = self.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
        let failures = outcome.failures.iter().map(told).collect();
        (steps, failures)
    }

    async fn up(&self, program: impl Fn(&Stack) -> Result<(), StackError>) -> Vec<Op> {
        let (steps, failures) = self.run(&PlanOptions::new(), program).await;
        assert_eq!(failures, Vec::<String>::new());
        steps
    }

    async fn failing(&self, program: impl Fn(&Stack) -> Result<(), StackError>) -> String {
        self.run(&PlanOptions::new(), program).await.1.join("\n")
    }

    /// What a visitor gets: the status and the text.
    async fn visit(&self, host: &str, path: &str) -> (u16, String) {
        let client = Client::builder(self.server.url()).retry(RetryPolicy::never()).build().unwrap();
        match client.get(format!("/edge/{host}{path}")).send_bytes().await {
            Ok(answer) => (answer.status(), String::from_utf8(answer.into_body().to_vec()).unwrap()),
            Err(error) => (error.http_status().unwrap_or_default(), error.to_string()),
        }
    }

    /// A call behind the program's back.
    fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let path = format!("/accounts/{ACCOUNT_ID}{path}");
        let answer = self.server.with_cloud::<CloudflareSim, _>(|cloud| cloud.call(method, &path, body));
        answer.unwrap().unwrap().body.as_json().cloned().unwrap_or_default()
    }

    fn inventory(&self) -> Vec<String> {
        let look = |cloud: &mut CloudflareSim| cloud.inventory().into_iter().map(|item| item.name).collect();
        self.server.with_cloud::<CloudflareSim, _>(look).unwrap().unwrap()
    }

    fn secrets(&self, script: &str) -> Vec<String> {
        let answer = self.call(Method::GET, &format!("/workers/scripts/{script}/secrets"), None);
        let names = answer["result"].as_array().unwrap().iter();
        names.map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// A failure and the way out of it.
fn told(failure: &StepFailure) -> String {
    let hint = match &failure.error {
        StepError::Failed { error } => error.way_out().unwrap_or_default(),
        _ => "",
    };
    format!("{failure:?} ({hint})")
}

fn script(code: &str) -> iac_cloudflare::WorkerScriptArgs<iac_core::__private::Given> {
    WorkerScript::args().name("intake").code(WorkerCode::text("worker.js", code))
}

#[tokio::test]
async fn visitors_reach_a_worker_by_a_route_a_domain_and_its_own_address() {
    let world = World::new().await;
    let program = |stack: &Stack| {
        let zone = stack.add("zone", Zone::args().name("example.com"))?;
        let hello = stack.add("hello", script(HELLO).workers_dev(true))?;
        let other = WorkerScript::args().name("other").code(WorkerCode::text("worker.js", SILENT));
        let other = stack.add("other", other.secrets([("API_KEY", Secret::new(String::from("canary")))]))?;
        stack.add("host", WorkerDomain::args().zone(&zone).hostname("intake.example.com").script(&hello))?;
        let record = DnsRecord::args().zone(&zone).name("api.example.com").record_type(RecordType::A);
        stack.add("record", record.content("192.0.2.1").proxied(true))?;
        stack.add("route", WorkerRoute::args().zone(&zone).pattern("api.example.com/v1/*").script(&other))?;
        stack.add("past", WorkerRoute::args().zone(&zone).pattern("intake.example.com/static/*"))?;
        Ok(())
    };
    world.up(program).await;
    assert_eq!(world.visit("intake.example.com", "/x").await, (200, "hello".into()));
    assert_eq!(world.visit("intake.simulated.workers.dev", "/").await, (200, "hello".into()));
    assert_eq!(world.visit("intake.example.com", "/static/x").await.0, 530);
    let (status, text) = world.visit("api.example.com", "/v1/orders").await;
    assert_eq!(status, 200);
    assert!(text.contains("\"other\"") && text.contains("API_KEY") && !text.contains("canary"), "{text}");
    assert_eq!(world.visit("api.example.com", "/v2").await.0, 530);
    assert_eq!(world.up(program).await, []);
    let (_, failures) = world.run(&PlanOptions::new().destroy(), program).await;
    assert_eq!((failures, world.inventory()), (Vec::new(), Vec::<String>::new()));
}

#[tokio::test]
async fn what_somebody_else_made_is_not_overwritten() {
    let theirs = World::new().await;
    theirs
        .up(|stack| {
            let zone = stack.add("zone", Zone::args().name("example.com"))?;
            let script =
                stack.add("theirs", script(HELLO).secrets([("KEY", Secret::new(String::from("theirs")))]))?;
            stack.add("host", WorkerDomain::args().zone(&zone).hostname("a.example.com").script(&script))?;
            let settings = stack.add("settings", KvNamespace::args().title("settings"))?;
            stack.add("entry", KvEntry::args().namespace(&settings).key("banner").value("theirs"))?;
            Ok(())
        })
        .await;
    let ids = theirs.call(Method::GET, "/storage/kv/namespaces", None)["result"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let before = theirs.inventory();
    let ours = theirs.stranger();
    let failed = ours.failing(|stack| stack.add("intake", script(SILENT)).map(drop)).await;
    assert!(failed.contains("a Worker `intake` exists already") && failed.contains("import it"), "{failed}");
    let failed = ours
        .failing(|stack| {
            let secret = WorkerSecret::args().script(iac_core::Id::<WorkerScript>::new("intake")).name("KEY");
            stack.add("key", secret.value(Secret::new(String::from("canary-ours")))).map(drop)
        })
        .await;
    assert!(failed.contains("has a secret `KEY` already") && !failed.contains("canary"), "{failed}");
    let failed = ours
        .failing(|stack| {
            let namespace = iac_core::Id::<KvNamespace>::new(ids.as_str());
            stack.add("entry", KvEntry::args().namespace(&namespace).key("banner").value("ours")).map(drop)
        })
        .await;
    assert!(failed.contains("has an entry `banner` already"), "{failed}");
    let failed = ours.failing(|stack| stack.add("kv", KvNamespace::args().title("settings")).map(drop)).await;
    assert!(failed.contains("title already exists"), "{failed}");
    assert_eq!(ours.inventory(), before);
    assert_eq!(ours.visit("a.example.com", "/").await.1, "hello");
}

#[tokio::test]
async fn secrets_go_up_with_the_code_and_those_set_apart_stay() {
    let world = World::new().await;
    let secret = |text: &str| Secret::new(text.to_owned());
    let program = |given: &'static [(&'static str, &'static str)], code: &'static str| {
        move |stack: &Stack| {
            let secrets = given.iter().map(|(name, text)| (*name, secret(text)));
            let secrets = std::collections::BTreeMap::from_iter(secrets);
            let script = stack.add("intake", script(code).secrets(secrets))?;
            stack.add("mail", WorkerSecret::args().script(&script).name("MAIL").value(secret("canary-m")))?;
            Ok(())
        }
    };
    world.up(program(&[("A", "canary-a"), ("B", "canary-b")], HELLO)).await;
    assert_eq!(world.secrets("intake"), ["A", "B", "MAIL"]);
    assert_eq!(world.up(program(&[("B", "canary-b2")], HELLO)).await, [Op::Update]);
    assert_eq!(world.secrets("intake"), ["B", "MAIL"]);
    assert_eq!(world.up(program(&[("B", "canary-b2")], SILENT)).await, [Op::Update]);
    assert_eq!(world.secrets("intake"), ["B", "MAIL"]);
    assert_eq!(world.up(program(&[("B", "canary-b2")], SILENT)).await, []);
}

#[tokio::test]
async fn code_that_changed_elsewhere_is_drift_and_is_put_back() {
    let world = World::new().await;
    let program = |stack: &Stack| stack.add("intake", script(HELLO).vars([("A", "1")])).map(drop);
    world.up(program).await;
    let theirs = world.stranger();
    let id = "intake";
    theirs
        .up(|stack| {
            let options = iac_core::Options::new().import(id);
            stack.add_with("same", script(SILENT).vars([("A", "2")]), options).map(drop)
        })
        .await;
    assert_eq!(world.up(program).await, [Op::Update]);
    assert_eq!(world.up(program).await, []);
}

#[tokio::test]
async fn a_file_that_changes_after_the_plan_stops_the_step() {
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("worker.js");
    std::fs::write(&path, HELLO).unwrap();
    let stack = Stack::new("shop", "dev").unwrap();
    stack.provider(world.provider()).unwrap();
    let code = WorkerCode::file(&path);
    stack.add("intake", WorkerScript::args().name("intake").code(code)).unwrap();
    let graph = stack.freeze().unwrap();
    let plan = world.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    std::fs::write(&path, SILENT).unwrap();
    let outcome = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
    let failed = outcome.failures.iter().map(told).collect::<String>();
    assert!(failed.contains("was planned") && failed.contains("plan again"), "{failed}");
    assert_eq!(world.inventory(), Vec::<String>::new());
    std::fs::write(&path, HELLO).unwrap();
    let plan = world.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    assert!(
        world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap().succeeded()
    );
    assert_eq!(world.inventory(), ["intake"]);
}

#[tokio::test]
async fn durable_objects_go_with_their_script_and_never_with_what_others_use() {
    let world = World::new().await;
    let rooms = |stack: &Stack| {
        let first = WorkerMigration::args().tag("v1").new_sqlite_classes(["Room"]);
        let binding = DurableObjectBinding::args().name("ROOMS").class_name("Room");
        stack.add("rooms", script(ROOM).durable_objects([binding]).migrations([first]))
    };
    world.up(|stack| rooms(stack).map(drop)).await;
    let theirs = world.stranger();
    let user = |stack: &Stack| {
        let intake =
            ServiceBinding::args().name("INTAKE").service(iac_core::Id::<WorkerScript>::new("intake"));
        let user = WorkerScript::args().name("user").code(WorkerCode::text("worker.js", SILENT));
        stack.add("user", user.services([intake])).map(drop)
    };
    theirs.up(user).await;
    let destroy = PlanOptions::new().destroy();
    let (_, failures) = world.run(&destroy, |stack| rooms(stack).map(drop)).await;
    assert!(failures.concat().contains("these Workers have some: user"), "{failures:?}");
    assert_eq!(theirs.run(&destroy, user).await.1, Vec::<String>::new());
    assert_eq!(world.run(&destroy, |stack| rooms(stack).map(drop)).await.1, Vec::<String>::new());
    assert_eq!(world.inventory(), Vec::<String>::new());
}

#[tokio::test]
async fn a_host_with_records_is_refused_and_named() {
    let world = World::new().await;
    let failed = world
        .failing(|stack| {
            let zone = stack.add("zone", Zone::args().name("example.com"))?;
            let record = DnsRecord::args().zone(&zone).name("intake.example.com").record_type(RecordType::A);
            let record = stack.add("record", record.content("192.0.2.1"))?;
            let script = stack.add("script", script(HELLO))?;
            let host = WorkerDomain::args().zone(&zone).hostname("intake.example.com").script(&script);
            stack.add_with("host", host, iac_core::Options::new().depends_on(&record)).map(drop)
        })
        .await;
    assert!(failed.contains("100117") && failed.contains("delete them"), "{failed}");
    let world = World::new().await;
    let failed = world
        .failing(|stack| {
            let zone = stack.add("zone", Zone::args().name("example.com"))?;
            let script = stack.add("script", script(HELLO))?;
            let host = WorkerDomain::args().zone(&zone).hostname("intake.example.com").script(&script);
            let host = stack.add("host", host)?;
            let record = DnsRecord::args().zone(&zone).name("intake.example.com").record_type(RecordType::A);
            let options = iac_core::Options::new().depends_on(&host);
            stack.add_with("record", record.content("192.0.2.1"), options).map(drop)
        })
        .await;
    assert!(failed.contains("already_exists") && failed.contains("managed by Workers"), "{failed}");
}

#[tokio::test]
async fn no_file_of_the_simulator_has_a_secret() {
    let directory = tempfile::tempdir().unwrap();
    let (data, log) = (directory.path().join("cloud.json"), directory.path().join("log.jsonl"));
    let world = World::with(SimOptions::new().data(&data).log_file(&log)).await;
    let program = |stack: &Stack| {
        let secret = |text: &str| Secret::new(text.to_owned());
        let script = stack.add("intake", script(HELLO).secrets([("KEY", secret("canary\"upload"))]))?;
        stack.add("mail", WorkerSecret::args().script(&script).name("MAIL").value(secret("canary-apart")))?;
        Ok(())
    };
    world.up(program).await;
    for path in [data, log] {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("intake") && !text.contains("canary"), "{}", path.display());
    }
}
