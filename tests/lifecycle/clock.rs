//! The wall clock jumps: in the middle of a run and between two. It orders nothing, so nothing is lost.

use iac_core::{ApplyOptions, Stack};
use iac_testkit::fake::{CallOp, Matcher, Moment, Verdict};

use crate::world::{Declared, World, node};

const YEAR_S: i64 = 365 * 24 * 60 * 60;

fn program(s: &Stack) -> Declared {
    let first = s.add("first", node!("a"))?;
    s.add("second", node!("a").note(&first.address)).map(drop)
}

#[tokio::test]
async fn a_clock_that_jumps_within_a_run_changes_nothing() {
    for jump_s in [YEAR_S, -YEAR_S] {
        for mut world in World::both() {
            let plan = world.plan(program).await;
            let gate = world.cloud.hold(Matcher::op(CallOp::Create).path("first"), Moment::Effect);
            let graph = world.graph(program);
            let clock = world.clock.clone();
            let jump = async {
                gate.reached(1).await;
                clock.advance_s(jump_s);
                gate.open();
            };
            let applied = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut world.events);
            let (outcome, ()) = tokio::join!(applied, jump);
            assert!(outcome.unwrap().succeeded());
            world.settled(program).await;
            let runs = world.engine.runs(&world.id(), 9).await.unwrap();
            assert!(runs.windows(2).all(|pair| pair[0].run > pair[1].run), "by number, not by time");
        }
    }
}

#[tokio::test]
async fn the_run_after_a_crash_goes_on_although_the_clock_was_set_back() {
    for mut world in World::both() {
        world.cloud.set_hook(Box::new(|call, at| {
            if call.op == CallOp::Create && at == Moment::Effect { Verdict::Hang } else { Verdict::Go }
        }));
        world.up_until_hung(program).await;
        world.cloud.heal();
        // Not 31 s later, as after any other crash, but a year before.
        world.clock.advance_s(-YEAR_S);
        world.engine = world.other_engine();
        world.up(program).await;
        assert_eq!(world.cloud.count(&Matcher::op(CallOp::Create)), 2);
    }
}
