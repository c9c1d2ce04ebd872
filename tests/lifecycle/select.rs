//! Targets and excludes: the part of the stack that a plan may touch.

use iac_core::{PlanOptions, Stack};

use crate::world::{Declared, World, node, steps};

fn program(image: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let a = s.add("a", node!(image))?;
        let b = s.add("b", node!(image).parent(&a))?;
        s.add("c", node!(image).parent(&b))?;
        s.add("other", node!(image)).map(drop)
    }
}

fn targets(paths: &[&str]) -> PlanOptions {
    let mut options = PlanOptions::new();
    options.targets = paths.iter().map(|path| (*path).to_owned()).collect();
    options
}

fn excludes(paths: &[&str]) -> PlanOptions {
    let mut options = PlanOptions::new();
    options.excludes = paths.iter().map(|path| (*path).to_owned()).collect();
    options
}

#[tokio::test]
async fn a_target_brings_what_it_needs_and_nothing_else() {
    let mut world = World::new();
    let plan = world.try_plan(program("x"), targets(&["b"])).await.unwrap();
    assert_eq!(steps(&plan), ["create a", "create b"]);
    assert!(world.apply(program("x"), &plan).await.succeeded());
    assert_eq!(world.up(program("x")).await, ["create c", "create other"]);
}

#[tokio::test]
async fn an_exclude_holds_what_needs_it() {
    let mut world = World::new();
    let plan = world.try_plan(program("x"), excludes(&["b"])).await.unwrap();
    assert_eq!(steps(&plan), ["create a", "create other"]);
    world.up(program("x")).await;
    let noted = |s: &Stack| {
        let a = s.add("a", node!("x").note("n"))?;
        let b = s.add("b", node!("x").parent(&a).note("n"))?;
        s.add("c", node!("x").parent(&b).note("n"))?;
        s.add("other", node!("x")).map(drop)
    };
    let plan = world.try_plan(noted, excludes(&["b"])).await.unwrap();
    assert_eq!(steps(&plan), ["update a"]);
}

#[tokio::test]
async fn deletes_outside_the_targets_wait() {
    let mut world = World::new();
    world.up(program("x")).await;
    let fewer = |s: &Stack| s.add("a", node!("x").note("n")).map(drop);
    let plan = world.try_plan(fewer, targets(&["a"])).await.unwrap();
    // What needs a target and left the program goes with it; `other` stays.
    assert!(!steps(&plan).contains(&"delete other".to_owned()), "{:?}", steps(&plan));
    assert!(world.apply(fewer, &plan).await.succeeded());
    world.up(fewer).await;
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test]
async fn an_excluded_row_keeps_what_it_needs_when_everything_is_destroyed() {
    let mut world = World::new();
    world.up(program("x")).await;
    let mut options = PlanOptions::new().destroy();
    options.excludes = vec!["b".into()];
    let plan = world.try_plan(program("x"), options).await.unwrap();
    assert_eq!(steps(&plan).len(), 2, "{:?}", steps(&plan));
    assert!(world.apply(program("x"), &plan).await.succeeded());
    let left: Vec<String> =
        world.snapshot().await.resources.keys().map(|urn| urn.path().to_owned()).collect();
    assert_eq!(left, ["a", "b"]);
}

#[tokio::test]
async fn a_targeted_destroy_takes_what_needs_the_target() {
    let mut world = World::new();
    world.up(program("x")).await;
    let mut options = targets(&["b"]);
    options.destroy = true;
    let plan = world.try_plan(program("x"), options).await.unwrap();
    assert_eq!(steps(&plan), ["delete c", "delete b"]);
    assert!(world.apply(program("x"), &plan).await.succeeded());
    world.consistent().await;
}

#[tokio::test]
async fn a_name_that_is_not_there_is_refused() {
    let mut world = World::new();
    let text = world.try_plan(program("x"), targets(&["typo"])).await.unwrap_err().to_string();
    assert!(text.contains("no resource of this stack is called \"typo\""), "{text}");
}
