//! [`Board`]: what is known of a run at one moment. A plain state machine: it is fed with events, and
//! knows neither a clock nor how it is shown.

use std::collections::{BTreeMap, HashSet};

use iac_core::state::TimestampMs;
use iac_core::{Event, Op, Plan, Progress, StepIndex, Urn};

use crate::render::counted;

/// Waiting steps behind one running step that are counted; beyond that "999 and more" says enough.
pub(crate) const WAITERS_COUNTED_MAX: usize = 999;

/// What holds a call up for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// Until when, as far as is known.
    pub(crate) until: TimestampMs,
    /// What comes then: the number of an attempt, or nothing but going on.
    pub(crate) attempt: Option<u32>,
    /// Why, with what was asked.
    pub(crate) why: String,
}

/// A step that runs.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) urn: Urn,
    pub(crate) op: Op,
    pub(crate) began_at: TimestampMs,
    /// How long it is expected to take, where earlier runs tell.
    pub(crate) expected_ms: Option<u64>,
    /// What it waits for in the cloud.
    pub(crate) progress: Option<Progress>,
    pub(crate) held: Option<Held>,
}

/// What goes on where no step runs.
#[derive(Debug, Clone)]
pub(crate) struct Aside {
    pub(crate) what: String,
    pub(crate) since: TimestampMs,
    pub(crate) held: Option<Held>,
}

/// What is known of a run.
#[derive(Debug, Default)]
pub(crate) struct Board {
    steps: usize,
    begun_at: Option<TimestampMs>,
    ended_at: Option<TimestampMs>,
    finished: BTreeMap<Op, usize>,
    done: usize,
    failed: usize,
    skipped: usize,
    running: BTreeMap<StepIndex, Running>,
    /// Which steps have ended or are given up, by index.
    over: Vec<bool>,
    /// The steps that wait for each step, by index.
    unblocks: Vec<Vec<StepIndex>>,
    stopping: bool,
    aside: Option<Aside>,
    expected_ms: Option<u64>,
}

/// What a run did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// How many steps of each kind are done.
    pub(crate) finished: BTreeMap<Op, usize>,
    pub(crate) took_ms: Option<u64>,
    pub(crate) expected_ms: Option<u64>,
}

impl Board {
    /// Takes what `plan` says about which step waits for which.
    pub(crate) fn of_plan(plan: &Plan) -> Self {
        Self::of_steps(plan.steps.len(), plan.steps.iter().map(|step| (step.index, step.after.as_slice())))
    }

    /// For `count` steps, each with those that it waits for.
    pub(super) fn of_steps<'s>(
        count: usize,
        steps: impl Iterator<Item = (StepIndex, &'s [StepIndex])>,
    ) -> Self {
        let mut unblocks: Vec<Vec<StepIndex>> = vec![Vec::new(); count];
        for (step, after) in steps {
            for earlier in after {
                if let Some(list) = unblocks.get_mut(*earlier as usize) {
                    list.push(step);
                }
            }
        }
        Self { steps: count, unblocks, over: vec![false; count], ..Self::default() }
    }

    /// Takes one event; `now` is when it is seen.
    pub(crate) fn take(&mut self, event: &Event, now: TimestampMs) {
        match event {
            Event::RunStarted { steps, expected_ms, at, .. } => {
                self.steps = *steps;
                self.expected_ms = *expected_ms;
                self.begun_at = Some(*at);
                self.aside = None;
            }
            Event::LeaseHeld { stack, holder, .. } => {
                let what = format!("waiting for {} on {}, who works on {stack}", holder.name, holder.host);
                self.begin_aside(what, now);
            }
            Event::Refreshing { resources } => {
                self.begin_aside(
                    format!("comparing {} with the cloud", counted(*resources, "resource")),
                    now,
                );
            }
            Event::Refreshed { .. } => self.aside = None,
            Event::Draining => self.stopping = true,
            Event::RunFinished { at, .. } => {
                self.ended_at = Some(*at);
                self.running.clear();
                self.aside = None;
            }
            Event::CallRetried { step, operation, attempt, reason, after_ms, at, .. } => {
                let why = format!("{operation}: {reason}");
                self.hold(*step, Held { until: later(*at, *after_ms), attempt: Some(attempt + 1), why });
            }
            Event::Paused { step, provider, reason, for_ms, at, .. } => {
                let why = format!("{provider}: {reason}");
                self.hold(*step, Held { until: later(*at, *for_ms), attempt: None, why });
            }
            other => self.take_step(other),
        }
    }

