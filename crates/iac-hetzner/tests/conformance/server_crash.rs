//! A change of a server's addresses that dies after each of its requests in turn: the next runs
//! finish it, leave no address that nobody uses, and the server runs.
use crate::lab::HetznerLab;
use iac_core::state::MemoryBackend;
use iac_core::{ApplyOptions, Engine, Graph, NoReporter, PlanOptions, Stack};
use iac_hetzner::sim::{HetznerSim, Kind};
use iac_hetzner::{PublicNet, Server};
use iac_testkit::conformance::{Bench, Lab as _};
use iac_testkit::sim::{Fault, Method};
use serde_json::{Value, json};

/// Most runs after which an interrupted one must be finished.
const ROUNDS_MAX: usize = 4;
/// More writing requests than the change has.
const WRITES_MAX: u64 = 40;

fn graph(bench: &Bench, v4: bool) -> Graph {
    let stack = Stack::new("conformance", "test").unwrap();
    stack.provider_instance(bench.provider.clone()).unwrap();
    let server = Server::args()
        .name("app")
        .server_type("cx23")
        .image("debian-12")
        .location("fsn1")
        .public_net(PublicNet::args().ipv4(v4).ipv6(!v4));
    stack.add("app", server).unwrap();
    stack.freeze().unwrap()
}

/// Whether there was anything to do, and whether it went well.
async fn run(engine: &Engine, graph: &Graph) -> (bool, bool) {
    let plan = engine.plan(graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    let outcome = engine.apply(graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
    (plan.has_changes(), outcome.succeeded())
}

/// Lets `writes` writing requests through, loses the answer of the last, and every request after it.
fn die_after(bench: &Bench, writes: u64) {
    let mut left = writes;
    bench.server.set_interceptor(Box::new(move |request, _| {
        if left == 0 {
            return Some(Fault::DropBefore);
        }
        if matches!(request.method, Method::GET) {
            return None;
        }
        left -= 1;
        (left == 0).then_some(Fault::DropAfter)
    }));
}

fn servers(bench: &Bench) -> Vec<Value> {
    let look = |cloud: &mut HetznerSim| {
        let items = cloud.inventory().into_iter().filter(|item| item.kind == Kind::Server);
        let ids: Vec<u64> = items.map(|item| item.id).collect();
        ids.into_iter().filter_map(|id| cloud.object(Kind::Server, id)).collect()
    };
    bench.server.with_cloud::<HetznerSim, _>(look).unwrap().unwrap()
}

/// Whether the change was over before it could die.
async fn survives(writes: u64) -> bool {
    let bench = HetznerLab.bench().await;
    let engine = Engine::builder().backend(MemoryBackend::new()).build();
    assert_eq!(run(&engine, &graph(&bench, true)).await, (true, true));
    die_after(&bench, writes);
    let wanted = graph(&bench, false);
    let (_, whole) = run(&engine, &wanted).await;
    bench.server.clear_interceptor();
    let mut rounds = 0;
    while run(&engine, &wanted).await.0 {
        rounds += 1;
        assert!(rounds < ROUNDS_MAX, "after {writes} writes it does not come to an end");
    }
    let all = (bench.inventory)(&bench.server);
    assert_eq!(all.len(), 2, "after {writes} writes there is {all:?}");
    let [server] = servers(&bench).try_into().unwrap();
    assert_eq!(server["status"], "running", "after {writes} writes");
    assert!(server["public_net"]["ipv4"].is_null() && server["public_net"]["ipv6"].is_object(), "{server}");
    let labels = server["labels"].as_object().unwrap();
    assert!(!labels.contains_key("iac-held") && !labels.contains_key("iac-leaving"), "{labels:?}");
    assert_eq!(json!(labels.len()), json!(4), "{labels:?}");
    whole
}

#[tokio::test]
async fn a_killed_change_of_addresses_is_finished() {
    let mut writes = 1;
    while !survives(writes).await {
        writes += 1;
        assert!(writes < WRITES_MAX);
    }
    // Labels, off, unassign, delete, make, on, labels.
    assert!(writes > 7, "it died only {writes} times");
}
