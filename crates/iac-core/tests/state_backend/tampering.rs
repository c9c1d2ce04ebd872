//! Whoever can write the file and has no key: every ciphertext that was moved, altered or cut is
//! refused by name, through the real file and with plain SQL.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use iac_core::random::RandomToken;
use iac_core::state::{RawKey, SqliteBackend, StackId};
use iac_core::{ApplyOptions, Engine, EngineError, NoReporter, PlanOptions, Stack};
use rusqlite::Connection;

/// Every how many bits one is flipped: not a divisor of a byte, so that every place in one comes.
const BIT_STRIDE: usize = 7;

/// A stack with two secret outputs of a resource, in history and exports; and its file.
struct Scene {
    directory: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let scene = Self { directory: tempfile::tempdir().unwrap() };
        for stack in ["dev", "staging"] {
            let engine = scene.engine();
            let stack = Stack::new("philotes", stack).unwrap();
            let a = stack.add("a", RandomToken::args().bytes(8u32)).unwrap();
            let b = stack.add("b", RandomToken::args().bytes(8u32)).unwrap();
            stack.export("first", &a.hex).unwrap();
            stack.export("second", &b.hex).unwrap();
            let graph = stack.freeze().unwrap();
            let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
            let applied = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
            assert!(applied.succeeded());
        }
        scene
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("state.db")
    }

    /// An engine on the file, opened anew, with the right key.
    fn engine(&self) -> Engine {
        Engine::builder()
            .backend(SqliteBackend::open(self.path()).unwrap())
            .keyring(RawKey::new("the test", [7; 32]))
            .build()
    }

    fn sql(&self, statement: &str, values: &[&dyn rusqlite::ToSql]) {
        let changed = Connection::open(self.path()).unwrap().execute(statement, values).unwrap();
        assert!(changed > 0, "{statement}");
    }

    fn text(&self, query: &str) -> String {
        Connection::open(self.path()).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
    }

    async fn error(&self) -> EngineError {
        self.engine().snapshot(&StackId::new("philotes", "dev")).await.unwrap_err()
    }

    /// After `statement` the stack is refused with all of `expected`, and whole again after `undo`.
    async fn refuses(&self, statement: &str, expected: &[&str]) {
        let copy = self.directory.path().join("copy.db");
        copy_state(&self.path(), &copy);
        self.sql(statement, &[]);
        let error = self.error().await.to_string();
        for text in expected {
            assert!(error.contains(text), "{statement}: {text:?} is missing from {error}");
        }
        copy_state(&copy, &self.path());
        std::fs::remove_file(&copy).unwrap();
        self.engine().snapshot(&StackId::new("philotes", "dev")).await.unwrap();
    }
}

/// Copies a state file that nobody has open.
fn copy_state(from: &Path, to: &Path) {
    let _ = std::fs::remove_file(to);
    Connection::open(from).unwrap().execute("VACUUM INTO ?1", [to.to_string_lossy()]).unwrap();
}

const DEV: &str = "(SELECT stack_id FROM stack WHERE name = 'dev')";
const STAGING: &str = "(SELECT stack_id FROM stack WHERE name = 'staging')";
const A: &str = "urn:philotes:dev:random:token:a";

#[tokio::test]
async fn a_ciphertext_opens_in_its_own_place_only() {
    let scene = Scene::new().await;
    let refused = "does not decrypt";
    // Another row, the same field.
    scene
        .refuses(
            &format!(
                "UPDATE resource SET outputs = (SELECT outputs FROM resource
                     WHERE stack_id = {DEV} AND urn LIKE '%:b') WHERE stack_id = {DEV} AND urn LIKE '%:a'"
            ),
            &[A, "outputs.hex", refused],
        )
        .await;
    // Another column of the same row.
    scene
        .refuses(
            &format!("UPDATE resource SET triggers = outputs WHERE stack_id = {DEV} AND urn LIKE '%:a'"),
            &[A, "triggers.hex", refused],
        )
        .await;
    // Another field of the same column.
    scene
        .refuses(
            &format!(
                "UPDATE resource SET outputs = replace(outputs, '\"hex\"', '\"base64\"')
                 WHERE stack_id = {DEV} AND urn LIKE '%:a'"
            ),
            &[A, "outputs.base64", refused],
        )
        .await;
    // Another stack, which has the same name of resource. The two stacks have keys of their own.
    scene
        .refuses(
            &format!(
                "UPDATE resource SET outputs = (SELECT outputs FROM resource
                     WHERE stack_id = {STAGING} AND urn LIKE '%:a') WHERE stack_id = {DEV} AND urn LIKE '%:a'"
            ),
            &[A, "outputs.hex", refused],
        )
        .await;
    // An output to another output, and a resource's value to an output.
    scene
        .refuses(
            &format!(
                "UPDATE export SET value = (SELECT value FROM export
                     WHERE stack_id = {DEV} AND name = 'second') WHERE stack_id = {DEV} AND name = 'first'"
            ),
            &["output", "first", refused],
        )
        .await;
    scene
        .refuses(
            &format!(
                "UPDATE export SET value = (SELECT json_extract(outputs, '$.hex') FROM resource
                     WHERE stack_id = {DEV} AND urn LIKE '%:a') WHERE stack_id = {DEV} AND name = 'first'"
            ),
            &["output", "first", refused],
        )
        .await;
    // The whole key of another stack.
    scene
        .refuses(
            &format!(
                "UPDATE stack SET key_envelope = (SELECT key_envelope FROM stack WHERE name = 'staging')
                 WHERE stack_id = {DEV}"
            ),
            &["philotes/dev", "does not open", "copied from another stack"],
        )
        .await;
}

