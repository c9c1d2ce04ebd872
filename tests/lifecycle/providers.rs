//! Provider instances and the accounts behind them.

use iac_core::{NoReporter, Options, PlanOptions, ProviderInstance, Stack};
use iac_testkit::fake::{CallOp, FakeCloud, Matcher, Moment, Verdict};

use crate::world::{World, node, steps};

fn program(s: &Stack) -> crate::world::Declared {
    s.add("web", node!("a")).map(drop)
}

#[tokio::test]
async fn credentials_of_another_account_touch_nothing() {
    for mut world in World::both() {
        world.up(program).await;
        world.cloud.set_account("account-2");
        let text = world.refusal(program).await;
        assert!(text.contains("it belongs to account \"account-1\""), "{text}");
        assert!(text.contains("are for \"account-2\""), "{text}");
        // The refusal came before anybody looked for the objects in the wrong account.
        assert!(!world.row("web").await.missing);
        let destroyed = world.try_plan(program, PlanOptions::new().destroy()).await;
        assert!(destroyed.unwrap_err().to_string().contains("account"));
        world.cloud.set_account("account-1");
        world.settled(program).await;
    }
}

#[tokio::test]
async fn the_wrong_account_does_not_mark_what_it_cannot_see_as_gone() {
    let mut world = World::new();
    world.up(program).await;
    let empty = FakeCloud::new();
    empty.set_account("account-2");
    let right = std::mem::replace(&mut world.cloud, empty);
    let _ = world.refusal(program).await;
    let graph = world.graph(program);
    assert!(world.engine.refresh(&graph, &mut NoReporter).await.is_err());
    assert!(!world.row("web").await.missing);
    world.cloud = right;
    world.settled(program).await;
}

#[tokio::test]
async fn the_wrong_account_does_not_resolve_what_a_crash_left_open() {
    let mut world = World::new();
    world.cloud.set_hook(Box::new(|call, at| {
        if call.op == CallOp::Create && at == Moment::Effect { Verdict::Hang } else { Verdict::Go }
    }));
    world.up_until_hung(program).await;
    world.restart();
    let empty = FakeCloud::new();
    empty.set_account("account-2");
    let right = std::mem::replace(&mut world.cloud, empty);
    let text = world.refusal(program).await;
    assert!(text.contains("account-1"), "{text}");
    assert_eq!(world.open_rows().await, 1);
    world.cloud = right;
    world.up(program).await;
    assert_eq!(world.cloud.inventory().len(), 1);
}

#[tokio::test]
async fn an_account_that_changed_after_the_plan_is_refused() {
    let mut world = World::new();
    world.up(program).await;
    let plan = world.plan(|_| Ok(())).await;
    let empty = FakeCloud::new();
    empty.set_account("account-2");
    let right = std::mem::replace(&mut world.cloud, empty);
    let graph = world.graph(|_| Ok(()));
    let applied = world.engine.apply(&graph, &plan, iac_core::ApplyOptions::new(), &mut NoReporter).await;
    assert!(applied.is_err(), "{applied:?}");
    world.cloud = right;
    assert_eq!(world.up(|_| Ok(())).await, ["delete web"]);
}

#[tokio::test]
async fn a_resource_whose_provider_left_the_program_cannot_be_deleted() {
    let mut world = World::new();
    world.up(program).await;
    let stack = Stack::new("philotes", "dev").unwrap();
    let graph = stack.freeze().unwrap();
    let error = world.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("registers no provider instance \"fake\""), "{text}");
    assert!(text.contains("register the provider as before"), "{text}");
    assert_eq!(world.cloud.inventory().len(), 1);
    let _ = &mut world.events;
}

#[tokio::test]
async fn a_move_to_another_instance_replaces() {
    let world = World::new();
    let second = FakeCloud::new();
    second.set_account("account-2");
    let graph = |moved: bool| {
        let stack = Stack::new("philotes", "dev").unwrap();
        stack.provider(world.cloud.provider()).unwrap();
        let named = ProviderInstance::new(second.provider()).named("second");
        let named = stack.provider_instance(named).unwrap();
        let options = if moved { Options::new().provider(&named) } else { Options::new() };
        stack.add_with("web", node!("a"), options).unwrap();
        stack.freeze().unwrap()
    };
    for (moved, counts) in [(false, (1, 0)), (true, (0, 1))] {
        let graph = graph(moved);
        let plan = world.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
        let options = iac_core::ApplyOptions::new();
        let outcome = world.engine.apply(&graph, &plan, options, &mut NoReporter).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        assert_eq!((world.cloud.inventory().len(), second.inventory().len()), counts, "{:?}", steps(&plan));
    }
    assert_eq!(world.row("web").await.account, "account-2");
    assert!(world.cloud.count(&Matcher::op(CallOp::Delete)) == 1);
}

#[tokio::test]
async fn a_move_away_from_an_instance_that_left_the_program_is_refused_when_planning() {
    let world = World::new();
    let second = FakeCloud::new();
    let graph = |first: bool| {
        let stack = Stack::new("philotes", "dev").unwrap();
        let named =
            stack.provider_instance(ProviderInstance::new(second.provider()).named("second")).unwrap();
        if first {
            stack.provider(world.cloud.provider()).unwrap();
            stack.add("web", node!("a")).unwrap();
        } else {
            stack.add_with("web", node!("a"), Options::new().provider(&named)).unwrap();
        }
        stack.freeze().unwrap()
    };
    let before = graph(true);
    let plan = world.engine.plan(&before, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    let options = iac_core::ApplyOptions::new();
    assert!(world.engine.apply(&before, &plan, options, &mut NoReporter).await.unwrap().succeeded());
    let error =
        world.engine.plan(&graph(false), &PlanOptions::new(), true, &mut NoReporter).await.unwrap_err();
    assert!(error.to_string().contains("registers no provider instance \"fake\""), "{error}");
}

#[tokio::test]
async fn a_plan_of_new_resources_is_bound_to_its_account_too() {
    let mut world = World::new();
    let plan = world.plan(program).await;
    world.cloud.set_account("account-2");
    let graph = world.graph(program);
    let options = iac_core::ApplyOptions::new();
    let error = world.engine.apply(&graph, &plan, options, &mut NoReporter).await.unwrap_err().to_string();
    assert!(error.contains("made for account \"account-1\"") && error.contains("plan again"), "{error}");
    assert!(world.cloud.inventory().is_empty());
}

#[tokio::test]
async fn refused_credentials_start_nothing_more_of_that_provider() {
    use iac_core::ErrorKind;
    use iac_testkit::fake::Fault;
    let mut world = World::new();
    world.cloud.set_parallelism_max(1);
    let create = Matcher::op(CallOp::Create);
    world.cloud.inject(Fault::always(create.clone(), Moment::Before, ErrorKind::Unauthenticated));
    let many = |s: &Stack| {
        for name in ["a", "b", "c", "d"] {
            s.add(name, node!("x"))?;
        }
        s.add("token", iac_core::random::RandomToken::args().bytes(8u32)).map(drop)
    };
    let outcome = world.try_up(many).await;
    assert_eq!(world.cloud.count(&create), 1);
    assert_eq!((outcome.done, outcome.failures.len(), outcome.skipped.len()), (1, 1, 3));
    assert_eq!(outcome.status, iac_core::state::RunStatus::Failed);
    world.cloud.heal();
    assert_eq!(world.up(many).await.len(), 4);
}
