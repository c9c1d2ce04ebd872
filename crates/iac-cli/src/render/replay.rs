//! How a replayed run ended, as text. Knows nothing of how it is replayed.

use std::collections::BTreeMap;

use iac_core::Op;
use iac_core::state::RunStatus;

use super::outcome::done;
use crate::layout::{BAD, GOOD, Page};

/// The last line of a run, from what it reported. `finished` counts the steps done of each kind.
pub(crate) fn replayed(
    status: RunStatus,
    finished: &BTreeMap<Op, usize>,
    failed: usize,
    skipped: usize,
    width: usize,
) -> String {
    let mut page = Page::new(width);
    page.gap();
    let done = done(finished);
    match status {
        RunStatus::Succeeded => page.line(0, GOOD.bold(), &format!("Done: {done}.")),
        status => {
            let lead = if status == RunStatus::Cancelled { "Stopped" } else { "Failed" };
            page.line(0, BAD.bold(), &format!("{lead}: {done}; {failed} failed, {skipped} not tried."));
        }
    }
    page.finish()
}
