//! A secret's text is nowhere on the disk: not in the file, its log, or its backups.

use base64::Engine as _;
use iac_core::Value;
use iac_core::state::{Backend, Codec, DataKey, ExportRecord, Keyring as _, RawKey, SqliteBackend, Write};

use crate::rows::*;

const CANARY: &str = "canary-7f3a9b-must-not-be-seen";

/// Values with the canary at every kind of place.
fn values() -> Vec<Value> {
    let canary = || Value::secret(CANARY.into());
    vec![
        canary(),
        Value::map([("user_data", canary())]),
        Value::list([Value::map([("password", Value::secret(Value::list([CANARY.into()])))])]),
        Value::secret(Value::map([(CANARY, Value::Int(1))])),
        Value::secret(Value::map([("inner", canary())])),
    ]
}

#[tokio::test]
async fn no_file_holds_a_secret() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let key = DataKey::generate().unwrap();
    let codec = Codec::new(stack(), Some(key.clone()));
    let envelope = RawKey::new("the test key", [9; 32]).wrap(&key, &stack()).unwrap();

    let mut writes = vec![Write::RunBegin(run(1)), Write::KeyEnvelope(envelope.clone())];
    let mut exports = Vec::new();
    for (number, value) in (0..).zip(values()) {
        let seal = |column: &str| codec.seal(urn(&format!("r{number}")).as_str(), column, &value).unwrap();
        let mut row = resource(&format!("r{number}"), "t");
        (row.inputs, row.outputs) = (seal("inputs"), seal("outputs"));
        (row.observed, row.triggers) = (Some(seal("observed")), seal("triggers"));
        let mut begun = begin(1, number);
        begun.resource = row.clone();
        let mut recorded = step(1, number);
        (recorded.before, recorded.after) = (Some(seal("before")), Some(seal("after")));
        writes.push(Write::Put(Box::new(row)));
        writes.push(Write::Begin(Box::new(begun)));
        writes.push(Write::Step(Box::new(recorded)));
        exports.push(ExportRecord { name: number.to_string(), value: seal("value") });
    }
    writes.push(Write::Exports(exports));

    let backend = SqliteBackend::open(&path).unwrap();
    let lease = lease(&backend).await;
    backend.commit(&lease, writes).await.unwrap();
    let backup = directory.path().join("backup.db");
    rusqlite::Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [backup.to_string_lossy()]).unwrap();
    assert_eq!(search(directory.path(), key.expose()), 4, "file, log, index and backup");
    drop(backend);
    assert_eq!(search(directory.path(), key.expose()), 2);

    // And with the keyring alone everything comes back.
    let backend = SqliteBackend::open(&path).unwrap();
    let state = backend.load(&stack()).await.unwrap();
    let key = RawKey::new("the test key", [9; 32]).unwrap(&envelope, &stack()).unwrap();
    let codec = Codec::new(stack(), Some(key));
    for (row, value) in state.resources.iter().zip(values()) {
        assert_eq!(codec.open(row.urn.as_str(), "inputs", &row.inputs).unwrap(), value);
        assert_eq!(codec.open(row.urn.as_str(), "triggers", &row.triggers).unwrap(), value);
    }
}

/// Searches every file for the canary and the key in any coding; answers how many files there are.
fn search(directory: &std::path::Path, key: &[u8]) -> usize {
    let base64 = base64::engine::general_purpose::STANDARD.encode(CANARY);
    // The ends of a base64 text depend on what stands beside it.
    let needles: [&[u8]; 4] = [CANARY.as_bytes(), &base64.as_bytes()[..16], &CANARY.as_bytes()[3..20], key];
    let files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        for needle in needles {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{}", file.display());
        }
    }
    files.len()
}
