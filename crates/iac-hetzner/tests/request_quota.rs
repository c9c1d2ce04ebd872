//! The vendor's request quota: used up and never tripped, at the real limit of 3,600 an hour. Time is
//! virtual: it stands still while anything is done and jumps while everything waits.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use iac_core::state::MemoryBackend;
use iac_core::{ApplyOptions, Clock, Engine, Event, Graph, PlanOptions, Stack};
use iac_hetzner::sim::{BASE_PATH, HetznerSim, Kind, Pace, SimConfig};
use iac_hetzner::{Hetzner, PlacementGroup, Server};
use iac_http::{Transport, TransportError, WireRequest, WireResponse};
use iac_testkit::sim::{Cloud, SimRequest, SimTime};
use tokio::time::Instant;

/// 2026-01-01T00:00:00Z.
const START_MS: i64 = 1_767_225_600_000;
/// How long a request is under way, and its answer again.
const LATENCY: Duration = Duration::from_millis(40);
/// How long the vendor works on an action.
const ACTION_TIME: Duration = Duration::from_secs(3);
/// Requests in a full quota.
const REQUESTS_MAX: usize = 3600;
/// Requests that come back each second.
const REFILL_PER_S: f64 = 1.0;
/// How much longer than the shortest possible time a run may take.
const IDLE_MAX: f64 = 1.01;
/// What a run may take beyond that: the last action, and requests held back as a reserve.
const END_S: f64 = 60.0;

/// A wall clock that goes with tokio's.
#[derive(Clone, Copy)]
struct Virtual(Instant);

impl Virtual {
    fn passed(self) -> Duration {
        self.0.elapsed()
    }
}

impl Clock for Virtual {
    fn now_ms(&self) -> i64 {
        START_MS + i64::try_from(self.passed().as_millis()).unwrap()
    }
}

/// The simulated project, reached without sockets.
#[derive(Clone)]
struct Link {
    cloud: Arc<Mutex<HetznerSim>>,
    clock: Virtual,
    /// The statuses of all answers.
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Link {
    fn new() -> Self {
        let config = SimConfig::new().pace(Pace::Takes(ACTION_TIME));
        let kinds = [Kind::Server, Kind::PrimaryIp, Kind::PlacementGroup];
        let config = kinds.into_iter().fold(config, |config, kind| config.quota(kind, 20_000));
        Self {
            cloud: Arc::new(Mutex::new(HetznerSim::new(config))),
            clock: Virtual(Instant::now()),
            answers: Arc::default(),
        }
    }

    fn ask(&self, mut request: SimRequest) -> WireResponse {
        let now = SimTime::from_unix_ms(self.clock.now_ms());
        request.received_at = now;
        let response = self.cloud.lock().unwrap().handle(&request, now);
        self.answers.lock().unwrap().push(response.status.as_u16());
        WireResponse { status: response.status, headers: *response.headers, body: response.body.to_bytes() }
    }

    fn requests(&self) -> usize {
        self.answers.lock().unwrap().len()
    }

    fn refused(&self) -> usize {
        self.answers.lock().unwrap().iter().filter(|status| **status == 429).count()
    }

    /// The stack as a new process declares it.
    fn graph(&self, groups: usize, servers: usize) -> Graph {
        let (link, clock) = (self.clone(), self.clock);
        let hetzner = Hetzner::builder()
            .endpoint(format!("http://hetzner.localhost{BASE_PATH}"))
            .token(String::from("token"))
            .project("test")
            .http(move |http| {
                let time = move || -> SystemTime {
                    UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.now_ms()).unwrap())
                };
                http.transport(link).clock(time).jitter_seed(1)
            });
        let stack = Stack::new("philotes", "dev").unwrap();
        stack.provider(hetzner.build().unwrap()).unwrap();
        for number in 0..groups {
            stack.add(format!("group-{number}"), PlacementGroup::args()).unwrap();
        }
        for number in 0..servers {
            let server = Server::args().server_type("cx23").image("debian-12").location("fsn1");
            stack.add(format!("web-{number}"), server).unwrap();
        }
        stack.freeze().unwrap()
    }

    fn engine(&self, backend: &MemoryBackend) -> Engine {
        Engine::builder().backend(backend.clone()).clock(self.clock).build()
    }
}

