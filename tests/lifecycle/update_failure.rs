//! After a failed update the row takes what the cloud has now.

use iac_core::{ErrorKind, Stack, Value};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};

use crate::world::{World, node, steps};

fn noted(note: &'static str) -> impl Fn(&Stack) -> crate::world::Declared {
    move |s| s.add("web", node!("a").note(note)).map(drop)
}

#[tokio::test]
async fn an_update_without_effect_is_planned_again() {
    for mut world in World::both() {
        world.up(noted("one")).await;
        world.cloud.inject(Fault::once(Matcher::op(CallOp::Update), Moment::Before, ErrorKind::Conflict));
        assert!(!world.try_up(noted("two")).await.succeeded());
        world.consistent().await;
        assert_eq!(world.row("web").await.inputs.get("note"), &Value::from("one"));
        assert_eq!(world.up(noted("two")).await, ["update web"]);
    }
}

#[tokio::test]
async fn an_update_with_its_effect_is_seen() {
    for mut world in World::both() {
        world.up(noted("one")).await;
        world.cloud.inject(Fault::once(Matcher::op(CallOp::Update), Moment::Effect, ErrorKind::Ambiguous));
        assert!(!world.try_up(noted("two")).await.succeeded());
        let observed = world.row("web").await.observed.clone().unwrap();
        assert_eq!(observed.get("note"), &Value::from("two"));
        assert_eq!(world.open_rows().await, 0);
        // Only the state is behind.
        assert_eq!(world.up(noted("two")).await, ["record web"]);
    }
}

#[tokio::test]
async fn an_update_whose_object_vanished_leads_to_a_new_one() {
    let mut world = World::new();
    world.up(noted("one")).await;
    let plan = world.plan(noted("two")).await;
    world.cloud.destroy("node-0001");
    let outcome = world.apply(noted("two"), &plan).await;
    assert!(!outcome.succeeded());
    assert!(world.row("web").await.missing);
    assert_eq!(world.up(noted("two")).await, ["create web"]);
}

#[tokio::test]
async fn an_update_that_cannot_be_looked_at_stays_open_for_the_next_run() {
    let mut world = World::new();
    world.up(noted("one")).await;
    let plan = world.plan(noted("two")).await;
    world.cloud.inject(Fault::once(Matcher::op(CallOp::Update), Moment::Effect, ErrorKind::Ambiguous));
    world.cloud.inject(Fault::once(Matcher::op(CallOp::Read), Moment::Before, ErrorKind::Unavailable));
    let _ = world.apply(noted("two"), &plan).await;
    assert_eq!(world.open_rows().await, 1);
    let plan = world.plan(noted("two")).await;
    assert_eq!(steps(&plan), ["record web"]);
    world.up(noted("two")).await;
}

#[tokio::test]
async fn a_reference_that_a_lost_update_made_still_orders_the_deletes() {
    for kind in [ErrorKind::Ambiguous, ErrorKind::Internal] {
        let mut world = World::new();
        world.cloud.set_keeps_needed(true);
        let program = |refers: bool| {
            move |s: &Stack| {
                let base = s.add("a-base", node!("a"))?;
                let args = node!("a").note("n");
                s.add("z-user", if refers { args.parent(&base) } else { args }).map(drop)
            }
        };
        world.up(program(false)).await;
        world.cloud.inject(Fault::once(Matcher::op(CallOp::Update), Moment::Effect, kind));
        assert!(!world.try_up(program(true)).await.succeeded());
        world.cloud.forget_calls();
        world.up(|_| Ok(())).await;
        assert_eq!(world.cloud.mutations(), ["delete z-user", "delete a-base"]);
    }
}
