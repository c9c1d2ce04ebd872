//! The lossless form of a plan: every type as a [`Value`], unknowns and secrets included. Knows
//! nothing of encryption or files.
//!
//! A type's fields are named once, in [`stored!`]: a field that is added to the type and not to
//! its list does not compile.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::content::Content;
use super::fingerprint::ResourcePrint;
use crate::cost::{PlanCost, Prices};
use crate::hook::{HookPhase, HookUse, RecordedHooks};
use crate::plan::{
    Drift, Facts, FieldDiff, NotCompared, NotComparedReason, Op, OutputChange, Part, Plan, PlanOptions,
    ReadAt, Recovered, Selected, Step, StepHook, Summary, Warning,
};
use crate::resource::ReplaceOrder;
use crate::state::{ResourceRecord, StackId, Status};
use crate::urn::Urn;
use crate::value::{Path, Value, ValueError, ValueMap, from_value, to_value};

/// A type that a plan file holds.
pub(super) trait Stored: Sized {
    /// The whole of it.
    fn store(&self) -> Value;
    /// The same again.
    fn restore(value: &Value) -> Result<Self, ValueError>;
}

/// Stores a struct field by field, under the fields' names. Reading refuses a field that it does
/// not know: another build may mean something by it.
macro_rules! stored {
    ($type:ty { $($field:ident),* $(,)? }) => {
        impl Stored for $type {
            fn store(&self) -> Value {
                let Self { $($field),* } = self;
                Value::map([$((stringify!($field), $field.store())),*])
            }
            fn restore(value: &Value) -> Result<Self, ValueError> {
                let entries = entries(value, stringify!($type), &[$(stringify!($field)),*])?;
                Ok(Self { $($field: field(entries, stringify!($field))?),* })
            }
        }
    };
}

stored!(Content { plan, options, prints, rows, exports });
stored!(ResourcePrint { inputs, rest });
stored!(PlanOptions { destroy, refresh_only, targets, excludes, replace, allow_renames, prices });
stored!(Plan {
    stack,
    parent_serial,
    destroy,
    refresh_only,
    steps,
    recovered,
    selection,
    facts,
    drift,
    warnings,
    outputs,
    summary,
    cost,
    reads,
    accounts
});
stored!(Step {
    index,
    urn,
    type_token,
    provider,
    op,
    replace_order,
    forced,
    reasons,
    hook,
    diff,
    inputs,
    after,
    prior,
    read_at,
});
stored!(StepHook { used, of });
stored!(Facts { compared, newest, oldest, not_compared });
stored!(ReadAt { urn, at });
stored!(NotCompared { urn, why });
stored!(Selected { urn, part, why });
stored!(HookUse { phase, name });
stored!(RecordedHooks { deletion, owed });
stored!(Recovered { urn, op, finding });
stored!(FieldDiff { path, old, new, replaces });
stored!(Drift { urn, missing, diff });
stored!(Warning { urn, field, message, loses_data });
stored!(OutputChange { name, old, new });
stored!(Summary { create, update, replace, delete, read, record, hook, import, same });
stored!(ResourceRecord {
    urn,
    token,
    type_token,
    provider,
    account,
    id,
    status,
    inputs,
    outputs,
    observed,
    missing,
    triggers,
    dependencies,
    protect,
    retain,
    generation,
    refreshed_at,
    modified_at,
    hooks,
});

/// Types whose serde form is complete: names, ids and enums without secrets.
macro_rules! stored_by_serde {
    ($($type:ty),* $(,)?) => {$(
        impl Stored for $type {
            fn store(&self) -> Value {
                to_value(self).expect("names and plain enums always serialise")
            }
            fn restore(value: &Value) -> Result<Self, ValueError> {
                from_value(value)
            }
        }
    )*};
}

stored_by_serde!(
    Op,
    NotComparedReason,
    Part,
    HookPhase,
    Path,
    ReplaceOrder,
    StackId,
    Status,
    Urn,
    PlanCost,
    Prices,
    String,
    bool,
    u32,
    i64
);

impl Stored for Arc<str> {
    fn store(&self) -> Value {
        (&**self).into()
    }
    fn restore(value: &Value) -> Result<Self, ValueError> {
        String::restore(value).map(Self::from)
    }
}

impl Stored for u64 {
    fn store(&self) -> Value {
        Value::Int(self.cast_signed())
    }
    fn restore(value: &Value) -> Result<Self, ValueError> {
        i64::restore(value).map(i64::cast_unsigned)
    }
}

impl Stored for usize {
    fn store(&self) -> Value {
        (*self as u64).store()
    }
    fn restore(value: &Value) -> Result<Self, ValueError> {
        Self::try_from(u64::restore(value)?).map_err(|_| ValueError("a count is too large".into()))
    }
}

impl Stored for Value {
    fn store(&self) -> Value {
        self.clone()
    }
    fn restore(value: &Value) -> Result<Self, ValueError> {
        Ok(value.clone())
    }
}

impl<T: Stored> Stored for Arc<T> {
    fn store(&self) -> Value {
        (**self).store()
    }
    fn restore(value: &Value) -> Result<Self, ValueError> {
        T::restore(value).map(Self::new)
    }
}

/// Nothing, or a list of one: what is inside may be null itself.
impl<T: Stored> Stored for Option<T> {
    fn store(&self) -> Value {
        self.as_ref().map_or(Value::Null, |inner| Value::list([inner.store()]))
    }
    fn restore(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Null => Ok(None),
            other => match items(other)? {
                [inner] => T::restore(inner).map(Some),
                _ => Err(ValueError("expected nothing or one item".into())),
            },
        }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn store(&self) -> Value {
        Value::list(self.iter().map(Stored::store))
    }
    fn restore(value: &Value) -> Result<Self, ValueError> {
        items(value)?.iter().map(T::restore).collect()
    }
}

/// A list of pairs: keys need not be text, and values may be null.
impl<K: Stored + Ord, V: Stored> Stored for BTreeMap<K, V> {
    fn store(&self) -> Value {
        Value::list(self.iter().map(|(key, value)| Value::list([key.store(), value.store()])))
    }
    fn restore(value: &Value) -> Result<Self, ValueError> {
        let pairs = items(value)?.iter().map(|pair| match items(pair)? {
            [key, value] => Ok((K::restore(key)?, V::restore(value)?)),
            _ => Err(ValueError("expected a key and a value".into())),
        });
        pairs.collect()
    }
}

fn items(value: &Value) -> Result<&[Value], ValueError> {
    value.as_list().ok_or_else(|| ValueError("expected a list".into()))
}

fn entries<'a>(value: &'a Value, type_name: &str, known: &[&str]) -> Result<&'a ValueMap, ValueError> {
    let entries =
        value.as_map().ok_or_else(|| ValueError(format!("expected the fields of a {type_name}")))?;
    match entries.keys().find(|key| !known.contains(&&***key)) {
        Some(other) => Err(ValueError(format!("a {type_name} has no field `{other}` here"))),
        None => Ok(entries),
    }
}

fn field<T: Stored>(entries: &ValueMap, name: &str) -> Result<T, ValueError> {
    let value = entries.get(name).unwrap_or(&Value::Null);
    T::restore(value).map_err(|error| ValueError(format!("`{name}`: {error}")))
}
