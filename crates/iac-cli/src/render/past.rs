//! The history as text and JSON: runs, the steps of one with what they changed, the way back to one;
//! and what a check of the state found.

use iac_core::state::{RunRecord, RunStatus, StackId, StepRecord, TimestampMs};
use iac_core::{FindingSeverity, Health, Urn, utc};
use serde_json::{Value as Json, json};

use super::difference::differences;
use super::time::duration;
use super::value::to_json;
use super::words::{counted, name};
use crate::layout::{BAD, CHANGE, GOOD, HINT, PLAIN, Page, STRONG};

/// Runs, one a line.
pub(crate) fn runs(runs: &[RunRecord], width: usize) -> String {
    let mut page = Page::new(width);
    for run in runs {
        let text = format!(
            "{:8} {:10} {}{} by {}{}",
            word(&run.kind),
            word(&run.status),
            utc(run.started_at),
            took(run),
            run.holder,
            run.rollback_to.map(|to| format!(", to #{to}")).unwrap_or_default()
        );
        page.item(0, &format!("#{}", run.run), STRONG, &text, 4);
    }
    if page.is_empty() {
        page.line(0, PLAIN, "No runs yet.");
    }
    page.finish()
}

/// One run with its steps and what they changed.
pub(crate) fn past_run(run: &RunRecord, steps: &[StepRecord], width: usize) -> String {
    let mut page = Page::new(width);
    let to = run.rollback_to.map(|to| format!(" to #{to}")).unwrap_or_default();
    let text = format!(
        "{}{to}, {}, {}{}, by {}",
        word(&run.kind),
        word(&run.status),
        utc(run.started_at),
        took(run),
        run.holder
    );
    page.item(0, &format!("Run #{}:", run.run), STRONG, &text, 4);
    for step in steps {
        let style = if step.error.is_some() { BAD } else { PLAIN };
        let text = format!(
            "{} ({}, {})",
            name(&step.urn),
            time_of_day(step.started_at),
            duration(span(step.started_at, step.ended_at))
        );
        page.item(2, &step.op, style, &text, 4);
        if let Some((kind, message)) = &step.error {
            page.line(6, BAD, &format!("{kind}: {message}"));
        }
        differences(&mut page, 6, &step.diff());
    }
    if steps.is_empty() {
        page.line(2, PLAIN, "No steps.");
    }
    page.finish()
}

/// One step of the history as JSON, secrets marked.
pub(crate) fn past_step_json(step: &StepRecord) -> Json {
    let error = step.error.as_ref().map(|(kind, message)| json!({ "kind": kind, "message": message }));
    json!({
        "run": step.key.run,
        "step": step.key.step,
        "urn": step.urn,
        "op": step.op,
        "started_at": step.started_at,
        "ended_at": step.ended_at,
        "error": error,
        "before": step.before.as_ref().map(to_json),
        "after": step.after.as_ref().map(to_json),
        "diff": to_json(&step.diff()),
    })
}

/// Which run a rollback leads back to, and what it was like.
pub(crate) fn way_back(run: &RunRecord, incomplete: &[Urn], width: usize) -> String {
    let mut page = Page::new(width);
    let text = format!(
        "Back to what the stack was after run #{} ({}, {})",
        run.run,
        word(&run.kind),
        utc(run.started_at)
    );
    page.line(0, STRONG, &text);
    if run.status != RunStatus::Succeeded {
        let text = format!("that run ended as {}; what it left is what it leads back to", word(&run.status));
        page.item(0, "note:", CHANGE, &text, 2);
    }
    for urn in incomplete {
        let text = format!("{} was only half made then and is left out", name(urn));
        page.item(0, "note:", CHANGE, &text, 2);
    }
    page.gap();
    page.finish()
}

/// What a check found; `restore` is the way back from damage.
pub(crate) fn health(stack: &StackId, health: &Health, restore: Option<&str>, width: usize) -> String {
    let mut page = Page::new(width);
    for finding in &health.findings {
        let (lead, style) = match finding.severity {
            FindingSeverity::Damage => ("damage:", BAD),
            FindingSeverity::Unchecked => ("not checked:", BAD),
            _ => ("note:", CHANGE),
        };
        page.item(0, lead, style, &finding.message, 2);
        // The way back from damage is told once, with the backup's name.
        if finding.severity != FindingSeverity::Damage || restore.is_none() {
            page.item(2, "hint:", HINT, &finding.way_out, 2);
        }
    }
    if let Some(restore) = restore {
        page.item(0, "hint:", HINT, restore, 2);
    }
    let damages =
        health.findings.iter().filter(|finding| finding.severity == FindingSeverity::Damage).count();
    let checked =
        format!("Checked {stack}: {} at serial {}", counted(health.resources, "resource"), health.serial);
    match damages {
        0 if health.is_whole() => page.line(0, GOOD, &format!("{checked}, no damage.")),
        0 => page.line(0, BAD, &format!("{checked}, no damage in what could be looked at.")),
        damages => page.line(0, BAD, &format!("{checked}, {}.", counted(damages, "damage"))),
    }
    page.finish()
}

fn word(value: &impl serde::Serialize) -> String {
    to_json(value).as_str().unwrap_or_default().to_owned()
}

fn took(run: &RunRecord) -> String {
    run.ended_at.map(|end| format!(", took {}", duration(span(run.started_at, end)))).unwrap_or_default()
}

fn time_of_day(at: TimestampMs) -> String {
    let text = utc(at);
    text.split_once(' ').map_or(text.clone(), |(_, time)| time.to_owned())
}

fn span(from: TimestampMs, to: TimestampMs) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or_default()
}
