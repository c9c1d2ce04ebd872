//! The lease row of a stack. Every statement runs in the writer's transaction.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::text::{count, integer};
use super::trouble::Trouble;
use crate::state::backend::{BackendError, HeldLease, Holder, Lease, is_held, lease_end};
use crate::state::record::{StackId, TimestampMs};

/// A stack whose lease is the current one.
pub(super) struct Fenced {
    pub(super) stack_id: i64,
    pub(super) serial: i64,
}

/// The stack's row, while `lease` is the current one.
pub(super) fn fence(connection: &Connection, lease: &Lease) -> Result<Fenced, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT stack_id, serial FROM stack JOIN lease USING (stack_id)
         WHERE project = ?1 AND name = ?2 AND epoch = ?3 AND holder_id = ?4",
    )?;
    let stack = &lease.stack;
    statement
        .query_row(params![stack.project, stack.stack, integer(lease.epoch)?, lease.holder.id], |row| {
            Ok(Fenced { stack_id: row.get(0)?, serial: row.get(1)? })
        })
        .optional()?
        .ok_or_else(|| Trouble::Told(BackendError::LeaseLost(stack.clone())))
}

pub(super) fn acquire(
    connection: &Connection,
    stack: &StackId,
    holder: &Holder,
    now: TimestampMs,
    expires_at: TimestampMs,
) -> Result<Lease, Trouble> {
    connection
        .prepare_cached("INSERT INTO stack (project, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![stack.project, stack.stack])
        .map_err(|error| Trouble::of_change(error, stack, || "the stack's name".into()))?;
    let stack_id: i64 = connection
        .prepare_cached("SELECT stack_id FROM stack WHERE project = ?1 AND name = ?2")?
        .query_row(params![stack.project, stack.stack], |row| row.get(0))?;
    let held = connection
        .prepare_cached(
            "SELECT holder_id, holder_name, holder_host, holder_pid, acquired_at, expires_at
             FROM lease WHERE stack_id = ?1 AND holder_id IS NOT NULL",
        )?
        .query_row([stack_id], held)
        .optional()?;
    if let Some(held) = held
        && held.holder.id != holder.id
        && is_held(now, held.expires_at)
    {
        return Err(Trouble::Told(BackendError::Leased { stack: stack.clone(), held: Box::new(held) }));
    }
    let epoch: i64 = connection
        .prepare_cached(
            "INSERT INTO lease (stack_id, epoch, holder_id, holder_name, holder_host, holder_pid, acquired_at,
                                expires_at)
             VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (stack_id) DO UPDATE SET
                 epoch = epoch + 1, holder_id = excluded.holder_id, holder_name = excluded.holder_name,
                 holder_host = excluded.holder_host, holder_pid = excluded.holder_pid,
                 acquired_at = excluded.acquired_at, expires_at = excluded.expires_at
             RETURNING epoch",
        )?
        .query_row(
            params![stack_id, holder.id, holder.name, holder.host, holder.pid, now, lease_end(now, expires_at)],
            |row| row.get(0),
        )?;
    Ok(Lease { stack: stack.clone(), epoch: count(epoch)?, holder: holder.clone() })
}

/// Who holds the lease of `stack`, expired or not.
pub(super) fn current(connection: &Connection, stack: &StackId) -> Result<Option<HeldLease>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT holder_id, holder_name, holder_host, holder_pid, acquired_at, expires_at
         FROM lease JOIN stack USING (stack_id) WHERE project = ?1 AND name = ?2 AND holder_id IS NOT NULL",
    )?;
    Ok(statement.query_row(params![stack.project, stack.stack], held).optional()?)
}

fn held(row: &Row<'_>) -> rusqlite::Result<HeldLease> {
    Ok(HeldLease {
        holder: Holder { id: row.get(0)?, name: row.get(1)?, host: row.get(2)?, pid: row.get(3)? },
        acquired_at: row.get(4)?,
        expires_at: row.get(5)?,
    })
}

pub(super) fn renew(connection: &Connection, lease: &Lease, expires_at: TimestampMs) -> Result<(), Trouble> {
    let stack_id = fence(connection, lease)?.stack_id;
    connection
        .prepare_cached("UPDATE lease SET expires_at = ?2 WHERE stack_id = ?1")?
        .execute(params![stack_id, expires_at])?;
    Ok(())
}

pub(super) fn release(connection: &Connection, lease: &Lease) -> Result<(), Trouble> {
    let stack_id = match fence(connection, lease) {
        Err(Trouble::Told(BackendError::LeaseLost(_))) => return Ok(()),
        other => other?.stack_id,
    };
    connection
        .prepare_cached(
            "UPDATE lease SET holder_id = NULL, holder_name = NULL, holder_host = NULL, holder_pid = NULL,
                              acquired_at = NULL, expires_at = NULL
             WHERE stack_id = ?1",
        )?
        .execute([stack_id])?;
    Ok(())
}
