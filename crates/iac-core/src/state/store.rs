//! The engine's side of a backend: typed rows in and out, sealed on the way, under one lease.

mod rekey;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::backend::{Backend, BackendError, Holder, Lease};
use super::codec::DataKey;
use super::codec::{Codec, CodecError};
use super::keyring::{Keyring, KeyringError, first};
use super::record::{
    ExportRecord, JournalRecord, PastRecord, ResourceRecord, Sealed, StackId, StateRecord, StepRecord,
    TimestampMs, Write,
};
use tokio::sync::OnceCell;

use crate::urn::Urn;
use crate::value::Value;

pub(crate) use rekey::Rekeyed;

/// What can go wrong with state, its secrets included.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Where it is kept.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// What is in it.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The key to its secrets.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

/// State opened for reading.
pub(crate) struct StoreReader {
    backend: Arc<dyn Backend>,
    keyring: Option<Arc<dyn Keyring>>,
}

impl StoreReader {
    pub(crate) fn new(backend: Arc<dyn Backend>, keyring: Option<Arc<dyn Keyring>>) -> Self {
        Self { backend, keyring }
    }

    fn codec(&self, stack: &StackId, envelope: Option<&str>) -> Result<Codec, StateError> {
        let key = match (envelope, &self.keyring) {
            (Some(envelope), Some(keyring)) => Some(keyring.unwrap(envelope, stack)?),
            _ => None,
        };
        Ok(Codec::new(stack.clone(), key))
    }

    /// The codec of a stack, with its data key if the stack has one and there is a keyring.
    pub(crate) async fn keyed(&self, stack: &StackId) -> Result<Codec, StateError> {
        let (envelope, _) = self.backend.exports(stack).await?;
        self.codec(stack, envelope.as_deref())
    }

    /// Everything the state knows of a stack.
    pub(crate) async fn load(&self, stack: &StackId) -> Result<(Codec, StateRecord), StateError> {
        let state = self.backend.load(stack).await?;
        self.open_with_codec(stack, state)
    }

    /// Opens what was loaded from somewhere else.
    pub(crate) fn open(
        &self,
        stack: &StackId,
        state: StateRecord<Sealed>,
    ) -> Result<StateRecord, StateError> {
        Ok(self.open_with_codec(stack, state)?.1)
    }

    fn open_with_codec(
        &self,
        stack: &StackId,
        state: StateRecord<Sealed>,
    ) -> Result<(Codec, StateRecord), StateError> {
        let codec = self.codec(stack, state.key_envelope.as_deref())?;
        let open = |urn: &Urn, column: &str, sealed: Sealed| codec.open(urn.as_str(), column, &sealed);
        let opened = StateRecord {
            serial: state.serial,
            last_run: state.last_run,
            key_envelope: state.key_envelope,
            resources: state.resources.into_iter().map(|row| row.try_map(open)).collect::<Result<_, _>>()?,
            journal: state
                .journal
                .into_iter()
                .map(|row| {
                    Ok(JournalRecord {
                        key: row.key,
                        op: row.op,
                        id: row.id,
                        begun_at: row.begun_at,
                        resource: row.resource.try_map(open)?,
                    })
                })
                .collect::<Result<_, CodecError>>()?,
            exports: open_exports(&codec, state.exports)?,
            checks: state.checks,
        };
        Ok((codec, opened))
    }

    /// The exported outputs of a stack, without the rest.
    pub(crate) async fn exports(&self, stack: &StackId) -> Result<Vec<ExportRecord>, StateError> {
        let (envelope, exports) = self.backend.exports(stack).await?;
        Ok(open_exports(&self.codec(stack, envelope.as_deref())?, exports)?)
    }

    /// The stack as it was after a run.
    pub(crate) async fn past(&self, stack: &StackId, run: u64) -> Result<PastRecord, StateError> {
        let past = self.backend.past(stack, run).await?;
        let codec = self.codec(stack, past.key_envelope.as_deref())?;
        let open = |urn: &Urn, column: &str, sealed: Sealed| codec.open(urn.as_str(), column, &sealed);
        Ok(PastRecord {
            run: past.run,
            first_run: past.first_run,
            last_run: past.last_run,
            key_envelope: past.key_envelope,
            resources: past.resources.into_iter().map(|row| row.try_map(open)).collect::<Result<_, _>>()?,
            exports: open_exports(&codec, past.exports)?,
            renames: past.renames,
        })
    }

