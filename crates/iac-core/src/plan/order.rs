//! Puts steps in order: what must be done before what. Knows nothing of why a step exists.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use super::facts::not_compared;
use super::fault::PlanFault;
use super::handover::handovers;
use super::step::{Op, Step, StepHook, StepIndex};
use crate::graph::{Graph, GraphNode};
use crate::hook::HookUse;
use crate::resource::ReplaceOrder;
use crate::snapshot::Snapshot;
use crate::state::ResourceRecord;
use crate::urn::Urn;
use crate::value::Value;

/// Where handovers close a circle, so many of them are tried one by one.
const HANDOVERS_TRIED_MAX: usize = 100;

/// A step without its place.
pub(crate) struct Draft {
    pub(crate) step: Step,
    /// The node it makes, unless it only ends a row.
    pub(crate) node: Option<u32>,
    pub(crate) hook: Option<DraftHook>,
}

/// A draft that runs a hook, and the draft it runs before or after.
pub(crate) struct DraftHook {
    pub(crate) used: HookUse,
    pub(crate) of: Option<usize>,
}

impl Draft {
    pub(crate) fn of_node(index: u32, node: &GraphNode, op: Op, inputs: Value, reasons: Vec<String>) -> Self {
        Self {
            step: step(&node.urn, node.urn.type_token(), &node.provider, op, inputs, reasons),
            node: Some(index),
            hook: None,
        }
    }

    /// Whether it runs only because of another draft.
    fn accompanies(&self) -> bool {
        self.hook.as_ref().is_some_and(|hook| hook.of.is_some())
    }

    pub(crate) fn of_row(row: &Arc<ResourceRecord>, op: Op, reasons: Vec<String>) -> Self {
        let mut step = step(&row.urn, &row.type_token, &row.provider, op, Value::Null, reasons);
        step.prior = Some(Arc::clone(row));
        Self { step, node: None, hook: None }
    }
}

fn step(urn: &Urn, type_token: &str, provider: &str, op: Op, inputs: Value, reasons: Vec<String>) -> Step {
    Step {
        index: 0,
        urn: urn.clone(),
        type_token: type_token.to_owned(),
        provider: provider.to_owned(),
        op,
        replace_order: None,
        forced: false,
        reasons,
        hook: None,
        diff: Vec::new(),
        inputs,
        after: Vec::new(),
        read_at: None,
        prior: None,
    }
}

/// Orders the drafts and numbers them.
///
/// The rules:
/// 1. A step that makes a node comes after the steps that make what the node needs.
/// 2. A row ends after every row that needs it has ended, and after every resource that needed it
///    has moved on, unless it must go first.
/// 3. Of a replacement, the new half comes first or the old half does.
/// 4. Whoever takes a unique name or a natural key comes after whoever gives it up, as far as the
///    other rules let it.
pub(crate) fn arrange(
    graph: &Graph,
    snapshot: &Snapshot,
    drafts: Vec<Draft>,
) -> Result<Vec<Step>, PlanFault> {
    let (after, order) = in_order(graph, snapshot, &drafts).map_err(|at| {
        let urn = &drafts.get(at).expect("the index came from the drafts").step.urn;
        PlanFault::new(urn, "its steps wait for each other in a circle")
            .way_out("apply the change in two parts, for example with a target")
    })?;
    let mut place = vec![0; drafts.len()];
    for (new, old) in order.iter().enumerate() {
        if let Some(slot) = place.get_mut(*old) {
            *slot = StepIndex::try_from(new).expect("fewer than 2^32 steps");
        }
    }
    let number = |old: &usize| place.get(*old).copied().unwrap_or_default();
    let mut steps: Vec<Step> = drafts
        .into_iter()
        .zip(&after)
        .enumerate()
        .map(|(old, (draft, after))| {
            let mut step = draft.step;
            // What lives in the state alone is never out of date.
            let row = step.prior.as_ref().filter(|row| not_compared(graph, row).is_none());
            step.read_at = row.map(|row| row.refreshed_at);
            step.index = number(&old);
            step.hook = draft.hook.map(|hook| StepHook { used: hook.used, of: hook.of.as_ref().map(number) });
            step.after = after.iter().map(number).collect();
            step.after.sort_unstable();
            step.after.dedup();
            step
        })
        .collect();
    steps.sort_by_key(|step| step.index);
    Ok(steps)
}

/// For each draft the drafts it waits for, and an order in which that can be done. `Err` names a draft
/// on a circle.
fn in_order(
    graph: &Graph,
    snapshot: &Snapshot,
    drafts: &[Draft],
) -> Result<(Vec<Vec<usize>>, Vec<usize>), usize> {
    let edges = edges(graph, snapshot, drafts);
    let handovers = handovers(graph, drafts);
    let with = |pairs: &[(usize, usize)]| {
        let mut after = edges.clone();
        for (later, earlier) in pairs {
            if let Some(list) = after.get_mut(*later) {
                list.push(*earlier);
            }
        }
        let after = with_hooks(drafts, after);
        topological(&after).map(|order| (after, order))
    };
    if handovers.is_empty() {
        let after = with_hooks(drafts, edges);
        return topological(&after).map(|order| (after, order));
    }
    if let Ok(ordered) = with(&handovers) {
        return Ok(ordered);
    }
    // Some of them close a circle. The vendor has the last word about those.
    let mut kept = Vec::new();
    for pair in handovers.into_iter().take(HANDOVERS_TRIED_MAX) {
        kept.push(pair);
        if with(&kept).is_err() {
            kept.pop();
        }
    }
    with(&kept)
}

