//! What changed outside of the program, as text: in a plan, and as the answer of a refresh.

use iac_core::{Drift, NotCompared, NotComparedReason, Plan, RefreshReport};

use super::difference::differences;
use super::words::{counted, name};
use crate::layout::{BAD, CHANGE, FAINT, Page, STRONG};

/// From the heading to a resource, and from a resource to its fields.
const INDENT: usize = 2;
const FIELD_INDENT: usize = 4;
/// Resources that were not compared and are named one by one; the rest is counted.
const NOT_COMPARED_SHOWN_MAX: usize = 20;

/// The heading over what nobody planned.
pub(super) const CHANGED_OUTSIDE: &str = "Changed outside of this program";
const ACCEPTED: &str = "Accepted as the cloud has it";

/// What differs between state and cloud, field by field; nothing if nothing does.
pub(super) fn drift_section(page: &mut Page, title: &str, drift: &[Drift]) {
    if drift.is_empty() {
        return;
    }
    page.line(0, STRONG, title);
    page.gap();
    let dropped = if title == ACCEPTED { ", and dropped from the state" } else { "" };
    for found in drift {
        if found.missing {
            page.item(INDENT, "-", BAD, &format!("{} is gone{dropped}", name(&found.urn)), 2);
        } else {
            page.item(INDENT, "~", CHANGE, &name(&found.urn), 2);
            differences(page, INDENT + FIELD_INDENT, &found.diff);
        }
    }
    page.gap();
}

/// The last line of a plan that only refreshes.
pub(super) fn drift_summary(plan: &Plan) -> String {
    let gone = plan.drift.iter().filter(|drift| drift.missing).count();
    match (plan.drift.len() - gone, gone) {
        (0, 0) => match plan.summary.same {
            0 => "Nothing changed outside of this program.".to_owned(),
            same => format!("Nothing changed outside of this program. {same} unchanged."),
        },
        (changed, gone) => format!(
            "Refresh only: {changed} to accept, {gone} to drop from the state. Nothing is changed in the cloud."
        ),
    }
}

/// What a refresh found, and what it did about it.
pub(crate) fn refreshed(report: &RefreshReport, accept: bool, width: usize) -> String {
    let mut page = Page::new(width);
    drift_section(&mut page, if accept { ACCEPTED } else { CHANGED_OUTSIDE }, &report.drift);
    not_compared(&mut page, &report.not_compared);
    let compared = counted(report.resources, "resource");
    let text = match (accept, report.drift.is_empty()) {
        (_, true) => format!("Compared {compared}: nothing changed."),
        (false, false) => format!(
            "Compared {compared}: {} changed, {} gone. `plan` shows what `up` would do about it; `refresh \
             --accept` takes it over.",
            report.drifted, report.missing
        ),
        (true, false) => format!(
            "Compared {compared}: {} accepted, {} dropped. `plan` shows what the program wants to change back.",
            report.accepted, report.dropped
        ),
    };
    page.line(0, STRONG, &text);
    page.finish()
}

/// What a refresh left out, and why.
fn not_compared(page: &mut Page, rows: &[NotCompared]) {
    let local = rows.iter().filter(|row| row.why == NotComparedReason::Local).count();
    if local > 0 {
        let verb = if local == 1 { "lives" } else { "live" };
        let text = format!("{} {verb} in the state alone: nothing to compare.", counted(local, "resource"));
        page.line(0, FAINT, &text);
    }
    unregistered(page, rows);
}

/// Rows whose provider the program does not register any more.
pub(super) fn unregistered(page: &mut Page, rows: &[NotCompared]) {
    let lines: Vec<String> = rows
        .iter()
        .filter_map(|row| match &row.why {
            NotComparedReason::NoProvider { instance } => Some(format!(
                "not compared: {}, because the program registers no provider instance {instance:?} with its type",
                name(&row.urn)
            )),
            _ => None,
        })
        .collect();
    for line in lines.iter().take(NOT_COMPARED_SHOWN_MAX) {
        page.item(0, "note:", CHANGE, line, 2);
    }
    let more = lines.len().saturating_sub(NOT_COMPARED_SHOWN_MAX);
    if more > 0 {
        page.item(0, "note:", CHANGE, &format!("not compared: {more} more"), 2);
    }
}