#[tokio::test]
async fn another_format_number_does_not_make_it_readable() {
    let scene = Scene::new().await;
    for (number, expected) in [
        ("0", "never existed"),
        ("2", "use a newer version"),
        ("01", "no format number"),
        ("+1", "no format number"),
    ] {
        let statement = format!(
            "UPDATE resource SET outputs = replace(outputs, '\"1.', '\"{number}.')
             WHERE stack_id = {DEV} AND urn LIKE '%:a'"
        );
        scene.refuses(&statement, &[A, "outputs.hex", expected]).await;
    }
    // A secret put in the open, and one taken away.
    let open = format!(
        "UPDATE resource SET outputs = '{{\"hex\":{{\"$nested\":\"x\"}}}}' WHERE stack_id = {DEV} AND urn LIKE '%:a'"
    );
    scene.refuses(&open, &[A, "outputs.hex", "damaged"]).await;
}

#[tokio::test]
async fn every_altered_bit_and_every_cut_is_refused_by_name() {
    let scene = Scene::new().await;
    let outputs =
        scene.text(&format!("SELECT outputs FROM resource WHERE stack_id = {DEV} AND urn LIKE '%:a'"));
    let (before, rest) = outputs.split_once("\"1.").unwrap();
    let (body, after) = rest.split_once('"').unwrap();
    let sealed = BASE64.decode(body).unwrap();
    let put = |bytes: &[u8]| {
        let text = format!("{before}\"1.{}\"{after}", BASE64.encode(bytes));
        scene.sql(
            &format!("UPDATE resource SET outputs = ?1 WHERE stack_id = {DEV} AND urn LIKE '%:a'"),
            &[&text],
        );
    };
    let mut tried = 0;
    for bit in (0..sealed.len() * 8).step_by(BIT_STRIDE) {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        put(&altered);
        let error = scene.error().await.to_string();
        let is_named = error.contains(A) && error.contains("outputs.hex");
        assert!(is_named && error.contains("does not decrypt"), "bit {bit}: {error}");
        tried += 1;
    }
    assert!(tried > 60, "{tried}");
    for length in 0..sealed.len() {
        put(&sealed[..length]);
        let error = scene.error().await.to_string();
        assert!(error.contains(A) && error.contains("outputs.hex"), "length {length}: {error}");
        assert!(
            error.contains("does not decrypt") || error.contains("cut short"),
            "length {length}: {error}"
        );
    }
    put(&sealed);
    scene.engine().snapshot(&StackId::new("philotes", "dev")).await.unwrap();
}

#[tokio::test]
async fn a_tampered_state_is_neither_planned_on_nor_rotated() {
    let scene = Scene::new().await;
    scene.sql(
        &format!(
            "UPDATE export SET value = '{{\"$secret\":\"1.AAAA\"}}' WHERE stack_id = {DEV} AND name = 'first'"
        ),
        &[],
    );
    let stack = Stack::new("philotes", "dev").unwrap();
    let graph = stack.freeze().unwrap();
    let envelope = scene.text("SELECT key_envelope FROM stack WHERE name = 'dev'");
    let engine = scene.engine();
    for error in [
        engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap_err(),
        engine.rotate_keys(&graph.stack_id(), iac_core::RotateKeys::new()).await.unwrap_err(),
        engine.outputs(&graph.stack_id()).await.map(drop).unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(error.contains("output: first") && error.contains("cut short"), "{error}");
    }
    assert_eq!(scene.text("SELECT key_envelope FROM stack WHERE name = 'dev'"), envelope);
}
