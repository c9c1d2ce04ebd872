//! A create that fails after the object exists leaves an incomplete row, which the next run
//! replaces or deletes.

use iac_core::state::Status;
use iac_core::{ErrorKind, Stack};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};

use crate::world::{World, node, reasons};

fn broken(world: &World, kind: ErrorKind) {
    world.cloud.inject(Fault::once(Matcher::op(CallOp::Create), Moment::Checkpointed, kind));
}

#[tokio::test]
async fn it_is_recorded_and_replaced_by_the_next_run() {
    for mut world in World::both() {
        broken(&world, ErrorKind::Internal);
        let program = |s: &Stack| s.add("web", node!("a")).map(drop);
        let outcome = world.try_up(program).await;
        assert!(!outcome.succeeded());
        let row = world.row("web").await;
        assert_eq!((row.status, row.id.as_str()), (Status::Incomplete, "node-0001"));
        let plan = world.plan(program).await;
        assert!(reasons(&plan, "web").contains("its creation failed halfway"));
        world.up(program).await;
        assert_eq!(world.row("web").await.status, Status::Ready);
        assert_eq!(world.cloud.inventory().len(), 1);
    }
}

#[tokio::test]
async fn it_is_deleted_when_it_left_the_program() {
    let mut world = World::new();
    broken(&world, ErrorKind::Internal);
    let _ = world.try_up(|s| s.add("web", node!("a")).map(drop)).await;
    world.up(|_| Ok(())).await;
    assert!(world.cloud.inventory().is_empty());
}

#[tokio::test]
async fn the_new_half_of_a_replacement_can_fail_halfway_too() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    broken(&world, ErrorKind::Internal);
    let _ = world.try_up(|s| s.add("web", node!("b")).map(drop)).await;
    assert_eq!(world.cloud.inventory().len(), 2);
    world.up(|s| s.add("web", node!("b")).map(drop)).await;
    assert_eq!(world.cloud.inventory().len(), 1);
    assert_eq!(world.object("web").await.text("image"), "b");
}

#[tokio::test]
async fn a_wait_that_timed_out_is_looked_at_by_the_next_run_and_kept() {
    for mut world in World::both() {
        broken(&world, ErrorKind::Timeout);
        let program = |s: &Stack| s.add("web", node!("a")).map(drop);
        let _ = world.try_up(program).await;
        assert_eq!(world.open_rows().await, 1);
        // The next plan adopts it: there is nothing left to do.
        let plan = world.plan(program).await;
        assert!(!plan.has_changes());
        assert_eq!(world.row("web").await.id, "node-0001");
        world.consistent().await;
    }
}
