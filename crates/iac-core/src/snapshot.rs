//! [`Snapshot`]: everything a plan is made from, besides the graph. Data only.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::provider::Observation;
use crate::state::{ResourceRecord, StackId, StateRecord, Status};
use crate::urn::Urn;
use crate::value::Value;

/// What is known of a stack at one moment: its rows, the data read for it, the accounts behind
/// its providers.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Snapshot {
    /// The state's serial.
    pub serial: u64,
    /// The object in use for each URN.
    pub resources: BTreeMap<Urn, Arc<ResourceRecord>>,
    /// Old halves of replacements, still to be deleted.
    pub pending_deletes: Vec<Arc<ResourceRecord>>,
    /// The exported outputs.
    pub exports: BTreeMap<String, Value>,
    /// The data of reads whose query is known.
    pub reads: BTreeMap<Urn, Value>,
    /// The objects that resources without a row shall be imported from, where they exist.
    pub imports: BTreeMap<Urn, Observation>,
    /// The account behind each provider instance, where it was asked.
    pub accounts: BTreeMap<String, String>,
    /// The outputs of other stacks that the program refers to.
    pub stack_outputs: BTreeMap<StackId, BTreeMap<String, Value>>,
}

impl Snapshot {
    /// The snapshot of stored state.
    pub fn from_state(state: StateRecord) -> Self {
        let mut snapshot = Self {
            serial: state.serial,
            exports: state.exports.into_iter().map(|export| (export.name, export.value)).collect(),
            ..Self::default()
        };
        for record in state.resources {
            let record = Arc::new(record);
            if record.status == Status::PendingDelete {
                snapshot.pending_deletes.push(record);
            } else {
                snapshot.resources.insert(record.urn.clone(), record);
            }
        }
        snapshot
    }
}
