//! One piece of work on one stack: the lease, the snapshot, and the contexts of calls.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::Engine;
use super::clients::Clients;
use super::error::EngineError;
use super::held_up::Ear;
use super::history::remembered;
use crate::caught::{caught, panicked};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Reporter};
use crate::graph::{Graph, Maker};
use crate::plan::Recovered;
use crate::provider::{Progress, StepPort};
use crate::snapshot::Snapshot;
use crate::state::{
    BackendError, JournalRecord, LastUse, RunKind, RunRecord, RunStatus, StackId, StateError, StateRecord,
    Store, Write,
};
use crate::urn::Urn;
use crate::value::Value;

/// Longest time for one read, list or look-up: longer than a request may wait for the vendor's quota.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// The lease is renewed so many times within its life, so that one renewal may come late.
const HEARTBEATS: u32 = 3;
/// How often a held lease is asked for again.
const LEASE_POLL: Duration = Duration::from_millis(250);

/// The stacks that one engine is working on. A lease keeps other engines out; this keeps out a second
/// call of the same one, which would take its own lease over.
#[derive(Clone, Default)]
pub(crate) struct Busy(Arc<Mutex<BTreeSet<StackId>>>);

impl Busy {
    fn enter(&self, stack: &StackId) -> Result<BusyGuard, EngineError> {
        let mut stacks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !stacks.insert(stack.clone()) {
            return Err(EngineError::Busy { stack: stack.clone() });
        }
        Ok(BusyGuard { busy: self.clone(), stack: stack.clone() })
    }
}

/// Ends with the call, also when its future is dropped.
struct BusyGuard {
    busy: Busy,
    stack: StackId,
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.busy.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.stack);
    }
}

/// What the last plan of an engine knew of its stack, so that an apply of it need not load and open
/// every row again. Good only as long as nobody else had the lease.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Option<KeptState>>>);

struct KeptState {
    stack: StackId,
    last: LastUse,
    snapshot: Snapshot,
    last_run: u64,
    owners: Option<Owners>,
}

/// To which provider instances the rows belong, and the accounts that all of them were compared with.
pub(super) struct Owners {
    pub(super) providers: BTreeSet<String>,
    pub(super) accounts: BTreeMap<String, String>,
}

impl Kept {
    fn take(&self, stack: &StackId) -> Option<KeptState> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.filter(|kept| kept.stack == *stack)
    }

    fn put(&self, state: KeptState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }
}

/// A stack that this process may write.
pub(super) struct Session<'a> {
    pub(super) engine: &'a Engine,
    pub(super) store: Arc<Store>,
    pub(super) snapshot: Snapshot,
    pub(super) journal: Vec<JournalRecord>,
    /// See [`Session::read_accounts`].
    pub(super) clients: Clients,
    /// Of the rows as they were loaded or kept; of none before the accounts are read.
    pub(super) owners: Option<Owners>,
    /// Whether the snapshot has everything that a run of this session wrote.
    pub(super) is_followed: bool,
    /// What was settled of interrupted runs.
    pub(super) recovered: Vec<Recovered>,
    pub(super) last_run: u64,
    run: Option<u64>,
    /// The run whose changes of rows become history; a refresh changes what is known, not what is.
    pub(super) remembering: Option<u64>,
    stack: StackId,
    /// Hears of what holds up calls that are no step.
    pub(super) ear: Ear,
    _busy: BusyGuard,
}

