//! Values on one line, and as JSON. Secrets and unknowns are marked, never shown.

use iac_core::Value;
use serde_json::Value as Json;

/// What stands for a value that the cloud decides.
pub(crate) const UNKNOWN: &str = "(known after apply)";
/// What stands for a secret.
pub(crate) const SECRET: &str = "[secret]";
/// Longest text of one value; more is cut and its length told.
const VALUE_CHARS_MAX: usize = 240;
/// What is left of a longer one.
const VALUE_CHARS_KEPT: usize = 160;
/// Where two long texts begin alike, what is shown before the difference.
const COMMON_CHARS_KEPT: usize = 24;

/// JSON in which secrets and unknowns are marked: the engine's own redacted form.
pub(crate) fn to_json(data: &impl serde::Serialize) -> Json {
    serde_json::to_value(data).expect("plans, events and values always serialise")
}

/// A value on one line, cut if it is long.
pub(crate) fn line(value: &Value) -> String {
    cut(&whole(value), 0)
}

/// A value on one line, however long it is.
pub(super) fn whole_line(value: &Value) -> String {
    whole(value)
}

/// Two values on one line each; long ones that begin alike are shown from the difference on.
pub(crate) fn pair(old: &Value, new: &Value) -> (String, String) {
    let (old, new) = (whole(old), whole(new));
    let long = |text: &str| text.chars().count() > VALUE_CHARS_MAX;
    if !long(&old) && !long(&new) {
        return (old, new);
    }
    let common = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let from = common.saturating_sub(COMMON_CHARS_KEPT);
    (cut(&old, from), cut(&new, from))
}

fn cut(text: &str, from: usize) -> String {
    let length = text.chars().count();
    if length <= VALUE_CHARS_MAX {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(from).take(VALUE_CHARS_KEPT).collect();
    let before = if from > 0 { "..." } else { "" };
    let after = if from + VALUE_CHARS_KEPT < length { "..." } else { "" };
    format!("{before}{kept}{after} ({length} characters)")
}

fn whole(value: &Value) -> String {
    match value {
        Value::Null => "(none)".into(),
        Value::Unknown => UNKNOWN.into(),
        Value::Secret(inner) if inner.has_unknown() => "[secret, known after apply]".into(),
        Value::Secret(_) => SECRET.into(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(whole).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}: {}", key_text(key), whole(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        // Debug of a scalar: text in quotes with its control characters escaped.
        scalar => format!("{scalar:?}"),
    }
}

fn key_text(key: &str) -> String {
    let plain = !key.is_empty()
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    if plain { key.to_owned() } else { format!("{key:?}") }
}

/// The value alone, as a script wants it: text without quotes, anything else as JSON.
pub(crate) fn bare(value: &Value) -> String {
    match value {
        Value::Secret(_) => SECRET.into(),
        Value::String(text) => text.to_string(),
        other => other.to_redacted_json().to_string(),
    }
}

/// The value with its secrets laid open. Only for `outputs --show-secrets`.
pub(crate) fn exposed(value: &Value) -> Value {
    match value {
        Value::Secret(inner) => exposed(inner),
        Value::List(items) => Value::list(items.iter().map(exposed)),
        Value::Map(entries) => {
            Value::map(entries.iter().map(|(key, value)| (std::sync::Arc::clone(key), exposed(value))))
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown_however_deep() {
        let value =
            Value::map([("a", Value::list([Value::secret("hunter2".into())])), ("b b", Value::Unknown)]);
        assert_eq!(line(&value), "{a: [[secret]], \"b b\": (known after apply)}");
        assert_eq!(bare(&Value::secret("hunter2".into())), "[secret]");
        assert!(!bare(&value).contains("hunter2"));
        assert!(line(&exposed(&value)).contains("hunter2"));
    }

    #[test]
    fn long_texts_are_cut_around_their_difference() {
        let (old, new) = (format!("{}one", "x".repeat(300)), format!("{}two", "x".repeat(300)));
        let (old, new) = pair(&old.into(), &new.into());
        assert_eq!(old, format!("...{}one\" (305 characters)", "x".repeat(24)));
        assert_eq!(new, format!("...{}two\" (305 characters)", "x".repeat(24)));
        assert_eq!(line(&"y".repeat(300).into()), format!("\"{}... (302 characters)", "y".repeat(159)));
    }
}
