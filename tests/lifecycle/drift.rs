//! What changed or vanished outside, and how many calls it takes to see it.

use iac_core::{NoReporter, Stack, Value};
use iac_testkit::fake::{CallOp, Matcher, Node, Vague};

use crate::world::{Declared, World, node, reasons, steps};

fn nodes(count: usize) -> impl Fn(&Stack) -> Declared {
    move |s| {
        for number in 0..count {
            s.add(format!("n{number}"), node!("a"))?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_change_outside_is_shown_and_put_back() {
    for mut world in World::both() {
        world.up(nodes(1)).await;
        let id = world.row("n0").await.id.clone();
        world.cloud.mutate(&id, "note", "outside".into());
        let plan = world.plan(nodes(1)).await;
        assert_eq!(steps(&plan), ["update n0"]);
        assert_eq!(plan.drift.len(), 1);
        assert_eq!(plan.drift[0].diff[0].path.to_string(), "note");
        assert_eq!(plan.drift[0].diff[0].new, Value::from("outside"));
        world.up(nodes(1)).await;
        assert_eq!(world.object("n0").await.text("note"), "");
    }
}

#[tokio::test]
async fn a_change_outside_to_what_the_program_wants_now_is_only_recorded() {
    let mut world = World::new();
    world.up(nodes(1)).await;
    let id = world.row("n0").await.id.clone();
    world.cloud.mutate(&id, "note", "both".into());
    world.cloud.forget_calls();
    assert_eq!(world.up(|s| s.add("n0", node!("a").note("both")).map(drop)).await, ["record n0"]);
    assert_eq!(world.cloud.mutations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_vanished_is_created_again_and_its_dependants_follow() {
    for mut world in World::both() {
        let program = |s: &Stack| {
            let a = s.add("a", node!("x"))?;
            s.add("b", node!("x").parent(&a)).map(drop)
        };
        world.up(program).await;
        let old = world.row("a").await.id.clone();
        world.cloud.destroy(&old);
        let plan = world.plan(program).await;
        assert_eq!(steps(&plan), ["create a", "update b"]);
        assert!(reasons(&plan, "a").contains("it was deleted outside of this program"));
        assert!(plan.drift.iter().any(|drift| drift.missing));
        world.up(program).await;
        assert_eq!(world.object("b").await.text("parent"), world.row("a").await.id);
        assert_eq!(world.cloud.inventory().len(), 2);
    }
}

#[tokio::test]
async fn what_vanished_and_left_the_program_is_only_forgotten() {
    let mut world = World::new();
    world.up(nodes(1)).await;
    world.cloud.destroy("node-0001");
    world.up(|_| Ok(())).await;
    assert!(world.snapshot().await.resources.is_empty());
}

#[tokio::test]
async fn a_replacing_field_changed_outside_replaces() {
    let mut world = World::new();
    world.up(nodes(1)).await;
    world.cloud.mutate("node-0001", "image", "evil".into());
    assert_eq!(world.up(nodes(1)).await, ["create_replacement n0", "delete_replaced n0"]);
}

#[tokio::test]
async fn many_of_a_type_are_listed_in_pages_and_few_are_read() {
    let mut world = World::new();
    world.up(nodes(25)).await;
    world.cloud.set_page_size(10);
    let graph = world.graph(nodes(25));
    world.cloud.forget_calls();
    let report = world.engine.refresh(&graph, &mut NoReporter).await.unwrap();
    let list = Matcher::op(CallOp::List).of::<Node>();
    assert_eq!((world.cloud.count(&list), world.cloud.count(&Matcher::op(CallOp::Read))), (3, 0));
    assert_eq!((report.resources, report.calls, report.drifted, report.missing), (25, 3, 0, 0));

    let mut single = World::new();
    single.up(nodes(1)).await;
    single.cloud.forget_calls();
    let _ = single.plan(nodes(1)).await;
    assert_eq!((single.cloud.count(&list), single.cloud.count(&Matcher::op(CallOp::Read))), (0, 1));
}

#[tokio::test]
async fn listing_stops_where_reading_would_have_been_cheaper() {
    let mut world = World::new();
    for number in 0..40 {
        let name = format!("foreign-{number}");
        let inputs = Value::map([("name", name.into()), ("size", Value::Int(1)), ("image", "x".into())]);
        world.cloud.plant::<Node>(inputs);
    }
    world.cloud.set_page_size(10);
    let outcome = world.try_up(nodes(2)).await;
    assert!(outcome.succeeded());
    world.cloud.forget_calls();
    let plan = world.plan(nodes(2)).await;
    assert!(!plan.has_changes());
    let calls = world.cloud.count(&Matcher::op(CallOp::List)) + world.cloud.count(&Matcher::op(CallOp::Read));
    assert!(calls <= 4, "{calls} calls for two resources");
}

#[tokio::test]
async fn a_type_without_listing_is_read_one_by_one() {
    let mut world = World::new();
    let program = |s: &Stack| {
        for name in ["a", "b", "c"] {
            s.add(name, Vague::args().content(name))?;
        }
        Ok(())
    };
    world.up(program).await;
    world.cloud.forget_calls();
    assert!(!world.plan(program).await.has_changes());
    assert_eq!(world.cloud.count(&Matcher::op(CallOp::Read).of::<Vague>()), 3);
}

#[tokio::test]
async fn a_plan_without_refresh_calls_nothing_but_the_account() {
    let mut world = World::new();
    world.up(nodes(3)).await;
    world.cloud.forget_calls();
    let graph = world.graph(nodes(3));
    let plan =
        world.engine.plan(&graph, &iac_core::PlanOptions::new(), false, &mut NoReporter).await.unwrap();
    assert!(!plan.has_changes());
    assert_eq!(world.cloud.calls().len(), world.cloud.count(&Matcher::op(CallOp::Account)));
}
