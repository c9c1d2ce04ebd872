//! [`Backend`]: the narrow, object-safe interface to where state is kept. Values arrive sealed, so
//! no backend can leak a secret.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::clock::utc;

use super::duration::{DurationQuery, DurationRecord};
use super::record::{
    ExportRecord, PastRecord, RunRecord, Sealed, SealedCell, StackId, StateRecord, StepRecord, TimestampMs,
    TraceRecord, Write,
};

/// Longest time a lease lasts without a renewal: what a dead holder costs at most.
pub const LEASE_DURATION_MAX: std::time::Duration = std::time::Duration::from_secs(30);

/// Whether a lease that ends at `expires_at` still keeps others out at `now`. One that ends later than
/// any lease can is of a clock that was set back since: its holder, if it lives, has its next write
/// refused, and nobody waits for a time that may be years away.
pub(super) fn is_held(now: TimestampMs, expires_at: TimestampMs) -> bool {
    expires_at > now && expires_at <= lease_end(now, TimestampMs::MAX)
}

/// When a lease ends that is taken at `now`: as wanted, and never later than
/// [`LEASE_DURATION_MAX`] allows.
pub(super) fn lease_end(now: TimestampMs, wanted: TimestampMs) -> TimestampMs {
    wanted.min(
        now.saturating_add(TimestampMs::try_from(LEASE_DURATION_MAX.as_millis()).unwrap_or(TimestampMs::MAX)),
    )
}

/// Who holds or wants the lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Unique for each run.
    pub id: String,
    /// User and program, for people.
    pub name: String,
    /// The host it runs on, for people.
    pub host: String,
    /// Its process id on that host.
    pub pid: u32,
}

/// The right to write one stack, until it expires or somebody else gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The stack.
    pub stack: StackId,
    /// The fencing epoch: one more with every acquisition; every write checks it. Who finds it one
    /// more than the last time knows that nobody else had the lease, and so the state, in between.
    pub epoch: u64,
    /// Who holds it.
    pub holder: Holder,
}

/// A lease that somebody else holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLease {
    /// Who holds it.
    pub holder: Holder,
    /// Since when.
    pub acquired_at: TimestampMs,
    /// When it expires unless it is renewed.
    pub expires_at: TimestampMs,
}

/// What can go wrong with stored state.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// Another run holds the lease.
    #[error(
        "stack {stack} is in use by {} on {} (process {}) since {}; wait until it ends: if it is dead, its lease \
         expires at {}",
        .held.holder.name, .held.holder.host, .held.holder.pid, utc(.held.acquired_at), utc(.held.expires_at)
    )]
    Leased {
        /// The stack.
        stack: StackId,
        /// By whom.
        held: Box<HeldLease>,
    },
    /// This run's lease expired and another run took over; nothing was written.
    #[error("the lease on stack {0} was lost to another run; nothing more was written; run again")]
    LeaseLost(StackId),
    /// The file is something else.
    #[error("{location} is not a state file of this program: {reason}; pass the path of another file")]
    NotOurs {
        /// Where.
        location: String,
        /// Why.
        reason: String,
    },
    /// Written by a newer version.
    #[error(
        "{location} has state format {found}; this program reads up to {supported}; use a newer version of the program"
    )]
    Newer {
        /// Where.
        location: String,
        /// The file's format.
        found: i64,
        /// The newest format this program reads.
        supported: i64,
    },
    /// The stored data is damaged.
    #[error("{location} is damaged: {reason}; restore the newest backup beside it, then refresh")]
    Corrupt {
        /// Where.
        location: String,
        /// What was found.
        reason: String,
    },
    /// A change that does not fit the rows there are, for example the end of a step that never
    /// began. Nothing was written.
    #[error(
        "the state of stack {stack} refused a change: {reason}; nothing was written; this is a defect, please report it"
    )]
    Conflict {
        /// The stack.
        stack: StackId,
        /// What does not fit.
        reason: String,
    },
    /// The place cannot be read or written.
    #[error("cannot {action} {location}: {reason}")]
    Unavailable {
        /// What was attempted.
        action: &'static str,
        /// Where.
        location: String,
        /// Why, with the way out.
        reason: String,
    },
}

