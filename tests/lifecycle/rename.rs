//! A delete and a create that look like one renamed resource are refused, with the way out.

use iac_core::{PlanOptions, Stack};

use crate::world::{World, node, steps};

#[tokio::test]
async fn a_suspected_rename_is_refused_and_names_the_alias() {
    let mut world = World::new();
    world.up(|s| s.add("old", node!("a").note("n")).map(drop)).await;
    let text = world.refusal(|s| s.add("new", node!("a").note("n")).map(drop)).await;
    assert!(text.contains("looks like urn:philotes:dev:fake:node:old under a new name"), "{text}");
    assert!(text.contains("alias(\"old\")"), "{text}");
}

#[tokio::test]
async fn it_can_be_allowed() {
    let mut world = World::new();
    world.up(|s| s.add("old", node!("a")).map(drop)).await;
    let new = |s: &Stack| s.add("new", node!("a")).map(drop);
    let mut options = PlanOptions::new();
    options.allow_renames = true;
    let plan = world.try_plan(new, options).await.unwrap();
    assert_eq!(steps(&plan), ["create new", "delete old"]);
    assert!(world.apply(new, &plan).await.succeeded());
    world.settled(new).await;
}

#[tokio::test]
async fn different_inputs_are_no_rename() {
    let mut world = World::new();
    world.up(|s| s.add("old", node!("a")).map(drop)).await;
    let steps = world.up(|s| s.add("new", node!("b")).map(drop)).await;
    assert_eq!(steps, ["create new", "delete old"]);
}