    /// The steps of a run, with their inputs.
    pub(crate) async fn steps(&self, stack: &StackId, run: u64) -> Result<Vec<StepRecord>, StateError> {
        let mut envelope = self.backend.exports(stack).await?.0;
        loop {
            let steps = self.backend.steps(stack, run).await?;
            let opened = self.open_steps(&self.codec(stack, envelope.as_deref())?, steps);
            if opened.is_ok() {
                return Ok(opened?);
            }
            // Between the two reads the data key may have changed.
            let now = self.backend.exports(stack).await?.0;
            if now == envelope {
                return Ok(opened?);
            }
            envelope = now;
        }
    }

    fn open_steps(
        &self,
        codec: &Codec,
        steps: Vec<StepRecord<Sealed>>,
    ) -> Result<Vec<StepRecord>, CodecError> {
        let open = |urn: &Urn, column: &str, value: Option<Sealed>| {
            value.map(|value| codec.open(urn.as_str(), column, &value)).transpose()
        };
        steps
            .into_iter()
            .map(|step| {
                Ok(StepRecord {
                    before: open(&step.urn, "before", step.before)?,
                    after: open(&step.urn, "after", step.after)?,
                    key: step.key,
                    op: step.op,
                    started_at: step.started_at,
                    ended_at: step.ended_at,
                    error: step.error,
                    urn: step.urn,
                })
            })
            .collect()
    }
}

/// The name under which an output's ciphertext is bound.
pub(crate) const EXPORT_OWNER: &str = "output";

fn open_exports(codec: &Codec, exports: Vec<ExportRecord<Sealed>>) -> Result<Vec<ExportRecord>, CodecError> {
    exports
        .into_iter()
        .map(|export| {
            let value = codec.open(EXPORT_OWNER, &export.name, &export.value)?;
            Ok(ExportRecord { name: export.name, value })
        })
        .collect()
}

/// State opened for writing, under a lease.
pub(crate) struct Store {
    backend: Arc<dyn Backend>,
    keyring: Option<Arc<dyn Keyring>>,
    /// Without a data key: enough until the first secret comes.
    plain: Codec,
    /// With the data key, made when the first secret is written if the stack has none yet.
    keyed: OnceCell<Codec>,
    lease: Lease,
    /// How long the lease lasts without a renewal.
    duration: Duration,
    /// When it was opened.
    opened_at: TimestampMs,
    /// What goes with the next commit.
    deferred: Mutex<Vec<Write>>,
}

/// What a later opening can go on from, if nobody had the lease in between.
pub(crate) struct LastUse {
    epoch: u64,
    keyed: Option<Codec>,
}

impl Store {
    /// Takes the lease and loads the stack.
    pub(crate) async fn open(
        backend: Arc<dyn Backend>,
        keyring: Option<Arc<dyn Keyring>>,
        stack: &StackId,
        holder: &Holder,
        now: TimestampMs,
        duration: Duration,
        last: Option<&LastUse>,
    ) -> Result<(Self, Option<StateRecord>), StateError> {
        let lease = backend.acquire(stack, holder, now, expiry(now, duration)).await?;
        // Every write needs the lease, and every acquisition counts one on.
        if let Some(last) = last.filter(|last| last.epoch.checked_add(1) == Some(lease.epoch)) {
            let keyed =
                last.keyed.clone().map_or_else(OnceCell::new, |codec| OnceCell::new_with(Some(codec)));
            return Ok((Self::new(backend, keyring, keyed, lease, duration, now), None));
        }
        match Self::open_leased(Arc::clone(&backend), keyring, lease.clone(), duration, now).await {
            Ok((store, state)) => Ok((store, Some(state))),
            Err(error) => {
                // The first error is the one to show; the lease would expire anyway.
                let _ = backend.release(&lease).await;
                Err(error)
            }
        }
    }

