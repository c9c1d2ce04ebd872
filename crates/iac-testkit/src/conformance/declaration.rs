//! Owns what a type's field table and its cases must say together. Sends nothing.
use super::case::{Case, Ids};
use iac_core::provider::Driver;
use iac_core::{FieldChange, FieldSpec, OnChange, Recovery, Value};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What is wrong with the declaration of a type, or missing from its cases.
pub(super) fn faults(driver: &dyn Driver, cases: &[&Case]) -> Vec<String> {
    let mut given = BTreeSet::new();
    let mut updated = BTreeSet::new();
    for case in cases {
        let ids = placeholders(case);
        fields_of(&(case.inputs)(&ids), &mut given);
        for update in &case.updates {
            fields_of(&(update.patch)(&ids), &mut updated);
        }
    }
    let exempt: BTreeSet<&str> = cases.iter().flat_map(|case| case.exempt.keys().copied()).collect();
    let mut faults = Vec::new();
    for field in driver.spec().inputs {
        if field.replace && driver.on_change(&unknown(field)) != OnChange::Replace {
            faults.push(format!("`{}` replaces by the field table and not by `on_change`", field.name));
        }
        if exempt.contains(field.name) {
            continue;
        }
        if !given.contains(field.name) && !updated.contains(field.name) {
            faults.push(format!("no case gives the input `{}`", field.name));
        }
        if !field.replace && !updated.contains(field.name) {
            faults.push(format!("no case updates the input `{}`", field.name));
        }
        if field.replace && updated.contains(field.name) {
            faults.push(format!("a case updates the input `{}`, which replaces", field.name));
        }
    }
    if driver.spec().setting && driver.spec().recovery != Recovery::NaturalKey {
        faults.push("a setting is found by its key, and it does not declare so".to_owned());
    }
    let known = |name: &&str| driver.spec().input(name).is_some();
    let unknown: Vec<&str> = exempt.iter().copied().filter(|name| !known(name)).collect();
    if !unknown.is_empty() {
        faults.push(format!("exempt are {unknown:?}, which are no inputs"));
    }
    faults
}

/// Ids of nothing: only the names of the fields matter here.
fn placeholders(case: &Case) -> Ids {
    Ids(case.needs.iter().map(|need| (need.name, String::from("0"))).collect())
}

fn unknown(field: &'static FieldSpec) -> FieldChange<'static> {
    FieldChange::new(field, &Value::Null, &Value::Unknown)
}

fn fields_of(json: &Json, into: &mut BTreeSet<String>) {
    into.extend(json.as_object().into_iter().flatten().map(|(key, _)| key.clone()));
}
