//! A look at a state file that leaves every byte of it, and of what stands beside it, as it was. Knows
//! nothing of rows.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags};

use super::open::{BUSY_TIMEOUT, check_place};
use super::schema::{Found, MIGRATIONS, identify};
use super::trouble::Trouble;
use crate::state::backend::BackendError;

/// Most findings of SQLite's own check.
const FINDINGS_MAX: u32 = 100;
/// What an SQLite URI gives a meaning of its own.
const IN_URI: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ').add(b'"').add(b'\\');

/// A state file, as [`SqliteBackend::inspect`](super::SqliteBackend::inspect) finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateFile {
    /// Its format; 0 for an empty file.
    pub format: i64,
    /// The newest format that this program reads; an older file is changed to it by the next run.
    pub format_supported: i64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The size in bytes of the `-wal` file beside it: what was committed and is not in the file itself
    /// yet. 0 where there is none.
    pub wal_bytes: u64,
    /// Whether a `-wal` file stands beside it that nobody has open and that was not read: it was copied,
    /// and its `-shm` file was not. The next run takes it in.
    pub wal_left: bool,
    /// Whether this process may write the file.
    pub is_writable: bool,
    /// Whether others than its owner may read it, where the system has such permissions.
    pub is_readable_by_others: bool,
    /// What SQLite's quick check found; empty is good.
    pub damage: Vec<String>,
}

pub(super) fn inspect(path: &Path) -> Result<StateFile, BackendError> {
    let connection = connect(path)?;
    let supported = MIGRATIONS.last().map_or(0, |migration| migration.to);
    let looked = || -> Result<(i64, Vec<String>), Trouble> {
        let format = match identify(&connection, path, supported)? {
            Found::Empty => 0,
            Found::Format(format) => format,
        };
        let mut statement = connection.prepare(&format!("PRAGMA quick_check({FINDINGS_MAX})"))?;
        let found = statement.query_map([], |row| row.get::<_, String>(0))?;
        let found = found.collect::<Result<Vec<_>, _>>()?;
        Ok((format, found.into_iter().filter(|text| text != "ok").collect()))
    };
    let (format, damage) = looked().map_err(|trouble| trouble.at(path, "read"))?;
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    Ok(StateFile {
        format,
        format_supported: supported,
        bytes: length(path),
        wal_bytes: length(&beside(path, "-wal")),
        wal_left: is_left(path),
        // Opening for writing changes nothing; writing would.
        is_writable: std::fs::OpenOptions::new().write(true).open(path).is_ok(),
        is_readable_by_others: is_readable_by_others(path),
        damage,
    })
}

/// A connection that writes nothing. Where somebody may be writing, SQLite's locks keep what is read
/// whole; where nobody has the file open they are left alone, because taking them makes files beside it.
pub(super) fn connect(path: &Path) -> Result<Connection, BackendError> {
    if !path.exists() {
        return Err(BackendError::Unavailable {
            action: "read",
            location: path.display().to_string(),
            reason: "there is no such file".into(),
        });
    }
    check_place(path)?;
    let open = || -> Result<Connection, Trouble> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = if is_shared(path) {
            Connection::open_with_flags(path, flags)?
        } else {
            Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI)?
        };
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(connection)
    };
    open().map_err(|trouble| trouble.at(path, "read"))
}

/// Whether some process has, or had when it died, the file open.
fn is_shared(path: &Path) -> bool {
    beside(path, "-wal").exists() && beside(path, "-shm").exists()
}

fn is_left(path: &Path) -> bool {
    let has_wal = std::fs::metadata(beside(path, "-wal")).is_ok_and(|found| found.len() > 0);
    has_wal && !beside(path, "-shm").exists()
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn immutable(path: &Path) -> String {
    format!("file:{}?immutable=1", utf8_percent_encode(&path.to_string_lossy(), IN_URI))
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    /// Reading by the group and by everybody.
    const OTHERS: u32 = 0o044;
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & OTHERS != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Backend as _, SqliteBackend, StackId};

    /// Every file of a directory with its bytes.
    fn everything(directory: &Path) -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
        let mut found: Vec<_> = entries
            .map(|entry| {
                (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap())
            })
            .collect();
        found.sort();
        found
    }

    #[tokio::test]
    async fn a_look_changes_nothing_and_makes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a state?#%20.sqlite");
        drop(SqliteBackend::open(&path).unwrap());
        let before = everything(directory.path());
        assert_eq!(before.len(), 1);
        let found = inspect(&path).unwrap();
        assert_eq!((found.format, found.wal_bytes, found.wal_left), (found.format_supported, 0, false));
        assert!(found.is_writable && !found.is_readable_by_others && found.damage.is_empty(), "{found:?}");
        assert_eq!(found.bytes, before[0].1.len() as u64);
        let backend = SqliteBackend::open_read_only(&path).unwrap();
        assert!(backend.check().await.unwrap().is_empty());
        assert_eq!(backend.load(&StackId::new("shop", "dev")).await.unwrap().serial, 0);
        let holder = crate::state::Holder { id: "a".into(), name: "a".into(), host: "h".into(), pid: 1 };
        let refused = backend.acquire(&StackId::new("shop", "dev"), &holder, 0, 1000).await;
        assert!(refused.is_err(), "{refused:?}");
        drop(backend);
        assert_eq!(everything(directory.path()), before);
    }

    #[tokio::test]
    async fn it_sees_what_a_writer_that_is_at_work_has_committed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.sqlite");
        let backend = SqliteBackend::open(&path).unwrap();
        let holder = crate::state::Holder { id: "a".into(), name: "ann".into(), host: "h".into(), pid: 1 };
        let stack = StackId::new("shop", "dev");
        backend.acquire(&stack, &holder, 0, 1000).await.unwrap();
        let found = inspect(&path).unwrap();
        assert!(found.wal_bytes > 0 && !found.wal_left, "{found:?}");
        let look = SqliteBackend::open_read_only(&path).unwrap();
        let held = look.lease(&stack).await.unwrap().unwrap();
        assert_eq!(held.holder.name, "ann");
    }

    #[test]
    fn what_is_no_state_file_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.sqlite");
        let text = |path: &Path| inspect(path).unwrap_err().to_string();
        assert!(text(&path).contains("there is no such file"), "{}", text(&path));
        assert!(!path.exists());
        std::fs::write(&path, vec![b'x'; 4096]).unwrap();
        assert!(text(&path).contains("is not a state file"), "{}", text(&path));
        assert!(text(directory.path()).contains("it is a directory"), "{}", text(directory.path()));
        let newer = directory.path().join("newer.sqlite");
        drop(SqliteBackend::open(&newer).unwrap());
        let connection = Connection::open(&newer).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        drop(connection);
        assert!(matches!(inspect(&newer), Err(BackendError::Newer { found: 99, .. })));
    }
}
