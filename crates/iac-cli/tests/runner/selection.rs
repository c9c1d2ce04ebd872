//! Targets, excludes and replacements, as a person sees them: what is drawn in, what stays, why.

use iac_core::{Options, Stack};

use crate::cloud::{Disk, Machine};
use crate::desk::Desk;

type Declared = Result<(), iac_cli::ProgramError>;

/// `api` points at `web`, `worker` at `api`; `backup` only comes after `web`; `apart` is apart.
fn in_region(stack: &Stack, region: &str) -> Declared {
    let web = stack.add("web", Machine::args().size(10u32).region(region))?;
    let api = stack.add("api", Machine::args().size(20u32).peer(&web.address))?;
    stack.add("worker", Machine::args().size(30u32).peer(&api.address))?;
    stack.add_with("backup", Machine::args().size(1u32), Options::new().depends_on(&web))?;
    stack.add("apart", Disk::args().format("ext4"))?;
    Ok(())
}

fn old(stack: &Stack) -> Declared {
    in_region(stack, "nbg1")
}

fn moved(stack: &Stack) -> Declared {
    in_region(stack, "fsn1")
}

fn built() -> Desk {
    let mut desk = Desk::default();
    desk.run("up --yes --parallelism 1", old);
    desk.transcript.clear();
    desk
}

#[test]
fn a_replaced_target_draws_in_who_points_at_it() {
    let mut desk = built();
    assert_eq!(desk.run("plan --target web", moved).code, 0);
    assert_eq!(desk.run("up --yes --target web --parallelism 1", moved).code, 0);
    assert_eq!(desk.run("plan --detailed-exitcode", moved).code, 0);
    let machines = desk.cloud.machines.lock().unwrap().clone();
    let addresses: Vec<String> = machines.keys().map(|id| format!("{id}.example")).collect();
    for peer in machines.values().filter_map(|found| found.peer.clone()) {
        assert!(addresses.contains(&peer), "{peer} is gone");
    }
    desk.matches("target_replaced");
}

#[test]
fn what_would_point_at_nothing_cannot_be_excluded() {
    let mut desk = built();
    assert_eq!(desk.run("plan --exclude api", moved).code, 1);
    assert_eq!(desk.run("plan --exclude web", moved).code, 0);
    assert_eq!(desk.run("plan --target apart --replace web", old).code, 1);
    assert_eq!(desk.run("plan --target apart --replace apart --json", old).code, 0);
    desk.matches("exclude_refused");
}

#[test]
fn a_part_of_the_stack_is_destroyed_with_what_needs_it() {
    let mut desk = built();
    assert_eq!(desk.run("destroy --exclude api", old).code, 1);
    assert_eq!(desk.run("destroy --target api --yes --parallelism 1", old).code, 0);
    assert_eq!(desk.run("state list", old).code, 0);
    desk.matches("destroy_part");
}
