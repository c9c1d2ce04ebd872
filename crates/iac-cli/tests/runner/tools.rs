//! Completions as bash takes them, and manual pages as `man` reads them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::io::Cursor;
use std::process::Command;

use iac_cli::{Console, ProgramError, RunContext, Runner};
use iac_core::Stack;

use crate::desk::Tape;

#[derive(clap::Args)]
struct Own {
    /// How many workers there are
    #[arg(long, default_value_t = 3)]
    workers: u32,
    /// Where they are
    #[arg(long, value_parser = ["nbg1", "fsn1"], default_value = "nbg1")]
    place: String,
}

/// Runs a program that is called `called`.
fn run(called: &str, line: &str) -> (u8, String) {
    let (stdout, stderr) = (Tape::default(), Tape::default());
    let console = Console::new(Cursor::new(""), stdout.clone(), stderr.clone());
    let parts: Vec<&str> = std::iter::once(called).chain(line.split_whitespace()).collect();
    let runner = Runner::new("shop").about("A shop").version("1.2.3").stacks(["dev", "production"]);
    let code = runner.args::<Own>().run_with(
        parts,
        console,
        async |cx: &RunContext<Own>, _: &Stack| -> Result<(), ProgramError> {
            panic!("it must not run: {} {}", cx.args().workers, cx.args().place)
        },
    );
    assert_eq!(stderr.text(), "");
    (code, stdout.text())
}

/// Whether `tool` is on this machine; says by name what is skipped where it is not.
fn has(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok();
    if !found {
        println!("skipped: there is no `{tool}` on this machine");
    }
    found
}

/// What bash offers for the last of `words`.
fn completed(words: &[&str]) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("completions.bash");
    let (code, text) = run("/usr/local/bin/my-shop", "completions bash");
    assert_eq!(code, 0);
    std::fs::write(&script, text).unwrap();
    // As bash does it: the words, the number of the one at the cursor, and the function that was named.
    let asked = "source \"$1\"; shift
        COMP_WORDS=(\"$@\"); COMP_CWORD=$(( $# - 1 )); COMPREPLY=()
        how=$(complete -p my-shop); [[ $how =~ -F\\ ([^ ]+) ]] || exit 9
        \"${BASH_REMATCH[1]}\" my-shop \"${COMP_WORDS[$COMP_CWORD]}\" \"${COMP_WORDS[$(( COMP_CWORD - 1 ))]}\"
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output =
        Command::new("bash").args(["--norc", "-c", asked, "bash"]).arg(&script).args(words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_what_they_take() {
    if !has("bash") {
        return;
    }
    assert_eq!(completed(&["my-shop", "comp"]), ["completions"]);
    assert_eq!(completed(&["my-shop", "state", "mv", "--sta"]), ["--state", "--stack"]);
    assert_eq!(completed(&["my-shop", "plan", "--stack", "pr"]), ["production"]);
    assert_eq!(completed(&["my-shop", "keys", "ro"]), ["rotate"]);
    assert_eq!(completed(&["my-shop", "completions", "f"]), ["fish"]);
    // The program's own options as well.
    assert_eq!(completed(&["my-shop", "up", "--wor"]), ["--workers"]);
    assert_eq!(completed(&["my-shop", "up", "--place", "n"]), ["nbg1"]);
}

#[test]
fn every_shell_gets_completions_with_the_programs_options() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, text) = run("my-shop", &format!("completions {shell}"));
        assert_eq!(code, 0, "{shell}");
        for word in ["my-shop", "rollback", "workers", "doctor"] {
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
    let (stdout, stderr) = (Tape::default(), Tape::default());
    let console = Console::new(Cursor::new(""), stdout, stderr.clone());
    let program = async |_: &RunContext, _: &Stack| -> Result<(), ProgramError> { Ok(()) };
    let code = Runner::new("shop").run_with(["shop", "completions", "tcsh"], console, program);
    assert_eq!(code, 1);
    assert!(
        stderr.text().contains("possible values: bash, elvish, fish, powershell, zsh"),
        "{}",
        stderr.text()
    );
}

#[test]
fn a_page_is_written_for_each_command() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("man1");
    let (code, text) = run("my-shop", &format!("man --out {}", pages.display()));
    assert_eq!(code, 0);
    assert!(text.contains("manual pages are in"), "{text}");
    for name in ["my-shop", "my-shop-plan", "my-shop-state", "my-shop-state-mv", "my-shop-keys-rotate"] {
        let page = std::fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".TH "), "{name}");
        assert!(!page.contains("$ shop"), "{name}");
    }
    assert_eq!(std::fs::read_to_string(pages.join("my-shop.1")).unwrap(), run("my-shop", "man").1);
    // A program without settings has no command for them, and no page.
    assert!(!pages.join("my-shop-config.1").exists());
}

#[test]
fn a_page_reads_well() {
    if !has("groff") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    run("my-shop", &format!("man --out {}", directory.path().display()));
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let output =
            Command::new("groff").args(["-man", "-Tascii", "-ww", "-P-c"]).arg(&path).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{}: {told}", path.display());
    }
    let page = directory.path().join("my-shop-plan.1");
    let output = Command::new("groff").args(["-man", "-Tascii", "-P-cbou"]).arg(&page).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["NAME", "SYNOPSIS", "--detailed-exitcode", "EXAMPLES", "--workers"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let example = "my-shop plan --out web.plan       keep the plan, for `show` and `apply`";
    assert!(text.lines().any(|line| line.trim() == example), "examples keep their lines: {text}");
}
