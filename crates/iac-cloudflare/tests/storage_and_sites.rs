//! Buckets and sites through the real engine against the simulated account: what a visitor sees, what
//! somebody else changed, and what cannot be done.
#![cfg(feature = "sim")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use iac_cloudflare::sim::{self, ACCOUNT_ID, BASE_PATH, CloudflareSim, SimConfig};
use iac_cloudflare::{
    Cloudflare, DnsRecord, PagesDeployment, PagesDomain, PagesFiles, PagesProject, R2Bucket, R2LockRule,
    RecordType, Zone,
};
use iac_core::state::MemoryBackend;
use iac_core::{
    ApplyOptions, Engine, Error, ErrorKind, Graph, NoReporter, Op, Options, Outcome, Plan, PlanOptions,
    Stack, StepError,
};
use iac_testkit::sim::{Cloud as _, Method, SimClock, SimOptions, SimRequest, SimServer, SimTime};
use serde_json::{Value, json};

/// 2026-09-21T14:13:20Z.
const NOW: SimTime = SimTime::from_unix_seconds(1_790_000_000);
/// Longer than an upload token lasts.
const LONG: Duration = Duration::from_secs(60 * 60);

struct World {
    cloud: SimServer,
    engine: Engine,
}

impl World {
    async fn new() -> Self {
        let options = SimOptions::new().clock(SimClock::manual(NOW));
        let cloud = sim::start(options, SimConfig::new().without_rate_limit()).await.unwrap();
        Self { cloud, engine: Engine::builder().backend(MemoryBackend::new()).build() }
    }

    fn stack(&self, program: impl FnOnce(&Stack)) -> Graph {
        let stack = Stack::new("shop", "dev").unwrap();
        let provider = Cloudflare::builder()
            .endpoint(format!("{}{BASE_PATH}", self.cloud.url()))
            .token("token".to_owned())
            .account(ACCOUNT_ID)
            .poll_interval(Duration::from_millis(1), Duration::from_millis(5));
        stack.provider(provider.build().unwrap()).unwrap();
        program(&stack);
        stack.freeze().unwrap()
    }

