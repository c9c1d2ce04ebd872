//! What a plan is expected to take, what it took, and what held it up, as a person and as a program
//! see it.

use iac_cli::ProgramError;
use iac_core::Stack;

use crate::cloud::Machine;
use crate::desk::Desk;

/// Each takes as many seconds as its size.
fn machines(stack: &Stack, sizes: &[(&str, u32)]) -> Result<(), ProgramError> {
    for (name, size) in sizes {
        stack.add(*name, Machine::args().size(*size))?;
    }
    Ok(())
}

fn program(stack: &Stack) -> Result<(), ProgramError> {
    machines(stack, &[("cache", 40), ("database", 90), ("web", 70)])
}

fn with_another(stack: &Stack) -> Result<(), ProgramError> {
    program(stack)?;
    machines(stack, &[("worker", 30)])
}

fn desk() -> Desk {
    let mut desk = Desk::default();
    desk.cloud.takes_time = true;
    desk
}

#[test]
fn a_plan_says_how_long_it_will_take_and_a_run_how_long_it_took() {
    let mut desk = desk();
    assert_eq!(desk.run("up --yes --parallelism 1", program).code, 0);
    assert_eq!(desk.run("plan", with_another).code, 0);
    assert_eq!(desk.run("destroy --yes --parallelism 1", program).code, 0);
    assert_eq!(desk.run("plan", program).code, 0);
    let answer = desk.run("up --yes --parallelism 1", program);
    assert!(answer.stdout.contains("Expected duration: about 3 min 20 s (from 1 earlier run)."));
    assert!(answer.stdout.contains("Took 3 min 20 s, expected 3 min 20 s."));
    assert_eq!(desk.run("plan", program).code, 0);
    desk.matches("durations");
}

#[test]
fn a_run_that_would_be_stopped_on_the_way_is_refused() {
    let mut desk = desk();
    assert_eq!(desk.run("up --yes --parallelism 1", program).code, 0);
    assert_eq!(desk.run("destroy --yes", program).code, 0);
    let answer = desk.run("up --yes --parallelism 1 --max-seconds 60", program);
    assert_eq!(answer.code, 1);
    assert!(desk.cloud.machines.lock().unwrap().is_empty());
    desk.transcript.clear();
    desk.run("up --yes --parallelism 1 --max-seconds 60", program);
    desk.matches("durations_over_budget");
}

#[test]
fn a_program_gets_the_same_as_a_line_of_its_own() {
    let mut desk = desk();
    assert_eq!(desk.run("up --yes --parallelism 1", program).code, 0);
    desk.transcript.clear();
    let answer = desk.run("plan --json", with_another);
    let lines = answer.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let expected: Vec<_> = lines.filter(|line| line["type"] == "expected").collect();
    assert_eq!(expected.len(), 1);
    assert_eq!(expected[0]["total_ms"], 70_000);
    assert_eq!(expected[0]["steps"][0]["origin"], serde_json::json!({ "from": "type", "resources": 3 }));
}
