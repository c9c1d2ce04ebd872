//! `keys`: who opens the secrets, through files and variables, as a person sees it.

use std::io::Cursor;
use std::path::Path;

use iac_cli::{Console, ProgramError, RunContext, Runner};
use iac_core::random::RandomToken;
use iac_core::state::TimestampMs;
use iac_core::{Clock, Stack};

use crate::desk::{Desk, NOW, Tape};

struct Still;

impl Clock for Still {
    fn now_ms(&self) -> TimestampMs {
        NOW
    }
}

/// One project in one directory, run again and again.
struct Shop {
    directory: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
    /// The ids that were shown so far.
    ids: Vec<String>,
    desk: Desk,
}

struct Answer {
    code: u8,
    stdout: String,
    stderr: String,
}

impl Shop {
    fn new() -> Self {
        let variables = vec![
            ("TEAM", "correct horse battery staple".to_owned()),
            ("CI", "5f".repeat(32)),
            ("WRONG", "60".repeat(32)),
        ];
        let directory = tempfile::tempdir().expect("the system has a temporary directory");
        Self { directory, variables, ids: Vec::new(), desk: Desk::default() }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// Runs `line`, where `{dir}` is the directory and `{0}` the first id that was shown.
    fn run(&mut self, line: &str) -> Answer {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        // Wide, so that where lines break does not depend on the directory's name.
        let mut console = Console::new(Cursor::new(""), stdout.clone(), stderr.clone()).width(1000);
        for (name, value) in &self.variables {
            console = console.variable(name, value);
        }
        let mut real = line.replace("{dir}", &self.path(""));
        for (number, id) in self.ids.iter().enumerate() {
            real = real.replace(&format!("{{{number}}}"), id);
        }
        let state = self.path("state.sqlite");
        let parts: Vec<&str> =
            ["shop"].into_iter().chain(real.split_whitespace()).chain(["--state", &state]).collect();
        let program = async |_: &RunContext, stack: &Stack| -> Result<(), ProgramError> {
            let token = stack.add("token", RandomToken::args().bytes(8u32))?;
            stack.export("token", &token.hex)?;
            Ok(())
        };
        let code = Runner::new("shop").default_stack("dev").clock(Still).run_with(parts, console, program);
        let answer = Answer { code, stdout: stdout.text(), stderr: stderr.text() };
        self.note(line, &answer);
        answer
    }

    fn note(&mut self, line: &str, answer: &Answer) {
        let shown = format!("{}{}", answer.stdout, answer.stderr);
        let words = shown.split(|character: char| !character.is_ascii_alphanumeric());
        for id in words.filter(|word| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            if !self.ids.iter().any(|known| known == id) {
                self.ids.push(id.to_owned());
            }
        }
        let mut text = format!("$ shop {line}\n{}", answer.stdout);
        if !answer.stderr.is_empty() {
            text.push_str(&format!("--- standard error\n{}", answer.stderr));
        }
        text.push_str(&format!("--- exit code {}\n\n", answer.code));
        text = text.replace(&self.path(""), "{dir}");
        for (number, id) in self.ids.iter().enumerate() {
            text = text.replace(id, &format!("{{{number}}}"));
        }
        self.desk.transcript.push_str(&text);
    }
}

fn no_secret(answer: &Answer, shop: &Shop) {
    for (_, value) in &shop.variables {
        assert!(!answer.stdout.contains(value) && !answer.stderr.contains(value), "a key was shown");
    }
}

#[test]
fn keys_are_listed_added_rotated_and_removed() {
    let mut shop = Shop::new();
    shop.run("up --yes");
    shop.desk.transcript.clear();
    let lines = [
        ("keys list", 0),
        ("keys add passphrase:TEAM --label team", 0),
        ("keys add key:CI", 0),
        ("keys add file:{dir}spare.key", 0),
        ("keys add key:CI", 1),
        ("keys list", 0),
        ("keys rotate", 1),
        ("keys rotate --keep passphrase:TEAM --keep key:CI --drop-others", 0),
        ("outputs --key key:CI", 0),
        ("outputs --key file:{dir}spare.key", 1),
        ("keys remove key:CI", 0),
        ("outputs --key key:CI", 1),
        ("keys remove nosuchid", 1),
        ("keys list", 0),
        ("keys list --json", 0),
        ("plan", 0),
    ];
    for (line, code) in lines {
        let answer = shop.run(line);
        assert_eq!(answer.code, code, "{line}: {}{}", answer.stdout, answer.stderr);
        no_secret(&answer, &shop);
    }
    shop.desk.matches("keys");
}

#[test]
fn a_wrong_key_is_one_clear_error_and_nothing_half_shown() {
    let mut shop = Shop::new();
    shop.run("up --yes");
    shop.desk.transcript.clear();
    for line in [
        "outputs --show-secrets",
        "outputs token --show-secrets",
        "state list",
        "state show token",
        "history 1",
        "plan",
        "up --yes",
        "keys rotate",
        "keys add passphrase:TEAM",
    ] {
        let answer = shop.run(&format!("{line} --key key:WRONG"));
        assert_eq!(answer.code, 1, "{line}");
        assert_eq!(answer.stdout, "", "{line}");
        assert_eq!(answer.stderr.matches("error:").count(), 1, "{line}: {}", answer.stderr);
        assert!(answer.stderr.contains("does not open with the variable WRONG"), "{line}: {}", answer.stderr);
        no_secret(&answer, &shop);
    }
    let answer = shop.run("outputs --key key:WRONG --json");
    assert_eq!(answer.stdout.lines().count(), 1, "{}", answer.stdout);
    assert!(answer.stdout.contains("\"type\":\"error\""), "{}", answer.stdout);
    // Nothing is wrong with what another key locks, and nobody is told to replace it.
    let answer = shop.run("state check --key key:WRONG");
    assert_eq!((answer.code, answer.stderr.as_str()), (1, ""), "{}", answer.stdout);
    assert!(!answer.stdout.contains("damage:") && !answer.stdout.contains("backup"), "{}", answer.stdout);
    assert!(answer.stdout.contains("hint: check with the right key"), "{}", answer.stdout);
    shop.desk.matches("keys_wrong");
}

#[test]
fn what_names_no_key_is_refused_before_anything_is_done() {
    let mut shop = Shop::new();
    shop.run("up --yes");
    shop.desk.transcript.clear();
    for line in [
        "keys",
        "keys add secret-words",
        "keys add passphrase:UNSET",
        "keys add file:{dir}no/such/directory/key",
        "keys remove file:{dir}absent.key",
        "keys rotate --keep key:WRONG",
        "keys list",
        "keys remove {0}",
        "outputs --key key:CI --key-file {dir}x",
    ] {
        let answer = shop.run(line);
        no_secret(&answer, &shop);
    }
    // A file made for a stack that refuses it is not left behind.
    shop.run("keys add file:{dir}other.key --stack staging");
    assert!(!Path::new(&shop.path("other.key")).exists());
    shop.run("keys list --stack staging");
    shop.desk.matches("keys_refused");
}

#[test]
fn a_rotated_key_leaves_the_file_and_both_keys_go_on() {
    let mut shop = Shop::new();
    shop.run("up --yes");
    let token = shop.run("outputs token --show-secrets").stdout;
    shop.run("keys add passphrase:TEAM");
    let sealed = |shop: &Shop| -> Vec<String> {
        let bytes = std::fs::read(shop.path("state.sqlite")).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.split("{\"$secret\":\"1.").skip(1).map(|rest| rest.chars().take(40).collect()).collect()
    };
    let before = sealed(&shop);
    assert_eq!(before.len(), 4, "one output of the resource, one of the stack, both also of the past");
    assert_eq!(shop.run("keys rotate --keep passphrase:TEAM").code, 0);
    let after = sealed(&shop);
    assert_eq!(after.len(), 4);
    assert!(before.iter().all(|old| !after.contains(old)));
    assert_eq!(shop.run("outputs token --show-secrets --key passphrase:TEAM").stdout, token);
    assert_eq!(shop.run("outputs token --show-secrets").stdout, token);
}
