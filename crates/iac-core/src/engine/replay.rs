//! Past runs as the events they were: rebuilt from the history, for any reporter. Knows nothing of how
//! a run is recorded while it runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::trace::Entry;
use super::{Engine, EngineError, StepError, StepFailure};
use crate::error::Error;
use crate::event::{Event, Reporter};
use crate::plan::{Op, StepIndex};
use crate::state::{RunRecord, RunStatus, StackId, StepRecord, TraceRecord};

/// A recorded run as the events it was.
///
/// Times are those of the history. A begin or an end may stand there some milliseconds later than it
/// was reported at first, because the history takes the time when the call itself began.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use]
pub struct PastEvents {
    /// In the order in which they were reported.
    pub events: Vec<Event>,
    /// Whether it is everything that was reported from the begin of the run to its end. What is said
    /// in between (waits, skipped steps) is recorded when a run ends, so it is missing of one that
    /// was killed, and of runs of older versions; their steps and times are there.
    pub complete: bool,
}

impl PastEvents {
    /// Reports the events to `reporter`, in order, at once.
    pub fn replay(&self, reporter: &mut dyn Reporter) {
        self.events.iter().for_each(|event| reporter.report(event));
    }
}

impl StepFailure {
    /// The failure that `event` tells of, if it is one.
    pub fn of_event(event: &Event) -> Option<Self> {
        match event {
            Event::StepFailed { urn, op, error, .. } => {
                Some(Self { urn: urn.clone(), op: *op, error: error.clone() })
            }
            _ => None,
        }
    }
}

impl Engine {
    /// One run of the history; `None` where it has no such run (any more).
    ///
    /// # Errors
    /// Unreadable state.
    pub async fn run(&self, stack: &StackId, number: u64) -> Result<Option<RunRecord>, EngineError> {
        let newest = self.backend.runs(stack, 1).await?;
        let last = newest.first().map_or(0, |newest| newest.run);
        let Some(back) = last.checked_sub(number).filter(|_| number > 0) else { return Ok(None) };
        // Runs come newest first, so the wanted one is the last of so many.
        let count = u32::try_from(back).unwrap_or(u32::MAX).saturating_add(1);
        let runs = self.backend.runs(stack, count).await?;
        Ok(runs.into_iter().find(|run| run.run == number))
    }

    /// The events of a past run, as they were reported; `None` where the history has no such run.
    ///
    /// ```
    /// # use iac_core::random::RandomToken;
    /// # use iac_core::state::{MemoryBackend, StackId};
    /// # use iac_core::{ApplyOptions, Engine, Event, NoReporter, PlanOptions, Stack};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let stack = Stack::new("philotes", "dev")?;
    /// # stack.add("token", RandomToken::args().bytes(16u32))?;
    /// # let graph = stack.freeze()?;
    /// # let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// # let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
    /// # let _ = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await?;
    /// let past = engine.run_events(&StackId::new("philotes", "dev"), 1).await?.expect("it has run");
    /// assert!(past.complete);
    /// let mut seen: Vec<Event> = Vec::new();
    /// past.replay(&mut seen);
    /// assert!(matches!(seen.first(), Some(Event::RunStarted { run: 1, .. })));
    /// assert!(matches!(seen.last(), Some(Event::RunFinished { done: 1, .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Unreadable state, a wrong key.
    pub async fn run_events(&self, stack: &StackId, number: u64) -> Result<Option<PastEvents>, EngineError> {
        let Some(run) = self.run(stack, number).await? else { return Ok(None) };
        let trace = self.backend.trace(stack, number).await?;
        let steps = self.steps(stack, number).await?;
        Ok(Some(rebuilt(stack, &run, &steps, &trace)))
    }

