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
async fn a_change_outside_stands_apart_from_an_intended_one() {
    for mut world in World::both() {
        world.up(|s| s.add("a", node!("x").note("mine")).map(drop)).await;
        let id = world.row("a").await.id.clone();
        world.cloud.mutate(&id, "note", "outside".into());
        world.cloud.mutate(&id, "tags", Value::list(["t".into()]));
        let wanted = |s: &Stack| {
            s.add("a", iac_testkit::fake::Node::args().size(5u32).image("x").note("mine")).map(drop)
        };
        let plan = world.plan(wanted).await;
        let told = |diff: &[iac_core::FieldDiff]| -> Vec<String> {
            diff.iter().map(|diff| format!("{}: {:?} -> {:?}", diff.path, diff.old, diff.new)).collect()
        };
        assert_eq!(told(&plan.drift[0].diff), ["tags: null -> [\"t\"]", "note: \"mine\" -> \"outside\""]);
        let intended = told(&plan.steps[0].diff);
        assert_eq!(intended, ["size: 1 -> 5", "tags: [\"t\"] -> null", "note: \"outside\" -> \"mine\""]);
        world.up(wanted).await;
    }
}

#[tokio::test]
async fn dependants_of_what_vanished_move_over_or_are_replaced() {
    for mut world in World::both() {
        let program = |s: &Stack| {
            let a = s.add("a", node!("x"))?;
            let pointing = s.add("pointing", node!("x").parent(&a))?;
            let living = s.add("living", node!("x").host(&a))?;
            s.add("next", node!("x").parent(&living).peers([&pointing]))?;
            s.add_with("after", node!("x"), iac_core::Options::new().depends_on(&a)).map(drop)
        };
        world.up(program).await;
        world.cloud.destroy(&world.row("a").await.id);
        let plan = world.plan(program).await;
        let expected = [
            "create a",
            "update pointing",
            "create_replacement living",
            "update next",
            "delete_replaced living",
        ];
        assert_eq!(steps(&plan), expected);
        world.up(program).await;
        assert_eq!(world.object("living").await.text("host"), world.row("a").await.id);
        assert_eq!(world.object("next").await.text("parent"), world.row("living").await.id);
        assert_eq!(world.cloud.inventory().len(), 5);
    }
}

#[tokio::test]
async fn what_comes_back_is_there_again() {
    let mut world = World::new();
    world.up(nodes(1)).await;
    let row = world.row("n0").await;
    let object = world.cloud.object(&row.id).unwrap();
    world.cloud.destroy(&row.id);
    let graph = world.graph(nodes(1));
    assert_eq!(world.engine.refresh(&graph, &mut NoReporter).await.unwrap().missing, 1);
    assert!(world.row("n0").await.missing);
    // Dropped and made again by hand, it is another object: the row does not take it for its own.
    world.cloud.plant::<Node>(object.inputs.with("name", "by-hand".into()));
    assert_eq!(steps(&world.plan(nodes(1)).await), ["create n0"]);
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
    assert_eq!(calls, 3, "one page, and then each");
}

#[tokio::test]
async fn listing_goes_on_while_it_pays() {
    let mut world = World::new();
    for number in 0..100 {
        let name = format!("foreign-{number}");
        let inputs = Value::map([("name", name.into()), ("size", Value::Int(1)), ("image", "x".into())]);
        world.cloud.plant::<Node>(inputs);
    }
    world.cloud.set_page_size(10);
    let (list, read) = (Matcher::op(CallOp::List), Matcher::op(CallOp::Read));
    // 13 pages find all 30, which is fewer calls than half of them.
    assert!(world.try_up(nodes(30)).await.succeeded());
    world.cloud.forget_calls();
    assert!(!world.plan(nodes(30)).await.has_changes());
    assert_eq!((world.cloud.count(&list), world.cloud.count(&read)), (13, 0));
    // For 20 of them the account is too large: 10 pages are all foreign, and then each is read.
    let mut fewer = World::new();
    fewer.cloud = world.cloud.clone();
    world.destroy(nodes(30)).await;
    assert!(fewer.try_up(nodes(20)).await.succeeded());
    fewer.cloud.forget_calls();
    assert!(!fewer.plan(nodes(20)).await.has_changes());
    assert_eq!((fewer.cloud.count(&list), fewer.cloud.count(&read)), (10, 20));
}

#[tokio::test]
async fn what_a_listing_does_not_show_is_read_before_it_counts_as_gone() {
    let mut world = World::new();
    world.up(nodes(12)).await;
    world.cloud.set_page_size(5);
    for path in ["n3", "n7"] {
        world.cloud.destroy(&world.row(path).await.id);
    }
    world.cloud.forget_calls();
    let plan = world.plan(nodes(12)).await;
    assert_eq!(steps(&plan), ["create n3", "create n7"]);
    let count = |op| world.cloud.count(&Matcher::op(op));
    assert_eq!((count(CallOp::List), count(CallOp::Read)), (2, 2));
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
