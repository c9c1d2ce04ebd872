//! [`MemoryBackend`]: state that ends with the process, for tests and dry runs. Knows nothing of
//! files. It answers as the SQLite backend does; one suite holds both to that.

mod duration;
mod past;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::backend::{Backend, BackendError, HeldLease, Holder, Lease, is_held, lease_end};
use super::duration::{DurationQuery, DurationRecord};
use super::record::{
    CheckRecord, ExportRecord, JournalKey, JournalRecord, PastRecord, ResourceRecord, RowColumn, RunRecord,
    Sealed, SealedCell, StackId, StateRecord, Status, StepRecord, TimestampMs, TraceRecord, Write,
};
use crate::urn::Urn;
use duration::Durations;
use past::{PastExports, PastResources};

/// Decides whether a commit fails: it sees the writes and answers the error, if any.
pub type CommitFault = Box<dyn FnMut(&[Write<Sealed>]) -> Option<BackendError> + Send>;

/// State in memory. A clone shares the store, so that a test can start a second engine on what the
/// first one left behind.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use iac_core::state::{Backend, BackendError, Holder, MemoryBackend, StackId};
///
/// let backend = MemoryBackend::new();
/// let stack = StackId::new("philotes", "dev");
/// let holder = Holder { id: "1".into(), name: "ann".into(), host: "a".into(), pid: 1 };
/// let lease = backend.acquire(&stack, &holder, 0, 30_000).await?;
/// assert_eq!(backend.commit(&lease, vec![]).await?, 0);
/// # Ok::<(), BackendError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryBackend {
    stacks: Arc<Mutex<BTreeMap<StackId, Stack>>>,
    faults: Arc<Mutex<Faults>>,
}

#[derive(Default)]
struct Faults {
    before: Option<CommitFault>,
    after: Option<CommitFault>,
}

#[derive(Clone, Default)]
struct Stack {
    serial: u64,
    key_envelope: Option<String>,
    resources: BTreeMap<(Urn, String), ResourceRecord<Sealed>>,
    journal: BTreeMap<JournalKey, JournalRecord<Sealed>>,
    exports: BTreeMap<String, ExportRecord<Sealed>>,
    /// By provider instance and type.
    checks: BTreeMap<(String, String), CheckRecord>,
    runs: BTreeMap<u64, RunRecord>,
    steps: BTreeMap<JournalKey, StepRecord<Sealed>>,
    traces: BTreeMap<u64, TraceRecord>,
    past_resources: PastResources,
    past_exports: PastExports,
    durations: Durations,
    epoch: u64,
    held: Option<HeldLease>,
}

impl MemoryBackend {
    /// Empty state.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store of its own that starts with what this one holds now. Faults stay behind.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// use iac_core::state::{Backend, BackendError, Holder, MemoryBackend, StackId, Write};
    ///
    /// let before = MemoryBackend::new();
    /// let attempt = before.fork();
    /// let stack = StackId::new("philotes", "dev");
    /// let holder = Holder { id: "1".into(), name: "ann".into(), host: "a".into(), pid: 1 };
    /// let lease = attempt.acquire(&stack, &holder, 0, 30_000).await?;
    /// attempt.commit(&lease, vec![Write::Exports(Vec::new())]).await?;
    /// assert_eq!(attempt.stacks().await?, [stack]);
    /// assert_eq!(before.stacks().await?, []);
    /// # Ok::<(), BackendError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn fork(&self) -> Self {
        let stacks = lock(&self.stacks).clone();
        Self { stacks: Arc::new(Mutex::new(stacks)), faults: Arc::default() }
    }

    /// From now on `fault` sees the writes of every commit that holds its lease; where it answers an
    /// error, the commit fails with it and nothing is written. Replaces the one before.
    ///
    /// `fault` MUST NOT call the backend.
    pub fn set_fault(&self, fault: CommitFault) {
        lock(&self.faults).before = Some(fault);
    }

    /// Like [`set_fault`](MemoryBackend::set_fault), and everything *is* written: what a caller sees
    /// that dies between the flush and the answer.
    pub fn set_fault_after(&self, fault: CommitFault) {
        lock(&self.faults).after = Some(fault);
    }

    /// Removes both faults.
    pub fn clear_faults(&self) {
        *lock(&self.faults) = Faults::default();
    }

    fn with<T>(&self, stack: &StackId, read: impl FnOnce(&Stack) -> T) -> T {
        read(lock(&self.stacks).get(stack).unwrap_or(&Stack::default()))
    }
}

