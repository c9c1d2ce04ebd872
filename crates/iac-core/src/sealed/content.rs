//! [`Content`]: everything that a plan file holds, in memory. Knows nothing of its stored form.

use std::collections::BTreeMap;

use super::fingerprint::{Prints, fingerprint};
use super::form::Stored as _;
use crate::graph::Graph;
use crate::plan::{Plan, PlanOptions};
use crate::snapshot::Snapshot;
use crate::state::{Codec, ResourceRecord};
use crate::urn::Urn;

/// The digests of rows, by URN and token.
pub(super) type Rows = BTreeMap<Urn, BTreeMap<String, String>>;

/// A plan with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content {
    pub(super) plan: Plan,
    /// What it was asked to plan.
    pub(super) options: PlanOptions,
    /// The program.
    pub(super) prints: Prints,
    /// The rows it was made from: each step relies on its own, and on every other one staying as
    /// it is.
    pub(super) rows: Rows,
    /// The outputs it was made from.
    pub(super) exports: String,
}

impl Content {
    pub(crate) fn new(
        graph: &Graph,
        snapshot: &Snapshot,
        plan: &Plan,
        options: &PlanOptions,
        codec: &Codec,
    ) -> Self {
        Self {
            plan: plan.clone(),
            options: options.clone(),
            prints: fingerprint(graph, codec),
            rows: rows(snapshot, codec),
            exports: exports(snapshot, codec),
        }
    }
}

/// The digests of all rows.
pub(super) fn rows(snapshot: &Snapshot, codec: &Codec) -> Rows {
    let mut rows = Rows::new();
    for row in snapshot.resources.values().chain(&snapshot.pending_deletes).chain(&snapshot.gone) {
        // When it was last compared with the cloud says nothing of what it is.
        let dateless = ResourceRecord { refreshed_at: 0, ..(**row).clone() };
        let digest = codec.fingerprint(&dateless.store());
        rows.entry(row.urn.clone()).or_default().insert(row.token.clone(), digest);
    }
    rows
}

/// The digest of the exported outputs.
pub(super) fn exports(snapshot: &Snapshot, codec: &Codec) -> String {
    codec.fingerprint(&snapshot.exports.store())
}
