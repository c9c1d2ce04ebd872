//! Finds a delete and a create that are probably one renamed resource.

use super::diff::differs;
use super::order::Draft;
use super::planner::PlanFault;
use super::step::Op;
use crate::graph::Graph;
use crate::provider::TypeSpec;
use crate::value::Value;

/// One fault for each suspected pair. Each deleted row is suspected once.
pub(crate) fn suspected_renames(graph: &Graph, drafts: &[Draft]) -> Vec<PlanFault> {
    let mut faults = Vec::new();
    let mut taken = Vec::new();
    for deleted in drafts.iter().filter(|draft| matches!(draft.step.op, Op::Delete | Op::Forget)) {
        let Some(row) = &deleted.step.prior else { continue };
        let Some(driver) = graph.driver_for(&row.provider, &row.type_token) else { continue };
        if driver.spec().local {
            continue;
        }
        let twin = drafts.iter().enumerate().find(|(at, draft)| {
            draft.step.op == Op::Create
                && draft.step.prior.is_none()
                && draft.step.type_token == row.type_token
                && !taken.contains(at)
                && alike(driver.spec(), &row.inputs, &draft.step.inputs)
        });
        if let Some((at, created)) = twin {
            taken.push(at);
            let message = format!(
                "it looks like {} under a new name: same type, same inputs; this plan would delete that one and create a new one",
                row.urn
            );
            faults.push(PlanFault::new(&created.step.urn, message).way_out(format!(
                "to keep the object add `Options::new().alias({:?})` to it; to really replace it allow renames (`--allow-renames`)",
                row.urn.path()
            )));
        }
    }
    faults
}

/// Whether everything that is known of both is the same, apart from derived names.
fn alike(spec: &TypeSpec, old: &Value, new: &Value) -> bool {
    differs(spec, old, new).iter().all(|diff| {
        let derived = spec.input(diff.path.root()).is_some_and(|field| field.auto_name_length_max.is_some());
        derived || diff.new.has_unknown()
    })
}
