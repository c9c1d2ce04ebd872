//! [`Workload`]: a generated stack, an engine, and one measured operation.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use iac_core::state::SqliteBackend;
use iac_core::{ApplyOptions, Engine, Graph, NoReporter, Plan, PlanOptions};

use crate::Operation;
use crate::counting::{CountingBackend, Counts};
use crate::measure::{cpu_s, peak_rss_kib};
use crate::null::{Latency, NullCloud};
use crate::program;
use crate::shape::Shape;

/// What one operation took.
#[derive(Debug, Default, serde::Serialize)]
pub(crate) struct Figures {
    /// Building and freezing the graph, in seconds.
    pub(crate) declare_s: f64,
    /// Planning, in seconds; for a refresh, the refresh.
    pub(crate) plan_s: f64,
    /// Applying, in seconds.
    pub(crate) apply_s: f64,
    /// All of that, in seconds.
    pub(crate) wall_s: f64,
    /// Processor time of that, in seconds.
    pub(crate) cpu_s: Option<f64>,
    /// The most memory resident at once, in KiB.
    pub(crate) peak_rss_kib: Option<u64>,
    /// Steps planned.
    pub(crate) steps: usize,
    /// Calls to the cloud.
    pub(crate) calls: usize,
    /// Begins of steps in the journal.
    pub(crate) journal_rows: u64,
    /// Changes of rows.
    pub(crate) rows: u64,
    /// Atomic groups of changes.
    pub(crate) commits: u64,
    /// Flushes they shared.
    pub(crate) flushes: u64,
    /// What the engine expected the apply to take, in seconds, where it had a history.
    pub(crate) expected_s: Option<f64>,
    /// No apply can be faster: the longest chain of calls, or all calls spread evenly. In seconds.
    pub(crate) lower_bound_s: f64,
}

/// A generated stack, and an engine on a state file.
pub(crate) struct Workload {
    shape: Shape,
    latency: Latency,
    parallelism: usize,
    cloud: NullCloud,
    backend: Arc<SqliteBackend>,
    counts: Arc<Counts>,
    engine: Engine,
}

impl Workload {
    pub(crate) fn new(
        shape: Shape,
        latency: Latency,
        parallelism: usize,
        path: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let parallelism = parallelism.max(1);
        let backend = Arc::new(SqliteBackend::open(path)?);
        let counts = Arc::new(Counts::default());
        let counting = CountingBackend::new(Arc::clone(&backend), Arc::clone(&counts));
        let cloud = NullCloud::new(shape, latency, parallelism);
        let engine = Engine::builder().backend(counting).build();
        Ok(Self { shape, latency, parallelism, cloud, backend, counts, engine })
    }

    /// Applies the whole stack.
    pub(crate) async fn fill(&self) -> Result<(), Box<dyn Error>> {
        let graph = program::graph(&self.cloud, self.shape, None)?;
        let plan = self.plan(&graph, &PlanOptions::new()).await?;
        self.apply(&graph, &plan).await
    }

    /// Does `op` and tells what it took.
    pub(crate) async fn measure(&self, op: Operation) -> Result<Figures, Box<dyn Error>> {
        let cpu_before = cpu_s();
        let flushes_before = self.backend.flushes();
        let counts_before = self.counts.now();
        let calls_before = self.cloud.calls();
        let mut figures = Figures::default();
        let begin = Instant::now();
        let changed = (op == Operation::ChangeOne).then_some(self.shape.len() / 2);
        let graph = program::graph(&self.cloud, self.shape, changed)?;
        figures.declare_s = begin.elapsed().as_secs_f64();

        let planning = Instant::now();
        if op == Operation::Refresh {
            self.engine.refresh(&graph, &mut NoReporter).await?;
            figures.plan_s = planning.elapsed().as_secs_f64();
        } else {
            let options =
                if op == Operation::Destroy { PlanOptions::new().destroy() } else { PlanOptions::new() };
            let plan = self.plan(&graph, &options).await?;
            figures.plan_s = planning.elapsed().as_secs_f64();
            figures.steps = plan.steps.len();
            if matches!(op, Operation::Apply | Operation::ChangeOne | Operation::Destroy) {
                let expected = self.engine.expected(&graph, &plan, &self.options()).await?;
                figures.expected_s = expected.total().map(|total| total.as_secs_f64());
                let applying = Instant::now();
                self.apply(&graph, &plan).await?;
                figures.apply_s = applying.elapsed().as_secs_f64();
                figures.lower_bound_s = self.lower_bound_s(changed);
            }
        }
        figures.wall_s = begin.elapsed().as_secs_f64();
        figures.cpu_s = cpu_before.zip(cpu_s()).map(|(before, after)| after - before);
        figures.peak_rss_kib = peak_rss_kib();
        let counts = self.counts.now();
        figures.calls = self.cloud.calls() - calls_before;
        figures.journal_rows = counts.begins - counts_before.begins;
        figures.rows = counts.rows - counts_before.rows;
        figures.commits = counts.commits - counts_before.commits;
        figures.flushes = self.backend.flushes() - flushes_before;
        Ok(figures)
    }

    async fn plan(&self, graph: &Graph, options: &PlanOptions) -> Result<Plan, Box<dyn Error>> {
        Ok(self.engine.plan(graph, options, false, &mut NoReporter).await?)
    }

    async fn apply(&self, graph: &Graph, plan: &Plan) -> Result<(), Box<dyn Error>> {
        let outcome = self.engine.apply(graph, plan, self.options(), &mut NoReporter).await?;
        match outcome.failures.first() {
            None => Ok(()),
            Some(failure) => Err(format!("{}: {}", failure.urn, failure.error).into()),
        }
    }

    fn options(&self) -> ApplyOptions {
        ApplyOptions::new().parallelism_max(self.parallelism)
    }

    fn lower_bound_s(&self, changed: Option<u32>) -> f64 {
        let ms = |index| match changed {
            Some(changed) if changed != index => 0.0,
            _ => self.latency.ms(index),
        };
        let work: f64 = (0..self.shape.len()).map(ms).sum();
        self.shape.critical_path(ms).max(work / self.parallelism as f64) / 1000.0
    }
}
