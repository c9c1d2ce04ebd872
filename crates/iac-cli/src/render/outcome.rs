//! How a run ended, as text.

use std::collections::BTreeMap;

use iac_core::state::RunStatus;
use iac_core::{Op, Outcome, Plan, Value};

use super::value::line;
use super::words::{counted, name};
use crate::again::Again;
use crate::layout::{BAD, CHANGE, GOOD, HINT, PLAIN, Page, STRONG};

/// Columns of output names that align; longer ones stand out.
const NAME_COLUMNS_MAX: usize = 24;
/// Skipped resources named one by one; the rest is counted.
const SKIPPED_SHOWN_MAX: usize = 20;

/// Named values under a heading; nothing if there are none.
pub(crate) fn outputs_section(values: &BTreeMap<String, Value>, width: usize) -> String {
    let mut page = Page::new(width);
    if !values.is_empty() {
        page.gap();
        page.line(0, STRONG, "Outputs");
        page.gap();
        named(&mut page, 2, values);
    }
    page.finish()
}

/// Named values alone.
pub(crate) fn outputs(values: &BTreeMap<String, Value>, width: usize) -> String {
    let mut page = Page::new(width);
    if values.is_empty() {
        page.line(0, PLAIN, "No outputs.");
    }
    named(&mut page, 0, values);
    page.finish()
}

fn named(page: &mut Page, indent: usize, outputs: &BTreeMap<String, Value>) {
    let lengths = outputs.keys().map(|name| name.chars().count() + 1);
    let column = lengths.filter(|length| *length <= NAME_COLUMNS_MAX).max().unwrap_or(0);
    for (name, value) in outputs {
        let lead = format!("{:column$}", format!("{name}:"));
        match value.as_str().filter(|text| text.contains('\n')) {
            // The whole of a longer text is what `outputs NAME` is for.
            Some(text) => {
                let lines = text.lines().count();
                page.item(indent, &lead, PLAIN, &format!("{lines} lines; `outputs {name}` shows them"), 4);
            }
            None => page.item(indent, &lead, PLAIN, &line(value), column + 1),
        }
    }
}

/// The resources whose steps were not tried, and why.
pub(crate) fn not_tried(plan: &Plan, outcome: &Outcome, width: usize) -> String {
    let mut page = Page::new(width);
    if !outcome.skipped.is_empty() {
        page.line(0, STRONG, "Not tried");
        for (urn, because) in outcome.skipped.iter().take(SKIPPED_SHOWN_MAX) {
            let why = match because {
                Some(failed) => format!("it needs {}, which failed", name(failed)),
                None => outcome.stopped.clone().unwrap_or_else(|| "the run was stopped".to_owned()),
            };
            page.line(2, PLAIN, &format!("{}: {why}", name(urn)));
        }
        let more = outcome.skipped.len().saturating_sub(SKIPPED_SHOWN_MAX);
        if more > 0 {
            page.line(2, PLAIN, &format!("... and {more} more"));
        }
    }
    let abandoned = abandoned(plan, outcome);
    if abandoned > 0 {
        let text = format!(
            "{} abandoned; the next run finds out what became of it",
            counted(abandoned, "running step")
        );
        page.item(0, "warning:", CHANGE, &text, 2);
    }
    page.finish()
}

/// What to do after a run that did not do everything, with the commands to do it.
pub(crate) fn what_next(
    plan: &Plan,
    outcome: &Outcome,
    again: &Again,
    command: &str,
    width: usize,
) -> String {
    let mut page = Page::new(width);
    let same = again.same(command);
    let text = if outcome.status == RunStatus::Cancelled || abandoned(plan, outcome) > 0 {
        format!("what is done is recorded; run {same} again to go on")
    } else {
        format!("what is done is recorded; correct the cause and run {same} again, which does the rest")
    };
    page.item(0, "hint:", HINT, &text, 2);
    if let Some(run) = outcome.run {
        let look = again.beside(&format!("history show {run}"));
        page.item(0, "hint:", HINT, &format!("{look} shows what this run did"), 2);
    }
    page.finish()
}

/// The last line of a run. `finished` counts the steps done of each kind.
pub(crate) fn summary_of_run(
    plan: &Plan,
    outcome: &Outcome,
    finished: &BTreeMap<Op, usize>,
    width: usize,
) -> String {
    let mut page = Page::new(width);
    page.gap();
    let (failed, skipped) = (outcome.failures.len(), outcome.skipped.len());
    match outcome.status {
        RunStatus::Succeeded => page.line(0, GOOD.bold(), &format!("Done: {}.", done(finished))),
        status => {
            let lead = if status == RunStatus::Cancelled { "Stopped" } else { "Failed" };
            let mut text = format!("{lead}: {}; {failed} failed, {skipped} not tried", done(finished));
            let abandoned = abandoned(plan, outcome);
            if abandoned > 0 {
                text.push_str(&format!(", {abandoned} abandoned"));
            }
            page.line(0, BAD.bold(), &format!("{text}."));
        }
    }
    page.finish()
}

fn abandoned(plan: &Plan, outcome: &Outcome) -> usize {
    let ended = outcome.done + outcome.failures.len() + outcome.skipped.len();
    plan.steps.len().saturating_sub(ended)
}

/// "3 created, 1 replaced".
pub(super) fn done(finished: &BTreeMap<Op, usize>) -> String {
    let count = |op: Op| finished.get(&op).copied().unwrap_or(0);
    let replaced = count(Op::CreateReplacement);
    let parts = [
        (count(Op::Create), "created"),
        (count(Op::Update), "updated"),
        (replaced, "replaced"),
        (count(Op::Delete), "deleted"),
        (count(Op::DeleteReplaced).saturating_sub(replaced), "left over from replacements deleted"),
        (count(Op::Read), "read"),
        (count(Op::Import), "imported"),
        (count(Op::Record), "changed in the state only"),
        (count(Op::Accept), "accepted"),
        (count(Op::Forget), "forgotten"),
    ];
    let mut parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if count(Op::Hook) > 0 {
        parts.push(format!("{} run", counted(count(Op::Hook), "hook")));
    }
    if parts.is_empty() { "no resource changed".to_owned() } else { parts.join(", ") }
}