/// A panic in a test's fault leaves the maps whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stack {
    fn fence(&mut self, lease: &Lease) -> Result<&mut HeldLease, BackendError> {
        match &mut self.held {
            Some(held) if self.epoch == lease.epoch && held.holder.id == lease.holder.id => Ok(held),
            _ => Err(BackendError::LeaseLost(lease.stack.clone())),
        }
    }

    /// Whether all of `writes` can be applied: the rows they need are there and those they make are
    /// not. Applying cannot fail afterwards.
    fn check(&self, writes: &[Write<Sealed>]) -> Result<(), String> {
        let mut open: HashMap<JournalKey, bool> = HashMap::new();
        let mut runs: HashSet<u64> = HashSet::new();
        let mut steps: HashSet<JournalKey> = HashSet::new();
        let mut outlines: HashSet<u64> = HashSet::new();
        for write in writes {
            match write {
                Write::Begin(row) => {
                    let key = row.key;
                    if !self.runs.contains_key(&key.run) && !runs.contains(&key.run) {
                        return Err(format!("step {} of run {} begins before its run", key.step, key.run));
                    }
                    if self.is_open(key, &open) {
                        return Err(format!("step {} of run {} begins twice", key.step, key.run));
                    }
                    open.insert(key, true);
                }
                Write::Checkpoint { key, .. } | Write::End { key } if !self.is_open(*key, &open) => {
                    return Err(format!("step {} of run {} is not open", key.step, key.run));
                }
                Write::End { key } => {
                    open.insert(*key, false);
                }
                Write::RunBegin(run) if self.runs.contains_key(&run.run) || !runs.insert(run.run) => {
                    return Err(format!("run {} begins twice", run.run));
                }
                Write::RunEnd { run, .. } if !self.runs.contains_key(run) && !runs.contains(run) => {
                    return Err(format!("run {run} ends and never began"));
                }
                Write::Step(row) => {
                    let key = row.key;
                    if !self.runs.contains_key(&key.run) && !runs.contains(&key.run) {
                        return Err(format!("step {} is recorded before its run {}", key.step, key.run));
                    }
                    if self.steps.contains_key(&key) || !steps.insert(key) {
                        return Err(format!("step {} of run {} is recorded twice", key.step, key.run));
                    }
                }
                Write::Outline { run, .. } => {
                    if !self.runs.contains_key(run) && !runs.contains(run) {
                        return Err(format!("run {run} has an outline and never began"));
                    }
                    if self.traces.contains_key(run) || !outlines.insert(*run) {
                        return Err(format!("the outline of run {run} is written twice"));
                    }
                }
                Write::Trace { run, .. } if !self.traces.contains_key(run) && !outlines.contains(run) => {
                    return Err(format!("the events of run {run} come before its outline"));
                }
                Write::Exports(rows) => {
                    let names: HashSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
                    if names.len() < rows.len() {
                        return Err("an output is exported twice".into());
                    }
                }
                Write::Reseal { cell, .. } if !self.has(cell) => {
                    return Err(format!("there is no value at {cell:?} to seal anew"));
                }
                Write::Prune { before } if self.journal.keys().any(|key| key.run < *before) => {
                    return Err(format!("a run before {before} has an open call"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn is_open(&self, key: JournalKey, changed: &HashMap<JournalKey, bool>) -> bool {
        changed.get(&key).copied().unwrap_or_else(|| self.journal.contains_key(&key))
    }

    fn has(&self, cell: &SealedCell) -> bool {
        match cell {
            SealedCell::Resource { urn, token, column } => {
                self.resources.get(&(urn.clone(), token.clone())).is_some_and(|row| column.of(row).is_some())
            }
            SealedCell::Journal { key, column } => {
                self.journal.get(key).is_some_and(|entry| column.of(&entry.resource).is_some())
            }
            SealedCell::Export { name } => self.exports.contains_key(name),
            SealedCell::Step { key, column } => {
                self.steps.get(key).is_some_and(|step| column.of(step).is_some())
            }
            SealedCell::PastResource { urn, token, from_run, column } => {
                let row = self.past_resources.version(&(urn.clone(), token.clone()), *from_run);
                row.is_some_and(|(row, _)| column.of(row).is_some())
            }
            SealedCell::PastExport { name, from_run } => self.past_exports.version(name, *from_run).is_some(),
        }
    }

    fn place(&mut self, cell: SealedCell) -> Option<&mut Sealed> {
        match cell {
            SealedCell::Resource { urn, token, column } => {
                self.resources.get_mut(&(urn, token)).and_then(|row| column.place(row))
            }
            SealedCell::Journal { key, column } => {
                self.journal.get_mut(&key).and_then(|entry| column.place(&mut entry.resource))
            }
            SealedCell::Export { name } => self.exports.get_mut(&name).map(|export| &mut export.value),
            SealedCell::Step { key, column } => self.steps.get_mut(&key).and_then(|step| column.place(step)),
            SealedCell::PastResource { urn, token, from_run, column } => {
                let row = self.past_resources.version_mut(&(urn, token), from_run);
                row.and_then(|(row, _)| column.place(row))
            }
            SealedCell::PastExport { name, from_run } => {
                self.past_exports.version_mut(&name, from_run).map(|export| &mut export.value)
            }
        }
    }

    fn apply(&mut self, writes: Vec<Write<Sealed>>) {
        if writes.iter().any(Write::counts) {
            self.serial += 1;
        }
        for write in writes {
            match write {
                Write::Begin(row) => {
                    self.journal.insert(row.key, *row);
                }
                Write::Checkpoint { key, id } => {
                    if let Some(row) = self.journal.get_mut(&key) {
                        row.id = Some(id);
                    }
                }
                Write::End { key } => {
                    self.journal.remove(&key);
                }
                Write::Put(row) => {
                    self.resources.insert((row.urn.clone(), row.token.clone()), *row);
                }
                Write::Remove { urn, token } => {
                    self.resources.remove(&(urn, token));
                }
                Write::Checked(check) => {
                    self.checks.insert((check.provider.clone(), check.type_token.clone()), check);
                }
                Write::Seen { urn, token, at } => {
                    if let Some(row) = self.resources.get_mut(&(urn, token)) {
                        row.refreshed_at = at;
                    }
                }
                Write::Exports(rows) => {
                    self.exports = rows.into_iter().map(|row| (row.name.clone(), row)).collect();
                }
                Write::RunBegin(run) => {
                    self.runs.insert(run.run, run);
                }
                Write::RunEnd { run, status, at } => {
                    if let Some(run) = self.runs.get_mut(&run) {
                        run.status = status;
                        run.ended_at = Some(at);
                    }
                }
                Write::Step(row) => {
                    self.steps.insert(row.key, *row);
                }
                Write::KeyEnvelope(envelope) => self.key_envelope = Some(envelope),
                Write::Reseal { cell, value } => {
                    if let Some(place) = self.place(cell) {
                        *place = value;
                    }
                }
                Write::Remember { run, urn, token, renamed_from } => {
                    let key = (urn, token);
                    let now = self.resources.get(&key).map(|row| (row.clone(), renamed_from));
                    self.past_resources.remember(run, key, now);
                }
                Write::RememberExports { run } => self.past_exports.remember_all(run, &self.exports),
                Write::Outline { run, after } => {
                    self.traces.insert(run, TraceRecord { after: Some(after), events: None });
                }
                Write::Trace { run, events } => {
                    self.traces.entry(run).or_default().events = Some(events);
                }
                Write::Took { run, urn, op, ms } => self.durations.took(run, urn, op, ms),
                Write::Prune { before } => {
                    self.durations.prune(before, |urn| self.resources.keys().any(|(of, _)| of == urn));
                    self.steps.retain(|key, _| key.run >= before);
                    self.traces.retain(|run, _| *run >= before);
                    self.runs.retain(|run, _| *run >= before);
                    self.past_resources.prune(before);
                    self.past_exports.prune(before);
                }
            }
        }
    }
}

/// What no two rows may say at once.
fn contradictions(stack: &Stack) -> Vec<String> {
    let mut in_use: HashSet<&Urn> = HashSet::new();
    let mut claimed = HashMap::new();
    let mut findings = Vec::new();
    for row in stack.resources.values() {
        if row.status == Status::Ready && !in_use.insert(&row.urn) {
            findings.push(format!("{} has several rows that are in use; there may be one", row.urn));
        }
        let object = (&row.type_token, &row.provider, &row.account, &row.id);
        if let Some(other) = claimed.insert(object, &row.urn).filter(|_| !row.id.is_empty()) {
            findings.push(format!("{other} and {} both claim {} {}", row.urn, row.type_token, row.id));
        }
    }
    findings
}

#[async_trait]
impl Backend for MemoryBackend {
    async fn load(&self, stack: &StackId) -> Result<StateRecord<Sealed>, BackendError> {
        Ok(self.with(stack, |stack| StateRecord {
            serial: stack.serial,
            last_run: stack.runs.keys().next_back().copied().unwrap_or_default(),
            key_envelope: stack.key_envelope.clone(),
            resources: stack.resources.values().cloned().collect(),
            journal: stack.journal.values().cloned().collect(),
            exports: stack.exports.values().cloned().collect(),
            checks: stack.checks.values().cloned().collect(),
        }))
    }

    async fn stacks(&self) -> Result<Vec<StackId>, BackendError> {
        let stacks = lock(&self.stacks);
        let written = stacks
            .iter()
            .filter(|(_, stack)| stack.serial > 0 || stack.key_envelope.is_some() || !stack.runs.is_empty());
        Ok(written.map(|(id, _)| id.clone()).collect())
    }

    async fn exports(
        &self,
        stack: &StackId,
    ) -> Result<(Option<String>, Vec<ExportRecord<Sealed>>), BackendError> {
        Ok(self.with(stack, |stack| (stack.key_envelope.clone(), stack.exports.values().cloned().collect())))
    }

    async fn acquire(
        &self,
        stack: &StackId,
        holder: &Holder,
        now: TimestampMs,
        expires_at: TimestampMs,
    ) -> Result<Lease, BackendError> {
        let mut stacks = lock(&self.stacks);
        let row = stacks.entry(stack.clone()).or_default();
        if let Some(held) = &row.held
            && held.holder.id != holder.id
            && is_held(now, held.expires_at)
        {
            return Err(BackendError::Leased { stack: stack.clone(), held: Box::new(held.clone()) });
        }
        row.epoch += 1;
        let expires_at = lease_end(now, expires_at);
        row.held = Some(HeldLease { holder: holder.clone(), acquired_at: now, expires_at });
        Ok(Lease { stack: stack.clone(), epoch: row.epoch, holder: holder.clone() })
    }

    async fn renew(&self, lease: &Lease, expires_at: TimestampMs) -> Result<(), BackendError> {
        lock(&self.stacks).entry(lease.stack.clone()).or_default().fence(lease)?.expires_at = expires_at;
        Ok(())
    }

    async fn release(&self, lease: &Lease) -> Result<(), BackendError> {
        let mut stacks = lock(&self.stacks);
        let stack = stacks.entry(lease.stack.clone()).or_default();
        if stack.fence(lease).is_ok() {
            stack.held = None;
        }
        Ok(())
    }

    async fn commit(&self, lease: &Lease, writes: Vec<Write<Sealed>>) -> Result<u64, BackendError> {
        let mut stacks = lock(&self.stacks);
        let stack = stacks.entry(lease.stack.clone()).or_default();
        stack.fence(lease)?;
        let mut faults = lock(&self.faults);
        if let Some(error) = faults.before.as_mut().and_then(|fault| fault(&writes)) {
            return Err(error);
        }
        stack
            .check(&writes)
            .map_err(|reason| BackendError::Conflict { stack: lease.stack.clone(), reason })?;
        let lost_answer = faults.after.as_mut().and_then(|fault| fault(&writes));
        stack.apply(writes);
        lost_answer.map_or(Ok(stack.serial), Err)
    }

    async fn runs(&self, stack: &StackId, limit: u32) -> Result<Vec<RunRecord>, BackendError> {
        Ok(self.with(stack, |stack| stack.runs.values().rev().take(limit as usize).cloned().collect()))
    }

    async fn steps(&self, stack: &StackId, run: u64) -> Result<Vec<StepRecord<Sealed>>, BackendError> {
        let of_run = JournalKey { run, step: 0 }..=JournalKey { run, step: u32::MAX };
        Ok(self.with(stack, |stack| stack.steps.range(of_run).map(|(_, row)| row.clone()).collect()))
    }

    async fn trace(&self, stack: &StackId, run: u64) -> Result<TraceRecord, BackendError> {
        Ok(self.with(stack, |stack| stack.traces.get(&run).cloned().unwrap_or_default()))
    }

    async fn past_values(&self, stack: &StackId) -> Result<Vec<(SealedCell, Sealed)>, BackendError> {
        Ok(self.with(stack, |stack| {
            let rows = stack.past_resources.versions().flat_map(|(from_run, (row, _))| {
                RowColumn::ALL.into_iter().filter_map(move |column| {
                    let (urn, token) = (row.urn.clone(), row.token.clone());
                    let cell = SealedCell::PastResource { urn, token, from_run, column };
                    Some((cell, column.of(row)?.clone()))
                })
            });
            let exports = stack.past_exports.versions().map(|(from_run, export)| {
                (SealedCell::PastExport { name: export.name.clone(), from_run }, export.value.clone())
            });
            rows.chain(exports).collect()
        }))
    }

    async fn past(&self, stack: &StackId, run: u64) -> Result<PastRecord<Sealed>, BackendError> {
        Ok(self.with(stack, |stack| PastRecord {
            run: stack.runs.get(&run).cloned(),
            first_run: stack.runs.keys().next().copied().unwrap_or_default(),
            last_run: stack.runs.keys().next_back().copied().unwrap_or_default(),
            key_envelope: stack.key_envelope.clone(),
            resources: stack.past_resources.rows_after(run),
            exports: stack.past_exports.after(run),
            renames: stack.past_resources.renames(),
        }))
    }

    async fn durations(
        &self,
        stack: &StackId,
        queries: Vec<DurationQuery>,
    ) -> Result<Vec<DurationRecord>, BackendError> {
        Ok(self
            .with(stack, |rows| queries.iter().flat_map(|query| rows.durations.of(stack, query)).collect()))
    }

    async fn lease(&self, stack: &StackId) -> Result<Option<HeldLease>, BackendError> {
        Ok(self.with(stack, |stack| stack.held.clone()))
    }

    async fn check(&self) -> Result<Vec<String>, BackendError> {
        Ok(lock(&self.stacks).values().flat_map(contradictions).collect())
    }

    fn location(&self) -> String {
        "memory".into()
    }

    fn is_durable(&self) -> bool {
        false
    }
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBackend").finish_non_exhaustive()
    }
}
