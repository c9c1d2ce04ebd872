//! `doctor`: with everything well, with each part broken, with everything broken; and that it leaves no
//! trace.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use iac_cli::{Console, ProgramError, RunContext, Runner};
use iac_core::Stack;
use iac_core::random::RandomToken;
use iac_settings::{Settings, Validate};
use serde_json::Value as Json;

use crate::cloud::{Cloud, Machine};
use crate::desk::{Desk, NOW, Tape};

type Declared = Result<(), ProgramError>;

fn one(stack: &Stack) -> Declared {
    stack.add("web", Machine::args().size(1u32))?;
    Ok(())
}

fn broken(_: &Stack) -> Declared {
    Err("the file of regions is missing".into())
}

#[test]
fn what_it_says_is_recorded() {
    let mut desk = Desk { width: 80, ..Desk::default() };
    desk.cloud.time = Some(NOW - 700);
    desk.run("up --yes", one);
    desk.transcript.clear();
    assert_eq!(desk.run("doctor", one).code, 0);
    desk.cloud.time = Some(NOW + 90_000);
    assert_eq!(desk.run("doctor", one).code, 0);
    desk.cloud.refuses = true;
    assert_eq!(desk.run("doctor", one).code, 1);
    assert_eq!(desk.run("doctor", broken).code, 1);
    assert_eq!(desk.run("doctor --json", broken).code, 1);
    desk.matches("doctor");
}

/// A directory with a state in a file.
struct Place {
    directory: tempfile::TempDir,
    variables: BTreeMap<&'static str, String>,
    cloud: Cloud,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Shop {
    #[expect(dead_code, reason = "only whether it can be read counts")]
    region: String,
}
impl Validate for Shop {}

/// What a check said.
type Said = BTreeMap<String, Vec<(String, String, String)>>;

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("settings")).unwrap();
        std::fs::write(directory.path().join("settings/base.toml"), "region = \"nbg1\"\n").unwrap();
        Self { directory, variables: BTreeMap::new(), cloud: Cloud::default() }
    }

    fn state(&self) -> std::path::PathBuf {
        self.directory.path().join("state.sqlite")
    }

    fn run(&self, line: &str) -> (u8, String) {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        let mut console = Console::new(Cursor::new(""), stdout.clone(), stderr.clone());
        for (name, value) in &self.variables {
            console = console.variable(name, value);
        }
        let mut parts: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parts.insert(0, "shop".into());
        if !line.contains("--state") {
            parts.extend(["--state".into(), self.state().display().to_string()]);
        }
        let settings = Settings::<Shop>::new().directory(self.directory.path().join("settings"));
        let cloud = self.cloud.clone();
        let code =
            Runner::new("shop").stacks(["dev", "other"]).default_stack("dev").settings(settings).run_with(
                parts,
                console,
                async |_: &RunContext<iac_cli::NoArgs, Shop>, stack: &Stack| -> Declared {
                    stack.provider_instance(cloud.instance())?;
                    stack.add("web", Machine::args().size(1u32))?;
                    let token = stack.add("token", RandomToken::args().bytes(8u32))?;
                    stack.export("token", &token.hex)?;
                    Ok(())
                },
            );
        assert!(line.contains("doctor") || code == 0, "{line}: {}", stderr.text());
        (code, stdout.text())
    }

    /// Runs `doctor`, which must leave every file as it was; the exit code, and what it said by name.
    fn doctor(&self, options: &str) -> (u8, Said) {
        let before = self.files();
        let (code, text) = self.run(&format!("doctor --json {options}"));
        assert_eq!(self.files(), before, "doctor changed something");
        crate::wire::check(&text);
        let mut said = Said::new();
        for line in text.lines() {
            let line: Json = serde_json::from_str(line).unwrap();
            if line["type"] == "check" {
                let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
                assert!(line["status"] == "ok" || line["way_out"].is_string(), "no way out: {line}");
                said.entry(text("name")).or_default().push((
                    text("status"),
                    text("message"),
                    text("way_out"),
                ));
            }
        }
        (code, said)
    }

    /// Everything in the directory, with its bytes.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        fn collect(directory: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    collect(&path, into);
                } else {
                    into.insert(path.display().to_string(), std::fs::read(path).unwrap());
                }
            }
        }
        let mut found = BTreeMap::new();
        collect(self.directory.path(), &mut found);
        found
    }
}

fn statuses(said: &Said, name: &str) -> Vec<String> {
    said.get(name).map(|said| said.iter().map(|(status, _, _)| status.clone()).collect()).unwrap_or_default()
}

fn first<'a>(said: &'a Said, name: &str) -> &'a (String, String, String) {
    &said.get(name).unwrap_or_else(|| panic!("no check {name:?} in {said:?}"))[0]
}

#[test]
fn before_the_first_run_all_is_well_and_nothing_is_made() {
    let place = Place::new();
    let (code, said) = place.doctor("");
    assert_eq!(code, 0, "{said:?}");
    assert!(first(&said, "state file").1.contains("the first `up` makes it"), "{said:?}");
    assert!(first(&said, "key").1.contains("there is no state to open with it yet"), "{said:?}");
    assert!(first(&said, "program").1.contains("declares 2 resources"), "{said:?}");
    assert!(first(&said, "provider fake").1.contains("answers in 41 ms"), "{said:?}");
    assert!(said.contains_key("disk space") && said.contains_key("settings"), "{said:?}");
}

