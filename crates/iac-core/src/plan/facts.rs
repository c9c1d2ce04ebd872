//! How old the facts are that a plan was made from. Knows no clock: times, not ages.

use serde::{Deserialize, Serialize};

use crate::graph::Graph;
use crate::snapshot::Snapshot;
use crate::state::{ResourceRecord, TimestampMs};
use crate::urn::Urn;

/// How old the facts are that a plan was made from.
///
/// ```
/// use iac_core::{PlanOptions, Snapshot, Stack, StackError, plan};
///
/// let graph = Stack::new("philotes", "dev")?.freeze()?;
/// let plan = plan(&graph, &Snapshot::default(), &PlanOptions::new()).unwrap();
/// // Nothing is recorded, so nothing can be old.
/// assert_eq!(plan.facts.oldest, None);
/// # Ok::<(), StackError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Facts {
    /// Whether the engine compared the rows with the cloud just before. The two times below are left
    /// out then.
    pub compared: bool,
    /// The row that was read last, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<ReadAt>,
    /// The row whose last reading is longest ago, and when that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<ReadAt>,
    /// Rows that cannot be compared with the cloud because the program does not register their
    /// provider any more. A plan never leaves them out silently.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_compared: Vec<NotCompared>,
}

/// When a row was last read from the cloud, or written by a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReadAt {
    /// The resource.
    pub urn: Urn,
    /// When, in milliseconds since 1970.
    pub at: TimestampMs,
}

/// A row that a refresh does not compare with the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NotCompared {
    /// The resource.
    pub urn: Urn,
    /// Why not.
    pub why: NotComparedReason,
}

/// Why a row is not compared with the cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotComparedReason {
    /// It lives in the state alone, so the state is never wrong about it.
    Local,
    /// The program registers no provider instance of this name with the row's type.
    NoProvider {
        /// The instance that the row names.
        instance: String,
    },
}

impl Facts {
    /// The facts of the rows that `relied_on` names.
    pub(crate) fn of(graph: &Graph, snapshot: &Snapshot, relied_on: impl Fn(&Urn) -> bool) -> Self {
        let mut facts = Self::default();
        for row in snapshot.resources.values().filter(|row| relied_on(&row.urn)) {
            match not_compared(graph, row) {
                Some(NotComparedReason::Local) => {}
                Some(why) => facts.not_compared.push(NotCompared { urn: row.urn.clone(), why }),
                None => facts.count(row),
            }
        }
        facts
    }

    fn count(&mut self, row: &ResourceRecord) {
        let read = || Some(ReadAt { urn: row.urn.clone(), at: row.refreshed_at });
        if self.oldest.as_ref().is_none_or(|oldest| row.refreshed_at < oldest.at) {
            self.oldest = read();
        }
        if self.newest.as_ref().is_none_or(|newest| row.refreshed_at > newest.at) {
            self.newest = read();
        }
    }
}

/// Why a refresh cannot compare `row`; `None` if it can.
pub(crate) fn not_compared(graph: &Graph, row: &ResourceRecord) -> Option<NotComparedReason> {
    match graph.driver_for(&row.provider, &row.type_token) {
        None => Some(NotComparedReason::NoProvider { instance: row.provider.clone() }),
        Some(driver) if driver.spec().local => Some(NotComparedReason::Local),
        Some(_) => None,
    }
}
