//! Where nothing can tell whether a create happened, the run stops and names the candidates.

use iac_core::{EngineError, ErrorKind, PlanOptions, Stack, Value};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment, Vague};

use crate::world::{World, failures};

fn program(s: &Stack) -> crate::world::Declared {
    s.add("it", Vague::args().content("c")).map(drop)
}

#[tokio::test]
async fn the_run_stops_with_candidates_and_so_does_the_next() {
    for mut world in World::both() {
        let twin = world.cloud.plant::<Vague>(Value::map([("content", "c".into())]));
        let fault = Fault::once(Matcher::op(CallOp::Create), Moment::Effect, ErrorKind::Ambiguous);
        world.cloud.inject(fault);
        let outcome = world.try_up(program).await;
        assert_eq!(outcome.failures.len(), 1, "{:?}", failures(&outcome));
        let way_out = outcome.failures[0].error.way_out().unwrap_or_default().to_owned();
        assert!(way_out.contains(&twin.id) && way_out.contains("vague-0002"), "{way_out}");
        assert_eq!(world.cloud.count(&Matcher::op(CallOp::Create)), 1);
        for _ in 0..2 {
            let error = world.try_plan(program, PlanOptions::new()).await.unwrap_err();
            match &error {
                EngineError::Uncertain { urn, candidates } => {
                    assert_eq!((urn.path(), candidates.len()), ("it", 2));
                }
                other => panic!("{other}"),
            }
            assert!(error.to_string().contains("vague-0001, vague-0002"), "{error}");
        }
        assert_eq!(world.cloud.inventory().len(), 2);
        let runs = world.engine.runs(&world.id(), 10).await.unwrap();
        assert!(runs.iter().all(|run| run.ended_at.is_some()), "{runs:?}");
    }
}

#[tokio::test]
async fn no_candidate_means_that_nothing_was_created() {
    let mut world = World::new();
    let fault = Fault::once(Matcher::op(CallOp::Create), Moment::Before, ErrorKind::Ambiguous);
    world.cloud.inject(fault);
    world.up(program).await;
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test]
async fn a_checkpoint_makes_it_certain() {
    let mut world = World::new();
    world.cloud.plant::<Vague>(Value::map([("content", "c".into())]));
    let fault = Fault::once(Matcher::op(CallOp::Create), Moment::Checkpointed, ErrorKind::Timeout);
    world.cloud.inject(fault);
    let _ = world.try_up(program).await;
    assert!(!world.plan(program).await.has_changes());
    assert_eq!(world.row("it").await.id, "vague-0002");
}
