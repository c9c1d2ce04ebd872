//! The state: rows, where they are kept, and how their secrets are sealed.

mod backend;
mod codec;
mod document;
mod keyring;
mod memory;
mod record;
mod sqlite;
mod store;

pub use backend::{Backend, BackendError, HeldLease, Holder, LEASE_DURATION_MAX, Lease};
pub use codec::{Codec, CodecError, DataKey, RandomError, SECRET_FORMAT, VALUE_DEPTH_MAX};
pub use document::{DOCUMENT_BYTES_MAX, DOCUMENT_FORMAT, DocumentError, StateDocument};
pub use keyring::{
    ENVELOPE_FORMAT, EphemeralKeyring, KeyFile, Keyring, KeyringError, Passphrase, RECIPIENTS_MAX, RawKey,
    add_recipient, remove_recipient, rewrap,
};
pub use memory::{CommitFault, MemoryBackend};
pub use record::{
    ExportRecord, JournalKey, JournalOp, JournalRecord, PastRecord, PastRename, ResourceRecord, RunKind,
    RunRecord, RunStatus, Sealed, StackId, StateRecord, Status, StepRecord, TimestampMs, Write,
};
pub use sqlite::SqliteBackend;
pub use store::StateError;

pub(crate) use store::{EXPORT_OWNER, LastUse, Store, StoreReader};
