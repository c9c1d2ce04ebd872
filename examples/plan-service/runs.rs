//! [`Runs`]: applies that go on or have ended, with their events, and how they are stopped. Knows nothing
//! of plans but their names.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iac::state::{RunStatus, StackId};
use iac::{Cancel, EngineError, Outcome};
use serde_json::{Value as Json, json};

use crate::event_log::EventLog;

/// Runs that are told about; of those that have ended the oldest goes when there are more.
const RUNS_MAX: usize = 100;

/// One apply.
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) plan: String,
    pub(crate) stack: StackId,
    pub(crate) events: Arc<EventLog>,
    stop: Mutex<Stop>,
    end: Mutex<Option<Json>>,
}

/// How far it has been asked to stop. A second request to the engine abandons, so each is made once.
struct Stop {
    cancel: Cancel,
    asked: u8,
}

impl Run {
    pub(crate) fn new(id: String, plan: String, stack: StackId) -> Self {
        let stop = Mutex::new(Stop { cancel: Cancel::new(), asked: 0 });
        Self { id, plan, stack, events: Arc::new(EventLog::new()), stop, end: Mutex::default() }
    }

    /// What stops it.
    pub(crate) fn cancel_handle(&self) -> Cancel {
        lock(&self.stop).cancel.clone()
    }

    /// Starts nothing new and lets running steps end. However often it is asked for, it is that.
    pub(crate) fn drain(&self) {
        self.stop_up_to(1);
    }

    /// Leaves running steps alone, too: the next run finds out what became of them.
    pub(crate) fn abandon(&self) {
        self.stop_up_to(2);
    }

    fn stop_up_to(&self, level: u8) {
        let mut stop = lock(&self.stop);
        while stop.asked < level {
            stop.cancel.request();
            stop.asked += 1;
        }
    }

    /// Notes how it ended and ends its events.
    pub(crate) fn finish(&self, ended: &Result<Outcome, EngineError>) {
        let end = match ended {
            Ok(outcome) => json!({
                "status": outcome.status,
                "run": outcome.run,
                "done": outcome.done,
                "failed": outcome.failures,
                "skipped": outcome.skipped.len(),
            }),
            Err(error) => json!({ "status": RunStatus::Failed, "detail": error.to_string() }),
        };
        self.end_with(end);
    }

    fn end_with(&self, end: Json) {
        *lock(&self.end) = Some(end.clone());
        self.events.end("end", |left_out| {
            let mut end = end;
            end["events_left_out"] = left_out.into();
            end
        });
    }

    pub(crate) fn has_ended(&self) -> bool {
        lock(&self.end).is_some()
    }

    /// What is told about it.
    pub(crate) fn to_json(&self) -> Json {
        let stopping = lock(&self.stop).asked > 0;
        json!({
            "id": self.id,
            "plan": self.plan,
            "stack": self.stack.stack,
            "stopping": stopping,
            "end": *lock(&self.end),
            "events": format!("/runs/{}/events", self.id),
        })
    }
}

/// Ends a run that a panic cut off, so that nobody reads along for ever.
pub(crate) struct EndsWhateverHappens<'a>(pub(crate) &'a Run);

impl Drop for EndsWhateverHappens<'_> {
    fn drop(&mut self) {
        if !self.0.has_ended() {
            let detail = "the run was lost; the next plan finds out what became of it";
            self.0.end_with(json!({ "status": RunStatus::Failed, "detail": detail }));
        }
    }
}

/// The runs of this process, oldest first.
#[derive(Default)]
pub(crate) struct Runs(Mutex<VecDeque<Arc<Run>>>);

impl Runs {
    pub(crate) fn add(&self, run: Arc<Run>) {
        let mut runs = lock(&self.0);
        if runs.len() >= RUNS_MAX
            && let Some(oldest) = runs.iter().position(|run| run.has_ended())
        {
            runs.remove(oldest);
        }
        runs.push_back(run);
    }

    /// Drops a run that did not begin.
    pub(crate) fn remove(&self, id: &str) {
        lock(&self.0).retain(|run| run.id != id);
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Run>> {
        lock(&self.0).iter().find(|run| run.id == id).cloned()
    }

    /// Those that go on.
    pub(crate) fn going_on(&self) -> Vec<Arc<Run>> {
        lock(&self.0).iter().filter(|run| !run.has_ended()).cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
