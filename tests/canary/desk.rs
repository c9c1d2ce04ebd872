//! The runner on the fake cloud with a state on disk. Everything that it leaves is searched.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use iac_cli::{Console, ProgramError, RunContext, Runner};
use iac_core::{BuildId, Stack, StackError};
use iac_testkit::fake::FakeCloud;

use crate::log::{Tape, log, panics};
use crate::program::{Edit, Told, program};
use crate::spelling::Hunt;

/// Left out: the key file holds the key itself, which is what it is for.
const KEY_FILES: &[&str] = &["state.sqlite.key", "team.key"];

/// What a run declares.
pub(crate) type Program<'a> = dyn Fn(&Stack) -> Result<(), StackError> + 'a;

pub(crate) struct Desk {
    pub(crate) cloud: FakeCloud,
    pub(crate) told: Told,
    pub(crate) hunt: Hunt,
    pub(crate) variables: Vec<(&'static str, String)>,
    /// Everything that was written, for checks that something was said at all.
    pub(crate) said: String,
    directory: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub(crate) code: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        log();
        Self {
            cloud: FakeCloud::new(),
            told: Told::default(),
            hunt: Hunt::default(),
            variables: Vec::new(),
            said: String::new(),
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs `line`, in which `@` stands for the directory, and searches what it wrote.
    #[track_caller]
    pub(crate) fn run(&mut self, line: &str, edit: &Edit) -> Answer {
        let answer = self.unsearched(line, edit);
        self.search_answer(line, &answer);
        answer
    }

    /// The same for a line that must end well.
    #[track_caller]
    pub(crate) fn done(&mut self, line: &str, edit: &Edit) -> Answer {
        let answer = self.run(line, edit);
        assert_eq!(answer.code, 0, "{line}:\n{}{}", answer.stdout, answer.stderr);
        answer
    }

    /// The same for a line that must fail.
    #[track_caller]
    pub(crate) fn fails(&mut self, line: &str, edit: &Edit) -> Answer {
        let answer = self.run(line, edit);
        assert_ne!(answer.code, 0, "{line}:\n{}{}", answer.stdout, answer.stderr);
        answer
    }

    /// The same without a search of what it wrote, for `--show-secrets`. The files are searched.
    #[track_caller]
    pub(crate) fn unsearched(&mut self, line: &str, edit: &Edit) -> Answer {
        let (cloud, told) = (self.cloud.clone(), self.told.clone());
        self.process(line, &|stack| program(edit, &cloud, &told, stack))
    }

    /// Like [`run`](Self::run), with another program.
    #[track_caller]
    pub(crate) fn with(&mut self, line: &str, program: &Program<'_>) -> Answer {
        let answer = self.process(line, program);
        self.search_answer(line, &answer);
        answer
    }

    #[track_caller]
    fn search_answer(&mut self, line: &str, answer: &Answer) {
        let place = |stream: &str| format!("{stream} of {line:?}");
        self.hunt.search(&place("standard output"), &answer.stdout);
        self.hunt.search(&place("standard error"), &answer.stderr);
        self.said.push_str(&answer.stdout);
        self.said.push_str(&answer.stderr);
    }

    #[track_caller]
    pub(crate) fn process(&mut self, line: &str, program: &Program<'_>) -> Answer {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        let mut console = Console::new(Cursor::new(""), stdout.clone(), stderr.clone());
        for (name, value) in &self.variables {
            console = console.variable(name, value);
        }
        let directory = self.directory.path().to_str().unwrap().to_owned();
        let line = format!("shop --state @/state.sqlite --log trace {line}").replace('@', &directory);
        let runner =
            Runner::new("shop").stacks(["dev", "base"]).default_stack("dev").build_id(BuildId::named("one"));
        let code = runner.run_with(
            line.split_whitespace(),
            console,
            async |_: &RunContext, stack: &Stack| -> Result<(), ProgramError> { Ok(program(stack)?) },
        );
        self.search_rest();
        let text = |tape: &Tape| String::from_utf8(tape.bytes()).unwrap();
        Answer { code, stdout: text(&stdout), stderr: text(&stderr) }
    }

    /// Searches the files and the log.
    #[track_caller]
    pub(crate) fn search_rest(&mut self) {
        let directory: &Path = self.directory.path();
        self.hunt.search_files(directory, KEY_FILES);
        self.hunt.search("the log", log().bytes());
        self.hunt.search("what panics print", panics().bytes());
    }
}
