//! [`audit`]: whether state and cloud tell the same story. Knows nothing of what a program wants.

use std::collections::{BTreeMap, BTreeSet};

use iac_core::{Snapshot, Value};

use super::cloud::FakeCloud;
use super::object::Object;

/// Every contradiction between the state and the cloud, one sentence each; empty when both agree:
/// each row has its object, each object its row, inputs are equal, and no marker is there twice.
///
/// Rows of other providers are not looked at, and neither are the objects in `foreign`.
pub fn audit(cloud: &FakeCloud, snapshot: &Snapshot, foreign: &[String]) -> Vec<String> {
    let objects: BTreeMap<String, Object> = cloud
        .inventory()
        .into_iter()
        .filter(|object| !foreign.contains(&object.id))
        .map(|object| (object.id.clone(), object))
        .collect();
    let mut faults = Vec::new();
    let mut tokens = BTreeSet::new();
    for object in objects.values().filter(|object| !object.token.is_empty()) {
        if !tokens.insert(&object.token) {
            faults.push(format!("{} was created twice under one token", object.id));
        }
    }
    let mut owned = BTreeSet::new();
    let rows = snapshot.resources.values().chain(&snapshot.pending_deletes);
    for row in rows.filter(|row| row.type_token.starts_with("fake:") && !row.missing) {
        if !owned.insert(row.id.clone()) {
            faults.push(format!("{} has two rows", row.id));
        }
        match objects.get(&row.id) {
            None => faults.push(format!("{} is recorded as {} and does not exist", row.urn, row.id)),
            Some(object) => faults.extend(
                differing(object, &row.inputs)
                    .map(|field| format!("{} differs from its object {} in `{field}`", row.urn, object.id)),
            ),
        }
    }
    let orphans = objects.keys().filter(|id| !owned.contains(*id));
    faults.extend(orphans.map(|id| format!("{id} is an orphan: no row knows it")));
    faults
}

/// Fields that the row knows and the object has otherwise.
fn differing<'a>(object: &'a Object, inputs: &'a Value) -> impl Iterator<Item = &'a str> {
    let known = inputs.as_map().into_iter().flatten();
    known.filter(|(name, value)| object.inputs.get(name) != *value).map(|(name, _)| &**name)
}
