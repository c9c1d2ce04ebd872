//! Rows read back. Each function is one pass over one index, in one snapshot of the file.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::text::{Urns, count, integer, parse, parse_urn, recorded_hooks};
use super::trouble::Trouble;
use crate::state::record::{
    CheckRecord, ExportRecord, JournalKey, JournalRecord, ResourceRecord, RunRecord, Sealed, StackId,
    StateRecord, StepRecord,
};

/// A stack's row.
pub(super) struct Stack {
    pub(super) id: i64,
    serial: i64,
    pub(super) key_envelope: Option<String>,
}

pub(super) fn stack(connection: &Connection, stack: &StackId) -> Result<Option<Stack>, Trouble> {
    let found = connection
        .prepare_cached("SELECT stack_id, serial, key_envelope FROM stack WHERE project = ?1 AND name = ?2")?
        .query_row(params![stack.project, stack.stack], |row| {
            Ok(Stack { id: row.get(0)?, serial: row.get(1)?, key_envelope: row.get(2)? })
        })
        .optional()?;
    Ok(found)
}

pub(super) fn load(connection: &Connection, name: &StackId) -> Result<StateRecord<Sealed>, Trouble> {
    let snapshot = connection.unchecked_transaction()?;
    let Some(stack) = stack(&snapshot, name)? else { return Ok(StateRecord::default()) };
    let last_run: i64 = snapshot
        .prepare_cached("SELECT coalesce(max(run), 0) FROM run WHERE stack_id = ?1")?
        .query_row([stack.id], |row| row.get(0))?;
    Ok(StateRecord {
        serial: count(stack.serial)?,
        last_run: count(last_run)?,
        key_envelope: stack.key_envelope,
        resources: resources(&snapshot, stack.id)?,
        journal: journal(&snapshot, stack.id)?,
        exports: export_rows(&snapshot, stack.id)?,
        checks: checks(&snapshot, stack.id)?,
    })
}

pub(super) fn stacks(connection: &Connection) -> Result<Vec<StackId>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT project, name FROM stack
         WHERE serial > 0 OR key_envelope IS NOT NULL
               OR EXISTS (SELECT 1 FROM run WHERE run.stack_id = stack.stack_id)
         ORDER BY project, name",
    )?;
    let found = statement.query_map([], |row| Ok(StackId { project: row.get(0)?, stack: row.get(1)? }))?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn exports(
    connection: &Connection,
    name: &StackId,
) -> Result<(Option<String>, Vec<ExportRecord<Sealed>>), Trouble> {
    let snapshot = connection.unchecked_transaction()?;
    let Some(stack) = stack(&snapshot, name)? else { return Ok((None, Vec::new())) };
    Ok((stack.key_envelope, export_rows(&snapshot, stack.id)?))
}

fn resources(connection: &Connection, stack_id: i64) -> Result<Vec<ResourceRecord<Sealed>>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT urn, token, type_token, provider, account, id, status, inputs, outputs, observed, missing,
                triggers, dependencies, protect, retain, generation, refreshed_at, modified_at, hooks
         FROM resource WHERE stack_id = ?1 ORDER BY urn, token",
    )?;
    let mut rows = statement.query([stack_id])?;
    let mut found = Vec::new();
    let mut known = Urns::default();
    while let Some(row) = rows.next()? {
        found.push(resource(row, &mut known)?);
    }
    Ok(found)
}

/// The columns that the resource and the journal table share, from the first one on.
pub(super) fn resource(row: &Row<'_>, known: &mut Urns) -> Result<ResourceRecord<Sealed>, Trouble> {
    let text = |column| row.get_ref(column)?.as_str().map_err(|error| Trouble::Sql(error.into()));
    let urn = parse_urn(text(0)?)?;
    let sealed = |column| Ok::<_, Trouble>(Sealed::from_stored(row.get(column)?));
    Ok(ResourceRecord {
        token: row.get(1)?,
        type_token: row.get(2)?,
        provider: row.get(3)?,
        account: row.get(4)?,
        id: row.get(5)?,
        status: parse(text(6)?, "status")?,
        inputs: sealed(7)?,
        outputs: sealed(8)?,
        observed: row.get::<_, Option<String>>(9)?.map(Sealed::from_stored),
        missing: row.get(10)?,
        triggers: sealed(11)?,
        dependencies: known.parse(text(12)?)?,
        protect: row.get(13)?,
        retain: row.get(14)?,
        generation: row.get(15)?,
        refreshed_at: row.get(16)?,
        modified_at: row.get(17)?,
        hooks: recorded_hooks(row.get_ref(18)?)?,
        urn,
    })
}