impl<'a> Session<'a> {
    pub(super) async fn open(
        engine: &'a Engine,
        stack: StackId,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<Self, EngineError> {
        let busy = engine.busy.enter(&stack)?;
        let kept = engine.kept.take(&stack);
        let (store, state) =
            open_store(engine, &stack, kept.as_ref().map(|kept| &kept.last), reporter).await?;
        let (snapshot, journal, last_run, owners) = match (state, kept) {
            (None, Some(kept)) => (kept.snapshot, Vec::new(), kept.last_run, kept.owners),
            (state, _) => {
                let mut state = state.unwrap_or_default();
                let (journal, last_run) = (std::mem::take(&mut state.journal), state.last_run);
                (Snapshot::from_state(state), journal, last_run, None)
            }
        };
        Ok(Self {
            engine,
            store: Arc::new(store),
            snapshot,
            journal,
            clients: Clients::new(),
            owners,
            is_followed: false,
            recovered: Vec::new(),
            last_run,
            run: None,
            remembering: None,
            stack,
            ear: Ear::new(),
            _busy: busy,
        })
    }

    /// Renews the lease for as long as it is polled; ends only when the lease is lost.
    pub(super) fn heartbeat(&self) -> impl Future<Output = EngineError> + Send + use<> {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.engine.clock));
        let pause = self.engine.lease / HEARTBEATS;
        async move {
            loop {
                tokio::time::sleep(pause).await;
                if let Err(error) = store.renew(clock.now_ms()).await {
                    return error.into();
                }
            }
        }
    }

    /// Gives the lease back and passes the result on; the first error wins.
    pub(super) async fn close<T>(self, result: Result<T, EngineError>) -> Result<T, EngineError> {
        let result = self.scrubbed(result);
        self.released(result).await
    }

    async fn released<T>(self, result: Result<T, EngineError>) -> Result<T, EngineError> {
        let released = self.store.release().await;
        let value = result?;
        released?;
        Ok(value)
    }

    /// The result without any secret of the state in its error: what a provider answers to a read or a
    /// search may quote one. No error of a provider leaves a session but through here; those of steps are
    /// part of an outcome.
    fn scrubbed<T>(&self, result: Result<T, EngineError>) -> Result<T, EngineError> {
        result.map_err(|error| {
            let mut secrets = Vec::new();
            self.snapshot.secret_texts(&mut secrets);
            self.journal.iter().for_each(|entry| entry.resource.secret_texts(&mut secrets));
            error.scrub(&secrets)
        })
    }

    /// Like [`close`](Session::close); the next session of the same engine may go on from here.
    pub(super) async fn close_and_keep<T>(
        mut self,
        result: Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let result = self.scrubbed(result);
        let rows = std::mem::take(&mut self.snapshot);
        let (kept, last_run) = (self.engine.kept.clone(), self.last_run);
        let owners = self.owners.take();
        let (stack, last) = (self.stack.clone(), self.store.last_use());
        let value = self.released(result).await?;
        // What is asked of others is asked again each time.
        let snapshot = Snapshot {
            serial: rows.serial,
            resources: rows.resources,
            pending_deletes: rows.pending_deletes,
            gone: rows.gone,
            exports: rows.exports,
            ..Snapshot::default()
        };
        kept.put(KeptState { stack, last, snapshot, last_run, owners });
        Ok(value)
    }

    pub(super) async fn commit(&mut self, writes: Vec<Write>) -> Result<(), EngineError> {
        self.commit_renamed(writes, None).await
    }

    /// Like [`commit`](Session::commit), for writes that rename a resource: its old and its new name.
    pub(super) async fn commit_renamed(
        &mut self,
        writes: Vec<Write>,
        renamed: Option<(&Urn, &Urn)>,
    ) -> Result<(), EngineError> {
        let writes = match self.remembering {
            Some(run) => remembered(run, writes, renamed),
            None => writes,
        };
        self.snapshot.serial = self.store.commit(writes).await?;
        Ok(())
    }

    /// Begins a run in the history, once; its number.
    pub(super) async fn begin_run(&mut self, kind: RunKind) -> Result<u64, EngineError> {
        self.begin_run_to(kind, None).await
    }

    /// Like [`begin_run`](Session::begin_run); a rollback names the run it leads back to.
    pub(super) async fn begin_run_to(
        &mut self,
        kind: RunKind,
        rollback_to: Option<u64>,
    ) -> Result<u64, EngineError> {
        if let Some(run) = self.run {
            return Ok(run);
        }
        let run = self.last_run + 1;
        let holder = &self.engine.holder;
        let record = RunRecord {
            run,
            kind,
            status: RunStatus::Running,
            started_at: self.engine.clock.now_ms(),
            ended_at: None,
            holder: format!("{} on {}", holder.name, holder.host),
            rollback_to,
        };
        let mut writes = vec![Write::RunBegin(record)];
        writes.extend(self.pruning(run));
        self.commit(writes).await?;
        self.last_run = run;
        self.run = Some(run);
        self.remembering = Some(run).filter(|_| kind != RunKind::Refresh);
        Ok(run)
    }

    pub(super) async fn end_run(&mut self, status: RunStatus) -> Result<(), EngineError> {
        let Some(run) = self.run.take() else { return Ok(()) };
        self.remembering = None;
        let at = self.engine.clock.now_ms();
        self.commit(vec![Write::RunEnd { run, status, at }]).await
    }

    /// Reads the outputs of the other stacks that the program refers to.
    pub(super) async fn read_stack_outputs(&mut self, graph: &Graph) -> Result<(), EngineError> {
        for name in graph.stacks_used() {
            let id = StackId::new(graph.project(), name);
            let outputs = self.engine.outputs(&id).await?;
            self.snapshot.stack_outputs.insert(id, outputs);
        }
        Ok(())
    }

    /// Reads the data of a node whose query is known.
    pub(super) async fn read_data(
        &self,
        graph: &Graph,
        urn: &Urn,
        query: &Value,
    ) -> Result<Value, EngineError> {
        let failed = |error| EngineError::Resource { urn: urn.clone(), error };
        let node = graph.by_urn.get(urn).map(|index| graph.node(*index));
        let Some((node, Maker::Reader(reader))) = node.map(|node| (node, &node.maker)) else {
            return Err(failed(Error::internal("it is not a data read")));
        };
        let cx = self.read_context(&node.provider, urn, "").map_err(failed)?;
        let mut secrets = Vec::new();
        query.secret_texts(&mut secrets);
        let data = within(READ_TIMEOUT, reader.read(&cx, query)).await;
        data.map_err(|error| failed(error.scrub(&secrets)))
    }
}

