//! Taking what the cloud has as the recorded state: by a refresh, and by a plan that only refreshes.

use iac_core::state::{RunKind, RunStatus};
use iac_core::{
    EngineError, NoReporter, Op, PlanOptions, RefreshOptions, RefreshReport, Secret, Stack, Value,
};
use iac_testkit::fake::Node;

use crate::world::{Declared, World, failures, node, reasons, steps};

fn two(s: &Stack) -> Declared {
    s.add("a", node!("x").note("mine").user_data("once").password(Secret::from("first")))?;
    let b = s.add("b", node!("x").note("mine"))?;
    s.export("note", b.echo.map(|note| note.unwrap_or_default()))
}

async fn refresh(
    world: &World,
    program: impl Fn(&Stack) -> Declared,
    options: RefreshOptions,
) -> RefreshReport {
    world.engine.refresh_with(&world.graph(program), &options, &mut NoReporter).await.unwrap()
}

fn fields(report: &RefreshReport) -> Vec<String> {
    let of = |drift: &iac_core::Drift| {
        let path = drift.urn.path().to_owned();
        drift
            .diff
            .iter()
            .map(move |diff| format!("{path}.{}: {:?} -> {:?}", diff.path, diff.old, diff.new))
            .collect::<Vec<_>>()
    };
    report.drift.iter().flat_map(of).collect()
}

#[tokio::test]
async fn accepted_values_are_the_recorded_ones_and_the_program_wants_its_own_back() {
    for mut world in World::both() {
        world.up(two).await;
        let id = world.row("a").await.id.clone();
        world.cloud.mutate(&id, "note", "outside".into());
        world.cloud.mutate(&id, "size", Value::Int(9));
        world.cloud.mutate(&id, "password", Value::secret("theirs".into()));
        world.cloud.forget_calls();

        let told = refresh(&world, two, RefreshOptions::new()).await;
        let expected =
            ["a.size: 1 -> 9", "a.password: [secret] -> [secret]", "a.note: \"mine\" -> \"outside\""];
        assert_eq!(fields(&told), expected);
        assert_eq!((told.drifted, told.accepted, told.dropped), (1, 0, 0));
        let row = world.row("a").await;
        assert_eq!(*row.inputs.get("size"), Value::Int(1), "what was applied last stays recorded");
        assert_eq!(*row.observed.as_ref().unwrap().get("size"), Value::Int(9));

        let taken = refresh(&world, two, RefreshOptions::new().accept()).await;
        assert_eq!(fields(&taken), expected);
        assert_eq!((taken.drifted, taken.accepted, taken.dropped), (1, 1, 0));
        let row = world.row("a").await;
        assert_eq!(*row.inputs.get("size"), Value::Int(9));
        assert_eq!(*row.inputs.get("password"), Value::secret("theirs".into()));
        assert_eq!(*row.inputs.get("user_data"), Value::from("once"), "what no read shows stays as applied");
        assert_eq!(world.cloud.mutations(), Vec::<String>::new());
        world.consistent().await;

        let plan = world.plan(two).await;
        assert_eq!((steps(&plan), plan.drift.len()), (vec!["update a".to_owned()], 0));
        assert_eq!(plan.steps[0].diff.len(), 3);
        world.up(two).await;
        assert_eq!(world.object("a").await.text("note"), "mine");
    }
}

#[tokio::test]
async fn a_program_that_follows_has_nothing_left_to_do() {
    let mut world = World::new();
    world.up(two).await;
    let id = world.row("b").await.id.clone();
    world.cloud.mutate(&id, "note", "theirs".into());
    refresh(&world, two, RefreshOptions::new().accept()).await;
    let following = |s: &Stack| {
        s.add("a", node!("x").note("mine").user_data("once").password(Secret::from("first")))?;
        let b = s.add("b", node!("x").note("theirs"))?;
        s.export("note", b.echo.map(|note| note.unwrap_or_default()))
    };
    let plan = world.plan(following).await;
    assert_eq!(steps(&plan), Vec::<String>::new());
    // The output is what the object says now; only an apply writes outputs.
    assert_eq!(plan.outputs.len(), 1);
    world.up(following).await;
}

