//! Differences that are none: sets, networks, defaults of the cloud, what is never given back.

use crate::world::{World, node, steps};

#[tokio::test]
async fn the_order_of_a_set_and_the_spelling_of_a_network_mean_nothing() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a").tags(["x", "y"]).network("10.0.0.7/16")).map(drop)).await;
    world.cloud.forget_calls();
    world.up(|s| s.add("web", node!("a").tags(["y", "x"]).network("10.0.0.0/16")).map(drop)).await;
    assert_eq!(world.cloud.mutations(), Vec::<String>::new());
    let plan = world.plan(|s| s.add("web", node!("a").tags(["y", "z"])).map(drop)).await;
    assert_eq!(steps(&plan), ["update web"]);
}

#[tokio::test]
async fn what_the_cloud_chose_is_no_difference() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    assert_eq!(world.object("web").await.text("zone"), "zone-a");
    // An update of something else leaves the choice alone.
    world.up(|s| s.add("web", node!("a").note("x")).map(drop)).await;
    assert_eq!(world.object("web").await.text("zone"), "zone-a");
    // Naming another value is a change.
    let plan = world.plan(|s| s.add("web", node!("a").note("x").zone("zone-b")).map(drop)).await;
    assert_eq!(steps(&plan), ["update web"]);
}

#[tokio::test]
async fn a_write_only_field_changes_when_the_program_does() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a").user_data("one")).map(drop)).await;
    let steps = world.up(|s| s.add("web", node!("a").user_data("two")).map(drop)).await;
    assert_eq!(steps, ["update web"]);
    assert_eq!(world.object("web").await.text("user_data"), "two");
}
