//! [`MockEngine`]: the real engine on mocked providers and state in memory.

use std::sync::Arc;

use iac_core::state::{MemoryBackend, StackId};
use iac_core::{
    ApplyOptions, Engine, EngineError, Graph, NoReporter, Outcome, Plan, PlanOptions, Provider,
    ProviderInstance, Stack, StackError,
};

use super::driver::instance;
use super::mocks::Mocks;
use super::report::Report;

/// Why a mocked run did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MockError {
    /// The program declares something that cannot be.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// There is no plan, or it could not be tried.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Steps failed.
    #[error("{} failed: {}", .0.failures.len(), failures(.0))]
    Failed(Box<Outcome>),
}

fn failures(outcome: &Outcome) -> String {
    let each = outcome.failures.iter().map(|failure| format!("{}: {}", failure.urn, failure.error));
    each.collect::<Vec<_>>().join("; ")
}

/// Makes one mocked provider instance.
type Register = Arc<dyn Fn(&Mocks) -> ProviderInstance + Send + Sync>;

/// The engine with mocked providers. State and objects stay from call to call, so that a test can
/// apply one program and then plan another.
#[must_use]
pub struct MockEngine {
    engine: Engine,
    mocks: Mocks,
    providers: Vec<Register>,
    stack: StackId,
}

impl MockEngine {
    /// An engine for the stack `test` of the project `mock`, without providers.
    pub fn new(mocks: Mocks) -> Self {
        Self {
            engine: Engine::builder().backend(MemoryBackend::new()).build(),
            mocks,
            providers: Vec::new(),
            stack: StackId::new("mock", "test"),
        }
    }

    /// Registers provider `P`, mocked, on every stack before the program runs.
    pub fn provider<P: Provider>(mut self) -> Self {
        self.providers.push(Arc::new(instance::<P>));
        self
    }

    /// Registers provider `P`, mocked, under another name: a second account.
    pub fn provider_named<P: Provider>(mut self, name: &'static str) -> Self {
        self.providers.push(Arc::new(move |mocks| instance::<P>(mocks).named(name)));
        self
    }

    /// Names project and stack, for programs that look at them.
    pub fn stack(mut self, project: &str, stack: &str) -> Self {
        self.stack = StackId::new(project, stack);
        self
    }

    /// What the mocks saw.
    pub fn mocks(&self) -> &Mocks {
        &self.mocks
    }

    /// The engine itself, for what has no method here.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The program's graph with mocked providers.
    ///
    /// # Errors
    /// [`MockError::Stack`].
    pub fn graph(&self, program: impl Fn(&Stack) -> Result<(), StackError>) -> Result<Graph, MockError> {
        let stack = Stack::new(&self.stack.project, &self.stack.stack)?;
        for provider in &self.providers {
            stack.provider_instance(provider(&self.mocks))?;
        }
        program(&stack)?;
        Ok(stack.freeze()?)
    }

    /// Plans the program.
    ///
    /// # Errors
    /// See [`MockError`].
    pub async fn plan(&self, program: impl Fn(&Stack) -> Result<(), StackError>) -> Result<Plan, MockError> {
        let graph = self.graph(program)?;
        Ok(self.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?)
    }

    /// Plans and applies the program.
    ///
    /// # Errors
    /// See [`MockError`]; a failed step is one.
    pub async fn up(&self, program: impl Fn(&Stack) -> Result<(), StackError>) -> Result<Report, MockError> {
        let graph = self.graph(program)?;
        self.apply(&graph, &PlanOptions::new()).await
    }

    /// Destroys what the program and earlier calls have made.
    ///
    /// # Errors
    /// See [`MockError`].
    pub async fn destroy(
        &self,
        program: impl Fn(&Stack) -> Result<(), StackError>,
    ) -> Result<Report, MockError> {
        let graph = self.graph(program)?;
        self.apply(&graph, &PlanOptions::new().destroy()).await
    }

    async fn apply(&self, graph: &Graph, options: &PlanOptions) -> Result<Report, MockError> {
        let plan = self.engine.plan(graph, options, true, &mut NoReporter).await?;
        let outcome = self.engine.apply(graph, &plan, ApplyOptions::new(), &mut NoReporter).await?;
        if !outcome.succeeded() {
            return Err(MockError::Failed(Box::new(outcome)));
        }
        let snapshot = self.engine.snapshot(&self.stack).await?;
        Ok(Report::new(plan, outcome, snapshot))
    }
}
