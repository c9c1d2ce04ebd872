//! Owns labels: what may be one, and the selector language. Knows no resources.
use super::error::invalid_input;
use iac_testkit::sim::SimResponse;
use serde_json::Value;
use std::collections::BTreeMap;

/// An object's labels.
pub(crate) type Labels = BTreeMap<String, String>;

const NAME_CHARACTERS_MAX: usize = 63;
const PREFIX_CHARACTERS_MAX: usize = 253;
const RESERVED_PREFIX: &str = "hetzner.cloud";

/// The labels of a request's body.
pub(crate) fn read(field: &str, value: &Value) -> Result<Labels, SimResponse> {
    let Some(object) = value.as_object() else {
        return Err(invalid_input(field, "Not a valid mapping type."));
    };
    let mut labels = Labels::new();
    for (key, value) in object {
        let Some(value) = value.as_str() else {
            return Err(invalid_input(field, format!("label value for key '{key}' is not a string")));
        };
        if !is_key(key) {
            return Err(invalid_input(field, format!("label key '{key}' is not correctly formatted")));
        }
        if !is_value(value) {
            return Err(invalid_input(field, format!("label value '{value}' is not correctly formatted")));
        }
        labels.insert(key.clone(), value.to_owned());
    }
    Ok(labels)
}

fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => prefix != RESERVED_PREFIX && is_subdomain(prefix) && is_name(name),
        None => is_name(key),
    }
}

fn is_value(value: &str) -> bool {
    value.is_empty() || is_name(value)
}

fn is_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.len() <= NAME_CHARACTERS_MAX && edges_are_alphanumeric(name) && name.bytes().all(inner)
}

fn is_subdomain(prefix: &str) -> bool {
    let label = |label: &str| {
        label.len() <= NAME_CHARACTERS_MAX
            && edges_are_alphanumeric(label)
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    prefix.len() <= PREFIX_CHARACTERS_MAX && prefix.split('.').all(label)
}

fn edges_are_alphanumeric(text: &str) -> bool {
    let bytes = text.as_bytes();
    let alphanumeric = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    alphanumeric(bytes.first()) && alphanumeric(bytes.last())
}

/// A parsed label selector: all of its requirements must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    Present(String),
    Absent(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
}

impl Selector {
    /// Reads a selector such as `env in (a,b),!type,tier!=web`; an empty one selects everything.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self(Vec::new()));
        }
        split_outside_parentheses(text)?.into_iter().map(requirement).collect::<Result<_, _>>().map(Self)
    }

    /// Whether labels fulfil it.
    pub(crate) fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| match requirement {
            Requirement::Present(key) => labels.contains_key(key),
            Requirement::Absent(key) => !labels.contains_key(key),
            Requirement::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            // As in the real language, an object without the key is not in the set.
            Requirement::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
        })
    }
}

fn split_outside_parentheses(text: &str) -> Result<Vec<&str>, String> {
    let mut parts = Vec::new();
    let mut inside = false;
    let mut start = 0;
    for (at, character) in text.char_indices() {
        match character {
            '(' if inside => return Err("unexpected '('".to_owned()),
            '(' => inside = true,
            ')' if !inside => return Err("unexpected ')'".to_owned()),
            ')' => inside = false,
            ',' if !inside => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if inside {
        return Err("')' is missing".to_owned());
    }
    parts.push(&text[start..]);
    Ok(parts)
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let text = text.trim();
    if let Some((left, values)) = text.split_once('(') {
        let values = values.strip_suffix(')').ok_or_else(|| format!("'{text}' does not end with ')'"))?;
        let values = values.split(',').map(|one| value(one.trim())).collect::<Result<Vec<_>, _>>()?;
        let mut words = left.split_whitespace();
        return match (words.next(), words.next(), words.next()) {
            (Some(name), Some("in"), None) => Ok(Requirement::In(key(name)?, values)),
            (Some(name), Some("notin"), None) => Ok(Requirement::NotIn(key(name)?, values)),
            _ => Err(format!("'{text}' is neither 'key in (...)' nor 'key notin (...)'")),
        };
    }
    let pair = |(left, right): (&str, &str)| Ok::<_, String>((key(left.trim())?, value(right.trim())?));
    if let Some(both) = text.split_once("!=") {
        let (key, value) = pair(both)?;
        return Ok(Requirement::NotIn(key, vec![value]));
    }
    if let Some(both) = text.split_once("==").or_else(|| text.split_once('=')) {
        let (key, value) = pair(both)?;
        return Ok(Requirement::In(key, vec![value]));
    }
    match text.strip_prefix('!') {
        Some(absent) => Ok(Requirement::Absent(key(absent.trim())?)),
        None => Ok(Requirement::Present(key(text)?)),
    }
}

fn key(text: &str) -> Result<String, String> {
    if is_key(text) { Ok(text.to_owned()) } else { Err(format!("'{text}' is not a label key")) }
}

fn value(text: &str) -> Result<String, String> {
    if is_value(text) { Ok(text.to_owned()) } else { Err(format!("'{text}' is not a label value")) }
}

#[cfg(test)]
mod tests {
    use super::{Labels, Selector, read};
    use serde_json::json;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn selectors_select() {
        let web = labels(&[("env", "production"), ("tier", "web")]);
        let cases = [
            ("", true),
            ("env", true),
            ("!env", false),
            ("!other", true),
            ("env=production", true),
            ("env==production,tier=web", true),
            ("env != production", false),
            ("other!=x", true),
            ("env in (testing, production)", true),
            ("env notin (testing,production)", false),
            ("other notin (x)", true),
            ("env in (testing),tier=web", false),
            ("tier=", false),
        ];
        for (selector, expected) in cases {
            assert_eq!(Selector::parse(selector).unwrap().matches(&web), expected, "{selector}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for selector in ["env in production", "env in (a", "=a", "a=b=c", "a,,b", "in (a)", "(a)", "a b"] {
            assert!(Selector::parse(selector).is_err(), "{selector}");
        }
    }

    #[test]
    fn label_formats() {
        let long = "a".repeat(64);
        let good = json!({ "a": "", "example.com/my-key": "v.1_2", "Just.a_key": "X" });
        assert_eq!(read("labels", &good).unwrap().len(), 3);
        for bad in [
            json!({ "": "x" }),
            json!({ "-a": "x" }),
            json!({ "hetzner.cloud/a": "x" }),
            json!({ "a/b/c": "x" }),
            json!({ "a": "b c" }),
            json!({ "a": 1 }),
            json!({ "a": long }),
            json!(["a"]),
        ] {
            assert!(read("labels", &bad).is_err(), "{bad}");
        }
    }
}
