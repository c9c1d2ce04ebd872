//! The engine: plans and applies against a backend. The only place with effects.

mod adopt;
mod adoption;
mod budget;
mod bulk;
mod bulk_match;
mod cancel;
mod clients;
mod compare;
mod declared;
mod error;
mod execute;
mod expected;
mod health;
mod held_up;
mod history;
mod import_filter;
mod keys;
mod known;
mod prepare;
mod prepare_import;
mod prices;
mod probe;
mod rebuild;
mod recover;
mod refresh;
mod relink;
mod rename;
mod replay;
mod rollback;
mod schedule;
mod sealed;
mod session;
mod step;
mod trace;
mod transfer;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use adoption::Adoption;
pub use budget::Budget;
pub use bulk::{Ambiguous, FoundObject, ImportReport, Imported};
pub use cancel::Cancel;
pub use declared::Declared;
pub use error::EngineError;
pub use execute::{ApplyOptions, Outcome, PARALLELISM_DEFAULT, StepFailure};
pub use expected::{Expected, ExpectedStep};
pub use health::{Finding, FindingSeverity, FindingSubject, Health};
pub use history::HISTORY_RUNS_DEFAULT;
pub use import_filter::ImportFilter;
pub use keys::{KeyRotation, RotateKeys};
pub use prepare::StepError;
pub use probe::{ProbeAnswer, ProviderProbe};
pub use refresh::{RefreshOptions, RefreshReport};
pub use replay::PastEvents;
pub use rollback::Rollback;
pub use transfer::ImportOptions;

use crate::clock::{Clock, SystemClock};
use crate::event::Reporter;
use crate::graph::Graph;
use crate::plan::{Op, Plan, PlanOptions, plan_with_late_reads};
use crate::sealed::OpenedPlan;
use crate::snapshot::Snapshot;
use crate::state::{
    Backend, EphemeralKeyring, Holder, Keyring, LEASE_DURATION_MAX, RunRecord, StackId, StepRecord,
    StoreReader, TimestampMs,
};
use crate::urn::Urn;
use crate::value::Value;
use session::{Session, while_leased};

/// Plans and applies stacks, and keeps their state in a backend.
///
/// ```
/// use iac_core::random::RandomToken;
/// use iac_core::state::MemoryBackend;
/// use iac_core::{ApplyOptions, Engine, NoReporter, PlanOptions, Stack};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stack = Stack::new("philotes", "dev")?;
/// let token = stack.add("token", RandomToken::args().bytes(16u32))?;
/// stack.export("token", &token.hex)?;
/// let graph = stack.freeze()?;
///
/// let engine = Engine::builder().backend(MemoryBackend::new()).build();
/// let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
/// let outcome = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await?;
/// assert!(outcome.succeeded());
/// let again = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
/// assert!(!again.has_changes());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Engine {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) keyring: Option<Arc<dyn Keyring>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) holder: Holder,
    pub(crate) busy: session::Busy,
    pub(crate) kept: session::Kept,
    pub(crate) lease: Duration,
    pub(crate) lease_wait: Duration,
    pub(crate) history_runs_max: u64,
}

/// Builds an [`Engine`].
#[must_use]
pub struct EngineBuilder<B = ()> {
    backend: B,
    keyring: Option<Arc<dyn Keyring>>,
    clock: Arc<dyn Clock>,
    name: String,
    host: String,
    lease: Duration,
    lease_wait: Duration,
    history_runs_max: u64,
}

impl Engine {
    /// Starts an engine; a backend is required.
    pub fn builder() -> EngineBuilder {
        EngineBuilder {
            backend: (),
            keyring: None,
            clock: Arc::new(SystemClock),
            name: "iac".into(),
            host: "this host".into(),
            lease: LEASE_DURATION_DEFAULT,
            lease_wait: Duration::ZERO,
            history_runs_max: HISTORY_RUNS_DEFAULT,
        }
    }
}

impl<B> EngineBuilder<B> {
    /// Where state is kept.
    pub fn backend(self, backend: impl Backend + 'static) -> EngineBuilder<Arc<dyn Backend>> {
        self.shared_backend(Arc::new(backend))
    }

    /// Where state is kept, shared with others.
    pub fn shared_backend(self, backend: Arc<dyn Backend>) -> EngineBuilder<Arc<dyn Backend>> {
        EngineBuilder {
            backend,
            keyring: self.keyring,
            clock: self.clock,
            name: self.name,
            host: self.host,
            lease: self.lease,
            lease_wait: self.lease_wait,
            history_runs_max: self.history_runs_max,
        }
    }

    /// What wraps the data keys of stacks. Without one, a stack with secrets cannot be stored in
    /// a durable backend.
    pub fn keyring(mut self, keyring: impl Keyring + 'static) -> Self {
        self.keyring = Some(Arc::new(keyring));
        self
    }

