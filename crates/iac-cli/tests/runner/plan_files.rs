//! `plan --out`, `show` and `apply FILE` as a person or a script sees them.

use std::path::PathBuf;

use iac_cli::{Console, ProgramError, RunContext, Runner};
use iac_core::state::MemoryBackend;
use iac_core::{Secret, Stack};

use crate::cloud::{Disk, Machine};
use crate::desk::{Answer, Desk, Program, Tape};

type Declared = Result<(), ProgramError>;

const CANARY: &str = "hunter2-canary";

fn first(stack: &Stack) -> Declared {
    let web = stack
        .scope("edge")?
        .add("web", Machine::args().size(10u32).region("nbg1").password(Secret::from(CANARY)))?;
    stack.add("database", Machine::args().size(20u32).peer(&web.address))?;
    stack.add("data", Disk::args().format("ext4"))?;
    stack.export("address", &web.address)?;
    Ok(())
}

/// Another size for `web`, another region for `database`.
fn second(stack: &Stack) -> Declared {
    let web = stack
        .scope("edge")?
        .add("web", Machine::args().size(12u32).region("nbg1").password(Secret::from(CANARY)))?;
    stack.add("database", Machine::args().size(20u32).region("fsn1").peer(&web.address))?;
    stack.add("data", Disk::args().format("ext4"))?;
    stack.export("address", &web.address)?;
    Ok(())
}

