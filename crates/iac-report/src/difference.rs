//! Fields and how they differ, as text a page can show. Secrets and unknown values are marked. Knows
//! nothing of pages.

use iac_core::{FieldDiff, Path, Value, ValueMap};
use serde::Serialize;

use crate::lines::{LineKind, changed_lines};

/// What stands for a secret.
pub(crate) const SECRET: &str = "[secret]";
/// What stands for a value that the cloud decides.
const UNKNOWN: &str = "(known after apply)";
/// Longest text of one value; more is cut and its length told.
const VALUE_CHARS_MAX: usize = 4_000;
/// Most lines of one text that are compared or shown.
const TEXT_LINES_MAX: usize = 400;
/// Lines around a change that are shown with it.
const CONTEXT_LINES: usize = 3;

/// One field that differs, or one field of a new resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Field {
    /// Where.
    pub(crate) path: String,
    /// The value before; none where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) old: Option<String>,
    /// The value after; none where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new: Option<String>,
    /// Whether this field alone makes it a replacement.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) replaces: bool,
    /// In place of both values: the lines of longer texts, each after `+`, `-`, a blank or `…`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) lines: Vec<String>,
}

/// The fields of a plan's step or of drift.
pub(crate) fn of_diff(diff: &[FieldDiff]) -> Vec<Field> {
    diff.iter().map(|found| field(&found.path, &found.old, &found.new, found.replaces)).collect()
}

/// The fields of a resource that is made or gone: everything is new, or old.
pub(crate) fn of_inputs(inputs: &Value, is_new: bool) -> Vec<Field> {
    let (old, new) = if is_new { (&Value::Null, inputs) } else { (inputs, &Value::Null) };
    between(old, new)
}

/// Where two values differ, leaf by leaf.
pub(crate) fn between(old: &Value, new: &Value) -> Vec<Field> {
    let empty = ValueMap::new();
    let (a, b) = (old.as_map().unwrap_or(&empty), new.as_map().unwrap_or(&empty));
    let mut names: Vec<&str> = a.keys().chain(b.keys()).map(|name| &**name).collect();
    names.sort_unstable();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        leaves(&Path::field(name), old.get(name), new.get(name), &mut found);
    }
    found
}

fn leaves(path: &Path, old: &Value, new: &Value, found: &mut Vec<Field>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Map(a), Value::Map(b)) => {
            let mut names: Vec<&str> = a.keys().chain(b.keys()).map(|name| &**name).collect();
            names.sort_unstable();
            names.dedup();
            names.iter().for_each(|name| leaves(&path.key(name), old.get(name), new.get(name), found));
        }
        (Value::List(a), Value::List(b)) => {
            for index in 0..a.len().max(b.len()) {
                let item = |items: &[Value]| items.get(index).cloned().unwrap_or_default();
                leaves(&path.index(index), &item(a), &item(b), found);
            }
        }
        _ => found.push(field(path, old, new, false)),
    }
}

fn field(path: &Path, old: &Value, new: &Value, replaces: bool) -> Field {
    let lines = match (text_or_nothing(old), text_or_nothing(new)) {
        (Some(a), Some(b)) if a.contains('\n') || b.contains('\n') => text_lines(a, b),
        _ => Vec::new(),
    };
    let shown = |value: &Value| (*value != Value::Null && lines.is_empty()).then(|| text(value));
    Field { path: path.to_string(), old: shown(old), new: shown(new), replaces, lines }
}

fn text_or_nothing(value: &Value) -> Option<&str> {
    if *value == Value::Null { Some("") } else { value.as_str() }
}

/// A value on one line, cut if it is long.
pub(crate) fn text(value: &Value) -> String {
    cut(&match value {
        Value::String(text) => text.to_string(),
        other => inner(other),
    })
}

fn inner(value: &Value) -> String {
    match value {
        Value::Null => "(none)".into(),
        Value::Unknown => UNKNOWN.into(),
        Value::Secret(held) if held.has_unknown() => "[secret, known after apply]".into(),
        Value::Secret(_) => SECRET.into(),
        Value::List(items) => {
            format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}: {}", inner(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        scalar => format!("{scalar:?}"),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => {
            let kept = text.get(..end).unwrap_or_default();
            format!("{kept}… ({} characters)", text.chars().count())
        }
    }
}

/// The lines that differ between two texts, with some around them.
fn text_lines(old: &str, new: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut hidden = 0;
    for (number, group) in changed_lines(old, new, CONTEXT_LINES).iter().enumerate() {
        if number > 0 && lines.len() < TEXT_LINES_MAX {
            lines.push("…".to_owned());
        }
        for line in group {
            if lines.len() >= TEXT_LINES_MAX {
                hidden += 1;
                continue;
            }
            let mark = match line.kind {
                LineKind::Removed => '-',
                LineKind::Added => '+',
                LineKind::Kept => ' ',
            };
            let ends = line.text.ends_with('\n');
            let note = if ends { "" } else { " (no line feed at the end)" };
            lines.push(format!("{mark}{}{note}", cut(line.text.strip_suffix('\n').unwrap_or(line.text))));
        }
    }
    if hidden > 0 {
        lines.push(format!("… {hidden} more lines"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        Value::map(entries)
    }

    #[test]
    fn secrets_are_marked_wherever_they_are() {
        let old = map([("password", Value::secret("canary-1".into())), ("size", Value::Int(1))]);
        let new = map([
            ("password", Value::secret("canary-2".into())),
            ("size", Value::Int(1)),
            ("keys", Value::list([Value::secret("canary-3".into())])),
        ]);
        let fields = between(&old, &new);
        let shown = format!("{fields:?}{}", serde_json::to_string(&fields).unwrap());
        assert!(!shown.contains("canary"), "{shown}");
        let paths: Vec<&str> = fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["keys", "password"]);
        assert_eq!(fields[1].old.as_deref(), Some(SECRET));
    }

    #[test]
    fn longer_texts_are_compared_by_lines() {
        let old: String = (0..20).map(|line| format!("line {line}\n")).collect();
        let new = old.replace("line 10\n", "line ten\n");
        let fields =
            between(&map([("script", old.as_str().into())]), &map([("script", new.as_str().into())]));
        assert_eq!(
            fields[0].lines,
            [" line 7", " line 8", " line 9", "-line 10", "+line ten", " line 11", " line 12", " line 13"]
        );
        assert_eq!((&fields[0].old, &fields[0].new), (&None, &None));
    }

    #[test]
    fn everything_is_bounded() {
        let long = "x".repeat(VALUE_CHARS_MAX + 1);
        assert!(text(&long.as_str().into()).ends_with("… (4001 characters)"));
        let lines: String = (0..TEXT_LINES_MAX + 10).map(|line| format!("{line}\n")).collect();
        let fields = of_inputs(&map([("script", lines.as_str().into())]), true);
        assert_eq!(fields[0].lines.len(), TEXT_LINES_MAX + 1);
        assert_eq!(fields[0].lines.last().unwrap(), "… 10 more lines");
    }
}
