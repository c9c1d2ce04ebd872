//! Dropping what is left of replaced texts: in free pages, and in the -wal file. Knows nothing of why
//! they were replaced.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::trouble::Trouble;

/// The row that says that it is still to be done: written with the change itself, so that a process
/// that dies in between leaves word.
const KEY: &str = "compaction_due";

/// Notes, in the transaction of the change, that old texts are left.
pub(super) fn mark(connection: &Connection) -> Result<(), Trouble> {
    connection
        .prepare_cached("INSERT INTO meta (key, value) VALUES (?1, 'yes') ON CONFLICT DO NOTHING")?
        .execute([KEY])?;
    Ok(())
}

/// Whether it is still to be done.
pub(super) fn is_due(connection: &Connection) -> Result<bool, Trouble> {
    let found = connection
        .query_row("SELECT 1 FROM meta WHERE key = ?1", [KEY], |row| row.get::<_, i64>(0))
        .optional()?;
    Ok(found.is_some())
}

/// Writes the whole file anew and empties the -wal file. Answers whether it was possible: not while
/// another process reads or writes.
pub(super) fn compact(connection: &Connection) -> Result<bool, Trouble> {
    match connection.execute_batch("VACUUM") {
        Err(error) if is_busy(&error) => return Ok(false),
        done => done?,
    }
    if !checkpoint(connection)? {
        return Ok(false);
    }
    connection.execute("DELETE FROM meta WHERE key = ?1", [KEY])?;
    Ok(true)
}

/// Moves the log into the file and cuts it to nothing.
fn checkpoint(connection: &Connection) -> Result<bool, Trouble> {
    let was_busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    match was_busy {
        Err(error) if is_busy(&error) => Ok(false),
        answer => Ok(answer? == 0),
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};

    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

/// Does what an earlier process left undone, if nobody is in the way. What fails here fails at the
/// next opening as well, or at the next write in its own words.
pub(super) fn catch_up(connection: &Connection, path: &Path) {
    match is_due(connection).and_then(|due| if due { compact(connection) } else { Ok(true) }) {
        Ok(true) => {}
        Ok(false) => tracing::debug!(path = %path.display(), "in use; old texts stay until the next opening"),
        Err(trouble) => tracing::warn!(path = %path.display(), ?trouble, "old texts cannot be dropped"),
    }
}
