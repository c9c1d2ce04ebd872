//! A create whose answer was lost within the run: the engine looks before it tries again.

use iac_core::{ErrorKind, Event, Stack};
use iac_testkit::fake::{CallOp, Disk, Fault, Matcher, Moment};

use crate::world::{World, node};

fn findings(world: &World) -> Vec<String> {
    let found = world.events.iter().filter_map(|event| match event {
        Event::StepAmbiguous { finding, .. } => Some(finding.clone()),
        _ => None,
    });
    found.collect()
}

fn lose(world: &World, moment: Moment, times: usize) {
    let fault = Fault::once(Matcher::op(CallOp::Create), moment, ErrorKind::Ambiguous);
    world.cloud.inject(fault.times(times));
}

#[tokio::test]
async fn what_was_created_is_found_and_kept() {
    for mut world in World::both() {
        lose(&world, Moment::Effect, 1);
        world.up(|s| s.add("web", node!("a")).map(drop)).await;
        assert_eq!(findings(&world), ["it was created as node-0001 after all"]);
        assert_eq!(world.cloud.inventory().len(), 1);
        assert_eq!(world.cloud.count(&Matcher::op(CallOp::Create)), 1);
    }
}

#[tokio::test]
async fn what_was_not_created_is_tried_again() {
    let mut world = World::new();
    lose(&world, Moment::Before, 2);
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    assert_eq!(findings(&world).len(), 2);
    assert_eq!(world.cloud.count(&Matcher::op(CallOp::Create)), 3);
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test]
async fn tries_are_bounded_and_the_next_run_goes_on() {
    let mut world = World::new();
    lose(&world, Moment::Before, usize::MAX);
    let program = |s: &Stack| s.add("web", node!("a")).map(drop);
    let outcome = world.try_up(program).await;
    assert_eq!(outcome.failures.len(), 1);
    assert_eq!(world.cloud.count(&Matcher::op(CallOp::Create)), 3);
    world.cloud.heal();
    world.up(program).await;
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test]
async fn a_look_that_fails_leaves_the_question_to_the_next_run() {
    for mut world in World::both() {
        lose(&world, Moment::Effect, 1);
        world.cloud.inject(Fault::once(Matcher::op(CallOp::Find), Moment::Before, ErrorKind::Unavailable));
        let program = |s: &Stack| s.add("web", node!("a")).map(drop);
        let _ = world.try_up(program).await;
        assert_eq!(world.open_rows().await, 1);
        assert_eq!(world.up(program).await, Vec::<String>::new());
        assert_eq!(world.cloud.inventory().len(), 1);
    }
}

#[tokio::test]
async fn a_unique_name_saves_from_a_search_that_lags() {
    let mut world = World::new();
    world.cloud.set_hidden_finds(1);
    lose(&world, Moment::Effect, 1);
    // The search sees nothing, the second create is refused, the second search sees it.
    world.up(|s| s.add("data", Disk::args().size(5u32)).map(drop)).await;
    assert_eq!(world.cloud.count(&Matcher::op(CallOp::Create)), 2);
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_unique_name_is_waited_for_until_a_search_shows_it() {
    let mut world = World::new();
    // The look after the lost answer, the one after the refusal, and two that come later.
    world.cloud.set_hidden_finds(4);
    lose(&world, Moment::Effect, 1);
    world.up(|s| s.add("data", Disk::args().size(5u32)).map(drop)).await;
    assert_eq!(world.cloud.count(&Matcher::op(CallOp::Create)), 2);
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_else_has_is_not_waited_for_for_ever() {
    let mut world = World::new();
    world.cloud.set_hidden_finds(usize::MAX);
    lose(&world, Moment::Effect, 1);
    let outcome = world.try_up(|s| s.add("data", Disk::args().size(5u32)).map(drop)).await;
    assert_eq!(outcome.failures.len(), 1);
    assert_eq!(world.cloud.count(&Matcher::op(CallOp::Create)), 2);
    // What became of it is still an open question.
    assert_eq!(world.open_rows().await, 1);
}

#[tokio::test]
async fn a_lost_answer_after_the_checkpoint_is_read_by_id() {
    let mut world = World::new();
    lose(&world, Moment::Checkpointed, 1);
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    assert_eq!(world.cloud.count(&Matcher::op(CallOp::Find)), 0);
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_to_a_delete_is_settled_by_the_next_run() {
    for moment in [Moment::Before, Moment::Effect] {
        let mut world = World::new();
        world.up(|s| s.add("web", node!("a")).map(drop)).await;
        world.cloud.inject(Fault::once(Matcher::op(CallOp::Delete), moment, ErrorKind::Ambiguous));
        assert!(!world.try_up(|_| Ok(())).await.succeeded());
        world.up(|_| Ok(())).await;
        assert!(world.cloud.inventory().is_empty());
    }
}
