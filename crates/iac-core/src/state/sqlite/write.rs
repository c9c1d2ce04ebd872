//! A commit: changes to rows, in the writer's transaction. Knows nothing of grouping.

use rusqlite::{Connection, Statement, params};

use super::lease::fence;
use super::past;
use super::reseal::reseal;
use super::text::{count, hooks, integer, journal_op, run_kind, run_status, status, urns};
use super::trace;
use super::trouble::Trouble;
use super::{compact, duration};
use crate::state::backend::Lease;
use crate::state::record::{
    CheckRecord, ExportRecord, JournalKey, JournalRecord, ResourceRecord, RunRecord, RunStatus, Sealed,
    StackId, StepRecord, TimestampMs, Write,
};
use crate::urn::Urn;

/// Applies all of `writes` under `lease` and answers the serial.
pub(super) fn commit(
    connection: &Connection,
    lease: &Lease,
    writes: &[Write<Sealed>],
) -> Result<u64, Trouble> {
    let fenced = fence(connection, lease)?;
    let stack = Stack { connection, id: fenced.stack_id, name: &lease.stack };
    for write in writes {
        stack.apply(write)?;
    }
    // Counted here, because RETURNING costs a temporary table; nobody else writes meanwhile.
    let mut serial = fenced.serial;
    if writes.iter().any(Write::counts) {
        serial += 1;
        connection
            .prepare_cached("UPDATE stack SET serial = ?2 WHERE stack_id = ?1")?
            .execute([stack.id, serial])?;
    }
    count(serial)
}

pub(super) struct Stack<'a> {
    pub(super) connection: &'a Connection,
    pub(super) id: i64,
    pub(super) name: &'a StackId,
}

