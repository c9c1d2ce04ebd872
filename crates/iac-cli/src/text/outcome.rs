//! [`OutcomeText`]: how a run ended, as the runner tells it. Knows nothing of where it is shown.

use std::fmt;

use iac_core::{Outcome, Plan};

use super::style::Look;
use super::watch::RunWatch;
use crate::exit::EXIT_FAILED;
use crate::failure::Failure;
use crate::render;

/// How a run ended, as text: each failed step with its cause and the way out, what was not tried and why,
/// the outputs, and what was done in how much time. Secrets are marked as such.
///
/// An example is at [`RunWatch`].
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct OutcomeText<'a> {
    plan: &'a Plan,
    outcome: &'a Outcome,
    watch: &'a RunWatch,
    look: Look,
}

impl<'a> OutcomeText<'a> {
    /// The text for the apply of `plan` that `watch` saw: 100 columns, no colours.
    pub fn new(plan: &'a Plan, outcome: &'a Outcome, watch: &'a RunWatch) -> Self {
        Self { plan, outcome, watch, look: Look::default() }
    }

    /// Wraps at so many columns.
    pub fn width(mut self, columns: usize) -> Self {
        self.look.width = columns;
        self
    }

    /// Whether it has colours, as escape codes of terminals.
    pub fn color(mut self, color: bool) -> Self {
        self.look.color = color;
        self
    }
}

impl fmt::Display for OutcomeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (plan, outcome, width) = (self.plan, self.outcome, self.look.width);
        let tally = self.watch.tally();
        let mut text = Failure::steps(&outcome.failures, EXIT_FAILED).text(width);
        text.push_str(&render::not_tried(plan, outcome, width));
        text.push_str(&render::outputs_section(&outcome.outputs, width));
        text.push_str(&render::summary_of_run(plan, outcome, &tally.finished, width));
        if let Some(took_ms) = tally.took_ms {
            text.push_str(&render::took_line(took_ms, tally.expected_ms, width));
        }
        self.look.write(f, &text)
    }
}
