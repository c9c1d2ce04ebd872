//! The file's format: how a new one is made, how an old one becomes a new one, and how a foreign one
//! is recognised. Knows nothing of rows.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::trouble::Trouble;
use crate::clock::{Clock as _, SystemClock, utc};
use crate::state::backend::BackendError;
use crate::state::record::TimestampMs;

/// SQLite's `application_id`: "IACS".
pub(super) const APPLICATION_ID: i32 = 0x4941_4353;

/// One step from a format to the next.
pub(super) struct Migration {
    /// The format it leads to.
    pub(super) to: i64,
    /// The statements.
    pub(super) sql: &'static str,
}

/// All of them, oldest first. The first makes a new file.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { to: 1, sql: include_str!("v1.sql") },
    Migration { to: 2, sql: include_str!("v2.sql") },
    Migration { to: 3, sql: concat!(include_str!("v3.sql"), include_str!("v3_replay.sql")) },
    Migration { to: 4, sql: include_str!("v4.sql") },
];

/// What the name of a backup ends with.
const BACKUP_END: &str = ".backup";
/// Most backups of one format and one second beside a file.
const BACKUPS_MAX: u32 = 100;

/// Makes the file behind `connection` one of the newest format.
///
/// An empty file gets the format; an older one gets a backup beside it and is changed in one
/// transaction; a foreign or newer one is refused untouched.
pub(super) fn prepare(
    connection: &mut Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<(), Trouble> {
    let supported = migrations.last().map_or(0, |migration| migration.to);
    // One snapshot: another process may be making the file at this moment.
    let snapshot = connection.transaction()?;
    let found = identify(&snapshot, path, supported)?;
    drop(snapshot);
    if let Found::Format(found) = found
        && found < supported
    {
        back_up(connection, path, found, SystemClock.now_ms())?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Once more, under the write lock: another process may have been here in between.
    let found = match identify(&transaction, path, supported)? {
        Found::Empty => 0,
        Found::Format(found) => found,
    };
    if found < supported {
        for migration in migrations.iter().filter(|migration| migration.to > found) {
            transaction.execute_batch(migration.sql)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", supported)?;
        transaction.execute(
            "INSERT INTO meta (key, value) VALUES ('written_by', ?1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [concat!("iac-core ", env!("CARGO_PKG_VERSION"))],
        )?;
    }
    transaction.commit()?;
    Ok(())
}

pub(super) enum Found {
    /// Nothing in it yet.
    Empty,
    /// Ours.
    Format(i64),
}

pub(super) fn identify(connection: &Connection, path: &Path, supported: i64) -> Result<Found, Trouble> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (id, format) = (number("application_id")?, number("user_version")?);
    let location = || path.display().to_string();
    if id == i64::from(APPLICATION_ID) {
        if format > supported {
            return Err(Trouble::Told(BackendError::Newer {
                location: location(),
                found: format,
                supported,
            }));
        }
        return Ok(Found::Format(format));
    }
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if id == 0 && format == 0 && objects == 0 {
        return Ok(Found::Empty);
    }
    let reason = "it is the SQLite database of another program".into();
    Err(Trouble::Told(BackendError::NotOurs { location: location(), reason }))
}

/// Copies the whole database to a new file beside it, named by format, date and time.
fn back_up(connection: &Connection, path: &Path, format: i64, now: TimestampMs) -> Result<PathBuf, Trouble> {
    // Sorts by age, and is a file name everywhere.
    let date: String = utc(now).replace(' ', "T").replace([':', '-'], "");
    for number in 1..=BACKUPS_MAX {
        let again = if number == 1 { String::new() } else { format!(".{number}") };
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".format-{format}.{date}{again}{BACKUP_END}"));
        let backup = PathBuf::from(name);
        match create_private(&backup) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(no_backup(&backup, &error.to_string())),
        }
        let copied = connection.execute("VACUUM INTO ?1", [backup.to_string_lossy()]);
        let kept = copied.map_err(|error| error.to_string()).and_then(|_| {
            let file = OpenOptions::new().write(true).open(&backup).map_err(|error| error.to_string())?;
            file.sync_all().map_err(|error| error.to_string())
        });
        return match kept {
            Ok(()) => Ok(backup),
            Err(reason) => {
                // Half a backup must not be mistaken for one.
                let _ = std::fs::remove_file(&backup);
                Err(no_backup(&backup, &reason))
            }
        };
    }
    Err(no_backup(path, &format!("there are {BACKUPS_MAX} backups of this second already; move them away")))
}

