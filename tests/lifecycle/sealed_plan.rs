//! A plan that comes from a file is the plan that was sealed, and is done only where it still holds.

use iac_core::state::{EphemeralKeyring, MemoryBackend, RawKey, RunStatus};
use iac_core::{
    ApplyOptions, BuildId, Engine, EngineError, ErrorKind, Event, NoReporter, OpenedPlan, Options, Outcome,
    PlanFileError, PlanOptions, ProviderInstance, SealedPlan, Stack, interpolate_secret,
};
use iac_testkit::fake::{CallOp, Disk, Fault, Lookup, Matcher, Moment, Node, Verdict};

use crate::world::{Declared, World, failures, is_diverged, node, steps};

fn build() -> BuildId {
    BuildId::named("the build of these tests")
}

/// Plans and seals.
async fn seal(world: &mut World, program: impl Fn(&Stack) -> Declared, options: PlanOptions) -> SealedPlan {
    let plan = world.try_plan(&program, options.clone()).await.unwrap();
    let graph = world.graph(program);
    world.engine.seal_plan(&graph, &plan, &options, &build()).await.unwrap()
}

/// Through bytes, as another process would get it.
async fn open(world: &World, sealed: &SealedPlan) -> Result<OpenedPlan, EngineError> {
    let sealed = SealedPlan::from_bytes(sealed.as_bytes().to_vec())?;
    world.engine.open_plan(&world.id(), &sealed).await
}

async fn try_apply(
    world: &mut World,
    program: impl Fn(&Stack) -> Declared,
    sealed: &SealedPlan,
) -> Result<Outcome, EngineError> {
    let opened = open(world, sealed).await?;
    let graph = world.graph(program);
    let options = ApplyOptions::new().parallelism_max(1);
    world.engine.apply_opened(&graph, &opened, &build(), options, &mut world.events).await
}

async fn refused(
    world: &mut World,
    program: impl Fn(&Stack) -> Declared,
    sealed: &SealedPlan,
) -> PlanFileError {
    match try_apply(world, program, sealed).await {
        Err(EngineError::PlanFile(error)) => {
            assert!(error.to_string().contains("\n  to go on: "), "no way out: {error}");
            error
        }
        other => panic!("not refused as a plan file: {other:?}"),
    }
}

const CANARY: &str = "canary-7f3a91";

/// Steps of every kind towards `second`: reads, secrets, unknowns, both replacement orders, protected
/// and retained rows, aliases.
fn many(second: bool) -> impl Fn(&Stack) -> Declared + Clone {
    move |s| {
        let image = if second { "b" } else { "a" };
        let password = iac_core::Secret::new(format!("{CANARY}-{image}"));
        let looked_up = s.read("known", Lookup::args().name("image"))?;
        let web = s.add("web", node!(image).password(&password).tags(["x", "y"]))?;
        let late = s.read("late", Lookup::args().name(&web.address))?;
        let joined = interpolate_secret!("{}:{}", &web.token, &password);
        s.add("child", node!(&looked_up.value).password(&joined).parent(&web))?;
        s.add_with("disk", Disk::args().size(9u32), Options::new().protect())?;
        s.add("told", node!("x").note(&late.value))?;
        if second {
            s.add_with("renamed", node!("r"), Options::new().alias("named"))?;
            s.add_with("first", node!("c").name("fixed"), Options::new().delete_before_replace())?;
            s.export("number", 9_007_199_254_740_993_i64)?;
        } else {
            s.add("named", node!("r"))?;
            s.add("first", node!("d").name("fixed"))?;
            s.add_with("kept", node!("k"), Options::new().retain_on_delete())?;
            s.add("gone", Disk::args().size(3u32))?;
            s.export("old", "value")?;
        }
        s.export("joined", &joined)
    }
}

fn prepare(world: &World) {
    world.cloud.set_data("image", "ubuntu");
    for number in 1..40 {
        world.cloud.set_data(&format!("10.0.0.{number}"), "rack");
    }
}

/// Renames allowed, and what `change` says.
fn options(change: impl FnOnce(&mut PlanOptions)) -> PlanOptions {
    let mut options = PlanOptions::new();
    options.allow_renames = true;
    change(&mut options);
    options
}