impl Stack<'_> {
    fn apply(&self, write: &Write<Sealed>) -> Result<(), Trouble> {
        match write {
            Write::Begin(row) => self.begin(row),
            Write::Checkpoint { key, id } => self.checkpoint(*key, id),
            Write::End { key } => self.end(*key),
            Write::Put(row) => self.put(row),
            Write::Remove { urn, token } => self.remove(urn, token),
            Write::Checked(check) => self.checked(check),
            Write::Seen { urn, token, at } => self.seen(urn, token, *at),
            Write::Exports(rows) => self.exports(rows),
            Write::RunBegin(run) => self.run_begin(run),
            Write::RunEnd { run, status, at } => self.run_end(*run, *status, *at),
            Write::Step(row) => self.step(row),
            Write::KeyEnvelope(envelope) => self.key_envelope(envelope),
            Write::Reseal { cell, value } => reseal(self, cell, value),
            Write::Remember { run, urn, token, renamed_from } => {
                past::remember(self.connection, self.id, *run, (urn, token), renamed_from.as_ref())
            }
            Write::RememberExports { run } => past::remember_exports(self.connection, self.id, *run),
            Write::Outline { run, after } => trace::outline(self.connection, self.id, self.name, *run, after),
            Write::Trace { run, events } => trace::events(self.connection, self.id, self.name, *run, events),
            Write::Took { run, urn, op, ms } => {
                duration::took(self.connection, self.id, *run, (urn, op), *ms)
            }
            Write::Prune { before } => {
                past::prune(self.connection, self.id, self.name, *before)?;
                duration::prune(self.connection, self.id, *before)
            }
        }
    }

    fn conflict(&self, reason: String) -> Trouble {
        Trouble::Conflict(self.name.clone(), reason)
    }

    fn begin(&self, row: &JournalRecord<Sealed>) -> Result<(), Trouble> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO journal (
                 stack_id, urn, token, type_token, provider, account, id, status, inputs, outputs, observed,
                 missing, triggers, dependencies, protect, retain, generation, refreshed_at, modified_at,
                 hooks, run, step, op, checkpoint_id, begun_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                     ?20, ?21, ?22, ?23, ?24, ?25)",
        )?;
        self.bind(&mut statement, &row.resource)?;
        statement.raw_bind_parameter(21, integer(row.key.run)?)?;
        statement.raw_bind_parameter(22, row.key.step)?;
        statement.raw_bind_parameter(23, journal_op(row.op))?;
        statement.raw_bind_parameter(24, row.id.as_deref())?;
        statement.raw_bind_parameter(25, row.begun_at)?;
        let JournalKey { run, step } = row.key;
        statement.raw_execute().map_err(|error| {
            Trouble::of_change(error, self.name, || format!("the begin of step {step} of run {run}"))
        })?;
        Ok(())
    }

    fn checkpoint(&self, key: JournalKey, id: &str) -> Result<(), Trouble> {
        let changed = self
            .connection
            .prepare_cached(
                "UPDATE journal SET checkpoint_id = ?4 WHERE stack_id = ?1 AND run = ?2 AND step = ?3",
            )?
            .execute(params![self.id, integer(key.run)?, key.step, id])?;
        self.expect_open(changed, key)
    }

    fn end(&self, key: JournalKey) -> Result<(), Trouble> {
        let changed = self
            .connection
            .prepare_cached("DELETE FROM journal WHERE stack_id = ?1 AND run = ?2 AND step = ?3")?
            .execute(params![self.id, integer(key.run)?, key.step])?;
        self.expect_open(changed, key)
    }

    fn expect_open(&self, changed: usize, key: JournalKey) -> Result<(), Trouble> {
        if changed == 1 {
            return Ok(());
        }
        Err(self.conflict(format!("step {} of run {} is not open", key.step, key.run)))
    }

    fn put(&self, row: &ResourceRecord<Sealed>) -> Result<(), Trouble> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO resource (
                 stack_id, urn, token, type_token, provider, account, id, status, inputs, outputs, observed,
                 missing, triggers, dependencies, protect, retain, generation, refreshed_at, modified_at,
                 hooks)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                     ?20)
             ON CONFLICT (stack_id, urn, token) DO UPDATE SET
                 type_token = excluded.type_token, provider = excluded.provider, account = excluded.account,
                 id = excluded.id, status = excluded.status, inputs = excluded.inputs,
                 outputs = excluded.outputs, observed = excluded.observed, missing = excluded.missing,
                 triggers = excluded.triggers, dependencies = excluded.dependencies,
                 protect = excluded.protect, retain = excluded.retain, generation = excluded.generation,
                 refreshed_at = excluded.refreshed_at, modified_at = excluded.modified_at,
                 hooks = excluded.hooks",
        )?;
        self.bind(&mut statement, row)?;
        statement
            .raw_execute()
            .map_err(|error| Trouble::of_change(error, self.name, || format!("the row of {}", row.urn)))?;
        Ok(())
    }

    /// Binds the stack and the columns that the resource and the journal table share: 1 to 20.
    fn bind(&self, statement: &mut Statement<'_>, row: &ResourceRecord<Sealed>) -> rusqlite::Result<()> {
        statement.raw_bind_parameter(1, self.id)?;
        statement.raw_bind_parameter(2, row.urn.as_str())?;
        statement.raw_bind_parameter(3, &row.token)?;
        statement.raw_bind_parameter(4, &row.type_token)?;
        statement.raw_bind_parameter(5, &row.provider)?;
        statement.raw_bind_parameter(6, &row.account)?;
        statement.raw_bind_parameter(7, &row.id)?;
        statement.raw_bind_parameter(8, status(row.status))?;
        statement.raw_bind_parameter(9, row.inputs.as_str())?;
        statement.raw_bind_parameter(10, row.outputs.as_str())?;
        statement.raw_bind_parameter(11, row.observed.as_ref().map(Sealed::as_str))?;
        statement.raw_bind_parameter(12, row.missing)?;
        statement.raw_bind_parameter(13, row.triggers.as_str())?;
        statement.raw_bind_parameter(14, urns(&row.dependencies))?;
        statement.raw_bind_parameter(15, row.protect)?;
        statement.raw_bind_parameter(16, row.retain)?;
        statement.raw_bind_parameter(17, row.generation)?;
        statement.raw_bind_parameter(18, row.refreshed_at)?;
        statement.raw_bind_parameter(19, row.modified_at)?;
        statement.raw_bind_parameter(20, hooks(&row.hooks))
    }

    fn remove(&self, urn: &Urn, token: &str) -> Result<(), Trouble> {
        self.connection
            .prepare_cached("DELETE FROM resource WHERE stack_id = ?1 AND urn = ?2 AND token = ?3")?
            .execute(params![self.id, urn.as_str(), token])?;
        Ok(())
    }

    fn checked(&self, check: &CheckRecord) -> Result<(), Trouble> {
        self.connection
            .prepare_cached(
                "INSERT INTO checked (stack_id, provider, type_token, at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (stack_id, provider, type_token) DO UPDATE SET at = excluded.at",
            )?
            .execute(params![self.id, check.provider, check.type_token, check.at])?;
        Ok(())
    }

    fn seen(&self, urn: &Urn, token: &str, at: TimestampMs) -> Result<(), Trouble> {
        self.connection
            .prepare_cached(
                "UPDATE resource SET refreshed_at = ?4 WHERE stack_id = ?1 AND urn = ?2 AND token = ?3",
            )?
            .execute(params![self.id, urn.as_str(), token, at])?;
        Ok(())
    }

    fn exports(&self, rows: &[ExportRecord<Sealed>]) -> Result<(), Trouble> {
        self.connection.prepare_cached("DELETE FROM export WHERE stack_id = ?1")?.execute([self.id])?;
        let mut statement = self
            .connection
            .prepare_cached("INSERT INTO export (stack_id, name, value) VALUES (?1, ?2, ?3)")?;
        for row in rows {
            statement.execute(params![self.id, row.name, row.value.as_str()]).map_err(|error| {
                Trouble::of_change(error, self.name, || format!("the exported output {}", row.name))
            })?;
        }
        Ok(())
    }

    fn run_begin(&self, run: &RunRecord) -> Result<(), Trouble> {
        self.connection
            .prepare_cached(
                "INSERT INTO run (stack_id, run, kind, status, started_at, ended_at, holder, rollback_to)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                self.id,
                integer(run.run)?,
                run_kind(run.kind),
                run_status(run.status),
                run.started_at,
                run.ended_at,
                run.holder,
                run.rollback_to.map(integer).transpose()?
            ])
            .map_err(|error| {
                Trouble::of_change(error, self.name, || format!("the begin of run {}", run.run))
            })?;
        Ok(())
    }

    fn run_end(&self, run: u64, status: RunStatus, at: TimestampMs) -> Result<(), Trouble> {
        let changed = self
            .connection
            .prepare_cached("UPDATE run SET status = ?3, ended_at = ?4 WHERE stack_id = ?1 AND run = ?2")?
            .execute(params![self.id, integer(run)?, run_status(status), at])?;
        if changed == 1 { Ok(()) } else { Err(self.conflict(format!("run {run} ends and never began"))) }
    }

    fn step(&self, row: &StepRecord<Sealed>) -> Result<(), Trouble> {
        let JournalKey { run, step } = row.key;
        let (kind, error) = match &row.error {
            Some((kind, text)) => (Some(kind.as_str()), Some(text)),
            None => (None, None),
        };
        self.connection
            .prepare_cached(
                "INSERT INTO step (stack_id, run, step, urn, op, started_at, ended_at, error_kind, error,
                                   inputs_before, inputs_after)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                self.id,
                integer(run)?,
                step,
                row.urn.as_str(),
                row.op,
                row.started_at,
                row.ended_at,
                kind,
                error,
                row.before.as_ref().map(Sealed::as_str),
                row.after.as_ref().map(Sealed::as_str)
            ])
            .map_err(|error| {
                Trouble::of_change(error, self.name, || format!("the record of step {step} of run {run}"))
            })?;
        Ok(())
    }

    fn key_envelope(&self, envelope: &str) -> Result<(), Trouble> {
        let replaces: bool = self
            .connection
            .prepare_cached("SELECT key_envelope IS NOT NULL FROM stack WHERE stack_id = ?1")?
            .query_row([self.id], |row| row.get(0))?;
        if replaces {
            // Whoever could open the old envelope shall not find it, nor what its key opened.
            compact::mark(self.connection)?;
        }
        self.connection
            .prepare_cached("UPDATE stack SET key_envelope = ?2 WHERE stack_id = ?1")?
            .execute(params![self.id, envelope])?;
        Ok(())
    }
}
