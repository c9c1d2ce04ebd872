//! What runs said while they ran. Knows nothing of what the texts mean.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::read::stack;
use super::text::integer;
use super::trouble::Trouble;
use crate::state::record::{StackId, TraceRecord};

/// Begins the trace of a run that has begun.
pub(super) fn outline(
    connection: &Connection,
    stack_id: i64,
    name: &StackId,
    run: u64,
    after: &str,
) -> Result<(), Trouble> {
    connection
        .prepare_cached("INSERT INTO trace (stack_id, run, after) VALUES (?1, ?2, ?3)")?
        .execute(params![stack_id, integer(run)?, after])
        .map_err(|error| Trouble::of_change(error, name, || format!("the outline of run {run}")))?;
    Ok(())
}

/// Adds the events to it.
pub(super) fn events(
    connection: &Connection,
    stack_id: i64,
    name: &StackId,
    run: u64,
    events: &str,
) -> Result<(), Trouble> {
    let changed = connection
        .prepare_cached("UPDATE trace SET events = ?3 WHERE stack_id = ?1 AND run = ?2")?
        .execute(params![stack_id, integer(run)?, events])?;
    if changed == 1 {
        return Ok(());
    }
    Err(Trouble::Conflict(name.clone(), format!("the events of run {run} come before its outline")))
}

/// The trace of a run; empty where there is none.
pub(super) fn read(connection: &Connection, name: &StackId, run: u64) -> Result<TraceRecord, Trouble> {
    let Some(stack) = stack(connection, name)? else { return Ok(TraceRecord::default()) };
    let found = connection
        .prepare_cached("SELECT after, events FROM trace WHERE stack_id = ?1 AND run = ?2")?
        .query_row(params![stack.id, integer(run)?], |row| {
            Ok(TraceRecord { after: row.get(0)?, events: row.get(1)? })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::sqlite::check::check;
    use crate::state::sqlite::schema::{MIGRATIONS, backups, prepare};

    /// A file as the first format wrote it, with rows of every kind.
    const OLDER: &str = include_str!("../../../tests/state_backend/format_1.sql");

    #[test]
    fn a_file_of_the_format_before_keeps_its_runs_and_has_no_traces() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.db");
        let mut connection = Connection::open(&path).unwrap();
        connection.execute_batch(OLDER).unwrap();
        prepare(&mut connection, &path, &MIGRATIONS[..2]).unwrap();
        let (stack_id, project, name, run): (i64, String, String, i64) = connection
            .query_row(
                "SELECT stack_id, project, name, run FROM run JOIN stack USING (stack_id) ORDER BY run LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .unwrap();
        let runs = |connection: &Connection| -> i64 {
            connection.query_row("SELECT count(*) FROM run", [], |row| row.get(0)).unwrap()
        };
        let before = runs(&connection);
        prepare(&mut connection, &path, MIGRATIONS).unwrap();
        assert_eq!(runs(&connection), before);
        assert!(backups(&path).iter().any(|path| path.to_string_lossy().contains(".format-2.")));

        let (name, run) = (StackId::new(project, name), u64::try_from(run).unwrap());
        assert_eq!(read(&connection, &name, run).unwrap(), TraceRecord::default());
        outline(&connection, stack_id, &name, run, "[]").unwrap();
        events(&connection, stack_id, &name, run, "[]").unwrap();
        assert_eq!(read(&connection, &name, run).unwrap().events.as_deref(), Some("[]"));
        assert_eq!(check(&connection).unwrap(), Vec::<String>::new());
    }
}
