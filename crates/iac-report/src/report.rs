//! [`Report`]: everything a page shows of a plan or a run, as data. Knows nothing of HTML.

use std::collections::{BTreeMap, BTreeSet};

use iac_core::state::{ResourceRecord, RunKind, RunRecord, RunStatus, StackId, StepRecord, TimestampMs};
use iac_core::{Graph, Op, Part, Plan, Snapshot, Step, StepIndex, Urn, Value, utc};
use serde::Serialize;

use crate::action::Action;
use crate::difference::{Field, between, of_diff, of_inputs, text};
use crate::picture::{Layout, NODE_HEIGHT, NODE_WIDTH, Picture, layout};
use crate::timeline::{Timeline, timeline};

/// A plan or a recorded run, ready to be one HTML file.
///
/// Made from data alone; it holds texts in which secrets are marked, and nothing else of them.
#[derive(Debug, Clone, Serialize)]
#[must_use]
pub struct Report {
    pub(crate) title: String,
    /// Labels and texts under the title.
    pub(crate) about: Vec<(String, String)>,
    pub(crate) actions: Vec<Legend>,
    resources: Vec<Shown>,
    groups: Vec<crate::picture::Group>,
    /// Width and height of the graph, width and height of a resource in it.
    size: [i32; 4],
    pub(crate) notes: Vec<Note>,
    outputs: Vec<Field>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<Timeline>,
}

/// One kind of treatment and how many resources get it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Legend {
    pub(crate) key: &'static str,
    pub(crate) mark: &'static str,
    pub(crate) word: &'static str,
    pub(crate) count: usize,
}

/// Something to know: an error, a warning, something settled before.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Note {
    /// `error`, `warning` or `note`.
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    /// The resource it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<usize>,
}

/// One resource of the page.
#[derive(Debug, Clone, Serialize)]
struct Shown {
    urn: String,
    path: String,
    r#type: String,
    action: Action,
    x: i32,
    y: i32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    /// What changed outside of the program.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drift: Vec<Field>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    missing: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
}

impl Report {
    /// What `plan` does with every resource of the stack, and why.
    ///
    /// `graph` and `snapshot` are what it was made from; the snapshot may be read just after.
    pub fn of_plan(graph: &Graph, snapshot: &Snapshot, plan: &Plan) -> Self {
        let picture = Picture::of_plan(graph, snapshot, plan);
        let mut report = Self::of_picture(&picture);
        let kind = match (plan.destroy, plan.refresh_only) {
            (true, _) => "plan to destroy",
            (_, true) => "plan to accept what changed outside",
            _ => "plan",
        };
        report.fact("Stack", plan.stack.to_string());
        report.fact("Shows", kind.to_owned());
        report.fact("State", format!("serial {}", plan.parent_serial));
        report.fact("Facts", facts(plan));
        let at = report.positions();
        for step in &plan.steps {
            if let Some(shown) = at.get(step.urn.as_str()).and_then(|at| report.resources.get_mut(*at)) {
                planned(shown, step);
            }
        }
        for drift in &plan.drift {
            if let Some(shown) = at.get(drift.urn.as_str()).and_then(|at| report.resources.get_mut(*at)) {
                shown.missing = drift.missing;
                shown.drift = of_diff(&drift.diff);
            }
        }
        for warning in &plan.warnings {
            let field = warning.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
            let loss = if warning.loses_data { " (loses data)" } else { "" };
            let about = warning.urn.as_ref();
            report.note("warning", format!("{field}{}{loss}", warning.message), about, &at);
        }
        for found in &plan.recovered {
            let text = format!("an earlier run was interrupted in its {}: {}", found.op, found.finding);
            report.note("note", text, Some(&found.urn), &at);
        }
        for selected in &plan.selection {
            let part = if selected.part == Part::DrawnIn { "drawn in" } else { "left out" };
            report.note("note", format!("{part}: {}", selected.why), Some(&selected.urn), &at);
        }
        for row in &plan.facts.not_compared {
            report.note("note", "not compared with the cloud".to_owned(), Some(&row.urn), &at);
        }
        report.outputs =
            plan.outputs.iter().map(|output| exported(&output.name, &output.old, &output.new)).collect();
        report
    }

