//! Every command in a terminal of 80 columns, in a pipe, and as JSON lines; and that none is left out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::io::Cursor;

use iac_cli::{Console, NoArgs, ProgramError, RunContext, Runner};
use iac_core::Stack;
use iac_settings::{Settings, Validate};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::cloud::{Disk, DiskInputs, Machine};
use crate::desk::{Desk, Tape, shown};
use crate::wire;

/// One place where every command is run.
const COLUMNS: usize = 80;
const ROWS: usize = 24;

#[derive(Debug, Deserialize, JsonSchema)]
struct Shop {
    /// Where the machines are.
    region: String,
    /// How large they are.
    #[serde(default = "ten")]
    size: u32,
    /// For whoever looks after them.
    #[serde(default)]
    note: Option<iac_core::Secret<String>>,
}

fn ten() -> u32 {
    10
}

impl Validate for Shop {}

fn declare(settings: &Shop, stack: &Stack) -> Result<(), ProgramError> {
    let password = settings.note.clone().unwrap_or_else(|| iac_core::Secret::from("hunter2"));
    let machine = Machine::args().size(settings.size).region(&settings.region).password(password);
    let web = stack.scope("edge")?.add("web", machine)?;
    stack.add("data", Disk::args().format("ext4"))?;
    stack.export("address", &web.address)?;
    Ok(())
}

/// Where a transcript is recorded.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Somebody sits there and types.
    Terminal,
    Pipe,
    Json,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Pipe => "pipe",
            Self::Json => "json",
        }
    }
}

/// One command: what is done before, what is typed, and its lines. `@` is the directory.
struct Case {
    command: &'static str,
    before: &'static [&'static str],
    lines: &'static [&'static str],
    typed: &'static str,
}

const fn case(
    command: &'static str,
    before: &'static [&'static str],
    lines: &'static [&'static str],
) -> Case {
    Case { command, before, lines, typed: "" }
}

const UP: &[&str] = &["up --yes --parallelism 1"];
const TWICE: &[&str] = &["up --yes --parallelism 1", "up --yes --set size=12"];

const CASES: &[Case] = &[
    case("plan", UP, &["plan", "plan --set size=12 --set region=fsn1", "plan --destroy"]),
    Case { typed: "yes\n", ..case("up", &[], &["up --parallelism 1", "up"]) },
    Case { typed: "dev\n", ..case("destroy", UP, &["destroy --parallelism 1"]) },
    case("cost", UP, &["cost", "cost --set size=12"]),
    case("show", &["plan --out @web.plan"], &["show @web.plan"]),
    case("refresh", UP, &["refresh"]),
    case("outputs", UP, &["outputs", "outputs address"]),
    case("import", &[], &["import data disk-81"]),
    case("adopt", &[], &["adopt @terraform.tfstate --dry-run"]),
    Case { typed: "yes\n", ..case("rollback", TWICE, &["rollback 1 --parallelism 1"]) },
    case("state list", UP, &["state list"]),
    case("state show", UP, &["state show edge/web"]),
    case("state mv", UP, &["state mv data disk"]),
    case("state export", UP, &["state export --out @dev.json"]),
    case(
        "state import",
        &["up --yes --parallelism 1", "state export --out @dev.json", "state rm data"],
        &["state import @dev.json --replace --serial 4"],
    ),
    case("state check", UP, &["state check"]),
    case("state rm", UP, &["state rm data"]),
    case("keys list", UP, &["keys list"]),
    case("keys add", UP, &["keys add file:@ci.key --label CI"]),
    case(
        "keys remove",
        &["up --yes --parallelism 1", "keys add file:@ci.key"],
        &["keys remove file:@ci.key"],
    ),
    case("keys rotate", UP, &["keys rotate"]),
    case("config show", &[], &["config show"]),
    case("config check", &[], &["config check"]),
    case("config set", &[], &["config set size 11"]),
    case("config rekey", &["config set --secret note"], &["config rekey"]),
    case("config schema", &[], &["config schema"]),
    case("graph", UP, &["graph", "graph --of state --format mermaid"]),
    case("report", UP, &["report 1 --out @run.html"]),
    case("replay", UP, &["replay 1"]),
    case("doctor", UP, &["doctor"]),
    case("completions", &[], &["completions bash --out @shop.bash"]),
    case("man", &[], &["man --out @man"]),
    case("schema json", &[], &["schema json"]),
    case("history", TWICE, &["history", "history 2"]),
    case("history show", TWICE, &["history show 2"]),
];

/// A directory whose name is always as long, so that lines always break at the same place.
fn directory() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("iac-").rand_bytes(8).tempdir_in("/tmp").expect("there is room")
}

struct Office {
    directory: tempfile::TempDir,
    desk: Desk,
    place: Place,
}

