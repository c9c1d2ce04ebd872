//! What runs leave behind to be read: steps with what they changed, of runs that change the state alone
//! as well, and no more runs than asked for.

use iac_core::state::{RunKind, RunStatus, StepRecord};
use iac_core::{ApplyOptions, Engine, Error, ErrorKind, NoReporter, PlanOptions, Secret, Stack, Value};
use iac_testkit::fake::{CallOp, Moment, Node, Verdict};

use crate::world::{Declared, World, node};

/// The steps of a run as `op path: field old -> new, …`.
async fn story(world: &World, run: u64) -> Vec<String> {
    let steps = world.engine.steps(&world.id(), run).await.unwrap();
    steps.iter().map(told).collect()
}

fn told(step: &StepRecord) -> String {
    let diff = step.diff();
    let changes: Vec<String> =
        diff.iter().map(|field| format!("{} {:?} -> {:?}", field.path, field.old, field.new)).collect();
    let error = step.error.as_ref().map(|(kind, _)| format!(" ({kind})")).unwrap_or_default();
    format!("{} {}{error}: {}", step.op, step.urn.path(), changes.join(", "))
}

fn web(size: u32, image: &'static str, password: &'static str) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let args = Node::args().name("w").size(size).image(image).password(Secret::from(password));
        s.add("web", args).map(drop)
    }
}

#[tokio::test]
async fn a_step_shows_each_field_before_and_after_and_no_secret() {
    for mut world in World::both() {
        world.up(web(1, "a", "hunter2-one")).await;
        world.up(web(2, "a", "hunter2-two")).await;
        world.up(web(2, "b", "hunter2-two")).await;
        world.up(|_| Ok(())).await;
        assert_eq!(
            story(&world, 1).await,
            ["create web: image null -> \"a\", name null -> \"w\", password null -> [secret], \
                 size null -> 1"]
        );
        assert_eq!(story(&world, 2).await, ["update web: password [secret] -> [secret], size 1 -> 2"]);
        let replaced = story(&world, 3).await;
        assert_eq!(replaced.len(), 2);
        assert!(replaced[1].starts_with("create_replacement web: "), "{replaced:?}");
        assert!(replaced[0].starts_with("delete_replaced web: image \"a\" -> null"), "{replaced:?}");
        assert!(story(&world, 4).await[0].starts_with("delete web: image \"b\" -> null"));
        for run in 1..=4 {
            let steps = world.engine.steps(&world.id(), run).await.unwrap();
            assert!(!format!("{steps:?}").contains("hunter2"), "run {run}");
            assert!(!serde_json::to_string(&steps[0].diff()).unwrap().contains("hunter2"), "run {run}");
        }
    }
}

#[tokio::test]
async fn a_failed_step_keeps_its_error_and_its_times() {
    let mut world = World::new();
    world.up(web(1, "a", "x")).await;
    let clock = world.clock.clone();
    let began = 1_700_000_000_000;
    world.cloud.set_hook(Box::new(move |call, moment| {
        if call.op == CallOp::Update && moment == Moment::Before {
            clock.advance_s(3);
            return Verdict::Fail(Error::new(ErrorKind::QuotaExceeded, "no more of these"));
        }
        Verdict::Go
    }));
    let outcome = world.try_up(web(2, "a", "x")).await;
    assert!(!outcome.succeeded());
    let steps = world.engine.steps(&world.id(), 2).await.unwrap();
    let (kind, message) = steps[0].error.clone().unwrap();
    assert_eq!(kind, ErrorKind::QuotaExceeded);
    assert!(message.contains("no more of these"), "{message}");
    assert_eq!((steps[0].started_at, steps[0].ended_at), (began, began + 3_000));
    let runs = world.engine.runs(&world.id(), 1).await.unwrap();
    assert_eq!((runs[0].kind, runs[0].status), (RunKind::Apply, RunStatus::Failed));
}

#[tokio::test]
async fn imports_forgets_and_recoveries_are_steps_too() {
    for mut world in World::both() {
        let program = web(1, "a", "x");
        let planted = world.cloud.plant::<Node>(Value::map([
            ("name", "w".into()),
            ("size", Value::Int(7)),
            ("image", "a".into()),
        ]));
        let graph = world.graph(&program);
        let urn = graph.urns().next().unwrap().clone();
        world.engine.import(&graph, &urn, &planted.id).await.unwrap();
        world.engine.forget(&world.id(), "web").await.unwrap();
        world.cloud.destroy(&planted.id);
        assert!(story(&world, 1).await[0].starts_with("import web: image null -> \"a\""));
        assert!(story(&world, 2).await[0].starts_with("forget web: image \"a\" -> null"));

        world.cloud.set_hook(Box::new(|call, at| {
            if call.op == CallOp::Create && at == Moment::Effect { Verdict::Hang } else { Verdict::Go }
        }));
        world.up_until_hung(&program).await;
        world.restart();
        world.up(&program).await;
        let runs = world.engine.runs(&world.id(), 9).await.unwrap();
        let recovery = runs.iter().find(|run| run.kind == RunKind::State && run.run > 2).unwrap();
        assert!(story(&world, recovery.run).await[0].starts_with("recover web: image null -> \"a\""));
    }
}

#[tokio::test]
async fn what_needed_a_forgotten_resource_needs_it_no_more() {
    let mut world = World::new();
    let program = |s: &Stack| {
        let net = s.add("net", node!("a"))?;
        s.add("web", node!("b").parent(&net)).map(drop)
    };
    world.up(program).await;
    world.engine.forget(&world.id(), "net").await.unwrap();
    assert!(world.row("web").await.dependencies.is_empty());
}

#[tokio::test]
async fn the_history_keeps_as_many_runs_as_asked_for() {
    for world in World::both() {
        let engine = Engine::builder()
            .shared_backend(std::sync::Arc::clone(&world.backend))
            .clock(world.clock.clone())
            .keyring(iac_core::state::RawKey::new("the test", [7; 32]))
            .history_runs_max(3)
            .build();
        for size in 1..=5 {
            let graph = world.graph(web(size, "a", "x"));
            let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
            let outcome = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
            assert!(outcome.succeeded());
        }
        let runs = engine.runs(&world.id(), 9).await.unwrap();
        assert_eq!(runs.iter().map(|run| run.run).collect::<Vec<_>>(), [5, 4, 3]);
        assert!(engine.steps(&world.id(), 2).await.unwrap().is_empty());
        // What is left leads back as far as it says.
        let graph = world.graph(web(5, "a", "x"));
        let back = engine.rollback(&graph, 3).await.unwrap();
        let plan = engine.plan(&back.graph, &back.options(), true, &mut NoReporter).await.unwrap();
        assert_eq!(plan.steps[0].diff[0].new, Value::Int(3));
        let error = engine.rollback(&graph, 2).await.unwrap_err().to_string();
        assert!(error.contains("begins with run 3"), "{error}");
    }
}
