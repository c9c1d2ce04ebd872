//! [`Checks`]: what was found, told as it is found. Knows nothing of what is looked at.

use serde_json::json;

use crate::exit::{EXIT_DONE, EXIT_FAILED};
use crate::failure::Failure;
use crate::layout::{BAD, CHANGE, GOOD, HINT, Page};
use crate::render::counted;
use crate::screen::Screen;

/// The way out of what says itself what is wrong.
const MEND: &str = "change what it names, and look again";
/// Columns of the longest status.
const STATUS_WIDTH: usize = 7;

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// As it should be.
    Ok,
    /// A run may work, and somebody should know.
    Warning,
    /// A run would fail.
    Failed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What was found of one part.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) message: String,
    pub(super) way_out: Option<String>,
}

impl Check {
    fn new(name: impl Into<String>, status: Status, message: impl Into<String>) -> Self {
        Self { name: name.into(), status, message: message.into(), way_out: None }
    }

    pub(super) fn ok(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, message)
    }

    pub(super) fn warning(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(name, Status::Warning, message)
    }

    pub(super) fn failed(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(name, Status::Failed, message)
    }

    pub(super) fn way_out(mut self, hint: impl Into<String>) -> Self {
        self.way_out = Some(hint.into());
        self
    }

    /// One check for each problem of a failure.
    pub(super) fn of_failure(name: &str, failure: &Failure) -> Vec<Self> {
        let problems = failure.problems.iter();
        problems
            .map(|problem| {
                let way_out = problem.way_out().unwrap_or_else(|| MEND.to_owned());
                Self::failed(name, problem.message()).way_out(way_out)
            })
            .collect()
    }
}

/// Tells each check at once, so that what was found stays when something later ends the process.
pub(super) struct Checks<'a> {
    screen: &'a Screen,
    told: Vec<Status>,
}

impl<'a> Checks<'a> {
    pub(super) fn new(screen: &'a Screen) -> Self {
        Self { screen, told: Vec::new() }
    }

    pub(super) fn tell(&mut self, check: Check) {
        let Check { name, status, message, way_out } = check;
        let style = match status {
            Status::Ok => GOOD,
            Status::Warning => CHANGE,
            Status::Failed => BAD.bold(),
        };
        let mut page = Page::new(self.screen.width);
        let lead = format!("{:STATUS_WIDTH$}", status.as_str());
        page.item(0, &lead, style, &format!("{name}: {message}"), STATUS_WIDTH + 1);
        if let Some(hint) = &way_out {
            page.item(STATUS_WIDTH + 1, "hint:", HINT, hint, 2);
        }
        self.screen.out(&page.finish());
        let line = json!({
            "name": name, "status": status.as_str(), "message": message, "way_out": way_out
        });
        self.screen.json_line("check", line);
        self.told.push(status);
    }

    pub(super) fn tell_all(&mut self, checks: impl IntoIterator<Item = Check>) {
        checks.into_iter().for_each(|check| self.tell(check));
    }

    /// The sum, and the exit code: failed if anything did.
    pub(super) fn finish(self) -> u8 {
        let count = |status: Status| self.told.iter().filter(|told| **told == status).count();
        let (ok, warnings, failed) = (count(Status::Ok), count(Status::Warning), count(Status::Failed));
        let line = json!({ "ok": ok, "warnings": warnings, "failed": failed });
        self.screen.json_line("doctor", line);
        let sum = match (failed, warnings) {
            (0, 0) => format!("\nAll is well: {}.\n", counted(ok, "check")),
            (0, _) => format!("\nNothing failed: {}, {ok} ok.\n", counted(warnings, "warning")),
            _ => format!("\n{failed} failed, {}, {ok} ok.\n", counted(warnings, "warning")),
        };
        self.screen.out(&sum);
        if failed == 0 { EXIT_DONE } else { EXIT_FAILED }
    }
}
