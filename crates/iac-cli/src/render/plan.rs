//! A plan as text: a tree of resources by scope, what changed elsewhere, warnings, outputs, counts.

use std::collections::{BTreeMap, HashMap, HashSet};

use iac_core::{Op, OutputChange, Plan, PlanHeader, Recovered, Step, Urn, Warning, utc};

use super::cost::cost_line;
use super::difference::{NEW_TEXT_LINES_MAX, differences, fields};
use super::refresh::{CHANGED_OUTSIDE, drift_section, drift_summary};
use super::selection::selection;
use super::value::{line, pair};
use super::words::{counted, name, replacement_mark, words};
use crate::layout::{BAD, CHANGE, FAINT, GOOD, PLAIN, Page, STRONG};

/// One level of scope.
const INDENT: usize = 2;
/// From a resource to its fields.
const FIELD_INDENT: usize = 4;

/// What one line of the tree is about.
struct Entry<'a> {
    step: &'a Step,
    /// The old half, if the step is the new half of a replacement.
    old_half: Option<&'a Step>,
}

/// The whole plan.
pub(crate) fn plan(plan: &Plan, width: usize) -> String {
    let mut page = Page::new(width);
    recovered_section(&mut page, &plan.recovered);
    drift_section(&mut page, CHANGED_OUTSIDE, &plan.drift);
    if plan.refresh_only {
        page.line(0, STRONG, &drift_summary(plan));
        return page.finish();
    }
    if !plan.steps.is_empty() {
        let title = if plan.destroy { "Plan to destroy" } else { "Plan for" };
        page.line(0, STRONG, &format!("{title} {}", plan.stack));
        page.gap();
        tree(&mut page, plan);
        page.gap();
    }
    selection(&mut page, &plan.selection);
    warnings(&mut page, &plan.warnings);
    output_changes(&mut page, &plan.outputs);
    page.line(0, STRONG, &summary(plan));
    page.finish() + &cost_line(&plan.cost, width)
}

fn tree(page: &mut Page, plan: &Plan) {
    let mut scopes: BTreeMap<Vec<&str>, Vec<Entry<'_>>> = BTreeMap::new();
    for entry in entries(&plan.steps) {
        let mut scope: Vec<&str> = entry.step.urn.path().split('/').collect();
        scope.pop();
        scopes.entry(scope).or_default().push(entry);
    }
    let mut open: Vec<&str> = Vec::new();
    for (scope, entries) in scopes {
        let common = open.iter().zip(&scope).take_while(|(a, b)| a == b).count();
        for (depth, part) in scope.iter().enumerate().skip(common) {
            page.line(INDENT * (depth + 1), STRONG, &format!("{part}/"));
        }
        for entry in entries {
            show(page, INDENT * (scope.len() + 1), &entry, plan.destroy);
        }
        open = scope;
    }
}

/// Steps in their order, the halves of a replacement together.
fn entries(steps: &[Step]) -> Vec<Entry<'_>> {
    let is_new_half = |step: &Step| step.op == Op::CreateReplacement;
    let token = |step: &Step| step.prior.as_ref().map(|row| row.token.clone());
    let replaced: HashSet<String> = steps.iter().filter(|step| is_new_half(step)).filter_map(token).collect();
    let mut old_halves: HashMap<String, &Step> = HashMap::new();
    let mut entries = Vec::with_capacity(steps.len());
    for step in steps {
        let old_half = |token: &String| !is_new_half(step) && step.hook.is_none() && replaced.contains(token);
        match token(step).filter(old_half) {
            Some(token) => drop(old_halves.insert(token, step)),
            None => entries.push(Entry { step, old_half: None }),
        }
    }
    for entry in entries.iter_mut().filter(|entry| is_new_half(entry.step)) {
        entry.old_half = token(entry.step).and_then(|token| old_halves.remove(&token));
    }
    entries
}

fn show(page: &mut Page, indent: usize, entry: &Entry<'_>, destroy: bool) {
    let step = entry.step;
    head(page, indent, entry, &format!("{} {}", step.type_token, step.urn.name()));
    for reason in reasons(entry, destroy) {
        page.line(indent + FIELD_INDENT, FAINT, &format!("because {reason}"));
    }
    if entry.old_half.is_some_and(|half| half.op == Op::Forget) {
        page.line(indent + FIELD_INDENT, FAINT, "the old object stays in the cloud");
    }
    match step.op {
        Op::Hook => {}
        Op::Create | Op::Read => fields(page, indent + FIELD_INDENT, &step.inputs, NEW_TEXT_LINES_MAX),
        _ => differences(page, indent + FIELD_INDENT, &step.diff),
    }
}

