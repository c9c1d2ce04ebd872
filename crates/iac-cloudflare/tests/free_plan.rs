//! What a zone on the free plan refuses, and how that is told; and how few requests a stack takes.
#![cfg(feature = "sim")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use iac_cloudflare::sim::{self, CloudflareSim, SimConfig};
use iac_cloudflare::{Cloudflare, DnsRecord, RecordType, Setting, Zone, ZoneSetting};
use iac_core::state::MemoryBackend;
use iac_core::{
    ApplyOptions, Engine, Error, ErrorKind, Handle, NoReporter, Op, PlanOptions, Stack, StackError,
    StepError, interpolate,
};
use iac_http::RetryPolicy;
use iac_testkit::sim::{Method, SimOptions, SimServer};
use serde_json::json;

struct World {
    server: SimServer,
    engine: Engine,
}

type Program<'a> = &'a (dyn Fn(&Stack, &Handle<Zone>) -> Result<(), StackError> + Sync);

impl World {
    async fn new() -> Self {
        let server = sim::start(SimOptions::new(), SimConfig::new()).await.unwrap();
        Self { server, engine: Engine::builder().backend(MemoryBackend::new()).build() }
    }

    fn graph(&self, program: Program<'_>) -> iac_core::Graph {
        let provider = Cloudflare::builder()
            .endpoint(format!("{}{}", self.server.url(), sim::BASE_PATH))
            .token(String::from("t"))
            .account(sim::ACCOUNT_ID)
            .http(|http| http.retry(RetryPolicy::never()));
        let stack = Stack::new("shop", "dev").unwrap();
        stack.provider(provider.build().unwrap()).unwrap();
        let zone = stack.add("zone", Zone::args().name("example.com")).unwrap();
        program(&stack, &zone).unwrap();
        stack.freeze().unwrap()
    }

    /// Applies a program with a zone; the errors.
    async fn apply(&self, program: Program<'_>) -> Vec<Error> {
        let graph = self.graph(program);
        let plan = self.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
        let outcome = self.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
        let error = |error: &StepError| match error {
            StepError::Failed { error } => error.clone(),
            other => panic!("{other}"),
        };
        outcome.failures.iter().map(|failure| error(&failure.error)).collect()
    }

    /// Does something behind the stack's back; the status.
    fn call(&self, method: Method, path: &str, body: serde_json::Value) -> u16 {
        let act = |cloud: &mut CloudflareSim| {
            let zone = cloud.inventory().into_iter().find(|item| item.type_token == "cloudflare:zone");
            let path = path.replace("ZONE", &zone.unwrap().id);
            cloud.call(method, &path, Some(&body)).status.as_u16()
        };
        self.server.with_cloud(act).unwrap().unwrap()
    }
}

/// An address record of the zone.
macro_rules! record {
    ($zone:expr, $name:expr) => {
        DnsRecord::args()
            .zone($zone)
            .name(interpolate!("{}.{}", String::from($name), &$zone.name))
            .record_type(RecordType::A)
            .content("203.0.113.7")
    };
}

#[tokio::test]
async fn a_comment_has_room_for_the_marker_or_says_so() {
    let world = World::new().await;
    let fits = "x".repeat(63);
    assert!(
        world
            .apply(&|stack, zone| stack.add("a", record!(zone, "a").comment(fits.as_str())).map(drop))
            .await
            .is_empty()
    );
    let long = "x".repeat(64);
    let errors =
        world.apply(&|stack, zone| stack.add("a", record!(zone, "a").comment(long.as_str())).map(drop)).await;
    assert_eq!((errors[0].kind(), errors[0].input_field()), (ErrorKind::InvalidInput, Some("comment")));
    assert!(errors[0].way_out().unwrap().contains("of which the marker takes 37"));
}

#[tokio::test]
async fn what_needs_a_larger_plan_is_told() {
    let world = World::new().await;
    let errors =
        world.apply(&|stack, zone| stack.add("a", record!(zone, "a").tags(["team:x"])).map(drop)).await;
    assert_eq!(errors[0].api_code(), Some("9300"));
    let webp = |stack: &Stack, zone: &Handle<Zone>| {
        stack.add("webp", ZoneSetting::args().zone(zone).setting(Setting::Webp(true))).map(drop)
    };
    let errors = world.apply(&webp).await;
    assert_eq!((errors[0].kind(), errors[0].input_field()), (ErrorKind::PermissionDenied, Some("setting")));
    assert!(errors[0].way_out().unwrap().contains("plan"));
}

#[tokio::test]
async fn a_record_of_somebody_else_is_neither_taken_nor_overwritten() {
    let world = World::new().await;
    assert!(world.apply(&|_, _| Ok(())).await.is_empty());
    let theirs = json!({ "name": "a.example.com", "type": "A", "content": "203.0.113.7", "ttl": 300, "comment": "theirs" });
    assert_eq!(world.call(Method::POST, "/zones/ZONE/dns_records", theirs.clone()), 200);
    let errors = world.apply(&|stack, zone| stack.add("a", record!(zone, "a")).map(drop)).await;
    assert_eq!((errors[0].kind(), errors[0].api_code()), (ErrorKind::AlreadyExists, Some("81058")));
    // It is as it was: the same again is refused.
    assert_eq!(world.call(Method::POST, "/zones/ZONE/dns_records", theirs), 400);
}

#[tokio::test]
async fn a_full_zone_is_a_quota() {
    let world = World::new().await;
    assert!(world.apply(&|_, _| Ok(())).await.is_empty());
    for number in 0..200 {
        let record = json!({ "name": format!("n{number}"), "type": "A", "content": "203.0.113.7" });
        assert_eq!(world.call(Method::POST, "/zones/ZONE/dns_records", record), 200);
    }
    let errors = world.apply(&|stack, zone| stack.add("a", record!(zone, "a")).map(drop)).await;
    assert_eq!((errors[0].kind(), errors[0].api_code()), (ErrorKind::QuotaExceeded, Some("81045")));
}

#[tokio::test]
async fn drift_is_seen_and_put_right_and_a_refresh_lists() {
    let world = World::new().await;
    let program = |stack: &Stack, zone: &Handle<Zone>| {
        for number in 0..30 {
            stack.add(format!("n{number}"), record!(zone, format!("n{number}")).comment("ours"))?;
        }
        Ok(())
    };
    assert!(world.apply(&program).await.is_empty());
    world.server.take_exchanges();
    let graph = world.graph(&program);
    let plan = world.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    assert!(!plan.has_changes());
    // The token, the zones, and the zones again with all records of the one there is.
    let requests = world.server.take_exchanges().len();
    assert!(requests <= 5, "{requests} requests for 31 objects");

    let moved = |cloud: &mut CloudflareSim| {
        let items = cloud.inventory().into_iter();
        let record = items.filter(|item| item.name.starts_with("n7.")).map(|item| item.id).next().unwrap();
        let (zone, record) = record.split_once('/').unwrap();
        let path = format!("/zones/{zone}/dns_records/{record}");
        cloud
            .call(Method::PATCH, &path, Some(&json!({ "content": "198.51.100.1", "ttl": 120 })))
            .status
            .as_u16()
    };
    assert_eq!(world.server.with_cloud(moved).unwrap(), Some(200));
    let plan = world.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.op, step.urn.path().to_owned())).collect();
    assert_eq!(steps, [(Op::Update, "n7".to_owned())]);
    assert_eq!(plan.drift.len(), 1);
    assert!(world.apply(&program).await.is_empty());
    let plan = world.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    assert!(!plan.has_changes() && plan.drift.is_empty());
}
