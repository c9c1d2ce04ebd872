//! What the runner does with files, keys, variables and streams that go away.

use std::ffi::OsStr;
use std::io::{self, Cursor, Write};
use std::path::Path;
use std::sync::Arc;

use iac_cli::{Console, DefaultCommand, ProgramError, RunContext, Runner};
use iac_core::Stack;
use iac_core::random::RandomToken;

use crate::desk::{Desk, Tape};

fn run(directory: &Path, line: &str, variables: &[(&str, &str)]) -> (u8, String, String) {
    let variables: Vec<(&str, &OsStr)> =
        variables.iter().map(|(name, value)| (*name, OsStr::new(value))).collect();
    run_with(directory, line, &variables)
}

fn run_with(directory: &Path, line: &str, variables: &[(&str, &OsStr)]) -> (u8, String, String) {
    let (stdout, stderr) = (Tape::default(), Tape::default());
    let mut console = Console::new(Cursor::new(""), stdout.clone(), stderr.clone());
    for (name, value) in variables {
        console = console.variable(name, value);
    }
    let state = directory.join("deep/state.sqlite");
    let mut parts: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    parts.insert(0, "shop".into());
    parts.extend(["--state".into(), state.display().to_string()]);
    let program = async |_: &RunContext, stack: &Stack| -> Result<(), ProgramError> {
        let token = stack.add("token", RandomToken::args().bytes(8u32))?;
        stack.export("token", &token.hex)?;
        Ok(())
    };
    let code = Runner::new("shop").default_stack("dev").run_with(parts, console, program);
    (code, stdout.text(), stderr.text())
}

#[test]
fn state_and_key_are_made_where_nothing_is() {
    let directory = tempfile::tempdir().unwrap();
    let (code, _, stderr) = run(directory.path(), "outputs", &[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("there is no file"), "{stderr}");
    assert!(!directory.path().join("deep").exists());

    let (code, _, stderr) = run(directory.path(), "up --yes", &[]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(stderr.matches("note:").count(), 1, "{stderr}");
    let key = directory.path().join("deep/state.sqlite.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let (code, stdout, stderr) = run(directory.path(), "outputs token --show-secrets", &[]);
    assert_eq!((code, stdout.trim().len()), (0, 16), "{stderr}");
    assert!(!stderr.contains("note:"), "{stderr}");

    // A lost key is told, and no other one takes its place.
    std::fs::remove_file(&key).unwrap();
    let (code, _, stderr) = run(directory.path(), "up --yes", &[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("state.sqlite.key"), "{stderr}");
    assert!(!key.exists());
}

#[test]
fn a_directory_that_cannot_be_made_is_told() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("deep"), "a file in the way").unwrap();
    let (code, _, stderr) = run(directory.path(), "up --yes", &[]);
    assert_eq!(code, 1);
    assert!(stderr.starts_with("error: failed to open the state: cannot create the directory"), "{stderr}");
    assert!(stderr.contains("hint:"), "{stderr}");
}

#[test]
fn a_variable_holds_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let digits = "5f".repeat(32);
    let (code, _, stderr) = run(directory.path(), "up --yes", &[("IAC_KEY", &digits)]);
    assert_eq!(code, 0, "{stderr}");
    assert!(!directory.path().join("deep/state.sqlite.key").exists());
    let (code, _, stderr) = run(directory.path(), "outputs", &[("IAC_PASSPHRASE", "correct horse")]);
    assert_eq!(code, 1);
    assert!(stderr.contains("cannot open with the passphrase"), "{stderr}");
    let both = [("IAC_KEY", digits.as_str()), ("IAC_PASSPHRASE", "correct horse")];
    let (code, _, stderr) = run(directory.path(), "outputs", &both);
    assert_eq!(code, 1);
    assert!(stderr.contains("both set") && !stderr.contains(&digits), "{stderr}");
    let (code, _, stderr) = run(directory.path(), "outputs", &[("IAC_KEY", "5f5f")]);
    assert_eq!(code, 1);
    assert!(stderr.contains("it does not hold 64") && !stderr.contains("5f5f"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_told_and_no_key_is_made_in_its_place() {
    use std::os::unix::ffi::OsStrExt as _;

    let directory = tempfile::tempdir().unwrap();
    let bytes = OsStr::from_bytes(b"correct \xff horse");
    for (line, name) in
        [("up --yes", "IAC_PASSPHRASE"), ("up --yes", "IAC_KEY"), ("up --yes --key key:CI", "CI")]
    {
        let (code, stdout, stderr) = run_with(directory.path(), line, &[(name, bytes)]);
        assert_eq!((code, stdout.as_str()), (1, ""), "{name}");
        let told = format!("failed to read a key: the variable {name} is set to what is not UTF-8 text");
        assert!(stderr.contains(&told) && !stderr.contains("horse"), "{stderr}");
    }
    assert!(!directory.path().join("deep/state.sqlite.key").exists());
}

/// A reader that went away.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk that is full.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away_does_not_stop_an_apply() {
    let desk = Desk::default();
    let program = async |_: &RunContext, stack: &Stack| -> Result<(), ProgramError> {
        stack.add("token", RandomToken::args().bytes(8u32))?;
        Ok(())
    };
    let stderr = Tape::default();
    let console = Console::new(Cursor::new(""), Gone, stderr.clone());
    assert_eq!(desk.runner().run_with(["shop", "up", "--yes"], console, program), 0);
    assert_eq!(stderr.text(), "");
    let console = Console::new(Cursor::new(""), Full, stderr.clone());
    assert_eq!(desk.runner().run_with(["shop", "state", "list"], console, program), 1);
    assert!(stderr.text().starts_with("error: failed to write to standard output"), "{}", stderr.text());
}

#[derive(Debug, clap::Args)]
struct Settings {
    #[arg(long)]
    tokens: usize,
}

#[test]
fn a_program_has_options_of_its_own() {
    struct Guard(Arc<std::sync::atomic::AtomicBool>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    }
    let desk = Desk::default();
    let ended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    for (line, code, counted) in [
        ("shop --tokens 3", 0, "3 to create"),
        ("shop plan --tokens 2", 0, "2 to create"),
        ("shop plan", 1, ""),
        ("shop state list", 0, ""),
    ] {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        let console = Console::new(Cursor::new(""), stdout.clone(), stderr.clone());
        let runner = desk.runner().default_command(DefaultCommand::Plan).args::<Settings>();
        let answer = runner.run_with(
            line.split_whitespace(),
            console,
            async |cx: &RunContext<Settings>, stack: &Stack| -> Result<(), iac_core::StackError> {
                cx.say("on a simulator");
                cx.keep(Guard(Arc::clone(&ended)));
                for number in 0..cx.args().tokens {
                    stack.add(format!("token-{number}"), RandomToken::args().bytes(8u32))?;
                }
                Ok(())
            },
        );
        assert_eq!(answer, code, "{line}: {}", stderr.text());
        assert!(stdout.text().contains(counted), "{line}: {}", stdout.text());
    }
    assert!(ended.load(std::sync::atomic::Ordering::SeqCst));
}
