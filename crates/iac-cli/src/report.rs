//! [`Progress`]: shows events while they happen, as lines of text or of JSON, and counts what is
//! done. Knows nothing of what comes next.

use std::collections::BTreeMap;

use iac_core::state::TimestampMs;
use iac_core::{Event, Op, Progress as Wait, Reporter, StepIndex, utc};

use crate::layout::{BAD, CHANGE, FAINT, HINT, Page};
use crate::render::{counted, duration, name, to_json, words};
use crate::screen::Screen;

/// Percent by which a wait must come on to be told again.
const PERCENT_STEP: u8 = 25;
/// Shorter durations are not worth telling.
const DURATION_SHOWN_MS_MIN: u64 = 1000;

/// Shows the events of one call of the engine.
pub(crate) struct Progress<'a> {
    screen: &'a Screen,
    finished: BTreeMap<Op, usize>,
    /// When the run began, and how long it was expected to take.
    began: Option<(TimestampMs, Option<u64>)>,
    ended_at: Option<TimestampMs>,
    /// What was told last of each step's wait.
    waits: BTreeMap<StepIndex, (String, u8)>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(screen: &'a Screen) -> Self {
        Self { screen, finished: BTreeMap::new(), began: None, ended_at: None, waits: BTreeMap::new() }
    }

    /// How many steps of each kind are done.
    pub(crate) fn finished(&self) -> &BTreeMap<Op, usize> {
        &self.finished
    }

    /// How long the run took and was expected to take, in milliseconds, once it has ended.
    pub(crate) fn took(&self) -> Option<(u64, Option<u64>)> {
        let ((began_at, expected_ms), ended_at) = self.began.zip(self.ended_at)?;
        Some((u64::try_from(ended_at.saturating_sub(began_at)).unwrap_or_default(), expected_ms))
    }

    fn note_times(&mut self, event: &Event) {
        match event {
            Event::RunStarted { at, expected_ms, .. } => self.began = Some((*at, *expected_ms)),
            Event::RunFinished { at, .. } => self.ended_at = Some(*at),
            _ => {}
        }
    }

    /// Whether a wait has come far enough to be told.
    fn is_news(&mut self, step: StepIndex, wait: &Wait) -> bool {
        let percent = wait.percent.unwrap_or(0);
        match self.waits.get(&step) {
            Some((what, told)) if *what == wait.what && percent < told.saturating_add(PERCENT_STEP) => false,
            _ => {
                self.waits.insert(step, (wait.what.clone(), percent));
                true
            }
        }
    }
}

impl Reporter for Progress<'_> {
    fn report(&mut self, event: &Event) {
        self.note_times(event);
        if let Event::StepFinished { op, .. } = event {
            *self.finished.entry(*op).or_default() += 1;
        }
        if self.screen.json {
            return self.screen.json_line("event", to_json(event));
        }
        if let Event::StepProgress { step, progress, .. } = event
            && !self.is_news(*step, progress)
        {
            return;
        }
        let mut page = Page::new(self.screen.width);
        if aside(&mut page, event) {
            self.screen.err(&page.finish());
        } else {
            step(&mut page, event);
            self.screen.out(&page.finish());
        }
    }
}

/// What is about the run and not about a step; answers whether the event was that.
fn aside(page: &mut Page, event: &Event) -> bool {
    match event {
        Event::LeaseHeld { stack, holder, since } => {
            let who = format!("{} on {} (process {})", holder.name, holder.host, holder.pid);
            page.line(0, HINT, &format!("Waiting: {who} works on {stack} since {} ...", utc(*since)));
        }
        Event::Recovered { urn, op, finding } => {
            let text = format!("an earlier run was interrupted in the {op} of {}: {finding}", name(urn));
            page.item(0, "note:", HINT, &text, 2);
        }
        Event::Refreshing { resources } => {
            page.line(0, FAINT, &format!("Comparing {} with the cloud ...", counted(*resources, "resource")));
        }
        Event::Paused { step: None, provider, reason, for_ms, .. } => {
            let text = format!("Waiting {}: {provider}: {reason}", duration(*for_ms));
            page.line(0, FAINT, &text);
        }
        Event::CallRetried { step: None, provider, operation, reason, after_ms, .. } => {
            let text = format!("Again in {}: {provider}: {operation}: {reason}", duration(*after_ms));
            page.line(0, FAINT, &text);
        }
        Event::Draining => {
            let text = "nothing new is started; running steps end first. Ctrl-C again abandons them";
            page.item(0, "stop:", CHANGE, text, 2);
        }
        _ => return false,
    }
    true
}

fn step(page: &mut Page, event: &Event) {
    match event {
        Event::RunStarted { .. } => page.gap(),
        Event::StepStarted { urn, op, .. } => {
            let word = words(*op);
            page.item(0, word.mark, word.style, &format!("{}: {}", name(urn), word.doing), 4);
        }
        Event::StepProgress { urn, progress, .. } => {
            let percent = progress.percent.map(|percent| format!(" ({percent}%)")).unwrap_or_default();
            page.item(0, ".", FAINT, &format!("{}: {}{percent}", name(urn), progress.what), 4);
        }
        Event::Paused { urn, provider, reason, for_ms, .. } => {
            let text = format!("{}: waits {}, {provider}: {reason}", name(urn), duration(*for_ms));
            page.item(0, ".", FAINT, &text, 4);
        }
        Event::CallRetried { urn, operation, reason, after_ms, .. } => {
            let wait = duration(*after_ms);
            let text = format!("{}: {operation}: {reason}; again in {wait}", name(urn));
            page.item(0, ".", CHANGE, &text, 4);
        }
        Event::StepAmbiguous { urn, finding, .. } => {
            page.item(0, "?", CHANGE, &format!("{}: {finding}", name(urn)), 4);
        }
        Event::StepFinished { urn, op, weaker, duration_ms, .. } => {
            let word = words(*op);
            let what = weaker.as_deref().unwrap_or(word.done);
            let took =
                (*duration_ms >= DURATION_SHOWN_MS_MIN).then(|| format!(" ({})", duration(*duration_ms)));
            page.item(
                0,
                word.mark,
                word.style,
                &format!("{}: {what}{}", name(urn), took.unwrap_or_default()),
                4,
            );
        }
        Event::StepFailed { urn, op, .. } => {
            page.item(0, "!", BAD, &format!("{}: {} failed", name(urn), words(*op).doing), 4);
        }
        Event::StepSkipped { urn, .. } => page.item(0, "x", FAINT, &format!("{}: not tried", name(urn)), 4),
        _ => {}
    }
}
