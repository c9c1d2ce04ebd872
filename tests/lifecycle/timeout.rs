//! Calls that never answer: bounded by the step's timeout, and by the lease.

use std::time::Duration;

use iac_core::{ApplyOptions, NoReporter, Options, PlanOptions, Stack};
use iac_testkit::fake::{CallOp, Matcher, Moment};

use crate::world::{World, failures, node, skipped};

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

/// One second to create, two to update, three to delete; nine for what is not named.
fn limits() -> Options {
    let s = Duration::from_secs;
    Options::new().timeout(s(9)).create_timeout(s(1)).update_timeout(s(2)).delete_timeout(s(3))
}

#[tokio::test(start_paused = true)]
async fn each_operation_has_its_own_limit() {
    let old = |s: &Stack| s.add_with("web", node!("a"), limits()).map(drop);
    let noted = |s: &Stack| s.add_with("web", node!("a").note("n"), limits()).map(drop);
    let other = |s: &Stack| s.add_with("web", node!("b"), limits()).map(drop);
    for moment in [Moment::Before, Moment::Effect] {
        let mut world = World::new();
        let _gate = world.cloud.hold(Matcher::op(CallOp::Create), moment);
        assert_eq!(failures(&world.try_up(old).await), ["web: no answer within 1 s"]);
        world.cloud.heal();
        world.up(old).await;
        assert_eq!(world.cloud.inventory().len(), 1, "a create whose answer is lost makes nothing twice");

        let _gate = world.cloud.hold(Matcher::op(CallOp::Update), moment);
        assert_eq!(failures(&world.try_up(noted).await), ["web: no answer within 2 s"]);
        world.cloud.heal();
        world.up(noted).await;
        assert_eq!(world.object("web").await.text("note"), "n");

        // Both halves of a replacement, each by its own limit.
        let _gate = world.cloud.hold(Matcher::op(CallOp::Create), moment);
        assert_eq!(failures(&world.try_up(other).await), ["web: no answer within 1 s"]);
        world.cloud.heal();
        let _gate = world.cloud.hold(Matcher::op(CallOp::Delete), moment);
        assert_eq!(failures(&world.try_up(other).await), ["web: no answer within 3 s"]);
        assert_eq!(world.open_rows().await, 1);
        world.cloud.heal();
        world.up(other).await;
        assert_eq!(world.cloud.inventory().len(), 1);

        let _gate = world.cloud.hold(Matcher::op(CallOp::Delete), moment);
        let destroy = PlanOptions::new().destroy();
        let plan = world.try_plan(other, destroy).await.unwrap();
        assert_eq!(failures(&world.apply(other, &plan).await), ["web: no answer within 3 s"]);
        world.cloud.heal();
        world.destroy(other).await;
        assert_eq!(world.cloud.inventory().len(), 0);
        world.consistent().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_and_a_delete_fall_back_to_the_limit_for_all() {
    let mut world = World::new();
    let limit = || Options::new().timeout(Duration::from_secs(9)).create_timeout(Duration::from_secs(1));
    world.up(|s| s.add_with("web", node!("a"), limit()).map(drop)).await;
    let _gate = world.cloud.hold(Matcher::op(CallOp::Update), Moment::Before);
    let noted = |s: &Stack| s.add_with("web", node!("a").note("n"), limit()).map(drop);
    assert_eq!(failures(&world.try_up(noted).await), ["web: no answer within 9 s"]);
    // Without any option half an hour is the limit, also for what left the program.
    let _gate = world.cloud.hold(Matcher::op(CallOp::Delete), Moment::Before);
    assert_eq!(failures(&world.try_up(|_| Ok(())).await), ["web: no answer within 1800 s"]);
    world.cloud.heal();
    world.up(|_| Ok(())).await;
}

#[tokio::test(start_paused = true)]
async fn what_depends_on_a_step_that_timed_out_waits_for_the_next_run() {
    let mut world = World::new();
    let chain = |s: &Stack| {
        let a = s.add_with("a", node!("a"), limits())?;
        s.add("b", node!("a").parent(&a))?;
        s.add("apart", node!("a")).map(drop)
    };
    let _gate = world.cloud.hold(Matcher::op(CallOp::Create).path("a"), Moment::Checkpointed);
    let outcome = world.try_up(chain).await;
    assert_eq!(
        (failures(&outcome), skipped(&outcome)),
        (vec!["a: no answer within 1 s".to_owned()], vec!["b"])
    );
    assert_eq!(outcome.done, 1);
    world.cloud.heal();
    assert_eq!(world.up(chain).await, ["create b"]);
    assert_eq!(world.cloud.inventory().len(), 3);
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