    /// The wall clock; the system's by default.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Who runs it, for others who find the stack in use: a user or program, and a host.
    pub fn holder(mut self, name: impl Into<String>, host: impl Into<String>) -> Self {
        self.name = name.into();
        self.host = host.into();
        self
    }
}

impl<B> EngineBuilder<B> {
    /// How long the lease on a stack lasts without a renewal: what others wait when this process
    /// dies. 10 s by default, between 100 ms and 30 s.
    pub fn lease(mut self, duration: Duration) -> Self {
        self.lease = duration.clamp(LEASE_DURATION_MIN, LEASE_DURATION_MAX);
        self
    }

    /// How long to wait for a stack that somebody else is working on; not at all by default.
    pub fn lease_wait(mut self, duration: Duration) -> Self {
        self.lease_wait = duration;
        self
    }

    /// How many runs of each stack the history keeps; [`HISTORY_RUNS_DEFAULT`] by default, at least 1. When a run begins,
    /// older ones are dropped: they can no longer be shown or rolled back to.
    pub fn history_runs_max(mut self, runs: u64) -> Self {
        self.history_runs_max = runs.max(1);
        self
    }
}

impl EngineBuilder<Arc<dyn Backend>> {
    /// The engine.
    ///
    /// # Panics
    /// When the operating system has no random source.
    pub fn build(self) -> Engine {
        let keyring = self.keyring.or_else(|| (!self.backend.is_durable()).then(process_keyring));
        let holder = Holder {
            id: crate::hash::random_token(),
            name: self.name,
            host: self.host,
            pid: std::process::id(),
        };
        Engine {
            backend: self.backend,
            keyring,
            clock: self.clock,
            holder,
            busy: session::Busy::default(),
            kept: session::Kept::default(),
            lease: self.lease,
            lease_wait: self.lease_wait,
            history_runs_max: self.history_runs_max,
        }
    }
}

/// How long a lease lasts without a renewal, unless the builder says otherwise.
const LEASE_DURATION_DEFAULT: Duration = Duration::from_secs(10);
/// A shorter lease would be lost to a busy disk.
const LEASE_DURATION_MIN: Duration = Duration::from_millis(100);

/// The keyring of state that ends with the process: one for all engines, so that a second engine
/// on the same memory can read what the first one wrote.
fn process_keyring() -> Arc<dyn Keyring> {
    static KEYRING: OnceLock<Arc<EphemeralKeyring>> = OnceLock::new();
    Arc::clone(KEYRING.get_or_init(|| Arc::new(EphemeralKeyring::new()))) as Arc<dyn Keyring>
}

/// Most rounds of reading data that other data depends on: the depth of the longest chain.
const READ_ROUNDS_MAX: usize = 16;

