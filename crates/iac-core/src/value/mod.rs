//! The engine's own data model: what inputs and outputs are made of once their types are erased.
//! Knows nothing of resources or storage.

mod de;
mod json;
mod path;
mod ser;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use de::from_value;
pub use path::Path;
pub use ser::to_value;

pub(crate) use ser::{SECRET_NEWTYPE, guard as secret_guard};

/// A dynamically typed value: literal data, a secret around data, or not known yet.
///
/// Compound values are shared, so a clone is cheap. A map never holds [`Value::Null`]: an absent
/// field and a null one are the same thing.
///
/// `Debug` and [`Value::to_redacted_json`] never show what a secret holds.
///
/// ```
/// use iac_core::{Value, to_value};
///
/// let value = to_value(&vec![1, 2]).unwrap();
/// assert_eq!(value, Value::list([Value::Int(1), Value::Int(2)]));
/// assert_eq!(format!("{:?}", Value::secret("hunter2".into())), "[secret]");
/// ```
#[derive(Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// Absent.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// Text.
    String(Arc<str>),
    /// An ordered list.
    List(Arc<Vec<Value>>),
    /// Named fields, or a map with string keys.
    Map(Arc<BTreeMap<Arc<str>, Value>>),
    /// A value that is only written encrypted and never shown.
    Secret(Arc<Value>),
    /// A value that the cloud will decide during the apply.
    Unknown,
}

/// What a map value is made of.
pub type ValueMap = BTreeMap<Arc<str>, Value>;

impl Value {
    /// A list.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Self {
        Self::List(Arc::new(items.into_iter().collect()))
    }

    /// A map; null entries are left out.
    pub fn map<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Map(Arc::new(
            entries
                .into_iter()
                .filter(|(_, value)| *value != Value::Null)
                .map(|(k, v)| (k.into(), v))
                .collect(),
        ))
    }

    /// Wraps `value` as a secret; a secret stays as it is.
    pub fn secret(value: Value) -> Self {
        match value {
            Self::Secret(_) => value,
            other => Self::Secret(Arc::new(other)),
        }
    }

    /// Whether any part is not known yet.
    pub fn has_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::List(items) => items.iter().any(Self::has_unknown),
            Self::Map(entries) => entries.values().any(Self::has_unknown),
            Self::Secret(inner) => inner.has_unknown(),
            _ => false,
        }
    }

    /// Whether any part is a secret.
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::List(items) => items.iter().any(Self::has_secret),
            Self::Map(entries) => entries.values().any(Self::has_secret),
            _ => false,
        }
    }

    /// The text, if this is plain text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The entries, if this is a map.
    pub fn as_map(&self) -> Option<&ValueMap> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entry `key` of a map; [`Value::Null`] where there is none.
    pub fn get(&self, key: &str) -> &Value {
        self.as_map().and_then(|entries| entries.get(key)).unwrap_or(&Value::Null)
    }

    /// This map with `key` set; null removes it. Anything but a map becomes a map.
    #[must_use]
    pub fn with(&self, key: &str, value: Value) -> Value {
        let mut entries = self.as_map().cloned().unwrap_or_default();
        if value == Value::Null {
            entries.remove(key);
        } else {
            entries.insert(key.into(), value);
        }
        Self::Map(Arc::new(entries))
    }

    /// The value under any secret wrapper. Only for comparing and for handing inputs to a
    /// provider; never for showing.
    pub(crate) fn peel(&self) -> &Value {
        match self {
            Self::Secret(inner) => inner,
            other => other,
        }
    }

    /// Whether `actual` is this value with its unknown parts filled in. Secret wrappers do not
    /// count: only what is inside is compared.
    pub fn accepts(&self, actual: &Value) -> bool {
        match (self.peel(), actual.peel()) {
            (Self::Unknown, _) => true,
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.accepts(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.iter().all(|(key, value)| match b.get(key) {
                    Some(other) => value.accepts(other),
                    None => matches!(value, Self::Unknown),
                }) && b.keys().all(|key| a.contains_key(key))
            }
            (a, b) => a == b,
        }
    }

    /// Every plain text that a secret of this value holds, for redaction.
    pub(crate) fn secret_texts(&self, into: &mut Vec<String>) {
        match self {
            Self::Secret(inner) => inner.texts(into),
            Self::List(items) => items.iter().for_each(|item| item.secret_texts(into)),
            Self::Map(entries) => entries.values().for_each(|entry| entry.secret_texts(into)),
            _ => {}
        }
    }

    fn texts(&self, into: &mut Vec<String>) {
        match self {
            Self::String(text) => into.push(text.to_string()),
            Self::List(items) => items.iter().for_each(|item| item.texts(into)),
            Self::Map(entries) => entries.values().for_each(|entry| entry.texts(into)),
            Self::Secret(inner) => inner.texts(into),
            _ => {}
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::String(value) => write!(f, "{value:?}"),
            Self::List(items) => f.debug_list().entries(items.iter()).finish(),
            Self::Map(entries) => f.debug_map().entries(entries.iter()).finish(),
            Self::Secret(_) => f.write_str("[secret]"),
            Self::Unknown => f.write_str("[unknown]"),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

/// Why a typed value and a [`Value`] could not be turned into each other.
///
/// The text names the place as far as serde knows it, and never a value.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(pub(crate) String);

impl serde::ser::Error for ValueError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}
impl serde::de::Error for ValueError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
    fn invalid_type(unexpected: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self(format!("expected {expected}, found {}", kind_of(unexpected)))
    }
    fn invalid_value(unexpected: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self(format!("expected {expected}, found another {}", kind_of(unexpected)))
    }
}

