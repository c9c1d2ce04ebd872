//! What became of calls that were begun and never recorded as ended.

use std::sync::Arc;

use super::error::EngineError;
use super::history::StateStep;
use super::session::{READ_TIMEOUT, Session, within};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Reporter};
use crate::graph::Graph;
use crate::hook::{HookPhase, HookUse, RecordedHooks};
use crate::plan::{Recovered, merge_observed, worth_keeping};
use crate::provider::{Context, Driver, Observation, TypeSpec};
use crate::resource::Recovery;
use crate::snapshot::Snapshot;
use crate::state::{JournalOp, JournalRecord, ResourceRecord, RunKind, Status, Write};
use crate::urn::Urn;
use crate::value::Value;

/// What a begun create turned out to be.
pub(super) enum Found {
    /// It exists.
    One(Box<Observation>),
    /// It does not exist.
    Nothing,
    /// It cannot be told.
    Uncertain(Vec<String>),
}

impl Session<'_> {
    /// Resolves every open journal row, oldest first. Nothing else is done before.
    pub(super) async fn recover(
        &mut self,
        graph: &Graph,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<(), EngineError> {
        if self.journal.is_empty() {
            return Ok(());
        }
        self.begin_run(RunKind::State).await?;
        // They stay with the session until all are settled: an error may quote what stands in them alone.
        for (number, entry) in (0..).zip(self.journal.clone()) {
            let (writes, finding) = match self.resolve(graph, &entry).await {
                Ok(resolved) => resolved,
                Err(error) => {
                    self.end_run(crate::state::RunStatus::Failed).await?;
                    return Err(error);
                }
            };
            let before = self.recorded(&entry.resource).map(|row| row.inputs.clone());
            let step = StateStep::of(&entry.resource, "recover", before, &writes);
            let mut recorded = writes.clone();
            recorded.extend(self.recording(number, vec![step]));
            self.commit(recorded).await?;
            apply_to(&mut self.snapshot, writes);
            let (urn, op) = (entry.resource.urn, op_name(entry.op).to_owned());
            self.recovered.push(Recovered { urn: urn.clone(), op: op.clone(), finding: finding.clone() });
            reporter.report(&Event::Recovered { urn, op, finding });
        }
        self.journal.clear();
        self.end_run(crate::state::RunStatus::Succeeded).await
    }

    async fn resolve(
        &self,
        graph: &Graph,
        entry: &JournalRecord,
    ) -> Result<(Vec<Write>, String), EngineError> {
        let row = &entry.resource;
        if entry.op == JournalOp::Hook {
            let finding =
                "it may have run in part; it runs again, if its step is still to be done or it is owed";
            return Ok((vec![Write::End { key: entry.key }], finding.into()));
        }
        let Some(driver) = graph.driver_for(&row.provider, &row.type_token) else {
            return Err(EngineError::NoDriver { urn: row.urn.clone(), provider: row.provider.clone() });
        };
        let end = Write::End { key: entry.key };
        if driver.spec().local {
            return Ok((vec![end], "it lives in the state alone; nothing was recorded".into()));
        }
        let failed = |error: Error| EngineError::Resource { urn: row.urn.clone(), error };
        let mut secrets = Vec::new();
        row.secret_texts(&mut secrets);
        let cx = self.read_context_with(&row.provider, &row.urn, &row.token, secrets).map_err(failed)?;
        let now = self.engine.clock.now_ms();
        match entry.op {
            JournalOp::Create => {
                let found =
                    look_for(&*driver, &cx, entry.id.as_deref(), &row.inputs).await.map_err(failed)?;
                match found {
                    Found::One(observation) => {
                        let mut finding = format!("it exists as {} and is adopted", observation.id);
                        let mut adopted = observed_row(&*driver, row.clone(), *observation, now);
                        let untold = untold(driver.spec(), &adopted.outputs);
                        if !untold.is_empty() {
                            // Nothing can be made of it: the next plan makes another one in its place.
                            adopted.status = Status::Incomplete;
                            finding.push_str(&format!("; `{}` was in the lost answer", untold.join("`, `")));
                        }
                        let mut writes = retire(&self.snapshot, &adopted);
                        writes.extend([Write::Put(Box::new(adopted)), end]);
                        Ok((writes, finding))
                    }
                    Found::Nothing => Ok((vec![end], "it does not exist; it will be created again".into())),
                    Found::Uncertain(candidates) => {
                        Err(EngineError::Uncertain { urn: row.urn.clone(), candidates })
                    }
                }
            }
            JournalOp::Update | JournalOp::Delete | JournalOp::Hook => {
                let id = entry.id.as_deref().unwrap_or(&row.id);
                let recorded = self.recorded(row);
                let Some(recorded) = recorded else {
                    return Ok((vec![end], "it is no longer recorded".into()));
                };
                match within(READ_TIMEOUT, driver.read(&cx, id)).await.map_err(failed)? {
                    Some(observation) => {
                        let mut kept = observed_row(&*driver, (*recorded).clone(), observation, now);
                        needs_also(&mut kept, &row.dependencies);
                        kept.hooks = row.hooks.clone();
                        Ok((
                            vec![Write::Put(Box::new(kept)), end],
                            "it exists; its values were read again".into(),
                        ))
                    }
                    None if entry.op == JournalOp::Delete => Ok((vec![ended(row), end], "it is gone".into())),
                    None => {
                        let mut gone = (*recorded).clone();
                        (gone.missing, gone.refreshed_at) = (true, now);
                        Ok((
                            vec![Write::Put(Box::new(gone)), end],
                            "it is gone; it will be created again".into(),
                        ))
                    }
                }
            }
        }
    }

    /// The row as it stands in the state, whatever the journal says.
    fn recorded(&self, row: &ResourceRecord) -> Option<Arc<ResourceRecord>> {
        let live = self.snapshot.resources.values().chain(&self.snapshot.pending_deletes);
        live.into_iter().find(|other| other.token == row.token).cloned()
    }
}