    async fn plan(&self, graph: &Graph) -> Plan {
        self.engine.plan(graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap()
    }

    async fn try_up(&self, graph: &Graph) -> Outcome {
        let plan = self.plan(graph).await;
        self.engine.apply(graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap()
    }

    /// Applies; nothing is left to do afterwards.
    async fn up(&self, graph: &Graph) {
        let outcome = self.try_up(graph).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        let after = self.plan(graph).await;
        assert!(!after.has_changes() && after.drift.is_empty(), "{:?} {:?}", after.steps, after.drift);
    }

    async fn down(&self, graph: &Graph) -> Outcome {
        let options = PlanOptions::new().destroy();
        let plan = self.engine.plan(graph, &options, true, &mut NoReporter).await.unwrap();
        self.engine.apply(graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap()
    }

    /// What somebody else does in the account.
    fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let path = format!("/accounts/{ACCOUNT_ID}{path}");
        let act = |cloud: &mut CloudflareSim| cloud.call(method, &path, body.as_ref());
        let answer = self.cloud.with_cloud::<CloudflareSim, _>(act).unwrap().unwrap();
        assert!(answer.status.is_success(), "{path}: {:?}", answer.body);
        answer.body.as_json().map(|body| body["result"].clone()).unwrap_or_default()
    }

    /// What a visitor sees: status, and the text or where it goes on.
    fn visit(&self, host: &str, path: &str) -> (u16, String) {
        let request = SimRequest::new(Method::GET, &format!("/edge/{host}{path}")).at(NOW);
        let look = |cloud: &mut CloudflareSim| cloud.handle(&request, NOW);
        let answer = self.cloud.with_cloud::<CloudflareSim, _>(look).unwrap().unwrap();
        let moved = answer.headers.get("location").and_then(|to| to.to_str().ok().map(str::to_owned));
        let text = String::from_utf8(answer.body.to_bytes().to_vec()).unwrap();
        (answer.status.as_u16(), moved.unwrap_or(text))
    }

    /// The files that were uploaded since the last look.
    fn uploads(&self) -> usize {
        let exchanges = self.cloud.take_exchanges();
        let uploads = exchanges.iter().filter(|one| one.path.ends_with("/pages/assets/upload"));
        uploads.filter_map(|one| one.request_body.as_json()?.as_array().map(Vec::len)).sum()
    }
}

fn site(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites").join(name)
}

/// The error of the first step that failed.
fn failure(outcome: &Outcome) -> &Error {
    match &outcome.failures[0].error {
        StepError::Failed { error } => error,
        other => panic!("{other:?}"),
    }
}

/// A project that shows a folder.
fn shop(stack: &Stack, folder: &Path) {
    let files = PagesFiles::read(folder).unwrap();
    let project = stack.add("shop", PagesProject::args().name("shop")).unwrap();
    let content = PagesDeployment::args().project(&project).directory(files.directory());
    stack.add("content", content.digest(files.digest())).unwrap();
}

#[tokio::test]
async fn a_visitor_sees_the_folder_under_every_address() {
    let world = World::new().await;
    let graph = world.stack(|stack| {
        let zone = stack.add("zone", Zone::args().name("example.com")).unwrap();
        let first = PagesFiles::read(site("first")).unwrap();
        let second = PagesFiles::read(site("second")).unwrap();
        let project = stack.add("shop", PagesProject::args().name("shop")).unwrap();
        let content = |files: &PagesFiles| {
            PagesDeployment::args().project(&project).directory(files.directory()).digest(files.digest())
        };
        stack.add("content", content(&first)).unwrap();
        stack.add("preview", content(&second).branch("sale/autumn")).unwrap();
        let record = DnsRecord::args().zone(&zone).name("www.example.com").record_type(RecordType::Cname);
        stack.add("www-record", record.content(&project.subdomain).proxied(true)).unwrap();
        stack.add("www", PagesDomain::args().project(&project).domain("www.example.com")).unwrap();
    });
    world.up(&graph).await;
    for host in ["shop.pages.dev", "www.example.com"] {
        let (status, page) = world.visit(host, "/");
        assert!(status == 200 && page.contains("<h1>Shop</h1>"), "{host}: {status} {page}");
        assert_eq!(world.visit(host, "/about"), (308, "/about/".into()));
        assert_eq!(world.visit(host, "/about/index.html"), (308, "/about/".into()));
        assert!(world.visit(host, "/about/").1.contains("<h1>About</h1>"));
    }
    assert!(world.visit("sale-autumn.shop.pages.dev", "/").1.contains("<h1>Sale</h1>"));
    let (status, page) = world.visit("sale-autumn.shop.pages.dev", "/nowhere");
    assert!(status == 404 && page.contains("Nothing here"), "{status} {page}");
    assert_eq!(world.visit("other.pages.dev", "/").0, 530);
    let outcome = world.down(&graph).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failures);
    assert_eq!(world.visit("shop.pages.dev", "/").0, 530);
}

#[tokio::test]
async fn only_new_contents_are_uploaded_and_the_site_changes_in_place() {
    let world = World::new().await;
    let first = world.stack(|stack| shop(stack, &site("first")));
    world.up(&first).await;
    assert_eq!(world.uploads(), 2);
    let second = world.stack(|stack| shop(stack, &site("second")));
    let plan = world.plan(&second).await;
    let ops: Vec<Op> = plan.steps.iter().map(|step| step.op).collect();
    assert_eq!(ops, [Op::Update], "{:?}", plan.steps);
    world.up(&second).await;
    // The page about the shop is the same in both.
    assert_eq!(world.uploads(), 2);
    assert!(world.visit("shop.pages.dev", "/").1.contains("<h1>Sale</h1>"));
    world.up(&first).await;
    assert_eq!(world.uploads(), 0);
    assert!(world.visit("shop.pages.dev", "/").1.contains("<h1>Shop</h1>"));
}

#[tokio::test]
async fn a_rollback_by_somebody_else_is_seen_and_put_right() {
    let world = World::new().await;
    world.up(&world.stack(|stack| shop(stack, &site("first")))).await;
    let second = world.stack(|stack| shop(stack, &site("second")));
    world.up(&second).await;
    let all = world.call(Method::GET, "/pages/projects/shop/deployments", None);
    let oldest = all.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    world.call(Method::POST, &format!("/pages/projects/shop/deployments/{oldest}/rollback"), None);
    assert!(world.visit("shop.pages.dev", "/").1.contains("<h1>Shop</h1>"));
    let plan = world.plan(&second).await;
    assert_eq!(plan.drift[0].diff[0].path.to_string(), "digest", "{:?}", plan.drift);
    world.up(&second).await;
    assert!(world.visit("shop.pages.dev", "/").1.contains("<h1>Sale</h1>"));
}

#[tokio::test]
async fn what_somebody_else_deployed_is_not_overwritten_until_it_is_imported() {
    let world = World::new().await;
    world.up(&world.stack(|stack| shop(stack, &site("first")))).await;
    // Another stack, whose state knows nothing of it.
    let other = World { engine: Engine::builder().backend(MemoryBackend::new()).build(), ..world };
    let content = |stack: &Stack, options: Options| {
        let files = PagesFiles::read(site("second")).unwrap();
        let content = PagesDeployment::args().project(iac_core::Id::new("shop")).directory(files.directory());
        stack.add_with("content", content.digest(files.digest()), options).unwrap();
    };
    let outcome = other.try_up(&other.stack(|stack| content(stack, Options::new()))).await;
    let error = failure(&outcome);
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error:?}");
    assert!(error.way_out().unwrap().contains("import it as `shop/main`"), "{error:?}");
    assert!(other.visit("shop.pages.dev", "/").1.contains("<h1>Shop</h1>"));
    let imported = other.stack(|stack| content(stack, Options::new().import("shop/main")));
    assert!(other.try_up(&imported).await.succeeded());
    other.up(&imported).await;
    assert!(other.visit("shop.pages.dev", "/").1.contains("<h1>Sale</h1>"));
}

