//! What a stack costs, as a person and as a program see it.

use iac_cli::ProgramError;
use iac_core::Stack;
use serde_json::Value as Json;

use crate::cloud::{Disk, Machine};
use crate::desk::Desk;

fn machines(stack: &Stack, sizes: &[(&str, u32)]) -> Result<(), ProgramError> {
    let edge = stack.scope("edge")?;
    for (name, size) in sizes {
        edge.add(*name, Machine::args().size(*size))?;
    }
    Ok(())
}

fn first(stack: &Stack) -> Result<(), ProgramError> {
    machines(stack, &[("web", 1), ("worker", 3)])?;
    stack.add("data", Disk::args().format("ext4"))?;
    Ok(())
}

/// One grows, one is replaced, one goes.
fn second(stack: &Stack) -> Result<(), ProgramError> {
    machines(stack, &[("web", 5)])?;
    stack.add("other", Machine::args().size(2u32).region("north"))?;
    stack.add("data", Disk::args().format("xfs"))?;
    Ok(())
}

fn only_machines(stack: &Stack) -> Result<(), ProgramError> {
    machines(stack, &[("web", 40)])
}

fn priced() -> Desk {
    let mut desk = Desk::default();
    desk.cloud.priced = true;
    desk
}

#[test]
fn the_cost_goes_with_every_plan_and_has_a_table_of_its_own() {
    let mut desk = priced();
    assert_eq!(desk.run("cost", |_| Ok(())).code, 0);
    assert_eq!(desk.run("plan", first).code, 0);
    assert_eq!(desk.run("cost", first).code, 0);
    assert_eq!(desk.run("up --yes --parallelism 1", first).code, 0);
    assert_eq!(desk.run("plan", first).code, 0);
    assert_eq!(desk.run("cost", second).code, 0);
    assert_eq!(desk.run("cost --live --no-refresh", second).code, 0);
    desk.width = 50;
    assert_eq!(desk.run("cost", second).code, 0);
    desk.matches("cost");
}

#[test]
fn an_increase_beyond_the_budget_is_refused() {
    let mut desk = priced();
    let refused = desk.run("up --yes --max-monthly-increase 44EUR", only_machines);
    assert_eq!(refused.code, 1);
    assert_eq!(desk.run("up --yes --max-monthly-increase 44.60EUR", only_machines).code, 0);
    assert_eq!(desk.run("up --yes --max-monthly-increase 0EUR", first).code, 1);
    assert_eq!(desk.run("up --yes --max-monthly-increase 0EUR --allow-unpriced", first).code, 0);
    assert_eq!(desk.run("up --yes --max-monthly-increase 5", first).code, 1);
    assert!(desk.cloud.machines.lock().unwrap().values().all(|machine| machine.size < 40));
    desk.matches("cost_budget");
}

#[test]
fn programs_read_exact_amounts_as_text() {
    let mut desk = priced();
    let lines = |text: &str| -> Vec<Json> {
        text.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
    };
    let planned = lines(&desk.run("plan --json", first).stdout);
    let then = &planned.last().unwrap()["cost"]["then"][0];
    assert_eq!(then["monthly"], serde_json::json!({ "amount": "4.46", "currency": "EUR" }));
    assert_eq!(then["vat"], "net");
    let told = lines(&desk.run("cost --json --live", first).stdout);
    let cost = told.iter().find(|line| line["type"] == "cost").unwrap();
    assert_eq!(cost["then"][0]["monthly"]["amount"], "13.34");
    assert_eq!((&cost["unpriced"], &cost["lists"][0]["date"]), (&Json::from(1), &Json::from("2026-11-21")));
    let web = cost["resources"].as_array().unwrap().iter();
    let web = web.clone().find(|one| one["urn"].as_str().unwrap().ends_with("edge/web")).unwrap();
    assert_eq!(web["then"]["amount"]["amount"], "3.335");
    assert_eq!(web["then"]["source"], "the fake API");
}
