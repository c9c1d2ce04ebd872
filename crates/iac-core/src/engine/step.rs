//! Runs one prepared step: journal, call, journal. The only place that calls what changes a cloud.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::clients::StepClient;
use super::error::EngineError;
use super::history::remembered;
use super::known::Known;
use super::prepare::{HookTask, StepError, Task};
use super::recover::{Found, ended, kept, leaves_open, look_for, needs_also, observed_row, retired, untold};
use super::session::{READ_TIMEOUT, within};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::HookUse;
use crate::plan::StepIndex;
use crate::provider::{Context, Delay, Driver, Observation, Progress, StepPort};
use crate::scrub::Scrub;
use crate::state::{
    JournalKey, JournalOp, JournalRecord, ResourceRecord, Status, StepRecord, Store, TimestampMs, Write,
};
use crate::urn::Urn;
use crate::value::{Path, Value};

/// How often a create whose outcome was unknown, and that left nothing behind, is tried.
const CREATE_ATTEMPTS_MAX: usize = 3;

/// Waits between looks for an object whose name is taken, by itself as it seems, and that no search
/// shows yet: an API may show new objects late.
const LOOKS_AGAIN_AFTER: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// Something a running step has to say.
pub(super) struct Note {
    pub(super) step: StepIndex,
    pub(super) urn: Urn,
    pub(super) what: NoteKind,
}

pub(super) enum NoteKind {
    Progress(Progress),
    Ambiguous(String),
    Delayed(Delay),
}

/// What a finished step leaves.
pub(super) struct StepDone {
    pub(super) index: StepIndex,
    /// What it changed, not committed yet.
    pub(super) writes: Vec<Write>,
    pub(super) result: Result<Known, StepError>,
    pub(super) weaker: Option<String>,
    pub(super) started_at: TimestampMs,
    pub(super) ended_at: TimestampMs,
}

impl StepDone {
    /// Takes `secrets` out of its error, as it is reported and as it is recorded.
    pub(super) fn scrub(&mut self, secrets: &[String]) {
        let Err(StepError::Failed { error }) = &mut self.result else { return };
        *error = error.clone().scrub(secrets);
        let scrub = Scrub::new(secrets);
        for write in &mut self.writes {
            if let Write::Step(record) = write
                && let Some((_, text)) = &mut record.error
            {
                scrub.clean(text);
            }
        }
    }
}

/// Everything one step runs with. Owned, so that steps run side by side.
pub(super) struct StepRun {
    /// There where the task calls a provider.
    pub(super) client: Option<StepClient>,
    pub(super) store: Arc<Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) notes: mpsc::Sender<Note>,
    pub(super) key: JournalKey,
    pub(super) urn: Urn,
    pub(super) op: &'static str,
    /// What its duration is remembered as, if it is.
    pub(super) timed_as: Option<Cow<'static, str>>,
    /// The hook it runs, if it is one.
    pub(super) hook: Option<HookUse>,
    pub(super) timeout: Duration,
    pub(super) weaker: Option<String>,
    /// What the resource was called before, if it had another name.
    pub(super) renamed_from: Option<Urn>,
    /// What nothing that the driver says of its progress may repeat; its error is cleaned of more than
    /// these when the step has ended.
    pub(super) secrets: Arc<[String]>,
}

/// A change of the state, what is known afterwards, and the error if there was one.
struct Ended {
    writes: Vec<Write>,
    result: Result<Known>,
    before: Option<Value>,
    after: Option<Value>,
}

impl Ended {
    fn failed(error: Error, writes: Vec<Write>) -> Self {
        Self { writes, result: Err(error), before: None, after: None }
    }
}