/// For each draft, the drafts it waits for; without hooks.
fn edges(graph: &Graph, snapshot: &Snapshot, drafts: &[Draft]) -> Vec<Vec<usize>> {
    let mut makes: HashMap<u32, usize> = HashMap::new();
    let mut make_of_row: HashMap<&Urn, usize> = HashMap::new();
    let mut ends: HashMap<&Urn, Vec<usize>> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate().filter(|(_, draft)| !draft.accompanies()) {
        if let Some(node) = draft.node {
            makes.insert(node, at);
            if let Some(prior) = &draft.step.prior {
                make_of_row.insert(&prior.urn, at);
            }
        } else {
            ends.entry(&draft.step.urn).or_default().push(at);
        }
    }
    let mut after: Vec<Vec<usize>> = drafts
        .iter()
        .map(|draft| match draft.node {
            Some(node) => {
                graph.node(node).dependencies.iter().filter_map(|on| makes.get(on).copied()).collect()
            }
            None => Vec::new(),
        })
        .collect();
    let mut wait = |later: usize, earlier: usize| {
        if let Some(list) = after.get_mut(later) {
            list.push(earlier);
        }
    };
    for (at, draft) in drafts.iter().enumerate().filter(|(_, draft)| !draft.accompanies()) {
        if let (None, Some(order)) = (draft.node, draft.step.replace_order)
            && let Some(make) = make_of_row.get(&draft.step.urn)
        {
            match order {
                ReplaceOrder::CreateFirst => wait(at, *make),
                ReplaceOrder::DeleteFirst => wait(*make, at),
            }
        }
    }
    let goes_first =
        |at: usize| drafts.get(at).is_some_and(|d| d.step.replace_order == Some(ReplaceOrder::DeleteFirst));
    let rows = snapshot.resources.values().chain(&snapshot.pending_deletes).chain(&snapshot.gone);
    for dependant in rows.filter(|_| !ends.is_empty()) {
        let (own_ends, own_make) = (ends.get(&dependant.urn), make_of_row.get(&dependant.urn).copied());
        if own_ends.is_none() && own_make.is_none() {
            continue;
        }
        let node = own_make.and_then(|make| drafts.get(make)?.node);
        let renamed =
            node.map(|node| needed_under_new_names(graph.node(node), snapshot, drafts, &makes, dependant));
        for needed in dependant.dependencies.iter().chain(renamed.into_iter().flatten()) {
            for end in ends.get(needed).into_iter().flatten().copied() {
                for other in own_ends.into_iter().flatten().copied() {
                    wait(end, other);
                }
                if let Some(make) = own_make {
                    let moved_on = drafts.get(make).is_some_and(|draft| draft.step.op != Op::Create);
                    if moved_on && !goes_first(end) {
                        wait(end, make);
                    }
                }
            }
        }
    }
    after
}

/// Puts hooks before and after their steps. What waits for a step waits for the hooks after it.
fn with_hooks(drafts: &[Draft], mut after: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut before: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut behind: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        let Some((used, of)) = draft.hook.as_ref().and_then(|hook| Some((&hook.used, hook.of?))) else {
            continue;
        };
        let side = if used.phase.is_before() { &mut before } else { &mut behind };
        side.entry(of).or_default().push(at);
    }
    for list in &mut after {
        let last: Vec<usize> = list.iter().filter_map(|of| behind.get(of)?.last().copied()).collect();
        list.extend(last);
    }
    for (of, hooks) in &before {
        let mut waits = after.get(*of).cloned().unwrap_or_default();
        for hook in hooks {
            after.get_mut(*hook).expect("a hook is a draft").extend(waits);
            waits = vec![*hook];
        }
        after.get_mut(*of).expect("a hook is of a draft").extend(waits);
    }
    for (of, hooks) in &behind {
        let mut last = *of;
        for hook in hooks {
            after.get_mut(*hook).expect("a hook is a draft").push(last);
            last = *hook;
        }
    }
    after
}

/// The rows that the program says `dependant` needs, if its own row names one that is not there any
/// more: an apply ended after what it needs was renamed and before its row was told.
fn needed_under_new_names<'a>(
    node: &GraphNode,
    snapshot: &Snapshot,
    drafts: &'a [Draft],
    makes: &HashMap<u32, usize>,
    dependant: &ResourceRecord,
) -> Vec<&'a Urn> {
    if dependant.dependencies.iter().all(|urn| snapshot.resources.contains_key(urn)) {
        return Vec::new();
    }
    let rows = node.dependencies.iter().filter_map(|on| drafts.get(*makes.get(on)?)?.step.prior.as_ref());
    rows.map(|row| &row.urn).collect()
}

/// Kahn's algorithm, lowest index first, so that the order is the drafts' own where possible.
/// `Err` names a draft on a circle.
fn topological(after: &[Vec<usize>]) -> Result<Vec<usize>, usize> {
    let mut waiting: Vec<usize> = Vec::with_capacity(after.len());
    let mut unblocks: Vec<Vec<usize>> = vec![Vec::new(); after.len()];
    for (at, list) in after.iter().enumerate() {
        waiting.push(list.len());
        for earlier in list {
            if let Some(list) = unblocks.get_mut(*earlier) {
                list.push(at);
            }
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| Reverse(at)).collect();
    let mut order = Vec::with_capacity(after.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(at);
        for later in unblocks.get(at).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(*later) {
                *count -= 1;
                if *count == 0 {
                    ready.push(Reverse(*later));
                }
            }
        }
    }
    match waiting.iter().position(|count| *count > 0) {
        Some(stuck) if order.len() < after.len() => Err(stuck),
        _ => Ok(order),
    }
}