#[test]
fn a_state_that_is_well_is_told_with_its_key_and_its_lease() {
    let place = Place::new();
    place.run("up --yes");
    let (code, said) = place.doctor("");
    assert_eq!(code, 0, "{said:?}");
    assert!(first(&said, "state").1.contains("is whole: 2 resources"), "{said:?}");
    assert!(first(&said, "lease").1.contains("nobody works on shop/dev"), "{said:?}");
    assert!(first(&said, "key").1.contains("opens the secrets of shop/dev; 1 key can"), "{said:?}");
}

#[test]
fn a_wrong_key_is_told_and_the_rest_is_looked_at() {
    let mut place = Place::new();
    place.run("up --yes");
    place.variables.insert("IAC_KEY", "17".repeat(32));
    let (code, said) = place.doctor("");
    assert_eq!(code, 1);
    assert_eq!(statuses(&said, "key"), ["failed"], "{said:?}");
    assert_eq!(first(&said, "state").0, "ok");
    place.variables.insert("IAC_PASSPHRASE", "correct horse battery".into());
    let (code, said) = place.doctor("");
    assert_eq!(code, 1);
    assert!(first(&said, "key").1.contains("are both set"), "{said:?}");
    assert_eq!(first(&said, "state").0, "ok");
}

#[test]
fn damage_is_told_with_the_way_back() {
    let place = Place::new();
    place.run("up --yes");
    let mut bytes = std::fs::read(place.state()).unwrap();
    let end = bytes.len();
    bytes[4096..end].fill(0xa5);
    std::fs::write(place.state(), &bytes).unwrap();
    let (code, said) = place.doctor("");
    assert_eq!(code, 1);
    let (status, _, way_out) = first(&said, "state file");
    assert!(status == "failed" && way_out.contains("there is no backup beside"), "{said:?}");
    std::fs::write(place.state(), b"not a database, and long enough to be taken for one".repeat(40)).unwrap();
    let (code, said) = place.doctor("");
    assert_eq!((code, first(&said, "state file").0.as_str()), (1, "failed"));
}

#[test]
fn a_state_of_a_newer_program_is_left_alone() {
    let place = Place::new();
    place.run("up --yes");
    let connection = rusqlite::Connection::open(place.state()).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let (code, said) = place.doctor("");
    let (status, message, way_out) = first(&said, "state file");
    assert!(code == 1 && status == "failed" && message.contains("format 99"), "{said:?}");
    assert!(way_out.contains("newer version"), "{said:?}");
}

#[test]
fn a_lease_that_somebody_holds_is_a_warning() {
    let place = Place::new();
    place.run("up --yes");
    let connection = rusqlite::Connection::open(place.state()).unwrap();
    connection
        .execute_batch(
            "UPDATE lease SET holder_id = 'x', holder_name = 'ann', holder_host = 'desk', holder_pid = 7,
                              acquired_at = 0, expires_at = 9000000000000000",
        )
        .unwrap();
    drop(connection);
    let (code, said) = place.doctor("");
    let (status, message, _) = first(&said, "lease");
    assert!(code == 0 && status == "warning", "{said:?}");
    assert!(message.contains("held by ann on desk (process 7)"), "{said:?}");
}

#[test]
fn everything_can_be_broken_at_once() {
    let mut place = Place::new();
    std::fs::write(place.state(), "short").unwrap();
    std::fs::write(place.directory.path().join("settings/base.toml"), "region = [\n").unwrap();
    place.variables.insert("IAC_KEY", "no hexadecimal digits".into());
    place.cloud.refuses = true;
    let (code, said) = place.doctor("");
    assert_eq!(code, 1);
    for name in ["state file", "key", "settings"] {
        assert_eq!(first(&said, name).0, "failed", "{said:?}");
    }
    assert!(first(&said, "program").1.contains("was not run"), "{said:?}");
    assert_eq!(first(&said, "versions").0, "ok");
    let place = Place::new();
    let (code, said) = place.doctor("--state /dev/null/state.sqlite");
    assert!(code == 1 || first(&said, "state file").0 == "ok", "{said:?}");
}

#[test]
fn no_stack_is_told_and_what_needs_none_is_looked_at() {
    let place = Place::new();
    let (stdout, stderr) = (Tape::default(), Tape::default());
    let console = Console::new(Cursor::new(""), stdout.clone(), stderr.clone());
    let state = place.state().display().to_string();
    let code = Runner::new("shop").stacks(["dev", "other"]).run_with(
        ["shop", "doctor", "--state", &state],
        console,
        async |_: &RunContext, _: &Stack| -> Declared { panic!("it must not run") },
    );
    let text = stdout.text();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("failed  stack: ") && text.contains("one of dev, other"), "{text}");
    assert!(text.contains("state file: there is none"), "{text}");
}
