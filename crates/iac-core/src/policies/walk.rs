//! The values that a field path leads to. Knows nothing of what they mean.

use crate::value::Value;

/// What stands for every item of a list in a path: `rules[*].port`.
const EVERY_ITEM: &str = "[*]";

/// Every value that `path` leads to, each with its own path. Null where a field is not set, and unknown
/// where the way there is decided by the apply.
pub(super) fn values_at<'v>(root: &'v Value, path: &str) -> Vec<(String, &'v Value)> {
    let mut found = vec![(String::new(), root)];
    for part in path.split('.') {
        let (name, is_list) = match part.strip_suffix(EVERY_ITEM) {
            Some(name) => (name, true),
            None => (part, false),
        };
        found = found.into_iter().flat_map(|(at, value)| step(at, value, name, is_list)).collect();
    }
    found
}

fn step<'v>(at: String, value: &'v Value, name: &str, is_list: bool) -> Vec<(String, &'v Value)> {
    if matches!(value, Value::Unknown) {
        return vec![(at, value)];
    }
    let inner = value.get(name);
    let at = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    if !is_list || matches!(inner, Value::Unknown) {
        return vec![(at, inner)];
    }
    let items = inner.as_list().into_iter().flatten().enumerate();
    items.map(|(index, item)| (format!("{at}[{index}]"), item)).collect()
}
