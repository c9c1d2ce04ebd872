//! Rules over a plan, and how much an apply may change.

use std::time::Duration;

use iac_core::state::RunStatus;
use iac_core::{
    ApplyOptions, Budget, EngineError, NoReporter, Options, Outcome, PlanOptions, Secret, Stack, Value,
    Violation,
};
use iac_testkit::fake::{CallOp, Disk, Matcher, Moment, Node};

use crate::world::{Declared, World, node, steps};

fn small_nodes(s: &Stack, limit: i64) -> Declared {
    s.policy("small-nodes", move |plan| {
        let large = plan.of::<Node>().filter(|node| node.inputs.get("size").as_int() > Some(limit));
        large.map(|node| Violation::deny(format!("is larger than {limit}")).of(node).field("size")).collect()
    })
}

#[tokio::test]
async fn a_rule_that_denies_is_a_fault_with_resource_and_field() {
    let mut world = World::new();
    let program = |s: &Stack| {
        small_nodes(s, 5)?;
        s.add("web", node!("a").size(9u32))?;
        s.add("fine", node!("a").size(5u32)).map(drop)
    };
    let text = world.refusal(program).await;
    assert_eq!(text.matches("policy \"small-nodes\": is larger than 5").count(), 1, "{text}");
    assert!(text.contains(":web: field `size`: "), "{text}");
    assert!(text.contains("change the program so that the policy holds"), "{text}");
    assert!(world.cloud.inventory().is_empty());
}

#[tokio::test]
async fn a_rule_sees_what_stays_as_it_is_and_what_goes() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a").size(9u32)).map(drop)).await;
    // Nothing changes, and the rule is new.
    let strict = |s: &Stack| {
        small_nodes(s, 5)?;
        s.add("web", node!("a").size(9u32)).map(drop)
    };
    assert!(world.refusal(strict).await.contains("small-nodes"));
    // What goes is not measured by what must hold for what stays.
    let gone = |s: &Stack| small_nodes(s, 5);
    assert_eq!(steps(&world.plan(gone).await), ["delete web"]);
    let no_deletes = |s: &Stack| {
        s.policy("no-deletes", |plan| {
            let ended = plan.resources().filter(|resource| resource.is_deleted());
            ended.map(|resource| Violation::deny("must stay").of(resource)).collect()
        })
    };
    assert!(world.refusal(no_deletes).await.contains("must stay"));
    let destroyed = world.try_plan(no_deletes, PlanOptions::new().destroy()).await.unwrap_err();
    assert!(destroyed.to_string().contains("must stay"), "{destroyed}");
}

#[tokio::test]
async fn a_rule_that_warns_is_shown_with_the_plan() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.policy("protected-data", |plan| {
            let open = plan.of::<Disk>().filter(|disk| !disk.protect);
            open.map(|disk| Violation::warn("holds data and is not protected").of(disk)).collect()
        })?;
        s.add("data", Disk::args().size(5u32))?;
        s.add_with("kept", Disk::args().size(5u32), Options::new().protect()).map(drop)
    };
    let plan = world.plan(program).await;
    assert_eq!(plan.warnings.len(), 1);
    let warning = &plan.warnings[0];
    assert_eq!(warning.urn.as_ref().map(|urn| urn.path()), Some("data"));
    assert_eq!(warning.message, "policy \"protected-data\": holds data and is not protected");
    assert!(!warning.loses_data);
}

#[tokio::test]
async fn a_rule_cannot_repeat_a_secret() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.policy("tell", |plan| {
            let told = plan.of::<Node>().map(|node| {
                let Value::Secret(password) = node.inputs.get("password") else { panic!("it is secret") };
                let text = password.as_str().unwrap_or_default();
                Violation::deny(format!("the password is {text}")).of(node)
            });
            told.collect()
        })?;
        s.add("web", node!("a").password(Secret::new("canary-4711".to_owned()))).map(drop)
    };
    let text = world.refusal(program).await;
    assert!(text.contains("the password is") && !text.contains("canary-4711"), "{text}");
}

async fn apply(
    world: &mut World,
    program: impl Fn(&Stack) -> Declared,
    budget: Budget,
) -> Result<Outcome, EngineError> {
    let plan = world.plan(&program).await;
    let graph = world.graph(&program);
    world.engine.apply(&graph, &plan, ApplyOptions::new().budget(budget), &mut NoReporter).await
}

#[tokio::test]
async fn a_plan_beyond_the_budget_is_refused_before_anything_is_done() {
    let mut world = World::new();
    let two = |s: &Stack| {
        s.add("web", node!("a"))?;
        s.add("data", Disk::args().size(5u32)).map(drop)
    };
    let refused = |error: EngineError| {
        assert!(matches!(error, EngineError::OverBudget(_)), "{error}");
        error.to_string()
    };
    let text = refused(apply(&mut world, two, Budget::new().creates_max(1)).await.unwrap_err());
    assert!(text.contains("it creates 2, and the budget is 1"), "{text}");
    let text = refused(apply(&mut world, two, Budget::new().types(["fake:node"])).await.unwrap_err());
    assert!(text.contains("fake:disk") && !text.contains("node:web"), "{text}");
    assert!(world.cloud.inventory().is_empty());
    assert!(apply(&mut world, two, Budget::new().creates_max(2).deletes_max(0)).await.unwrap().succeeded());

    let none = |_: &Stack| Ok(());
    let text = refused(apply(&mut world, none, Budget::new().deletes_max(1)).await.unwrap_err());
    assert!(text.contains("it deletes 2, and the budget is 1"), "{text}");
    let text = refused(apply(&mut world, none, Budget::new().keeps_data()).await.unwrap_err());
    assert!(text.contains("and the budget keeps data"), "{text}");
    assert_eq!(world.cloud.inventory().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_apply_that_takes_too_long_starts_nothing_new_and_the_next_one_goes_on() {
    let mut world = World::new();
    let program = |s: &Stack| {
        let first = s.add("first", node!("a"))?;
        s.add("second", node!("a").note(&first.address)).map(drop)
    };
    let gate = world.cloud.hold(Matcher::op(CallOp::Create).path("first"), Moment::Effect);
    let plan = world.plan(program).await;
    let graph = world.graph(program);
    let budget = Budget::new().duration_max(Duration::from_secs(60));
    let options = ApplyOptions::new().budget(budget);
    let mut reporter = NoReporter;
    let applied = world.engine.apply(&graph, &plan, options, &mut reporter);
    let opened = async {
        tokio::time::sleep(Duration::from_secs(90)).await;
        gate.open();
    };
    let (outcome, ()) = tokio::join!(applied, opened);
    let outcome = outcome.unwrap();
    assert_eq!((outcome.status, outcome.done), (RunStatus::Cancelled, 1));
    assert_eq!(outcome.stopped.as_deref(), Some("the budget's 60 s are used up"));
    assert_eq!(world.up(program).await, ["create second"]);
}
