//! [`Expected`]: how long a plan will take, by playing its apply through with expected durations. Pure
//! but for the reading of the state. Knows nothing of what steps do.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use serde::Serialize;

use super::error::EngineError;
use super::schedule::Scheduler;
use super::{ApplyOptions, Engine};
use crate::duration::{Durations, Estimate, Origin};
use crate::graph::Graph;
use crate::plan::{Op, Plan, StepIndex};
use crate::state::StateError;
use crate::urn::Urn;

/// A prediction is told only if at least one part in so many of the work in it was measured.
const MEASURED_PARTS: u64 = 2;

/// How long a plan is expected to take, and each of its steps. It is a guess about the future made
/// from the past: of the vendor's request quotas and of a busy machine it knows only what earlier runs
/// met.
///
/// ```
/// use iac_core::duration::{Durations, Origin};
/// use iac_core::random::RandomToken;
/// use iac_core::{Expected, PARALLELISM_DEFAULT, PlanOptions, Snapshot, Stack, StackError, plan};
///
/// let stack = Stack::new("philotes", "dev")?;
/// stack.add("token", RandomToken::args().bytes(16u32))?;
/// let graph = stack.freeze()?;
/// let plan = plan(&graph, &Snapshot::default(), &PlanOptions::new()).unwrap();
///
/// let expected = Expected::of(&graph, &plan, &Durations::default(), PARALLELISM_DEFAULT);
/// // Nothing of this was ever done, so nothing is foretold.
/// assert_eq!(expected.total(), None);
/// assert_eq!(expected.steps[0].origin, Origin::Declared);
/// # Ok::<(), StackError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use]
pub struct Expected {
    /// How long the apply will take, in milliseconds; `None` where there is nothing to do, or where
    /// most of the work is of a kind that no run has done.
    pub total_ms: Option<u64>,
    /// From how many earlier runs the best known of its steps is known.
    pub runs: usize,
    /// Steps whose duration is no measurement: what a type says of itself, or a guess.
    pub guessed: usize,
    /// Each step, in the order of the plan.
    pub steps: Vec<ExpectedStep>,
}

/// When a step is expected to begin and how long it will take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExpectedStep {
    /// The step.
    pub step: StepIndex,
    /// The resource.
    pub urn: Urn,
    /// What is done.
    pub op: Op,
    /// When it begins, in milliseconds after the first one.
    pub starts_after_ms: u64,
    /// How long it takes, in milliseconds.
    pub takes_ms: u64,
    /// Where that comes from.
    pub origin: Origin,
}

impl Expected {
    /// What an apply of `plan` with at most `parallelism_max` steps at once will take. Pure: the same
    /// facts give the same answer.
    pub fn of(graph: &Graph, plan: &Plan, durations: &Durations, parallelism_max: usize) -> Self {
        let estimates: Vec<Estimate> = plan.steps.iter().map(|step| durations.of(graph, step)).collect();
        let takes_ms = |index: StepIndex| {
            estimates.get(index as usize).map_or(0, |estimate| milliseconds(estimate.duration))
        };
        let (starts_ms, end_ms) = play(graph, plan, parallelism_max, takes_ms);
        let mut runs = 0;
        let (mut work_ms, mut measured_ms, mut guessed) = (0_u64, 0_u64, 0);
        for estimate in &estimates {
            let ms = milliseconds(estimate.duration);
            work_ms = work_ms.saturating_add(ms);
            match estimate.origin {
                Origin::Resource { runs: of_step } => runs = runs.max(of_step),
                Origin::Type { .. } => runs = runs.max(1),
                _ => {}
            }
            if estimate.origin.is_measured() {
                measured_ms = measured_ms.saturating_add(ms);
            } else {
                guessed += 1;
            }
        }
        let is_known = runs > 0 && measured_ms >= work_ms / MEASURED_PARTS;
        let steps = plan.steps.iter().zip(&estimates).zip(starts_ms);
        Self {
            total_ms: is_known.then_some(end_ms),
            runs,
            guessed,
            steps: steps
                .map(|((step, estimate), starts_after_ms)| ExpectedStep {
                    step: step.index,
                    urn: step.urn.clone(),
                    op: step.op,
                    starts_after_ms,
                    takes_ms: milliseconds(estimate.duration),
                    origin: estimate.origin,
                })
                .collect(),
        }
    }

    /// How long the apply will take, where earlier runs tell.
    pub fn total(&self) -> Option<Duration> {
        self.total_ms.map(Duration::from_millis)
    }

    /// The weight of a step for the scheduler.
    pub(super) fn weight(&self, index: StepIndex) -> u64 {
        self.steps.get(index as usize).map_or(0, |step| step.takes_ms)
    }

    /// How long a step will take, if that was ever measured.
    pub(super) fn measured_ms(&self, index: StepIndex) -> Option<u64> {
        let step = self.steps.get(index as usize)?;
        let is_measured = matches!(step.origin, Origin::Resource { .. } | Origin::Type { .. });
        is_measured.then_some(step.takes_ms)
    }
}

/// When each step begins, and when the last one ends, if all of them take as long as `takes_ms` says.
fn play(
    graph: &Graph,
    plan: &Plan,
    parallelism_max: usize,
    takes_ms: impl Fn(StepIndex) -> u64,
) -> (Vec<u64>, u64) {
    let weight = |step: &crate::plan::Step| takes_ms(step.index);
    let mut scheduler =
        Scheduler::new(&plan.steps, parallelism_max, weight, |name| graph.parallelism_of(name));
    let mut starts_ms = vec![0; plan.steps.len()];
    let mut running: BinaryHeap<Reverse<(u64, StepIndex)>> = BinaryHeap::new();
    let mut now_ms = 0_u64;
    loop {
        while let Some(index) = scheduler.start_next() {
            if let Some(start) = starts_ms.get_mut(index as usize) {
                *start = now_ms;
            }
            running.push(Reverse((now_ms.saturating_add(takes_ms(index)), index)));
        }
        let Some(Reverse((end_ms, index))) = running.pop() else { return (starts_ms, now_ms) };
        now_ms = end_ms;
        scheduler.finish(index, true);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Engine {
    /// What the state knows of how long the steps of `plan` take.
    ///
    /// # Errors
    /// Unreadable state.
    pub async fn durations(&self, plan: &Plan) -> Result<Durations, EngineError> {
        let queries = Durations::queries(&plan.steps);
        if queries.is_empty() {
            return Ok(Durations::default());
        }
        let rows = self.backend.durations(&plan.stack, queries).await.map_err(StateError::from)?;
        Ok(Durations::new(rows))
    }

    /// How long an apply of `plan` with these options is expected to take. Takes no lease and calls no
    /// provider.
    ///
    /// ```
    /// use iac_core::random::RandomToken;
    /// use iac_core::state::MemoryBackend;
    /// use iac_core::{ApplyOptions, Engine, NoReporter, PlanOptions, Stack};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let stack = Stack::new("philotes", "dev")?;
    /// stack.add("token", RandomToken::args().bytes(16u32))?;
    /// let graph = stack.freeze()?;
    /// let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
    /// // The first run has nothing to go by.
    /// assert_eq!(engine.expected(&graph, &plan, &ApplyOptions::new()).await?.total(), None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Unreadable state.
    pub async fn expected(
        &self,
        graph: &Graph,
        plan: &Plan,
        options: &ApplyOptions,
    ) -> Result<Expected, EngineError> {
        let durations = self.durations(plan).await?;
        Ok(Expected::of(graph, plan, &durations, options.parallelism_max))
    }
}
