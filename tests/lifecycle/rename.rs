//! A delete and a create that look like one renamed resource are refused, with the way out.

use iac_core::{Options, PlanOptions, Stack};

use crate::world::{Declared, World, node, steps};

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

/// Two nodes of different images, under these names and with these aliases.
fn pair(names: [&'static str; 2], aliases: [&'static str; 2]) -> impl Fn(&Stack) -> Declared {
    move |s| {
        for ((name, alias), image) in names.into_iter().zip(aliases).zip(["one", "two"]) {
            s.add_with(name, node!(image), Options::new().alias(alias))?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn two_names_are_swapped_through_a_third() {
    for mut world in World::both() {
        world.up(pair(["a", "b"], ["a", "b"])).await;
        let (one, two) = (world.row("a").await.id.clone(), world.row("b").await.id.clone());
        world.cloud.forget_calls();
        for (names, aliases) in [(["c", "b"], ["a", "b"]), (["c", "a"], ["c", "b"]), (["b", "a"], ["c", "a"])]
        {
            let steps = world.up(pair(names, aliases)).await;
            assert!(steps.len() == 1 && steps[0].starts_with("record "), "{steps:?}");
        }
        assert_eq!((world.row("b").await.id.clone(), world.row("a").await.id.clone()), (one, two));
        assert_eq!(world.cloud.mutations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_swap_at_once_is_shown_as_what_it_is() {
    let mut world = World::new();
    world.up(pair(["a", "b"], ["a", "b"])).await;
    // Both names are in use, so neither alias counts: each name gets the other one's inputs.
    let plan = world.plan(pair(["b", "a"], ["a", "b"])).await;
    assert_eq!(plan.summary.replace, 2, "{:?}", steps(&plan));
}

#[tokio::test]
async fn a_rename_across_scopes_is_suspected_too() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    let text = world.refusal(|s| s.scope("edge")?.add("web", node!("a")).map(drop)).await;
    assert!(text.contains("looks like urn:philotes:dev:fake:node:web under a new name"), "{text}");
    world.up(|s| s.scope("edge")?.add_with("web", node!("a"), Options::new().alias("web")).map(drop)).await;
    let text = world.refusal(|s| s.add("web", node!("a")).map(drop)).await;
    assert!(text.contains("alias(\"edge/web\")"), "{text}");
}

#[tokio::test]
async fn an_alias_that_is_no_name_is_refused_and_not_overlooked() {
    let mut world = World::new();
    let text =
        world.refusal(|s| s.add_with("new", node!("a"), Options::new().alias("edge//web")).map(drop)).await;
    assert!(text.contains("its alias \"edge//web\" is neither a path nor a URN"), "{text}");
}
