//! Stopping a run: first gently, then at once.

use iac_core::state::RunStatus;
use iac_core::{ApplyOptions, Cancel, Event, Stack};
use iac_testkit::fake::{CallOp, Matcher, Moment};

use crate::world::{World, node};

fn program(s: &Stack) -> crate::world::Declared {
    let a = s.add("a", node!("x"))?;
    let b = s.add("b", node!("x").parent(&a))?;
    s.add("c", node!("x").parent(&b)).map(drop)
}

#[tokio::test]
async fn the_first_request_lets_running_steps_end_and_starts_nothing_new() {
    for mut world in World::both() {
        let plan = world.plan(program).await;
        let gate = world.cloud.hold(Matcher::op(CallOp::Create), Moment::Before);
        let cancel = Cancel::new();
        let graph = world.graph(program);
        let mut events: Vec<Event> = Vec::new();
        let options = ApplyOptions::new().cancel(cancel.clone());
        let applied = world.engine.apply(&graph, &plan, options, &mut events);
        let stop = async {
            gate.reached(1).await;
            cancel.request();
            gate.open();
        };
        let (outcome, ()) = tokio::join!(applied, stop);
        let outcome = outcome.unwrap();
        assert_eq!((outcome.status, outcome.done, outcome.skipped.len()), (RunStatus::Cancelled, 1, 2));
        assert!(outcome.skipped.iter().all(|(_, because)| because.is_none()));
        assert!(events.iter().any(|event| matches!(event, Event::Draining)));
        assert_eq!(world.open_rows().await, 0);
        world.cloud.heal();
        assert_eq!(world.up(program).await, ["create b", "create c"]);
    }
}

#[tokio::test]
async fn the_second_request_abandons_and_the_next_run_finds_out() {
    for (moment, left) in [(Moment::Before, 3), (Moment::Effect, 2)] {
        for mut world in World::both() {
            let plan = world.plan(program).await;
            let gate = world.cloud.hold(Matcher::op(CallOp::Create), moment);
            let cancel = Cancel::new();
            let graph = world.graph(program);
            let options = ApplyOptions::new().cancel(cancel.clone());
            let applied = world.engine.apply(&graph, &plan, options, &mut world.events);
            let stop = async {
                gate.reached(1).await;
                cancel.request();
                cancel.request();
            };
            let (outcome, ()) = tokio::join!(applied, stop);
            let outcome = outcome.unwrap();
            assert_eq!((outcome.status, outcome.done), (RunStatus::Cancelled, 0));
            assert_eq!(world.open_rows().await, 1);
            let runs = world.engine.runs(&world.id(), 1).await.unwrap();
            assert_eq!(runs[0].status, RunStatus::Cancelled);
            world.cloud.heal();
            assert_eq!(world.up(program).await.len(), left);
            assert_eq!(world.cloud.inventory().len(), 3);
        }
    }
}

#[tokio::test]
async fn a_request_before_the_run_starts_nothing() {
    let mut world = World::new();
    let plan = world.plan(program).await;
    let cancel = Cancel::new();
    cancel.request();
    let graph = world.graph(program);
    let options = ApplyOptions::new().cancel(cancel);
    let outcome = world.engine.apply(&graph, &plan, options, &mut world.events).await.unwrap();
    assert_eq!((outcome.status, outcome.skipped.len()), (RunStatus::Cancelled, 3));
    assert!(world.cloud.inventory().is_empty());
}
