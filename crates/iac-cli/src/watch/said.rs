//! What stays on the screen and in a log: the lines for steps, and notes about the run. Knows no clock.

use iac_core::{Event, utc};

use crate::layout::{BAD, CHANGE, FAINT, HINT, Page};
use crate::render::{counted, duration, name, words};

/// Shorter durations are not worth telling.
const DURATION_SHOWN_MS_MIN: u64 = 1000;
/// Steps that were not tried and are named one by one while the run goes on; the rest is counted.
const SKIPPED_SAID_MAX: usize = 20;
/// How far a line goes in that does not fit.
const HANG: usize = 4;

/// Says what has become of steps.
#[derive(Debug, Default)]
pub(crate) struct Said {
    skipped: usize,
}

impl Said {
    /// The line for the end of a step; nothing for any other event. `time` stands before it.
    pub(crate) fn end(&mut self, page: &mut Page, time: Option<&str>, event: &Event) {
        match event {
            Event::StepFinished { urn, op, weaker, duration_ms, .. } => {
                let word = words(*op);
                let what = weaker.as_deref().unwrap_or(word.done);
                let text = format!("{}: {what}{}", name(urn), took(*duration_ms));
                page.timed(time, word.mark, word.style, &text, HANG);
            }
            Event::StepFailed { urn, op, duration_ms, .. } => {
                let text = format!("{}: {} failed{}", name(urn), words(*op).doing, took(*duration_ms));
                page.timed(time, "!", BAD, &text, HANG);
            }
            Event::StepSkipped { urn, .. } => {
                self.skipped += 1;
                if self.skipped <= SKIPPED_SAID_MAX {
                    page.timed(time, "x", FAINT, &format!("{}: not tried", name(urn)), HANG);
                }
            }
            Event::RunFinished { .. } => {
                let more = self.skipped.saturating_sub(SKIPPED_SAID_MAX);
                if more > 0 {
                    page.timed(time, "x", FAINT, &format!("... and {more} more not tried"), HANG);
                }
            }
            Event::StepAmbiguous { urn, finding, .. } => {
                page.timed(time, "?", CHANGE, &format!("{}: {finding}", name(urn)), HANG);
            }
            _ => {}
        }
    }
}

/// " (12 s)", where that is worth telling.
fn took(duration_ms: u64) -> String {
    if duration_ms < DURATION_SHOWN_MS_MIN { String::new() } else { format!(" ({})", duration(duration_ms)) }
}

/// What a person must know whatever is shown; answers whether the event was that.
pub(crate) fn note(page: &mut Page, event: &Event) -> bool {
    match event {
        Event::Recovered { urn, op, finding } => {
            let text = format!("an earlier run was interrupted in the {op} of {}: {finding}", name(urn));
            page.item(0, "note:", HINT, &text, 2);
        }
        Event::Draining => {
            let text = "nothing new is started; running steps end first. Ctrl-C again abandons them";
            page.item(0, "stop:", CHANGE, text, 2);
        }
        _ => return false,
    }
    true
}

/// What is about the run and not about a step, for a log; answers whether the event was that.
pub(super) fn aside(page: &mut Page, event: &Event) -> bool {
    match event {
        Event::LeaseHeld { stack, holder, since } => {
            let who = format!("{} on {} (process {})", holder.name, holder.host, holder.pid);
            page.line(0, HINT, &format!("Waiting: {who} works on {stack} since {} ...", utc(*since)));
        }
        Event::Refreshing { resources } => {
            page.line(0, FAINT, &format!("Comparing {} with the cloud ...", counted(*resources, "resource")));
        }
        _ => return note(page, event),
    }
    true
}
