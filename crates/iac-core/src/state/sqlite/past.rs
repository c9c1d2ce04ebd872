//! What rows and outputs were after each run: remembered as they change, read for one run, pruned.
//! Knows nothing of what changed them.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::read::{resource, run, stack};
use super::text::{Urns, count, integer, parse_urn};
use super::trouble::Trouble;
use crate::state::record::{ExportRecord, PastRecord, PastRename, RowColumn, Sealed, SealedCell, StackId};
use crate::urn::Urn;

/// The row as it is now, or its absence, becomes what it is after `run`.
pub(super) fn remember(
    connection: &Connection,
    stack_id: i64,
    run: u64,
    (urn, token): (&Urn, &str),
    renamed_from: Option<&Urn>,
) -> Result<(), Trouble> {
    let row = params![stack_id, urn.as_str(), token, integer(run)?];
    let from = renamed_from.map(Urn::as_str);
    connection
        .prepare_cached(
            "UPDATE past_resource SET until_run = ?4
             WHERE stack_id = ?1 AND urn = ?2 AND token = ?3 AND until_run IS NULL AND from_run < ?4",
        )?
        .execute(row)?;
    let copied = connection
        .prepare_cached(
            "INSERT OR REPLACE INTO past_resource (
                 stack_id, urn, token, from_run, type_token, provider, account, id, status, inputs, outputs,
                 observed, missing, triggers, dependencies, protect, retain, generation, refreshed_at,
                 modified_at, hooks, renamed_from)
             SELECT stack_id, urn, token, ?4, type_token, provider, account, id, status, inputs, outputs,
                    observed, missing, triggers, dependencies, protect, retain, generation, refreshed_at,
                    modified_at, hooks, ?5
             FROM resource WHERE stack_id = ?1 AND urn = ?2 AND token = ?3",
        )?
        .execute(params![stack_id, urn.as_str(), token, integer(run)?, from])?;
    if copied == 0 {
        // What comes and goes within one run is there after none.
        connection
            .prepare_cached(
                "DELETE FROM past_resource
                 WHERE stack_id = ?1 AND urn = ?2 AND token = ?3 AND from_run = ?4",
            )?
            .execute(row)?;
    }
    Ok(())
}

/// The exported outputs as they are now become what they are after `run`.
pub(super) fn remember_exports(connection: &Connection, stack_id: i64, run: u64) -> Result<(), Trouble> {
    let of_run = [stack_id, integer(run)?];
    for sql in [
        "DELETE FROM past_export WHERE stack_id = ?1 AND from_run = ?2",
        "UPDATE past_export SET until_run = ?2
         WHERE stack_id = ?1 AND until_run IS NULL
               AND NOT EXISTS (SELECT 1 FROM export
                               WHERE export.stack_id = past_export.stack_id AND export.name = past_export.name
                                     AND export.value = past_export.value)",
        "INSERT INTO past_export (stack_id, name, from_run, value)
         SELECT stack_id, name, ?2, value FROM export
         WHERE stack_id = ?1
               AND NOT EXISTS (SELECT 1 FROM past_export AS past
                               WHERE past.stack_id = export.stack_id AND past.name = export.name
                                     AND past.until_run IS NULL)",
    ] {
        connection.prepare_cached(sql)?.execute(of_run)?;
    }
    Ok(())
}

/// Drops runs before `before`, and what no run from then on had.
pub(super) fn prune(
    connection: &Connection,
    stack_id: i64,
    name: &StackId,
    before: u64,
) -> Result<(), Trouble> {
    let before_run = [stack_id, integer(before)?];
    for sql in [
        "DELETE FROM step WHERE stack_id = ?1 AND run < ?2",
        "DELETE FROM trace WHERE stack_id = ?1 AND run < ?2",
        "DELETE FROM run WHERE stack_id = ?1 AND run < ?2",
        "DELETE FROM past_resource WHERE stack_id = ?1 AND until_run <= ?2",
        "DELETE FROM past_export WHERE stack_id = ?1 AND until_run <= ?2",
    ] {
        connection.prepare_cached(sql)?.execute(before_run).map_err(|error| {
            match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::ConstraintViolation) => {
                    Trouble::Conflict(name.clone(), format!("a run before {before} has an open call"))
                }
                _ => error.into(),
            }
        })?;
    }
    Ok(())
}