/// The line of a step: what is done to which resource.
fn head(page: &mut Page, indent: usize, entry: &Entry<'_>, resource: &str) {
    let step = entry.step;
    let word = words(step.op);
    let (mark, verb, style) = match (step.op, entry.old_half) {
        (Op::CreateReplacement, Some(_)) => (replacement_mark(step.replace_order), "replace", CHANGE),
        _ => (word.mark, word.infinitive, word.style),
    };
    let verb = if step.hook.is_some() { "run hook" } else { verb };
    let lead = format!("{mark} {verb}");
    let hang = mark.chars().count() + 1;
    match &step.hook {
        Some(hook) => {
            let when = format!("{:?} {} {resource}", hook.used.name, hook.used.phase.as_str());
            page.item(indent, &lead, style, &when, hang);
        }
        None => page.item(indent, &lead, style, resource, hang),
    }
}

/// The reasons that say more than the line above them.
fn reasons<'a>(entry: &Entry<'a>, destroy: bool) -> &'a [String] {
    let step = entry.step;
    let told = match step.op {
        // "it is new", and "`size` changes" above the changed size.
        Op::Create if step.prior.is_none() => step.reasons.len(),
        // One that imports first says so.
        Op::Update if step.prior.as_ref().is_some_and(|row| row.token.is_empty()) => 0,
        Op::Update => step.reasons.len(),
        // "the stack is destroyed".
        Op::Delete | Op::Forget if destroy => 1,
        _ => 0,
    };
    step.reasons.get(told..).unwrap_or_default()
}

/// What an interrupted run had left open, and what became of it.
fn recovered_section(page: &mut Page, recovered: &[Recovered]) {
    if recovered.is_empty() {
        return;
    }
    page.line(0, STRONG, "Settled from an interrupted run");
    page.gap();
    for settled in recovered {
        let text = format!("{}: {} was begun; {}", name(&settled.urn), settled.op, settled.finding);
        page.item(INDENT, "?", CHANGE, &text, 2);
    }
    page.gap();
}

fn warnings(page: &mut Page, warnings: &[Warning]) {
    // What cannot be undone stands last, next to the counts.
    let (losses, others): (Vec<_>, Vec<_>) = warnings.iter().partition(|warning| warning.loses_data);
    for warning in others.into_iter().chain(losses) {
        let urn = warning.urn.as_ref().map(|urn| format!("{}: ", name(urn))).unwrap_or_default();
        let field = warning.field.as_ref().map(|field| format!("field `{field}`: ")).unwrap_or_default();
        let style = if warning.loses_data { BAD } else { CHANGE };
        page.item(0, lead_of(warning), style, &format!("{urn}{field}{}", warning.message), 2);
    }
    if !warnings.is_empty() {
        page.gap();
    }
}

fn lead_of(warning: &Warning) -> &'static str {
    if warning.loses_data { "data loss:" } else { "warning:" }
}

fn output_changes(page: &mut Page, outputs: &[OutputChange]) {
    if outputs.is_empty() {
        return;
    }
    page.line(0, STRONG, "Outputs");
    page.gap();
    for change in outputs {
        use iac_core::Value::{Null, Secret};
        let (mark, style, text) = match (&change.old, &change.new) {
            (Null, new) => ("+", GOOD, line(new)),
            (old, Null) => ("-", BAD, line(old)),
            (Secret(_), Secret(new)) if !new.has_unknown() => {
                ("~", CHANGE, "[secret] -> [secret] changed".to_owned())
            }
            (old, new) => {
                let (old, new) = pair(old, new);
                ("~", CHANGE, format!("{old} -> {new}"))
            }
        };
        page.item(INDENT, mark, style, &format!("{}: {text}", change.name), FIELD_INDENT);
    }
    page.gap();
}

