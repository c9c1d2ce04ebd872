//! Which steps take a unique name or a natural key that another step of the plan gives up. Knows
//! nothing of the other reasons for an order.

use std::collections::HashMap;

use super::diff::effective;
use super::order::Draft;
use super::step::Op;
use crate::graph::Graph;
use crate::provider::TypeSpec;
use crate::resource::Recovery;
use crate::value::Value;

/// What no two objects of a type may have alike: the provider instance, the type, the fields, their
/// values. Only ever held in memory.
type Key<'a> = (&'a str, &'a str, Vec<&'static str>, String);

/// Pairs of drafts, the later one first: it takes what the earlier one gives up. Taken together they
/// may form circles, as where two resources swap their names.
pub(super) fn handovers(graph: &Graph, drafts: &[Draft]) -> Vec<(usize, usize)> {
    let mut given_up: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        for key in gives_up(graph, draft) {
            given_up.entry(key).or_default().push(at);
        }
    }
    if given_up.is_empty() {
        return Vec::new();
    }
    let mut pairs = Vec::new();
    for (later, draft) in drafts.iter().enumerate() {
        let takes = matches!(draft.step.op, Op::Create | Op::CreateReplacement | Op::Update);
        for key in if takes { keys(graph, draft, &draft.step.inputs) } else { Vec::new() } {
            // The halves of a replacement have an order of their own.
            let others = given_up.get(&key).into_iter().flatten().copied();
            let others =
                others.filter(|at| drafts.get(*at).is_some_and(|other| other.step.urn != draft.step.urn));
            pairs.extend(others.map(|earlier| (later, earlier)));
        }
    }
    pairs
}

/// The keys of the object that a draft ends, or those that it changes. What is only forgotten keeps
/// its keys.
fn gives_up<'a>(graph: &Graph, draft: &'a Draft) -> Vec<Key<'a>> {
    let Some(prior) = &draft.step.prior else { return Vec::new() };
    let old = effective(&prior.inputs, prior.observed.as_ref());
    match draft.step.op {
        Op::Delete | Op::DeleteReplaced => keys(graph, draft, old),
        Op::Update => {
            let kept = keys(graph, draft, &draft.step.inputs);
            let mut changed = keys(graph, draft, old);
            changed.retain(|key| !kept.contains(key));
            changed
        }
        _ => Vec::new(),
    }
}

/// What an object with these inputs cannot share with another one, as far as it is known.
fn keys<'a>(graph: &Graph, draft: &'a Draft, inputs: &Value) -> Vec<Key<'a>> {
    let step = &draft.step;
    let Some(driver) = graph.driver_for(&step.provider, &step.type_token) else { return Vec::new() };
    let fields = unique_fields(driver.spec());
    let key = |names: Vec<&'static str>| {
        let values: Vec<&Value> = names.iter().map(|name| inputs.get(name)).collect();
        let is_told = values.iter().any(|value| **value != Value::Null)
            && !values.iter().any(|value| value.has_unknown() || value.has_secret());
        is_told.then(|| (&*step.provider, &*step.type_token, names, format!("{values:?}")))
    };
    fields.into_iter().filter_map(key).collect()
}

/// The fields that are unique, each on its own; of a type that is found by its natural key and names
/// none of them, what replaces it, taken together.
fn unique_fields(spec: &TypeSpec) -> Vec<Vec<&'static str>> {
    let unique: Vec<_> =
        spec.inputs.iter().filter(|field| field.unique).map(|field| vec![field.name]).collect();
    if !unique.is_empty() || spec.recovery != Recovery::NaturalKey {
        return unique;
    }
    let together: Vec<_> = spec.inputs.iter().filter(|field| field.replace).map(|field| field.name).collect();
    if together.is_empty() { Vec::new() } else { vec![together] }
}
