//! The state: rows, where they are kept, and how their secrets are sealed.

mod backend;
mod record;

pub use backend::{Backend, BackendError, HeldLease, Holder, LEASE_DURATION_MAX, Lease};
pub use record::{
    ExportRecord, JournalKey, JournalOp, JournalRecord, ResourceRecord, RunKind, RunRecord, RunStatus,
    Sealed, StackId, StateRecord, Status, StepRecord, TimestampMs, Write,
};
