//! [`Recorder`]: keeps of a run's events what its steps' rows do not tell, for a later replay. Knows
//! nothing of where it is stored, nor how it is read back.
//!
//! A trace is a JSON array in the order of the events. A number stands for the begin of that step,
//! and the second time for its end: both are told by the step's row. Two numbers stand for the begin of
//! the first and how many milliseconds it was expected to take. Anything else stands there as the event
//! it is.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::event::{Event, Reporter};
use crate::plan::{Recovered, Step, StepIndex};
use crate::provider::Progress;
use crate::state::{Store, Write};

/// Most events of one run that are kept beside the begins and ends of its steps, which the plan
/// bounds.
const NOTES_MAX: usize = 10_000;

/// Passes every event on, and remembers it.
pub(super) struct Recorder<'a> {
    inner: &'a mut (dyn Reporter + Send),
    entries: Vec<Entry>,
    /// The begins of steps that have not ended.
    open: BTreeMap<StepIndex, (usize, Event)>,
    /// What was kept last of each step's wait.
    waits: HashMap<StepIndex, Progress>,
    notes: usize,
}

/// One thing of a trace.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Entry {
    Step(StepIndex),
    /// With how long it was expected to take, in milliseconds.
    Begin(StepIndex, u64),
    Event(Box<Event>),
}

impl<'a> Recorder<'a> {
    /// `recovered` is what was settled before the run began.
    pub(super) fn new<'r>(
        inner: &'a mut (dyn Reporter + Send),
        recovered: impl IntoIterator<Item = &'r Recovered>,
    ) -> Self {
        let settled = recovered.into_iter().cloned().map(|found| {
            let Recovered { urn, op, finding } = found;
            Entry::Event(Box::new(Event::Recovered { urn, op, finding }))
        });
        let entries = settled.collect();
        Self { inner, entries, open: BTreeMap::new(), waits: HashMap::new(), notes: 0 }
    }

    /// Has the trace recorded with the end of `run`, and gives back who is told of that end.
    pub(super) fn ended(self, store: &Store, run: u64) -> &'a mut (dyn Reporter + Send) {
        let (events, inner) = self.trace();
        store.defer(vec![Write::Trace { run, events }]);
        inner
    }

    /// The trace as JSON.
    fn trace(mut self) -> (String, &'a mut (dyn Reporter + Send)) {
        // What never ended has no row.
        for (at, event) in self.open.into_values() {
            if let Some(entry) = self.entries.get_mut(at) {
                *entry = Entry::Event(Box::new(event));
            }
        }
        (serde_json::to_string(&self.entries).expect("events are data"), self.inner)
    }

    fn keep(&mut self, event: &Event) {
        self.entries.push(Entry::Event(Box::new(event.clone())));
    }
}

impl Reporter for Recorder<'_> {
    fn report(&mut self, event: &Event) {
        match event {
            // The run's row has it.
            Event::RunFinished { .. } => {}
            Event::StepStarted { step, expected_ms, .. } => {
                self.open.insert(*step, (self.entries.len(), event.clone()));
                self.entries.push(match expected_ms {
                    Some(ms) => Entry::Begin(*step, *ms),
                    None => Entry::Step(*step),
                });
            }
            Event::StepFinished { step, weaker: None, .. } => {
                self.open.remove(step);
                self.entries.push(Entry::Step(*step));
            }
            Event::StepFinished { step, .. } | Event::StepFailed { step, .. } => {
                self.open.remove(step);
                self.keep(event);
            }
            Event::RunStarted { .. } | Event::StepSkipped { .. } | Event::Draining => self.keep(event),
            Event::StepProgress { step, progress, .. } => {
                let is_news = self.waits.get(step) != Some(progress);
                if is_news && self.notes < NOTES_MAX {
                    self.waits.insert(*step, progress.clone());
                    self.notes += 1;
                    self.keep(event);
                }
            }
            _ if self.notes < NOTES_MAX => {
                self.notes += 1;
                self.keep(event);
            }
            _ => {}
        }
        self.inner.report(event);
    }
}

/// What each of `steps` waits for, as JSON: an array of arrays.
pub(super) fn outline(steps: &[Step]) -> String {
    let after: Vec<&[StepIndex]> = steps.iter().map(|step| step.after.as_slice()).collect();
    serde_json::to_string(&after).expect("numbers are data")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::NoReporter;
    use crate::plan::Op;
    use crate::urn::Urn;

    fn urn() -> Urn {
        Urn::new("shop", "dev", "fake:node", &[], "web").unwrap()
    }

    fn started(step: StepIndex) -> Event {
        Event::StepStarted { step, urn: urn(), op: Op::Create, expected_ms: None, at: 5 }
    }

    #[test]
    fn a_step_that_ends_is_two_numbers_and_one_that_does_not_is_its_begin() {
        let mut inner = NoReporter;
        let mut recorder = Recorder::new(&mut inner, []);
        recorder.report(&started(0));
        recorder.report(&started(1));
        let (urn, op) = (urn(), Op::Create);
        recorder.report(&Event::StepFinished { step: 0, urn, op, weaker: None, duration_ms: 1, at: 6 });
        let trace: serde_json::Value = serde_json::from_str(&recorder.trace().0).unwrap();
        assert_eq!(trace[0], 0);
        assert_eq!((&trace[1]["event"], &trace[1]["step"]), (&"step_started".into(), &1.into()));
        assert_eq!(trace[2], 0);
    }

    #[test]
    fn waits_that_say_the_same_are_kept_once_and_never_too_many() {
        let mut inner = NoReporter;
        let mut recorder = Recorder::new(&mut inner, []);
        let wait = |percent| Event::StepProgress {
            step: 0,
            urn: urn(),
            progress: Progress::new("starting", Some(percent)),
        };
        for _ in 0..3 {
            recorder.report(&wait(50));
        }
        assert_eq!(recorder.entries.len(), 1);
        for number in 0..2 * NOTES_MAX {
            recorder.report(&wait(u8::try_from(number % 100).unwrap()));
        }
        assert_eq!(recorder.entries.len(), NOTES_MAX);
    }
}
