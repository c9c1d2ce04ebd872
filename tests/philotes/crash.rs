//! The platform on the simulated cloud, cut off everywhere: before and after every commit of the
//! state, before every request, after its effect and before its answer. One run for each cut; each
//! time a second engine must bring cloud, state and program together again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use iac::hetzner::Hetzner;
use iac::state::{Backend, LEASE_DURATION_MAX, MemoryBackend, StackId, TimestampMs};
use iac::{ApplyOptions, Clock, Engine, Graph, NoReporter, PlanOptions, Stack};
use iac_hetzner::sim::{self, HetznerSim, Pace, SimConfig};
use iac_testkit::explore::{CutBackend, CutPoint, Durability};
use iac_testkit::sim::{Fault, SimOptions, SimServer};

use crate::platform::philotes;
use crate::settings::{Overrides, Settings};

/// Every how many cuts one is made, unless `IAC_CRASH_STRIDE` says otherwise; 1 makes all.
const STRIDE_DEFAULT: usize = 9;
/// More cuts than any of these runs has boundaries.
const CUTS_MAX: usize = 20_000;

/// A clock that stands still until the test moves it.
#[derive(Clone, Default)]
struct Still(Arc<AtomicI64>);

impl Clock for Still {
    fn now_ms(&self) -> TimestampMs {
        self.0.load(Ordering::SeqCst)
    }
}

/// One cloud with one state.
struct Site {
    cloud: SimServer,
    backend: MemoryBackend,
    clock: Still,
}

/// What is done to the platform.
#[derive(Clone, Copy)]
enum Task {
    Up { image: &'static str },
    Destroy,
}

impl Site {
    async fn new() -> Self {
        let config = SimConfig::new().pace(Pace::Polls(1)).without_rate_limit();
        let cloud = sim::start(SimOptions::new(), config).await.unwrap();
        Self { cloud, backend: MemoryBackend::new(), clock: Still::default() }
    }

    fn graph(&self, image: &str) -> Graph {
        let hetzner = Hetzner::builder()
            .endpoint(format!("{}{}", self.cloud.url(), sim::BASE_PATH))
            .token(String::from("token"))
            .project("crash")
            .poll_interval(Duration::ZERO, Duration::ZERO)
            .build()
            .unwrap();
        let mut settings = Settings::new("dev", &Overrides::default(), false).unwrap();
        settings.image = image.to_owned();
        let stack = Stack::new("philotes", "dev").unwrap();
        stack.provider(hetzner).unwrap();
        philotes(&stack, &settings).unwrap();
        stack.freeze().unwrap()
    }

    async fn run(&self, backend: Arc<dyn Backend>, task: Task) -> Result<(), String> {
        let engine = Engine::builder().shared_backend(backend).clock(self.clock.clone()).build();
        let (graph, options) = match task {
            Task::Up { image } => (self.graph(image), PlanOptions::new()),
            Task::Destroy => (self.graph("ubuntu-24.04"), PlanOptions::new().destroy()),
        };
        let plan = engine.plan(&graph, &options, true, &mut NoReporter).await.map_err(|e| e.to_string())?;
        let outcome = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await;
        let outcome = outcome.map_err(|error| error.to_string())?;
        match outcome.failures.first() {
            Some(failure) => Err(format!("{}: {}", failure.urn, failure.error)),
            None => Ok(()),
        }
    }

    /// Runs `task` and cuts it off at boundary `number`; whether that was reached.
    async fn cut(&self, task: Task, number: usize) -> bool {
        let cut = CutPoint::new(number);
        let hook = cut.clone();
        self.cloud.set_interceptor(Box::new(move |_, _| {
            // Two boundaries: nothing has happened yet; it has happened and nobody knows.
            let before = hook.dies();
            let after = hook.dies();
            match (before, after) {
                (true, _) => Some(Fault::DropBefore),
                (false, true) => Some(Fault::DropAfter),
                (false, false) => None,
            }
        }));
        let backend = CutBackend::new(self.backend.clone(), cut.clone(), Durability::Kept);
        let died = tokio::select! {
            biased;
            () = cut.reached() => true,
            finished = self.run(Arc::new(backend), task) => {
                finished.unwrap();
                false
            }
        };
        self.cloud.clear_interceptor();
        let lease_ms = i64::try_from(LEASE_DURATION_MAX.as_millis()).unwrap();
        self.clock.0.fetch_add(lease_ms + 1, Ordering::SeqCst);
        died
    }