/// Looks for what a create left behind: by its id if that was recorded, else by its marker.
pub(super) async fn look_for(
    driver: &dyn Driver,
    cx: &Context,
    checkpoint: Option<&str>,
    inputs: &Value,
) -> Result<Found, Error> {
    if let Some(id) = checkpoint {
        let read = within(READ_TIMEOUT, driver.read(cx, id)).await?;
        return Ok(read.map_or(Found::Nothing, |observation| Found::One(Box::new(observation))));
    }
    let mut candidates = within(READ_TIMEOUT, driver.find(cx, inputs)).await?;
    match (candidates.len(), driver.spec().recovery) {
        (0, _) => Ok(Found::Nothing),
        (1, recovery) if recovery != Recovery::Uncertain => {
            let id = candidates.remove(0);
            match within(READ_TIMEOUT, driver.read(cx, &id)).await? {
                Some(observation) => Ok(Found::One(Box::new(observation))),
                None => Ok(Found::Nothing),
            }
        }
        _ => Ok(Found::Uncertain(candidates)),
    }
}

/// `seen` with the outputs that only a creation tells as `recorded`, where the cloud does not say them.
pub(super) fn kept(spec: &TypeSpec, recorded: &Value, seen: Value) -> Value {
    untold(spec, &seen).into_iter().fold(seen, |seen, name| match recorded.get(name) {
        Value::Null => seen,
        value => seen.with(name, value.clone()),
    })
}

/// The outputs that only a creation tells and that nobody knows: its answer was lost.
pub(super) fn untold(spec: &TypeSpec, outputs: &Value) -> Vec<&'static str> {
    let once = spec.outputs.iter().filter(|field| field.write_only);
    once.map(|field| field.name).filter(|name| *outputs.get(name) == Value::Null).collect()
}

/// `row` with what the cloud has: outputs, id, and the inputs where they differ.
pub(super) fn observed_row(
    driver: &dyn Driver,
    mut row: ResourceRecord,
    observation: Observation,
    now: i64,
) -> ResourceRecord {
    let merged = merge_observed(driver.spec(), &row.inputs, &observation.inputs);
    row.observed = worth_keeping(driver.spec(), &row.inputs, &merged).then_some(merged);
    row.id = observation.id;
    row.outputs = kept(driver.spec(), &row.outputs, observation.outputs);
    row.missing = false;
    row.refreshed_at = now;
    row
}

