//! One run: a fork of the clouds and the state, a process that something befalls, and the next one,
//! which must bring everything together. Owns the virtual time of the run. Knows nothing of other
//! runs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use iac_core::state::{Backend, LEASE_DURATION_MAX, MemoryBackend, StackId, TimestampMs};
use iac_core::{ApplyOptions, Clock, Engine, EngineError, Graph, NoReporter, PlanOptions, Stack, StackError};

use super::backend::{CutBackend, Durability};
use super::boundary::Boundary;
use super::check::{self, Key};
use super::clock::VirtualClock;
use super::cut::CutPoint;
use super::link::LISTS_BEHIND;
use super::options::{Explore, Program};
use super::schedule::Schedule;
use super::wire::{RequestNote, Wire};
use super::world::{Item, Site};

/// How long a process waits for the lease of a dead one.
const LEASE_WAIT: Duration = LEASE_DURATION_MAX.saturating_mul(2);
/// Virtual time after which a run is taken to hang.
const RUN_TIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What a process is to reach.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) program: Program,
    pub(super) destroy: bool,
}

/// What a run begins with.
#[derive(Clone)]
pub(super) struct Start {
    /// Empty for clouds that begin with the run.
    pub(super) sites: Vec<Arc<dyn Site>>,
    pub(super) backend: MemoryBackend,
    pub(super) now_ms: Option<TimestampMs>,
}

/// What came of a run.
pub(super) struct Ran {
    /// What each process passed before it ended or died: the first, the next, and one more where
    /// that one died too.
    pub(super) processes: Vec<Vec<Boundary>>,
    /// The requests of the first process.
    pub(super) requests: Vec<RequestNote>,
    /// Whether the first process died.
    pub(super) died: bool,
    /// Whether the last process stopped and asked, where that is allowed.
    pub(super) stopped: bool,
    /// How many objects were created.
    pub(super) created: usize,
    /// What is wrong afterwards.
    pub(super) faults: Vec<String>,
    /// What a later run can begin with; only of a run that nothing befell.
    pub(super) end: Option<Start>,
}

/// Makes one run, in a runtime of its own whose time stands still while anything is done and jumps
/// while everything waits.
pub(super) fn run(options: &Explore, start: &Start, target: &Target, schedule: Schedule) -> Ran {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without IO can always be built");
    runtime.block_on(async {
        let lab = Lab::new(options, start, target);
        lab.run(schedule).await
    })
}

struct Lab<'a> {
    options: &'a Explore,
    target: &'a Target,
    clock: VirtualClock,
    wire: Wire,
    sites: Vec<Arc<dyn Site>>,
    backend: MemoryBackend,
    retained: BTreeSet<Key>,
}

/// How a process ended.
enum Ended {
    Died,
    Done(Result<(), Failed>),
}

/// Why a process did not reach its target.
struct Failed {
    faults: Vec<String>,
    /// It stopped because it could not tell whether an object is its own.
    uncertain: bool,
}

impl From<Vec<String>> for Failed {
    fn from(faults: Vec<String>) -> Self {
        Self { faults, uncertain: false }
    }
}

impl From<EngineError> for Failed {
    fn from(error: EngineError) -> Self {
        Self { uncertain: matches!(error, EngineError::Uncertain { .. }), faults: vec![error.to_string()] }
    }
}

impl Ran {
    /// What process number `number` passed.
    pub(super) fn process(&self, number: usize) -> &[Boundary] {
        self.processes.get(number).map_or(&[], Vec::as_slice)
    }
}

impl<'a> Lab<'a> {
    fn new(options: &'a Explore, start: &Start, target: &'a Target) -> Self {
        let clock = VirtualClock::starting_at(start.now_ms);
        let wire = Wire::new(clock, options.seed);
        let sites = if start.sites.is_empty() {
            options.worlds.iter().map(|world| world.start(&wire)).collect()
        } else {
            start.sites.iter().map(|site| site.fork(&wire)).collect()
        };
        let backend = start.backend.fork();
        Self { options, target, clock, wire, sites, backend, retained: BTreeSet::new() }
    }

    async fn run(mut self, schedule: Schedule) -> Ran {
        let (cut_at, trouble) = match schedule {
            Schedule::Plain => (usize::MAX, None),
            Schedule::Cut(at) | Schedule::CutTwice(at, _) => (at, None),
            Schedule::Trouble(trouble, request) => (usize::MAX, Some((request, trouble))),
        };
        let mut faults = match self.state().await {
            Ok(state) => {
                self.retained = check::retained(&state);
                Vec::new()
            }
            Err(faults) => faults,
        };
        let cut = CutPoint::new(cut_at);
        self.wire.begin_process(cut.clone(), trouble);
        let first = self.process(&cut, self.options.durability).await;
        let requests = self.wire.requests();
        let died = matches!(first, Ended::Died);
        let mut processes = vec![cut.boundaries()];
        let mut stopped = false;
        match (first, schedule) {
            (Ended::Done(Err(failed)), Schedule::Plain) => faults.extend(failed.faults),
            (Ended::Done(Ok(())), Schedule::Plain) => {}
            // A process that lives may fail where something went wrong; the next one may not.
            _ => match self.recover(schedule, &mut processes).await {
                Ok(()) => {}
                Err(failed) if failed.uncertain && self.options.uncertain_may_stop => stopped = true,
                Err(failed) => {
                    faults.extend(failed.faults.into_iter().map(|fault| format!("the next run: {fault}")));
                }
            },
        }
        if faults.is_empty() && !stopped {
            faults = self.check().await;
        }
        let created = self.sites.iter().map(|site| site.created().len()).sum();
        let now_ms = Some(self.clock.now_ms());
        let end =
            (schedule == Schedule::Plain).then(|| Start { sites: self.sites, backend: self.backend, now_ms });
        Ran { processes, requests, died, stopped, created, faults, end }
    }

