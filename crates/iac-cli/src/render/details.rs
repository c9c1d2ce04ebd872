//! A plan step by step, for a person who wants to know more before approving it. Knows nothing of
//! approval.

use iac_core::{Plan, Step};

use super::difference::{differences, fields};
use super::words::{name, words};
use crate::layout::{FAINT, Page, STRONG};

/// From a step to what is told of it.
const INDENT: usize = 6;
/// Steps that a step waits for and are named; the rest is counted.
const AFTER_SHOWN_MAX: usize = 8;
/// Lines of one text that are shown.
const TEXT_LINES_MAX: usize = 400;

/// Every step in the order of the plan: its URN, provider, what it waits for, why, and all its fields.
pub(crate) fn details(plan: &Plan, width: usize) -> String {
    let mut page = Page::new(width);
    page.gap();
    page.line(0, STRONG, &format!("Steps for {}, each after those it waits for", plan.stack));
    page.gap();
    for step in &plan.steps {
        show(&mut page, plan, step);
    }
    page.finish()
}

/// How a step is numbered for people.
fn number(step: &Step) -> u64 {
    u64::from(step.index) + 1
}

fn show(page: &mut Page, plan: &Plan, step: &Step) {
    let word = words(step.op);
    let lead = format!("{:>3}. {} {}", number(step), word.mark, word.infinitive);
    page.item(0, &lead, word.style, &name(&step.urn), INDENT);
    page.line(INDENT, FAINT, step.urn.as_str());
    let id = step.prior.as_ref().filter(|row| !row.id.is_empty()).map(|row| format!(", now {}", row.id));
    page.line(INDENT, FAINT, &format!("provider {}{}", step.provider, id.unwrap_or_default()));
    page.line(INDENT, FAINT, &after(plan, step));
    for reason in &step.reasons {
        page.line(INDENT, FAINT, &format!("because {reason}"));
    }
    if step.diff.is_empty() {
        fields(page, INDENT, &step.inputs, TEXT_LINES_MAX);
    } else {
        differences(page, INDENT, &step.diff);
    }
}

/// "waits for 1 (fake:machine web), 2 (fake:disk data)".
fn after(plan: &Plan, step: &Step) -> String {
    if step.after.is_empty() {
        return "waits for nothing".to_owned();
    }
    let named = step.after.iter().filter_map(|index| plan.step(*index));
    let mut parts: Vec<String> =
        named.take(AFTER_SHOWN_MAX).map(|one| format!("{} ({})", number(one), name(&one.urn))).collect();
    let more = step.after.len().saturating_sub(AFTER_SHOWN_MAX);
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    format!("waits for {}", parts.join(", "))
}
