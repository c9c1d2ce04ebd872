//! A plan is good for the state it was made from.

use iac_core::{ApplyOptions, EngineError, NoReporter, Stack};

use crate::world::{World, node};

#[tokio::test]
async fn a_plan_from_older_state_is_refused() {
    for mut world in World::both() {
        let program = |s: &Stack| s.add("web", node!("a")).map(drop);
        let old = world.plan(program).await;
        world.up(|s| s.add("other", node!("b")).map(drop)).await;
        let graph = world.graph(program);
        let error = world.engine.apply(&graph, &old, ApplyOptions::new(), &mut NoReporter).await.unwrap_err();
        assert!(matches!(error, EngineError::StalePlan { .. }), "{error}");
        assert!(error.to_string().contains("plan again"));
        assert_eq!(world.cloud.inventory().len(), 1);
    }
}

#[tokio::test]
async fn a_plan_applies_once() {
    let mut world = World::new();
    let program = |s: &Stack| s.add("web", node!("a")).map(drop);
    let plan = world.plan(program).await;
    assert!(world.apply(program, &plan).await.succeeded());
    let graph = world.graph(program);
    let again = world.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await;
    assert!(matches!(again, Err(EngineError::StalePlan { .. })));
}