#[tokio::test]
async fn a_site_that_leaves_the_program_is_taken_off() {
    let world = World::new().await;
    world.up(&world.stack(|stack| shop(stack, &site("first")))).await;
    let alone = world.stack(|stack| drop(stack.add("shop", PagesProject::args().name("shop")).unwrap()));
    world.up(&alone).await;
    let (status, page) = world.visit("shop.pages.dev", "/");
    assert!(status == 404 && page.contains("Nothing is deployed"), "{status} {page}");
    // And it can be shown again.
    world.up(&world.stack(|stack| shop(stack, &site("second")))).await;
    assert!(world.visit("shop.pages.dev", "/").1.contains("<h1>Sale</h1>"));
}

#[tokio::test]
async fn a_project_with_many_deployments_is_deleted_all_the_same() {
    let world = World::new().await;
    let graph = world.stack(|stack| shop(stack, &site("first")));
    world.up(&graph).await;
    let form = "--b\r\nContent-Disposition: form-data; name=\"manifest\"\r\n\r\n{}\r\n--b\r\n\
                Content-Disposition: form-data; name=\"branch\"\r\n\r\nnext\r\n--b--\r\n";
    let path = format!("{BASE_PATH}/accounts/{ACCOUNT_ID}/pages/projects/shop/deployments");
    for _ in 0..101 {
        let mut request = SimRequest::new(Method::POST, &path).at(NOW);
        request.headers.insert("content-type", "multipart/form-data; boundary=b".parse().unwrap());
        request.headers.insert("authorization", "Bearer token".parse().unwrap());
        request.body = form.as_bytes().into();
        let deploy = |cloud: &mut CloudflareSim| cloud.handle(&request, NOW);
        let answer = world.cloud.with_cloud::<CloudflareSim, _>(deploy).unwrap().unwrap();
        assert!(answer.status.is_success(), "{:?}", answer.body);
    }
    let outcome = world.down(&graph).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failures);
    let left = world.cloud.with_cloud::<CloudflareSim, _>(|cloud| cloud.inventory()).unwrap();
    assert_eq!(left.unwrap(), []);
}

#[tokio::test]
async fn an_upload_token_that_is_over_is_asked_for_again() {
    let world = World::new().await;
    let clock = world.cloud.clock().clone();
    let mut has_passed = false;
    world.cloud.set_interceptor(Box::new(move |request, _| {
        if request.path.ends_with("/pages/assets/check-missing") && !has_passed {
            has_passed = true;
            clock.advance(LONG);
        }
        None
    }));
    world.up(&world.stack(|stack| shop(stack, &site("first")))).await;
    let exchanges = world.cloud.take_exchanges();
    let tokens = exchanges.iter().filter(|one| one.path.ends_with("/upload-token"));
    assert_eq!(tokens.count(), 2);
    assert!(exchanges.iter().all(|one| one.status != Some(401) || one.path.contains("/pages/assets/")));
}

