//! [`Report`]: what a mocked run left, to look at by name.

use std::sync::Arc;

use iac_core::state::ResourceRecord;
use iac_core::{Outcome, Plan, Snapshot, Value};

/// What a mocked run planned, did and left.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The plan it applied.
    pub plan: Plan,
    /// How it ended.
    pub outcome: Outcome,
    /// The state afterwards.
    pub snapshot: Snapshot,
}

impl Report {
    pub(super) fn new(plan: Plan, outcome: Outcome, snapshot: Snapshot) -> Self {
        Self { plan, outcome, snapshot }
    }

    /// The resource at `name`: a URN, or a path (`edge/web`) where only one resource has it.
    pub fn resource(&self, name: &str) -> Option<&Arc<ResourceRecord>> {
        let mut matching =
            self.snapshot.resources.values().filter(|row| row.urn.as_str() == name || row.urn.path() == name);
        matching.next().filter(|_| matching.next().is_none())
    }

    /// The value that resource `name` got in `field`, a path with dots (`labels.role`); null where
    /// it got none.
    ///
    /// # Panics
    /// When there is no such resource, or several: the text lists all there are.
    #[track_caller]
    pub fn input(&self, name: &str, field: &str) -> &Value {
        field.split('.').fold(&self.named(name).inputs, |value, key| value.get(key))
    }

    /// The output `field` of resource `name`; null where it has none.
    ///
    /// # Panics
    /// As [`input`](Report::input).
    #[track_caller]
    pub fn output(&self, name: &str, field: &str) -> &Value {
        self.named(name).outputs.get(field)
    }

    /// The physical id of resource `name`, if there is one such resource.
    pub fn id(&self, name: &str) -> Option<&str> {
        self.resource(name).map(|row| row.id.as_str())
    }

    /// The exported output `name`; null where there is none.
    pub fn export(&self, name: &str) -> Value {
        self.outcome.outputs.get(name).cloned().unwrap_or_default()
    }

    #[track_caller]
    fn named(&self, name: &str) -> &ResourceRecord {
        match self.resource(name) {
            Some(row) => row,
            None => {
                let all: Vec<&str> = self.snapshot.resources.keys().map(iac_core::Urn::as_str).collect();
                panic!("{name:?} names not exactly one resource of: {}", all.join(", "))
            }
        }
    }
}
