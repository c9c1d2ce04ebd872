//! What a node of the program wants, complete: defaults, derived names, ignored fields, triggers and
//! dependencies. Used at plan time and again, with real values, during the apply.

use std::collections::BTreeSet;

use super::diff::{effective, fill_defaults};
use super::field_path::keep;
use super::name::physical_name;
use crate::expr::Scope;
use crate::graph::{Graph, GraphNode, Maker};
use crate::provider::Driver;
use crate::state::ResourceRecord;
use crate::urn::Urn;
use crate::value::{Value, ValueError};

/// The inputs a node wants, complete: defaults, derived names, ignored fields as they are.
pub(crate) struct Wanted {
    pub(crate) inputs: Value,
}

/// Completes `raw` inputs. `prior` is the row the node continues; `generation` is the one the
/// object will have.
pub(crate) fn wanted_inputs(
    node: &GraphNode,
    driver: &dyn Driver,
    raw: &Value,
    prior: Option<&ResourceRecord>,
    generation: u32,
) -> Wanted {
    let mut inputs = fill_defaults(driver.spec().inputs, raw);
    for field in driver.spec().inputs {
        let Some(length_max) = field.auto_name_length_max else { continue };
        if *inputs.get(field.name) != Value::Null {
            continue;
        }
        let kept = prior.filter(|row| row.generation == generation).map(|row| row.inputs.get(field.name));
        let name = match kept {
            Some(name) if *name != Value::Null => name.clone(),
            _ => physical_name(&node.urn, generation, length_max).into(),
        };
        inputs = inputs.with(field.name, name);
    }
    if let Some(row) = prior {
        let old = effective(&row.inputs, row.observed.as_ref());
        for path in &node.options.ignore_changes {
            inputs = keep(&inputs, old, path, driver.spec());
        }
    }
    Wanted { inputs }
}

/// The values of a node's replace triggers, as a list.
pub(crate) fn trigger_values(node: &GraphNode, scope: &dyn Scope) -> Result<Value, ValueError> {
    let values = node.options.replace_triggers.iter().map(|trigger| trigger.eval(scope));
    let values: Result<Vec<Value>, _> = values.collect();
    values.map(Value::list).map_err(|error| ValueError(format!("replace trigger: {error}")))
}

/// The resources a node needs, directly or through data, as its row records them. In the order of
/// their URNs, so that the order of a program's lines means nothing.
pub(crate) fn dependencies(graph: &Graph, node: &GraphNode) -> Vec<Urn> {
    let needed = || node.dependencies.iter().map(|index| graph.node(*index));
    if needed().all(|needed| needed.driver().is_some()) {
        let mut urns: Vec<Urn> = needed().map(|needed| needed.urn.clone()).collect();
        urns.sort_unstable();
        return urns;
    }
    let mut urns = BTreeSet::new();
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    let mut open: Vec<u32> = node.dependencies.clone();
    while let Some(index) = open.pop() {
        if !seen.insert(index) {
            continue;
        }
        let needed = graph.node(index);
        match &needed.maker {
            Maker::Driver(_) => urns.extend([needed.urn.clone()]),
            Maker::Reader(_) => open.extend(&needed.dependencies),
        }
    }
    urns.into_iter().collect()
}

/// Whether any trigger has another value. A trigger that was added or removed changes nothing.
pub(crate) fn triggered(old: &Value, new: &Value) -> bool {
    // A row that was imported has none.
    trigger_count(old) > 0 && trigger_count(old) == trigger_count(new) && !old.accepts(new)
}

pub(super) fn trigger_count(triggers: &Value) -> usize {
    triggers.as_list().map_or(0, <[_]>::len)
}
