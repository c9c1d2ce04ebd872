//! How long calls took, in memory. Answers as the SQLite table of that name does.

use std::collections::{BTreeMap, HashSet};

use crate::state::duration::{DURATION_SAMPLE_MAX, DURATIONS_KEPT, DurationQuery, DurationRecord};
use crate::state::record::StackId;
use crate::urn::Urn;

/// By kind of call, then by resource.
#[derive(Clone, Default)]
pub(super) struct Durations(BTreeMap<String, BTreeMap<Urn, DurationRecord>>);

impl Durations {
    /// The newest duration comes first, the oldest is dropped.
    pub(super) fn took(&mut self, run: u64, urn: Urn, op: String, ms: u64) {
        let rows = self.0.entry(op.clone()).or_default();
        let empty = || DurationRecord { urn: urn.clone(), op, run, recent_ms: Vec::new() };
        let row = rows.entry(urn.clone()).or_insert_with(empty);
        row.run = run;
        row.recent_ms.insert(0, ms);
        row.recent_ms.truncate(DURATIONS_KEPT);
    }

    /// Drops what belongs to no resource and to no run from `before` on.
    pub(super) fn prune(&mut self, before: u64, exists: impl Fn(&Urn) -> bool) {
        for rows in self.0.values_mut() {
            rows.retain(|urn, row| row.run >= before || exists(urn));
        }
    }

    pub(super) fn of(&self, stack: &StackId, query: &DurationQuery) -> Vec<DurationRecord> {
        let Some(rows) = self.0.get(&query.op) else { return Vec::new() };
        let named: HashSet<&Urn> = query.urns.iter().collect();
        let mut found: Vec<_> = query.urns.iter().filter_map(|urn| rows.get(urn)).cloned().collect();
        if found.len() < query.urns.len() {
            let (from, to) = query.range(stack);
            let of_type = rows.values().filter(|row| {
                let urn = row.urn.as_str();
                urn > from.as_str() && urn < to.as_str() && !named.contains(&row.urn)
            });
            found.extend(of_type.take(DURATION_SAMPLE_MAX).cloned());
        }
        found
    }
}