/// The backups of the state file `path`, the newest last.
pub(super) fn backups(path: &Path) -> Vec<PathBuf> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let begin = format!("{}.format-", name.to_string_lossy());
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<(String, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let rest = name.strip_prefix(&begin)?.strip_suffix(BACKUP_END)?;
            let (_format, date) = rest.split_once('.')?;
            Some((date.to_owned(), path.with_file_name(name)))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

fn no_backup(path: &Path, reason: &str) -> Trouble {
    Trouble::Told(BackendError::Unavailable {
        action: "write the backup before the format changes",
        location: path.display().to_string(),
        reason: format!("{reason}; the state was not changed; make room and run again"),
    })
}

/// Creates an empty file that only its owner may read and write; it must not exist.
pub(super) fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[Migration] = &[Migration { to: 1, sql: include_str!("v1.sql") }];
    const TWO: &[Migration] = &[
        Migration { to: 1, sql: include_str!("v1.sql") },
        Migration { to: 2, sql: "ALTER TABLE stack ADD COLUMN note TEXT;" },
    ];
    const BROKEN: &[Migration] = &[
        Migration { to: 1, sql: include_str!("v1.sql") },
        Migration { to: 2, sql: "ALTER TABLE stack ADD COLUMN note TEXT; SELECT no_such_function();" },
    ];

    fn format(connection: &Connection) -> i64 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_file_is_backed_up_and_then_changed_in_one_transaction() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.db");
        let mut connection = Connection::open(&path).unwrap();
        prepare(&mut connection, &path, ONE).unwrap();
        assert_eq!(format(&connection), 1);
        assert_eq!(backups(&path), Vec::<PathBuf>::new());
        connection.execute("INSERT INTO stack (project, name) VALUES ('p', 's')", []).unwrap();

        let error = prepare(&mut connection, &path, BROKEN).unwrap_err();
        assert!(matches!(error, Trouble::Sql(_)), "{error:?}");
        assert_eq!(format(&connection), 1);
        assert!(connection.prepare("SELECT note FROM stack").is_err(), "nothing of it was kept");

        prepare(&mut connection, &path, TWO).unwrap();
        prepare(&mut connection, &path, TWO).unwrap();
        assert_eq!(format(&connection), 2);
        connection.execute("UPDATE stack SET note = 'x'", []).unwrap();
        let found = backups(&path);
        assert_eq!(found.len(), 2, "one for each change that was tried: {found:?}");
        let backup = Connection::open(&found[1]).unwrap();
        assert_eq!(format(&backup), 1);
        let rows: i64 = backup.query_row("SELECT count(*) FROM stack", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(found[1].metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }

        let error = prepare(&mut connection, &path, ONE).unwrap_err();
        assert!(
            matches!(error, Trouble::Told(BackendError::Newer { found: 2, supported: 1, .. })),
            "{error:?}"
        );
    }

    /// A file as the first format wrote it, with rows of every kind.
    const OLDER: &str = include_str!("../../../tests/state_backend/format_1.sql");
    /// A change that has to move what is stored: a column becomes a table.
    const MOVED: &[Migration] = &[
        Migration { to: 1, sql: include_str!("v1.sql") },
        Migration {
            to: 2,
            sql: "CREATE TABLE claim (stack_id INTEGER NOT NULL, urn TEXT NOT NULL, id TEXT NOT NULL) STRICT;
                  INSERT INTO claim SELECT stack_id, urn, id FROM resource;
                  ALTER TABLE resource DROP COLUMN id;",
        },
    ];

    #[test]
    fn rows_of_an_older_file_come_along_and_stay_in_the_backup() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.db");
        let mut connection = Connection::open(&path).unwrap();
        connection.execute_batch(OLDER).unwrap();
        let rows = |connection: &Connection, sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        let everything = "SELECT urn || token || id || inputs || outputs FROM resource ORDER BY urn";
        let before = rows(&connection, everything);
        assert_eq!(before.len(), 3);
        prepare(&mut connection, &path, MOVED).unwrap();
        assert_eq!(format(&connection), 2);
        assert_eq!(rows(&connection, "SELECT id FROM claim ORDER BY id"), ["id-a-t1", "id-b-t2", "id-c-t3"]);

        let found = backups(&path);
        assert_eq!(found.len(), 1);
        let name = found[0].file_name().unwrap().to_string_lossy().into_owned();
        let date = name.strip_prefix("state.db.format-1.").and_then(|rest| rest.strip_suffix(".backup"));
        let shape: String = date.unwrap().chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "00000000T000000Z", "{name}");
        let mut backup = Connection::open(&found[0]).unwrap();
        assert_eq!(rows(&backup, everything), before);
        prepare(&mut backup, &found[0], MIGRATIONS).unwrap();
        assert_eq!(crate::state::sqlite::check::check(&backup).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_file_of_format_2_gets_the_durations_that_its_history_tells() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.db");
        let mut connection = Connection::open(&path).unwrap();
        prepare(&mut connection, &path, &MIGRATIONS[..2]).unwrap();
        assert_eq!(format(&connection), 2);
        connection
            .execute_batch(
                "INSERT INTO stack (stack_id, project, name) VALUES (1, 'p', 's');
                 WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 7)
                 INSERT INTO run (stack_id, run, kind, status, started_at, holder)
                 SELECT 1, value, 'apply', 'succeeded', 0, 'ann' FROM n;",
            )
            .unwrap();
        let add = |run: i64, op: &str, ms: i64, error: Option<&str>| {
            let sql = "INSERT INTO step (stack_id, run, step, urn, op, started_at, ended_at, error_kind, error)
                       VALUES (1, ?1, (SELECT count(*) FROM step), 'urn:p:s:t:t:a', ?2, 100, 100 + ?3, ?4, ?4)";
            connection.execute(sql, rusqlite::params![run, op, ms, error]).unwrap();
        };
        for run in 1..=6 {
            add(run, if run % 2 == 0 { "create" } else { "create_replacement" }, run * 10, None);
        }
        add(7, "create", 1, Some("internal"));
        add(7, "delete_replaced", -5, None);
        add(7, "hook", 9, None);
        prepare(&mut connection, &path, MIGRATIONS).unwrap();
        let mut statement = connection
            .prepare(
                "SELECT op || ' ' || run || ' ' || concat_ws(' ', ms, ms_2, ms_3, ms_4, ms_5) FROM duration",
            )
            .unwrap();
        let rows: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        // The clock was set back during the delete.
        assert_eq!(rows, ["create 6 60 50 40 30 20", "delete 7 0"]);
    }

    #[test]
    fn the_newest_backup_comes_last() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.db");
        let names = [
            "state.db.format-10.20261121T120000Z.backup",
            "state.db.format-9.20261121T130000Z.backup",
            "state.db.format-9.20261121T130000Z.2.backup",
            "state.db.format-9.20271121T130000Z.backup",
        ];
        for name in names.iter().chain(&["other.db.format-1.20281121T130000Z.backup", "state.db.format-1"]) {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let found: Vec<String> = backups(&path)
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(found, names);
    }
}
