//! What goes wrong and what the user is told: the resource, the field, the cause, the way out; the
//! state stays whole.

use std::time::Duration;

use iac::hetzner::{Hetzner, Network, Server, SshKey};
use iac::state::{EphemeralKeyring, SqliteBackend};
use iac::{Engine, NoReporter, PlanOptions, Stack};
use iac_hetzner::sim::{HetznerSim, Kind, Pace, SimConfig};
use iac_testkit::sim::{Fault, FaultMatch, FaultScript, Method};
use serde_json::json;

use crate::world::{World, description};

#[tokio::test]
async fn a_wrong_cidr_is_found_before_anything_is_sent() {
    let world = World::busy().await;
    let stack = Stack::new("philotes", "dev").unwrap();
    stack.provider(world.hetzner()).unwrap();
    stack.add("network", Network::args().ip_range("10.0.0.0/33")).unwrap();
    let error = world.plan(&stack.freeze().unwrap()).await.unwrap_err().to_string();
    assert!(
        error.contains(":network") && error.contains("`ip_range`") && error.contains("10.0.0.0/33"),
        "{error}"
    );
    assert_eq!(world.objects(), Vec::<String>::new());
}

#[tokio::test]
async fn an_unknown_server_type_names_the_field_and_the_rest_goes_on() {
    let world = World::busy().await;
    let graph = world.platform(|settings| settings.worker_type = "cx999".into());
    let plan = world.plan(&graph).await.unwrap();
    let (outcome, _) = world.apply(&graph, &plan).await;
    assert!(!outcome.succeeded());
    let failed: Vec<&str> = outcome.failures.iter().map(|failure| failure.urn.path()).collect();
    assert_eq!(failed.len(), 2, "{failed:?}");
    for failure in &outcome.failures {
        let text = failure.error.to_string();
        assert!(text.contains("server_type"), "{text}");
        assert!(failure.error.way_out().is_some(), "{text}");
    }
    // Only the two targets needed the workers.
    let mut skipped: Vec<&str> = outcome.skipped.iter().map(|(urn, _)| urn.path()).collect();
    skipped.sort_unstable();
    assert_eq!(skipped, ["target-0", "target-1"]);
    // With the mistake mended, the same state converges.
    let mended = world.platform(|_| {});
    world.up(&mended).await;
    assert!(!world.plan(&mended).await.unwrap().has_changes());
}

#[tokio::test]
async fn a_name_that_is_taken_in_the_cloud_is_reported_and_not_adopted() {
    let world = World::busy().await;
    let other = json!({ "name": "philotes-dev-network", "ip_range": "10.9.0.0/16" });
    world
        .cloud
        .with_cloud::<HetznerSim, _>(|cloud| cloud.call(Method::POST, "/networks", Some(&other)).status)
        .unwrap()
        .unwrap();
    let graph = world.platform(|_| {});
    let plan = world.plan(&graph).await.unwrap();
    let (outcome, _) = world.apply(&graph, &plan).await;
    let failure = outcome.failures.iter().find(|failure| failure.urn.path() == "network").unwrap();
    let text = failure.error.to_string();
    assert!(text.contains("uniqueness_error"), "{text}");
    let row = world.engine.snapshot(&world.stack_id()).await.unwrap();
    assert!(!row.resources.keys().any(|urn| urn.path() == "network"));
}

#[tokio::test]
async fn an_invalid_token_says_so_and_how_to_get_another() {
    let world = World::busy().await;
    let stack = Stack::new("philotes", "dev").unwrap();
    stack.provider(Hetzner::new(world.endpoint(), String::from("wrong-token")).unwrap()).unwrap();
    stack.add("network", Network::args().ip_range("10.0.0.0/16")).unwrap();
    let error = world.plan(&stack.freeze().unwrap()).await.unwrap_err().to_string();
    assert!(error.contains("401") && error.contains("to go on:") && error.contains("token"), "{error}");
    assert!(!error.contains("wrong-token"), "{error}");
}

#[tokio::test]
async fn an_exceeded_quota_names_the_limit() {
    let config = SimConfig::new().pace(Pace::Instant).without_rate_limit().quota(Kind::Server, 2);
    let world = World::new(config).await;
    let graph = world.platform(|_| {});
    let plan = world.plan(&graph).await.unwrap();
    let (outcome, _) = world.apply(&graph, &plan).await;
    let text = outcome.failures.first().unwrap().error.to_string();
    assert!(text.contains("resource_limit_exceeded"), "{text}");
    assert!(outcome.failures.first().unwrap().error.way_out().is_some());
}

