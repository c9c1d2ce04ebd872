//! A failed step skips what needs it; the rest goes on, and every error is reported.

use iac_core::state::RunStatus;
use iac_core::{ErrorKind, Event, Stack};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};

use crate::world::{World, failures, node, skipped};

fn program(s: &Stack) -> crate::world::Declared {
    let bad = s.add("bad", node!("x"))?;
    let child = s.add("child", node!("x").parent(&bad))?;
    s.add("grandchild", node!("x").parent(&child))?;
    s.add("worse", node!("x"))?;
    s.add("good", node!("x")).map(drop)
}

#[tokio::test]
async fn independent_steps_go_on_and_all_errors_are_told() {
    for mut world in World::both() {
        for path in ["bad", "worse"] {
            let matcher = Matcher::op(CallOp::Create).path(path);
            world.cloud.inject(Fault::once(matcher, Moment::Before, ErrorKind::QuotaExceeded));
        }
        let outcome = world.try_up(program).await;
        assert_eq!(outcome.status, RunStatus::Failed);
        let mut failed: Vec<String> = failures(&outcome);
        failed.sort();
        assert_eq!(failed.len(), 2);
        assert!(failed[0].starts_with("bad: ") && failed[1].starts_with("worse: "), "{failed:?}");
        assert_eq!(skipped(&outcome), ["child", "grandchild"]);
        assert!(outcome.skipped.iter().all(|(_, because)| because.as_ref().unwrap().path() == "bad"));
        assert_eq!(outcome.done, 1);
        let told = world.events.iter().filter(|event| matches!(event, Event::StepSkipped { .. })).count();
        assert_eq!(told, 2);
        world.consistent().await;
        let runs = world.engine.runs(&world.id(), 1).await.unwrap();
        assert_eq!(runs[0].status, RunStatus::Failed);
        world.up(program).await;
        assert_eq!(world.cloud.inventory().len(), 5);
    }
}

#[tokio::test]
async fn a_dependant_that_cannot_be_deleted_keeps_what_it_needs() {
    let mut world = World::new();
    world.up(program).await;
    let matcher = Matcher::op(CallOp::Delete).path("grandchild");
    world.cloud.inject(Fault::once(matcher, Moment::Before, ErrorKind::Protected));
    let outcome = world.try_up(|_| Ok(())).await;
    let mut left: Vec<&str> = skipped(&outcome);
    left.sort_unstable();
    assert_eq!((left, outcome.failures.len(), outcome.done), (vec!["bad", "child"], 1, 2));
    world.consistent().await;
    world.up(|_| Ok(())).await;
    assert!(world.cloud.inventory().is_empty());
}
