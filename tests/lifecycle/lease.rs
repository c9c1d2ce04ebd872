//! One run at a time, and none that has lost its right to write.

use std::sync::Arc;

use iac_core::{ApplyOptions, NoReporter, PlanOptions, Stack};
use iac_testkit::fake::{CallOp, Matcher, Moment};

use crate::world::{World, node};

fn program(s: &Stack) -> crate::world::Declared {
    s.add("web", node!("a")).map(drop)
}

#[tokio::test]
async fn a_second_engine_is_told_who_holds_the_stack() {
    for mut world in World::both() {
        let plan = world.plan(program).await;
        let gate = world.cloud.hold(Matcher::op(CallOp::Create), Moment::Before);
        let (graph, other_graph) = (world.graph(program), world.graph(program));
        let other = world.other_engine();
        let options = PlanOptions::new();
        let check = async {
            gate.reached(1).await;
            let refused = other.plan(&other_graph, &options, true, &mut NoReporter).await.unwrap_err();
            assert!(refused.is_lease());
            let text = refused.to_string();
            assert!(text.contains("in use by first on test-host"), "{text}");
            gate.open();
        };
        let mut reporter = NoReporter;
        let applied = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut reporter);
        let (outcome, ()) = tokio::join!(applied, check);
        assert!(outcome.unwrap().succeeded());
        // Afterwards it is free.
        assert!(!other.plan(&other_graph, &options, true, &mut NoReporter).await.unwrap().has_changes());
    }
}

#[tokio::test]
async fn an_engine_that_lost_its_lease_writes_nothing_more() {
    for mut world in World::both() {
        let plan = world.plan(program).await;
        let gate = world.cloud.hold(Matcher::op(CallOp::Create), Moment::Effect);
        let (graph, other_graph) = (world.graph(program), world.graph(program));
        let other = world.other_engine();
        let options = PlanOptions::new();
        let clock = world.clock.clone();
        let take_over = async {
            gate.reached(1).await;
            clock.advance_s(31);
            // It finds the object that the first engine is still waiting for.
            let adopted = other.plan(&other_graph, &options, true, &mut NoReporter).await.unwrap();
            assert!(!adopted.has_changes());
            gate.open();
        };
        let mut reporter = NoReporter;
        let applied = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut reporter);
        let (lost, ()) = tokio::join!(applied, take_over);
        let lost = lost.unwrap_err();
        assert!(lost.is_lease(), "{lost}");
        assert!(lost.to_string().contains("was lost to another run"), "{lost}");
        world.engine = other;
        world.settled(program).await;
        assert_eq!(world.cloud.inventory().len(), 1);
    }
}

#[tokio::test]
async fn a_failed_call_gives_the_lease_back() {
    let mut world = World::new();
    world.cloud.inject(iac_testkit::fake::Fault::once(
        Matcher::op(CallOp::Account),
        Moment::Before,
        iac_core::ErrorKind::Unauthenticated,
    ));
    let error = world.try_plan(program, PlanOptions::new()).await.unwrap_err();
    assert!(error.to_string().contains("provider instance \"fake\""), "{error}");
    let other = world.other_engine();
    let graph = world.graph(program);
    assert!(other.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.is_ok());
    assert!(Arc::strong_count(&world.backend) > 1);
}
