//! What must hold after every run: cloud, state and program agree. Knows nothing of what befell the
//! run.

use std::collections::{BTreeMap, BTreeSet};

use iac_core::Plan;
use iac_core::state::{ResourceRecord, Sealed, StateRecord};

use super::world::Item;

/// An object as a row or a cloud names it: instance, type, id.
pub(super) type Key = (String, String, String);

fn key_of_row(row: &ResourceRecord<Sealed>) -> Key {
    (row.provider.clone(), row.type_token.clone(), row.id.clone())
}

/// The objects that a delete leaves in the cloud on purpose.
pub(super) fn retained(state: &StateRecord<Sealed>) -> BTreeSet<Key> {
    state.resources.iter().filter(|row| row.retain).map(key_of_row).collect()
}

/// What is wrong with state and clouds, whatever the program wants.
pub(super) fn agree(
    state: &StateRecord<Sealed>,
    inventory: &[Item],
    created: &[Item],
    left_on_purpose: &BTreeSet<Key>,
) -> Vec<String> {
    let mut faults = Vec::new();
    if !state.journal.is_empty() {
        let open = state.journal.iter().map(|entry| entry.resource.urn.path());
        faults.push(format!("journal rows are still open: {}", open.collect::<Vec<_>>().join(", ")));
    }
    let mut markers: BTreeMap<&str, &Item> = BTreeMap::new();
    for item in created {
        let Some(marker) = &item.marker else { continue };
        if let Some(first) = markers.insert(marker, item) {
            faults.push(format!("{item} and {first} were both created under one marker"));
        }
    }
    let items: BTreeMap<Key, &Item> = inventory.iter().map(|item| (key_of_item(item), item)).collect();
    let listed: BTreeSet<&str> =
        created.iter().chain(inventory).map(|item| item.type_token.as_str()).collect();
    let mut owned: BTreeSet<Key> = BTreeSet::new();
    for row in &state.resources {
        let key = key_of_row(row);
        if row.missing {
            faults.push(format!("{} is recorded as missing", row.urn));
        } else if listed.contains(row.type_token.as_str()) && !items.contains_key(&key) {
            faults.push(format!("{} is recorded as {} and does not exist", row.urn, row.id));
        }
        if !owned.insert(key) {
            faults.push(format!("{} {} has two rows", row.type_token, row.id));
        }
    }
    for (key, item) in &items {
        if !owned.contains(key) && !left_on_purpose.contains(key) {
            faults.push(orphan(item, inventory));
        }
    }
    faults
}

fn key_of_item(item: &Item) -> Key {
    let (instance, type_token, id) = item.key();
    (instance.to_owned(), type_token.to_owned(), id.to_owned())
}

/// An object that no row knows, and its like if there is one.
fn orphan(item: &Item, inventory: &[Item]) -> String {
    let like = inventory.iter().find(|other| {
        other.type_token == item.type_token
            && other.id != item.id
            && !item.name.is_empty()
            && other.name == item.name
    });
    match like {
        Some(other) => format!("{item} is an orphan and a duplicate of {other}: no row knows it"),
        None => format!("{item} is an orphan: no row knows it"),
    }
}

/// What the next plan still wants.
pub(super) fn nothing_to_do(plan: &Plan) -> Vec<String> {
    let mut faults = Vec::new();
    if plan.has_changes() {
        let steps = plan.steps.iter().map(|step| format!("{} {}", step.op.as_str(), step.urn.path()));
        let outputs = plan.outputs.iter().map(|output| format!("output {}", output.name));
        let wanted: Vec<String> = steps.chain(outputs).collect();
        faults.push(format!("the next plan still wants: {}", wanted.join(", ")));
    }
    if !plan.drift.is_empty() {
        let drifted = plan.drift.iter().map(|drift| drift.urn.path());
        faults.push(format!("the cloud is not as it was made: {}", drifted.collect::<Vec<_>>().join(", ")));
    }
    faults
}

/// What a destroy left in the state.
pub(super) fn nothing_left(state: &StateRecord<Sealed>) -> Vec<String> {
    let rows = state.resources.iter().map(|row| format!("{} is still recorded", row.urn));
    rows.chain(state.exports.iter().map(|export| format!("output {} is still recorded", export.name)))
        .collect()
}
