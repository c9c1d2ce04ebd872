//! A retained object stays in the cloud when its resource leaves the stack.

use iac_core::{Options, Stack};

use crate::world::{Declared, World, node, steps};

fn web(image: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| s.add_with("web", node!(image), Options::new().retain_on_delete()).map(drop)
}

#[tokio::test]
async fn the_state_forgets_and_the_cloud_keeps() {
    for mut world in World::both() {
        world.up(web("a")).await;
        let plan = world.plan(|_| Ok(())).await;
        assert_eq!(steps(&plan), ["forget web"]);
        let outcome = world.apply(|_| Ok(()), &plan).await;
        assert!(outcome.succeeded());
        assert_eq!(world.cloud.inventory().len(), 1);
        assert!(world.snapshot().await.resources.is_empty());
    }
}

#[tokio::test]
async fn a_replacement_leaves_the_old_object_too() {
    let mut world = World::new();
    world.up(web("a")).await;
    let plan = world.plan(web("b")).await;
    assert_eq!(steps(&plan), ["create_replacement web", "forget web"]);
    let outcome = world.apply(web("b"), &plan).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failures);
    assert_eq!(world.cloud.inventory().len(), 2);
    assert!(!world.plan(web("b")).await.has_changes());
}

#[tokio::test]
async fn the_option_is_remembered_when_only_it_changes() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    assert_eq!(world.up(web("a")).await, ["record web"]);
    assert!(world.row("web").await.retain);
}
