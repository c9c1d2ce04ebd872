//! Hooks as a person sees them: planned, run, failed and owed.

use iac_core::{HookContext, HookPhase, Stack};

use crate::cloud::Machine;
use crate::desk::Desk;

fn program(stack: &Stack, answers: bool) -> Result<(), iac_cli::ProgramError> {
    let join = stack.hook("join-cluster", move |_: HookContext<Machine>| async move {
        if answers { Ok(()) } else { Err("the control plane does not answer yet") }
    })?;
    let drain = stack.hook("drain", |_: HookContext<Machine>| async { Ok::<_, String>(()) })?;
    let node = stack.scope("pool")?.add("node", Machine::args().size(1u32))?;
    stack.attach(&node, HookPhase::AfterCreate, &join);
    stack.attach(&node, HookPhase::BeforeDelete, &drain);
    stack.add("next", Machine::args().size(1u32).peer(&node.address))?;
    Ok(())
}

#[test]
fn hooks_are_shown_run_and_told_when_they_fail() {
    let mut desk = Desk::default();
    assert_eq!(desk.run("up --yes --parallelism 1", |stack| program(stack, false)).code, 1);
    assert_eq!(desk.run("plan", |stack| program(stack, true)).code, 0);
    assert_eq!(desk.run("up --yes --parallelism 1", |stack| program(stack, true)).code, 0);
    assert_eq!(desk.run("history 2", |stack| program(stack, true)).code, 0);
    assert_eq!(desk.run("destroy --yes --parallelism 1", |stack| program(stack, true)).code, 0);
    desk.matches("hooks");
}