impl StepRun {
    /// Runs the task to the end of its call. What it leaves to be recorded is in the answer, so that
    /// it is flushed together with the begin of what comes next.
    ///
    /// # Errors
    /// The state cannot be written: the run must stop.
    pub(super) async fn run(self, task: Task) -> Result<StepDone, EngineError> {
        let started_at = self.clock.now_ms();
        let ended = match task {
            Task::Create { driver, row, old } => self.create(&*driver, *row, old).await?,
            Task::Update { driver, row, old, changed } => self.update(&*driver, *row, old, &changed).await?,
            Task::Record { row, old } => self.record(*row, &old),
            Task::Import { row } => Ended {
                writes: vec![Write::Put(row.clone())],
                before: None,
                after: Some(row.inputs.clone()),
                result: Ok(Known::Row(Arc::new(*row))),
            },
            Task::Delete { driver, row } => self.delete(&*driver, &row).await?,
            Task::Forget { row } => Ended {
                writes: vec![Write::Remove { urn: row.urn.clone(), token: row.token.clone() }],
                result: Ok(Known::Nothing),
                before: Some(row.inputs.clone()),
                after: None,
            },
            Task::Read { reader, query } => {
                let cx = self.context("", &Arc::new(Mutex::new(None)));
                let data = within(READ_TIMEOUT, reader.read(&cx, &query)).await;
                Ended { writes: Vec::new(), result: data.map(Known::Data), before: None, after: None }
            }
            Task::Hook(task) => self.hook(*task).await?,
            Task::Keep => Ended { writes: Vec::new(), result: Ok(Known::Nothing), before: None, after: None },
        };
        let ended_at = self.clock.now_ms();
        let renamed = self.renamed_from.as_ref().map(|from| (from, &self.urn));
        let mut writes = remembered(self.key.run, ended.writes, renamed);
        // Less than was planned takes another time than what was.
        if let (Ok(_), None, Some(op)) = (&ended.result, &self.weaker, self.timed_as) {
            let (run, urn) = (self.key.run, self.urn.clone());
            let ms = u64::try_from(ended_at.saturating_sub(started_at)).unwrap_or_default();
            writes.push(Write::Took { run, urn, op: op.into_owned(), ms });
        }
        writes.push(Write::Step(Box::new(StepRecord {
            key: self.key,
            urn: self.urn.clone(),
            op: self.op.to_owned(),
            started_at,
            ended_at,
            error: ended.result.as_ref().err().map(|error| (error.kind(), error.to_string())),
            before: ended.before,
            after: ended.after,
        })));
        Ok(StepDone {
            index: self.key.step,
            writes,
            result: ended.result.map_err(StepError::from),
            weaker: self.weaker,
            started_at,
            ended_at,
        })
    }

    fn client(&self) -> &StepClient {
        self.client.as_ref().expect("a task that calls a provider comes with its client")
    }

    fn context(&self, token: &str, checkpoint: &Arc<Mutex<Option<String>>>) -> Context {
        let port = Arc::new(Port {
            store: Arc::clone(&self.store),
            notes: self.notes.clone(),
            key: self.key,
            urn: self.urn.clone(),
            checkpoint: Arc::clone(checkpoint),
            secrets: Arc::clone(&self.secrets),
        });
        Context::new(&self.urn, token, Arc::clone(&self.client().client), port, self.timeout)
    }

    /// Makes the begin row durable. Only then may a request leave.
    async fn begin(&self, op: JournalOp, row: &ResourceRecord) -> Result<(), EngineError> {
        let id = Some(row.id.clone()).filter(|id| !id.is_empty());
        let begun_at = self.clock.now_ms();
        let entry = JournalRecord { key: self.key, op, id, resource: row.clone(), begun_at };
        self.store.commit(vec![Write::Begin(Box::new(entry))]).await?;
        Ok(())
    }

    fn end(&self) -> Write {
        Write::End { key: self.key }
    }

    async fn create(
        &self,
        driver: &dyn Driver,
        row: ResourceRecord,
        old: Option<Arc<ResourceRecord>>,
    ) -> Result<Ended, EngineError> {
        let checkpoint = Arc::new(Mutex::new(None));
        let mut row = row;
        if self.client().asks_account {
            match within(READ_TIMEOUT, self.client().client.account()).await {
                Ok(account) => row.account = account,
                Err(error) => return Ok(Ended::failed(error, Vec::new())),
            }
        }
        let cx = self.context(&row.token, &checkpoint);
        self.begin(JournalOp::Create, &row).await?;
        match self.create_once(driver, &cx, &row, &checkpoint).await {
            Ok(observation) => {
                let row = observed_row(driver, row, observation, self.clock.now_ms());
                let mut writes: Vec<Write> = old.iter().map(|old| retired(old)).collect();
                writes.extend([Write::Put(Box::new(row.clone())), self.end()]);
                Ok(Ended {
                    writes,
                    before: old.map(|old| old.inputs.clone()),
                    after: Some(row.inputs.clone()),
                    result: Ok(Known::Row(Arc::new(row))),
                })
            }
            // What may exist stays in the journal; the next run finds out first of all.
            Err(Failure { error, open: true }) => Ok(Ended::failed(error, Vec::new())),
            Err(Failure { error, open: false }) => {
                let id = checkpoint.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let mut writes = Vec::new();
                if let Some(id) = id {
                    writes.extend(old.iter().map(|old| retired(old)));
                    writes.push(Write::Put(Box::new(ResourceRecord {
                        id,
                        status: Status::Incomplete,
                        ..row
                    })));
                }
                writes.push(self.end());
                Ok(Ended::failed(error, writes))
            }
        }
    }

