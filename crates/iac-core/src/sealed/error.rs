//! [`PlanFileError`]: why a plan file is not written, read or applied, and the way out. Knows
//! nothing of how that is found.

use super::build_id::BuildId;
use super::layout::{PLAN_FILE_LENGTH_MAX, PLAN_FORMAT};
use crate::clock::utc;
use crate::state::{RunStatus, StackId, TimestampMs};

/// Differences that a message names; the rest is counted.
const SHOWN_MAX: usize = 5;

/// Why a sealed plan is refused. Names the check that failed, and never holds a value.
///
/// The text after `to go on:` is the way out.
///
/// ```
/// use iac_core::{PlanFileError, SealedPlan};
///
/// let error = SealedPlan::from_bytes(b"notes".to_vec()).unwrap_err();
/// assert!(matches!(error, PlanFileError::NotAPlan { .. }));
/// assert!(error.to_string().contains("it is not a plan file"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanFileError {
    /// The file is something else.
    #[error("it is not a plan file: {reason}\n  to go on: pass a file that `plan --out` wrote")]
    NotAPlan {
        /// What was found.
        reason: String,
    },
    /// Written by a newer version.
    #[error(
        "it has plan format {found}; this program reads up to {PLAN_FORMAT}\n  to go on: use the build that \
         made it, or plan again"
    )]
    Newer {
        /// The file's format.
        found: u32,
    },
    /// The end is missing.
    #[error("it is cut off: {found} bytes{}\n  to go on: copy it again, or plan again", of(*expected))]
    Truncated {
        /// Bytes there are.
        found: u64,
        /// Bytes there should be, if that much is readable.
        expected: Option<u64>,
    },
    /// At least one byte is not as it was written.
    #[error(
        "it was altered after it was made: {reason}\n  to go on: do not use it; copy it again from where it \
         was made, or plan again"
    )]
    Altered {
        /// What does not fit.
        reason: String,
    },
    /// Larger than any plan file may be.
    #[error(
        "it has {length} bytes, and a plan file has at most {PLAN_FILE_LENGTH_MAX}\n  to go on: plan a part \
         of the stack with `--target`"
    )]
    TooLarge {
        /// Its length.
        length: u64,
    },
    /// There is no key to seal or open with.
    #[error("it cannot be {action} without the key of stack {stack}: {reason}\n  to go on: {way_out}")]
    NoKey {
        /// `sealed` or `opened`.
        action: &'static str,
        /// The stack.
        stack: StackId,
        /// Why there is none.
        reason: &'static str,
        /// What to do.
        way_out: &'static str,
    },
    /// Sealed with the key of another state.
    #[error(
        "it was made from another state: its key is not the one of stack {stack} in this state\n  to go on: \
         use the state it was made from, or plan again"
    )]
    OtherState {
        /// The stack.
        stack: StackId,
    },
    /// For another stack.
    #[error(
        "it is a plan for stack {planned}, not for {wanted}\n  to go on: choose stack {}, or plan again",
        .planned.stack
    )]
    OtherStack {
        /// The stack it is for.
        planned: StackId,
        /// The stack that was asked for.
        wanted: StackId,
    },
    /// The content is whole and has a form that this build does not read.
    #[error(
        "its content has a form that this build does not read ({reason}); it was made by build {planned}\n  \
         to go on: use the build that made it, or plan again"
    )]
    Unreadable {
        /// What does not fit.
        reason: String,
        /// The build that made it.
        planned: BuildId,
    },
    /// Made by another build of the program.
    #[error(
        "it was made by build {planned} of the program, and this is build {running}\n  to go on: apply it \
         with the build that made it, or plan again"
    )]
    OtherBuild {
        /// The build that made it.
        planned: BuildId,
        /// The build that runs.
        running: BuildId,
    },
    /// The same build declares other resources.
    #[error(
        "the program's settings are not those it was made with: {}\n  to go on: pass the same settings, or \
         plan again",
        first(.differs)
    )]
    OtherProgram {
        /// What differs, resource by resource.
        differs: Vec<String>,
    },
    /// The same resources would be planned otherwise.
    #[error(
        "the same program would plan otherwise now: {}; an output of another stack or a computed value is \
         another one than before\n  to go on: plan again",
        first(.differs)
    )]
    OtherPlan {
        /// What differs, resource by resource.
        differs: Vec<String>,
    },
    /// The state has moved on.
    #[error(
        "it is stale: it was made from state {planned}, and the state is now {found}, where {}\n  to go on: \
         plan again",
        first(.differs)
    )]
    Stale {
        /// The serial it was made from.
        planned: u64,
        /// The serial found.
        found: u64,
        /// What moved, resource by resource.
        differs: Vec<String>,
    },
    /// A run did its steps.
    #[error("{}", applied(*run, *at, *status))]
    AlreadyApplied {
        /// The run.
        run: u64,
        /// When it began.
        at: TimestampMs,
        /// How it ended.
        status: RunStatus,
    },
    /// The credentials are for another account.
    #[error(
        "it was made for account {planned:?} of provider instance {instance:?}, and the credentials are for \
         {found:?} now\n  to go on: use the same credentials, or plan again"
    )]
    OtherAccount {
        /// The provider instance.
        instance: String,
        /// The account it was made for.
        planned: String,
        /// The account found.
        found: String,
    },
    /// The file cannot be read or written.
    #[error("cannot {action} {path}: {reason}")]
    File {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Something else is where the plan was to be written.
    #[error(
        "{path} exists and is {found}; it was left as it is\n  to go on: choose another path, or ask for it \
         to be replaced with `--overwrite`"
    )]
    Occupied {
        /// The file.
        path: String,
        /// What it is.
        found: &'static str,
    },
}

fn of(expected: Option<u64>) -> String {
    expected.map(|expected| format!(" of {expected}")).unwrap_or_default()
}

fn applied(run: u64, at: TimestampMs, status: RunStatus) -> String {
    let at = utc(at);
    match status {
        RunStatus::Succeeded => {
            format!(
                "it was applied already, by run {run} at {at}\n  to go on: plan again if there is more to do"
            )
        }
        _ => format!(
            "run {run} at {at} began to apply it and did not do everything\n  to go on: plan again; the new \
             plan has what is left"
        ),
    }
}

/// The first differences, and how many more there are.
fn first(differs: &[String]) -> String {
    let shown: Vec<&str> = differs.iter().take(SHOWN_MAX).map(String::as_str).collect();
    let more = differs.len().saturating_sub(SHOWN_MAX);
    match (shown.is_empty(), more) {
        (true, _) => "something differs".to_owned(),
        (false, 0) => shown.join(", "),
        (false, more) => format!("{}, and {more} more", shown.join(", ")),
    }
}