    /// Reports a past run to `reporter`, in order, at once: [`run_events`](Self::run_events) and
    /// [`PastEvents::replay`]. Answers what it reported; `None` where the history has no such run.
    ///
    /// # Errors
    /// Unreadable state, a wrong key.
    pub async fn replay(
        &self,
        stack: &StackId,
        number: u64,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<Option<PastEvents>, EngineError> {
        let past = self.run_events(stack, number).await?;
        if let Some(past) = &past {
            past.replay(reporter);
        }
        Ok(past)
    }

    /// What each step of a past run waited for, by the steps' numbers; `None` where that was not
    /// recorded: for a run of an older version, or one that applied no plan.
    ///
    /// # Errors
    /// Unreadable state.
    pub async fn step_order(
        &self,
        stack: &StackId,
        number: u64,
    ) -> Result<Option<Vec<Vec<StepIndex>>>, EngineError> {
        let trace = self.backend.trace(stack, number).await?;
        Ok(trace.after.as_deref().and_then(|text| serde_json::from_str(text).ok()))
    }
}

fn rebuilt(stack: &StackId, run: &RunRecord, steps: &[StepRecord], trace: &TraceRecord) -> PastEvents {
    let entries: Option<Vec<Json>> = trace.events.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let mut past = match entries {
        Some(entries) => traced(steps, entries),
        None => untraced(stack, run, steps, trace),
    };
    if run.status == RunStatus::Running {
        past.complete = false;
    } else {
        let finished = finished(run, &past.events);
        past.events.push(finished);
    }
    past
}

/// From the trace of a run that ended.
fn traced(steps: &[StepRecord], entries: Vec<Json>) -> PastEvents {
    let rows: BTreeMap<StepIndex, &StepRecord> = steps.iter().map(|step| (step.key.step, step)).collect();
    let mut begun = BTreeSet::new();
    let mut past = PastEvents { events: Vec::with_capacity(entries.len()), complete: true };
    for entry in entries {
        let event = match serde_json::from_value::<Entry>(entry) {
            Ok(Entry::Step(step)) => rows.get(&step).map(|row| match begun.insert(step) {
                true => started(row, None),
                false => ended(row),
            }),
            Ok(Entry::Begin(step, expected_ms)) => {
                begun.insert(step);
                rows.get(&step).map(|row| started(row, Some(expected_ms)))
            }
            Ok(Entry::Event(event)) => Some(*event),
            Err(_) => None,
        };
        match event {
            Some(event) => past.events.push(event),
            // A kind of event that a newer version wrote, or a row that is gone.
            None => past.complete = false,
        }
    }
    past
}

/// From the rows alone, in the order of their times.
fn untraced(stack: &StackId, run: &RunRecord, steps: &[StepRecord], trace: &TraceRecord) -> PastEvents {
    let planned = trace.after.as_deref().and_then(|text| serde_json::from_str::<Vec<Json>>(text).ok());
    let mut events = vec![Event::RunStarted {
        stack: stack.clone(),
        run: run.run,
        kind: run.kind,
        steps: planned.map_or(steps.len(), |planned| planned.len()),
        expected_ms: None,
        at: run.started_at,
    }];
    let mut moments: Vec<_> = steps
        .iter()
        .flat_map(|step| [(step.started_at, step.key.step, false), (step.ended_at, step.key.step, true)])
        .collect();
    moments.sort_unstable();
    let rows: BTreeMap<StepIndex, &StepRecord> = steps.iter().map(|step| (step.key.step, step)).collect();
    events.extend(moments.into_iter().filter_map(|(_, step, is_end)| {
        let row = rows.get(&step)?;
        Some(if is_end { ended(row) } else { started(row, None) })
    }));
    PastEvents { events, complete: false }
}

fn started(row: &StepRecord, expected_ms: Option<u64>) -> Event {
    let (step, urn, op) = (row.key.step, row.urn.clone(), op(row));
    Event::StepStarted { step, urn, op, expected_ms, at: row.started_at }
}

fn ended(row: &StepRecord) -> Event {
    let (step, urn, op, at) = (row.key.step, row.urn.clone(), op(row), row.ended_at);
    let duration_ms = u64::try_from(row.ended_at.saturating_sub(row.started_at)).unwrap_or_default();
    match &row.error {
        None => Event::StepFinished { step, urn, op, weaker: None, duration_ms, at },
        Some((kind, text)) => {
            let error = StepError::Failed { error: Error::new(*kind, text.clone()) };
            Event::StepFailed { step, urn, op, error, duration_ms, at }
        }
    }
}

/// Runs that change the state alone have words of their own for that.
fn op(row: &StepRecord) -> Op {
    serde_json::from_value(Json::from(row.op.as_str())).unwrap_or(Op::Record)
}

fn finished(run: &RunRecord, events: &[Event]) -> Event {
    let count = |of: fn(&Event) -> bool| events.iter().filter(|event| of(event)).count();
    Event::RunFinished {
        run: run.run,
        status: run.status,
        done: count(|event| matches!(event, Event::StepFinished { .. })),
        failed: count(|event| matches!(event, Event::StepFailed { .. })),
        skipped: count(|event| matches!(event, Event::StepSkipped { .. })),
        at: run.ended_at.unwrap_or(run.started_at),
    }
}