/// Takes the lease, waiting for another holder as long as the engine is told to.
async fn open_store(
    engine: &Engine,
    stack: &StackId,
    last: Option<&LastUse>,
    reporter: &mut (dyn Reporter + Send),
) -> Result<(Store, Option<StateRecord>), EngineError> {
    let mut told = false;
    let give_up = Instant::now() + engine.lease_wait;
    loop {
        let (backend, keyring) = (Arc::clone(&engine.backend), engine.keyring.clone());
        let now = engine.clock.now_ms();
        let opened = Store::open(backend, keyring, stack, &engine.holder, now, engine.lease, last).await;
        match opened {
            Err(StateError::Backend(BackendError::Leased { held, .. })) if Instant::now() < give_up => {
                if !std::mem::replace(&mut told, true) {
                    let (holder, since) = (held.holder, held.acquired_at);
                    reporter.report(&Event::LeaseHeld { stack: stack.clone(), holder, since });
                }
                tokio::time::sleep(LEASE_POLL).await;
            }
            opened => return Ok(opened?),
        }
    }
}

/// Runs `work` while the lease holds.
pub(super) async fn while_leased<T>(
    heartbeat: impl Future<Output = EngineError>,
    work: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    tokio::select! {
        biased;
        result = work => result,
        lost = heartbeat => Err(lost),
    }
}

/// Bounds a call by `limit`, beyond what the provider itself does. One that panics may have taken effect.
pub(super) async fn within<T>(limit: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(limit, caught(call)).await {
        Ok(Ok(result)) => result,
        Ok(Err(text)) => Err(panicked(ErrorKind::Ambiguous, text)),
        Err(_) => Err(Error::new(ErrorKind::Timeout, format!("no answer within {} s", limit.as_secs())).hint(
            "run again: the engine looks first at what became of the call; or raise the resource's timeout",
        )),
    }
}

/// A port for calls that change nothing.
pub(super) struct NoPort;

#[async_trait]
impl StepPort for NoPort {
    async fn checkpoint(&self, _: &str) -> Result<()> {
        Ok(())
    }
    fn progress(&self, _: Progress) {}
}
