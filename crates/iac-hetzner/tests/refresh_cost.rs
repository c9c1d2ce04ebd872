//! What a refresh costs on Hetzner Cloud, in requests: counted at the simulator, for accounts and
//! stacks of several sizes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

use std::time::Duration;

use iac_core::state::MemoryBackend;
use iac_core::{ApplyOptions, Engine, Graph, NoReporter, PlanOptions, RefreshReport, Stack};
use iac_hetzner::sim::{self, HetznerSim, Kind, Pace, SimConfig};
use iac_hetzner::{Hetzner, Server};
use iac_testkit::sim::{Method, SimOptions, SimServer};
use serde_json::json;

const TOKEN: &str = "a-token";
/// More than any test makes, of servers and of their addresses.
const QUOTA: u32 = 20_000;
/// Hetzner's own default for what a list shows at once is 25, its most is 50.
const PAGE: usize = 50;

struct World {
    cloud: SimServer,
    backend: MemoryBackend,
    engine: Engine,
}

impl World {
    async fn new() -> Self {
        let config = SimConfig::new().token(TOKEN).pace(Pace::Instant).without_rate_limit();
        let config = [Kind::Server, Kind::PrimaryIp].into_iter().fold(config, |c, kind| c.quota(kind, QUOTA));
        let cloud = sim::start(SimOptions::new(), config).await.unwrap();
        let backend = MemoryBackend::new();
        let engine = Engine::builder().backend(backend.clone()).build();
        Self { cloud, backend, engine }
    }

    /// Servers that no program made.
    fn foreign(&self, count: usize) {
        let plant = |cloud: &mut HetznerSim| {
            for number in 0..count {
                let body = json!({
                    "name": format!("foreign-{number}"), "server_type": "cx23", "image": "debian-12",
                    "location": "fsn1", "start_after_create": false,
                });
                let answer = cloud.call(Method::POST, "/servers", Some(&body));
                assert!(answer.status.is_success(), "{:?}", answer.body);
            }
        };
        self.cloud.with_cloud::<HetznerSim, _>(plant).unwrap().unwrap();
    }

    fn servers(&self, count: usize) -> Graph {
        let stack = Stack::new("philotes", "dev").unwrap();
        let hetzner = Hetzner::builder()
            .endpoint(format!("{}{}", self.cloud.url(), sim::BASE_PATH))
            .token(TOKEN.to_owned())
            .project("test")
            .poll_interval(Duration::from_millis(1), Duration::from_millis(5));
        stack.provider(hetzner.build().unwrap()).unwrap();
        for number in 0..count {
            let server = Server::args().server_type("cx23").image("debian-12").location("fsn1");
            stack.add(format!("web-{number}"), server).unwrap();
        }
        stack.freeze().unwrap()
    }

    async fn up(&self, graph: &Graph) {
        let plan = self.engine.plan(graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
        let options = ApplyOptions::new().parallelism_max(20);
        let outcome = self.engine.apply(graph, &plan, options, &mut NoReporter).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
    }

    /// Refreshes as a new process does; the requests it took, as method and path, in order.
    async fn refresh(&self, graph: &Graph) -> (RefreshReport, Vec<String>) {
        self.cloud.take_exchanges();
        let engine = Engine::builder().backend(self.backend.clone()).build();
        let report = engine.refresh(graph, &mut NoReporter).await.unwrap();
        let exchanges = self.cloud.take_exchanges();
        let requests = exchanges.iter().map(|one| format!("{} {}", one.method, one.path));
        // Whose account the token is for is asked once, before anything else.
        (report, requests.filter(|request| !request.contains("/locations")).collect())
    }

    async fn serial(&self, graph: &Graph) -> u64 {
        self.engine.snapshot(&graph.stack_id()).await.unwrap().serial
    }
}

fn is_list(request: &str) -> bool {
    request.split('?').next().unwrap_or_default().ends_with("/servers")
}

#[tokio::test]
async fn servers_cost_a_request_for_each_fifty() {
    for (count, pages) in [(2, 1), (PAGE, 1), (PAGE + 1, 2), (120, 3)] {
        let world = World::new().await;
        let graph = world.servers(count);
        world.up(&graph).await;
        let (report, requests) = world.refresh(&graph).await;
        assert_eq!(requests.len(), pages, "{count} servers: {requests:?}");
        assert!(requests.iter().all(|request| is_list(request)), "{requests:?}");
        assert_eq!((report.resources, report.calls, report.drift.len()), (count, pages, 0));

        // Nothing is new to the second one, so nothing of the state changes.
        let serial = world.serial(&graph).await;
        world.refresh(&graph).await;
        assert_eq!(world.serial(&graph).await, serial);
    }
}

#[tokio::test]
async fn one_server_costs_one_request() {
    let world = World::new().await;
    let graph = world.servers(1);
    world.up(&graph).await;
    world.foreign(200);
    let (report, requests) = world.refresh(&graph).await;
    assert_eq!((requests.len(), report.calls), (1, 1), "{requests:?}");
    assert!(!is_list(&requests[0]), "{requests:?}");
}

#[tokio::test]
async fn a_thousand_servers_cost_twenty_requests() {
    let world = World::new().await;
    let graph = world.servers(1000);
    world.up(&graph).await;
    let (report, requests) = world.refresh(&graph).await;
    assert_eq!((requests.len(), report.calls), (20, 20));
}

#[tokio::test]
async fn two_servers_among_five_thousand_are_read_after_one_look() {
    let world = World::new().await;
    world.foreign(5000);
    let graph = world.servers(2);
    world.up(&graph).await;
    let (report, requests) = world.refresh(&graph).await;
    let lists = requests.iter().filter(|request| is_list(request)).count();
    assert_eq!((lists, requests.len(), report.calls), (1, 3, 3), "{requests:?}");
}

#[tokio::test]
async fn a_server_that_vanished_costs_one_more_look() {
    let world = World::new().await;
    let graph = world.servers(60);
    world.up(&graph).await;
    let id: u64 = {
        let snapshot = world.engine.snapshot(&graph.stack_id()).await.unwrap();
        snapshot.resources.values().next().unwrap().id.parse().unwrap()
    };
    let vanish = |cloud: &mut HetznerSim| cloud.vanish(Kind::Server, id);
    assert!(world.cloud.with_cloud::<HetznerSim, _>(vanish).unwrap().unwrap());
    let (report, requests) = world.refresh(&graph).await;
    assert_eq!((requests.len(), report.missing, report.drift.len()), (3, 1, 1), "{requests:?}");
}
