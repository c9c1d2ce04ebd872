//! [`CutBackend`]: state that dies at a chosen commit. Knows nothing of clouds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use iac_core::state::{
    Backend, BackendError, ExportRecord, HeldLease, Holder, Lease, MemoryBackend, PastRecord, RunRecord,
    Sealed, SealedCell, StackId, StateRecord, StepRecord, TimestampMs, Write,
};
use tokio::sync::watch;

/// A counter of everything that can be the last thing a process does. The call that reaches the
/// chosen number hangs, and the test drops the engine.
#[derive(Debug, Clone)]
pub struct CutPoint {
    passed: Arc<AtomicUsize>,
    cut_at: usize,
    reached: Arc<watch::Sender<bool>>,
}

impl CutPoint {
    /// Cuts at boundary number `cut_at`, from 0; `usize::MAX` only counts.
    pub fn new(cut_at: usize) -> Self {
        Self { passed: Arc::default(), cut_at, reached: Arc::new(watch::Sender::new(false)) }
    }

    /// How many boundaries were passed.
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    /// Passes one boundary; answers whether the process dies here. After that it dies everywhere.
    pub fn dies(&self) -> bool {
        let number = self.passed.fetch_add(1, Ordering::SeqCst);
        if number < self.cut_at {
            return false;
        }
        self.reached.send_replace(true);
        true
    }

    /// Waits until the chosen boundary is reached.
    pub async fn reached(&self) {
        let mut reached = self.reached.subscribe();
        reached.wait_for(|reached| *reached).await.expect("the point holds its own sender");
    }

    async fn pass(&self) {
        if self.dies() {
            std::future::pending::<()>().await;
        }
    }
}

/// What a commit's answer is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// What was answered is kept.
    Kept,
    /// The beginnings of steps are answered at once and kept with the next other write: the fault
    /// that the explorer must find.
    BeginLate,
}

/// A memory backend with a boundary before and after every commit.
#[derive(Clone)]
pub struct CutBackend {
    inner: MemoryBackend,
    cut: CutPoint,
    durability: Durability,
    late: Arc<Mutex<Vec<Write<Sealed>>>>,
}

impl CutBackend {
    /// Wraps `inner`.
    pub fn new(inner: MemoryBackend, cut: CutPoint, durability: Durability) -> Self {
        Self { inner, cut, durability, late: Arc::default() }
    }

    /// The writes to hand on now; the ones that are held back stay here.
    fn due(&self, writes: Vec<Write<Sealed>>) -> Vec<Write<Sealed>> {
        if self.durability == Durability::Kept {
            return writes;
        }
        let (begins, others): (Vec<_>, Vec<_>) =
            writes.into_iter().partition(|write| matches!(write, Write::Begin(_)));
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        if others.is_empty() {
            late.extend(begins);
            return Vec::new();
        }
        let mut due = std::mem::replace(&mut *late, begins);
        due.extend(others);
        due
    }
}

#[async_trait]
impl Backend for CutBackend {
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
        self.cut.pass().await;
        self.inner.release(lease).await
    }
    async fn commit(&self, lease: &Lease, writes: Vec<Write<Sealed>>) -> Result<u64, BackendError> {
        self.cut.pass().await;
        let serial = self.inner.commit(lease, self.due(writes)).await?;
        self.cut.pass().await;
        Ok(serial)
    }
    async fn runs(&self, stack: &StackId, limit: u32) -> Result<Vec<RunRecord>, BackendError> {
        self.inner.runs(stack, limit).await
    }
    async fn steps(&self, stack: &StackId, run: u64) -> Result<Vec<StepRecord<Sealed>>, BackendError> {
        self.inner.steps(stack, run).await
    }
    async fn compact(&self) -> Result<bool, BackendError> {
        self.cut.pass().await;
        self.inner.compact().await
    }
    async fn past(&self, stack: &StackId, run: u64) -> Result<PastRecord<Sealed>, BackendError> {
        self.inner.past(stack, run).await
    }
    async fn past_values(&self, stack: &StackId) -> Result<Vec<(SealedCell, Sealed)>, BackendError> {
        self.inner.past_values(stack).await
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