#[tokio::test]
async fn what_is_opened_is_what_was_sealed() {
    for mut world in World::both() {
        prepare(&world);
        let mut kinds = std::collections::BTreeSet::new();
        let fresh = (many(false), options(|_| ()));
        let changed = [
            options(|_| ()),
            options(|options| options.targets = vec!["child".into()]),
            options(|options| {
                options.replace = vec!["told".into()];
                options.excludes = vec!["web".into(), "first".into()];
            }),
            options(|options| {
                options.destroy = true;
                options.excludes = vec!["disk".into()];
            }),
        ];
        let changed = changed.into_iter().map(|options| (many(true), options));
        for (round, (program, options)) in std::iter::once(fresh).chain(changed).enumerate() {
            if round == 1 {
                world.up(many(false)).await;
                let id = world.row("told").await.id.clone();
                world.cloud.mutate(&id, "note", "outside".into());
            }
            let plan = world.try_plan(&program, options.clone()).await.unwrap();
            kinds.extend(plan.steps.iter().map(|step| step.op));
            let graph = world.graph(&program);
            let sealed = world.engine.seal_plan(&graph, &plan, &options, &build()).await.unwrap();
            let opened = open(&world, &sealed).await.unwrap();
            assert_eq!(*opened.plan(), plan);
            assert_eq!(serde_json::to_string(opened.plan()).unwrap(), serde_json::to_string(&plan).unwrap());
            assert_eq!(format!("{:?}", opened.plan()), format!("{plan:?}"));
            assert_eq!(*opened.options(), options);
            assert_eq!(opened.header(), sealed.header());
            assert_eq!(opened.header().parent_serial, plan.parent_serial);
            assert_eq!(opened.header().created_at, 1_700_000_000_000);
            assert!(round == 0 || !plan.drift.is_empty());
        }
        // Every kind of step there is.
        assert_eq!(kinds.len(), 8, "{kinds:?}");
    }
}

#[tokio::test]
async fn a_plan_from_a_file_is_applied_by_another_process() {
    for mut world in World::both() {
        prepare(&world);
        let sealed = seal(&mut world, many(false), PlanOptions::new()).await;
        world.restart();
        let outcome = try_apply(&mut world, many(false), &sealed).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", failures(&outcome));
        world.settled(many(false)).await;

        let options = options(|_| ());
        let sealed = seal(&mut world, many(true), options).await;
        world.restart();
        let outcome = try_apply(&mut world, many(true), &sealed).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", failures(&outcome));
        // Not `settled`: the object of `kept` stays in the cloud, which is what it asks for.
        assert!(!world.plan(many(true)).await.has_changes());
        assert_eq!(world.open_rows().await, 0);
        let password: iac_core::Secret<String> =
            iac_core::from_value(world.object("child").await.inputs.get("password")).unwrap();
        assert!(password.expose().ends_with(&format!("{CANARY}-b")), "the cloud got another password");
    }
}

#[tokio::test]
async fn a_destroy_from_a_file_deletes_what_it_showed() {
    for mut world in World::both() {
        let program = |s: &Stack| {
            let a = s.add("a", node!("x"))?;
            s.export("address", &a.address)?;
            s.add("b", node!("x").parent(&a)).map(drop)
        };
        world.up(program).await;
        let sealed = seal(&mut world, program, PlanOptions::new().destroy()).await;
        let opened = open(&world, &sealed).await.unwrap();
        assert_eq!(steps(opened.plan()), ["delete b", "delete a"]);
        let outcome = try_apply(&mut world, program, &sealed).await.unwrap();
        assert!(outcome.succeeded() && outcome.outputs.is_empty());
        assert!(world.cloud.inventory().is_empty());
        let error = refused(&mut world, program, &sealed).await;
        assert!(matches!(error, PlanFileError::AlreadyApplied { run: 2, .. }), "{error}");
    }
}

#[tokio::test]
async fn a_plan_without_changes_can_be_sealed_and_applied() {
    let mut world = World::new();
    let program = |s: &Stack| s.add("web", node!("a")).map(drop);
    world.up(program).await;
    let sealed = seal(&mut world, program, PlanOptions::new()).await;
    for _ in 0..2 {
        let outcome = try_apply(&mut world, program, &sealed).await.unwrap();
        assert!(outcome.succeeded() && outcome.run.is_none());
    }
}