/// A desk with a directory for plans, which transcripts do not name.
struct Files {
    desk: Desk,
    directory: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        // Wide, so that the directory's name moves no line.
        let desk = Desk { width: 1000, ..Desk::default() };
        Self { desk, directory: tempfile::tempdir().expect("there is room") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs `line`, in which `@name` is the file `name`.
    fn run(&mut self, line: &str, program: Program) -> Answer {
        let line = line.replace('@', &format!("{}/", self.directory.path().display()));
        self.desk.run(&line, program)
    }

    fn matches(mut self, name: &str) {
        let directory = format!("{}/", self.directory.path().display());
        self.desk.transcript = self.desk.transcript.replace(&directory, "");
        assert!(!self.desk.transcript.contains(CANARY));
        self.desk.matches(name);
    }
}

#[test]
fn a_plan_is_saved_shown_and_applied_once() {
    let mut files = Files::new();
    let planned = files.run("plan --out @web.plan", first);
    let shown = files.run("show @web.plan", first);
    assert_eq!((planned.code, shown.code), (0, 0));
    assert_eq!(planned.stdout, shown.stdout, "it is shown otherwise than it was planned");
    let planned = files.run("plan --json", first).stdout;
    let shown = files.run("show @web.plan --json", first).stdout;
    let line = |text: &str| text.lines().find(|line| line.contains("\"type\":\"plan\"")).map(str::to_owned);
    assert_eq!(line(&planned), line(&shown));
    assert_eq!(files.run("apply @web.plan --parallelism 1", first).code, 0);
    assert_eq!(files.run("apply @web.plan", first).code, 1);

    // Over the older plan; `--json` says where it is.
    assert_eq!(files.run("plan --out @web.plan --json", second).code, 0);
    assert_eq!(files.run("up @web.plan --json --parallelism 1", second).code, 0);
    assert_eq!(files.run("plan --out @web.plan --detailed-exitcode", second).code, 0);
    assert_eq!(files.run("apply @web.plan", second).code, 0);

    assert_eq!(files.run("plan --destroy", second).code, 0);
    let planned = files.run("destroy --out @end.plan", second);
    let same = files.run("plan --destroy --out @end.plan --detailed-exitcode", second);
    assert_eq!((planned.code, same.code), (0, 2));
    assert_eq!(planned.stdout, same.stdout);
    assert_eq!(files.desk.cloud.machines.lock().unwrap().len(), 2, "saving a plan deleted something");
    assert_eq!(files.run("apply @end.plan --parallelism 1 --destroy-data data", second).code, 0);
    assert!(files.desk.cloud.machines.lock().unwrap().is_empty());
    files.matches("plan_file");
}

#[test]
fn a_plan_that_does_not_hold_is_refused_with_the_reason() {
    let mut files = Files::new();
    assert_eq!(files.run("plan --out @web.plan", first).code, 0);
    let whole = std::fs::read(files.path("web.plan")).unwrap();
    let with = |files: &Files, name: &str, bytes: &[u8]| std::fs::write(files.path(name), bytes).unwrap();
    let mut altered = whole.clone();
    *altered.last_mut().unwrap() ^= 1;
    with(&files, "altered.plan", &altered);
    with(&files, "cut.plan", &whole[..whole.len() - 10]);
    with(&files, "newer.plan", b"iac-plan 2\n");
    with(&files, "notes.txt", b"notes");
    for name in ["altered.plan", "cut.plan", "newer.plan", "notes.txt", "nothing.plan"] {
        assert_eq!(files.run(&format!("show @{name}"), first).code, 1);
    }
    assert_eq!(files.run("apply @altered.plan", first).code, 1);
    assert_eq!(files.run("apply @web.plan --stack staging", first).code, 1);
    assert_eq!(files.run("apply @web.plan", second).code, 1);
    assert_eq!(files.run("apply @web.plan --json", second).code, 1);
    files.desk.build = "the second build";
    assert_eq!(files.run("apply @web.plan", first).code, 1);
    assert_eq!(files.run("show @web.plan", first).code, 0, "another build may look at it");
    files.desk.build = "the first build";
    assert_eq!(files.run("up --yes --parallelism 1 --target data", first).code, 0);
    assert_eq!(files.run("apply @web.plan", first).code, 1);
    assert_eq!(files.run("apply @web.plan --target data", first).code, 1);
    assert_eq!(files.desk.cloud.machines.lock().unwrap().len(), 0, "a refused plan was applied");
    files.matches("plan_file_refused");
}

#[test]
fn a_plan_is_saved_over_nothing_that_is_not_a_plan() {
    let mut files = Files::new();
    std::fs::write(files.path("notes.txt"), "notes").unwrap();
    assert_eq!(files.run("plan --out @notes.txt", first).code, 1);
    assert_eq!(std::fs::read(files.path("notes.txt")).unwrap(), b"notes");
    assert_eq!(files.run("plan --out @nowhere/web.plan", first).code, 1);
    assert_eq!(files.run("plan --overwrite", first).code, 1);
    assert_eq!(files.run("destroy --out @end.plan --yes", first).code, 1);
    assert_eq!(files.run("plan --out @notes.txt --overwrite --target data", first).code, 0);
    assert_eq!(files.run("show @notes.txt", first).code, 0);
    files.matches("plan_file_place");
}

#[test]
fn a_failing_apply_of_a_file_says_how_to_go_on() {
    fn failing(stack: &Stack) -> Declared {
        let big = stack.add("big", Machine::args().size(500u32))?;
        stack.add("next", Machine::args().size(1u32).peer(&big.address))?;
        stack.add("apart", Machine::args().size(3u32))?;
        Ok(())
    }
    let mut files = Files::new();
    assert_eq!(files.run("plan --out @big.plan", failing).code, 0);
    assert_eq!(files.run("apply @big.plan --parallelism 1", failing).code, 1);
    assert_eq!(files.run("apply @big.plan", failing).code, 1);
    files.matches("plan_file_failure");
}

/// Without a build's name the executable is read, and without a key nothing is saved.
#[test]
fn the_running_executable_is_the_build_and_a_key_must_last() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("web.plan");
    let run = |line: &str, runner: Runner| {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        let console = Console::new(std::io::empty(), stdout.clone(), stderr.clone());
        let line = line.replace('@', &path.display().to_string());
        let mut parts: Vec<String> = vec!["shop".into()];
        parts.extend(line.split(' ').map(str::to_owned));
        let program = async |_: &RunContext, stack: &Stack| -> Result<(), ProgramError> {
            stack.add("token", iac_core::random::RandomToken::args().bytes(8u32))?;
            Ok(())
        };
        (runner.default_stack("dev").run_with(parts, console, program), stdout.text(), stderr.text())
    };
    let memory = Runner::new("shop").backend(std::sync::Arc::new(MemoryBackend::new()));
    let (code, _, stderr) = run("plan --out @", memory);
    assert_eq!(code, 1);
    assert!(stderr.contains("cannot be sealed without the key of stack shop/dev"), "{stderr}");
    assert!(!path.exists());

    let state = format!("--state {}", directory.path().join("state.sqlite").display());
    let (code, _, stderr) = run(&format!("plan --out @ {state}"), Runner::new("shop"));
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("note: made the key file"), "a plan needs a key: {stderr}");
    let (code, stdout, stderr) = run(&format!("apply @ {state}"), Runner::new("shop"));
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("Done: 1 created."), "{stdout}");
}