    /// What the recorded run `run` did and when. `snapshot` is the state as it is now: the graph rests
    /// on the dependencies recorded there. `order` is what each step waited for, from
    /// [`Engine::step_order`](iac_core::Engine::step_order); without it the critical path rests on
    /// today's dependencies as well.
    pub fn of_run(
        stack: &StackId,
        snapshot: &Snapshot,
        run: &RunRecord,
        steps: &[StepRecord],
        order: Option<&[Vec<StepIndex>]>,
    ) -> Self {
        let picture = Picture::of_run(format!("Run {} of {stack}", run.run), snapshot, steps);
        let mut report = Self::of_picture(&picture);
        report.fact("Stack", stack.to_string());
        report.fact("Shows", format!("run {}, {}", run.run, run_kind(run.kind)));
        report.fact("Ended", run_status(run.status).to_owned());
        report.fact("Started", utc(run.started_at));
        report.fact("By", run.holder.clone());
        let at = report.positions();
        let made_anew: BTreeSet<&Urn> = steps
            .iter()
            .filter(|step| step.op == Op::CreateReplacement.as_str())
            .map(|step| &step.urn)
            .collect();
        let mut errors = Vec::new();
        for step in steps {
            let Some(shown) = at.get(step.urn.as_str()).and_then(|at| report.resources.get_mut(*at)) else {
                continue;
            };
            // The new half of a replacement has told already what differs from the old one.
            let is_told = step.op == Op::DeleteReplaced.as_str() && made_anew.contains(&step.urn);
            if !is_told {
                let of = |value: &Option<Value>| value.clone().unwrap_or_default();
                shown.fields.extend(between(&of(&step.before), &of(&step.after)));
            }
            if let Some((kind, message)) = &step.error {
                let text = format!("{} failed: {kind}: {message}", step.op.replace('_', " "));
                shown.errors.push(text.clone());
                errors.push((text, &step.urn));
            }
        }
        errors.into_iter().for_each(|(text, urn)| report.note("error", text, Some(urn), &at));
        if run.status == RunStatus::Running {
            let text = "the run has not ended, or ended without a word; its steps so far are shown";
            report.note("warning", text.to_owned(), None, &at);
        }
        if matches!(run.status, RunStatus::Failed | RunStatus::Cancelled) {
            let text = "steps that were not tried are not in the history; the next `up` does them";
            report.note("note", text.to_owned(), None, &at);
        }
        let chart = timeline(run.started_at, run.ended_at, steps, snapshot, order, |urn| {
            at.get(urn.as_str()).copied().unwrap_or_default()
        });
        report.timeline = Some(chart);
        report.outputs =
            snapshot.exports.iter().map(|(name, value)| exported(name, &Value::Null, value)).collect();
        report
    }

    /// Says when the page was made; a page without it has nothing that changes by itself.
    pub fn made_at(mut self, at: TimestampMs) -> Self {
        self.fact("Page made", utc(at));
        self
    }

    fn of_picture(picture: &Picture) -> Self {
        let Layout { nodes, groups, width, height } = layout(picture);
        let shown = picture.nodes().iter().zip(nodes).map(|(node, (x, y))| Shown {
            urn: node.urn.clone(),
            path: node.path(),
            r#type: node.type_token.clone(),
            action: node.action,
            x,
            y,
            needs: node.needs.clone(),
            reasons: Vec::new(),
            fields: Vec::new(),
            drift: Vec::new(),
            missing: false,
            errors: Vec::new(),
        });
        let legend = |(action, count): (Action, usize)| Legend {
            key: action.key(),
            mark: action.mark(),
            word: action.word(),
            count,
        };
        Self {
            title: picture.title().to_owned(),
            about: Vec::new(),
            actions: picture.counts().into_iter().map(legend).collect(),
            resources: shown.collect(),
            groups,
            size: [width, height, NODE_WIDTH, NODE_HEIGHT],
            notes: Vec::new(),
            outputs: Vec::new(),
            timeline: None,
        }
    }

    fn positions(&self) -> BTreeMap<String, usize> {
        self.resources.iter().map(|shown| shown.urn.clone()).zip(0..).collect()
    }

    fn fact(&mut self, label: &str, text: String) {
        self.about.push((label.to_owned(), text));
    }

    fn note(&mut self, kind: &'static str, text: String, urn: Option<&Urn>, at: &BTreeMap<String, usize>) {
        let resource = urn.and_then(|urn| at.get(urn.as_str()).copied());
        // A resource that is not on the page is named.
        let text = match urn {
            Some(urn) if resource.is_none() => format!("{} {}: {text}", urn.type_token(), urn.path()),
            _ => text,
        };
        self.notes.push(Note { kind, text, resource });
    }
}

/// What one step tells about its resource.
fn planned(shown: &mut Shown, step: &Step) {
    let hook = step.hook.as_ref().map(|hook| format!("{:?} {}: ", hook.used.name, hook.used.phase.as_str()));
    for reason in &step.reasons {
        let text = format!("{}{reason}", hook.as_deref().unwrap_or_default());
        // Both halves of a replacement say why.
        if !shown.reasons.contains(&text) {
            shown.reasons.push(text);
        }
    }
    let prior = step.prior.as_deref().map(|row: &ResourceRecord| &row.inputs);
    let fields = match (step.op, prior) {
        (Op::Create | Op::Read, _) => of_inputs(&step.inputs, true),
        (Op::Delete, Some(inputs)) => of_inputs(inputs, false),
        _ => of_diff(&step.diff),
    };
    shown.fields.extend(fields);
}

fn exported(name: &str, old: &Value, new: &Value) -> Field {
    let shown = |value: &Value| (*value != Value::Null).then(|| text(value));
    Field { path: name.to_owned(), old: shown(old), new: shown(new), replaces: false, lines: Vec::new() }
}

fn facts(plan: &Plan) -> String {
    match (plan.facts.compared, &plan.facts.newest, &plan.facts.oldest) {
        (true, ..) => "compared with the cloud just before".to_owned(),
        (false, Some(newest), Some(oldest)) if newest.at != oldest.at => {
            format!(
                "not compared with the cloud; the state is as of {} (oldest {})",
                utc(newest.at),
                utc(oldest.at)
            )
        }
        (false, Some(newest), _) => {
            format!("not compared with the cloud; the state is as of {}", utc(newest.at))
        }
        _ => "nothing is recorded yet".to_owned(),
    }
}

fn run_kind(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Apply => "apply",
        RunKind::Destroy => "destroy",
        RunKind::Refresh => "refresh",
        _ => "change of the state alone",
    }
}

fn run_status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "not ended",
        RunStatus::Succeeded => "succeeded",
        RunStatus::Failed => "failed",
        _ => "cancelled",
    }
}
