//! [`Failure`]: why a command did not do what was asked, in one voice for people and programs.

use std::error::Error as StdError;

use iac_core::state::{BackendError, StateError};
use iac_core::{EngineError, PlanFault, StepFailure};
use serde_json::json;

use crate::exit::{EXIT_CANCELLED, EXIT_FAILED};
use crate::layout::{BAD, HINT, Page};
use crate::screen::Screen;

/// What the engine writes between a message and the way out.
const WAY_OUT_MARK: &str = "\n  to go on: ";
/// The way out where the state cannot be reached.
pub(crate) const STATE_HINT: &str = "let this user read and write the state's file and its directory, see that no other \
                                     program holds it, or pass another path with `--state`";
/// The way out of settings that say themselves what is wrong.
const SETTINGS_HINT: &str = "put right what is named above; `config check` tells what is left";
/// Causes shown under an error of the program.
const CAUSES_MAX: usize = 8;

/// Why a command failed, and its exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) problems: Vec<Problem>,
    pub(crate) code: u8,
}

/// One thing that is wrong.
#[derive(Debug)]
pub(crate) struct Problem {
    /// `failed to …: cause`, a lowercase fragment.
    message: String,
    urn: Option<String>,
    field: Option<String>,
    /// Where it was written: `settings/dev.toml:3:1`.
    place: Option<String>,
    hints: Vec<String>,
}

impl Problem {
    /// A problem from a text that may end with a way out.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let (message, hint) = match text.split_once(WAY_OUT_MARK) {
            Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
            None => (text, None),
        };
        Self { message, urn: None, field: None, place: None, hints: hint.into_iter().collect() }
    }

    /// What is wrong.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub(crate) fn way_out(&self) -> Option<String> {
        (!self.hints.is_empty()).then(|| self.hints.join("; "))
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    fn of_fault(action: &str, fault: PlanFault) -> Self {
        let way_out = fault.way_out.clone();
        let (urn, field) = (fault.urn.as_ref().map(ToString::to_string), fault.field.clone());
        Self {
            urn,
            field,
            hints: way_out.into_iter().collect(),
            ..Self::new(format!("failed to {action}: {fault}"))
        }
    }

    fn of_step(failure: &StepFailure) -> Self {
        let verb = crate::render::words(failure.op).infinitive;
        let mut problem = Self::new(format!("failed to {verb} {}: {}", failure.urn, failure.error));
        problem.urn = Some(failure.urn.to_string());
        if let iac_core::StepError::Failed { error } = &failure.error {
            problem.field = error.input_field().map(str::to_owned);
        }
        problem.hints.extend(failure.error.way_out().map(str::to_owned));
        problem
    }

    fn of_setting(fault: &iac_settings::Fault) -> Self {
        Self {
            field: (!fault.key.is_empty()).then(|| fault.key.clone()),
            place: fault.origin.as_ref().map(ToString::to_string),
            hints: fault.way_out.clone().into_iter().map(String::from).collect(),
            ..Self::new(fault.to_string())
        }
    }

    fn print(&self, screen: &Screen) {
        screen.err(&self.text(screen.width));
        self.print_json(screen);
    }

    fn text(&self, width: usize) -> String {
        let mut page = Page::new(width);
        let mut lines = self.message.lines();
        page.item(0, "error:", BAD.bold(), lines.next().unwrap_or_default(), 2);
        lines.for_each(|line| page.line(2, crate::layout::PLAIN, line));
        for hint in &self.hints {
            page.item(0, "hint:", HINT, hint, 2);
        }
        page.finish()
    }

    fn print_json(&self, screen: &Screen) {
        let way_out = self.way_out();
        let mut line = json!({ "message": self.message, "way_out": way_out });
        for (name, value) in [("urn", &self.urn), ("field", &self.field), ("place", &self.place)] {
            if let (Some(value), Some(fields)) = (value, line.as_object_mut()) {
                fields.insert(name.to_owned(), value.as_str().into());
            }
        }
        screen.json_line("error", line);
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem], code: EXIT_FAILED }
    }
}

impl Failure {
    /// `failed to <action>: <cause>`.
    pub(crate) fn new(action: &str, cause: impl std::fmt::Display) -> Self {
        Problem::new(format!("failed to {action}: {cause}")).into()
    }

    /// The operating system gives no threads or no descriptors.
    pub(crate) fn runtime(error: &std::io::Error) -> Self {
        Self::new("start the runtime", error)
            .hint("raise the limits on threads and open files, as with `ulimit -u` and `ulimit -n`")
    }

    /// A signal came before anything was done.
    pub(crate) fn stopped(action: &str) -> Self {
        let failure = Self::new(action, "stopped by a signal; nothing was changed");
        Self { code: EXIT_CANCELLED, ..failure }
    }