#[tokio::test]
async fn what_is_gone_is_dropped_and_planned_as_new() {
    for mut world in World::both() {
        let program = |s: &Stack| {
            let a = s.add("a", node!("x"))?;
            s.add("b", node!("x").parent(&a))?;
            s.add("c", node!("x").host(&a)).map(drop)
        };
        world.up(program).await;
        let old = world.row("a").await.id.clone();
        world.cloud.destroy(&old);
        let report = refresh(&world, program, RefreshOptions::new().accept()).await;
        assert_eq!((report.missing, report.accepted, report.dropped), (1, 0, 1));
        let left: Vec<String> =
            world.snapshot().await.resources.keys().map(|urn| urn.path().to_owned()).collect();
        assert_eq!(left, ["b", "c"]);
        let plan = world.plan(program).await;
        assert_eq!(
            steps(&plan),
            ["create a", "update b", "create_replacement c", "delete_replaced c"],
            "what pointed at it follows"
        );
        assert_eq!((reasons(&plan, "a").as_str(), plan.drift.len()), ("it is new", 0));
        world.up(program).await;
        assert_eq!(world.object("b").await.text("parent"), world.row("a").await.id);
    }
}

#[tokio::test]
async fn a_target_is_accepted_alone() {
    let mut world = World::new();
    world.up(two).await;
    for path in ["a", "b"] {
        let id = world.row(path).await.id.clone();
        world.cloud.mutate(&id, "note", "outside".into());
    }
    world.cloud.forget_calls();
    let report = refresh(&world, two, RefreshOptions::new().accept().target("b")).await;
    assert_eq!((report.resources, report.calls, report.accepted), (1, 1, 1));
    assert_eq!(fields(&report), ["b.note: \"mine\" -> \"outside\""]);
    let plan = world.plan(two).await;
    assert_eq!(steps(&plan), ["update a", "update b"]);
    let drifted: Vec<&str> = plan.drift.iter().map(|drift| drift.urn.path()).collect();
    assert_eq!(drifted, ["a"]);

    let mut but_a = RefreshOptions::new().accept();
    but_a.excludes = vec!["a".into()];
    assert_eq!(refresh(&world, two, but_a).await.accepted, 0);
    let graph = world.graph(two);
    let typo = RefreshOptions::new().target("typo");
    let error = world.engine.refresh_with(&graph, &typo, &mut NoReporter).await.unwrap_err();
    assert!(error.to_string().contains("called \"typo\""), "{error}");
    let runs = world.engine.runs(&world.id(), 1).await.unwrap();
    assert_eq!((runs[0].kind, runs[0].status), (RunKind::Refresh, RunStatus::Failed));
}

