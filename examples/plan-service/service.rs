//! [`Service`]: makes plans, applies them and stops them, each call in a task that the service owns.
//! Knows nothing of HTTP but the problems it answers.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use iac::state::{Backend, Keyring, StackId};
use iac::{ApplyOptions, Engine, EngineError, Event, NoReporter, PlanOptions};
use serde::Deserialize;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinSet;

use crate::access::Token;
use crate::cloud::Connector;
use crate::plans::{Planned, Plans};
use crate::problem::Problem;
use crate::program::{PROJECT, STACKS, Settings, declare};
use crate::runs::{EndsWhateverHappens, Run, Runs};

/// Plans that are made at once.
const PLANNING_MAX: usize = 4;
/// Runs that go on at once.
const RUNNING_MAX: usize = 8;
/// Requests that are worked on at once; streams of events have a number of their own.
pub(crate) const REQUESTS_MAX: usize = 64;
/// Streams of events at once.
pub(crate) const STREAMS_MAX: usize = 64;
/// How long a plan may take to make.
const PLAN_TIME_MAX: Duration = Duration::from_secs(120);
/// Who holds a stack while a plan is made.
const PLANNING: &str = "plan-service, planning";

/// Where state is kept and what opens its secrets.
pub(crate) struct Place {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) keyring: Arc<dyn Keyring>,
}

/// What a caller wants planned.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    stack: String,
    #[serde(default)]
    settings: Settings,
    /// Plan towards nothing.
    #[serde(default)]
    destroy: bool,
}

/// The service.
pub(crate) struct Service {
    place: Place,
    connect: Connector,
    pub(crate) token: Token,
    pub(crate) plans: Plans,
    pub(crate) runs: Runs,
    tasks: Mutex<JoinSet<()>>,
    /// How many tasks have not ended.
    active: Arc<watch::Sender<usize>>,
    pub(crate) requests: Semaphore,
    pub(crate) streams: Arc<Semaphore>,
    planning: Arc<Semaphore>,
    running: Arc<Semaphore>,
    stopping: AtomicBool,
    next_id: AtomicU64,
    /// Tells ids of this process from those of the one before.
    started_at: i64,
}

impl Service {
    pub(crate) fn new(place: Place, connect: Connector, token: Token) -> Arc<Self> {
        let started_at = iac::Clock::now_ms(&iac::SystemClock);
        Arc::new(Self {
            place,
            connect,
            token,
            plans: Plans::default(),
            runs: Runs::default(),
            tasks: Mutex::default(),
            active: Arc::new(watch::Sender::new(0)),
            requests: Semaphore::new(REQUESTS_MAX),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            planning: Arc::new(Semaphore::new(PLANNING_MAX)),
            running: Arc::new(Semaphore::new(RUNNING_MAX)),
            stopping: AtomicBool::new(false),
            next_id: AtomicU64::new(1),
            started_at,
        })
    }

    /// An engine for one call. Each takes the lease as a holder of its own, so that others are told which
    /// run has the stack, whether it is one of this process or not.
    pub(crate) fn engine(&self, holder: &str) -> Engine {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = if host.is_empty() { "this host" } else { host.trim() };
        Engine::builder()
            .shared_backend(Arc::clone(&self.place.backend))
            .keyring(Arc::clone(&self.place.keyring))
            .holder(holder, host)
            .build()
    }

    /// The stack of this name, if there is one.
    pub(crate) fn stack(name: &str) -> Result<StackId, Problem> {
        match STACKS.contains(&name) {
            true => Ok(StackId::new(PROJECT, name)),
            false => {
                Err(Problem::not_found(format!("there is no such stack; there are {}", STACKS.join(", "))))
            }
        }
    }

