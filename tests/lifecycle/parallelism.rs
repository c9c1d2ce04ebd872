//! How many steps run at once.

use iac_core::{ApplyOptions, NoReporter, Stack};
use iac_testkit::fake::{CallOp, Matcher, Moment};

use crate::world::{Declared, World, node};

fn nodes(count: usize) -> impl Fn(&Stack) -> Declared {
    move |s| {
        for number in 0..count {
            s.add(format!("n{number:02}"), node!("a"))?;
        }
        Ok(())
    }
}

/// The most creates at once with these limits.
async fn most_at_once(run_max: usize, provider_max: usize) -> usize {
    let mut world = World::new();
    world.cloud.set_parallelism_max(provider_max);
    let plan = world.plan(nodes(12)).await;
    world.cloud.forget_calls();
    let gate = world.cloud.hold(Matcher::op(CallOp::Create), Moment::Before);
    let expected = run_max.min(provider_max).clamp(1, 12);
    let graph = world.graph(nodes(12));
    let mut reporter = NoReporter;
    let options = ApplyOptions::new().parallelism_max(run_max);
    let applied = world.engine.apply(&graph, &plan, options, &mut reporter);
    let watch = async {
        gate.reached(expected).await;
        // Everything else had its turn: no further call may be there.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let waiting = gate.waiting();
        gate.open();
        waiting
    };
    let (outcome, waiting) = tokio::join!(applied, watch);
    assert!(outcome.unwrap().succeeded());
    assert!(world.cloud.in_flight_max() <= expected);
    waiting
}

#[tokio::test]
async fn the_run_and_the_provider_both_bound_it() {
    assert_eq!(most_at_once(3, 10).await, 3);
    assert_eq!(most_at_once(10, 4).await, 4);
    assert_eq!(most_at_once(100, 100).await, 12);
    assert_eq!(most_at_once(1, 10).await, 1);
    assert_eq!(most_at_once(0, 10).await, 1);
}

#[tokio::test]
async fn independent_chains_do_not_wait_for_each_other() {
    let mut world = World::new();
    let program = |s: &Stack| {
        let slow = s.add("slow", node!("a"))?;
        s.add("slow-child", node!("a").parent(&slow))?;
        let quick = s.add("quick", node!("a"))?;
        s.add("quick-child", node!("a").parent(&quick)).map(drop)
    };
    let plan = world.plan(program).await;
    let slow = world.cloud.hold(Matcher::op(CallOp::Create).path("slow"), Moment::Before);
    let child = world.cloud.hold(Matcher::op(CallOp::Create).path("quick-child"), Moment::Before);
    let graph = world.graph(program);
    let mut reporter = NoReporter;
    let applied = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut reporter);
    let watch = async {
        child.reached(1).await;
        assert_eq!(slow.waiting(), 1);
        child.open();
        slow.open();
    };
    let (outcome, ()) = tokio::join!(applied, watch);
    assert!(outcome.unwrap().succeeded());
}
