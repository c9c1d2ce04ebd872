//! Owns the way from JSON to a driver's inputs under its field table, and from there to the
//! arguments of a stack. Knows no resource.
use super::case::Ids;
use iac_core::__private::FieldExprs;
use iac_core::{Args, FieldSpec, FieldType, Input, Resource, RustType, Scalar, Secret, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

/// Inputs, or changes of inputs, that depend on the ids of other resources.
pub(super) type Patch = Box<dyn Fn(&Ids) -> Json + Send + Sync>;

/// The value of a map of fields: secret where the table says so.
pub(super) fn typed(fields: &[FieldSpec], json: &Json) -> Value {
    match json {
        Json::Object(entries) if !fields.is_empty() => Value::map(entries.iter().map(|(key, inner)| {
            let value = match fields.iter().find(|field| field.name == key) {
                Some(field) if !field.fields.is_empty() => typed(field.fields, inner),
                Some(field) if field.secret && !inner.is_null() => secret(field.rust, inner),
                _ => plain(inner),
            };
            (key.as_str(), value)
        })),
        Json::Array(items) => Value::list(items.iter().map(|item| typed(fields, item))),
        other => plain(other),
    }
}

/// A secret, or a list or map of them.
fn secret(rust: RustType, json: &Json) -> Value {
    match (rust, json) {
        (RustType::Map(content), Json::Object(entries)) => {
            Value::map(entries.iter().map(|(key, inner)| (key.as_str(), secret(*content, inner))))
        }
        (RustType::List(content), Json::Array(items)) => {
            Value::list(items.iter().map(|item| secret(*content, item)))
        }
        (_, other) => Value::secret(plain(other)),
    }
}

fn plain(json: &Json) -> Value {
    Value::from_json(json).expect("a test's numbers are small")
}

/// `base` with the fields of `patch`; null takes one away.
pub(super) fn patched(base: &Json, patch: &Json) -> Json {
    let mut all = base.as_object().cloned().unwrap_or_default();
    for (key, value) in patch.as_object().into_iter().flatten() {
        if value.is_null() {
            all.remove(key);
        } else {
            all.insert(key.clone(), value.clone());
        }
    }
    Json::Object(all)
}

/// All texts that secrets of `value` hold.
pub(super) fn secret_texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Secret(inner) => match inner.as_str() {
            Some(text) => into.push(text.to_owned()),
            None => secret_texts(inner, into),
        },
        Value::List(items) => items.iter().for_each(|item| secret_texts(item, into)),
        Value::Map(entries) => entries.values().for_each(|entry| secret_texts(entry, into)),
        _ => {}
    }
}

/// Arguments from an erased value, for stacks that are built from data.
pub(super) struct RawArgs<R> {
    fields: BTreeMap<Arc<str>, Value>,
    resource: PhantomData<fn() -> R>,
}

impl<R> RawArgs<R> {
    pub(super) fn new(inputs: &Value) -> Self {
        Self { fields: inputs.as_map().cloned().unwrap_or_default(), resource: PhantomData }
    }
}

impl<R: Resource> Args for RawArgs<R> {
    type Target = R;

    fn into_fields(self) -> FieldExprs {
        let mut all = FieldExprs::default();
        for field in <R::Inputs as FieldType>::FIELDS {
            if let Some(value) = self.fields.get(field.name) {
                all.set(field.name, Input::<Raw>::new(Raw(value.clone())));
            }
        }
        all
    }
}

/// An erased value that serialises as itself, secrets included, into the engine's own values.
struct Raw(Value);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = |value: &Value| Self(value.clone());
        match &self.0 {
            Value::Secret(inner) => Secret::new(raw(inner)).serialize(serializer),
            Value::List(items) => serializer.collect_seq(items.iter().map(raw)),
            Value::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (&**key, raw(value))))
            }
            plain => plain.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Json::deserialize(deserializer).map(|json| Self(plain(&json)))
    }
}

impl FieldType for Raw {}
impl Scalar for Raw {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(name: &'static str, fields: &'static [FieldSpec]) -> FieldSpec {
        let mut field = FieldSpec::new(name);
        field.secret = true;
        field.fields = fields;
        field
    }

    #[test]
    fn secrets_are_made_and_kept() {
        let json = json!({ "key": "k1", "users": [{ "name": "a", "password": "p1" }], "size": 3 });
        let password: &'static [FieldSpec] = vec![secret("password", &[])].leak();
        let fields = [secret("key", &[]), secret("users", password), FieldSpec::new("size")];
        let value = typed(&fields, &json);
        assert_eq!(value.get("size"), &Value::Int(3));
        let mut texts = Vec::new();
        secret_texts(&value, &mut texts);
        assert_eq!(texts, ["k1", "p1"]);
        assert_eq!(iac_core::to_value(&Raw(value.clone())).unwrap(), value);
    }

    #[test]
    fn a_patch_sets_and_takes_away() {
        let base = json!({ "a": 1, "b": 2 });
        assert_eq!(patched(&base, &json!({ "b": null, "c": 3 })), json!({ "a": 1, "c": 3 }));
    }
}