/// The type of what was found, without its content: it may be a secret.
fn kind_of(unexpected: serde::de::Unexpected<'_>) -> &'static str {
    use serde::de::Unexpected as U;
    match unexpected {
        U::Bool(_) => "boolean",
        U::Unsigned(_) | U::Signed(_) => "integer",
        U::Float(_) => "number",
        U::Char(_) | U::Str(_) => "string",
        U::Bytes(_) => "bytes",
        U::Unit | U::Option => "null",
        U::Seq => "list",
        U::Map => "map",
        _ => "value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Sample {
        name: String,
        size: u32,
        note: Option<String>,
        #[serde(default)]
        labels: BTreeMap<String, String>,
        kind: Kind,
        password: Secret<String>,
        more: Vec<Secret<String>>,
    }
    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Tagged { port: u16 },
        Pair(u8, String),
        One(String),
        Maybe(Option<String>),
    }

    fn sample(kind: Kind) -> Sample {
        Sample {
            name: "a".into(),
            size: 3,
            note: None,
            labels: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
            kind,
            password: Secret::new("hunter2".into()),
            more: vec![Secret::new("x".into())],
        }
    }

    #[test]
    fn round_trip_keeps_every_shape() {
        for kind in [
            Kind::Plain,
            Kind::Tagged { port: 80 },
            Kind::Pair(1, "b".into()),
            Kind::One("c".into()),
            Kind::Maybe(None),
            Kind::Maybe(Some("d".into())),
        ] {
            let before = sample(kind);
            let value = to_value(&before).unwrap();
            assert_eq!(value.get("note"), &Value::Null);
            assert!(matches!(value.get("password"), Value::Secret(_)));
            let after: Sample = from_value(&value).unwrap();
            assert_eq!(before, after);
        }
    }

    #[test]
    fn a_secret_is_refused_by_every_other_serialiser() {
        let error = serde_json::to_string(&sample(Kind::Plain)).unwrap_err().to_string();
        assert!(error.contains("secret"), "{error}");
        assert!(!error.contains("hunter2"));
        // And the refusal does not depend on what was serialised before it.
        let _ = to_value(&sample(Kind::Plain)).unwrap();
        assert!(serde_json::to_string(&Secret::new(1)).is_err());
    }

    #[test]
    fn a_plain_value_is_refused_where_a_secret_is_expected() {
        let value = to_value(&sample(Kind::Plain)).unwrap().with("password", "plain".into());
        let error = from_value::<Sample>(&value).unwrap_err().to_string();
        assert!(error.contains("secret"), "{error}");
        let value = to_value(&sample(Kind::Plain)).unwrap().with("name", Value::secret("s".into()));
        let error = from_value::<Sample>(&value).unwrap_err().to_string();
        assert!(error.contains("secret"), "{error}");
    }

    #[test]
    fn unknown_parts_accept_anything_and_known_parts_only_themselves() {
        let planned = Value::map([("a", Value::Int(1)), ("b", Value::Unknown)]);
        assert!(planned.accepts(&Value::map([("a", Value::Int(1)), ("b", "x".into())])));
        assert!(planned.accepts(&Value::map([("a", Value::Int(1))])));
        assert!(!planned.accepts(&Value::map([("a", Value::Int(2)), ("b", "x".into())])));
        assert!(!planned.accepts(&Value::map([("a", Value::Int(1)), ("c", "x".into())])));
    }
}
