//! [`Log`]: a run as lines with times, for pipes and build machines: one at the start of a step, one at
//! its end, and one now and then while it goes on. Knows no clock: the time is given.

use std::collections::BTreeMap;

use iac_core::state::TimestampMs;
use iac_core::{Event, StepIndex, utc};

use super::board::{Board, elapsed, held};
use super::said::{Said, aside};
use crate::layout::{FAINT, HINT, Page};
use crate::render::{duration, name, words};

/// After so long without a word about a step or a wait, there is one. Build machines end jobs that say
/// nothing for minutes.
const BEAT_MS: u64 = 30_000;
/// Steps that one beat names; the rest is counted.
const BEAT_STEPS_MAX: usize = 5;
/// How far a line goes in that does not fit.
const HANG: usize = 4;

/// Where a line belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// What the command was asked for.
    Out,
    /// What is about the run itself.
    Err,
}

/// When something is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// The time that stands before the line.
    pub(crate) at: TimestampMs,
    /// Milliseconds on a clock that nobody sets: by it silence is measured.
    pub(crate) uptime_ms: u64,
}

/// What was said, and when.
#[derive(Debug, Default)]
pub(crate) struct Log {
    said: Said,
    /// When each running step was spoken of last, in uptime.
    steps: BTreeMap<StepIndex, u64>,
    aside_ms: u64,
    /// Until when each provider is known to be paused: ten steps that wait for one quota are one line.
    paused: BTreeMap<String, TimestampMs>,
}

impl Log {
    /// The lines for one event.
    pub(crate) fn event(&mut self, page: &mut Page, event: &Event, now: Moment) -> Lane {
        if aside(page, event) {
            self.aside_ms = now.uptime_ms;
            return Lane::Err;
        }
        let time = clock_time(now.at);
        match event {
            Event::RunStarted { .. } => page.gap(),
            Event::StepStarted { step, urn, op, .. } => {
                let word = words(*op);
                page.timed(
                    Some(&time),
                    word.mark,
                    word.style,
                    &format!("{}: {}", name(urn), word.doing),
                    HANG,
                );
                self.steps.insert(*step, now.uptime_ms);
            }
            Event::CallRetried { step, urn, operation, attempt, reason, after_ms, .. } => {
                let again =
                    if *after_ms == 0 { String::new() } else { format!(" in {}", duration(*after_ms)) };
                let text =
                    format!("{}: {operation}: {reason}; attempt {} follows{again}", name(urn), attempt + 1);
                page.timed(Some(&time), ".", HINT, &text, HANG);
                return self.spoke(*step, now);
            }
            Event::Paused { step, provider, reason, for_ms, at, .. } => {
                let until = at.saturating_add(i64::try_from(*for_ms).unwrap_or(i64::MAX));
                let known = self.paused.insert(provider.clone(), until);
                if known.is_none_or(|known| known <= *at) {
                    let text = format!("{provider} pauses for {}: {reason}", duration(*for_ms));
                    page.timed(Some(&time), ".", HINT, &text, HANG);
                }
                return self.spoke(*step, now);
            }
            other => {
                if let Event::StepFinished { step, .. } | Event::StepFailed { step, .. } = other {
                    self.steps.remove(step);
                }
                self.said.end(page, Some(&time), other);
            }
        }
        Lane::Out
    }

    fn spoke(&mut self, step: Option<StepIndex>, now: Moment) -> Lane {
        match step {
            Some(step) => {
                self.steps.insert(step, now.uptime_ms);
                Lane::Out
            }
            None => {
                self.aside_ms = now.uptime_ms;
                Lane::Err
            }
        }
    }

    /// The lines for what has gone on for long without a word.
    pub(crate) fn beat(&mut self, page: &mut Page, board: &Board, now: Moment) -> Lane {
        let time = clock_time(now.at);
        if let Some(aside) = board.aside() {
            if now.uptime_ms.saturating_sub(self.aside_ms) >= BEAT_MS {
                self.aside_ms = now.uptime_ms;
                let text = format!("still {} ({})", aside.what, duration(elapsed(aside.since, now.at)));
                page.timed(Some(&time), ".", FAINT, &text, HANG);
            }
            return Lane::Err;
        }
        let quiet = |step: &StepIndex| {
            self.steps.get(step).is_none_or(|said| now.uptime_ms.saturating_sub(*said) >= BEAT_MS)
        };
        let due: Vec<_> = board.running().into_iter().filter(|(step, _)| quiet(step)).collect();
        for (number, (step, running)) in due.iter().enumerate() {
            self.steps.insert(*step, now.uptime_ms);
            if number >= BEAT_STEPS_MAX {
                continue;
            }
            let waits = match (held(&running.held, now.at), &running.progress) {
                (Some(held), _) => format!(", {}", held.why),
                (None, Some(progress)) => {
                    let percent = progress.percent.map(|percent| format!(" {percent}%")).unwrap_or_default();
                    format!(", {}{percent}", progress.what)
                }
                (None, None) => String::new(),
            };
            let so_far = duration(elapsed(running.began_at, now.at));
            let text = format!("{}: still {} ({so_far}{waits})", name(&running.urn), words(running.op).doing);
            page.timed(Some(&time), ".", FAINT, &text, HANG);
        }
        let more = due.len().saturating_sub(BEAT_STEPS_MAX);
        if more > 0 {
            page.timed(Some(&time), ".", FAINT, &format!("... and {more} more still running"), HANG);
        }
        Lane::Out
    }
}

/// `12:38:08Z`.
fn clock_time(at: TimestampMs) -> String {
    utc(at).split_once(' ').map_or_else(String::new, |(_, time)| time.to_owned())
}
