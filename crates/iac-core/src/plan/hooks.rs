//! Adds the steps of hooks to the steps of their resources. Knows nothing of what a hook does.

use super::fault::PlanFault;
use super::order::{Draft, DraftHook};
use super::step::Op;
use crate::graph::{Graph, GraphNode};
use crate::hook::{HookPhase, HookUse};
use crate::state::ResourceRecord;
use crate::value::Value;

/// The steps of the hooks around `drafts`, to be appended to them.
pub(crate) fn hook_drafts(graph: &Graph, drafts: &[Draft], faults: &mut Vec<PlanFault>) -> Vec<Draft> {
    let mut hooks = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        for used in around(graph, draft) {
            if let Some(fault) = unregistered(graph, draft, &used) {
                faults.push(fault);
                continue;
            }
            let mut step = draft.step.clone();
            step.op = Op::Hook;
            step.reasons = Vec::new();
            step.diff = Vec::new();
            step.inputs = Value::Null;
            step.replace_order = None;
            step.forced = false;
            hooks.push(Draft { step, node: None, hook: Some(DraftHook { used, of: Some(at) }) });
        }
    }
    hooks
}

/// The step of a hook that is owed after a deletion, if the program still registers it.
pub(crate) fn owed_after_deletion(
    graph: &Graph,
    draft: Draft,
    used: &HookUse,
    of: Option<usize>,
) -> Result<Draft, PlanFault> {
    match unregistered(graph, &draft, used) {
        Some(fault) => Err(fault),
        None => Ok(Draft { hook: Some(DraftHook { used: used.clone(), of }), ..draft }),
    }
}

/// The hooks before and after one step, in their order.
fn around(graph: &Graph, draft: &Draft) -> Vec<HookUse> {
    let phases: &[HookPhase] = match draft.step.op {
        Op::Create | Op::CreateReplacement => &[HookPhase::BeforeCreate, HookPhase::AfterCreate],
        Op::Update => &[HookPhase::BeforeUpdate, HookPhase::AfterUpdate],
        Op::Record => &[],
        Op::Delete | Op::DeleteReplaced => {
            return draft.step.prior.iter().flat_map(|row| row.hooks.deletion.clone()).collect();
        }
        _ => return Vec::new(),
    };
    let Some(node) = draft.node.map(|index| graph.node(index)) else { return Vec::new() };
    let mut uses: Vec<HookUse> =
        node.hooks.iter().filter(|used| phases.contains(&used.phase)).cloned().collect();
    let stays = matches!(draft.step.op, Op::Update | Op::Record);
    for used in draft.step.prior.iter().filter(|_| stays).flat_map(|row| still_owed(node, row)) {
        if !uses.contains(&used) {
            uses.push(used);
        }
    }
    uses
}

/// The hooks that an earlier run left owed and that the program still wants.
pub(crate) fn still_owed(node: &GraphNode, row: &ResourceRecord) -> Vec<HookUse> {
    row.hooks.owed.iter().filter(|used| node.hooks.contains(used)).cloned().collect()
}

/// What a node's row remembers for its deletion.
pub(crate) fn deletion_hooks(node: &GraphNode) -> Vec<HookUse> {
    node.hooks.iter().filter(|used| used.phase.is_of_deletion()).cloned().collect()
}

fn unregistered(graph: &Graph, draft: &Draft, used: &HookUse) -> Option<PlanFault> {
    let message = match graph.hooks.get(&used.name) {
        Some(hook) if hook.type_token == draft.step.type_token => return None,
        Some(hook) => format!("{used} is registered for {}, and this is another type", hook.type_token),
        None => format!("{used} was attached to it, and the program does not register that any more"),
    };
    let fault = PlanFault::new(&draft.step.urn, message);
    Some(fault.way_out(
        "register it with `stack.hook`; or declare the resource without it, apply that, and then make this change",
    ))
}
