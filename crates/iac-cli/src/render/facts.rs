//! How old the facts of a plan are, as text. Knows no clock: the time is given.

use std::collections::BTreeMap;

use iac_core::state::TimestampMs;
use iac_core::{Plan, Urn};

use super::refresh::unregistered;
use super::time::ago;
use super::words::{counted, name};
use crate::layout::{CHANGE, FAINT, PLAIN, Page};

/// From the sentence to a resource.
const INDENT: usize = 2;
/// Resources with older facts that are named one by one; the rest is counted.
const OLDER_SHOWN_MAX: usize = 10;

/// What a reader must know about the facts before the plan; nothing where they were read just now.
pub(crate) fn facts(plan: &Plan, now: TimestampMs, width: usize) -> String {
    let mut page = Page::new(width);
    if let (false, Some(newest), Some(oldest)) = (plan.facts.compared, &plan.facts.newest, &plan.facts.oldest)
    {
        let (last, first) = (ago(newest.at, now), ago(oldest.at, now));
        let oldest =
            if last == first { String::new() } else { format!(" (oldest: {}, {first})", name(&oldest.urn)) };
        let text = format!("not compared with the cloud: the state is as of {last}{oldest}");
        page.item(0, "note:", CHANGE, &text, 2);
        older(&mut page, plan, &last, now);
    }
    unregistered(&mut page, &plan.facts.not_compared);
    if !page.is_empty() {
        page.gap();
    }
    page.finish()
}

/// What is about to be changed on facts that are older than the rest.
fn older(page: &mut Page, plan: &Plan, last: &str, now: TimestampMs) {
    let steps = plan.steps.iter().filter_map(|step| Some((&step.urn, step.read_at?)));
    let old: BTreeMap<&Urn, String> =
        steps.map(|(urn, at)| (urn, ago(at, now))).filter(|(_, age)| age != last).collect();
    for (urn, age) in old.iter().take(OLDER_SHOWN_MAX) {
        page.line(INDENT, PLAIN, &format!("{}: as of {age}", name(urn)));
    }
    let more = old.len().saturating_sub(OLDER_SHOWN_MAX);
    if more > 0 {
        page.line(INDENT, FAINT, &format!("... and {} more", counted(more, "resource")));
    }
}
