//! Replacement by option: a field that the type would update, a trigger, a request.

use iac_core::{Options, Output, PlanOptions, Stack};

use crate::world::{Declared, World, node, reasons, steps};

#[tokio::test]
async fn a_field_can_be_made_to_replace() {
    let mut world = World::new();
    let web = |note: &'static str| {
        move |s: &Stack| {
            s.add_with("web", node!("a").note(note), Options::new().replace_on_changes(["note"])).map(drop)
        }
    };
    world.up(web("one")).await;
    let plan = world.plan(web("two")).await;
    assert_eq!(steps(&plan), ["create_replacement web", "delete_replaced web"]);
    world.up(web("two")).await;
}

fn triggered(version: Option<&'static str>) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let mut options = Options::new();
        if let Some(version) = version {
            options = options.replace_trigger(&Output::literal(version.to_owned()));
        }
        s.add_with("web", node!("a"), options).map(drop)
    }
}

#[tokio::test]
async fn a_trigger_replaces_when_its_value_changes() {
    for mut world in World::both() {
        world.up(triggered(Some("1"))).await;
        assert!(!world.plan(triggered(Some("1"))).await.has_changes());
        let plan = world.plan(triggered(Some("2"))).await;
        assert!(reasons(&plan, "web").contains("a replace trigger changed"));
        world.up(triggered(Some("2"))).await;
        assert_eq!(world.row("web").await.generation, 1);
    }
}

#[tokio::test]
async fn a_trigger_that_is_added_later_counts_from_then_on() {
    let mut world = World::new();
    world.up(triggered(None)).await;
    world.cloud.forget_calls();
    world.up(triggered(Some("1"))).await;
    assert_eq!(world.cloud.mutations(), Vec::<String>::new());
    let plan = world.plan(triggered(Some("2"))).await;
    assert_eq!(steps(&plan), ["create_replacement web", "delete_replaced web"]);
}

#[tokio::test]
async fn a_trigger_that_is_unknown_and_stays_the_same_replaces_nothing() {
    let mut world = World::new();
    let program = |size: u32| {
        move |s: &Stack| {
            let a = s.add("a", iac_testkit::fake::Node::args().size(size).image("x"))?;
            let parity = a.size.map(|size| size % 2);
            s.add_with("b", node!("x"), Options::new().replace_trigger(&parity)).map(drop)
        }
    };
    world.up(program(1)).await;
    let old = world.row("b").await.id.clone();
    assert_eq!(world.up(program(3)).await, ["update a", "create_replacement b", "delete_replaced b"]);
    assert_eq!(world.row("b").await.id, old);
    world.up(program(4)).await;
    assert_ne!(world.row("b").await.id, old);
}

#[tokio::test]
async fn a_replacement_can_be_asked_for() {
    let mut world = World::new();
    let web = |s: &Stack| s.add("web", node!("a")).map(drop);
    world.up(web).await;
    let old = world.row("web").await.id.clone();
    let mut options = PlanOptions::new();
    options.replace = vec!["web".into()];
    let plan = world.try_plan(web, options).await.unwrap();
    assert!(reasons(&plan, "web").contains("its replacement was asked for"));
    assert!(world.apply(web, &plan).await.succeeded());
    assert_ne!(world.row("web").await.id, old);
    world.settled(web).await;
}
