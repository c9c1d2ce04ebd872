//! A replacement makes the new object first, moves dependants over, and deletes the old one last.

use iac_testkit::fake::Disk;

use crate::world::{World, making, node, reasons, steps};

#[tokio::test]
async fn dependants_move_over_before_the_old_one_goes() {
    for mut world in World::both() {
        world.cloud.set_keeps_needed(true);
        let program = |image: &'static str| {
            move |s: &iac_core::Stack| {
                let web = s.add("web", node!(image))?;
                s.add("data", Disk::args().size(5u32).attached(&web)).map(drop)
            }
        };
        world.up(program("a")).await;
        let old = world.row("web").await;
        world.cloud.forget_calls();
        let plan = world.plan(program("b")).await;
        assert_eq!(steps(&plan), ["create_replacement web", "update data", "delete_replaced web"]);
        assert!(reasons(&plan, "web").contains("`image` cannot change in place"));
        assert!(making(&plan, "web").diff.iter().any(|diff| diff.replaces));
        assert_eq!(plan.summary.replace, 1);
        world.up(program("b")).await;
        assert_eq!(world.cloud.mutations(), ["create web", "update data", "delete web"]);
        let new = world.row("web").await;
        assert!(new.id != old.id && new.token != old.token && new.generation == 1);
        assert_eq!(world.object("data").await.text("attached"), new.id);
        assert!(world.cloud.object(&old.id).is_none());
    }
}

#[tokio::test]
async fn a_replaced_host_replaces_what_lives_on_it() {
    let mut world = World::new();
    let program = |image: &'static str| {
        move |s: &iac_core::Stack| {
            let host = s.add("host", node!(image))?;
            s.add("guest", node!("g").host(&host)).map(drop)
        }
    };
    world.cloud.set_keeps_needed(true);
    world.up(program("a")).await;
    world.cloud.forget_calls();
    world.up(program("b")).await;
    assert_eq!(world.cloud.mutations(), ["create host", "create guest", "delete guest", "delete host"]);
}

#[tokio::test]
async fn an_old_half_that_cannot_be_deleted_waits_for_the_next_run() {
    use iac_core::ErrorKind;
    use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};
    for mut world in World::both() {
        world.up(|s| s.add("web", node!("a")).map(drop)).await;
        world.cloud.inject(Fault::once(Matcher::op(CallOp::Delete), Moment::Before, ErrorKind::Protected));
        let outcome = world.try_up(|s| s.add("web", node!("b")).map(drop)).await;
        assert!(!outcome.succeeded());
        assert_eq!(world.snapshot().await.pending_deletes.len(), 1);
        assert_eq!(world.cloud.inventory().len(), 2);
        assert_eq!(world.up(|s| s.add("web", node!("b")).map(drop)).await, ["delete_replaced web"]);
        assert_eq!(world.cloud.inventory().len(), 1);
    }
}

#[tokio::test]
async fn destroy_also_deletes_old_halves_that_wait() {
    use iac_core::ErrorKind;
    use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    world.cloud.inject(Fault::once(Matcher::op(CallOp::Delete), Moment::Before, ErrorKind::Conflict));
    let _ = world.try_up(|s| s.add("web", node!("b")).map(drop)).await;
    world.destroy(|s| s.add("web", node!("b")).map(drop)).await;
    assert!(world.cloud.inventory().is_empty());
    assert!(world.snapshot().await.pending_deletes.is_empty());
}