/// Where state is kept.
///
/// Implementations MUST make [`commit`](Backend::commit) atomic and durable before it answers, and
/// MUST refuse it when the lease's epoch is no longer the current one. Concurrent commits MUST take
/// effect in the order in which they were first polled: a later one can remove a row that an earlier
/// one writes. They MAY share one flush; each still sees its own result.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Everything the state knows of a stack; empty for an unknown one.
    ///
    /// # Errors
    /// Unreadable or damaged state.
    async fn load(&self, stack: &StackId) -> Result<StateRecord<Sealed>, BackendError>;

    /// The stacks it knows.
    ///
    /// # Errors
    /// Unreadable state.
    async fn stacks(&self) -> Result<Vec<StackId>, BackendError>;

    /// The exported outputs and the key envelope of a stack, without the rest.
    ///
    /// # Errors
    /// Unreadable state.
    async fn exports(
        &self,
        stack: &StackId,
    ) -> Result<(Option<String>, Vec<ExportRecord<Sealed>>), BackendError>;

    /// Takes the lease: free, expired at `now`, or already this holder's.
    ///
    /// # Errors
    /// [`BackendError::Leased`] with the holder.
    async fn acquire(
        &self,
        stack: &StackId,
        holder: &Holder,
        now: TimestampMs,
        expires_at: TimestampMs,
    ) -> Result<Lease, BackendError>;

    /// Prolongs the lease.
    ///
    /// # Errors
    /// [`BackendError::LeaseLost`].
    async fn renew(&self, lease: &Lease, expires_at: TimestampMs) -> Result<(), BackendError>;

    /// Gives the lease back. A lease that is already lost is no error.
    ///
    /// # Errors
    /// The state cannot be written.
    async fn release(&self, lease: &Lease) -> Result<(), BackendError>;

    /// Applies `writes` atomically and durably, and answers the serial afterwards.
    ///
    /// # Errors
    /// [`BackendError::LeaseLost`]; the state cannot be written. Nothing is written then.
    async fn commit(&self, lease: &Lease, writes: Vec<Write<Sealed>>) -> Result<u64, BackendError>;

    /// The newest runs first, at most `limit`.
    ///
    /// # Errors
    /// Unreadable state.
    async fn runs(&self, stack: &StackId, limit: u32) -> Result<Vec<RunRecord>, BackendError>;

    /// The steps of one run, in order.
    ///
    /// # Errors
    /// Unreadable state.
    async fn steps(&self, stack: &StackId, run: u64) -> Result<Vec<StepRecord<Sealed>>, BackendError>;

    /// What a run said while it ran; empty where nothing is recorded of that.
    ///
    /// # Errors
    /// Unreadable state.
    async fn trace(&self, stack: &StackId, run: u64) -> Result<TraceRecord, BackendError>;

    /// Drops what is left of values that were replaced or removed, for example in free pages and
    /// logs, as far as the storage lets it. Answers whether all of it is gone; `false` means that
    /// another process has the state open, and that a later opening does it.
    ///
    /// # Errors
    /// The state cannot be written.
    async fn compact(&self) -> Result<bool, BackendError> {
        // Where a replaced value is gone at once.
        Ok(true)
    }

    /// The stack as it was after `run`: the rows and outputs that were remembered up to then. For an
    /// unknown run only the numbers of the known ones count.
    ///
    /// # Errors
    /// Unreadable state.
    async fn past(&self, stack: &StackId, run: u64) -> Result<PastRecord<Sealed>, BackendError>;

    /// Every value of the past, of every run that is kept, and where it stands.
    ///
    /// # Errors
    /// Unreadable state.
    async fn past_values(&self, stack: &StackId) -> Result<Vec<(SealedCell, Sealed)>, BackendError>;

    /// How long the last calls for the resources of `queries` took: their rows where there are any, and
    /// where some are missing those of up to [`DURATION_SAMPLE_MAX`](super::DURATION_SAMPLE_MAX) other
    /// resources of the type. A backend that remembers none answers none, and everything works as in
    /// a first run.
    ///
    /// # Errors
    /// Unreadable state.
    async fn durations(
        &self,
        _stack: &StackId,
        _queries: Vec<DurationQuery>,
    ) -> Result<Vec<DurationRecord>, BackendError> {
        Ok(Vec::new())
    }

    /// Who holds the lease, expired or not; `None` where it was given back or never taken.
    ///
    /// # Errors
    /// Unreadable state.
    async fn lease(&self, stack: &StackId) -> Result<Option<HeldLease>, BackendError>;

    /// Looks for damage in all stacks: one text per finding; none is good.
    ///
    /// # Errors
    /// The state cannot be read at all.
    async fn check(&self) -> Result<Vec<String>, BackendError>;

    /// Where the state is, for messages: a path or an address without credentials.
    fn location(&self) -> String;

    /// Whether the state outlives the process. Where it does, secrets need a keyring.
    fn is_durable(&self) -> bool;
}
