//! The rule about labels. Knows a type's labels by the field of that name in its field table.

use crate::policy::{PolicyView, Violation};
use crate::value::Value;

/// Where most providers keep labels.
const LABELS: &str = "labels";

/// Every resource of a type that has `labels` has all of these, with a value that is not empty.
///
/// ```
/// # use iac_core::{Stack, StackError, policies};
/// # let stack = Stack::new("shop", "dev")?;
/// stack.policy("labels", policies::labels_present(["team", "environment"]))?;
/// # Ok::<(), StackError>(())
/// ```
pub fn labels_present<K: Into<String>>(
    keys: impl IntoIterator<Item = K>,
) -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    labels_present_in(LABELS, keys)
}

/// The same where labels are called otherwise: `tags`. The field may be a map, or a list of texts.
///
/// ```
/// # use iac_core::{Stack, StackError, policies};
/// # let stack = Stack::new("shop", "dev")?;
/// stack.policy("tags", policies::labels_present_in("tags", ["team"]))?;
/// # Ok::<(), StackError>(())
/// ```
pub fn labels_present_in<K: Into<String>>(
    field: impl Into<String>,
    keys: impl IntoIterator<Item = K>,
) -> impl Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static {
    let field: String = field.into();
    let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
    move |plan| {
        let mut violations = Vec::new();
        let has_labels = |resource: &&crate::PlannedResource<'_>| {
            !resource.is_deleted() && resource.spec.is_some_and(|spec| spec.input(&field).is_some())
        };
        for resource in plan.resources().filter(has_labels) {
            for key in &keys {
                let violation = match label(resource.inputs.get(&field), key) {
                    Found::Present => continue,
                    Found::Later => {
                        Violation::warn(format!("only the apply decides whether it has the label `{key}`"))
                    }
                    Found::Empty => Violation::deny(format!("has an empty label `{key}`; give it a value")),
                    Found::Absent => Violation::deny(format!("has no label `{key}`; add it to `{field}`")),
                };
                violations.push(violation.of(resource).field(field.as_str()));
            }
        }
        violations
    }
}

enum Found {
    Present,
    Empty,
    Absent,
    /// Only the apply decides it.
    Later,
}

fn label(labels: &Value, key: &str) -> Found {
    match labels {
        Value::Unknown => Found::Later,
        Value::Map(entries) => match entries.get(key) {
            None | Some(Value::Null) => Found::Absent,
            Some(value) if value.as_str() == Some("") => Found::Empty,
            Some(_) => Found::Present,
        },
        Value::List(items) if items.iter().any(|item| item.as_str() == Some(key)) => Found::Present,
        Value::List(items) if items.iter().any(|item| matches!(item, Value::Unknown)) => Found::Later,
        _ => Found::Absent,
    }
}
