//! [`Snapshot`]: everything a plan is made from, besides the graph. Data only.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::provider::Observation;
use crate::state::{CheckRecord, ResourceRecord, StackId, StateRecord, Status, TimestampMs};
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
    /// Objects that are deleted, and whose hooks after the deletion are still owed.
    pub gone: Vec<Arc<ResourceRecord>>,
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
    /// The texts of every secret that is recorded.
    pub(crate) fn secret_texts(&self, into: &mut Vec<String>) {
        let rows = self.resources.values().chain(&self.pending_deletes).chain(&self.gone);
        rows.for_each(|row| row.secret_texts(into));
        self.exports.values().chain(self.reads.values()).for_each(|value| value.secret_texts(into));
        let others = self.stack_outputs.values().flat_map(BTreeMap::values);
        others.for_each(|value| value.secret_texts(into));
    }

    /// The snapshot of stored state. A row that a later check of its type found as recorded has the
    /// time of that check.
    pub fn from_state(state: StateRecord) -> Self {
        let mut snapshot = Self {
            serial: state.serial,
            exports: state.exports.into_iter().map(|export| (export.name, export.value)).collect(),
            ..Self::default()
        };
        for record in state.resources {
            let record = Arc::new(record);
            match record.status {
                Status::PendingDelete => snapshot.pending_deletes.push(record),
                Status::Gone => snapshot.gone.push(record),
                Status::Ready | Status::Incomplete => {
                    snapshot.resources.insert(record.urn.clone(), record);
                }
            }
        }
        snapshot.note_checks(&state.checks);
        snapshot
    }

    /// Moves the rows of each checked type on to the time of the check. Old halves of replacements
    /// are not compared with the cloud.
    pub(crate) fn note_checks(&mut self, checks: &[CheckRecord]) {
        let at: HashMap<(&str, &str), TimestampMs> =
            checks.iter().map(|check| ((&*check.provider, &*check.type_token), check.at)).collect();
        if at.is_empty() {
            return;
        }
        for row in self.resources.values_mut() {
            if let Some(at) = at.get(&(&*row.provider, &*row.type_token))
                && *at > row.refreshed_at
                // What was adopted by its id was never read, whatever else of its type was.
                && !row.is_unread()
            {
                Arc::make_mut(row).refreshed_at = *at;
            }
        }
    }
}
