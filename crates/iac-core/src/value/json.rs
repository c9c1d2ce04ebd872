//! A value as JSON for people and programs: secrets and unknowns are marked, never shown.

use serde_json::{Map, json};

use super::Value;

impl Value {
    /// JSON without secrets: a secret is `{"$secret": true}`, an unknown `{"$unknown": true}`.
    pub fn to_redacted_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => json!(value),
            Self::Int(value) => json!(value),
            Self::Float(value) => json!(value),
            Self::String(value) => json!(&**value),
            Self::List(items) => items.iter().map(Self::to_redacted_json).collect(),
            Self::Map(entries) => serde_json::Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.to_string(), value.to_redacted_json()))
                    .collect::<Map<_, _>>(),
            ),
            Self::Secret(_) => json!({ "$secret": true }),
            Self::Unknown => json!({ "$unknown": true }),
        }
    }

    /// A value from plain JSON. Nothing in it becomes a secret or an unknown.
    ///
    /// # Errors
    /// An integer above `i64::MAX`.
    pub fn from_json(json: &serde_json::Value) -> Result<Self, super::ValueError> {
        super::to_value(json)
    }
}

impl serde::Serialize for Value {
    /// Writes [`Value::to_redacted_json`]: safe for events and plans, useless for state.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_redacted_json().serialize(serializer)
    }
}
