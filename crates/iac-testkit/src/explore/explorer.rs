//! [`Explorer`]: one run for each place to cut, and the check after each. Knows nothing of how the
//! engine works.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use iac_core::state::{Backend, LEASE_DURATION_MAX, MemoryBackend, StackId, TimestampMs};
use iac_core::{ApplyOptions, Clock, Engine, EngineError, NoReporter, PlanOptions, Stack, StackError};

use super::backend::{CutBackend, CutPoint, Durability};
use crate::fake::{FakeCloud, Verdict, audit};

type Program = Arc<dyn Fn(&Stack) -> Result<(), StackError> + Send + Sync>;

/// Steps at once during an exploration: more than one, so that cuts fall between concurrent steps.
const PARALLELISM: usize = 4;
/// Most cuts of one exploration.
const CUTS_MAX: usize = 10_000;

/// A place where the engine was cut off and did not recover.
#[derive(Debug, thiserror::Error)]
#[error("cut {cut} of program {program}: {}", .faults.join("; "))]
#[non_exhaustive]
pub struct ExploreError {
    /// The program that was being applied, from 0.
    pub program: usize,
    /// The number of the cut, from 0; `None` when the run without a cut failed already.
    pub cut: Cut,
    /// What was wrong afterwards.
    pub faults: Vec<String>,
}

/// The number of a cut, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut(pub Option<usize>);

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("none"),
        }
    }
}

/// What an exploration did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explored {
    /// How many cuts were made and recovered from.
    pub cuts: usize,
}

/// Explores the way from each program to the next, starting from nothing.
#[must_use]
pub struct Explorer {
    programs: Vec<Program>,
    durability: Durability,
}

impl Default for Explorer {
    fn default() -> Self {
        Self::new()
    }
}

impl Explorer {
    /// No programs yet.
    pub fn new() -> Self {
        Self { programs: Vec::new(), durability: Durability::Kept }
    }

    /// Adds a program. The provider of the fake cloud is registered already.
    pub fn program(
        mut self,
        program: impl Fn(&Stack) -> Result<(), StackError> + Send + Sync + 'static,
    ) -> Self {
        self.programs.push(Arc::new(program));
        self
    }

    /// What the state's answers are worth while a run is cut.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Cuts everywhere.
    ///
    /// # Errors
    /// [`ExploreError`] at the first cut after which things did not come together again.
    pub async fn explore(self) -> Result<Explored, ExploreError> {
        let mut cuts = 0;
        for program in 0..self.programs.len() {
            for number in 0..CUTS_MAX {
                let failed = |faults| ExploreError { program, cut: Cut(Some(number)), faults };
                if !self.cut(program, number).await.map_err(failed)? {
                    break;
                }
                cuts += 1;
            }
        }
        Ok(Explored { cuts })
    }

    /// Applies the programs before `at` whole and program `at` with a cut, then recovers. Answers
    /// whether the cut was reached.
    async fn cut(&self, at: usize, number: usize) -> Result<bool, Vec<String>> {
        let site = Site::new();
        let (before, rest) = self.programs.split_at(at);
        let Some(program) = rest.first() else { return Ok(false) };
        for earlier in before {
            site.apply(Arc::new(site.backend.clone()), earlier).await?;
        }
        let cut = CutPoint::new(number);
        let hook = cut.clone();
        site.cloud.set_hook(Box::new(move |_, _| if hook.dies() { Verdict::Hang } else { Verdict::Go }));
        let backend = CutBackend::new(site.backend.clone(), cut.clone(), self.durability);
        let died = tokio::select! {
            biased;
            () = cut.reached() => true,
            applied = site.apply(Arc::new(backend), program) => {
                applied?;
                false
            }
        };
        site.cloud.heal();
        site.clock.pass_lease();
        site.apply(Arc::new(site.backend.clone()), program).await?;
        site.check(program).await?;
        Ok(died)
    }
}

/// One cloud with one state.
struct Site {
    cloud: FakeCloud,
    backend: MemoryBackend,
    clock: SiteClock,
}

#[derive(Clone)]
struct SiteClock(Arc<AtomicI64>);

impl SiteClock {
    /// The dead engine's lease runs out.
    fn pass_lease(&self) {
        let lease_ms = i64::try_from(LEASE_DURATION_MAX.as_millis()).expect("a lease is seconds long");
        self.0.fetch_add(lease_ms + 1, Ordering::SeqCst);
    }
}

impl Clock for SiteClock {
    fn now_ms(&self) -> TimestampMs {
        self.0.load(Ordering::SeqCst)
    }
}

impl Site {
    fn new() -> Self {
        Self {
            cloud: FakeCloud::new(),
            backend: MemoryBackend::new(),
            clock: SiteClock(Arc::new(AtomicI64::new(0))),
        }
    }

    fn engine(&self, backend: Arc<dyn Backend>) -> Engine {
        Engine::builder().shared_backend(backend).clock(self.clock.clone()).build()
    }

    async fn apply(&self, backend: Arc<dyn Backend>, program: &Program) -> Result<(), Vec<String>> {
        let graph = self.graph(program)?;
        let engine = self.engine(backend);
        let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.map_err(text)?;
        let options = ApplyOptions::new().parallelism_max(PARALLELISM);
        let outcome = engine.apply(&graph, &plan, options, &mut NoReporter).await.map_err(text)?;
        let failures = outcome.failures.iter();
        let faults: Vec<String> =
            failures.map(|failure| format!("{}: {}", failure.urn, failure.error)).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn graph(&self, program: &Program) -> Result<iac_core::Graph, Vec<String>> {
        let declare = || {
            let stack = Stack::new("explore", "crash")?;
            stack.provider(self.cloud.provider())?;
            program(&stack)?;
            stack.freeze()
        };
        declare().map_err(|error: StackError| vec![error.to_string()])
    }

    /// Cloud, state and program must agree, and nothing may be left open.
    async fn check(&self, program: &Program) -> Result<(), Vec<String>> {
        let graph = self.graph(program)?;
        let engine = self.engine(Arc::new(self.backend.clone()));
        let id = StackId::new(graph.project(), graph.stack());
        let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.map_err(text)?;
        let snapshot = engine.snapshot(&id).await.map_err(text)?;
        let mut faults = audit(&self.cloud, &snapshot, &[]);
        if plan.has_changes() {
            faults.push(format!("the next plan still has {} steps", plan.steps.len()));
        }
        if !snapshot.pending_deletes.is_empty() {
            faults.push("old halves of replacements are still there".to_owned());
        }
        let state = self.backend.load(&id).await.map_err(|error| vec![error.to_string()])?;
        if !state.journal.is_empty() {
            faults.push(format!("{} journal rows are still open", state.journal.len()));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn text(error: EngineError) -> Vec<String> {
    vec![error.to_string()]
}
