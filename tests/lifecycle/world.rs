//! One cloud with one state, and the short ways of driving the engine on them. Knows nothing of
//! any one behaviour.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use iac_core::state::{Backend, MemoryBackend, RawKey, ResourceRecord, SqliteBackend, StackId, TimestampMs};
use iac_core::{
    ApplyOptions, Clock, Engine, EngineError, Event, Graph, NoReporter, Outcome, Plan, PlanOptions, Snapshot,
    Stack, StackError, Step, StepError,
};
use iac_testkit::fake::{FakeCloud, Object, audit};

/// A node with the two required fields set.
macro_rules! node {
    ($image:expr) => {
        iac_testkit::fake::Node::args().size(1u32).image($image)
    };
}
pub(crate) use node;

/// What a test's program answers.
pub(crate) type Declared = Result<(), StackError>;

#[derive(Clone, Default)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn advance_s(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> TimestampMs {
        self.0.load(Ordering::SeqCst)
    }
}

pub(crate) struct World {
    pub(crate) cloud: FakeCloud,
    pub(crate) clock: TestClock,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) engine: Engine,
    /// Everything the runs reported.
    pub(crate) events: Vec<Event>,
    pub(crate) stack: String,
    dir: Option<tempfile::TempDir>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::on(Arc::new(MemoryBackend::new()), None)
    }

    pub(crate) fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let backend = SqliteBackend::open(dir.path().join("state.db")).unwrap();
        Self::on(Arc::new(backend), Some(dir))
    }

    /// The same test on both backends.
    pub(crate) fn both() -> [Self; 2] {
        [Self::new(), Self::sqlite()]
    }

    fn on(backend: Arc<dyn Backend>, dir: Option<tempfile::TempDir>) -> Self {
        let clock = TestClock::default();
        clock.advance_s(1_700_000_000);
        Self {
            cloud: FakeCloud::new(),
            engine: engine(&backend, &clock, "first"),
            clock,
            backend,
            events: Vec::new(),
            stack: "dev".into(),
            dir,
        }
    }

    /// Where the state's files are, if it has any.
    pub(crate) fn dir(&self) -> Option<&std::path::Path> {
        self.dir.as_ref().map(tempfile::TempDir::path)
    }

    /// Another process on the same state.
    pub(crate) fn other_engine(&self) -> Engine {
        engine(&self.backend, &self.clock, "second")
    }

    /// The process died: its lease runs out and another process takes over.
    pub(crate) fn restart(&mut self) {
        self.cloud.heal();
        self.clock.advance_s(31);
        self.engine = self.other_engine();
    }

    pub(crate) fn graph(&self, program: impl Fn(&Stack) -> Declared) -> Graph {
        let stack = Stack::new("philotes", &self.stack).unwrap();
        stack.provider(self.cloud.provider()).unwrap();
        program(&stack).unwrap();
        stack.freeze().unwrap()
    }

    pub(crate) fn id(&self) -> StackId {
        StackId::new("philotes", self.stack.as_str())
    }

    pub(crate) async fn try_plan(
        &mut self,
        program: impl Fn(&Stack) -> Declared,
        options: PlanOptions,
    ) -> Result<Plan, EngineError> {
        let graph = self.graph(program);
        self.engine.plan(&graph, &options, true, &mut self.events).await
    }

    pub(crate) async fn plan(&mut self, program: impl Fn(&Stack) -> Declared) -> Plan {
        self.try_plan(program, PlanOptions::new()).await.unwrap()
    }

    /// The text of the planner's refusal.
    pub(crate) async fn refusal(&mut self, program: impl Fn(&Stack) -> Declared) -> String {
        self.try_plan(program, PlanOptions::new()).await.unwrap_err().to_string()
    }

    pub(crate) async fn apply(&mut self, program: impl Fn(&Stack) -> Declared, plan: &Plan) -> Outcome {
        let graph = self.graph(program);
        self.engine.apply(&graph, plan, ApplyOptions::new(), &mut self.events).await.unwrap()
    }

    /// Plans and applies, whatever comes of it.
    pub(crate) async fn try_up(&mut self, program: impl Fn(&Stack) -> Declared) -> Outcome {
        let plan = self.plan(&program).await;
        self.apply(&program, &plan).await
    }

    /// Plans and applies; everything must agree afterwards. Answers the plan's steps.
    pub(crate) async fn up(&mut self, program: impl Fn(&Stack) -> Declared) -> Vec<String> {
        let plan = self.plan(&program).await;
        let outcome = self.apply(&program, &plan).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        self.followed(&program).await;
        self.settled(&program).await;
        steps(&plan)
    }

    /// What the engine knows after its apply is what another one reads: the plan that shows every row.
    async fn followed(&mut self, program: impl Fn(&Stack) -> Declared) {
        let graph = self.graph(program);
        let everything = PlanOptions::new().destroy();
        let mut plans = Vec::new();
        for engine in [&self.engine, &self.other_engine()] {
            let planned = engine.plan(&graph, &everything, false, &mut NoReporter).await;
            // What is protected has no such plan, for either engine.
            plans.push(planned.map_err(|error| error.to_string()));
        }
        assert_eq!(plans.first(), plans.last(), "another engine plans otherwise");
    }

    /// Cloud, state and program agree: a second plan has nothing to do.
    pub(crate) async fn settled(&mut self, program: impl Fn(&Stack) -> Declared) {
        let again = self.plan(program).await;
        assert!(!again.has_changes(), "not settled: {:?} {:?}", steps(&again), again.outputs);
        self.consistent().await;
    }

    /// Cloud and state agree, and nothing is open.
    pub(crate) async fn consistent(&self) {
        let faults = audit(&self.cloud, &self.snapshot().await, &[]);
        assert!(faults.is_empty(), "{faults:#?}");
        assert_eq!(self.open_rows().await, 0, "open journal rows");
    }

    pub(crate) async fn open_rows(&self) -> usize {
        self.backend.load(&self.id()).await.unwrap().journal.len()
    }

    pub(crate) async fn destroy(&mut self, program: impl Fn(&Stack) -> Declared) -> Vec<String> {
        let plan = self.try_plan(&program, PlanOptions::new().destroy()).await.unwrap();
        let outcome = self.apply(&program, &plan).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        steps(&plan)
    }

    pub(crate) async fn snapshot(&self) -> Snapshot {
        self.engine.snapshot(&self.id()).await.unwrap()
    }

    /// The row of the resource at `path`.
    pub(crate) async fn row(&self, path: &str) -> Arc<ResourceRecord> {
        let snapshot = self.snapshot().await;
        let row = snapshot.resources.values().find(|row| row.urn.path() == path).cloned();
        row.unwrap_or_else(|| panic!("no row at {path}"))
    }

    /// The object of the resource at `path`.
    pub(crate) async fn object(&self, path: &str) -> Object {
        let id = self.row(path).await.id.clone();
        self.cloud.object(&id).unwrap_or_else(|| panic!("{path} is recorded as {id}, which is gone"))
    }

    /// Applies and dies where a call hangs: see [`FakeCloud::hung`].
    pub(crate) async fn up_until_hung(&mut self, program: impl Fn(&Stack) -> Declared) {
        let plan = self.plan(&program).await;
        let graph = self.graph(&program);
        let cloud = self.cloud.clone();
        let applied = self.engine.apply(&graph, &plan, ApplyOptions::new(), &mut self.events);
        tokio::select! {
            biased;
            () = cloud.hung() => {}
            outcome = applied => panic!("nothing hung: {outcome:?}"),
        }
    }
}

