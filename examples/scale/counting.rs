//! [`CountingBackend`]: state that counts what is written to it. Knows nothing of what it means.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use iac_core::state::{
    Backend, BackendError, DurationQuery, DurationRecord, ExportRecord, HeldLease, Holder, Lease, PastRecord,
    RunRecord, Sealed, SealedCell, SqliteBackend, StackId, StateRecord, StepRecord, TimestampMs, TraceRecord,
    Write,
};

/// What was written so far.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    commits: AtomicU64,
    rows: AtomicU64,
    begins: AtomicU64,
}

/// The counts of one moment.
pub(crate) struct CountsNow {
    /// Commits.
    pub(crate) commits: u64,
    /// Changes in them.
    pub(crate) rows: u64,
    /// Journal rows among them.
    pub(crate) begins: u64,
}

impl Counts {
    /// What was written until now.
    pub(crate) fn now(&self) -> CountsNow {
        CountsNow {
            commits: self.commits.load(Ordering::Relaxed),
            rows: self.rows.load(Ordering::Relaxed),
            begins: self.begins.load(Ordering::Relaxed),
        }
    }
}

/// A state file and its counts.
pub(crate) struct CountingBackend {
    inner: Arc<SqliteBackend>,
    counts: Arc<Counts>,
}

impl CountingBackend {
    pub(crate) fn new(inner: Arc<SqliteBackend>, counts: Arc<Counts>) -> Self {
        Self { inner, counts }
    }
}

#[async_trait]
impl Backend for CountingBackend {
    async fn load(&self, stack: &StackId) -> Result<StateRecord<Sealed>, BackendError> {
        self.inner.load(stack).await
    }
    async fn stacks(&self) -> Result<Vec<StackId>, BackendError> {
        self.inner.stacks().await
    }
    async fn exports(
        &self,
        stack: &StackId,
    ) -> Result<(Option<String>, Vec<ExportRecord<Sealed>>), BackendError> {
        self.inner.exports(stack).await
    }
    async fn acquire(
        &self,
        stack: &StackId,
        holder: &Holder,
        now: TimestampMs,
        expires_at: TimestampMs,
    ) -> Result<Lease, BackendError> {
        self.inner.acquire(stack, holder, now, expires_at).await
    }
    async fn renew(&self, lease: &Lease, expires_at: TimestampMs) -> Result<(), BackendError> {
        self.inner.renew(lease, expires_at).await
    }
    async fn release(&self, lease: &Lease) -> Result<(), BackendError> {
        self.inner.release(lease).await
    }
    async fn commit(&self, lease: &Lease, writes: Vec<Write<Sealed>>) -> Result<u64, BackendError> {
        let begins = writes.iter().filter(|write| matches!(write, Write::Begin(_))).count();
        self.counts.commits.fetch_add(1, Ordering::Relaxed);
        self.counts.rows.fetch_add(writes.len() as u64, Ordering::Relaxed);
        self.counts.begins.fetch_add(begins as u64, Ordering::Relaxed);
        self.inner.commit(lease, writes).await
    }
    async fn runs(&self, stack: &StackId, limit: u32) -> Result<Vec<RunRecord>, BackendError> {
        self.inner.runs(stack, limit).await
    }
    async fn steps(&self, stack: &StackId, run: u64) -> Result<Vec<StepRecord<Sealed>>, BackendError> {
        self.inner.steps(stack, run).await
    }
    async fn trace(&self, stack: &StackId, run: u64) -> Result<TraceRecord, BackendError> {
        self.inner.trace(stack, run).await
    }
    async fn compact(&self) -> Result<bool, BackendError> {
        self.inner.compact().await
    }
    async fn past(&self, stack: &StackId, run: u64) -> Result<PastRecord<Sealed>, BackendError> {
        self.inner.past(stack, run).await
    }
    async fn past_values(&self, stack: &StackId) -> Result<Vec<(SealedCell, Sealed)>, BackendError> {
        self.inner.past_values(stack).await
    }
    async fn durations(
        &self,
        stack: &StackId,
        queries: Vec<DurationQuery>,
    ) -> Result<Vec<DurationRecord>, BackendError> {
        self.inner.durations(stack, queries).await
    }
    async fn lease(&self, stack: &StackId) -> Result<Option<HeldLease>, BackendError> {
        self.inner.lease(stack).await
    }
    async fn check(&self) -> Result<Vec<String>, BackendError> {
        self.inner.check().await
    }
    fn location(&self) -> String {
        self.inner.location()
    }
    fn is_durable(&self) -> bool {
        self.inner.is_durable()
    }
}
