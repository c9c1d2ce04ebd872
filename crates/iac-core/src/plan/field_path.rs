//! Field paths in options: checked against the type, and followed into values. Knows nothing of
//! what differs.

use super::fault::PlanFault;
use super::planner::alias_urn;
use crate::graph::GraphNode;
use crate::provider::TypeSpec;
use crate::value::{Path, Value};

/// One step into a value.
#[derive(Debug, PartialEq, Eq)]
enum Segment<'a> {
    Key(&'a str),
    Index(usize),
}

/// What is wrong with the paths and names in a node's options. A path that means nothing would
/// ignore nothing, and nobody would see it.
pub(super) fn option_faults(node: &GraphNode, spec: &TypeSpec) -> Vec<PlanFault> {
    let options = &node.options;
    let paths =
        [("ignore_changes", &options.ignore_changes), ("replace_on_changes", &options.replace_on_changes)];
    let mut faults = Vec::new();
    for (option, path) in
        paths.into_iter().flat_map(|(option, paths)| paths.iter().map(move |path| (option, path)))
    {
        let Some(segments) = parse(path) else {
            let fault =
                PlanFault::new(&node.urn, format!("`{option}` names {path:?}, which is no field path"));
            faults.push(fault.way_out(
                "write it as a plan shows it, for example `labels.role`, `rules[2].port` or `labels[\"a/b\"]`",
            ));
            continue;
        };
        let Some(Segment::Key(root)) = segments.first() else { continue };
        if spec.input(root).is_none() {
            let message = format!("`{option}` names field `{root}`, which {} does not have", spec.type_token);
            let fields: Vec<&str> = spec.inputs.iter().map(|field| field.name).collect();
            faults.push(
                PlanFault::new(&node.urn, message).way_out(format!("its fields are {}", fields.join(", "))),
            );
        }
    }
    for alias in options.aliases.iter().filter(|alias| alias_urn(&node.urn, alias).is_none()) {
        let message = format!("its alias {alias:?} is neither a path nor a URN");
        faults.push(
            PlanFault::new(&node.urn, message).way_out("give the earlier name as `state list` shows it"),
        );
    }
    faults
}

/// `inputs` with the value at `path` as it is in `old`. Where the path leads nowhere, nothing
/// changes.
pub(super) fn keep(inputs: &Value, old: &Value, path: &str, spec: &TypeSpec) -> Value {
    let segments = parse(path).unwrap_or_default();
    match segments.first() {
        Some(Segment::Key(root)) => {
            let whole = spec.input(root).is_some_and(|field| !field.fields.is_empty());
            keep_at(inputs, old, &segments, whole)
        }
        _ => inputs.clone(),
    }
}

/// `whole`: whether a part alone would be no valid value, because a type says what belongs together.
fn keep_at(new: &Value, old: &Value, path: &[Segment<'_>], whole: bool) -> Value {
    let Some((first, rest)) = path.split_first() else { return old.clone() };
    if matches!(new, Value::Secret(_)) || matches!(old, Value::Secret(_)) {
        return match keep_at(new.peel(), old.peel(), path, whole) {
            Value::Null => Value::Null,
            kept => Value::secret(kept),
        };
    }
    match (first, new, old) {
        (Segment::Key(key), Value::Map(_), Value::Map(_) | Value::Null) => {
            new.with(key, keep_at(new.get(key), old.get(key), rest, whole))
        }
        (Segment::Key(key), Value::Null, Value::Map(_)) if !whole && *old.get(key) != Value::Null => {
            new.with(key, keep_at(&Value::Null, old.get(key), rest, whole))
        }
        (Segment::Index(index), Value::List(items), Value::List(kept)) => match kept.get(*index) {
            Some(kept) => Value::list(items.iter().enumerate().map(|(at, item)| {
                if at == *index { keep_at(item, kept, rest, whole) } else { item.clone() }
            })),
            None => new.clone(),
        },
        _ => new.clone(),
    }
}

/// The segments of a path in the form that [`Path`] shows; nothing for any other text.
fn parse(text: &str) -> Option<Vec<Segment<'_>>> {
    let mut segments = Vec::new();
    let mut left = text;
    while !left.is_empty() {
        let (segment, after) = if let Some(quoted) = left.strip_prefix("[\"") {
            let (key, after) = quoted.split_once("\"]")?;
            (Segment::Key(key), after)
        } else if let Some(number) = left.strip_prefix('[') {
            let (index, after) = number.split_once(']')?;
            (Segment::Index(index.parse().ok()?), after)
        } else {
            let name = if segments.is_empty() { left } else { left.strip_prefix('.')? };
            let (key, after) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
            (Segment::Key(key), after)
        };
        segments.push(segment);
        left = after;
    }
    let shown = segments.iter().fold(Path::default(), |path, segment| match segment {
        Segment::Key(key) => path.key(key),
        Segment::Index(index) => path.index(*index),
    });
    (shown.as_str() == text && matches!(segments.first(), Some(Segment::Key(_)))).then_some(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_the_form_in_which_they_are_shown() {
        let read = |text| parse(text).map(|segments| segments.len());
        assert_eq!(read("note"), Some(1));
        assert_eq!(read("labels.role"), Some(2));
        assert_eq!(read("labels[\"a/b\"].c"), Some(3));
        assert_eq!(read("rules[2].port"), Some(3));
        for bad in ["", "[0]", "a..b", ".a", "a.", "labels.a/b", "rules[x]", "rules[2", "labels[\"plain\"]"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    fn kept(new: Value, old: Value, path: &str) -> Value {
        keep_at(&new, &old, &parse(path).unwrap(), false)
    }

    #[test]
    fn a_part_is_kept_and_the_rest_is_the_programs() {
        let labels = |role: &str| Value::map([("a/b", role.into()), ("keep", "1".into())]);
        let inputs = |role: &str| Value::map([("labels", labels(role))]);
        assert_eq!(kept(inputs("new"), inputs("old"), "labels[\"a/b\"]"), inputs("old"));
        let rules = |port: i64| Value::list([Value::map([("port", Value::Int(port))]), Value::Int(7)]);
        let inputs = |port: i64| Value::map([("rules", rules(port))]);
        assert_eq!(kept(inputs(2), inputs(1), "rules[0].port"), inputs(1));
        assert_eq!(kept(inputs(2), inputs(1), "rules[9].port"), inputs(2));
    }

    #[test]
    fn what_is_not_known_or_not_there_stays_so() {
        let unknown = Value::map([("labels", Value::Unknown)]);
        let old = Value::map([("labels", Value::map([("role", "x".into())]))]);
        assert_eq!(kept(unknown.clone(), old.clone(), "labels.role"), unknown);
        let nothing = Value::map([("note", "n".into())]);
        assert_eq!(kept(nothing.clone(), nothing.clone(), "labels.role"), nothing);
        assert_eq!(kept(nothing.clone(), nothing.clone(), "note.deeper"), nothing);
        assert_eq!(kept(Value::default(), old.clone(), "labels.role"), old);
        let hidden = |text: &str| Value::map([("password", Value::secret(text.into()))]);
        assert_eq!(kept(hidden("new"), hidden("old"), "password"), hidden("old"));
    }
}