fn engine(backend: &Arc<dyn Backend>, clock: &TestClock, name: &str) -> Engine {
    Engine::builder()
        .shared_backend(Arc::clone(backend))
        .keyring(RawKey::new("the test", [7; 32]))
        .clock(clock.clone())
        .holder(name, "test-host")
        .build()
}

/// The steps as `op path`, in the order of the plan.
pub(crate) fn steps(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| format!("{} {}", step.op.as_str(), step.urn.path())).collect()
}

/// The step of `plan` that makes `path`.
pub(crate) fn making<'a>(plan: &'a Plan, path: &str) -> &'a Step {
    let step = plan.steps.iter().find(|step| step.urn.path() == path && !step.op.deletes());
    step.unwrap_or_else(|| panic!("no step makes {path}: {:?}", steps(plan)))
}

/// The reasons of the step that makes `path`, joined.
pub(crate) fn reasons(plan: &Plan, path: &str) -> String {
    making(plan, path).reasons.join("; ")
}

/// The failures as `path: error`.
pub(crate) fn failures(outcome: &Outcome) -> Vec<String> {
    outcome.failures.iter().map(|failure| format!("{}: {}", failure.urn.path(), failure.error)).collect()
}

/// The paths of skipped steps.
pub(crate) fn skipped(outcome: &Outcome) -> Vec<&str> {
    outcome.skipped.iter().map(|(urn, _)| urn.path()).collect()
}

pub(crate) fn is_diverged(error: &StepError) -> bool {
    matches!(error, StepError::Diverged { .. })
}
