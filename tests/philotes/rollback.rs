//! The platform goes back: after a replacement of its servers, and after all of it was destroyed.

use iac::{ApplyOptions, Graph, NoReporter, Value};

use crate::world::{World, steps};

/// Rolls back and insists that a second time there is nothing to do. Answers the plan's steps.
async fn roll_back(world: &World, program: &Graph, run: u64) -> Vec<String> {
    let back = world.engine.rollback(program, run).await.unwrap();
    let options = back.options();
    let plan = world.engine.plan(&back.graph, &options, true, &mut NoReporter).await.unwrap();
    let outcome = world.engine.apply(&back.graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
    assert!(outcome.succeeded(), "{:#?}", outcome.failures);
    let again = world.engine.rollback(program, run).await.unwrap();
    let again = world.engine.plan(&again.graph, &options, true, &mut NoReporter).await.unwrap();
    assert!(!again.has_changes(), "{:?} {:?}", steps(&again), again.outputs);
    steps(&plan)
}

#[tokio::test]
async fn the_servers_go_back_to_the_image_they_had() {
    let world = World::busy().await;
    let first = world.platform(|_| {});
    world.up(&first).await;
    let changed = world.platform(|settings| {
        settings.image = "debian-13".into();
        settings.workers = 3;
    });
    world.up(&changed).await;
    let done = roll_back(&world, &changed, 1).await;
    assert!(done.contains(&"create_replacement control-plane".to_owned()), "{done:?}");
    assert!(done.contains(&"delete worker-2".to_owned()), "{done:?}");
    // What the program said then finds nothing to do: every reference is whole.
    let plan = world.plan(&first).await.unwrap();
    assert!(!plan.has_changes(), "{:?} {:?}", steps(&plan), plan.outputs);
    world.check_wire();
}

#[tokio::test]
async fn a_destroyed_platform_comes_back_wired_as_it_was() {
    let world = World::busy().await;
    let program = world.platform(|_| {});
    let made = world.up(&program).await;
    let token = world.engine.outputs(&world.stack_id()).await.unwrap()["join_token"].clone();
    assert!(world.destroy(&program).await.succeeded());
    assert!(world.objects().is_empty());

    let done = roll_back(&world, &program, 1).await;
    assert_eq!(done.len(), made, "{done:?}");
    let plan = world.plan(&program).await.unwrap();
    assert!(!plan.has_changes(), "{:?} {:?}", steps(&plan), plan.outputs);
    let outputs = world.engine.outputs(&world.stack_id()).await.unwrap();
    assert!(matches!(&outputs["join_token"], Value::Secret(_)));
    // A random token cannot be made a second time: it is a new one, and the servers got it.
    assert_ne!(outputs["join_token"], token);
    world.check_wire();
}
