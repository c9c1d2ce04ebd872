//! Which fields of an object a program has to give. Knows nothing of Rust.

use std::collections::BTreeSet;

use iac_core::provider::{Driver, checked};
use iac_core::{FieldSpec, RustType, Value};

/// The fields to give, in the order of the field table, and those that only the user knows.
pub(super) struct Chosen {
    pub(super) given: Vec<&'static FieldSpec>,
    pub(super) hidden: Vec<&'static FieldSpec>,
}

/// Chooses what describes the object without a difference, and as little of it as that takes: no
/// defaults, and of what the cloud chooses by itself only where it is (a location decides where a
/// new one would be made) and, with `relations`, what it refers to.
pub(super) fn choose(driver: &dyn Driver, inputs: &Value, relations: bool) -> Chosen {
    let fields = driver.spec().inputs;
    let has = |field: &&FieldSpec| !is_absent(inputs.get(field.name));
    let mut given: BTreeSet<&str> = BTreeSet::new();
    for field in fields.iter().filter(has).filter(|field| !field.default_from_api) {
        let is_default = field.default.is_some_and(|default| default() == *inputs.get(field.name));
        if field.required || !is_default {
            given.insert(field.name);
        }
    }
    let given_inputs = |given: &BTreeSet<&str>| {
        Value::map(given.iter().map(|name| ((*name).to_owned(), inputs.get(name).clone())))
    };
    let faults_of = |given: &BTreeSet<&str>| checked(driver, &given_inputs(given));
    let faults = |given: &BTreeSet<&str>| faults_of(given).len();
    let telling = |field: &&FieldSpec| {
        let is_place = field.replace && matches!(field.rust, RustType::Text);
        is_place || (relations && refers(field))
    };
    let chosen_by_cloud = || fields.iter().filter(has).filter(|field| field.default_from_api);
    // What may be given beside the rest.
    for field in chosen_by_cloud().filter(telling) {
        let before = faults(&given);
        given.insert(field.name);
        if faults(&given) > before {
            given.remove(field.name);
        }
    }
    // What must be given, because nothing else says it.
    for field in chosen_by_cloud() {
        let before = faults(&given);
        if before > 0 && given.insert(field.name) && faults(&given) >= before {
            given.remove(field.name);
        }
    }
    let missing: BTreeSet<String> = faults_of(&given)
        .into_iter()
        .map(|fault| fault.field.split(['.', '[']).next().unwrap_or_default().to_owned())
        .collect();
    let hidden = fields.iter().filter(|field| {
        !given.contains(field.name)
            && (field.write_only || field.secret)
            && (field.required || missing.contains(field.name))
    });
    let hidden = hidden.collect();
    Chosen { given: fields.iter().filter(|field| given.contains(field.name)).collect(), hidden }
}

/// Whether a field, or a field of the struct in it, is the id of a resource.
fn refers(field: &FieldSpec) -> bool {
    field.rust.is_reference() || field.fields.iter().any(refers)
}

/// Nothing, in any of the ways an API shows it.
pub(super) fn is_absent(value: &Value) -> bool {
    match value {
        Value::Secret(inner) => is_absent(inner),
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}