    /// An error of the engine: every fault of a plan, the way out of the rest.
    pub(crate) fn engine(action: &str, error: EngineError) -> Self {
        match error {
            EngineError::Plan(error) => {
                let problems = error.faults.into_iter().map(|fault| Problem::of_fault(action, fault));
                Self { problems: problems.collect(), code: EXIT_FAILED }
            }
            other => {
                let hint = engine_hint(&other);
                let failure = Self::new(action, other);
                hint.into_iter().fold(failure, Self::or_hint)
            }
        }
    }

    /// An error of the program, with its causes.
    pub(crate) fn program(action: &str, error: &(dyn StdError + 'static)) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        for _ in 0..CAUSES_MAX {
            let Some(inner) = cause else { break };
            let inner_text = inner.to_string();
            // Many errors repeat their cause in their own text.
            if !text.contains(&inner_text) {
                text = format!("{text}: {inner_text}");
            }
            cause = inner.source();
        }
        Self::new(action, text)
    }

    /// Everything that is wrong with settings, and what was not done because of it. What has no way out
    /// of its own is put right where it is named.
    pub(crate) fn settings(action: &str, faults: iac_settings::Faults) -> Self {
        let count = crate::render::counted(faults.len(), "fault");
        let mut problems: Vec<Problem> = faults.iter().map(Problem::of_setting).collect();
        let mut whole = Problem::new(format!("failed to {action}: {count}; nothing was changed"));
        if problems.iter().any(|problem| problem.hints.is_empty()) {
            whole = whole.hint(SETTINGS_HINT);
        }
        problems.push(whole);
        Self { problems, code: EXIT_FAILED }
    }

    /// The steps that were not done.
    pub(crate) fn steps<'a>(failures: impl IntoIterator<Item = &'a StepFailure>, code: u8) -> Self {
        Self { problems: failures.into_iter().map(Problem::of_step).collect(), code }
    }

    /// Adds a way out to the last problem.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(last) = self.problems.last_mut() {
            last.hints.push(hint.into());
        }
        self
    }

    /// Adds a way out to the last problem where it has none.
    pub(crate) fn or_hint(self, hint: impl Into<String>) -> Self {
        let has_hint = self.problems.last().is_some_and(|last| !last.hints.is_empty());
        if has_hint { self } else { self.hint(hint) }
    }

    /// As [`Failure::print`], for people only the first `shown_max`, then `rest` with how many more there
    /// are.
    pub(crate) fn print_first(&self, screen: &Screen, shown_max: usize, rest: impl FnOnce(usize) -> String) {
        let width = screen.size().columns;
        self.problems.iter().take(shown_max).for_each(|problem| screen.err(&problem.text(width)));
        let more = self.problems.len().saturating_sub(shown_max);
        if more > 0 {
            let mut page = Page::new(width);
            page.item(0, "error:", BAD.bold(), &rest(more), 2);
            screen.err(&page.finish());
        }
        self.problems.iter().for_each(|problem| problem.print_json(screen));
    }

    /// Every problem for people.
    pub(crate) fn text(&self, width: usize) -> String {
        self.problems.iter().map(|problem| problem.text(width)).collect()
    }

    /// Writes it for people, and for programs where they read along.
    pub(crate) fn print(&self, screen: &Screen) {
        self.problems.iter().for_each(|problem| problem.print(screen));
    }
}

/// The way out of an error of the engine whose text has none.
fn engine_hint(error: &EngineError) -> Option<&'static str> {
    match error {
        EngineError::NoRollback { .. } => {
            Some("`history` lists the runs, `history show RUN` what one changed")
        }
        EngineError::State(StateError::Backend(BackendError::Unavailable { .. })) => Some(STATE_HINT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_of_an_engine_error_becomes_a_hint() {
        let problem = Problem::new("urn:a:b:c:d:e: gone\n  to go on: refresh");
        assert_eq!(problem.message, "urn:a:b:c:d:e: gone");
        assert_eq!(problem.hints, ["refresh"]);
    }

    #[test]
    fn a_way_out_is_added_only_where_there_is_none() {
        let hints = |failure: Failure| failure.problems.last().expect("there is one").hints.clone();
        assert_eq!(hints(Failure::new("plan", "gone").or_hint("refresh")), ["refresh"]);
        assert_eq!(hints(Failure::new("plan", "gone\n  to go on: import").or_hint("refresh")), ["import"]);
    }

    #[test]
    fn an_unreachable_state_and_a_run_that_is_no_more_have_a_way_out() {
        let unavailable = BackendError::Unavailable {
            action: "open",
            location: "x.sqlite".into(),
            reason: "locked".into(),
        };
        let failure = Failure::engine("plan shop/dev", unavailable.into());
        assert_eq!(failure.problems[0].way_out().as_deref(), Some(STATE_HINT));
        let none = EngineError::NoRollback { run: 9, reason: "there is no such run".into() };
        let failure = Failure::engine("roll back shop/dev", none);
        assert!(failure.problems[0].way_out().is_some_and(|hint| hint.contains("`history`")));
    }
}
