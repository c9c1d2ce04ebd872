//! A plan from a file is done only where it still holds; each refusal says which check failed.

use iac_core::state::{EphemeralKeyring, MemoryBackend, RawKey, RunStatus};
use iac_core::{
    ApplyOptions, BuildId, Engine, EngineError, ErrorKind, NoReporter, Options, PlanFileError, PlanOptions,
    ProviderInstance, Stack,
};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};

use crate::sealed_plan::{build, open, refused, seal, try_apply, web};
use crate::world::{Declared, World, node};

#[tokio::test]
async fn a_plan_from_older_state_is_refused_and_what_moved_is_named() {
    for mut world in World::both() {
        world.up(web("a")).await;
        let sealed = seal(&mut world, web("b"), PlanOptions::new()).await;
        world.up(|s| s.add("web", node!("a").note("n")).map(drop)).await;
        let error = refused(&mut world, web("b"), &sealed).await;
        assert!(
            matches!(&error, PlanFileError::Stale { differs, .. } if differs == &["web changed"]),
            "{error}"
        );
        let both = |s: &Stack| {
            s.add("other", node!("x"))?;
            s.add("web", node!("c")).map(drop)
        };
        world.up(both).await;
        world.cloud.forget_calls();
        let error = refused(&mut world, web("b"), &sealed).await;
        let PlanFileError::Stale { planned, found, differs } = &error else { panic!("{error}") };
        assert!(planned < found);
        assert_eq!(differs[..], ["web is another object", "other is new"]);
        let text = error.to_string();
        assert!(text.contains(&format!("from state {planned}, and the state is now {found}")), "{text}");
        assert_eq!(world.cloud.mutations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_a_refresh_finds_makes_a_plan_stale() {
    let mut world = World::new();
    world.up(web("a")).await;
    let sealed = seal(&mut world, web("b"), PlanOptions::new()).await;
    let id = world.row("web").await.id.clone();
    world.cloud.mutate(&id, "note", "outside".into());
    let _ = world.plan(web("a")).await;
    let error = refused(&mut world, web("b"), &sealed).await;
    assert!(matches!(error, PlanFileError::Stale { .. }), "{error}");
}

#[tokio::test]
async fn a_plan_is_applied_once() {
    for mut world in World::both() {
        let sealed = seal(&mut world, web("a"), PlanOptions::new()).await;
        assert!(try_apply(&mut world, web("a"), &sealed).await.unwrap().succeeded());
        let error = refused(&mut world, web("a"), &sealed).await;
        let PlanFileError::AlreadyApplied { run, status, .. } = &error else { panic!("{error}") };
        assert_eq!((*run, *status), (1, RunStatus::Succeeded));
        assert!(error.to_string().contains("applied already, by run 1 at 2023-11-14"), "{error}");
    }
}

#[tokio::test]
async fn a_plan_that_was_done_halfway_is_not_done_again() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.add("a", node!("x"))?;
        s.add("b", node!("x")).map(drop)
    };
    let sealed = seal(&mut world, program, PlanOptions::new()).await;
    let create = Matcher::op(CallOp::Create).path("b");
    world.cloud.inject(Fault::once(create, Moment::Before, ErrorKind::Conflict));
    assert_eq!(try_apply(&mut world, program, &sealed).await.unwrap().failures.len(), 1);
    let error = refused(&mut world, program, &sealed).await;
    assert!(matches!(error, PlanFileError::AlreadyApplied { status: RunStatus::Failed, .. }), "{error}");
    assert!(error.to_string().contains("did not do everything"), "{error}");
    world.cloud.heal();
    assert_eq!(world.up(program).await, ["create b"]);
}

#[tokio::test]
async fn a_like_change_by_somebody_else_is_stale_and_not_applied_already() {
    let mut world = World::new();
    world.up(|s| s.add("web", node!("a").note("one")).map(drop)).await;
    let two = |s: &Stack| s.add("web", node!("a").note("two")).map(drop);
    let sealed = seal(&mut world, two, PlanOptions::new()).await;
    world.up(|s| s.add("web", node!("a").note("three")).map(drop)).await;
    let error = refused(&mut world, two, &sealed).await;
    assert!(matches!(error, PlanFileError::Stale { .. }), "{error}");
}

#[tokio::test]
async fn another_build_of_the_program_is_refused() {
    let mut world = World::new();
    let sealed = seal(&mut world, web("a"), PlanOptions::new()).await;
    let opened = open(&world, &sealed).await.unwrap();
    let (graph, other) = (world.graph(web("a")), BuildId::named("the next build"));
    let applied =
        world.engine.apply_opened(&graph, &opened, &other, ApplyOptions::new(), &mut NoReporter).await;
    let Err(EngineError::PlanFile(PlanFileError::OtherBuild { planned, running })) = applied else {
        panic!("{applied:?}")
    };
    assert_eq!((planned, running), (build(), other));
    assert!(world.cloud.inventory().is_empty());
}

/// A way to declare two nodes.
type Variant = (&'static str, Box<dyn Fn(&Stack) -> Declared>);

#[tokio::test]
async fn other_settings_are_refused_and_the_resources_named() {
    let mut world = World::new();
    let base = |s: &Stack| {
        let a = s.add("a", node!("x").password(iac_core::Secret::from("one")))?;
        s.add("b", node!("x").note(&a.address))?;
        s.export("address", &a.address)
    };
    let sealed = seal(&mut world, base, PlanOptions::new()).await;
    let variant = |a: Options, password: &'static str, by: u8| {
        move |s: &Stack| {
            let secret = iac_core::Secret::from(password);
            let a = s.add_with("a", node!("x").password(secret), a.clone())?;
            let note = if by == 1 { &a.id.map(|id| id.to_string()) } else { &a.address };
            let args = node!("x").note(note);
            s.add("b", if by == 2 { args.size(2u32) } else { args })?;
            if by == 3 {
                s.add("c", node!("x"))?;
            }
            if by == 4 { s.export("address", "fixed") } else { s.export("address", &a.address) }
        }
    };
    let variants: [Variant; 8] = [
        ("a has other options", Box::new(variant(Options::new().protect(), "one", 0))),
        ("a has other options", Box::new(variant(Options::new().ignore_changes(["note"]), "one", 0))),
        ("a has other inputs", Box::new(variant(Options::new(), "two", 0))),
        ("b has other inputs", Box::new(variant(Options::new(), "one", 1))),
        ("b has other inputs", Box::new(variant(Options::new(), "one", 2))),
        ("c was not declared", Box::new(variant(Options::new(), "one", 3))),
        ("output address has other inputs", Box::new(variant(Options::new(), "one", 4))),
        ("a is not declared any more", Box::new(|_| Ok(()))),
    ];
    for (expected, program) in variants {
        let error = refused(&mut world, program, &sealed).await;
        let PlanFileError::OtherProgram { differs } = &error else { panic!("{error}") };
        assert_eq!(differs[0], expected);
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert!(world.cloud.inventory().is_empty());
    assert!(try_apply(&mut world, variant(Options::new(), "one", 0), &sealed).await.unwrap().succeeded());
}

#[tokio::test]
async fn a_resource_that_moved_to_another_instance_is_refused() {
    let mut world = World::new();
    let program = |moved: bool| {
        let second = world.cloud.clone();
        move |s: &Stack| {
            let named = ProviderInstance::new(second.provider()).named("second");
            let named = s.provider_instance(named)?;
            let options = if moved { Options::new().provider(&named) } else { Options::new() };
            s.add_with("web", node!("a"), options).map(drop)
        }
    };
    let (here, there) = (program(false), program(true));
    let sealed = seal(&mut world, here, PlanOptions::new()).await;
    let error = refused(&mut world, there, &sealed).await;
    assert!(
        matches!(&error, PlanFileError::OtherProgram { differs } if differs == &["web has other options"])
    );
}

#[tokio::test]
async fn credentials_of_another_account_are_refused() {
    let mut world = World::new();
    let sealed = seal(&mut world, web("a"), PlanOptions::new()).await;
    world.cloud.set_account("account-2");
    let error = refused(&mut world, web("a"), &sealed).await;
    assert!(matches!(&error, PlanFileError::OtherAccount { found, .. } if found == "account-2"), "{error}");
    assert!(world.cloud.inventory().is_empty());
}

#[tokio::test]
async fn a_plan_of_another_stack_or_another_state_is_refused() {
    let mut world = World::new();
    let sealed = seal(&mut world, web("a"), PlanOptions::new()).await;
    world.stack = "staging".into();
    let error = refused(&mut world, web("a"), &sealed).await;
    assert!(matches!(error, PlanFileError::OtherStack { .. }), "{error}");
    assert!(error.to_string().contains("for stack philotes/dev, not for philotes/staging"), "{error}");

    // The same stack name and the same keyring, in a state that knows nothing of it, and in one that
    // has a key of its own.
    let mut other = World::new();
    for _ in 0..2 {
        let error = refused(&mut other, web("a"), &sealed).await;
        assert!(matches!(error, PlanFileError::OtherState { .. }), "{error}");
        let _ = seal(&mut other, web("a"), PlanOptions::new()).await;
    }
    // Opened with the right state and applied to another.
    world.stack = "dev".into();
    let opened = open(&world, &sealed).await.unwrap();
    let graph = other.graph(web("a"));
    let applied =
        other.engine.apply_opened(&graph, &opened, &build(), ApplyOptions::new(), &mut NoReporter).await;
    assert!(matches!(applied, Err(EngineError::PlanFile(PlanFileError::OtherState { .. }))), "{applied:?}");
    assert!(other.cloud.inventory().is_empty());
}

#[tokio::test]
async fn an_output_of_another_stack_that_changed_is_refused_before_anything_is_done() {
    let mut world = World::new();
    let producer = |value: &'static str| move |s: &Stack| s.export("image", value);
    world.stack = "base".into();
    world.up(producer("a")).await;
    world.stack = "dev".into();
    let consumer = |s: &Stack| {
        s.add("first", node!("x"))?;
        s.add("web", node!(s.stack_output::<String>("base", "image"))).map(drop)
    };
    let sealed = seal(&mut world, consumer, PlanOptions::new()).await;
    world.stack = "base".into();
    world.up(producer("b")).await;
    world.stack = "dev".into();
    let error = refused(&mut world, consumer, &sealed).await;
    assert!(matches!(&error, PlanFileError::OtherPlan { differs } if differs == &["web"]), "{error}");
    assert!(world.cloud.inventory().is_empty());
}

#[tokio::test]
async fn a_value_that_a_closure_captured_is_refused_where_the_plan_knew_it() {
    let mut world = World::new();
    world.up(web("a")).await;
    let program = |suffix: &'static str| {
        move |s: &Stack| {
            let web = s.add("web", node!("a"))?;
            s.add("b", node!("x").note(web.address.map(move |at| format!("{at}-{suffix}")))).map(drop)
        }
    };
    let sealed = seal(&mut world, program("one"), PlanOptions::new()).await;
    let error = refused(&mut world, program("two"), &sealed).await;
    assert!(matches!(&error, PlanFileError::OtherPlan { differs } if differs == &["b"]), "{error}");
    assert!(try_apply(&mut world, program("one"), &sealed).await.unwrap().succeeded());
}

#[tokio::test]
async fn without_a_key_that_lasts_nothing_is_sealed_or_opened() {
    let mut world = World::new();
    let plan = world.plan(web("a")).await;
    let graph = world.graph(web("a"));
    let on = |keyring: Option<EphemeralKeyring>| {
        let builder = Engine::builder().shared_backend(world.backend.clone());
        match keyring {
            Some(keyring) => builder.keyring(keyring).build(),
            None => builder.build(),
        }
    };
    for engine in [on(None), on(Some(EphemeralKeyring::new()))] {
        let error = engine.seal_plan(&graph, &plan, &PlanOptions::new(), &build()).await.unwrap_err();
        assert!(matches!(error, EngineError::PlanFile(PlanFileError::NoKey { .. })), "{error}");
        assert!(error.to_string().contains("ends with this process"), "{error}");
    }
    assert_eq!(world.backend.load(&world.id()).await.unwrap().key_envelope, None, "a refusal made a key");

    let sealed = seal(&mut world, web("a"), PlanOptions::new()).await;
    let wrong = Engine::builder()
        .shared_backend(world.backend.clone())
        .keyring(RawKey::new("another key", [8; 32]))
        .build();
    let error = wrong.open_plan(&world.id(), &sealed).await.unwrap_err();
    assert!(error.to_string().contains("does not open with another key"), "{error}");
    let empty = Engine::builder().backend(MemoryBackend::new()).keyring(RawKey::new("k", [7; 32])).build();
    let error = empty.open_plan(&world.id(), &sealed).await.unwrap_err();
    assert!(matches!(error, EngineError::PlanFile(PlanFileError::OtherState { .. })), "{error}");
}

#[tokio::test]
async fn a_plan_that_is_stale_already_is_not_sealed() {
    let mut world = World::new();
    let options = PlanOptions::new();
    let plan = world.plan(web("a")).await;
    world.up(|s| s.add("other", node!("x")).map(drop)).await;
    let graph = world.graph(web("a"));
    let error = world.engine.seal_plan(&graph, &plan, &options, &build()).await.unwrap_err();
    assert!(matches!(error, EngineError::StalePlan { .. }), "{error}");
    world.stack = "staging".into();
    let graph = world.graph(web("a"));
    let error = world.engine.seal_plan(&graph, &plan, &options, &build()).await.unwrap_err();
    assert!(error.to_string().contains("not for philotes/staging"), "{error}");
}
