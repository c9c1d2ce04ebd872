//! Whole runs as a person or a script sees them, against stored transcripts.

use iac_core::{Options, Stack};

use crate::cloud::{Disk, Machine};
use crate::desk::Desk;

pub(crate) type Declared = Result<(), iac_cli::ProgramError>;

const SCRIPT: &str =
    "#!/bin/sh\nset -e\napt-get update\napt-get install -y nginx\nsystemctl enable nginx\nreboot\n";
const NEW_SCRIPT: &str = "#!/bin/sh\nset -eu\napt-get update\napt-get install -y nginx\nsystemctl enable nginx\nreboot\necho never\n";
const SECRET: &str = "hunter2-canary";

pub(crate) fn first(stack: &Stack) -> Declared {
    let edge = stack.scope("edge")?;
    let web = edge.add(
        "web",
        Machine::args().size(10u32).region("nbg1").script(SCRIPT).password(iac_core::Secret::from(SECRET)),
    )?;
    let database = stack.add("database", Machine::args().size(20u32).peer(&web.address))?;
    stack.add("data", Disk::args().format("ext4"))?;
    stack.add_with("old", Machine::args().size(1u32), Options::new().depends_on(&database))?;
    stack.export("address", &web.address)?;
    stack.export("region", "nbg1")?;
    Ok(())
}

/// Updates the script and the password of `web`, replaces `database` and `data`, deletes `old`,
/// creates `cache`.
pub(crate) fn second(stack: &Stack) -> Declared {
    let edge = stack.scope("edge")?;
    let web = edge.add(
        "web",
        Machine::args()
            .size(12u32)
            .region("nbg1")
            .script(NEW_SCRIPT)
            .password(iac_core::Secret::from("hunter3-canary")),
    )?;
    let database = stack.add("database", Machine::args().size(20u32).region("fsn1").peer(&web.address))?;
    stack.add("data", Disk::args().format("xfs"))?;
    edge.scope("inner")?.add("cache", Machine::args().size(5u32).peer(&database.address))?;
    stack.export("address", &web.address)?;
    stack.export("database", &database.address)?;
    Ok(())
}

#[test]
fn a_stack_lives_from_its_first_plan_to_its_end() {
    let mut desk = Desk::default();
    assert_eq!(desk.run("plan --detailed-exitcode", first).code, 2);
    assert_eq!(desk.run("up --yes --parallelism 1", first).code, 0);
    assert_eq!(desk.run("plan --detailed-exitcode", first).code, 0);
    assert_eq!(desk.run("plan", second).code, 0);
    assert_eq!(desk.run("up -y --parallelism 1 --allow-renames --destroy-data data", second).code, 0);
    assert_eq!(desk.run("up --yes", second).code, 0);
    assert_eq!(desk.run("outputs", second).code, 0);
    assert_eq!(desk.run("outputs address", second).code, 0);
    assert_eq!(desk.run("outputs adress", second).code, 1);
    assert_eq!(desk.run("state list", second).code, 0);
    desk.now += 3 * 60 * 60 * 1000;
    assert_eq!(desk.run("state show edge/web", second).code, 0);
    assert_eq!(desk.run("state show nothing", second).code, 1);
    assert_eq!(desk.run("history", second).code, 0);
    assert_eq!(desk.run("history 2", second).code, 0);
    assert_eq!(desk.run("history 9", second).code, 1);
    assert_eq!(desk.run("destroy --yes --destroy-data dev --parallelism 1", second).code, 0);
    assert_eq!(desk.run("destroy --yes", second).code, 0);
    desk.matches("life");
}

#[test]
fn plans_fit_a_narrow_terminal() {
    let mut desk = Desk { width: 40, ..Desk::default() };
    desk.run("plan", first);
    desk.run("up --yes --parallelism 1", first);
    let plan = desk.run("plan --allow-renames", second);
    for line in plan.stdout.lines() {
        assert!(line.chars().count() <= 40, "{line:?}");
    }
    desk.matches("narrow");
}