impl Engine {
    /// Plans: resolves what an earlier run left open, compares the state with the cloud if
    /// `refresh`, reads data, and finds the steps.
    ///
    /// # Errors
    /// See [`EngineError`]. Nothing is changed in the cloud.
    pub async fn plan(
        &self,
        graph: &Graph,
        options: &PlanOptions,
        refresh: bool,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<Plan, EngineError> {
        let mut session = Session::open(self, graph.stack_id(), reporter).await?;
        let heartbeat = session.heartbeat();
        let planned = async {
            session.read_accounts(graph).await?;
            session.recover(graph, reporter).await?;
            if refresh {
                // A plan that only refreshes is about the resources it names, any other about all:
                // what stays as it is must be known, too.
                let all = PlanOptions::new();
                let scope = if options.refresh_only { options } else { &all };
                session.refresh(graph, scope, reporter).await?;
            } else {
                session.read_unread(graph, reporter).await?;
            }
            let mut plan = session.plan(graph, options).await?;
            if refresh {
                plan.compared();
            }
            Ok(plan)
        };
        let planned = while_leased(heartbeat, planned).await;
        session.close_and_keep(planned).await
    }

    /// Does what `plan` says, and nothing stronger.
    ///
    /// A failing step skips what depends on it and the rest goes on; the outcome has every error.
    ///
    /// # Errors
    /// [`EngineError`] when nothing was tried: a stale plan, a lease somebody else holds.
    pub async fn apply(
        &self,
        graph: &Graph,
        plan: &Plan,
        options: ApplyOptions,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<Outcome, EngineError> {
        self.apply_held(graph, plan, None, options, reporter).await
    }

    /// Applies `plan` if it holds; `opened` is where it came from, if that was a file.
    async fn apply_held(
        &self,
        graph: &Graph,
        plan: &Plan,
        opened: Option<&OpenedPlan>,
        options: ApplyOptions,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<Outcome, EngineError> {
        let mut session = Session::open(self, graph.stack_id(), reporter).await?;
        let heartbeat = session.heartbeat();
        let applied = async {
            session.read_accounts(graph).await?;
            session.hold_to_accounts(plan, opened)?;
            session.recover(graph, reporter).await?;
            session.hold_to_state(plan, opened).await?;
            session.read_stack_outputs(graph).await?;
            session.snapshot.reads = plan.reads.as_ref().clone();
            if let Some(opened) = opened {
                session.hold_to_replan(graph, opened).await?;
            }
            session.apply(graph, plan, options, reporter).await
        };
        let applied = while_leased(heartbeat, applied).await;
        if session.is_followed { session.close_and_keep(applied).await } else { session.close(applied).await }
    }

    /// The state of a stack, without a lease: it may change at any moment.
    ///
    /// # Errors
    /// Unreadable state, a wrong key.
    pub async fn snapshot(&self, stack: &StackId) -> Result<Snapshot, EngineError> {
        let (_, state) = self.reader().load(stack).await?;
        Ok(Snapshot::from_state(state))
    }

    /// The exported outputs of a stack.
    ///
    /// # Errors
    /// Unreadable state, a wrong key.
    pub async fn outputs(&self, stack: &StackId) -> Result<BTreeMap<String, Value>, EngineError> {
        let exports = self.reader().exports(stack).await?;
        Ok(exports.into_iter().map(|export| (export.name, export.value)).collect())
    }

    /// The newest runs of a stack first, at most `limit`.
    ///
    /// # Errors
    /// Unreadable state.
    pub async fn runs(&self, stack: &StackId, limit: u32) -> Result<Vec<RunRecord>, EngineError> {
        Ok(self.backend.runs(stack, limit).await?)
    }

    /// The steps of one run.
    ///
    /// # Errors
    /// Unreadable state, a wrong key.
    pub async fn steps(&self, stack: &StackId, run: u64) -> Result<Vec<StepRecord>, EngineError> {
        Ok(self.reader().steps(stack, run).await?)
    }

    /// The stacks that the backend knows.
    ///
    /// # Errors
    /// Unreadable state.
    pub async fn stacks(&self) -> Result<Vec<StackId>, EngineError> {
        Ok(self.backend.stacks().await?)
    }

    /// The time on the engine's clock: what the ages of facts are told against.
    pub fn now_ms(&self) -> TimestampMs {
        self.clock.now_ms()
    }

    pub(crate) fn reader(&self) -> StoreReader {
        StoreReader::new(Arc::clone(&self.backend), self.keyring.clone())
    }
}

impl Session<'_> {
    /// Plans, reading data whose query is known until nothing more can be read.
    async fn plan(&mut self, graph: &Graph, options: &PlanOptions) -> Result<Plan, EngineError> {
        self.read_stack_outputs(graph).await?;
        if !options.destroy && !options.refresh_only {
            self.read_imports(graph).await?;
        }
        for _ in 0..=READ_ROUNDS_MAX {
            let (mut planned, late) = plan_with_late_reads(graph, &self.snapshot, options)?;
            let changed = changed_urns(&planned);
            let reads: Vec<_> = planned
                .steps
                .iter()
                .filter(|step| step.op == Op::Read && !step.inputs.has_unknown())
                .filter(|step| !waits(graph, &changed, &step.urn))
                .filter(|step| !late.contains(&step.urn) && self.clients.contains_key(&step.provider))
                .map(|step| (step.urn.clone(), step.inputs.clone()))
                .collect();
            if reads.is_empty() {
                planned.recovered = std::mem::take(&mut self.recovered);
                return Ok(planned);
            }
            for (urn, query) in reads {
                let data = self.read_data(graph, &urn, &query).await?;
                self.snapshot.reads.insert(urn, data);
            }
        }
        Err(EngineError::TooManyReads { rounds: READ_ROUNDS_MAX })
    }
}

/// Whether a read shall see what this plan makes of the resources it names with `depends_on`.
fn waits(graph: &Graph, changed: &HashSet<Urn>, urn: &Urn) -> bool {
    let node = graph.by_urn.get(urn).map(|index| graph.node(*index));
    let named = node.into_iter().flat_map(|node| &node.options.depends_on);
    named.into_iter().any(|on| changed.contains(on.urn()))
}

/// What a plan changes in the cloud or reads; nothing if it reads no data, where nobody asks.
fn changed_urns(plan: &Plan) -> HashSet<Urn> {
    if plan.steps.iter().all(|step| step.op != Op::Read) {
        return HashSet::new();
    }
    plan.steps
        .iter()
        .filter(|step| !matches!(step.op, Op::Record | Op::Hook | Op::Import))
        .map(|step| step.urn.clone())
        .collect()
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({})", self.backend.location())
    }
}
