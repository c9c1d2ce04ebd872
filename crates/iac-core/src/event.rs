//! What happens during a run, as data. Knows nothing of how it is shown.

use serde::{Deserialize, Serialize};

use crate::engine::StepError;
use crate::plan::{Op, StepIndex};
use crate::provider::Progress;
use crate::state::{Holder, RunKind, RunStatus, StackId, TimestampMs};
use crate::urn::Urn;

/// Something that happened during a run. Events carry no secrets: they name fields, never values.
///
/// The order of events is the order in which the run's one owner of state saw them.
///
/// Its JSON form is what `--json` writes and what a recorded run is kept as; it can be read back.
///
/// ```
/// use iac_core::Event;
///
/// let line = r#"{"v":1,"type":"event","event":"refreshing","resources":4}"#;
/// let event: Event = serde_json::from_str(line)?;
/// assert!(matches!(event, Event::Refreshing { resources: 4 }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A run has begun.
    RunStarted {
        /// The stack.
        stack: StackId,
        /// The run's number.
        run: u64,
        /// What it is for.
        kind: RunKind,
        /// How many steps it will try.
        steps: usize,
        /// How long it is expected to take, in milliseconds, where earlier runs tell.
        #[serde(skip_serializing_if = "Option::is_none")]
        expected_ms: Option<u64>,
        /// When, in milliseconds since 1970.
        at: TimestampMs,
    },
    /// Somebody else works on the stack, and this run waits.
    LeaseHeld {
        /// The stack.
        stack: StackId,
        /// Who.
        holder: Holder,
        /// Since when.
        since: TimestampMs,
    },
    /// A call that an earlier run had begun is resolved.
    Recovered {
        /// The resource.
        urn: Urn,
        /// What the call was.
        op: String,
        /// What was found, a lowercase sentence.
        finding: String,
    },
    /// The resources are being compared with the cloud.
    Refreshing {
        /// How many.
        resources: usize,
    },
    /// The comparison is done.
    Refreshed {
        /// Resources that differ from the recorded state.
        drifted: usize,
        /// Resources that are gone.
        missing: usize,
        /// Calls that were made.
        calls: usize,
    },
    /// A step has begun.
    StepStarted {
        /// The step.
        step: StepIndex,
        /// The resource.
        urn: Urn,
        /// What is done.
        op: Op,
        /// How long it is expected to take, in milliseconds, where earlier runs tell.
        #[serde(skip_serializing_if = "Option::is_none")]
        expected_ms: Option<u64>,
        /// When.
        at: TimestampMs,
    },
    /// A step waits for the cloud.
    StepProgress {
        /// The step.
        step: StepIndex,
        /// The resource.
        urn: Urn,
        /// How far it has come.
        progress: Progress,
    },
    /// A request to the cloud failed in a way that passes, and is sent again.
    CallRetried {
        /// The step; `None` where no step is running, as in a comparison with the cloud.
        step: Option<StepIndex>,
        /// The resource; of a listing, one of its resources.
        urn: Urn,
        /// The provider instance.
        provider: String,
        /// What was asked, for example `POST /servers`.
        operation: String,
        /// The attempt that failed, counted from 1.
        attempt: u32,
        /// How it failed, a lowercase phrase.
        reason: String,
        /// The wait before the next attempt, in milliseconds.
        after_ms: u64,
        /// When, in milliseconds since 1970.
        at: TimestampMs,
    },
    /// A request waits, because its provider may send no more at the moment. Waits below a second are
    /// not told.
    Paused {
        /// The step; `None` where no step is running, as in a comparison with the cloud.
        step: Option<StepIndex>,
        /// The resource; of a listing, one of its resources.
        urn: Urn,
        /// The provider instance.
        provider: String,
        /// What is to be asked, for example `POST /servers`.
        operation: String,
        /// Why, a lowercase phrase.
        reason: String,
        /// For how long, in milliseconds from `at`.
        for_ms: u64,
        /// When the pause began, in milliseconds since 1970.
        at: TimestampMs,
    },
    /// The outcome of a call was not known, and the engine looked.
    StepAmbiguous {
        /// The step.
        step: StepIndex,
        /// The resource.
        urn: Urn,
        /// What was found, a lowercase sentence.
        finding: String,
    },
    /// A step is done.
    StepFinished {
        /// The step.
        step: StepIndex,
        /// The resource.
        urn: Urn,
        /// What was planned.
        op: Op,
        /// Whether less had to be done than planned, and what.
        weaker: Option<String>,
        /// How long it took, in milliseconds.
        duration_ms: u64,
        /// When.
        at: TimestampMs,
    },
    /// A step failed.
    StepFailed {
        /// The step.
        step: StepIndex,
        /// The resource.
        urn: Urn,
        /// What was planned.
        op: Op,
        /// Why.
        error: StepError,
        /// How long it took, in milliseconds.
        duration_ms: u64,
        /// When.
        at: TimestampMs,
    },
    /// A step was not tried, because one it needs failed or the run was stopped.
    StepSkipped {
        /// The step.
        step: StepIndex,
        /// The resource.
        urn: Urn,
        /// What was planned.
        op: Op,
        /// The resource whose step failed; `None` if the run was stopped.
        because: Option<Urn>,
    },
    /// The run is being stopped: nothing new is started.
    Draining,
    /// The run has ended.
    RunFinished {
        /// The run's number.
        run: u64,
        /// How.
        status: RunStatus,
        /// Steps done.
        done: usize,
        /// Steps failed.
        failed: usize,
        /// Steps not tried.
        skipped: usize,
        /// When.
        at: TimestampMs,
    },
}

impl Event {
    /// The names of the variants, as they stand in the JSON form's `event`.
    pub const KINDS: &[&'static str] = &[
        "run_started",
        "lease_held",
        "recovered",
        "refreshing",
        "refreshed",
        "step_started",
        "step_progress",
        "call_retried",
        "paused",
        "step_ambiguous",
        "step_finished",
        "step_failed",
        "step_skipped",
        "draining",
        "run_finished",
    ];

    /// When it happened, in milliseconds since 1970, where it says so.
    ///
    /// ```
    /// use iac_core::Event;
    ///
    /// assert_eq!(Event::Draining.at(), None);
    /// ```
    pub fn at(&self) -> Option<TimestampMs> {
        match self {
            Self::RunStarted { at, .. }
            | Self::StepStarted { at, .. }
            | Self::CallRetried { at, .. }
            | Self::Paused { at, .. }
            | Self::StepFinished { at, .. }
            | Self::StepFailed { at, .. }
            | Self::RunFinished { at, .. } => Some(*at),
            _ => None,
        }
    }
}

/// Shows or records events. Called from one place, in order; it must not block.
pub trait Reporter {
    /// Takes one event.
    fn report(&mut self, event: &Event);
}

/// Ignores every event.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoReporter;

impl Reporter for NoReporter {
    fn report(&mut self, _: &Event) {}
}

/// Keeps every event: for tests and for embedders that look afterwards.
impl Reporter for Vec<Event> {
    fn report(&mut self, event: &Event) {
        self.push(event.clone());
    }
}

impl<F: FnMut(&Event)> Reporter for F {
    fn report(&mut self, event: &Event) {
        self(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_are_those_that_can_be_read() {
        // What is expected is told in the order of the variants.
        let error = serde_json::from_str::<Event>(r#"{"event":"nothing"}"#).unwrap_err().to_string();
        let expected = error.split_once("expected one of ").expect("the variants").1;
        let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        assert_eq!(names, Event::KINDS);
    }
}