#[test]
fn long_values_are_cut_and_their_length_is_told() {
    fn long(stack: &Stack) -> Declared {
        stack.add("web", Machine::args().size(1u32).script("x".repeat(500)))?;
        Ok(())
    }
    let mut desk = Desk { width: 60, ..Desk::default() };
    desk.run("plan", long);
    desk.matches("long_value");
}

#[test]
fn what_somebody_else_changed_is_shown_apart() {
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", first);
    {
        let mut machines = desk.cloud.machines.lock().unwrap();
        let web = machines.values_mut().find(|found| found.script.is_some()).unwrap();
        web.size = 99;
        machines.retain(|_, found| found.size != 1);
    }
    assert_eq!(desk.run("plan --no-refresh", first).code, 0);
    assert_eq!(desk.run("plan", first).code, 0);
    assert_eq!(desk.run("refresh", first).code, 0);
    assert_eq!(desk.run("state list", first).code, 0);
    desk.matches("drift");
}

#[test]
fn a_failure_says_what_was_not_done_and_what_to_do() {
    fn failing(stack: &Stack) -> Declared {
        let big = stack.add("big", Machine::args().size(500u32))?;
        let next = stack.add("next", Machine::args().size(1u32).peer(&big.address))?;
        stack.add("last", Machine::args().size(2u32).peer(&next.address))?;
        stack.add("apart", Machine::args().size(3u32))?;
        stack.export("address", &big.address)?;
        Ok(())
    }
    let mut desk = Desk::default();
    assert_eq!(desk.run("up --yes --parallelism 1", failing).code, 1);
    assert_eq!(desk.run("history 1", failing).code, 0);
    desk.matches("failure");
}

#[test]
fn every_fault_of_a_plan_is_told() {
    fn protected(stack: &Stack) -> Declared {
        stack.add_with("a", Machine::args().size(1u32), Options::new().protect())?;
        stack.add_with("b", Machine::args().size(1u32), Options::new().protect())?;
        Ok(())
    }
    fn nothing(_: &Stack) -> Declared {
        Ok(())
    }
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", protected);
    assert_eq!(desk.run("plan", nothing).code, 1);
    assert_eq!(desk.run("plan --target elsewhere --json", protected).code, 1);
    desk.matches("faults");
}

#[test]
fn without_a_terminal_nothing_is_applied_unasked() {
    let mut desk = Desk::default();
    assert_eq!(desk.run("up", first).code, 1);
    assert_eq!(desk.run("up --json", first).code, 1);
    assert!(desk.cloud.machines.lock().unwrap().is_empty());
    desk.matches("no_terminal");
}

#[test]
fn only_yes_goes_on_and_only_the_stacks_name_destroys() {
    fn one(stack: &Stack) -> Declared {
        stack.add("data", Disk::args().format("ext4"))?;
        Ok(())
    }
    let mut desk = Desk { typed: Some("y\n"), ..Desk::default() };
    assert_eq!(desk.run("up", one).code, 1);
    assert!(desk.cloud.disks.lock().unwrap().is_empty());
    desk.typed = Some("yes\n");
    assert_eq!(desk.run("up", one).code, 0);
    assert_eq!(desk.run("destroy", one).code, 1);
    assert_eq!(desk.cloud.disks.lock().unwrap().len(), 1);
    desk.typed = Some("dev\n");
    assert_eq!(desk.run("destroy", one).code, 0);
    assert!(desk.cloud.disks.lock().unwrap().is_empty());
    desk.matches("approval");
}

#[test]
fn a_stopped_run_says_so() {
    fn chain(stack: &Stack) -> Declared {
        let one = stack.add("one", Machine::args().size(1u32))?;
        stack.add("two", Machine::args().size(1u32).peer(&one.address))?;
        Ok(())
    }
    let mut desk = Desk::default();
    desk.cloud.cancel = Some(desk.cancel.clone());
    assert_eq!(desk.run("up --yes --parallelism 1", chain).code, 130);
    // An abandoned create is found by the next run, with nothing made twice.
    desk.cancel = iac_core::Cancel::new();
    desk.cancel.request();
    desk.cloud.cancel = Some(desk.cancel.clone());
    assert_eq!(desk.run("up --yes --parallelism 1", chain).code, 130);
    desk.matches("stopped");
}

