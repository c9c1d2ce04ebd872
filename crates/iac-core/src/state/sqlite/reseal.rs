//! The same value under another key, put into the place of the old text. Knows nothing of keys.

use rusqlite::{ToSql, params};

use super::text::integer;
use super::trouble::Trouble;
use super::write::Stack;
use crate::state::record::{Sealed, SealedCell, StepColumn};

/// Puts `value` where `cell` is; there must be a value already.
pub(super) fn reseal(stack: &Stack<'_>, cell: &SealedCell, value: &Sealed) -> Result<(), Trouble> {
    let (id, text) = (stack.id, value.as_str());
    let changed = match cell {
        SealedCell::Resource { urn, token, column } => {
            let name = column.name();
            update(
                stack,
                &format!(
                    "UPDATE resource SET {name} = ?2
                     WHERE stack_id = ?1 AND urn = ?3 AND token = ?4 AND {name} IS NOT NULL"
                ),
                params![id, text, urn.as_str(), token],
            )?
        }
        SealedCell::Journal { key, column } => {
            let name = column.name();
            update(
                stack,
                &format!(
                    "UPDATE journal SET {name} = ?2
                     WHERE stack_id = ?1 AND run = ?3 AND step = ?4 AND {name} IS NOT NULL"
                ),
                params![id, text, integer(key.run)?, key.step],
            )?
        }
        SealedCell::Export { name } => update(
            stack,
            "UPDATE export SET value = ?2 WHERE stack_id = ?1 AND name = ?3",
            params![id, text, name],
        )?,
        SealedCell::PastResource { urn, token, from_run, column } => {
            let name = column.name();
            update(
                stack,
                &format!(
                    "UPDATE past_resource SET {name} = ?2
                     WHERE stack_id = ?1 AND urn = ?3 AND token = ?4 AND from_run = ?5 AND {name} IS NOT NULL"
                ),
                params![id, text, urn.as_str(), token, integer(*from_run)?],
            )?
        }
        SealedCell::PastExport { name, from_run } => update(
            stack,
            "UPDATE past_export SET value = ?2 WHERE stack_id = ?1 AND name = ?3 AND from_run = ?4",
            params![id, text, name, integer(*from_run)?],
        )?,
        SealedCell::Step { key, column } => {
            let name = match column {
                StepColumn::Before => "inputs_before",
                StepColumn::After => "inputs_after",
            };
            update(
                stack,
                &format!(
                    "UPDATE step SET {name} = ?2
                     WHERE stack_id = ?1 AND run = ?3 AND step = ?4 AND {name} IS NOT NULL"
                ),
                params![id, text, integer(key.run)?, key.step],
            )?
        }
    };
    if changed == 1 {
        return Ok(());
    }
    Err(Trouble::Conflict(stack.name.clone(), format!("there is no value at {cell:?} to seal anew")))
}

fn update(stack: &Stack<'_>, sql: &str, values: &[&dyn ToSql]) -> Result<usize, Trouble> {
    Ok(stack.connection.prepare_cached(sql)?.execute(values)?)
}
