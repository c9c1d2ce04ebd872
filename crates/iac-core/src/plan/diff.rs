//! Compares wanted inputs with existing ones under a field table. Knows nothing of steps.

use std::sync::Arc;

use super::step::FieldDiff;
use crate::caught::hushed;
use crate::field::FieldSpec;
use crate::provider::{Driver, TypeSpec};
use crate::resource::{FieldChange, OnChange};
use crate::value::{Path, Value, ValueMap};

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) diff: Vec<FieldDiff>,
    /// The strongest effect of any field.
    pub(crate) effect: Option<OnChange>,
}

/// Fills in declared defaults, so that leaving a field out equals writing its default.
pub(crate) fn fill_defaults(fields: &[FieldSpec], value: &Value) -> Value {
    match value {
        Value::Map(entries) => {
            // Copied at the first field that needs it; most need none.
            let mut filled = Arc::clone(entries);
            for field in fields {
                match entries.get(field.name) {
                    Some(inner) if !field.fields.is_empty() => {
                        let inner = fill_nested(field.fields, inner);
                        Arc::make_mut(&mut filled).insert(field.name.into(), inner);
                    }
                    None => {
                        if let Some(default) = field.default.map(|default| default())
                            && !is_absent(&default)
                        {
                            Arc::make_mut(&mut filled).insert(field.name.into(), default);
                        }
                    }
                    Some(_) => {}
                }
            }
            Value::Map(filled)
        }
        other => other.clone(),
    }
}

fn fill_nested(fields: &[FieldSpec], value: &Value) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(|item| fill_defaults(fields, item))),
        other => fill_defaults(fields, other),
    }
}

/// The recorded inputs with everything that a read can see taken from `observed`.
pub(crate) fn merge_observed(spec: &TypeSpec, recorded: &Value, observed: &Value) -> Value {
    let mut merged = observed.as_map().cloned().unwrap_or_default();
    for field in spec.inputs.iter().filter(|field| field.write_only) {
        match recorded.get(field.name) {
            Value::Null => merged.remove(field.name),
            value => merged.insert(field.name.into(), value.clone()),
        };
    }
    Value::Map(Arc::new(merged))
}

/// What somebody else changed: `old` as recorded, `new` as the cloud has it. A value that the cloud
/// chose is no such change.
pub(crate) fn drifted(driver: &dyn Driver, recorded: &Value, observed: &Value) -> Vec<FieldDiff> {
    let counts = |diff: &FieldDiff| {
        let Some(field) = driver.spec().input(diff.path.root()) else { return true };
        let (old, new) = (observed.get(field.name), recorded.get(field.name));
        effect_of(driver, field, old, new) != OnChange::Ignore
    };
    let swap = |diff: FieldDiff| FieldDiff { old: diff.new, new: diff.old, ..diff };
    differs(driver.spec(), observed, recorded).into_iter().filter(counts).map(swap).collect()
}

/// Whether a read says something that the recorded inputs do not: another value, or one that the
/// cloud chose where the program left it out.
pub(crate) fn worth_keeping(spec: &TypeSpec, recorded: &Value, merged: &Value) -> bool {
    let chosen_by_cloud = spec.inputs.iter().any(|field| {
        field.default_from_api
            && *recorded.get(field.name) == Value::Null
            && *merged.get(field.name) != Value::Null
    });
    chosen_by_cloud || !differs(spec, merged, recorded).is_empty()
}

/// The inputs as the cloud has them, as far as known.
pub(crate) fn effective<'a>(inputs: &'a Value, observed: Option<&'a Value>) -> &'a Value {
    observed.unwrap_or(inputs)
}

/// Compares all fields. `replace_on` and `ignore` are field paths from the options.
pub(crate) fn compare_inputs(
    driver: &dyn Driver,
    old: &Value,
    new: &Value,
    replace_on: &[String],
    ignore: &[String],
) -> Comparison {
    let mut comparison = Comparison::default();
    for field in driver.spec().inputs {
        let (before, after) = (old.get(field.name), new.get(field.name));
        if same(before, after) {
            continue;
        }
        let mut found = Vec::new();
        differences(field, &Path::field(field.name), before, after, &mut found);
        found.retain(|diff| !ignore.iter().any(|prefix| diff.path.starts_with(prefix)));
        if found.is_empty() {
            continue;
        }
        let effect = effect_of(driver, field, before, after);
        if effect == OnChange::Ignore {
            continue;
        }
        for mut diff in found {
            let forced = replace_on.iter().any(|prefix| diff.path.starts_with(prefix));
            diff.replaces = forced || effect == OnChange::Replace;
            let effect = if diff.replaces { OnChange::Replace } else { effect };
            comparison.effect = comparison.effect.max(Some(effect));
            comparison.diff.push(diff);
        }
    }
    comparison
}

