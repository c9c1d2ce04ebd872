//! A plan that comes from a file is the plan that was sealed.

use iac_core::{
    ApplyOptions, BuildId, EngineError, Event, OpenedPlan, Options, Outcome, PlanFileError, PlanOptions,
    SealedPlan, Stack, interpolate_secret,
};
use iac_testkit::fake::{CallOp, Disk, Lookup, Matcher, Moment, Node, Verdict};

use crate::world::{Declared, World, failures, is_diverged, node, steps};

pub(crate) fn build() -> BuildId {
    BuildId::named("the build of these tests")
}

/// Plans and seals.
pub(crate) async fn seal(
    world: &mut World,
    program: impl Fn(&Stack) -> Declared,
    options: PlanOptions,
) -> SealedPlan {
    let plan = world.try_plan(&program, options.clone()).await.unwrap();
    let graph = world.graph(program);
    world.engine.seal_plan(&graph, &plan, &options, &build()).await.unwrap()
}

/// Through bytes, as another process would get it.
pub(crate) async fn open(world: &World, sealed: &SealedPlan) -> Result<OpenedPlan, EngineError> {
    let sealed = SealedPlan::from_bytes(sealed.as_bytes().to_vec())?;
    world.engine.open_plan(&world.id(), &sealed).await
}

pub(crate) async fn try_apply(
    world: &mut World,
    program: impl Fn(&Stack) -> Declared,
    sealed: &SealedPlan,
) -> Result<Outcome, EngineError> {
    let opened = open(world, sealed).await?;
    let graph = world.graph(program);
    let options = ApplyOptions::new().parallelism_max(1);
    world.engine.apply_opened(&graph, &opened, &build(), options, &mut world.events).await
}

pub(crate) async fn refused(
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

pub(crate) const CANARY: &str = "canary-7f3a91";

/// Steps of every kind towards `second`: reads, secrets, unknowns, both replacement orders, protected
/// and retained rows, aliases.
pub(crate) fn many(second: bool) -> impl Fn(&Stack) -> Declared + Clone {
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

pub(crate) fn prepare(world: &World) {
    world.cloud.set_data("image", "ubuntu");
    for number in 1..40 {
        world.cloud.set_data(&format!("10.0.0.{number}"), "rack");
    }
}

/// Renames allowed, and what `change` says.
pub(crate) fn options(change: impl FnOnce(&mut PlanOptions)) -> PlanOptions {
    let mut options = PlanOptions::new();
    options.allow_renames = true;
    change(&mut options);
    options
}

pub(crate) fn web(image: &'static str) -> impl Fn(&Stack) -> Declared + Clone {
    move |s| s.add("web", node!(image)).map(drop)
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
                options.excludes = vec!["disk".into()];
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

#[tokio::test]
async fn comparing_the_state_again_does_not_make_a_plan_stale() {
    for mut world in World::both() {
        world.up(web("a")).await;
        let sealed = seal(&mut world, web("b"), PlanOptions::new()).await;
        let serial = world.snapshot().await.serial;
        world.clock.advance_s(60);
        let _ = world.plan(web("a")).await;
        assert_eq!(world.snapshot().await.serial, serial);
        assert!(try_apply(&mut world, web("b"), &sealed).await.unwrap().succeeded());
        world.settled(web("b")).await;
    }
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
