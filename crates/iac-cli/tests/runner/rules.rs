//! Policies and budgets as a person sees them.

use iac_core::{Stack, Violation};

use crate::cloud::{Disk, Machine};
use crate::desk::Desk;

fn program(stack: &Stack, size: u32) -> Result<(), iac_cli::ProgramError> {
    stack.policy("small-machines", |plan| {
        let large = plan.of::<Machine>().filter(|machine| machine.inputs.get("size").as_int() > Some(8));
        large.map(|machine| Violation::deny("is larger than 8").of(machine).field("size")).collect()
    })?;
    stack.policy("protected-data", |plan| {
        let open = plan.of::<Disk>().filter(|disk| !disk.protect);
        open.map(|disk| Violation::warn("holds data and is not protected").of(disk)).collect()
    })?;
    stack.add("web", Machine::args().size(size))?;
    stack.add("data", Disk::args().format("ext4"))?;
    Ok(())
}

#[test]
fn policies_and_budgets_refuse_and_say_what_to_do() {
    let mut desk = Desk::default();
    assert_eq!(desk.run("up --yes", |stack| program(stack, 16)).code, 1);
    assert_eq!(desk.run("up --yes --parallelism 1", |stack| program(stack, 4)).code, 0);
    assert_eq!(desk.run("destroy --yes --max-deletes 1", |stack| program(stack, 4)).code, 1);
    assert_eq!(desk.run("destroy --yes --keep-data", |stack| program(stack, 4)).code, 1);
    desk.matches("rules");
}