    /// Creates, and looks before it tries again when the outcome is not known.
    async fn create_once(
        &self,
        driver: &dyn Driver,
        cx: &Context,
        row: &ResourceRecord,
        checkpoint: &Mutex<Option<String>>,
    ) -> Result<Observation, Failure> {
        let mut last = None;
        for attempt in 0..CREATE_ATTEMPTS_MAX {
            let error = match within(self.timeout, driver.create(cx, &row.inputs)).await {
                Ok(observation) => return Ok(observation),
                Err(error) => error,
            };
            let known_id = checkpoint.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let own_name_taken = attempt > 0 && error.kind() == ErrorKind::AlreadyExists;
            if error.kind() != ErrorKind::Ambiguous && !own_name_taken {
                let open =
                    known_id.is_some() && leaves_open(error.kind()) || error.kind() == ErrorKind::Timeout;
                return Err(Failure { error, open });
            }
            let found = look_for(driver, cx, known_id.as_deref(), &row.inputs).await;
            let mut found = found.map_err(|error| Failure { error, open: true })?;
            if own_name_taken && matches!(found, Found::Nothing) {
                found = look_again(driver, cx, row).await.map_err(|error| Failure { error, open: true })?;
            }
            match found {
                Found::One(observation) => {
                    let untold = untold(driver.spec(), &observation.outputs);
                    if untold.is_empty() {
                        self.note(format!("it was created as {} after all", observation.id));
                        return Ok(*observation);
                    }
                    let error = error.hint(format!(
                        "it was created as {}, and `{}` was in the lost answer alone; the next run makes another \
                         one in its place",
                        observation.id,
                        untold.join("`, `")
                    ));
                    *checkpoint.lock().unwrap_or_else(PoisonError::into_inner) = Some(observation.id);
                    return Err(Failure { error, open: false });
                }
                // Somebody else has the name, or the search is later than anyone may wait for.
                Found::Nothing if own_name_taken => return Err(Failure { error, open: true }),
                Found::Nothing => self.note("it was not created; trying again".to_owned()),
                Found::Uncertain(candidates) => {
                    let error = error.with_kind(ErrorKind::Ambiguous).hint(format!(
                        "it may be one of: {}; the next run asks which",
                        if candidates.is_empty() { "none found".to_owned() } else { candidates.join(", ") }
                    ));
                    return Err(Failure { error, open: true });
                }
            }
            last = Some(error);
        }
        let error = last.unwrap_or_else(|| Error::internal("a create was not tried"));
        Err(Failure { error, open: true })
    }

    async fn update(
        &self,
        driver: &dyn Driver,
        row: ResourceRecord,
        old: Arc<ResourceRecord>,
        changed: &[Path],
    ) -> Result<Ended, EngineError> {
        let cx = self.context(&row.token, &Arc::new(Mutex::new(None)));
        self.begin(JournalOp::Update, &row).await?;
        let change = Task::change(&row, &old, changed);
        let error = match within(self.timeout, driver.update(&cx, &row.id, change)).await {
            Ok(outputs) => {
                let outputs = kept(driver.spec(), &old.outputs, outputs);
                let row = ResourceRecord { outputs, ..row };
                let mut ended = self.record(row, &old);
                ended.writes.push(self.end());
                return Ok(ended);
            }
            Err(error) => error,
        };
        // Part of the update may have been done, so the row takes what the cloud has now.
        let writes = match within(READ_TIMEOUT, driver.read(&cx, &row.id)).await {
            Ok(Some(observation)) => {
                let mut kept = observed_row(driver, (*old).clone(), observation, self.clock.now_ms());
                needs_also(&mut kept, &row.dependencies);
                kept.hooks = row.hooks;
                vec![Write::Put(Box::new(kept)), self.end()]
            }
            Ok(None) => {
                let refreshed_at = self.clock.now_ms();
                let gone = ResourceRecord { missing: true, refreshed_at, ..(*old).clone() };
                vec![Write::Put(Box::new(gone)), self.end()]
            }
            Err(_) => Vec::new(),
        };
        Ok(Ended::failed(error, writes))
    }