/// A plan from a file in two lines: where it comes from and how much it does.
pub(crate) fn saved(plan: &Plan, header: &PlanHeader, width: usize) -> String {
    let mut page = Page::new(width);
    let what = if plan.destroy { "Saved plan to destroy" } else { "Saved plan for" };
    let origin = format!("made {} from state {}", utc(header.created_at), header.parent_serial);
    page.line(0, STRONG, &format!("{what} {}, {origin}", plan.stack));
    page.line(0, STRONG, &summary(plan));
    page.finish() + &cost_line(&plan.cost, width)
}

/// "Plan: 3 to create, 1 to update; 12 unchanged."
fn summary(plan: &Plan) -> String {
    if !plan.has_changes() {
        return match plan.summary.same {
            0 => "No changes.".to_owned(),
            same => format!("No changes. {same} unchanged."),
        };
    }
    let left_over = entries(&plan.steps).iter().filter(|entry| entry.step.op == Op::DeleteReplaced).count();
    let counts = &plan.summary;
    let parts = [
        (counts.create, "to create"),
        (counts.update, "to update"),
        (counts.replace, "to replace"),
        (counts.delete, "to delete"),
        (left_over, "left over from replacements to delete"),
        (counts.read, "to read"),
        (counts.import, "to import"),
        (counts.record, "to change in the state only"),
    ];
    let mut parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if counts.hook > 0 {
        parts.push(format!("{} to run", counted(counts.hook, "hook")));
    }
    let what = if parts.is_empty() { "only outputs change".to_owned() } else { parts.join(", ") };
    match counts.same {
        0 => format!("Plan: {what}."),
        same => format!("Plan: {what}; {same} unchanged."),
    }
}

/// The steps in full, of one resource or of all: nothing is cut, and each says where it happens and what
/// it waits for.
pub(crate) fn details(plan: &Plan, only: Option<&Urn>, width: usize) -> String {
    let mut page = Page::whole(width);
    let mut entries = entries(&plan.steps);
    entries.retain(|entry| only.is_none_or(|urn| entry.step.urn == *urn));
    entries.sort_by(|a, b| a.step.urn.path().cmp(b.step.urn.path()));
    for entry in &entries {
        page.gap();
        detail(&mut page, plan, entry);
    }
    if entries.is_empty() {
        page.line(0, PLAIN, "No resource changes.");
    }
    page.finish()
}

fn detail(page: &mut Page, plan: &Plan, entry: &Entry<'_>) {
    let step = entry.step;
    head(page, 0, entry, &name(&step.urn));
    let mut fact = |text: &str| page.line(FIELD_INDENT, FAINT, text);
    fact(step.urn.as_str());
    step.reasons.iter().for_each(|reason| fact(&format!("because {reason}")));
    // What is created anew has a row where its object was deleted outside.
    let prior = step.prior.as_ref().filter(|_| step.op != Op::Create);
    let id = prior.map(|row| row.id.as_str()).filter(|id| !id.is_empty());
    match id {
        Some(id) => fact(&format!("{id} in {}", step.provider)),
        None => fact(&format!("in {}", step.provider)),
    }
    // That its own old half goes first is told by the mark.
    let own = entry.old_half.map(|half| half.index);
    let waits: Vec<String> = step
        .after
        .iter()
        .filter(|index| Some(**index) != own)
        .filter_map(|index| plan.step(*index))
        .map(|before| format!("{} ({})", before.urn.path(), words(before.op).doing))
        .collect();
    match waits.as_slice() {
        [] => fact("waits for nothing"),
        waits => fact(&format!("waits for {}", waits.join(", "))),
    }
    if entry.old_half.is_some_and(|half| half.op == Op::Forget) {
        fact("the old object stays in the cloud");
    }
    for warning in plan.warnings.iter().filter(|warning| warning.urn.as_ref() == Some(&step.urn)) {
        page.item(FIELD_INDENT, lead_of(warning), CHANGE, &warning.message, 2);
    }
    let prior = step.prior.as_ref().map(|row| &row.inputs);
    match (step.op, prior) {
        (Op::Hook, _) => {}
        (Op::Create | Op::Read, _) => fields(page, FIELD_INDENT, &step.inputs, usize::MAX),
        (Op::Delete | Op::DeleteReplaced | Op::Forget, Some(inputs)) => {
            fields(page, FIELD_INDENT, inputs, usize::MAX);
        }
        _ => differences(page, FIELD_INDENT, &step.diff),
    }
}