/// What a change of one field calls for. The type sees secrets in the open.
fn effect_of(driver: &dyn Driver, field: &'static FieldSpec, old: &Value, new: &Value) -> OnChange {
    let change = FieldChange { field, old: old.peel(), new: new.peel() };
    let quotes = old.has_secret() || new.has_secret();
    hushed("what a change calls for", quotes, || driver.on_change(&change))
}

/// Whether any field differs, by the field table alone.
pub(crate) fn differs(spec: &TypeSpec, old: &Value, new: &Value) -> Vec<FieldDiff> {
    let mut found = Vec::new();
    for field in spec.inputs {
        let (before, after) = (old.get(field.name), new.get(field.name));
        if !same(before, after) {
            differences(field, &Path::field(field.name), before, after, &mut found);
        }
    }
    found
}

/// Whether two values are known and equal, so that no rule of a field can tell them apart.
fn same(a: &Value, b: &Value) -> bool {
    a == b && !a.has_unknown()
}

fn differences(field: &FieldSpec, path: &Path, old: &Value, new: &Value, found: &mut Vec<FieldDiff>) {
    // Left out, the cloud chooses. An empty list is a choice.
    if field.default_from_api && *new == Value::Null {
        return;
    }
    match (old.peel(), new.peel()) {
        (a, b) if is_absent(a) && is_absent(b) => {}
        (Value::Map(a), Value::Map(b)) => map_differences(field, path, a, b, found),
        (Value::List(a), Value::List(b)) if field.set => set_differences(field, path, a, b, found),
        (Value::List(a), Value::List(b)) => {
            for index in 0..a.len().max(b.len()) {
                let (a, b) = (a.get(index).unwrap_or(&Value::Null), b.get(index).unwrap_or(&Value::Null));
                differences(field, &path.index(index), a, b, found);
            }
        }
        (Value::String(a), Value::String(b)) if field.equality.same(a, b) => {}
        (a, b) if a == b && *a != Value::Unknown => {}
        _ => found.push(entry(field, path, old, new)),
    }
}

fn map_differences(field: &FieldSpec, path: &Path, a: &ValueMap, b: &ValueMap, found: &mut Vec<FieldDiff>) {
    let plain = FieldSpec { secret: field.secret, equality: field.equality, ..FieldSpec::new("") };
    let mut keys: Vec<&Arc<str>> = a.keys().chain(b.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let nested = field.fields.iter().find(|nested| nested.name == &**key).unwrap_or(&plain);
        let (a, b) = (a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null));
        differences(nested, &path.key(key), a, b, found);
    }
}

/// Items whose order means nothing: what went and what came.
fn set_differences(field: &FieldSpec, path: &Path, a: &[Value], b: &[Value], found: &mut Vec<FieldDiff>) {
    let mut gone: Vec<&Value> = Vec::new();
    let mut left: Vec<&Value> = b.iter().collect();
    for item in a {
        match left.iter().position(|other| same_item(field, item, other)) {
            Some(at) => drop(left.swap_remove(at)),
            None => gone.push(item),
        }
    }
    // `swap_remove` shuffles; the program's order reads better.
    left.sort_by_key(|item| b.iter().position(|other| std::ptr::eq(*item, other)));
    found.extend(gone.into_iter().map(|item| entry(field, path, item, &Value::Null)));
    found.extend(left.into_iter().map(|item| entry(field, path, &Value::Null, item)));
}

fn same_item(field: &FieldSpec, a: &Value, b: &Value) -> bool {
    let mut found = Vec::new();
    let item = FieldSpec { set: false, default_from_api: false, ..field.clone() };
    differences(&item, &Path::default(), a, b, &mut found);
    found.is_empty()
}

fn entry(field: &FieldSpec, path: &Path, old: &Value, new: &Value) -> FieldDiff {
    let hide = |value: &Value| match value {
        Value::Null => Value::Null,
        value if field.secret => Value::secret(value.clone()),
        value => value.clone(),
    };
    FieldDiff { path: path.clone(), old: hide(old), new: hide(new), replaces: false }
}

/// Nothing, an empty list, an empty map and `false` are all what an API shows for "not set".
pub(super) fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}
