//! A plan as text, for the recorded cases. Knows nothing of terminals.

use std::fmt::Write;

use iac_core::{FieldDiff, Part, Plan, PlanError, Step, Value};

pub(crate) fn text(planned: &Result<Plan, PlanError>) -> String {
    match planned {
        Ok(plan) => plan_text(plan),
        Err(error) => error.faults.iter().map(|fault| format!("fault {fault}\n")).collect(),
    }
}

fn plan_text(plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        step_text(step, &mut text);
    }
    for drift in &plan.drift {
        let gone = if drift.missing { " is gone" } else { "" };
        writeln!(text, "drift {}{gone}", drift.urn.path()).unwrap();
        drift.diff.iter().for_each(|diff| diff_text(diff, &mut text));
    }
    for selected in &plan.selection {
        let part = if selected.part == Part::DrawnIn { "drawn in" } else { "left out" };
        writeln!(text, "{part} {}: {}", selected.urn.path(), selected.why).unwrap();
    }
    for warning in &plan.warnings {
        writeln!(text, "warning {}: {}", warning.urn.as_ref().map_or("", |urn| urn.path()), warning.message)
            .unwrap();
    }
    for output in &plan.outputs {
        writeln!(text, "output {}: {:?} -> {:?}", output.name, output.old, output.new).unwrap();
    }
    let s = plan.summary;
    let counts = [
        ("create", s.create),
        ("update", s.update),
        ("replace", s.replace),
        ("delete", s.delete),
        ("read", s.read),
        ("record", s.record),
        ("same", s.same),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    writeln!(text, "= {}", if counts.is_empty() { "nothing".into() } else { counts.join(", ") }).unwrap();
    text
}

fn step_text(step: &Step, text: &mut String) {
    let kind = step.type_token.trim_start_matches("cloud:");
    write!(text, "{} {} {kind} {}", step.index, step.op.as_str(), step.urn.path()).unwrap();
    if !step.after.is_empty() {
        let after: Vec<String> = step.after.iter().map(ToString::to_string).collect();
        write!(text, " after {}", after.join(", ")).unwrap();
    }
    text.push('\n');
    step.reasons.iter().for_each(|reason| writeln!(text, "    because {reason}").unwrap());
    step.diff.iter().for_each(|diff| diff_text(diff, text));
    if step.inputs != Value::Null {
        writeln!(text, "    inputs {:?}", step.inputs).unwrap();
    }
}

fn diff_text(diff: &FieldDiff, text: &mut String) {
    let sign = if diff.replaces { "!" } else { "~" };
    writeln!(text, "    {sign} {}: {:?} -> {:?}", diff.path, diff.old, diff.new).unwrap();
}
