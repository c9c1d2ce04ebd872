//! Any text in the columns of the state's file is a row or an error, never something else than what
//! stands there: values come back as stored, and open or are refused.

#![no_main]

use std::sync::{Arc, OnceLock};

use iac_core::random::RandomToken;
use iac_core::state::{Backend as _, Codec, DataKey, RawKey, SqliteBackend, StackId};
use iac_core::{ApplyOptions, Engine, NoReporter, PlanOptions, Stack};
use libfuzzer_sys::fuzz_target;
use rusqlite::Connection;
use tokio::runtime::Runtime;

/// The columns of text in a row; the first byte of an input chooses one.
const COLUMNS: [&str; 14] = [
    "urn", "token", "type_token", "provider", "account", "id", "status", "inputs", "outputs", "observed",
    "triggers", "dependencies", "hooks", "inputs",
];

struct World {
    runtime: Runtime,
    backend: Arc<SqliteBackend>,
    /// Of an editor's own.
    editor: std::sync::Mutex<Connection>,
    stack: StackId,
    _directory: tempfile::TempDir,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("state.sqlite");
        let backend = Arc::new(SqliteBackend::open(&path).expect("a new state"));
        let stack = StackId::new("fuzz", "dev");
        runtime.block_on(async {
            let key = RawKey::new("fuzz", [7; 32]);
            let engine = Engine::builder().shared_backend(backend.clone()).keyring(key).build();
            let program = Stack::new("fuzz", "dev").expect("a name");
            program.add("token", RandomToken::args().bytes(16u32)).expect("it is new");
            let graph = program.freeze().expect("a graph");
            let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.expect("a plan");
            let applied = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await;
            assert!(applied.expect("an outcome").succeeded());
        });
        let editor = Connection::open(&path).expect("the same file");
        // Nothing here must outlast the process.
        editor.pragma_update(None, "synchronous", "OFF").expect("a known pragma");
        World { runtime, backend, editor: std::sync::Mutex::new(editor), stack, _directory: directory }
    })
}

fuzz_target!(|input: (u8, &str)| {
    let (column, text) = (COLUMNS[usize::from(input.0) % COLUMNS.len()], input.1);
    let world = world();
    let editor = world.editor.lock().expect("no holder panicked");
    let old: Option<String> = editor
        .query_row(&format!("SELECT {column} FROM resource"), [], |row| row.get(0))
        .expect("there is one row");
    // The schema's own checks may refuse the text; then nothing is to be read.
    if editor.execute(&format!("UPDATE resource SET {column} = ?1"), [text]).is_err() {
        return;
    }
    let loaded = world.runtime.block_on(world.backend.load(&world.stack));
    editor.execute(&format!("UPDATE resource SET {column} = ?1"), [&old]).expect("it was there before");
    let Ok(state) = loaded else { return };
    let row = state.resources.first().expect("the row is still there");
    let stored = match column {
        "inputs" => &row.inputs,
        "outputs" => &row.outputs,
        "triggers" => &row.triggers,
        "observed" => row.observed.as_ref().expect("it was just set"),
        "urn" => return assert_eq!(row.urn.as_str(), text),
        "token" => return assert_eq!(row.token, text),
        "id" => return assert_eq!(row.id, text),
        _ => return,
    };
    assert_eq!(stored.as_str(), text);
    let codec = Codec::new(world.stack.clone(), Some(DataKey::from_bytes([7; 32])));
    if let Ok(value) = codec.open(row.urn.as_str(), column, stored) {
        // Nobody can write a secret without the key.
        assert!(!value.has_secret(), "a secret that nobody sealed was opened");
        let sealed = codec.seal(row.urn.as_str(), column, &value).expect("what was opened can be sealed");
        assert_eq!(codec.open(row.urn.as_str(), column, &sealed).as_ref(), Ok(&value));
    }
});
