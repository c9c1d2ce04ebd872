//! Files that are foreign, newer, damaged or out of reach: refused with the way out, and untouched.

use std::path::Path;

use iac_core::Value;
use iac_core::state::{
    Backend, BackendError, Codec, DurationQuery, DurationRecord, Keyring, Passphrase, RawKey, RunStatus,
    SqliteBackend, Status,
};
use rusqlite::Connection;

use crate::rows::*;

fn refused(path: &Path) -> BackendError {
    SqliteBackend::open(path).map(drop).unwrap_err()
}

/// The error for a file that must stay as it is.
fn refused_untouched(path: &Path) -> BackendError {
    let before = std::fs::read(path).unwrap();
    let error = refused(path);
    assert!(std::fs::read(path).unwrap() == before, "the file was changed: {error}");
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    error
}

#[track_caller]
fn assert_says(error: &BackendError, words: &[&str]) {
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is missing: {error}");
    }
}

#[test]
fn a_foreign_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    for text in ["x", "a text that is no database\n", &"long ".repeat(5_000)] {
        std::fs::write(&path, text).unwrap();
        let error = refused_untouched(&path);
        assert!(matches!(error, BackendError::NotOurs { .. }), "{error}");
    }
    for (name, setup) in [
        ("tables.db", "CREATE TABLE t (a); INSERT INTO t VALUES (1);"),
        ("marked.db", "PRAGMA application_id = 7; CREATE TABLE t (a);"),
        ("wal.db", "PRAGMA journal_mode = WAL; CREATE TABLE t (a);"),
    ] {
        let path = directory.path().join(name);
        Connection::open(&path).unwrap().execute_batch(setup).unwrap();
        let error = refused_untouched(&path);
        assert!(matches!(error, BackendError::NotOurs { .. }), "{error}");
        assert_says(&error, &["another program", "another file"]);
    }
}

#[tokio::test]
async fn a_newer_file_is_refused_with_both_versions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    drop(SqliteBackend::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let error = refused_untouched(&path);
    assert!(matches!(error, BackendError::Newer { found: 7, supported: 4, .. }), "{error}");
    assert_says(&error, &["format 7", "up to 4", "newer version"]);
}

#[test]
fn a_place_that_cannot_hold_a_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    assert_says(&refused(directory.path()), &["directory", "path of a file"]);
    assert_says(&refused(&directory.path().join("no/such/state.db")), &["mkdir -p", "no/such"]);
    assert!(!directory.path().join("no").exists());
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(refused(&file.join("state.db")), BackendError::Unavailable { .. }));
}

#[cfg(unix)]
#[test]
fn a_place_that_is_not_writable_is_named() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    drop(SqliteBackend::open(&path).unwrap());
    set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    set_permissions(directory.path(), Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(directory.path().join("probe"), "").is_ok() {
        return; // This user may write anywhere.
    }
    assert_says(&refused(&path), &["writable"]);
    assert_says(&refused(&directory.path().join("new.db")), &["writable"]);
    set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert_says(&refused(&path), &["directory", "writable"]);
    set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let backend = SqliteBackend::open(&path).unwrap();
    lease(&backend).await;
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[tokio::test]
async fn damage_is_found_on_every_page() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let backend = SqliteBackend::open(&path).unwrap();
    let lease = lease(&backend).await;
    backend.commit(&lease, (0..200).map(|number| put(&format!("r{number}"))).collect()).await.unwrap();
    drop(backend);
    let whole = std::fs::read(&path).unwrap();
    const PAGE: usize = 4096;
    let pages = whole.len() / PAGE;
    assert!(pages > 20, "{pages}");
    for page in 0..pages {
        let mut damaged = whole.clone();
        damaged[page * PAGE..][..PAGE].fill(0xff);
        let path = directory.path().join(format!("damaged{page}.db"));
        std::fs::write(&path, damaged).unwrap();
        match SqliteBackend::open(&path) {
            Ok(backend) => match backend.check().await {
                Ok(findings) => assert!(!findings.is_empty(), "page {page}"),
                Err(error) => assert!(matches!(error, BackendError::Corrupt { .. }), "{page}: {error}"),
            },
            Err(BackendError::NotOurs { reason, .. }) if page == 0 => {
                assert!(reason.contains("damaged"), "{reason}");
            }
            Err(error) => assert!(matches!(error, BackendError::Corrupt { .. }), "{page}: {error}"),
        }
    }
    for length in [100, PAGE, whole.len() / 2] {
        let path = directory.path().join(format!("cut{length}.db"));
        std::fs::write(&path, &whole[..length]).unwrap();
        let found = match SqliteBackend::open(&path) {
            Ok(backend) => backend.load(&stack()).await.map(drop),
            Err(error) => Err(error),
        };
        let error = found.unwrap_err();
        assert!(matches!(error, BackendError::Corrupt { .. } | BackendError::NotOurs { .. }), "{error}");
    }
}

