//! `replay`: a past run once more, from the history and from a file.

use iac_core::Stack;

use crate::cloud::Machine;
use crate::desk::Desk;
use crate::transcripts::{Declared, first};

/// One create fails, and what needs it is not tried.
fn failing(stack: &Stack) -> Declared {
    let big = stack.add("big", Machine::args().size(500u32))?;
    stack.add("next", Machine::args().size(1u32).peer(&big.address))?;
    stack.add("apart", Machine::args().size(3u32))?;
    Ok(())
}

/// The events among JSON lines, from the begin of the run on.
fn events(stdout: &str) -> Vec<&str> {
    let lines = stdout.lines().filter(|line| line.contains("\"type\":\"event\""));
    lines.skip_while(|line| !line.contains("\"run_started\"")).collect()
}

#[test]
fn a_run_is_shown_as_it_was_and_its_json_is_the_same_line_by_line() {
    for program in [first, failing] {
        let mut desk = Desk::default();
        let up = desk.run("up --yes --json --parallelism 1", program);
        let replayed = desk.run("replay 1 --json", program);
        assert_eq!(replayed.code, 0);
        assert_eq!(replayed.stdout.lines().collect::<Vec<_>>(), events(&up.stdout));
    }
}

#[test]
fn a_recorded_file_is_shown_without_a_state() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let mut desk = Desk { width: 1000, ..Desk::default() };
    let up = desk.run("up --yes --json --parallelism 1", failing);
    std::fs::write(path("up.jsonl"), &up.stdout).unwrap();
    let from_run = desk.run("replay 1", failing).stdout;
    let mut elsewhere = Desk { width: 1000, ..Desk::default() };
    let from_file = elsewhere.run(&format!("replay --from {}", path("up.jsonl")), failing);
    assert_eq!(from_file.code, 0);
    // The history's line comes first where there is a history.
    assert_eq!(from_run.split_once('\n').unwrap().1, from_file.stdout);
    let again = elsewhere.run(&format!("replay --json --from {}", path("up.jsonl")), failing);
    assert_eq!(again.stdout.lines().collect::<Vec<_>>(), events(&up.stdout));

    // A newer program's file, one that was cut, and what is none.
    let later = up.stdout.replace("\"step_skipped\"", "\"later\"");
    std::fs::write(path("later.jsonl"), later).unwrap();
    std::fs::write(path("cut.jsonl"), &up.stdout[..up.stdout.len() - 20]).unwrap();
    std::fs::write(path("v2.jsonl"), up.stdout.replace("{\"v\":1", "{\"v\":2")).unwrap();
    std::fs::write(path("text.jsonl"), "Plan for shop/dev\n").unwrap();
    std::fs::write(path("empty.jsonl"), "").unwrap();
    let mut desk = Desk { width: 1000, ..Desk::default() };
    for (name, code) in
        [("up", 0), ("later", 0), ("cut", 0), ("empty", 0), ("v2", 1), ("text", 1), ("missing", 1)]
    {
        let answer = desk.run(&format!("replay --from {}", path(&format!("{name}.jsonl"))), failing);
        assert_eq!(answer.code, code, "{name}: {}", answer.stderr);
    }
    desk.transcript = desk.transcript.replace(&path(""), "");
    desk.matches("replay_from");
}

#[test]
fn the_runs_of_a_history_are_shown_once_more() {
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", failing);
    desk.run("state mv apart alone", failing);
    desk.run("refresh", failing);
    desk.transcript.clear();
    assert_eq!(desk.run("replay 1", failing).code, 0);
    assert_eq!(desk.run("replay 1 --speed 1000", failing).code, 0);
    assert_eq!(desk.run("replay 2", failing).code, 0);
    assert_eq!(desk.run("replay 9", failing).code, 1);
    assert_eq!(desk.run("replay 0", failing).code, 1);
    assert_eq!(desk.run("replay", failing).code, 1);
    assert_eq!(desk.run("replay 1 --from x", failing).code, 1);
    assert_eq!(desk.run("replay 1 --speed 0", failing).code, 1);
    desk.matches("replay");
}