    fn take_step(&mut self, event: &Event) {
        match event {
            Event::StepStarted { step, urn, op, at, expected_ms } => {
                let (urn, op, began_at, expected_ms) = (urn.clone(), *op, *at, *expected_ms);
                let running = Running { urn, op, began_at, expected_ms, progress: None, held: None };
                self.running.insert(*step, running);
            }
            Event::StepProgress { step, progress, .. } => {
                if let Some(running) = self.running.get_mut(step) {
                    running.progress = Some(progress.clone());
                    running.held = None;
                }
            }
            Event::StepFinished { step, op, .. } => {
                *self.finished.entry(*op).or_default() += 1;
                self.done += 1;
                self.end(*step);
            }
            Event::StepFailed { step, .. } => {
                self.failed += 1;
                self.end(*step);
            }
            Event::StepSkipped { step, .. } => {
                self.skipped += 1;
                self.end(*step);
            }
            _ => {}
        }
    }

    fn begin_aside(&mut self, what: String, since: TimestampMs) {
        // A lease is asked for again and again; it is one wait.
        let since = self.aside.as_ref().filter(|aside| aside.what == what).map_or(since, |aside| aside.since);
        self.aside = Some(Aside { what, since, held: None });
    }

    fn hold(&mut self, step: Option<StepIndex>, held: Held) {
        let slot = match step {
            Some(step) => self.running.get_mut(&step).map(|running| &mut running.held),
            None => self.aside.as_mut().map(|aside| &mut aside.held),
        };
        if let Some(slot) = slot {
            *slot = Some(held);
        }
    }

    fn end(&mut self, step: StepIndex) {
        self.running.remove(&step);
        if let Some(over) = self.over.get_mut(step as usize) {
            *over = true;
        }
    }

    /// How many steps cannot start before `step` has ended, up to [`WAITERS_COUNTED_MAX`].
    pub(crate) fn waiters(&self, step: StepIndex) -> usize {
        let mut seen: HashSet<StepIndex> = HashSet::new();
        let mut open = vec![step];
        while let Some(at) = open.pop() {
            for next in self.unblocks.get(at as usize).into_iter().flatten() {
                let waits = self.over.get(*next as usize) == Some(&false);
                if waits && seen.insert(*next) {
                    if seen.len() >= WAITERS_COUNTED_MAX {
                        return WAITERS_COUNTED_MAX;
                    }
                    open.push(*next);
                }
            }
        }
        seen.len()
    }

    /// The running steps, those first that run longest.
    pub(crate) fn running(&self) -> Vec<(StepIndex, &Running)> {
        let mut running: Vec<_> = self.running.iter().map(|(step, running)| (*step, running)).collect();
        running.sort_by_key(|(step, running)| (running.began_at, *step));
        running
    }

    pub(crate) fn running_len(&self) -> usize {
        self.running.len()
    }

    /// Steps whose turn has not come.
    pub(crate) fn waiting(&self) -> usize {
        self.steps.saturating_sub(self.done + self.failed + self.skipped + self.running.len())
    }

    /// Running steps that are held up at `now`.
    pub(crate) fn held(&self, now: TimestampMs) -> usize {
        self.running.values().filter(|running| held(&running.held, now).is_some()).count()
    }

    pub(crate) fn aside(&self) -> Option<&Aside> {
        self.aside.as_ref()
    }

    /// All steps, and of them those done, failed and not tried.
    pub(crate) fn counts(&self) -> (usize, usize, usize, usize) {
        (self.steps, self.done, self.failed, self.skipped)
    }

    /// Whether nothing new is started.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// When the run began, while it goes on.
    pub(crate) fn goes_on_since(&self) -> Option<TimestampMs> {
        self.begun_at.filter(|_| self.ended_at.is_none())
    }

    /// What was done, once it is over.
    pub(crate) fn tally(&self) -> Tally {
        Tally {
            finished: self.finished.clone(),
            took_ms: self.begun_at.zip(self.ended_at).map(|(from, to)| elapsed(from, to)),
            expected_ms: self.expected_ms,
        }
    }

    /// How long it was expected to take.
    pub(crate) fn expected_ms(&self) -> Option<u64> {
        self.expected_ms
    }
}

/// What holds a call up, as long as it does.
pub(crate) fn held(held: &Option<Held>, now: TimestampMs) -> Option<&Held> {
    held.as_ref().filter(|held| held.until > now)
}

/// Milliseconds from `from` to `to`; none where a clock was set back.
pub(crate) fn elapsed(from: TimestampMs, to: TimestampMs) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}

fn later(at: TimestampMs, by_ms: u64) -> TimestampMs {
    at.saturating_add(i64::try_from(by_ms).unwrap_or(i64::MAX))
}