#[tokio::test]
async fn rows_that_contradict_each_other_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let backend = SqliteBackend::open(&path).unwrap();
    let lease = lease(&backend).await;
    let a = resource("a", "t1");
    let mut twin = resource("a", "t2");
    twin.id = a.id.clone();
    let rows = [a, twin].map(|row| iac_core::state::Write::Put(Box::new(row)));
    backend.commit(&lease, rows.into()).await.unwrap();
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch(
        "PRAGMA foreign_keys = OFF;
         UPDATE resource SET urn = 'urn:p:x:test:thing:b' WHERE token = 't2';
         INSERT INTO run VALUES (99, 1, 'apply', 'failed', 1, NULL, 'x', NULL);",
    )
    .unwrap();
    let findings = backend.check().await.unwrap().join("\n");
    for expected in ["stack that does not exist", "kept in the state of p/s", "both claim"] {
        assert!(findings.contains(expected), "{expected}: {findings}");
    }
}

#[tokio::test]
async fn two_open_backends_share_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let (first, second) = (SqliteBackend::open(&path).unwrap(), SqliteBackend::open(&path).unwrap());
    let lease = first.acquire(&stack(), &holder("a"), 0, 100).await.unwrap();
    first.commit(&lease, vec![put("a")]).await.unwrap();
    let error = second.acquire(&stack(), &holder("b"), 50, 150).await.unwrap_err();
    assert!(matches!(error, BackendError::Leased { .. }), "{error}");
    let taken = second.acquire(&stack(), &holder("b"), 100, 200).await.unwrap();
    assert!(is_lost(&first.commit(&lease, vec![put("b")]).await));
    drop(first);
    assert_eq!(second.commit(&taken, vec![put("c")]).await.unwrap(), 2);
    assert_eq!(second.load(&stack()).await.unwrap().resources.len(), 2);
}

#[test]
fn many_may_make_the_same_file_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| SqliteBackend::open(&path).unwrap());
        }
    });
    let tables: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 13);
}

#[tokio::test]
async fn the_tables_answer_plain_sql() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let backend = SqliteBackend::open(&path).unwrap();
    let lease = lease(&backend).await;
    backend.commit(&lease, vec![put("a"), put("b")]).await.unwrap();
    let answer: String = Connection::open(&path)
        .unwrap()
        .query_row(
            "SELECT group_concat(inputs ->> 'name', ' ') FROM resource JOIN stack USING (stack_id)
             WHERE stack.name = 's' AND inputs ->> 'size' = 3",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(answer, "a b");
}

/// Old files open forever, with their secrets.
#[tokio::test]
async fn a_file_of_format_1_opens() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    Connection::open(&path).unwrap().execute_batch(include_str!("format_1.sql")).unwrap();
    let backend = SqliteBackend::open(&path).unwrap();
    assert_eq!(backend.check().await.unwrap(), Vec::<String>::new());
    let state = backend.load(&stack()).await.unwrap();
    assert_eq!((state.serial, state.last_run), (1, 2));

    let envelope = state.key_envelope.unwrap();
    let passphrase = Passphrase::new("correct horse").unwrap();
    let keyrings: [&dyn Keyring; 2] = [&RawKey::new("the test key", [9; 32]), &passphrase];
    for keyring in keyrings {
        let codec = Codec::new(stack(), Some(keyring.unwrap(&envelope, &stack()).unwrap()));
        let a = &state.resources[0];
        let inputs = codec.open(a.urn.as_str(), "inputs", &a.inputs).unwrap();
        let password = Value::secret(Value::map([("text", "hunter2".into())]));
        let expected =
            Value::map([("name", "web".into()), ("$odd", Value::Float(1.0)), ("password", password)]);
        assert_eq!(inputs, expected);
    }
    assert_eq!(
        state.resources.iter().map(|row| row.status).collect::<Vec<_>>(),
        [Status::Ready, Status::Incomplete, Status::PendingDelete]
    );
    assert_eq!(state.resources[0].dependencies, vec![urn("b")]);
    let mut begun = begin(2, 1);
    begun.id = Some("id-9".into());
    // Format 1 knew no hooks.
    begun.resource.hooks = Default::default();
    assert_eq!(state.journal, vec![begun]);
    assert_eq!(state.exports, vec![export("ip", "\"192.0.2.1\"")]);
    assert_eq!(state.checks, vec![]);
    let runs = backend.runs(&stack(), 9).await.unwrap();
    assert_eq!(
        runs.iter().map(|run| run.status).collect::<Vec<_>>(),
        [RunStatus::Running, RunStatus::Failed]
    );
    assert_eq!(backend.steps(&stack(), 1).await.unwrap()[0], step(1, 0));
    // Of its two steps one failed, and that says nothing of how long such a call takes.
    let query = DurationQuery { op: "create".into(), type_token: "test:thing".into(), urns: vec![urn("a")] };
    let took = DurationRecord { urn: urn("a"), op: "create".into(), run: 1, recent_ms: vec![1] };
    assert_eq!(backend.durations(&stack(), vec![query]).await.unwrap(), [took]);
    assert!(backend.acquire(&stack(), &holder("next"), 60_000, 70_000).await.unwrap().epoch > 1);
}
