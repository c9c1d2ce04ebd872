//! The state: rows, where they are kept, and how their secrets are sealed.

mod backend;
mod codec;
mod document;
mod duration;
mod keyring;
mod memory;
mod record;
mod sqlite;
mod store;

pub use backend::{Backend, BackendError, HeldLease, Holder, LEASE_DURATION_MAX, Lease};
pub use codec::{Codec, CodecError, DataKey, RandomError, SECRET_FORMAT, VALUE_DEPTH_MAX};
pub use document::{DOCUMENT_BYTES_MAX, DOCUMENT_FORMAT, DocumentError, StateDocument};
pub use duration::{DURATION_SAMPLE_MAX, DURATIONS_KEPT, DurationQuery, DurationRecord};
#[cfg(feature = "os-keyring")]
pub use keyring::OsKeyring;
pub use keyring::{
    ENVELOPE_FORMAT, EphemeralKeyring, KeyFile, KeyRecipient, Keyring, KeyringError, LABEL_LENGTH_MAX,
    Passphrase, RECIPIENTS_MAX, RawKey, add_recipient, recipients, remove_recipient, rewrap,
};
pub use memory::{CommitFault, MemoryBackend};
pub use record::{
    CheckRecord, ExportRecord, JournalKey, JournalOp, JournalRecord, PastRecord, PastRename, ResourceRecord,
    RowColumn, RunKind, RunRecord, RunStatus, Sealed, SealedCell, StackId, StateRecord, Status, StepColumn,
    StepRecord, TimestampMs, TraceRecord, Write,
};
pub use sqlite::{SqliteBackend, StateFile};
pub use store::StateError;

pub(crate) use codec::Purpose;
pub(crate) use keyring::recipient_of;
pub(crate) use store::{EXPORT_OWNER, LastUse, Rekeyed, Store, StoreReader};