    /// The next process, and one more if that one dies too.
    async fn recover(&self, schedule: Schedule, processes: &mut Vec<Vec<Boundary>>) -> Result<(), Failed> {
        let cut = CutPoint::new(match schedule {
            Schedule::CutTwice(_, second) => second,
            _ => usize::MAX,
        });
        self.wire.begin_process(cut.clone(), None);
        let ended = self.process(&cut, Durability::Kept).await;
        processes.push(cut.boundaries());
        if let Ended::Done(result) = ended {
            return result;
        }
        let last = CutPoint::new(usize::MAX);
        self.wire.begin_process(last.clone(), None);
        let ended = self.process(&last, Durability::Kept).await;
        processes.push(last.boundaries());
        match ended {
            Ended::Done(result) => result,
            Ended::Died => Err(vec!["it died without a cut".to_owned()].into()),
        }
    }

    /// One process from its start to its end or its death.
    async fn process(&self, cut: &CutPoint, durability: Durability) -> Ended {
        let wire = self.wire.clone();
        let backend = CutBackend::new(self.backend.clone(), cut.clone(), durability)
            .flush_time(move || wire.flush_time());
        tokio::select! {
            biased;
            () = cut.reached() => Ended::Died,
            done = self.apply(Arc::new(backend)) => Ended::Done(done),
            () = tokio::time::sleep(RUN_TIME_MAX) => {
                let hours = RUN_TIME_MAX.as_secs() / 3600;
                Ended::Done(Err(vec![format!("it did not end within {hours} h of its time")].into()))
            }
        }
    }

    async fn apply(&self, backend: Arc<dyn Backend>) -> Result<(), Failed> {
        let graph = self.graph()?;
        let engine = self.engine(backend);
        let options = if self.target.destroy { PlanOptions::new().destroy() } else { PlanOptions::new() };
        let plan = engine.plan(&graph, &options, true, &mut NoReporter).await?;
        let options = match self.options.parallelism_max {
            Some(steps) => ApplyOptions::new().parallelism_max(steps),
            None => ApplyOptions::new(),
        };
        let outcome = engine.apply(&graph, &plan, options, &mut NoReporter).await?;
        let failures = outcome.failures.iter();
        let faults: Vec<String> = failures
            .map(|failure| format!("{} {}: {}", failure.op.as_str(), failure.urn, failure.error))
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
    }

    fn engine(&self, backend: Arc<dyn Backend>) -> Engine {
        Engine::builder().shared_backend(backend).clock(self.clock).lease_wait(LEASE_WAIT).build()
    }

    /// The program as a new process declares it, with new clients.
    fn graph(&self) -> Result<Graph, Vec<String>> {
        let mut instances = Vec::new();
        for site in &self.sites {
            let made = site.providers();
            instances.extend(made.map_err(|error| vec![format!("a client cannot be built: {error}")])?);
        }
        let declare = || {
            let stack = Stack::new(&self.options.project, &self.options.stack)?;
            for instance in instances {
                stack.provider_instance(instance)?;
            }
            (self.target.program)(&stack)?;
            stack.freeze()
        };
        declare().map_err(|error: StackError| vec![format!("the program: {error}")])
    }

    async fn state(&self) -> Result<iac_core::state::StateRecord<iac_core::state::Sealed>, Vec<String>> {
        let id = StackId::new(&self.options.project, &self.options.stack);
        self.backend.load(&id).await.map_err(|error| vec![error.to_string()])
    }

    /// Everything that does not agree.
    async fn check(&self) -> Vec<String> {
        let inventory: Vec<Item> = self.sites.iter().flat_map(|site| site.inventory()).collect();
        let created: Vec<Item> = self.sites.iter().flat_map(|site| site.created()).collect();
        let mut faults = match self.state().await {
            Ok(state) => {
                let mut faults = check::agree(&state, &inventory, &created, &self.retained);
                if self.target.destroy {
                    faults.extend(check::nothing_left(&state));
                }
                faults
            }
            Err(faults) => return faults,
        };
        if !self.target.destroy {
            // A listing that is still behind shows what was, which is no fault of the run.
            tokio::time::sleep(LISTS_BEHIND).await;
            self.wire.begin_process(CutPoint::new(usize::MAX), None);
            faults.extend(match self.next_plan().await {
                Ok(faults) | Err(faults) => faults,
            });
        }
        faults
    }

    async fn next_plan(&self) -> Result<Vec<String>, Vec<String>> {
        let graph = self.graph()?;
        let engine = self.engine(Arc::new(self.backend.clone()));
        let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await;
        let plan = plan.map_err(|error| vec![format!("the next plan: {error}")])?;
        Ok(check::nothing_to_do(&plan))
    }
}