    async fn recover(&self, task: Task) -> Result<(), String> {
        self.run(Arc::new(self.backend.clone()), task).await
    }

    /// Cloud, state and program agree: nothing twice, nothing left, nothing open.
    async fn check(&self, task: Task) -> Result<(), String> {
        let id = StackId::new("philotes", "dev");
        let state = self.backend.load(&id).await.map_err(|error| error.to_string())?;
        if !state.journal.is_empty() {
            return Err(format!("{} journal rows are open", state.journal.len()));
        }
        let inventory = self.cloud.with_cloud::<HetznerSim, _>(|cloud| cloud.inventory());
        let inventory = inventory.map_err(|error| error.to_string())?.unwrap_or_default();
        let engine = Engine::builder().backend(self.backend.clone()).clock(self.clock.clone()).build();
        match task {
            Task::Destroy if !state.resources.is_empty() => {
                Err(format!("{} rows are left", state.resources.len()))
            }
            Task::Destroy if !inventory.is_empty() => Err(format!("left in the cloud: {inventory:?}")),
            Task::Destroy => Ok(()),
            Task::Up { image } => {
                let graph = self.graph(image);
                let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await;
                let plan = plan.map_err(|error| error.to_string())?;
                if plan.has_changes() {
                    return Err(format!("the next plan has {} steps", plan.steps.len()));
                }
                // Objects with our marker label, each belonging to exactly one row.
                let mut marked: Vec<&String> =
                    inventory.iter().filter_map(|item| item.labels.get("iac-token")).collect();
                marked.sort();
                let mut rows: Vec<&String> = state
                    .resources
                    .iter()
                    .filter(|row| !row.id.contains('/'))
                    .filter(|row| !row.type_token.starts_with("random:"))
                    .map(|row| &row.token)
                    .collect();
                rows.sort();
                if marked == rows { Ok(()) } else { Err(format!("marked {marked:?}, rows {rows:?}")) }
            }
        }
    }
}

async fn explore(name: &str, before: &[Task], task: Task) {
    let stride = std::env::var("IAC_CRASH_STRIDE").ok().and_then(|text| text.parse().ok());
    let stride: usize = stride.unwrap_or(STRIDE_DEFAULT).max(1);
    let mut cuts = 0;
    for number in (0..CUTS_MAX).step_by(stride) {
        let site = Site::new().await;
        for earlier in before {
            site.recover(*earlier).await.unwrap();
        }
        let died = site.cut(task, number).await;
        let recovered = site.recover(task).await;
        let checked = match recovered {
            Ok(()) => site.check(task).await,
            Err(error) => Err(format!("the next run failed: {error}")),
        };
        if let Err(fault) = checked {
            panic!("{name}, cut {number}: {fault}\nagain: IAC_CRASH_STRIDE={} (cut {number})", number.max(1));
        }
        if !died {
            break;
        }
        cuts += 1;
    }
    println!("{name}: {cuts} cuts, every {stride} of about {}, all converged", cuts * stride);
    assert!(cuts * stride > 100, "{name} has suspiciously few boundaries: {cuts}");
}

#[tokio::test]
async fn up_from_nothing_survives_every_cut() {
    explore("up from nothing", &[], Task::Up { image: "ubuntu-24.04" }).await;
}

#[tokio::test]
async fn a_change_that_replaces_the_servers_survives_every_cut() {
    let before = [Task::Up { image: "ubuntu-24.04" }];
    explore("replacement of the servers", &before, Task::Up { image: "debian-13" }).await;
}

#[tokio::test]
async fn destroy_survives_every_cut() {
    explore("destroy", &[Task::Up { image: "ubuntu-24.04" }], Task::Destroy).await;
}