#[test]
fn an_abandoned_step_is_resolved_by_the_next_run() {
    fn one(stack: &Stack) -> Declared {
        stack.add("one", Machine::args().size(1u32))?;
        Ok(())
    }
    let mut desk = Desk::default();
    // The create makes both requests itself, and then never answers.
    desk.cloud.cancel = Some(desk.cancel.clone());
    desk.cloud.hangs = true;
    assert_eq!(desk.run("up --yes", one).code, 130);
    desk.cloud.hangs = false;
    desk.cloud.cancel = None;
    desk.cancel = iac_core::Cancel::new();
    assert_eq!(desk.run("up --yes", one).code, 0);
    assert_eq!(desk.cloud.machines.lock().unwrap().len(), 1);
    desk.matches("abandoned");
}

#[test]
fn an_error_of_the_program_is_told_with_its_causes() {
    fn broken(stack: &Stack) -> Declared {
        stack.add("a", Machine::args().size(1u32))?;
        stack.add("a", Machine::args().size(1u32))?;
        Ok(())
    }
    let mut desk = Desk::default();
    assert_eq!(desk.run("plan", broken).code, 1);
    desk.matches("program_error");
}

#[test]
fn help_shows_examples() {
    let mut desk = Desk { width: 80, ..Desk::default() };
    for line in ["", "--help", "--version", "plan --help", "up --help", "outputs --help", "state --help"] {
        assert_eq!(desk.run(line, first).code, 0, "{line}");
    }
    assert_eq!(desk.run("plan --stack stagin", first).code, 1);
    assert_eq!(desk.run("pln", first).code, 1);
    desk.matches("help");
}

#[test]
fn json_lines_are_all_there_is_on_standard_output() {
    let mut desk = Desk::default();
    desk.run("plan --json", first);
    desk.run("up --yes --json --parallelism 1", first);
    desk.run("up --yes --json", first);
    desk.run("outputs --json", first);
    desk.run("state list --json", first);
    desk.run("state show edge/web --json", first);
    desk.run("history --json", first);
    let steps = desk.run("history 1 --json", first);
    desk.run("refresh --json", first);
    let end = desk.run("destroy --yes --destroy-data data --json --parallelism 1", first);
    for line in steps.stdout.lines().chain(end.stdout.lines()) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["v"], 1);
        assert!(line["type"].is_string());
    }
    desk.matches("json");
}

#[test]
fn no_output_of_any_kind_holds_a_secret() {
    fn exporting(stack: &Stack) -> Declared {
        first(stack)?;
        let token = stack.add("token", iac_core::random::RandomToken::args().bytes(8u32))?;
        stack.export("token", &token.hex)?;
        Ok(())
    }
    let mut desk = Desk::default();
    let mut shown = String::new();
    for line in [
        "plan",
        "plan --json",
        "up --yes",
        "up --yes --json",
        "outputs",
        "outputs --json",
        "outputs token",
        "state show edge/web",
        "state show token --json",
        "history 1 --json",
    ] {
        let answer = desk.run(line, exporting);
        assert_eq!(answer.code, 0, "{line}: {}", answer.stderr);
        shown.push_str(&answer.stdout);
        shown.push_str(&answer.stderr);
    }
    let exposed = desk.run("outputs token --show-secrets", exporting);
    let token = exposed.stdout.trim();
    assert_eq!(token.len(), 16, "{token}");
    assert!(!shown.contains(token), "the token was shown");
    assert!(!shown.contains("canary"), "the password was shown");
    assert!(shown.contains("[secret]"));
    assert_eq!(desk.run("outputs --json --show-secrets", exporting).code, 1);
}

#[test]
fn colours_are_written_where_they_are_wanted_only() {
    let mut desk = Desk { color: true, ..Desk::default() };
    assert!(desk.run("plan", first).stdout.contains("\u{1b}["));
    assert!(!desk.run("plan --json", first).stdout.contains("\u{1b}["));
    desk.color = false;
    assert!(!desk.run("plan", first).stdout.contains("\u{1b}["));
}
