//! Create, update, delete, and nothing to do.

use iac_core::{Event, Value};
use iac_testkit::fake::{CallOp, Disk, Matcher};

use crate::world::{World, node, steps};

#[tokio::test]
async fn a_resource_is_created_changed_and_deleted() {
    for mut world in World::both() {
        assert_eq!(world.up(|s| s.add("web", node!("a")).map(drop)).await, ["create web"]);
        let first = world.object("web").await;
        assert_eq!(first.text("image"), "a");

        assert_eq!(world.up(|s| s.add("web", node!("a").note("x")).map(drop)).await, ["update web"]);
        let second = world.object("web").await;
        assert_eq!((second.text("note"), &second.id, second.revision), ("x", &first.id, 1));
        assert_eq!(world.row("web").await.outputs.get("echo"), &Value::from("x"));

        assert_eq!(world.up(|_| Ok(())).await, ["delete web"]);
        assert!(world.cloud.inventory().is_empty());
        assert!(world.snapshot().await.resources.is_empty());
    }
}

#[tokio::test]
async fn a_field_taken_out_of_the_program_is_taken_out_of_the_cloud() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a").note("x").labels([("k", "v")])).map(drop)).await;
    world.up(|s| s.add("web", node!("a")).map(drop)).await;
    let object = world.object("web").await;
    assert_eq!((object.text("note"), object.inputs.get("labels").get("k")), ("", &Value::Null));
}

#[tokio::test]
async fn nothing_to_do_makes_no_run_and_no_call_that_changes() {
    for mut world in World::both() {
        let program = |s: &iac_core::Stack| {
            let web = s.add("web", node!("a"))?;
            s.add("data", Disk::args().size(5u32).attached(&web))?;
            s.export("address", &web.address)
        };
        world.up(program).await;
        world.cloud.forget_calls();
        let runs = world.engine.runs(&world.id(), 10).await.unwrap().len();
        let plan = world.plan(program).await;
        assert!(!plan.has_changes() && plan.summary.same == 2, "{:?}", steps(&plan));
        let outcome = world.apply(program, &plan).await;
        assert!(outcome.succeeded() && outcome.run.is_none());
        assert_eq!(outcome.outputs.get("address"), Some(&Value::from("10.0.0.1")));
        assert_eq!(world.cloud.mutations(), Vec::<String>::new());
        assert_eq!(world.engine.runs(&world.id(), 10).await.unwrap().len(), runs);
    }
}

#[tokio::test]
async fn destroy_deletes_dependants_first_and_leaves_nothing() {
    for mut world in World::both() {
        let program = |s: &iac_core::Stack| {
            let a = s.add("a", node!("x"))?;
            let b = s.add("b", node!("x").parent(&a))?;
            s.add("c", node!("x").peers([&a, &b]))?;
            s.export("id", &b)
        };
        world.cloud.set_keeps_needed(true);
        world.up(program).await;
        world.cloud.forget_calls();
        assert_eq!(world.destroy(program).await.len(), 3);
        assert_eq!(world.cloud.mutations(), ["delete c", "delete b", "delete a"]);
        let snapshot = world.snapshot().await;
        assert!(world.cloud.inventory().is_empty() && snapshot.resources.is_empty());
        assert!(snapshot.exports.is_empty(), "{:?}", snapshot.exports);
        let again = world.try_plan(program, iac_core::PlanOptions::new().destroy()).await.unwrap();
        assert!(!again.has_changes());
    }
}

#[tokio::test]
async fn a_plan_is_the_same_byte_for_byte() {
    let mut world = World::new();
    let program = |s: &iac_core::Stack| {
        for name in ["a", "b", "c", "d"] {
            s.add(name, node!("x").note(name))?;
        }
        Ok(())
    };
    let first = serde_json::to_string(&world.plan(program).await).unwrap();
    let second = serde_json::to_string(&world.plan(program).await).unwrap();
    assert_eq!(first, second);
}

#[tokio::test]
async fn invalid_inputs_are_all_reported_before_any_call() {
    let mut world = World::new();
    let text = world
        .refusal(|s| {
            s.add("a", iac_testkit::fake::Node::args().size(0u32).image("x"))?;
            s.add("b", iac_testkit::fake::Node::args().size(2000u32).image("x"))?;
            Ok(())
        })
        .await;
    assert!(text.contains("0 is outside 1 to 1000") && text.contains("2000 is outside"), "{text}");
    assert_eq!(world.cloud.count(&Matcher::op(CallOp::Create)), 0);
}

#[tokio::test]
async fn the_history_keeps_each_step_with_its_inputs() {
    for mut world in World::both() {
        world.up(|s| s.add("web", node!("a")).map(drop)).await;
        world.up(|s| s.add("web", node!("a").note("x")).map(drop)).await;
        let runs = world.engine.runs(&world.id(), 10).await.unwrap();
        let steps = world.engine.steps(&world.id(), runs[0].run).await.unwrap();
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0].op, "update");
        assert_eq!(steps[0].before.as_ref().unwrap().get("note"), &Value::Null);
        assert_eq!(steps[0].after.as_ref().unwrap().get("note"), &Value::from("x"));
        assert!(world.events.iter().any(|event| matches!(event, Event::RunFinished { done: 1, .. })));
    }
}