/// A row whose update may or may not have happened needs what it needed before and what it was to
/// need afterwards: neither may be deleted before it.
pub(super) fn needs_also(row: &mut ResourceRecord, urns: &[Urn]) {
    row.dependencies.extend_from_slice(urns);
    row.dependencies.sort_unstable();
    row.dependencies.dedup();
}

/// What becomes of the row that `new` takes the place of: the old half of a replacement waits for
/// its deletion; one that is gone is dropped.
pub(super) fn retire(snapshot: &Snapshot, new: &ResourceRecord) -> Vec<Write> {
    match snapshot.resources.get(&new.urn) {
        Some(old) if old.token != new.token => vec![retired(old)],
        _ => Vec::new(),
    }
}

/// See [`retire`].
pub(super) fn retired(old: &ResourceRecord) -> Write {
    if old.missing {
        return Write::Remove { urn: old.urn.clone(), token: old.token.clone() };
    }
    Write::Put(Box::new(ResourceRecord { status: Status::PendingDelete, ..old.clone() }))
}

/// What becomes of a row whose object is deleted: it goes, unless hooks are still to run.
pub(super) fn ended(row: &ResourceRecord) -> Write {
    let owed: Vec<HookUse> =
        row.hooks.deletion.iter().filter(|used| used.phase == HookPhase::AfterDelete).cloned().collect();
    if owed.is_empty() {
        return Write::Remove { urn: row.urn.clone(), token: row.token.clone() };
    }
    let hooks = RecordedHooks { deletion: Vec::new(), owed };
    Write::Put(Box::new(ResourceRecord { status: Status::Gone, hooks, ..row.clone() }))
}

/// Repeats in memory what was committed.
pub(super) fn apply_to(snapshot: &mut Snapshot, writes: Vec<Write>) {
    for write in writes {
        match write {
            Write::Put(row) => {
                let row = Arc::new(*row);
                snapshot.pending_deletes.retain(|old| old.token != row.token);
                snapshot.gone.retain(|old| old.token != row.token);
                if matches!(row.status, Status::PendingDelete | Status::Gone) {
                    match row.status {
                        Status::Gone => in_order(&mut snapshot.gone, &row),
                        _ => in_order(&mut snapshot.pending_deletes, &row),
                    }
                    if snapshot.resources.get(&row.urn).is_some_and(|live| live.token == row.token) {
                        snapshot.resources.remove(&row.urn);
                    }
                } else {
                    snapshot.resources.insert(row.urn.clone(), row);
                }
            }
            Write::Remove { urn, token } => {
                snapshot.pending_deletes.retain(|old| old.token != token);
                snapshot.gone.retain(|old| old.token != token);
                if snapshot.resources.get(&urn).is_some_and(|live| live.token == token) {
                    snapshot.resources.remove(&urn);
                }
            }
            Write::Checked(check) => snapshot.note_checks(&[check]),
            Write::Seen { urn, token, at } => {
                if let Some(row) = snapshot.resources.get_mut(&urn).filter(|row| row.token == token) {
                    Arc::make_mut(row).refreshed_at = at;
                }
            }
            Write::Exports(exports) => {
                snapshot.exports = exports.into_iter().map(|export| (export.name, export.value)).collect();
            }
            _ => {}
        }
    }
}

/// Puts a row where a load would find it, so that the same state gives the same plan.
fn in_order(rows: &mut Vec<Arc<ResourceRecord>>, row: &Arc<ResourceRecord>) {
    let key = |row: &Arc<ResourceRecord>| (row.urn.clone(), row.token.clone());
    let at = rows.partition_point(|other| key(other) < key(row));
    rows.insert(at, Arc::clone(row));
}

fn op_name(op: JournalOp) -> &'static str {
    match op {
        JournalOp::Create => "create",
        JournalOp::Update => "update",
        JournalOp::Delete => "delete",
        JournalOp::Hook => "hook",
    }
}

/// Whether an error leaves open what became of the object, so that its journal row must stay.
pub(super) fn leaves_open(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Ambiguous
            | ErrorKind::Timeout
            | ErrorKind::Unavailable
            | ErrorKind::RateLimited
            | ErrorKind::Unauthenticated
            | ErrorKind::PermissionDenied
    )
}