/// Every value of the past, and where it stands.
pub(super) fn values(connection: &Connection, name: &StackId) -> Result<Vec<(SealedCell, Sealed)>, Trouble> {
    let snapshot = connection.unchecked_transaction()?;
    let Some(stack) = stack(&snapshot, name)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut statement = snapshot.prepare_cached(
        "SELECT urn, token, from_run, inputs, outputs, observed, triggers FROM past_resource
         WHERE stack_id = ?1 ORDER BY urn, token, from_run",
    )?;
    let mut rows = statement.query([stack.id])?;
    while let Some(row) = rows.next()? {
        let urn = parse_urn(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        let (token, from_run): (String, _) = (row.get(1)?, count(row.get(2)?)?);
        for (at, column) in (3..).zip(RowColumn::ALL) {
            if let Some(text) = row.get::<_, Option<String>>(at)? {
                let (urn, token) = (urn.clone(), token.clone());
                let cell = SealedCell::PastResource { urn, token, from_run, column };
                found.push((cell, Sealed::from_stored(text)));
            }
        }
    }
    let mut statement = snapshot
        .prepare_cached("SELECT name, from_run, value FROM past_export WHERE stack_id = ?1 ORDER BY name")?;
    let mut rows = statement.query([stack.id])?;
    while let Some(row) = rows.next()? {
        let cell = SealedCell::PastExport { name: row.get(0)?, from_run: count(row.get(1)?)? };
        found.push((cell, Sealed::from_stored(row.get(2)?)));
    }
    Ok(found)
}

/// The stack as it was after `number`.
pub(super) fn read(
    connection: &Connection,
    name: &StackId,
    number: u64,
) -> Result<PastRecord<Sealed>, Trouble> {
    let snapshot = connection.unchecked_transaction()?;
    let Some(stack) = stack(&snapshot, name)? else { return Ok(PastRecord::default()) };
    let at = params![stack.id, integer(number)?];
    // A file of format 1 remembered nothing; see v2.sql.
    let (first, last): (i64, i64) = snapshot
        .prepare_cached(
            "SELECT max(coalesce(min(run), 0),
                        coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'past_since_' || ?1), 0)),
                    coalesce(max(run), 0)
             FROM run WHERE stack_id = ?1",
        )?
        .query_row([stack.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let run = snapshot
        .prepare_cached(
            "SELECT run, kind, status, started_at, ended_at, holder, rollback_to FROM run
             WHERE stack_id = ?1 AND run = ?2",
        )?
        .query_row(at, |row| Ok(run(row)))
        .optional()?
        .transpose()?;

    let mut statement = snapshot.prepare_cached(
        "SELECT urn, token, type_token, provider, account, id, status, inputs, outputs, observed, missing,
                triggers, dependencies, protect, retain, generation, refreshed_at, modified_at, hooks
         FROM past_resource
         WHERE stack_id = ?1 AND from_run <= ?2 AND (until_run IS NULL OR until_run > ?2)
         ORDER BY urn, token",
    )?;
    let mut rows = statement.query(at)?;
    let mut resources = Vec::new();
    let mut known = Urns::default();
    while let Some(row) = rows.next()? {
        resources.push(resource(row, &mut known)?);
    }
    let exports = snapshot
        .prepare_cached(
            "SELECT name, value FROM past_export
             WHERE stack_id = ?1 AND from_run <= ?2 AND (until_run IS NULL OR until_run > ?2)
             ORDER BY name",
        )?
        .query_map(at, |row| Ok(ExportRecord { name: row.get(0)?, value: Sealed::from_stored(row.get(1)?) }))?
        .collect::<Result<_, _>>()?;
    let mut statement = snapshot.prepare_cached(
        "SELECT from_run, renamed_from, urn FROM past_resource
         WHERE stack_id = ?1 AND renamed_from IS NOT NULL
         ORDER BY from_run, renamed_from",
    )?;
    let mut rows = statement.query([stack.id])?;
    let mut renames = Vec::new();
    while let Some(row) = rows.next()? {
        let urn = |column| parse_urn(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?);
        renames.push(PastRename { run: count(row.get(0)?)?, from: urn(1)?, to: urn(2)? });
    }
    Ok(PastRecord {
        renames,
        run,
        first_run: count(first)?,
        last_run: count(last)?,
        key_envelope: stack.key_envelope,
        resources,
        exports,
    })
}
