//! The commands on the state where it is a file: made, damaged, from an older version, with another key.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use iac_cli::{Console, ProgramError, RunContext, Runner};
use iac_core::Stack;
use iac_core::random::RandomToken;

use crate::desk::Tape;

/// One directory with a state in it.
struct Place(tempfile::TempDir);

struct Answer {
    code: u8,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("there is a place for temporary files"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn state(&self) -> PathBuf {
        self.path("state.sqlite")
    }

    fn run(&self, line: &str) -> Answer {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        let console = Console::new(Cursor::new(""), stdout.clone(), stderr.clone()).width(1000);
        let mut parts: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parts.insert(0, "shop".into());
        parts.extend(["--state".into(), self.state().display().to_string()]);
        let program = async |_: &RunContext, stack: &Stack| -> Result<(), ProgramError> {
            let token = stack.add("token", RandomToken::args().bytes(8u32))?;
            stack.export("token", &token.hex)?;
            Ok(())
        };
        let code = Runner::new("shop").default_stack("dev").run_with(parts, console, program);
        Answer { code, stdout: stdout.text(), stderr: stderr.text() }
    }
}

fn sql(path: &Path, statements: &str) {
    let connection = rusqlite::Connection::open(path).expect("it is an SQLite file");
    connection.execute_batch(statements).expect("the statements fit the tables");
}

#[test]
fn a_state_moves_to_another_file_and_its_secrets_with_it() {
    let (old, new) = (Place::new(), Place::new());
    assert_eq!(old.run("up --yes").code, 0);
    let token = old.run("outputs token --show-secrets").stdout;
    let document = new.path("dev.json");
    let exported = old.run(&format!("state export --out {}", document.display()));
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    assert!(!std::fs::read_to_string(&document).unwrap().contains(token.trim()));

    // Without the key nothing is written: not even a key of its own.
    let refused = new.run(&format!("state import {}", document.display()));
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("state.sqlite.key"), "{}", refused.stderr);
    assert!(!new.path("state.sqlite.key").exists());
    assert_eq!(new.run("state list").stdout, "");

    std::fs::copy(old.path("state.sqlite.key"), new.path("state.sqlite.key")).unwrap();
    let imported = new.run(&format!("state import {}", document.display()));
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    assert_eq!(new.run("outputs token --show-secrets").stdout, token);
    assert!(new.run("plan").stdout.contains("No changes"));
    let check = new.run("state check");
    assert_eq!(
        (check.code, check.stdout.as_str()),
        (0, "Checked shop/dev: 1 resource at serial 1, no damage.\n")
    );
}

#[test]
fn a_wrong_key_is_no_damage_and_the_state_not_known_to_be_whole() {
    let place = Place::new();
    assert_eq!(place.run("up --yes").code, 0);
    let other = Place::new();
    assert_eq!(other.run("up --yes").code, 0);
    std::fs::copy(other.path("state.sqlite.key"), place.path("state.sqlite.key")).unwrap();
    let check = place.run("state check");
    assert_eq!(check.code, 1);
    let told = "not checked: the secrets, as the key of stack shop/dev does not open with";
    assert!(check.stdout.starts_with(told), "{}", check.stdout);
    assert!(check.stdout.contains("hint: check with the right key") && !check.stdout.contains("backup"));
    let json = place.run("state check --json");
    let line: serde_json::Value = serde_json::from_str(json.stdout.lines().next().unwrap()).unwrap();
    assert_eq!((&line["type"], &line["damaged"]), (&"health".into(), &false.into()));
    assert_eq!((json.code, &line["whole"]), (1, &false.into()));
    assert_eq!(line["findings"][0]["severity"], "unchecked");
}

#[test]
fn rows_that_contradict_each_other_are_told_with_the_way_back() {
    let place = Place::new();
    assert_eq!(place.run("up --yes").code, 0);
    let backup = place.path("state.sqlite.format-1.20261121T120000Z.backup");
    sql(
        &place.state(),
        "INSERT INTO resource SELECT stack_id, urn, 'other', type_token, provider, account, id, status, inputs,
             outputs, observed, missing, triggers, dependencies, protect, retain, generation, refreshed_at,
             modified_at, hooks FROM resource",
    );
    let check = place.run("state check");
    assert_eq!(check.code, 1);
    assert!(check.stdout.contains("damage: urn:shop:dev:random:token:token has 2 rows"), "{}", check.stdout);
    assert!(check.stdout.contains("there is no backup beside"), "{}", check.stdout);
    std::fs::write(&backup, "").unwrap();
    let check = place.run("state check");
    assert!(check.stdout.contains(&format!("copy {} to", backup.display())), "{}", check.stdout);
}

#[test]
fn a_damaged_file_names_its_backup() {
    let place = Place::new();
    assert_eq!(place.run("up --yes").code, 0);
    let backup = place.path("state.sqlite.format-1.20261121T120000Z.backup");
    sql(&place.state(), &format!("PRAGMA wal_checkpoint(TRUNCATE); VACUUM INTO '{}'", backup.display()));
    let whole = std::fs::read(place.state()).unwrap();
    let (mut told, mut unused) = (0, 0);
    for page in 0..whole.len() / 4096 {
        let mut damaged = whole.clone();
        damaged[page * 4096..][..4096].fill(0xff);
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(place.path(&format!("state.sqlite{end}")));
        }
        std::fs::write(place.state(), damaged).unwrap();
        let check = place.run("state check");
        if check.code == 0 {
            unused += 1;
            continue;
        }
        assert_eq!(check.code, 1, "page {page}: {}", check.stdout);
        let text = format!("{}{}", check.stdout, check.stderr);
        assert!(text.contains(&backup.display().to_string()), "page {page}: {text}");
        told += 1;
    }
    assert!(told > 10, "{told}");
    // A page that nothing uses may hold anything.
    std::fs::write(place.state(), &whole).unwrap();
    let connection = rusqlite::Connection::open(place.state()).unwrap();
    let free: i64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0)).unwrap();
    assert!(unused <= free, "{unused} damaged pages were not noticed, of which {free} are free");
    drop(connection);
    // The way back that was told works.
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(place.path(&format!("state.sqlite{end}")));
    }
    std::fs::copy(&backup, place.state()).unwrap();
    assert_eq!(place.run("state check").code, 0);
    assert!(place.run("plan").stdout.contains("No changes"));
}