#[tokio::test]
async fn an_unreachable_endpoint_names_the_host() {
    let world = World::busy().await;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let hetzner = Hetzner::builder()
        .endpoint(format!("http://{address}/v1"))
        .token(String::from("token"))
        .http(|http| http.retry(iac_http::RetryPolicy::never()))
        .build()
        .unwrap();
    let stack = Stack::new("philotes", "dev").unwrap();
    stack.provider(hetzner).unwrap();
    stack.add("key", SshKey::args().public_key("ssh-ed25519 AAAA a")).unwrap();
    let error = world.plan(&stack.freeze().unwrap()).await.unwrap_err().to_string();
    assert!(error.contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn lost_answers_leave_no_orphan_and_no_duplicate() {
    for seed in 1..=8 {
        let world = World::busy().await;
        let lost = FaultMatch::any().method(Method::POST).probability(0.3);
        let cut = FaultMatch::any().probability(0.05);
        let script = FaultScript::seeded(seed).rule(lost, Fault::DropAfter).rule(cut, Fault::DropBefore);
        world.cloud.set_faults(script);
        let graph = world.platform(|_| {});
        for _ in 0..10 {
            let Ok(plan) = world.plan(&graph).await else { continue };
            if !plan.has_changes() {
                break;
            }
            let engine = &world.engine;
            let _ = engine.apply(&graph, &plan, iac::ApplyOptions::new(), &mut NoReporter).await;
        }
        world.cloud.set_faults(FaultScript::default());
        world.up(&graph).await;
        assert!(!world.plan(&graph).await.unwrap().has_changes(), "seed {seed}");
        let mut objects = world.objects();
        let count = objects.len();
        objects.dedup();
        assert_eq!(count, objects.len(), "seed {seed}: {objects:#?}");
        assert_eq!(objects.iter().filter(|object| object.starts_with("Server")).count(), 3, "seed {seed}");
        let outcome = world.destroy(&graph).await;
        assert!(outcome.succeeded(), "seed {seed}: {:#?}", outcome.failures);
        assert_eq!(world.objects(), Vec::<String>::new(), "seed {seed}");
    }
}

#[tokio::test]
async fn a_broken_request_is_noticed_by_the_wire_check() {
    let Some(description) = description() else { return };
    let world = World::busy().await;
    let client =
        reqwest_free_post(&world, "/networks", &json!({ "name": "a", "ip_rnage": "10.0.0.0/16" })).await;
    let violations = description.check(&client, iac_hetzner::sim::BASE_PATH);
    let text = violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(text.contains("ip_rnage") || text.contains("ip_range"), "{text}");
}

/// Sends a body as it is and answers the recorded exchange.
async fn reqwest_free_post(
    world: &World,
    path: &str,
    body: &serde_json::Value,
) -> iac_testkit::sim::Exchange {
    let client = iac_http::Client::builder(world.endpoint())
        .auth(iac_http::Bearer::new(crate::world::TOKEN))
        .retry(iac_http::RetryPolicy::never())
        .build()
        .unwrap();
    let _ = client.post(path.to_owned()).json_body(body).send_empty().await;
    world.cloud.exchanges().pop().unwrap()
}

#[tokio::test]
async fn state_that_is_not_ours_or_newer_is_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    let foreign = directory.path().join("notes.txt");
    std::fs::write(&foreign, "These are notes and not a state file.\n".repeat(40)).unwrap();
    let error = SqliteBackend::open(&foreign).unwrap_err().to_string();
    assert!(error.contains("notes.txt") && error.contains("not a state file"), "{error}");
    assert!(std::fs::read_to_string(&foreign).unwrap().starts_with("These are notes"));

    let missing = directory.path().join("no/such/directory/state.sqlite");
    let error = SqliteBackend::open(&missing).unwrap_err().to_string();
    assert!(error.contains("no/such/directory"), "{error}");
}

#[tokio::test]
async fn a_lost_key_is_told_apart_from_damage() {
    let world = World::busy().await;
    let graph = world.platform(|_| {});
    world.up(&graph).await;
    let other = Engine::builder()
        .backend(SqliteBackend::open(world.state_file()).unwrap())
        .keyring(EphemeralKeyring::new())
        .build();
    let error =
        other.plan(&graph, &PlanOptions::new(), false, &mut NoReporter).await.unwrap_err().to_string();
    assert!(error.contains("key"), "{error}");
    // Nothing was changed, and the lease was given back.
    assert!(!world.plan(&graph).await.unwrap().has_changes());
}

#[tokio::test]
async fn slow_requests_end_by_their_deadline() {
    let world = World::busy().await;
    let stack = Stack::new("philotes", "dev").unwrap();
    stack.provider(world.hetzner()).unwrap();
    let args = Server::args().server_type("cx22").image("debian-12").location("nbg1");
    let options = iac::Options::new().timeout(Duration::from_millis(300));
    stack.add_with("slow", args, options).unwrap();
    let graph = stack.freeze().unwrap();
    let plan = world.plan(&graph).await.unwrap();
    let creates = FaultMatch::any().method(Method::POST);
    world.cloud.set_faults(FaultScript::default().rule(creates, Fault::HalfOpen));
    let (outcome, _) = world.apply(&graph, &plan).await;
    assert_eq!(outcome.failures.len(), 1);
    world.cloud.set_faults(FaultScript::default());
    // The next run finds out that nothing was created, and creates it.
    world.up(&graph).await;
    let servers = world.objects().into_iter().filter(|object| object.starts_with("Server")).count();
    assert_eq!(servers, 1);
}
