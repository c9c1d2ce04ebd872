//! What is unknown at plan time, and what stable attributes keep known.

use iac_core::{Stack, Value, interpolate};

use crate::world::{Declared, World, making, node, steps};

#[tokio::test]
async fn what_depends_on_a_new_resource_is_unknown_until_it_exists() {
    let mut world = World::new();
    let program = |s: &Stack| {
        let a = s.add("a", node!("x"))?;
        s.add("b", node!("x").note(interpolate!("peer {}", &a.address)).parent(&a))?;
        s.export("note", interpolate!("{}!", &a.address))
    };
    let plan = world.plan(program).await;
    let inputs = &making(&plan, "b").inputs;
    assert_eq!((inputs.get("note"), inputs.get("parent")), (&Value::Unknown, &Value::Unknown));
    world.up(program).await;
    assert_eq!(world.object("b").await.text("note"), "peer 10.0.0.1");
    assert_eq!(world.snapshot().await.exports["note"], "10.0.0.1!".into());
}

fn stable(size: u32) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let a = s.add("a", iac_testkit::fake::Node::args().size(size).image("x"))?;
        s.add("b", node!("x").note(&a.address).parent(&a)).map(drop)
    }
}

#[tokio::test]
async fn an_update_keeps_ids_and_stable_attributes_known() {
    let mut world = World::new();
    world.up(stable(1)).await;
    assert_eq!(world.up(stable(2)).await, ["update a"]);
}

fn unstable(size: u32) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let a = s.add("a", iac_testkit::fake::Node::args().size(size).image("x"))?;
        s.add("b", node!("x").note(a.revision.map(|n| n.to_string()))).map(drop)
    }
}

#[tokio::test]
async fn an_update_makes_other_attributes_unknown() {
    let mut world = World::new();
    world.up(unstable(1)).await;
    let plan = world.plan(unstable(2)).await;
    assert_eq!(steps(&plan), ["update a", "update b"]);
    assert_eq!(making(&plan, "b").inputs.get("note"), &Value::Unknown);
    world.up(unstable(2)).await;
    assert_eq!(world.object("b").await.text("note"), "1");
}

#[tokio::test]
async fn a_replacement_makes_everything_unknown() {
    let mut world = World::new();
    let program = |image: &'static str| {
        move |s: &Stack| {
            let a = s.add("a", node!(image))?;
            s.add("b", node!("x").note(&a.address)).map(drop)
        }
    };
    world.up(program("a")).await;
    let plan = world.plan(program("b")).await;
    assert_eq!(steps(&plan), ["create_replacement a", "update b", "delete_replaced a"]);
    world.up(program("b")).await;
}

#[tokio::test]
async fn a_function_of_an_unknown_runs_once_it_is_known_and_its_error_stops_that_step() {
    let mut world = World::new();
    let program = |s: &Stack| {
        let a = s.add("a", node!("x"))?;
        let bad = a.address.try_map(|text| Err::<String, _>(format!("cannot use {text}")));
        s.add("b", node!("x").note(bad))?;
        s.add("c", node!("x")).map(drop)
    };
    let outcome = world.try_up(program).await;
    assert_eq!((outcome.done, outcome.failures.len()), (2, 1));
    assert!(outcome.failures[0].error.to_string().contains("cannot use 10.0.0.1"), "{:?}", outcome.failures);
}
