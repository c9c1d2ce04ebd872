//! From a path to connections: what stands in the way, in the words of whoever must clear it.
//! Knows nothing of rows.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::compact;
use super::schema::{MIGRATIONS, create_private, prepare};
use super::trouble::Trouble;
use crate::state::backend::BackendError;

/// How long to wait for another process's write.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Prepared statements kept by each connection: more than there are different ones.
const STATEMENTS_MAX: usize = 64;

/// Page cache of each connection, in KiB.
const CACHE_KIB: i64 = 16 * 1024;

/// What the -wal file may keep of its size after a checkpoint, in bytes.
const WAL_SIZE_MAX: i64 = 16 * 1024 * 1024;

/// Attempts to switch a new file to WAL while another process does the same.
const WAL_ATTEMPTS_MAX: u32 = 100;
const WAL_RETRY: Duration = Duration::from_millis(20);

/// The smallest page of an SQLite file, and so the smallest file that is not empty.
const FILE_LENGTH_MIN: u64 = 512;

/// One connection to write and one to read.
pub(super) struct Connections {
    pub(super) write: Connection,
    pub(super) read: Connection,
}

pub(super) fn open(path: &Path) -> Result<Connections, BackendError> {
    check_place(path)?;
    connect_all(path).map_err(|trouble| trouble.at(path, "open"))
}

/// What SQLite would only call "unable to open".
pub(super) fn check_place(path: &Path) -> Result<(), BackendError> {
    let refuse = |reason: String| {
        Err(BackendError::Unavailable { action: "open", location: path.display().to_string(), reason })
    };
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => return refuse("it is a directory; pass the path of a file".into()),
        Ok(found) if !found.is_file() => {
            return refuse("it is not an ordinary file; pass the path of another".into());
        }
        // SQLite takes a file of a few bytes for an empty one and would write over it.
        Ok(found) if (1..FILE_LENGTH_MIN).contains(&found.len()) => {
            let reason = format!("it has {} bytes and is too short for an SQLite file", found.len());
            return Err(BackendError::NotOurs { location: path.display().to_string(), reason });
        }
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return refuse(format!("{error}; pass a path that this user can reach")),
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !parent.is_dir() {
        let parent = parent.display();
        return refuse(format!("there is no directory {parent}; create it with `mkdir -p {parent}`"));
    }
    match create_private(path) {
        Ok(()) => Ok(()),
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => refuse(format!(
            "it cannot be created: {error}; make the directory writable for this user, or pass another path"
        )),
    }
}

fn connect_all(path: &Path) -> Result<Connections, Trouble> {
    let mut write = connect(path)?;
    // Until the file is known to be ours nothing may change it, not even a checkpoint on close.
    write.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    if write.is_readonly(rusqlite::MAIN_DB)? {
        return Err(Trouble::Told(BackendError::Unavailable {
            action: "open",
            location: path.display().to_string(),
            reason: "the file is not writable for this user; make it writable, or pass another path".into(),
        }));
    }
    prepare(&mut write, path, MIGRATIONS)?;
    write.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    use_wal(&write, path)?;
    configure(&write)?;
    compact::catch_up(&write, path);

    let read = connect(path)?;
    configure(&read)?;
    read.pragma_update(None, "query_only", true)?;
    Ok(Connections { write, read })
}

/// A connection of its own, for work that no transaction may surround.
pub(super) fn connect_alone(path: &Path) -> Result<Connection, Trouble> {
    let connection = connect(path)?;
    configure(&connection)?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Readers do not wait for the writer, and a commit is one flush.
fn use_wal(connection: &Connection, path: &Path) -> Result<(), Trouble> {
    let mut attempt = 1;
    let mode = loop {
        let switched =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match switched {
            // SQLite does not wait for the lock of this one change by itself.
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && attempt < WAL_ATTEMPTS_MAX =>
            {
                attempt += 1;
                std::thread::sleep(WAL_RETRY);
            }
            other => break other?,
        }
    };
    if mode.eq_ignore_ascii_case("wal") {
        return Ok(());
    }
    Err(Trouble::Told(BackendError::Unavailable {
        action: "open",
        location: path.display().to_string(),
        reason: format!(
            "its file system does not support a write-ahead log (journal mode {mode}); put it on a local disk"
        ),
    }))
}

fn configure(connection: &Connection) -> Result<(), Trouble> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Otherwise a statement whose plan may depend on a bound value is compiled anew for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A commit that was answered survives a power cut. The fullfsync pair makes that true on macOS
    // and does nothing elsewhere.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update_and_check(None, "journal_size_limit", WAL_SIZE_MAX, |_| Ok(()))?;
    Ok(())
}