    async fn open_leased(
        backend: Arc<dyn Backend>,
        keyring: Option<Arc<dyn Keyring>>,
        lease: Lease,
        duration: Duration,
        now: TimestampMs,
    ) -> Result<(Self, StateRecord), StateError> {
        let reader = StoreReader::new(Arc::clone(&backend), keyring.clone());
        let (codec, state) = reader.load(&lease.stack).await?;
        let keyed = if codec.has_key() { OnceCell::new_with(Some(codec)) } else { OnceCell::new() };
        Ok((Self::new(backend, keyring, keyed, lease, duration, now), state))
    }

    fn new(
        backend: Arc<dyn Backend>,
        keyring: Option<Arc<dyn Keyring>>,
        keyed: OnceCell<Codec>,
        lease: Lease,
        duration: Duration,
        opened_at: TimestampMs,
    ) -> Self {
        let plain = Codec::new(lease.stack.clone(), None);
        Self { backend, keyring, plain, keyed, lease, duration, opened_at, deferred: Mutex::default() }
    }

    /// The codec with the data key, if the stack has one.
    pub(crate) fn codec(&self) -> Option<&Codec> {
        self.keyed.get()
    }

    /// See [`LastUse`].
    pub(crate) fn last_use(&self) -> LastUse {
        LastUse { epoch: self.lease.epoch, keyed: self.keyed.get().cloned() }
    }

    /// Seals and commits, with what was deferred before it: atomic, durable when it answers. The
    /// serial afterwards. A failure takes what was deferred along and must end the run.
    pub(crate) async fn commit(&self, writes: Vec<Write>) -> Result<u64, StateError> {
        let mut all = std::mem::take(&mut *self.deferred());
        all.extend(writes);
        self.commit_only(all).await
    }

    /// To be durable with the next commit.
    pub(crate) fn defer(&self, writes: Vec<Write>) {
        self.deferred().extend(writes);
    }

    /// How many writes wait for the next commit.
    pub(crate) fn deferred_len(&self) -> usize {
        self.deferred().len()
    }

    /// Commits what was deferred, if anything is left of it.
    pub(crate) async fn flush(&self) -> Result<(), StateError> {
        if self.deferred_len() > 0 {
            self.commit(Vec::new()).await?;
        }
        Ok(())
    }

    /// A list of writes is whole at every moment.
    fn deferred(&self) -> MutexGuard<'_, Vec<Write>> {
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Like [`commit`](Store::commit), without what was deferred: for callers whose failure does not
    /// end the run.
    pub(crate) async fn commit_only(&self, writes: Vec<Write>) -> Result<u64, StateError> {
        let codec = match self.keyed.get() {
            Some(keyed) => keyed,
            None if writes.iter().any(has_secret) => self.keyed().await?,
            None => &self.plain,
        };
        let sealed = writes.into_iter().map(|write| seal(codec, write)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.backend.commit(&self.lease, sealed).await?)
    }

    /// The codec with the data key; the stack gets one if there is a keyring to wrap it. Without a
    /// keyring the plain codec answers, and it refuses secrets.
    pub(crate) async fn keyed(&self) -> Result<&Codec, StateError> {
        let Some(keyring) = &self.keyring else { return Ok(&self.plain) };
        let made = self.keyed.get_or_try_init(|| async {
            let stack = &self.lease.stack;
            let key = DataKey::generate().map_err(KeyringError::from)?;
            let envelope = first(&**keyring, &key, stack, self.opened_at)?;
            self.backend.commit(&self.lease, vec![Write::KeyEnvelope(envelope)]).await?;
            Ok::<_, StateError>(Codec::new(stack.clone(), Some(key)))
        });
        made.await
    }

    /// Seals with the key of `envelope` from now on, unless the stack has one already. Answers the write
    /// that keeps the envelope, if it is to be kept.
    pub(crate) fn keep_key(&self, envelope: &str) -> Result<Option<Write>, StateError> {
        let Some(keyring) = self.keyring.as_ref().filter(|_| self.keyed.get().is_none()) else {
            return Ok(None);
        };
        let stack = &self.lease.stack;
        let codec = Codec::new(stack.clone(), Some(keyring.unwrap(envelope, stack)?));
        Ok(self.keyed.set(codec).is_ok().then(|| Write::KeyEnvelope(envelope.to_owned())))
    }

