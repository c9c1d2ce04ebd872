//! A unique name that the program fixes leaves no room for two, so the old object goes first.

use crate::world::{World, node, reasons, steps};

#[tokio::test]
async fn a_pinned_name_falls_back_to_delete_first_and_says_why() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a").name("fixed")).map(drop)).await;
    let plan = world.plan(|s| s.add("web", node!("b").name("fixed")).map(drop)).await;
    assert_eq!(steps(&plan), ["delete_replaced web", "create_replacement web"]);
    assert!(
        reasons(&plan, "web").contains("the program fixes `name` to \"fixed\", which must be unique"),
        "{}",
        reasons(&plan, "web")
    );
    world.up(|s| s.add("web", node!("b").name("fixed")).map(drop)).await;
    assert_eq!(world.object("web").await.text("name"), "fixed");
}

#[tokio::test]
async fn a_name_that_changes_as_well_leaves_room() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a").name("one")).map(drop)).await;
    let plan = world.plan(|s| s.add("web", node!("b").name("two")).map(drop)).await;
    assert_eq!(steps(&plan), ["create_replacement web", "delete_replaced web"]);
}

#[tokio::test]
async fn a_name_that_somebody_else_has_is_an_error_of_that_step_alone() {
    let mut world = World::new();
    let inputs = iac_core::Value::map([
        ("name", "fixed".into()),
        ("size", iac_core::Value::Int(1)),
        ("image", "x".into()),
    ]);
    world.cloud.plant::<iac_testkit::fake::Node>(inputs);
    let outcome = world
        .try_up(|s| {
            s.add("web", node!("a").name("fixed"))?;
            s.add("other", node!("a")).map(drop)
        })
        .await;
    assert_eq!((outcome.failures.len(), outcome.done), (1, 1));
    assert!(outcome.failures[0].error.to_string().contains("is taken by node-0001"));
    assert_eq!(world.open_rows().await, 0);
}