impl Office {
    fn new(place: Place) -> Self {
        let mut office = Self { directory: directory(), desk: Desk::default(), place };
        office.desk.cloud.priced = true;
        office.desk.cloud.disks.lock().unwrap().insert("disk-81".into(), DiskInputs { format: "xfs".into() });
        office.write("settings/base.toml", "region = \"nbg1\"\n");
        let state = r#"{"version": 4, "terraform_version": "1.9.8", "serial": 3, "lineage": "x", "resources": [
            {"mode": "managed", "type": "fake_disk", "name": "data", "provider": "p",
             "instances": [{"attributes": {"id": "disk-81", "format": "xfs"}}]},
            {"mode": "managed", "type": "random_pet", "name": "pet", "provider": "p",
             "instances": [{"attributes": {"id": "clever-cat"}}]}]}"#;
        office.write("terraform.tfstate", state);
        office
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs `line`; the streams, and the exit code.
    fn run(&self, line: &str, typed: Option<&'static str>) -> (String, String, u8) {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        // A secret is given through a pipe.
        let given = if line.contains("--secret") { "hunter2\n" } else { typed.unwrap_or_default() };
        let mut console =
            Console::new(Cursor::new(given), stdout.clone(), stderr.clone()).interactive(typed.is_some());
        if self.place == Place::Terminal {
            console = console.terminal(COLUMNS, ROWS);
        }
        let real = line.replace('@', &format!("{}/", self.directory.path().display()));
        let settings = Settings::<Shop>::new().directory(self.directory.path().join("settings"));
        let runner: Runner<NoArgs, Shop> = self.desk.runner().settings(settings);
        let cloud = self.desk.cloud.clone();
        let parts: Vec<&str> = std::iter::once("shop").chain(real.split_whitespace()).collect();
        let code = runner.run_with(
            parts,
            console,
            async |cx: &RunContext<NoArgs, Shop>, stack: &Stack| -> Result<(), ProgramError> {
                stack.provider_instance(cloud.instance())?;
                declare(cx.settings(), stack)
            },
        );
        let stdout = stdout.text();
        // Where something was drawn, what is left of it is what counts.
        let stdout = if stdout.contains('\u{1b}') { shown(&stdout, COLUMNS) } else { stdout };
        (stdout, stderr.text(), code)
    }

    fn record(&mut self, case: &Case) {
        for line in case.before {
            let (_, stderr, code) = self.run(line, None);
            assert_eq!(code, 0, "{line}: {stderr}");
        }
        for line in case.lines {
            let typed = (self.place == Place::Terminal).then_some(case.typed);
            let mut line = (*line).to_owned();
            if !case.typed.is_empty() && typed.is_none() {
                line.push_str(" --yes");
                if case.command == "destroy" {
                    line.push_str(" --destroy-data dev");
                }
            }
            if self.place == Place::Json {
                line.push_str(" --json");
            }
            let (stdout, stderr, code) = self.run(&line, typed);
            assert_eq!(code, 0, "{line}: {stderr}");
            if self.place == Place::Json {
                wire::check(&stdout);
            }
            self.desk.transcript.push_str(&format!("$ shop {line}\n{stdout}"));
            if !stderr.is_empty() {
                self.desk.transcript.push_str(&format!("--- standard error\n{stderr}"));
            }
            self.desk.transcript.push_str(&format!("--- exit code {code}\n\n"));
        }
        assert!(!self.desk.transcript.contains("hunter2"), "{}: a secret was shown", case.command);
        let directory = format!("{}/", self.directory.path().display());
        let shown = self.desk.transcript.replace(&directory, "@");
        self.desk.transcript = if case.command.starts_with("keys") { without_ids(&shown) } else { shown };
        self.desk.matches(&format!("commands/{}/{}", self.place.name(), file(case.command)));
    }
}

/// Where 8 hexadecimal digits stand for a key, they differ from run to run.
fn without_ids(text: &str) -> String {
    let words = text.split_inclusive(|character: char| !character.is_ascii_alphanumeric());
    let anonymous = words.map(|word| {
        let id = word.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        let is_id = id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id { word.replace(id, "(an id)") } else { word.to_owned() }
    });
    anonymous.collect()
}

fn file(command: &str) -> String {
    command.replace(' ', "_")
}

fn recorded_in(place: Place) {
    for case in CASES {
        Office::new(place).record(case);
    }
}

#[test]
fn every_command_in_a_terminal() {
    recorded_in(Place::Terminal);
}

#[test]
fn every_command_in_a_pipe() {
    recorded_in(Place::Pipe);
}

#[test]
fn every_command_as_json_lines() {
    recorded_in(Place::Json);
}

#[test]
fn lines_fit_the_terminal() {
    for case in CASES {
        let path = format!(
            "{}/tests/snapshots/commands/terminal/{}.txt",
            env!("CARGO_MANIFEST_DIR"),
            file(case.command)
        );
        // What is for other programs is never broken; a prompt is followed by what comes next.
        let for_programs = ["graph", "schema json", "config schema", "state list", "keys list", "outputs"];
        if for_programs.contains(&case.command) {
            continue;
        }
        for line in std::fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with("$ ")) {
            assert!(line.chars().count() <= COLUMNS, "{}: {line:?}", case.command);
        }
    }
}

/// The commands that help names, by their whole paths; those with subcommands only by these.
fn commands(office: &Office, above: &str, found: &mut BTreeSet<String>) -> bool {
    let (help, _, code) = office.run(&format!("{above} --help"), None);
    assert_eq!(code, 0, "{above}");
    let mut lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).peekable();
    let is_group = lines.peek().is_some();
    for line in lines.take_while(|line| !line.is_empty()) {
        let Some(name) = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) else { continue };
        let path = format!("{above} {}", name.split_whitespace().next().unwrap()).trim().to_owned();
        if !commands(office, &path, found) {
            found.insert(path);
        }
    }
    is_group
}

/// Every command of a program with settings, by its whole path.
pub(crate) fn every_command() -> BTreeSet<String> {
    let office = Office::new(Place::Terminal);
    let mut found = BTreeSet::new();
    commands(&office, "", &mut found);
    // It does something by itself as well.
    found.insert("history".to_owned());
    found
}

#[test]
fn no_command_is_left_out() {
    let found = every_command();
    assert!(
        found.contains("plan") && found.contains("state mv") && found.contains("config set"),
        "{found:?}"
    );
    let recorded: BTreeSet<String> = CASES.iter().map(|case| case.command.to_owned()).collect();
    assert_eq!(found, recorded, "each command needs a transcript, and only what exists has one");
}
