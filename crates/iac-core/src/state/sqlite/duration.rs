//! How long calls took: written some at a time, read for the steps of a plan. Knows nothing of
//! what is made of it.

use std::collections::HashSet;

use rusqlite::{Connection, Row, params};

use super::read::stack;
use super::text::{count, integer, parse_urn};
use super::trouble::Trouble;
use crate::state::duration::{DURATION_SAMPLE_MAX, DurationQuery, DurationRecord};
use crate::state::record::StackId;
use crate::urn::Urn;

/// So many resources are looked up one by one; more are found in one pass over the type.
const LOOKUPS_MAX: usize = 256;

/// The newest duration comes first, the oldest is dropped.
pub(super) fn took(
    connection: &Connection,
    stack_id: i64,
    run: u64,
    (urn, op): (&Urn, &str),
    ms: u64,
) -> Result<(), Trouble> {
    connection
        .prepare_cached(
            "INSERT INTO duration (stack_id, op, urn, run, ms) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (stack_id, op, urn) DO UPDATE SET
                 run = excluded.run, ms = excluded.ms, ms_2 = ms, ms_3 = ms_2, ms_4 = ms_3, ms_5 = ms_4",
        )?
        .execute(params![stack_id, op, urn.as_str(), integer(run)?, integer(ms)?])?;
    Ok(())
}

/// Drops what belongs to no resource and to no run from `before` on.
pub(super) fn prune(connection: &Connection, stack_id: i64, before: u64) -> Result<(), Trouble> {
    connection
        .prepare_cached(
            "DELETE FROM duration
             WHERE stack_id = ?1 AND run < ?2
                   AND NOT EXISTS (SELECT 1 FROM resource
                                   WHERE resource.stack_id = duration.stack_id AND resource.urn = duration.urn)",
        )?
        .execute([stack_id, integer(before)?])?;
    Ok(())
}

pub(super) fn read(
    connection: &Connection,
    name: &StackId,
    queries: &[DurationQuery],
) -> Result<Vec<DurationRecord>, Trouble> {
    let snapshot = connection.unchecked_transaction()?;
    let Some(stack) = stack(&snapshot, name)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for query in queries {
        let before = found.len();
        if query.urns.len() <= LOOKUPS_MAX {
            one_by_one(&snapshot, stack.id, query, &mut found)?;
            if found.len() - before < query.urns.len() {
                in_one_pass(&snapshot, stack.id, name, query, Wanted::Others, &mut found)?;
            }
        } else {
            in_one_pass(&snapshot, stack.id, name, query, Wanted::All, &mut found)?;
        }
    }
    Ok(found)
}

fn one_by_one(
    connection: &Connection,
    stack_id: i64,
    query: &DurationQuery,
    found: &mut Vec<DurationRecord>,
) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT urn, run, ms, ms_2, ms_3, ms_4, ms_5 FROM duration
         WHERE stack_id = ?1 AND op = ?2 AND urn = ?3",
    )?;
    for urn in &query.urns {
        let mut rows = statement.query(params![stack_id, query.op, urn.as_str()])?;
        if let Some(row) = rows.next()? {
            found.push(record(row, &query.op)?);
        }
    }
    Ok(())
}

/// Which rows of a type are wanted.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    /// A sample of those that the query does not name.
    Others,
    /// Those it names, too.
    All,
}

fn in_one_pass(
    connection: &Connection,
    stack_id: i64,
    name: &StackId,
    query: &DurationQuery,
    wanted: Wanted,
    found: &mut Vec<DurationRecord>,
) -> Result<(), Trouble> {
    let before = found.len();
    let named: HashSet<&str> = query.urns.iter().map(Urn::as_str).collect();
    let (from, to) = query.range(name);
    let mut statement = connection.prepare_cached(
        "SELECT urn, run, ms, ms_2, ms_3, ms_4, ms_5 FROM duration
         WHERE stack_id = ?1 AND op = ?2 AND urn > ?3 AND urn < ?4 ORDER BY urn",
    )?;
    let mut rows = statement.query(params![stack_id, query.op, from, to])?;
    let mut sample = Vec::new();
    while let Some(row) = rows.next()? {
        let urn = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        if named.contains(urn) {
            if wanted == Wanted::All {
                found.push(record(row, &query.op)?);
            }
        } else if sample.len() < DURATION_SAMPLE_MAX {
            sample.push(record(row, &query.op)?);
        } else if wanted == Wanted::Others {
            break;
        }
    }
    if wanted == Wanted::Others || found.len() - before < query.urns.len() {
        found.append(&mut sample);
    }
    Ok(())
}

fn record(row: &Row<'_>, op: &str) -> Result<DurationRecord, Trouble> {
    let mut recent_ms = Vec::new();
    for column in 2..=6 {
        if let Some(ms) = row.get::<_, Option<i64>>(column)? {
            recent_ms.push(count(ms)?);
        }
    }
    Ok(DurationRecord {
        urn: parse_urn(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?,
        op: op.to_owned(),
        run: count(row.get(1)?)?,
        recent_ms,
    })
}