#[async_trait]
impl Transport for Link {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        tokio::time::sleep(LATENCY).await;
        let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut asked = SimRequest::new(request.method, &format!("{}{query}", request.url.path()));
        asked.headers = request.headers;
        asked.body = request.body;
        let answer = self.ask(asked);
        tokio::time::sleep(LATENCY).await;
        Ok(answer)
    }
}

async fn up(link: &Link, engine: &Engine, graph: &Graph, parallelism: usize) -> Vec<Event> {
    let mut events = Vec::new();
    let plan = engine.plan(graph, &PlanOptions::new(), true, &mut events).await.unwrap();
    let options = ApplyOptions::new().parallelism_max(parallelism);
    let outcome = engine.apply(graph, &plan, options, &mut events).await.unwrap();
    assert!(outcome.succeeded(), "{} refused; {:?}", link.refused(), outcome.failures.first());
    events
}

/// What the requests so far need at least, in seconds.
fn shortest_s(link: &Link) -> f64 {
    link.requests().saturating_sub(REQUESTS_MAX) as f64 / REFILL_PER_S
}

#[tokio::test(start_paused = true)]
async fn thousands_of_resources_use_up_the_quota_and_never_trip_it() {
    for (parallelism, groups, servers) in [(10, 4000, 1000), (40, 4000, 0)] {
        let link = Link::new();
        let backend = MemoryBackend::new();
        let graph = link.graph(groups, servers);
        let events = up(&link, &link.engine(&backend), &graph, parallelism).await;
        let report = link.engine(&backend).refresh(&graph, &mut Vec::new()).await.unwrap();
        let resources = groups + servers;
        assert_eq!((report.resources, report.calls), (resources, resources / 50), "a page for each fifty");

        assert_eq!(link.refused(), 0);
        let (took_s, shortest_s) = (link.clock.passed().as_secs_f64(), shortest_s(&link));
        println!(
            "{parallelism} at once: {} requests, {took_s:.0} s of at least {shortest_s} s",
            link.requests()
        );
        assert!(shortest_s > 400.0, "{} requests are no test of a quota", link.requests());
        assert!(
            took_s <= shortest_s * IDLE_MAX + END_S,
            "{} requests took {took_s} s, and could have taken {shortest_s} s",
            link.requests()
        );
        // Whoever watches knows why nothing moves.
        let paused = events.iter().filter(|event| {
            matches!(event, Event::Paused { step: Some(_), provider, for_ms: 1000.., .. } if provider == "hetzner")
        });
        assert!(paused.count() > 300);
        assert!(!events.iter().any(|event| matches!(event, Event::CallRetried { .. })));
    }
}

#[tokio::test(start_paused = true)]
async fn what_fits_into_the_quota_is_not_slowed_down() {
    let link = Link::new();
    let graph = link.graph(3000, 0);
    let events = up(&link, &link.engine(&MemoryBackend::new()), &graph, 10).await;
    assert_eq!(link.refused(), 0);
    // Ten at once, each there and back.
    let shortest_s = 3000.0 / 10.0 * (LATENCY * 2).as_secs_f64();
    let took_s = link.clock.passed().as_secs_f64();
    assert!(took_s < shortest_s * 1.1 + 1.0, "{took_s} s instead of {shortest_s} s");
    assert!(!events.iter().any(|event| matches!(event, Event::Paused { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_somebody_else_used_up_is_waited_for() {
    let link = Link::new();
    for _ in 0..REQUESTS_MAX {
        let mut request = SimRequest::new(iac_testkit::sim::Method::GET, &format!("{BASE_PATH}/locations"));
        request.headers.insert("authorization", "Bearer other".parse().unwrap());
        assert_eq!(link.ask(request).status.as_u16(), 200);
    }
    let graph = link.graph(30, 0);
    let events = up(&link, &link.engine(&MemoryBackend::new()), &graph, 10).await;
    // Only the first request could not know.
    assert_eq!(link.refused(), 1);
    assert!(link.clock.passed() < Duration::from_secs(60), "{:?}", link.clock.passed());
    assert!(events.iter().any(|event| matches!(event, Event::Paused { step: Some(_), .. })));
}
