//! Data: read before planning where the query is known, during the apply where it is not.

use iac_core::{ErrorKind, Options, PlanOptions, Stack};
use iac_testkit::fake::{CallOp, Fault, Lookup, Matcher, Moment};

use crate::world::{World, failures, making, node, steps};

#[tokio::test]
async fn a_known_query_is_read_before_planning_and_the_plan_shows_its_value() {
    for mut world in World::both() {
        world.cloud.set_data("image", "ubuntu");
        let program = |s: &Stack| {
            let image = s.read("image", Lookup::args().name("image"))?;
            s.add("web", node!(&image.value))?;
            s.export("image", &image.value)
        };
        let plan = world.plan(program).await;
        assert_eq!(steps(&plan), ["create web"]);
        assert_eq!(making(&plan, "web").inputs.get("image").as_str(), Some("ubuntu"));
        world.up(program).await;
        assert_eq!(world.object("web").await.text("image"), "ubuntu");
        assert_eq!(world.snapshot().await.exports["image"], "ubuntu".into());
    }
}

#[tokio::test]
async fn data_that_changes_is_a_change() {
    let mut world = World::new();
    world.cloud.set_data("note", "one");
    let program = |s: &Stack| {
        let note = s.read("note", Lookup::args().name("note"))?;
        s.add("web", node!("a").note(&note.value)).map(drop)
    };
    world.up(program).await;
    world.cloud.set_data("note", "two");
    assert_eq!(world.up(program).await, ["update web"]);
}

#[tokio::test]
async fn a_query_that_needs_data_is_read_in_the_next_round() {
    let mut world = World::new();
    world.cloud.set_data("first", "second");
    world.cloud.set_data("second", "found");
    let program = |s: &Stack| {
        let first = s.read("first", Lookup::args().name("first"))?;
        let second = s.read("second", Lookup::args().name(&first.value))?;
        s.add("web", node!("a").note(&second.value)).map(drop)
    };
    let plan = world.plan(program).await;
    assert_eq!(making(&plan, "web").inputs.get("note").as_str(), Some("found"));
    world.up(program).await;
}

/// Data that leads to data that leads to data.
fn chain(depth: usize) -> impl Fn(&Stack) -> crate::world::Declared {
    move |s| {
        let mut last = s.read("read-0", Lookup::args().name("data"))?;
        for level in 1..depth {
            last = s.read(format!("read-{level}"), Lookup::args().name(&last.value))?;
        }
        s.export("last", &last.value)
    }
}

#[tokio::test]
async fn a_chain_of_reads_is_bounded() {
    let mut world = World::new();
    world.cloud.set_data("data", "data");
    assert!(world.try_plan(chain(16), PlanOptions::new()).await.is_ok());
    let text = world.refusal(chain(17)).await;
    assert!(text.contains("more than 16 levels deep"), "{text}");
}

#[tokio::test]
async fn an_unknown_query_is_read_during_the_apply() {
    for mut world in World::both() {
        world.cloud.set_data("10.0.0.1", "rack-7");
        let program = |s: &Stack| {
            let a = s.add("a", node!("x"))?;
            let rack = s.read("rack", Lookup::args().name(&a.address))?;
            s.add("b", node!("x").note(&rack.value)).map(drop)
        };
        let plan = world.plan(program).await;
        assert_eq!(steps(&plan), ["create a", "read rack", "create b"]);
        assert_eq!(plan.summary.read, 1);
        world.up(program).await;
        assert_eq!(world.object("b").await.text("note"), "rack-7");
    }
}

#[tokio::test]
async fn a_read_that_depends_on_a_resource_waits_for_its_change() {
    let mut world = World::new();
    world.cloud.set_data("x", "value");
    let program = |s: &Stack| {
        let a = s.add("a", node!("x"))?;
        let data = s.read_with("data", Lookup::args().name("x"), Options::new().depends_on(&a))?;
        s.add("b", node!("x").note(&data.value)).map(drop)
    };
    let plan = world.plan(program).await;
    assert_eq!(steps(&plan), ["create a", "read data", "create b"]);
    world.up(program).await;
}

#[tokio::test]
async fn resources_that_meet_only_through_data_are_deleted_in_order() {
    let mut world = World::new();
    world.cloud.set_data("10.0.0.1", "rack-7");
    let program = |s: &Stack| {
        let base = s.add("a", node!("x"))?;
        let rack = s.read("rack", Lookup::args().name(&base.address))?;
        s.add("z", node!("x").note(&rack.value)).map(drop)
    };
    world.up(program).await;
    world.cloud.forget_calls();
    world.destroy(program).await;
    assert_eq!(world.cloud.mutations(), ["delete z", "delete a"]);
    assert_eq!(world.cloud.count(&Matcher::op(CallOp::Data)), 0, "a destroy reads no data");
}

#[tokio::test]
async fn data_that_is_not_there_stops_the_plan_or_the_step() {
    let mut world = World::new();
    let known = |s: &Stack| s.read("image", Lookup::args().name("nothing")).map(drop);
    let text = world.refusal(known).await;
    assert!(text.contains("there is no data called \"nothing\"") && text.contains("to go on:"), "{text}");

    let unknown = |s: &Stack| {
        let a = s.add("a", node!("x"))?;
        let rack = s.read("rack", Lookup::args().name(&a.address))?;
        s.add("b", node!("x").note(&rack.value))?;
        s.add("c", node!("x")).map(drop)
    };
    let outcome = world.try_up(unknown).await;
    assert_eq!(
        (outcome.done, outcome.failures.len(), outcome.skipped.len()),
        (2, 1, 1),
        "{:?}",
        failures(&outcome)
    );
}

#[tokio::test]
async fn a_failed_read_before_planning_names_the_resource() {
    let mut world = World::new();
    world.cloud.inject(Fault::once(Matcher::op(CallOp::Data), Moment::Before, ErrorKind::Unavailable));
    let text = world.refusal(|s| s.read("image", Lookup::args().name("x")).map(drop)).await;
    assert!(text.contains("urn:philotes:dev:fake:lookup:image"), "{text}");
}
