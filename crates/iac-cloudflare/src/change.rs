//! When two values of a field mean the same to this API. Knows nothing of plans.

use iac_core::{FieldChange, OnChange, Value};

/// What the field table says, except that leaving a field out and giving it nothing (`false`, an
/// empty list or map) mean the same. Every `on_change` of this crate ends here.
pub(crate) fn declared(change: &FieldChange<'_>) -> OnChange {
    if is_nothing(change.old) && is_nothing(change.new) { OnChange::Ignore } else { change.declared() }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_nothing_in_every_spelling() {
        let nothings = [Value::Null, false.into(), Value::list([]), Value::map::<&str>([])];
        assert!(nothings.iter().all(is_nothing));
        assert!(![Value::Unknown, true.into(), "".into(), Value::Int(0)].iter().any(is_nothing));
    }
}
