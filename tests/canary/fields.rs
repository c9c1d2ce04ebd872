//! The secret fields of a provider's types, and those that a state holds a secret in: nobody can add a
//! field and forget to plant a secret in it.

use std::collections::BTreeSet;
use std::path::Path;

use iac_core::state::{KeyFile, SqliteBackend, StackId};
use iac_core::{Engine, FieldSpec, Secret, Snapshot, Types, Value, from_value};

/// Shorter secrets occur in ordinary text.
const SECRET_LENGTH_MIN: usize = 12;

/// The stack at `state`, opened with its own key file.
pub(crate) fn snapshot(state: &Path, id: &StackId) -> Snapshot {
    let key = KeyFile::open(format!("{}.key", state.display())).unwrap();
    let engine = Engine::builder().backend(SqliteBackend::open(state).unwrap()).keyring(key).build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(engine.snapshot(id)).unwrap()
}

/// The text of every secret in it.
pub(crate) fn secrets(snapshot: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    for row in snapshot.resources.values() {
        [&row.inputs, &row.outputs].into_iter().for_each(|value| texts(value, &mut found));
    }
    snapshot.exports.values().for_each(|value| texts(value, &mut found));
    found.retain(|text| text.len() >= SECRET_LENGTH_MIN);
    found
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Map(entries) => entries.values().for_each(|entry| texts(entry, found)),
        secret => found.extend(from_value::<Secret<String>>(secret).map(Secret::into_exposed)),
    }
}

/// Fails if a field of `types` can hold a secret and none stands there in the state.
#[track_caller]
pub(crate) fn all_are_planted(types: &Types, snapshot: &Snapshot) {
    let mut fields = 0;
    let mut without = Vec::new();
    for driver in types.drivers() {
        let spec = driver.spec();
        let rows: Vec<_> =
            snapshot.resources.values().filter(|row| row.urn.type_token() == spec.type_token).collect();
        for path in secret_paths(spec.inputs) {
            fields += 1;
            if !rows.iter().any(|row| holds(&row.inputs, &path)) {
                without.push(format!("{} input {}", spec.type_token, path.join(".")));
            }
        }
        for path in secret_paths(spec.outputs) {
            fields += 1;
            if !rows.iter().any(|row| holds(&row.outputs, &path)) {
                without.push(format!("{} output {}", spec.type_token, path.join(".")));
            }
        }
    }
    assert!(fields > 0, "no field holds a secret");
    assert!(without.is_empty(), "no secret was planted in: {}", without.join(", "));
}

fn secret_paths(fields: &'static [FieldSpec]) -> BTreeSet<Vec<&'static str>> {
    let mut paths = BTreeSet::new();
    for field in fields {
        let inner = secret_paths(field.fields);
        if field.secret && inner.is_empty() {
            paths.insert(vec![field.name]);
        }
        paths.extend(inner.into_iter().map(|path| [vec![field.name], path].concat()));
    }
    paths
}

/// Whether a secret stands at the path, in any item of the lists and maps on the way.
fn holds(value: &Value, path: &[&str]) -> bool {
    match (value, path) {
        (Value::Secret(_), _) => true,
        (Value::List(items), _) => items.iter().any(|item| holds(item, path)),
        (Value::Map(_), [first, rest @ ..]) => holds(value.get(first), rest),
        (Value::Map(entries), []) => entries.values().any(|entry| holds(entry, path)),
        _ => false,
    }
}

#[test]
fn a_field_without_a_secret_is_noticed() {
    let mut key = FieldSpec::new("key");
    key.secret = true;
    let mut servers = FieldSpec::new("servers");
    servers.fields = Vec::leak(vec![key]);
    let paths: Vec<_> = secret_paths(Vec::leak(vec![servers, FieldSpec::new("plain")])).into_iter().collect();
    assert_eq!(paths, [["servers", "key"]]);
    let with = |key: Value| Value::map([("servers", Value::list([Value::map([("key", key)])]))]);
    assert!(holds(&with(Value::secret("x".into())), &paths[0]));
    assert!(!holds(&with("x".into()), &paths[0]) && !holds(&Value::Null, &paths[0]));
}