fn journal(connection: &Connection, stack_id: i64) -> Result<Vec<JournalRecord<Sealed>>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT urn, token, type_token, provider, account, id, status, inputs, outputs, observed, missing,
                triggers, dependencies, protect, retain, generation, refreshed_at, modified_at,
                hooks, run, step, op, checkpoint_id, begun_at
         FROM journal WHERE stack_id = ?1 ORDER BY run, step",
    )?;
    let mut rows = statement.query([stack_id])?;
    let mut found = Vec::new();
    let mut known = Urns::default();
    while let Some(row) = rows.next()? {
        found.push(JournalRecord {
            resource: resource(row, &mut known)?,
            key: JournalKey { run: count(row.get(19)?)?, step: row.get(20)? },
            op: parse(&row.get::<_, String>(21)?, "op")?,
            id: row.get(22)?,
            begun_at: row.get(23)?,
        });
    }
    Ok(found)
}

fn export_rows(connection: &Connection, stack_id: i64) -> Result<Vec<ExportRecord<Sealed>>, Trouble> {
    let mut statement =
        connection.prepare_cached("SELECT name, value FROM export WHERE stack_id = ?1 ORDER BY name")?;
    let found = statement.query_map([stack_id], |row| {
        Ok(ExportRecord { name: row.get(0)?, value: Sealed::from_stored(row.get(1)?) })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn checks(connection: &Connection, stack_id: i64) -> Result<Vec<CheckRecord>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT provider, type_token, at FROM checked WHERE stack_id = ?1 ORDER BY provider, type_token",
    )?;
    let found = statement.query_map([stack_id], |row| {
        Ok(CheckRecord { provider: row.get(0)?, type_token: row.get(1)?, at: row.get(2)? })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

pub(super) fn runs(connection: &Connection, name: &StackId, limit: u32) -> Result<Vec<RunRecord>, Trouble> {
    let Some(stack) = stack(connection, name)? else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(
        "SELECT run, kind, status, started_at, ended_at, holder, rollback_to FROM run
         WHERE stack_id = ?1 ORDER BY run DESC LIMIT ?2",
    )?;
    let mut rows = statement.query(params![stack.id, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(run(row)?);
    }
    Ok(found)
}

/// The columns of a run, from the first one on.
pub(super) fn run(row: &Row<'_>) -> Result<RunRecord, Trouble> {
    Ok(RunRecord {
        run: count(row.get(0)?)?,
        kind: parse(&row.get::<_, String>(1)?, "kind")?,
        status: parse(&row.get::<_, String>(2)?, "status")?,
        started_at: row.get(3)?,
        ended_at: row.get(4)?,
        holder: row.get(5)?,
        rollback_to: row.get::<_, Option<i64>>(6)?.map(count).transpose()?,
    })
}

pub(super) fn steps(
    connection: &Connection,
    name: &StackId,
    run: u64,
) -> Result<Vec<StepRecord<Sealed>>, Trouble> {
    let Some(stack) = stack(connection, name)? else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached(
        "SELECT step, urn, op, started_at, ended_at, error_kind, error, inputs_before, inputs_after FROM step
         WHERE stack_id = ?1 AND run = ?2 ORDER BY step",
    )?;
    let mut rows = statement.query(params![stack.id, integer(run)?])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let error = match (row.get::<_, Option<String>>(5)?, row.get(6)?) {
            (Some(kind), Some(text)) => Some((parse(&kind, "error_kind")?, text)),
            _ => None,
        };
        found.push(StepRecord {
            key: JournalKey { run, step: row.get(0)? },
            urn: parse_urn(&row.get::<_, String>(1)?)?,
            op: row.get(2)?,
            started_at: row.get(3)?,
            ended_at: row.get(4)?,
            error,
            before: row.get::<_, Option<String>>(7)?.map(Sealed::from_stored),
            after: row.get::<_, Option<String>>(8)?.map(Sealed::from_stored),
        });
    }
    Ok(found)
}