fn web(image: &'static str) -> impl Fn(&Stack) -> Declared + Clone {
    move |s| s.add("web", node!(image)).map(drop)
}

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
async fn comparing_the_state_again_does_not_make_a_plan_stale() {
    for mut world in World::both() {
        world.up(web("a")).await;
        let sealed = seal(&mut world, web("b"), PlanOptions::new()).await;
        let serial = world.snapshot().await.serial;
        world.clock.advance_s(60);
        let _ = world.plan(web("a")).await;
        assert!(world.snapshot().await.serial > serial, "a refresh writes");
        assert!(try_apply(&mut world, web("b"), &sealed).await.unwrap().succeeded());
        world.settled(web("b")).await;
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
async fn a_step_from_a_file_may_turn_out_weaker_and_never_stronger() {
    for mut world in World::both() {
        let program = |size: u32| {
            move |s: &Stack| {
                let a = s.add("a", Node::args().size(size).image("x"))?;
                s.add("b", node!(a.size.map(|_| "fixed".to_owned())).note("same"))?;
                // Known only during the apply: it shrinks, which is a replacement.
                s.add("disk", Disk::args().size(a.size.map(|n| 100 - n))).map(drop)
            }
        };
        world.up(program(1)).await;
        let old = world.row("b").await;
        let sealed = seal(&mut world, program(5), PlanOptions::new()).await;
        let opened = open(&world, &sealed).await.unwrap();
        let planned = ["update a", "update disk", "create_replacement b", "delete_replaced b"];
        let mut found = steps(opened.plan());
        found.sort_by_key(|step| planned.iter().position(|planned| planned == step));
        assert_eq!(found, planned);
        let outcome = try_apply(&mut world, program(5), &sealed).await.unwrap();
        assert_eq!(outcome.failures.len(), 1, "{:?}", failures(&outcome));
        assert!(is_diverged(&outcome.failures[0].error), "{:?}", failures(&outcome));
        let weaker = world.events.iter().filter_map(|event| match event {
            Event::StepFinished { weaker: Some(text), .. } => Some(text.as_str()),
            _ => None,
        });
        assert_eq!(weaker.collect::<Vec<_>>(), ["nothing differs after all", "it was not replaced"]);
        assert_eq!(world.row("b").await.id, old.id);
        assert_eq!(world.object("disk").await.number_of("size"), 99);
    }
}

#[tokio::test]
async fn a_crash_during_an_apply_from_a_file_is_recovered_from() {
    let mut world = World::sqlite();
    let program = |s: &Stack| {
        s.add("a", node!("x"))?;
        s.add("b", node!("x")).map(drop)
    };
    let sealed = seal(&mut world, program, PlanOptions::new()).await;
    let opened = open(&world, &sealed).await.unwrap();
    let graph = world.graph(program);
    let hangs = Matcher::op(CallOp::Create).path("b");
    world.cloud.set_hook(Box::new(move |call, at| {
        if hangs.matches(call) && at == Moment::Effect { Verdict::Hang } else { Verdict::Go }
    }));
    {
        let (build, cloud) = (build(), world.cloud.clone());
        let options = ApplyOptions::new().parallelism_max(1);
        let applied = world.engine.apply_opened(&graph, &opened, &build, options, &mut world.events);
        tokio::select! {
            biased;
            () = cloud.hung() => {}
            outcome = applied => panic!("nothing hung: {outcome:?}"),
        }
    }
    world.restart();
    let error = refused(&mut world, program, &sealed).await;
    assert!(matches!(error, PlanFileError::AlreadyApplied { .. } | PlanFileError::Stale { .. }), "{error}");
    world.up(program).await;
    assert_eq!(world.cloud.inventory().len(), 2);
}

#[tokio::test]
async fn every_changed_or_missing_byte_is_refused() {
    let mut world = World::new();
    prepare(&world);
    let sealed = seal(&mut world, many(false), PlanOptions::new()).await;
    let bytes = sealed.as_bytes();
    let clear = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
    assert!(clear < 600 && bytes.len() > 10 * clear);
    // Every byte of the clear part; of the ciphertext its ends and a sample.
    let sampled = |at: usize| at < clear + 64 || at + 64 > bytes.len() || at % 97 == 0;
    for at in (0..bytes.len()).filter(|at| sampled(*at)) {
        for mask in if at < clear { [1u8, 2, 32, 128] } else { [1, 16, 128, 255] } {
            let mut altered = bytes.to_vec();
            altered[at] ^= mask;
            let opened = match SealedPlan::from_bytes(altered) {
                Ok(sealed) => world.engine.open_plan(&world.id(), &sealed).await.map(drop),
                Err(error) => Err(error.into()),
            };
            assert!(matches!(opened, Err(EngineError::PlanFile(_))), "byte {at} ^ {mask}: {opened:?}");
        }
    }
    for length in (0..bytes.len()).filter(|at| sampled(*at)) {
        let error = SealedPlan::from_bytes(bytes[..length].to_vec()).unwrap_err();
        match length {
            0 => assert!(matches!(error, PlanFileError::NotAPlan { .. }), "{error}"),
            _ => assert!(matches!(error, PlanFileError::Truncated { .. }), "{length}: {error}"),
        }
    }
    let longer = SealedPlan::from_bytes([bytes, b"\n"].concat()).unwrap_err();
    assert!(
        longer.to_string().contains("altered") && longer.to_string().contains("1 bytes follow"),
        "{longer}"
    );
    let spaced = String::from_utf8_lossy(&bytes[..clear]).replace("{\"stack\"", "{ \"stack\"");
    let spaced = SealedPlan::from_bytes([spaced.as_bytes(), &bytes[clear..]].concat()).unwrap();
    let error = world.engine.open_plan(&world.id(), &spaced).await.unwrap_err().to_string();
    assert!(error.contains("altered after it was made"), "{error}");
}

#[tokio::test]
async fn what_is_no_plan_file_is_told_apart() {
    let check = |bytes: &[u8], expected: &str| {
        let error = SealedPlan::from_bytes(bytes.to_vec()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(b"", "not a plan file: it is empty");
    check(b"PK\x03\x04", "not a plan file");
    check(b"iac-plan 2\n{}\n", "it has plan format 2; this program reads up to 1");
    check(b"iac-plan 01\n{}\n", "header is unreadable");
    check(b"iac-plan 0\n{}\n", "altered");
    check(b"iac-plan 99999999999999999999\n{}\n", "altered");
    check(b"iac-plan 1\nno json\nx", "altered");
    check(&[b"iac-plan 1\n".as_slice(), &[b'x'; 5000]].concat(), "its header does not end");
    check(b"iac-plan 1\n{\"stack\":", "cut off");
}

#[tokio::test]
async fn no_secret_is_in_the_bytes_in_any_spelling() {
    use base64::Engine as _;
    let mut world = World::new();
    prepare(&world);
    world.up(many(false)).await;
    let sealed = seal(&mut world, many(true), options(|_| ())).await;
    let bytes = sealed.as_bytes();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (text, digits) = (String::from_utf8_lossy(bytes), hex(bytes));
    for secret in [CANARY, "canary-7f3a91-a", "canary-7f3a91-b", "token-of-"] {
        assert!(!text.contains(secret), "{secret} in the clear");
        assert!(!digits.contains(&hex(secret.as_bytes())), "{secret} in the clear");
        assert!(!text.contains(&hex(secret.as_bytes())), "{secret} in hexadecimal");
        // At each of its three offsets, without the characters that its neighbours decide.
        for offset in 0..3 {
            let padded = [&[0; 3][..offset], secret.as_bytes()].concat();
            let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(padded);
            let inner = &encoded[4.min(offset * 4)..encoded.len() - 2];
            assert!(!text.contains(inner), "{secret} in base64");
        }
    }
    // Nor is a plan readable without the key: no name, no address, no digest of a value.
    for word in ["web", "child", "10.0.0.1", "create_replacement", "sha256:", "hmac"] {
        assert!(!text.contains(word), "{word} in the clear");
    }
    assert_ne!(
        seal(&mut world, many(true), options(|_| ())).await.as_bytes(),
        bytes,
        "a nonce is used twice"
    );
    // What the program shows of it does not show them either.
    let opened = open(&world, &sealed).await.unwrap();
    let shown = format!("{opened:?}{sealed:?}{}", serde_json::to_string(opened.plan()).unwrap());
    assert!(!shown.contains(CANARY) && !shown.contains("token-of-"));
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