    /// Writes a row whose object stays, under its new name if it was renamed.
    fn record(&self, row: ResourceRecord, old: &ResourceRecord) -> Ended {
        let mut writes = Vec::new();
        if old.urn != row.urn {
            writes.push(Write::Remove { urn: old.urn.clone(), token: old.token.clone() });
        }
        writes.push(Write::Put(Box::new(row.clone())));
        Ended {
            writes,
            before: Some(old.inputs.clone()),
            after: Some(row.inputs.clone()),
            result: Ok(Known::Row(Arc::new(row))),
        }
    }

    async fn delete(&self, driver: &dyn Driver, row: &Arc<ResourceRecord>) -> Result<Ended, EngineError> {
        let cx = self.context(&row.token, &Arc::new(Mutex::new(None)));
        self.begin(JournalOp::Delete, row).await?;
        match within(self.timeout, driver.delete(&cx, &row.id)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let writes = if leaves_open(error.kind()) { Vec::new() } else { vec![self.end()] };
                Ok(Ended::failed(error, writes))
            }
            _ => Ok(Ended {
                writes: vec![ended(row), self.end()],
                result: Ok(Known::Nothing),
                before: Some(row.inputs.clone()),
                after: None,
            }),
        }
    }

    /// Runs code of the program. What the cloud has is as before or as after it; the row tells only
    /// whether it is still owed.
    async fn hook(&self, task: HookTask) -> Result<Ended, EngineError> {
        let HookTask { hook, call, row, settled } = task;
        self.begin(JournalOp::Hook, &row).await?;
        if let Err(error) = within(self.timeout, hook.run(call)).await {
            return Ok(Ended::failed(
                error.operation(self.hook.as_ref().map_or_else(String::new, ToString::to_string)),
                vec![self.end()],
            ));
        }
        let mut known = Known::Nothing;
        let mut writes = Vec::new();
        if let Some(row) = settled {
            let done = row.status == Status::Gone && row.hooks.owed.is_empty();
            if row.status != Status::Gone {
                known = Known::Row(Arc::new(row.clone()));
            }
            writes.push(match done {
                true => Write::Remove { urn: row.urn, token: row.token },
                false => Write::Put(Box::new(row)),
            });
        }
        writes.push(self.end());
        Ok(Ended { writes, result: Ok(known), before: None, after: None })
    }

    fn note(&self, finding: String) {
        send(&self.notes, self.key.step, &self.urn, NoteKind::Ambiguous(finding));
    }
}

/// Looks for what must be there, until a search shows it or the waits are over.
async fn look_again(driver: &dyn Driver, cx: &Context, row: &ResourceRecord) -> Result<Found> {
    for wait in LOOKS_AGAIN_AFTER {
        tokio::time::sleep(wait).await;
        let found = look_for(driver, cx, None, &row.inputs).await?;
        if !matches!(found, Found::Nothing) {
            return Ok(found);
        }
    }
    Ok(Found::Nothing)
}

/// A create that did not succeed, and whether something may exist that is not recorded.
struct Failure {
    error: Error,
    open: bool,
}

/// Notes are for people: when nobody keeps up with them they are dropped, never waited for.
fn send(notes: &mpsc::Sender<Note>, step: StepIndex, urn: &Urn, what: NoteKind) {
    let _ = notes.try_send(Note { step, urn: urn.clone(), what });
}

/// The driver's way back to the engine.
struct Port {
    store: Arc<Store>,
    notes: mpsc::Sender<Note>,
    key: JournalKey,
    urn: Urn,
    checkpoint: Arc<Mutex<Option<String>>>,
    secrets: Arc<[String]>,
}

#[async_trait]
impl StepPort for Port {
    async fn checkpoint(&self, id: &str) -> Result<()> {
        *self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.to_owned());
        let write = Write::Checkpoint { key: self.key, id: id.to_owned() };
        match self.store.commit_only(vec![write]).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::internal(format!("the state cannot be written: {error}"))),
        }
    }

    fn progress(&self, mut progress: Progress) {
        Scrub::new(&self.secrets).clean(&mut progress.what);
        send(&self.notes, self.key.step, &self.urn, NoteKind::Progress(progress));
    }

    fn delayed(&self, _: &Urn, mut delay: Delay) {
        let scrub = Scrub::new(&self.secrets);
        match &mut delay {
            Delay::Retried { operation, reason, .. } | Delay::Paused { operation, reason, .. } => {
                scrub.clean(operation);
                scrub.clean(reason);
            }
        }
        send(&self.notes, self.key.step, &self.urn, NoteKind::Delayed(delay));
    }
}