    /// Plans, and holds the plan for an apply.
    pub(crate) async fn plan(self: &Arc<Self>, wanted: Wanted) -> Result<Arc<Planned>, Problem> {
        let stack = Self::stack(&wanted.stack)?;
        if let Some(fault) = wanted.settings.fault() {
            return Err(Problem::bad_request(fault));
        }
        self.refuse_when_stopping()?;
        let permit = Arc::clone(&self.planning).try_acquire_owned();
        let permit = permit.map_err(|_| Problem::busy(format!("{PLANNING_MAX} plans are being made")))?;
        let service = Arc::clone(self);
        let planned = self.own(async move {
            let planned = tokio::time::timeout(PLAN_TIME_MAX, service.make_plan(&stack, wanted)).await;
            drop(permit);
            planned.unwrap_or_else(|_| {
                let detail = format!("no plan within {} s; the cloud is slow", PLAN_TIME_MAX.as_secs());
                Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, "too-slow", "It took too long", detail))
            })
        });
        planned.await.map_err(|error| Problem::internal(&error))?
    }

    async fn make_plan(&self, stack: &StackId, wanted: Wanted) -> Result<Arc<Planned>, Problem> {
        let hetzner = (self.connect)().map_err(|error| Problem::internal(&error))?;
        let graph = declare(hetzner, &stack.stack, &wanted.settings)
            .map_err(|error| Problem::bad_request(error.to_string()))?;
        let mut options = PlanOptions::new();
        options.destroy = wanted.destroy;
        let engine = self.engine(PLANNING);
        let plan = engine.plan(&graph, &options, true, &mut NoReporter).await?;
        let planned = Arc::new(Planned::new(self.id("plan"), stack.clone(), graph, plan));
        self.plans.add(Arc::clone(&planned));
        Ok(planned)
    }

    /// Starts to apply exactly this plan. Answers once it has begun, or why it did not.
    pub(crate) async fn apply(self: &Arc<Self>, planned: Arc<Planned>) -> Result<Arc<Run>, Problem> {
        self.refuse_when_stopping()?;
        let permit = Arc::clone(&self.running).try_acquire_owned();
        let permit = permit.map_err(|_| Problem::busy(format!("{RUNNING_MAX} runs go on")))?;
        let id = self.id("run");
        planned.claim(&id).map_err(|run| {
            let detail = format!("run {run} applies it or has applied it; plan again");
            Problem::new(StatusCode::CONFLICT, "plan-applied", "A plan is applied once", detail)
                .with("run", run.into())
        })?;
        let run = Arc::new(Run::new(id, planned.id.clone(), planned.stack.clone()));
        // Before it begins, so that it can be stopped from the first moment on.
        self.runs.add(Arc::clone(&run));
        let (begun, has_begun) = oneshot::channel();
        let (service, of_task) = (Arc::clone(self), Arc::clone(&run));
        let ended = self.own(async move {
            service.drive(&planned, &of_task, begun).await;
            drop(permit);
        });
        match has_begun.await {
            Ok(Ok(())) => Ok(run),
            Ok(Err(error)) => Err(error.into()),
            // The task ended without a word, so it panicked.
            Err(_) => Err(Problem::internal(&format!("run {} was lost: {:?}", run.id, ended.await.err()))),
        }
    }

    /// Applies, and tells through `begun` that there is something to watch, or what prevented it.
    async fn drive(&self, planned: &Planned, run: &Run, begun: oneshot::Sender<Result<(), EngineError>>) {
        let _end = EndsWhateverHappens(run);
        let mut begun = Some(begun);
        let options = ApplyOptions::new().cancel(run.cancel_handle());
        let engine = self.engine(&format!("plan-service, {}", run.id));
        let ended = {
            let mut reporter = |event: &Event| {
                run.events.push(event);
                if let Event::RunStarted { .. } = event
                    && let Some(begun) = begun.take()
                {
                    // A caller who went away needs no answer.
                    let _ = begun.send(Ok(()));
                }
            };
            engine.apply(&planned.graph, &planned.plan, options, &mut reporter).await
        };
        run.finish(&ended);
        let Some(begun) = begun else { return };
        let _ = match ended {
            // There was nothing to do.
            Ok(_) => begun.send(Ok(())),
            Err(error) => {
                self.runs.remove(&run.id);
                planned.give_back();
                begun.send(Err(error))
            }
        };
    }

    /// Stops: nothing new starts, here and in the runs that go on.
    pub(crate) fn drain(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.runs.going_on().iter().for_each(|run| run.drain());
    }

    /// Does not wait for running steps any more.
    pub(crate) fn abandon(&self) {
        self.runs.going_on().iter().for_each(|run| run.abandon());
    }

    /// Waits for all tasks.
    pub(crate) async fn finished(&self) {
        // The sender lives in this service.
        let _ = self.active.subscribe().wait_for(|active| *active == 0).await;
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    fn refuse_when_stopping(&self) -> Result<(), Problem> {
        if self.is_stopping() { Err(Problem::stopping()) } else { Ok(()) }
    }

    /// Does `work` in a task of the service: a caller who goes away does not cut it off.
    fn own<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> oneshot::Receiver<T> {
        let (answer, answered) = oneshot::channel();
        let active = Active::new(&self.active);
        let mut tasks = self.tasks();
        // Those that have ended are let go.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let _until_it_ends = active;
            // Nobody may be waiting any more.
            let _ = answer.send(work.await);
        });
        answered
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id(&self, kind: &str) -> String {
        format!("{kind}-{:x}-{}", self.started_at, self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}

/// Counts a task as long as it lives, also where it panics.
struct Active(Arc<watch::Sender<usize>>);

impl Active {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|active| *active += 1);
        Self(Arc::clone(count))
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.0.send_modify(|active| *active -= 1);
    }
}