#[tokio::test]
async fn an_apply_of_a_plan_that_only_refreshes_accepts() {
    for mut world in World::both() {
        world.up(two).await;
        let id = world.row("a").await.id.clone();
        world.cloud.mutate(&id, "note", "outside".into());
        world.cloud.destroy(&world.row("b").await.id);
        world.cloud.forget_calls();
        // The program changes as well; that is no business of this plan.
        let changed = |s: &Stack| {
            s.add("a", node!("other"))?;
            s.add("new", node!("x")).map(drop)
        };
        let plan = world.try_plan(changed, PlanOptions::new().refresh_only()).await.unwrap();
        assert_eq!(steps(&plan), ["accept a", "forget b"]);
        assert!(plan.refresh_only && plan.has_changes() && plan.outputs.is_empty());
        let outcome = world.apply(changed, &plan).await;
        assert_eq!((failures(&outcome), outcome.done), (vec![], 2));
        assert_eq!(*world.row("a").await.inputs.get("note"), Value::from("outside"));
        assert_eq!(world.snapshot().await.exports.get("note"), Some(&Value::from("mine")));
        assert_eq!(world.cloud.mutations(), Vec::<String>::new());

        let runs = world.engine.runs(&world.id(), 1).await.unwrap();
        assert_eq!((runs[0].kind, runs[0].status), (RunKind::Refresh, RunStatus::Succeeded));
        let history = world.engine.steps(&world.id(), runs[0].run).await.unwrap();
        let ops: Vec<_> = history.iter().map(|step| (step.op.as_str(), step.urn.path())).collect();
        assert_eq!(ops, [("accept", "a"), ("forget", "b")]);
        assert_eq!(*history[0].before.as_ref().unwrap().get("note"), Value::from("mine"));
        assert_eq!(*history[0].after.as_ref().unwrap().get("note"), Value::from("outside"));

        let again = world.try_plan(changed, PlanOptions::new().refresh_only()).await.unwrap();
        assert!(!again.has_changes());
        assert!(world.try_plan(two, PlanOptions::new().refresh_only().destroy()).await.is_err());
    }
}

#[tokio::test]
async fn what_was_shown_is_what_is_accepted() {
    let mut world = World::new();
    world.up(two).await;
    let id = world.row("a").await.id.clone();
    world.cloud.mutate(&id, "note", "seen".into());
    let plan = world.try_plan(two, PlanOptions::new().refresh_only()).await.unwrap();
    // It changes again after the plan was shown, and somebody else looks.
    world.cloud.mutate(&id, "note", "unseen".into());
    world.clock.advance_s(31);
    let graph = world.graph(two);
    world.other_engine().refresh(&graph, &mut NoReporter).await.unwrap();
    let applied = world.engine.apply(&graph, &plan, iac_core::ApplyOptions::new(), &mut NoReporter).await;
    assert!(matches!(applied, Err(EngineError::StalePlan { .. })), "{applied:?}");
    assert_eq!(*world.row("a").await.inputs.get("note"), Value::from("mine"));
}

#[tokio::test]
async fn what_the_cloud_chose_stays_its_choice() {
    let mut world = World::new();
    let program = |s: &Stack| s.add("a", node!("x")).map(drop);
    world.up(program).await;
    let id = world.row("a").await.id.clone();
    world.cloud.mutate(&id, "zone", "elsewhere".into());
    let report = refresh(&world, program, RefreshOptions::new().accept()).await;
    assert_eq!((report.drifted, report.accepted), (0, 0), "a value that nobody wanted cannot drift");
    world.cloud.mutate(&id, "note", "outside".into());
    assert_eq!(refresh(&world, program, RefreshOptions::new().accept()).await.accepted, 1);
    let row = world.row("a").await;
    assert_eq!((row.inputs.get("zone"), row.inputs.get("note")), (&Value::Null, &Value::from("outside")));
    assert_eq!(*row.observed.as_ref().unwrap().get("zone"), Value::from("elsewhere"));
    assert!(world.plan(program).await.drift.is_empty());
}

#[tokio::test]
async fn a_resource_that_left_the_program_is_accepted_too() {
    let mut world = World::new();
    world.up(two).await;
    let id = world.row("b").await.id.clone();
    world.cloud.mutate(&id, "note", "outside".into());
    let one = |s: &Stack| s.add("a", node!("x")).map(drop);
    assert_eq!(refresh(&world, one, RefreshOptions::new().accept()).await.accepted, 1);
    assert_eq!(*world.row("b").await.inputs.get("note"), Value::from("outside"));
    let objects = world.cloud.objects_of::<Node>();
    assert_eq!(objects.len(), 2);
    let plan = world.plan(one).await;
    assert!(plan.steps.iter().any(|step| step.op == Op::Delete && step.urn.path() == "b"));
}
