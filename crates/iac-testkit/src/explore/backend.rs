//! [`CutBackend`]: state that dies at a chosen commit. Knows nothing of clouds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use iac_core::state::{
    Backend, BackendError, DurationQuery, DurationRecord, ExportRecord, HeldLease, Holder, JournalKey, Lease,
    MemoryBackend, PastRecord, RunRecord, Sealed, SealedCell, StackId, StateRecord, StepRecord, TimestampMs,
    TraceRecord, Write,
};
use tokio::time::Instant;

use super::boundary::{Boundary, BoundaryKind};
use super::cut::CutPoint;

/// The shortest flush: the step of tokio's timers.
const FLUSH_MIN: Duration = Duration::from_millis(1);

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

/// A memory backend with a boundary before and after every commit, after the lease is taken and
/// before it is given back.
#[derive(Clone)]
pub struct CutBackend {
    inner: MemoryBackend,
    cut: CutPoint,
    durability: Durability,
    late: Arc<Mutex<Vec<Write<Sealed>>>>,
    names: Arc<Mutex<BTreeMap<JournalKey, String>>>,
    /// Makes each commit wait for its flush.
    disk: Option<Arc<Disk>>,
}

/// A disk that takes its time and keeps the order of commits.
struct Disk {
    time: Box<dyn Fn() -> Duration + Send + Sync>,
    /// When the last flush that was ordered ends.
    busy_until: Mutex<Option<Instant>>,
}

impl Disk {
    /// The end of a flush that is ordered now: after all that were ordered before.
    fn order(&self) -> Instant {
        let time = (self.time)();
        let mut busy_until = self.busy_until.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let end = busy_until.map_or(now, |until| until.max(now)) + time;
        *busy_until = Some(end);
        end
    }
}

impl CutBackend {
    /// Wraps `inner`.
    pub fn new(inner: MemoryBackend, cut: CutPoint, durability: Durability) -> Self {
        Self { inner, cut, durability, late: Arc::default(), names: Arc::default(), disk: None }
    }

    /// How long each commit takes until it is durable; at least a millisecond, so that commits keep
    /// their order.
    #[must_use]
    pub fn flush_time(mut self, time: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let time = Box::new(move || time().max(FLUSH_MIN));
        self.disk = Some(Arc::new(Disk { time, busy_until: Mutex::default() }));
        self
    }

    async fn pass(&self, boundary: Boundary) {
        if self.cut.dies_at(boundary) {
            std::future::pending::<()>().await;
        }
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

    /// What a commit is about: one word for each write that matters, and whether it makes an id
    /// durable.
    fn describe(&self, writes: &[Write<Sealed>]) -> (String, bool) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let mut parts = Vec::new();
        let mut checkpoints = false;
        for write in writes {
            let of = |key: &JournalKey| names.get(key).cloned().unwrap_or_else(|| "a step".to_owned());
            let part = match write {
                Write::Begin(row) => {
                    let op = serde_json::to_value(row.op).ok();
                    let op = op.as_ref().and_then(serde_json::Value::as_str).unwrap_or("step");
                    let name = format!("{op} {}", row.resource.urn.path());
                    names.insert(row.key, name.clone());
                    format!("begin {name}")
                }
                Write::Checkpoint { key, id } => {
                    checkpoints = true;
                    format!("id {id} of {}", of(key))
                }
                Write::End { key } => format!("end {}", of(key)),
                Write::Put(row) => format!("row {}", row.urn.path()),
                Write::Remove { urn, .. } => format!("remove {}", urn.path()),
                Write::Exports(_) => "exports".to_owned(),
                Write::RunBegin(run) => format!("begin run {}", run.run),
                Write::RunEnd { run, .. } => format!("end run {run}"),
                Write::KeyEnvelope(_) => "data key".to_owned(),
                // History; and what later versions write.
                _ => continue,
            };
            parts.push(part);
        }
        (parts.join(", "), checkpoints)
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
        let lease = self.inner.acquire(stack, holder, now, expires_at).await?;
        self.pass(Boundary::new(BoundaryKind::LeaseTaken, stack.to_string())).await;
        Ok(lease)
    }
    async fn renew(&self, lease: &Lease, expires_at: TimestampMs) -> Result<(), BackendError> {
        self.inner.renew(lease, expires_at).await
    }
    async fn release(&self, lease: &Lease) -> Result<(), BackendError> {
        self.pass(Boundary::new(BoundaryKind::LeaseReturn, lease.stack.to_string())).await;
        self.inner.release(lease).await
    }
    async fn commit(&self, lease: &Lease, writes: Vec<Write<Sealed>>) -> Result<u64, BackendError> {
        let (subject, checkpoints) = self.describe(&writes);
        let (before, after) = if checkpoints {
            (BoundaryKind::CheckpointBefore, BoundaryKind::CheckpointAfter)
        } else {
            (BoundaryKind::CommitBefore, BoundaryKind::CommitAfter)
        };
        self.pass(Boundary::new(before, subject.clone())).await;
        if let Some(disk) = &self.disk {
            tokio::time::sleep_until(disk.order()).await;
        }
        let serial = self.inner.commit(lease, self.due(writes)).await?;
        self.pass(Boundary::new(after, subject)).await;
        Ok(serial)
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
        self.pass(Boundary::new(BoundaryKind::CommitBefore, "compact".to_owned())).await;
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