    /// Prolongs the lease.
    pub(crate) async fn renew(&self, now: TimestampMs) -> Result<(), BackendError> {
        self.backend.renew(&self.lease, expiry(now, self.duration)).await
    }

    /// Gives the lease back.
    pub(crate) async fn release(&self) -> Result<(), BackendError> {
        self.backend.release(&self.lease).await
    }
}

fn has_secret(write: &Write) -> bool {
    let row = |row: &ResourceRecord| {
        let values = [&row.inputs, &row.outputs, &row.triggers];
        values.into_iter().chain(&row.observed).any(Value::has_secret)
    };
    match write {
        Write::Begin(entry) => row(&entry.resource),
        Write::Put(resource) => row(resource),
        Write::Exports(exports) => exports.iter().any(|export| export.value.has_secret()),
        Write::Step(step) => step.before.iter().chain(&step.after).any(Value::has_secret),
        _ => false,
    }
}

fn seal_row(codec: &Codec, row: ResourceRecord) -> Result<ResourceRecord<Sealed>, CodecError> {
    row.try_map(|urn, column, value| codec.seal(urn.as_str(), column, &value))
}

fn seal(codec: &Codec, write: Write) -> Result<Write<Sealed>, CodecError> {
    Ok(match write {
        Write::Begin(row) => Write::Begin(Box::new(JournalRecord {
            key: row.key,
            op: row.op,
            id: row.id,
            begun_at: row.begun_at,
            resource: seal_row(codec, row.resource)?,
        })),
        Write::Checkpoint { key, id } => Write::Checkpoint { key, id },
        Write::End { key } => Write::End { key },
        Write::Put(row) => Write::Put(Box::new(seal_row(codec, *row)?)),
        Write::Remove { urn, token } => Write::Remove { urn, token },
        Write::Checked(check) => Write::Checked(check),
        Write::Seen { urn, token, at } => Write::Seen { urn, token, at },
        Write::Exports(exports) => Write::Exports(
            exports
                .into_iter()
                .map(|export| {
                    let value = codec.seal(EXPORT_OWNER, &export.name, &export.value)?;
                    Ok(ExportRecord { name: export.name, value })
                })
                .collect::<Result<_, CodecError>>()?,
        ),
        Write::RunBegin(run) => Write::RunBegin(run),
        Write::RunEnd { run, status, at } => Write::RunEnd { run, status, at },
        Write::Step(step) => Write::Step(Box::new(seal_step(codec, *step)?)),
        Write::KeyEnvelope(envelope) => Write::KeyEnvelope(envelope),
        Write::Reseal { cell, value } => Write::Reseal { cell, value },
        Write::Remember { run, urn, token, renamed_from } => {
            Write::Remember { run, urn, token, renamed_from }
        }
        Write::RememberExports { run } => Write::RememberExports { run },
        Write::Outline { run, after } => Write::Outline { run, after },
        Write::Trace { run, events } => Write::Trace { run, events },
        Write::Took { run, urn, op, ms } => Write::Took { run, urn, op, ms },
        Write::Prune { before } => Write::Prune { before },
    })
}

fn seal_step(codec: &Codec, step: StepRecord) -> Result<StepRecord<Sealed>, CodecError> {
    let seal = |column: &str, value: Option<Value>| {
        value.map(|value| codec.seal(step.urn.as_str(), column, &value)).transpose()
    };
    Ok(StepRecord {
        before: seal("before", step.before)?,
        after: seal("after", step.after)?,
        key: step.key,
        urn: step.urn.clone(),
        op: step.op,
        started_at: step.started_at,
        ended_at: step.ended_at,
        error: step.error,
    })
}

/// When a lease taken or renewed at `now` expires.
fn expiry(now: TimestampMs, duration: Duration) -> TimestampMs {
    now.saturating_add(TimestampMs::try_from(duration.as_millis()).unwrap_or(TimestampMs::MAX))
}
