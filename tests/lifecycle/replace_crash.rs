//! The process dies between the halves of a replacement, and the next run finishes it: both orders.

use iac_core::Stack;
use iac_testkit::fake::{CallOp, Disk, Moment, Node, Singleton, Verdict};

use crate::world::{Declared, World, node};

/// Dies at `moment` of the first `op` on `path`.
async fn die(
    world: &mut World,
    op: CallOp,
    path: &'static str,
    moment: Moment,
    program: impl Fn(&Stack) -> Declared,
) {
    world.cloud.set_hook(Box::new(move |call, at| {
        let dies = call.op == op && call.path == path && at == moment;
        if dies { Verdict::Hang } else { Verdict::Go }
    }));
    world.up_until_hung(program).await;
    world.restart();
}

fn web(image: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let web = s.add("web", node!(image))?;
        s.add("data", Disk::args().size(5u32).attached(&web)).map(drop)
    }
}

#[tokio::test]
async fn after_the_new_one_is_made_the_old_one_waits_in_the_state_and_is_deleted() {
    for (moment, expected) in [(Moment::Before, vec!["delete_replaced web"]), (Moment::Effect, vec![])] {
        for mut world in World::both() {
            world.cloud.set_keeps_needed(true);
            world.up(web("a")).await;
            let old = world.row("web").await.id.clone();
            die(&mut world, CallOp::Delete, "web", moment, web("b")).await;
            let snapshot = world.snapshot().await;
            let waiting: Vec<&str> = snapshot.pending_deletes.iter().map(|row| row.id.as_str()).collect();
            assert_eq!(waiting, [old.as_str()], "the row of the old object");
            assert_ne!(world.row("web").await.id, old, "the row of the new object");
            assert_eq!(world.up(web("b")).await, expected, "{moment:?}");
            assert!(world.cloud.object(&old).is_none());
            assert!(world.snapshot().await.pending_deletes.is_empty());
            assert_eq!(world.cloud.objects_of::<Node>().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_death_before_a_dependant_has_moved_over_does_not_delete_what_it_needs() {
    for moment in [Moment::Before, Moment::Effect] {
        for mut world in World::both() {
            world.cloud.set_keeps_needed(true);
            world.up(web("a")).await;
            die(&mut world, CallOp::Update, "data", moment, web("b")).await;
            assert_eq!(world.cloud.objects_of::<Node>().len(), 2, "both halves exist");
            assert_eq!(world.snapshot().await.pending_deletes.len(), 1);
            world.up(web("b")).await;
            assert_eq!(world.cloud.objects_of::<Node>().len(), 1);
            assert_eq!(world.object("data").await.text("attached"), world.row("web").await.id);
        }
    }
}

#[tokio::test]
async fn a_death_in_the_create_of_the_new_half_leaves_the_old_one_in_use() {
    for (moment, count) in [(Moment::Before, 1), (Moment::Effect, 2), (Moment::Checkpointed, 2)] {
        for mut world in World::both() {
            world.up(web("a")).await;
            let old = world.row("web").await.id.clone();
            die(&mut world, CallOp::Create, "web", moment, web("b")).await;
            assert_eq!(world.row("web").await.id, old);
            assert_eq!(world.cloud.objects_of::<Node>().len(), count, "{moment:?}");
            world.up(web("b")).await;
            assert_eq!(world.cloud.objects_of::<Node>().len(), 1);
            assert_eq!(world.object("web").await.text("image"), "b");
        }
    }
}

fn one(version: u32) -> impl Fn(&Stack) -> Declared {
    move |s| s.add("one", Singleton::args().slot("s").version(version)).map(drop)
}

#[tokio::test]
async fn after_the_old_one_is_deleted_the_new_one_is_made_by_the_next_run() {
    for (moment, expected) in [(Moment::Before, vec!["create one"]), (Moment::Effect, vec![])] {
        for mut world in World::both() {
            world.up(one(1)).await;
            die(&mut world, CallOp::Create, "one", moment, one(2)).await;
            assert_eq!(world.open_rows().await, 1, "the create is in the journal");
            assert_eq!(world.up(one(2)).await, expected, "{moment:?}");
            assert_eq!(world.cloud.inventory().len(), 1);
            assert_eq!(world.object("one").await.inputs.get("version").as_int(), Some(2));
        }
    }
}

#[tokio::test]
async fn a_death_in_the_delete_of_a_delete_first_replacement_is_looked_at() {
    let replace = vec!["delete_replaced one", "create_replacement one"];
    for (moment, expected) in [(Moment::Before, replace), (Moment::Effect, vec!["create one"])] {
        for mut world in World::both() {
            world.up(one(1)).await;
            die(&mut world, CallOp::Delete, "one", moment, one(2)).await;
            assert_eq!(world.up(one(2)).await, expected, "{moment:?}");
            assert_eq!(world.cloud.inventory().len(), 1);
        }
    }
}
