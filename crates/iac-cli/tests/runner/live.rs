//! What is left on a terminal after progress was drawn on it, the other ways to show it, and the end of an
//! apply.

use std::io::Cursor;

use iac_cli::{Console, EXIT_DONE, RunContext};
use iac_core::Stack;

use crate::cloud::{Disk, Machine};
use crate::desk::{Desk, Tape, shown};
use crate::transcripts::{Declared, first, second};

/// More failures than are shown in full.
fn many_too_big(stack: &Stack) -> Declared {
    for number in 0..25u32 {
        stack.add(format!("big-{number:02}"), Machine::args().size(500u32))?;
    }
    Ok(())
}

fn failing(stack: &Stack) -> Declared {
    let big = stack.add("big", Machine::args().size(500u32))?;
    stack.add("next", Machine::args().size(1u32).peer(&big.address))?;
    stack.add("apart", Machine::args().size(3u32))?;
    Ok(())
}

#[test]
fn a_terminal_keeps_one_line_for_each_step() {
    let mut desk = Desk { width: 80, rows: Some(24), ..Desk::default() };
    assert_eq!(desk.run("up --yes --parallelism 1", first).code, 0);
    assert_eq!(desk.run("up --yes --parallelism 1 --allow-renames --destroy-data data", second).code, 0);
    desk.width = 40;
    assert_eq!(desk.run("destroy --yes --destroy-data dev --parallelism 1", second).code, 0);
    assert_eq!(desk.run("up --yes --parallelism 1", failing).code, 1);
    desk.matches("live");
}

#[test]
fn progress_is_shown_as_it_is_asked_for() {
    fn one(stack: &Stack) -> Declared {
        stack.add("web", Machine::args().size(1u32))?;
        Ok(())
    }
    fn none(_: &Stack) -> Declared {
        Ok(())
    }
    let mut desk = Desk { width: 80, ..Desk::default() };
    assert_eq!(desk.run("up --yes --progress none", one).code, 0);
    assert_eq!(desk.run("up --yes --progress plain", none).code, 0);
    assert_eq!(desk.run("up --yes --progress none", failing).code, 1);
    // Escape codes go nowhere unless they are asked for, colours or not.
    desk.color = true;
    assert!(!desk.run("up --yes", one).stdout.contains("\u{1b}[2K"));
    desk.color = false;
    let plain = desk.run("destroy --yes", one).stdout;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    desk.run("up --progress sometimes", one);
    desk.transcript.clear();
    assert_eq!(desk.run("up --yes --progress none", one).code, 0);
    assert_eq!(desk.run("destroy --yes --progress plain", one).code, 0);
    assert_eq!(desk.run("up --yes --progress none", failing).code, 1);
    desk.matches("progress");
}

#[test]
fn a_plan_is_shown_step_by_step_before_it_is_approved() {
    fn long(stack: &Stack) -> Declared {
        let web = stack.add("web", Machine::args().size(1u32).script("apt-get update\n".repeat(20)))?;
        let secret = iac_core::Secret::from("hunter2-canary");
        stack.add("database", Machine::args().size(2u32).peer(&web.address).password(secret))?;
        stack.add("data", Disk::args().format("ext4"))?;
        Ok(())
    }
    let mut desk = Desk { typed: Some("details\nno\n"), width: 80, ..Desk::default() };
    let answer = desk.run("up", long);
    assert_eq!(answer.code, 1);
    assert!(!answer.stdout.contains("hunter2-canary"));
    desk.typed = Some("details\nyes\n");
    assert_eq!(desk.run("up --parallelism 1", long).code, 0);
    desk.matches("details");
}

#[test]
fn many_failures_are_counted_beyond_the_first() {
    let mut desk = Desk { width: 80, ..Desk::default() };
    let answer = desk.run("up --yes --parallelism 1", many_too_big);
    assert_eq!(answer.stderr.matches("error: failed to create").count(), 20, "{}", answer.stderr);
    let more = "5 more steps failed; `shop history show 1` shows them all";
    assert!(answer.stderr.contains(more), "{}", answer.stderr);
    // Programs are told of each.
    let answer = desk.run("up --yes --json", many_too_big);
    assert_eq!(answer.stdout.matches("\"type\":\"error\"").count(), 25);
}

#[test]
fn after_a_failure_the_cost_is_that_of_what_was_done() {
    let mut desk = Desk { width: 80, ..Desk::default() };
    desk.cloud.priced = true;
    let answer = desk.run("up --yes --parallelism 1", failing);
    assert!(answer.stdout.ends_with("Monthly cost now: 3.35 EUR net, 0.00 before.\n"), "{}", answer.stdout);
}

#[test]
fn after_a_panic_of_a_provider_the_drawing_goes_on_and_the_cursor_is_visible() {
    let desk = Desk::default();
    let mut cloud = desk.cloud.clone();
    cloud.panics = true;
    let (stdout, stderr) = (Tape::default(), Tape::default());
    let console = Console::new(Cursor::new(""), stdout.clone(), stderr.clone()).terminal(80, 24);
    let code = desk.runner().run_with(
        ["shop", "up", "--yes"],
        console,
        async |_: &RunContext, stack: &Stack| -> Declared {
            stack.provider_instance(cloud.instance())?;
            stack.add("web", Machine::args().size(1u32))?;
            Ok(())
        },
    );
    // The engine looked at what became of the call, and found what it had made.
    assert_eq!(code, EXIT_DONE, "{}", stderr.text());
    let bytes = stdout.text();
    assert_eq!(bytes.matches("\u{1b}[?25l").count(), bytes.matches("\u{1b}[?25h").count());
    let screen = shown(&bytes, 80);
    assert!(screen.contains("Done: 1 created") && !screen.contains("elapsed"), "{screen}");
}
