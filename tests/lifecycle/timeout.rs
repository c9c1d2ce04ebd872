//! Calls that never answer: bounded by the step's timeout, and by the lease.

use std::time::Duration;

use iac_core::{ApplyOptions, NoReporter, Options, PlanOptions, Stack};
use iac_testkit::fake::{CallOp, Matcher, Moment};

use crate::world::{World, failures, node};

fn program(s: &Stack) -> crate::world::Declared {
    let options = Options::new().timeout(Duration::from_secs(5));
    s.add_with("web", node!("a"), options).map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_create_without_an_answer_ends_at_its_timeout_and_is_looked_at_next() {
    for (moment, steps) in [(Moment::Before, 1), (Moment::Effect, 0), (Moment::Checkpointed, 0)] {
        let mut world = World::new();
        let _gate = world.cloud.hold(Matcher::op(CallOp::Create), moment);
        let outcome = world.try_up(program).await;
        assert_eq!(failures(&outcome), ["web: no answer within 5 s"]);
        assert!(outcome.failures[0].error.way_out().unwrap_or_default().contains("run again"));
        assert_eq!(world.open_rows().await, 1);
        world.cloud.heal();
        assert_eq!(world.up(program).await.len(), steps);
        assert_eq!(world.cloud.inventory().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_step_keeps_its_lease() {
    let mut world = World::new();
    let web = |s: &Stack| s.add("web", node!("a")).map(drop);
    let plan = world.plan(web).await;
    let gate = world.cloud.hold(Matcher::op(CallOp::Create), Moment::Before);
    let (graph, other_graph) = (world.graph(web), world.graph(web));
    let (other, clock) = (world.other_engine(), world.clock.clone());
    let watch = async {
        gate.reached(1).await;
        for _ in 0..20 {
            clock.advance_s(10);
            tokio::time::advance(Duration::from_secs(10)).await;
            tokio::task::yield_now().await;
            let refused = other.plan(&other_graph, &PlanOptions::new(), true, &mut NoReporter).await;
            assert!(refused.unwrap_err().is_lease());
        }
        gate.open();
    };
    let mut reporter = NoReporter;
    let applied = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut reporter);
    let (outcome, ()) = tokio::join!(applied, watch);
    assert!(outcome.unwrap().succeeded());
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_ends_the_run_although_a_call_still_hangs() {
    let mut world = World::new();
    let web = |s: &Stack| s.add("web", node!("a")).map(drop);
    let plan = world.plan(web).await;
    let gate = world.cloud.hold(Matcher::op(CallOp::Create).path("web"), Moment::Before);
    let (graph, other_graph) = (world.graph(web), world.graph(|_| Ok(())));
    let (other, clock) = (world.other_engine(), world.clock.clone());
    let take_over = async {
        gate.reached(1).await;
        clock.advance_s(31);
        assert!(other.plan(&other_graph, &PlanOptions::new(), true, &mut NoReporter).await.is_ok());
    };
    let mut reporter = NoReporter;
    let applied = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut reporter);
    let (lost, ()) = tokio::join!(applied, take_over);
    assert!(lost.unwrap_err().is_lease());
    assert_eq!(gate.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_update_and_a_delete_end_at_it_too() {
    let noted = |s: &Stack| {
        let options = Options::new().timeout(Duration::from_secs(5));
        s.add_with("web", node!("a").note("x"), options).map(drop)
    };
    let mut world = World::new();
    world.up(program).await;
    let _gate = world.cloud.hold(Matcher::op(CallOp::Update), Moment::Before);
    assert_eq!(failures(&world.try_up(noted).await), ["web: no answer within 5 s"]);
    world.cloud.heal();
    world.up(noted).await;

    let _gate = world.cloud.hold(Matcher::op(CallOp::Delete), Moment::Before);
    let plan = world.try_plan(noted, PlanOptions::new().destroy()).await.unwrap();
    assert_eq!(failures(&world.apply(noted, &plan).await), ["web: no answer within 5 s"]);
    world.cloud.heal();
    world.destroy(noted).await;
    assert!(world.cloud.inventory().is_empty());
}
