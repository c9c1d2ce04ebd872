//! Order without a field.

use iac_core::{Options, Stack};

use crate::world::{Declared, World, node};

fn program(depends: bool) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let z = s.add("z", node!("x"))?;
        let options = if depends { Options::new().depends_on(&z) } else { Options::new() };
        s.add_with("a", node!("x"), options).map(drop)
    }
}

#[tokio::test]
async fn it_orders_creates_and_deletes() {
    let mut world = World::new();
    world.up(program(true)).await;
    assert_eq!(world.cloud.mutations(), ["create z", "create a"]);
    world.cloud.forget_calls();
    world.destroy(program(true)).await;
    assert_eq!(world.cloud.mutations(), ["delete a", "delete z"]);
}

#[tokio::test]
async fn adding_it_later_is_recorded_for_the_delete() {
    let mut world = World::new();
    world.up(program(false)).await;
    assert_eq!(world.up(program(true)).await, ["record a"]);
    world.cloud.forget_calls();
    world.destroy(program(true)).await;
    assert_eq!(world.cloud.mutations(), ["delete a", "delete z"]);
}

#[tokio::test]
async fn the_order_of_lines_means_nothing() {
    let mut world = World::new();
    world
        .up(|s| {
            let a = s.add("a", node!("x"))?;
            let b = s.add("b", node!("x"))?;
            s.add("c", node!("x").peers([&a, &b])).map(drop)
        })
        .await;
    let swapped = |s: &Stack| {
        let b = s.add("b", node!("x"))?;
        let a = s.add("a", node!("x"))?;
        s.add("c", node!("x").peers([&a, &b])).map(drop)
    };
    let plan = world.plan(swapped).await;
    assert!(!plan.has_changes(), "{:?}", crate::world::steps(&plan));
}