#[tokio::test]
async fn files_that_changed_after_the_plan_are_not_deployed() {
    let world = World::new().await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("changed-after-the-plan");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("index.html"), "<h1>Planned</h1>").unwrap();
    let graph = world.stack(|stack| shop(stack, &folder));
    let plan = world.plan(&graph).await;
    std::fs::write(folder.join("index.html"), "<h1>Not planned</h1>").unwrap();
    let outcome = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
    let error = failure(&outcome);
    assert_eq!((error.kind(), error.input_field()), (ErrorKind::InvalidInput, Some("digest")), "{error:?}");
    assert_eq!(world.visit("shop.pages.dev", "/").0, 522);
}

#[tokio::test]
async fn a_variable_by_somebody_else_is_seen_and_a_secret_is_left_alone() {
    let world = World::new().await;
    let graph = world.stack(|stack| {
        let env = iac_cloudflare::PagesEnvironment::args().env([("A", "1")]);
        stack.add("shop", PagesProject::args().name("shop").production(env)).unwrap();
    });
    world.up(&graph).await;
    let vars = json!({ "B": { "type": "plain_text", "value": "2" }, "KEY": { "type": "secret_text", "value": "k" } });
    let body = json!({ "deployment_configs": { "production": { "env_vars": vars } } });
    world.call(Method::PATCH, "/pages/projects/shop", Some(body));
    let plan = world.plan(&graph).await;
    let paths: Vec<String> = plan.drift[0].diff.iter().map(|diff| diff.path.to_string()).collect();
    assert_eq!(paths, ["production.env.B"]);
    world.up(&graph).await;
    let project = world.call(Method::GET, "/pages/projects/shop", None);
    let vars = project["deployment_configs"]["production"]["env_vars"].as_object().unwrap().clone();
    assert_eq!(vars.keys().collect::<Vec<_>>(), ["A", "KEY"]);
}

#[tokio::test]
async fn a_bucket_with_objects_stays_and_is_read_in_the_open() {
    let world = World::new().await;
    let graph = world.stack(|stack| {
        let keep = R2LockRule::args().id("keep").prefix("keep/").indefinitely(true);
        stack.add("files", R2Bucket::args().name("files").public_access(true).lock([keep])).unwrap();
    });
    world.up(&graph).await;
    world.call(Method::PUT, "/r2/buckets/files/objects/hello.txt", Some(json!("hello")));
    let managed = world.call(Method::GET, "/r2/buckets/files/domains/managed", None);
    let domain = managed["domain"].as_str().unwrap();
    assert_eq!(world.visit(domain, "/hello.txt"), (200, "\"hello\"".into()));
    assert_eq!(world.visit(domain, "/nothing").0, 404);
    let outcome = world.down(&graph).await;
    let error = failure(&outcome);
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert!(error.way_out().unwrap().contains("holds objects"), "{error:?}");
    world.call(Method::DELETE, "/r2/buckets/files/objects/hello.txt", None);
    assert!(world.down(&graph).await.succeeded());
}

#[tokio::test]
async fn rules_by_somebody_else_are_seen_and_the_vendors_own_are_left_alone() {
    let world = World::new().await;
    let graph = world.stack(|stack| drop(stack.add("files", R2Bucket::args().name("files")).unwrap()));
    world.up(&graph).await;
    let rule = json!({ "allowed": { "origins": ["*"], "methods": ["PUT"] } });
    world.call(Method::PUT, "/r2/buckets/files/cors", Some(json!({ "rules": [rule] })));
    let plan = world.plan(&graph).await;
    assert_eq!(plan.drift[0].diff[0].path.root(), "cors", "{:?}", plan.drift);
    world.up(&graph).await;
    let lifecycle = world.call(Method::GET, "/r2/buckets/files/lifecycle", None);
    assert_eq!(lifecycle["rules"][0]["id"], "Default Multipart Abort Rule");
}
