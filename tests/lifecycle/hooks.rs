//! Code of the program around the steps of a resource: when it runs, what it is told, and that it
//! runs at least once whatever fails.

use std::sync::{Arc, Mutex};

use iac_core::{Event, HookContext, HookPhase, Op, Options, PlanOptions, Stack};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment, Node, Verdict};

use crate::world::{Declared, World, failures, node, skipped, steps};

const PHASES: [HookPhase; 6] = [
    HookPhase::BeforeCreate,
    HookPhase::AfterCreate,
    HookPhase::BeforeUpdate,
    HookPhase::AfterUpdate,
    HookPhase::BeforeDelete,
    HookPhase::AfterDelete,
];

/// What the hooks heard, and which of them fail.
#[derive(Clone, Default)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    failing: Arc<Mutex<Option<HookPhase>>>,
    hanging: Arc<Mutex<Option<HookPhase>>>,
}

impl Log {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
    fn fail(&self, phase: Option<HookPhase>) {
        *self.failing.lock().unwrap() = phase;
    }
    fn hang(&self, phase: Option<HookPhase>) {
        *self.hanging.lock().unwrap() = phase;
    }

    fn register(&self, s: &Stack) -> Result<iac_core::Hook<Node>, iac_core::StackError> {
        let log = self.clone();
        s.hook("told", move |cx: HookContext<Node>| {
            let log = log.clone();
            async move { log.hear(cx).await }
        })
    }

    async fn hear(&self, cx: HookContext<Node>) -> Result<(), String> {
        let was = cx.old_inputs.map(|old| format!(" was {}", old.size)).unwrap_or_default();
        let address = cx.outputs.map(|outputs| format!(" at {}", outputs.address)).unwrap_or_default();
        let id = if cx.id.is_some() { " exists" } else { "" };
        let (path, phase, size) = (cx.urn.path().to_owned(), cx.phase.as_str(), cx.inputs.size);
        let line = format!("{phase} {path}: size {size}{was}{address}{id}");
        self.lines.lock().unwrap().push(line);
        if *self.hanging.lock().unwrap() == Some(cx.phase) {
            std::future::pending::<()>().await;
        }
        let fails = *self.failing.lock().unwrap() == Some(cx.phase);
        if fails { Err("the test asked for it".to_owned()) } else { Ok(()) }
    }

    /// A node with every hook and one that depends on it.
    fn program(&self, size: u32) -> impl Fn(&Stack) -> Declared + use<> {
        let log = self.clone();
        move |s: &Stack| {
            let told = log.register(s)?;
            let web = s.add("web", node!("a").size(size))?;
            PHASES.into_iter().for_each(|phase| s.attach(&web, phase, &told));
            s.add("next", node!("a").note(&web.address)).map(drop)
        }
    }
}

#[tokio::test]
async fn hooks_run_around_their_steps_and_before_what_depends_on_them() {
    for mut world in World::both() {
        let log = Log::default();
        let planned = world.up(log.program(1)).await;
        assert_eq!(planned, ["hook web", "create web", "hook web", "create next"]);
        let told = ["before create web: size 1", "after create web: size 1 at 10.0.0.1 exists"];
        assert_eq!(log.take(), told);

        let planned = world.up(log.program(2)).await;
        assert_eq!(planned, ["hook web", "update web", "hook web"]);
        let told = [
            "before update web: size 2 was 1 at 10.0.0.1 exists",
            "after update web: size 2 at 10.0.0.1 exists",
        ];
        assert_eq!(log.take(), told);

        let planned = world.destroy(log.program(2)).await;
        assert_eq!(planned, ["delete next", "hook web", "delete web", "hook web"]);
        let told =
            ["before delete web: size 2 at 10.0.0.1 exists", "after delete web: size 2 at 10.0.0.1 exists"];
        assert_eq!(log.take(), told);
        assert!(world.snapshot().await.resources.is_empty() && world.snapshot().await.gone.is_empty());
    }
}

#[tokio::test]
async fn both_halves_of_a_replacement_have_their_hooks() {
    let mut world = World::new();
    let log = Log::default();
    world.up(log.program(1)).await;
    log.take();
    let mut options = PlanOptions::new();
    options.replace = vec!["web".into()];
    let plan = world.try_plan(log.program(1), options).await.unwrap();
    assert!(world.apply(log.program(1), &plan).await.succeeded());
    let heard: Vec<String> =
        log.take().iter().map(|line| line.split(" web").next().unwrap().into()).collect();
    assert_eq!(heard, ["before create", "after create", "before delete", "after delete"]);
    world.settled(log.program(1)).await;
}

#[tokio::test]
async fn a_failing_hook_before_a_step_keeps_it_from_being_done() {
    for phase in [HookPhase::BeforeCreate, HookPhase::BeforeUpdate, HookPhase::BeforeDelete] {
        let mut world = World::new();
        let log = Log::default();
        if phase != HookPhase::BeforeCreate {
            world.up(log.program(1)).await;
        }
        log.take();
        log.fail(Some(phase));
        let outcome = match phase {
            HookPhase::BeforeDelete => world.try_up(|s| log.register(s).map(drop)).await,
            _ => world.try_up(log.program(2)).await,
        };
        let failed = failures(&outcome);
        let text = format!("hook \"told\" {} failed: the test asked for it", phase.as_str());
        assert!(failed.len() == 1 && failed[0].contains(&text), "{failed:?}");
        let sizes: Vec<_> = world.cloud.inventory().iter().map(|o| o.inputs.get("size").clone()).collect();
        let before = if phase == HookPhase::BeforeCreate { vec![] } else { vec![1i64.into()] };
        assert_eq!(sizes.first(), before.first(), "{phase:?}");
        world.consistent().await;
        log.fail(None);
        world.up(log.program(2)).await;
    }
}

#[tokio::test]
async fn a_failing_hook_after_a_step_stays_owed_and_holds_up_what_depends_on_it() {
    for mut world in World::both() {
        let log = Log::default();
        log.fail(Some(HookPhase::AfterCreate));
        let outcome = world.try_up(log.program(1)).await;
        assert_eq!(skipped(&outcome), ["next"]);
        assert_eq!(world.cloud.inventory().len(), 1);
        world.consistent().await;
        log.take();
        log.fail(None);
        let plan = world.plan(log.program(1)).await;
        assert_eq!(steps(&plan), ["record web", "hook web", "create next"]);
        assert!(plan.steps[0].reasons[0].contains("hook \"told\" after create is still owed"), "{plan:?}");
        world.up(log.program(1)).await;
        assert_eq!(log.take(), ["after create web: size 1 at 10.0.0.1 exists"]);
    }
}

#[tokio::test]
async fn a_hook_after_a_deletion_stays_owed_when_the_object_is_gone() {
    for mut world in World::both() {
        let log = Log::default();
        world.up(log.program(1)).await;
        log.fail(Some(HookPhase::AfterDelete));
        let program = |s: &Stack| log.register(s).map(drop);
        let outcome = world.try_up(program).await;
        assert_eq!(failures(&outcome).len(), 1);
        assert!(world.cloud.inventory().is_empty());
        assert_eq!(world.snapshot().await.gone.len(), 1);
        log.take();
        log.fail(None);
        // The same name is used again meanwhile.
        let again = log.program(5);
        let planned = world.up(again).await;
        assert!(planned.contains(&"create web".to_owned()), "{planned:?}");
        assert!(log.take().contains(&"after delete web: size 1 at 10.0.0.1 exists".to_owned()));
        assert!(world.snapshot().await.gone.is_empty());
    }
}

#[tokio::test]
async fn a_process_that_dies_in_a_hook_runs_it_again() {
    for phase in PHASES {
        for mut world in World::both() {
            let log = Log::default();
            if !matches!(phase, HookPhase::BeforeCreate | HookPhase::AfterCreate) {
                world.up(log.program(1)).await;
            }
            log.take();
            log.hang(Some(phase));
            let deletes = matches!(phase, HookPhase::BeforeDelete | HookPhase::AfterDelete);
            let program: Box<dyn Fn(&Stack) -> Declared> = match deletes {
                true => Box::new(|s: &Stack| log.register(s).map(drop)),
                false => Box::new(log.program(2)),
            };
            let plan = world.plan(&program).await;
            let graph = world.graph(&program);
            {
                let heard = log.clone();
                let reached = async move {
                    while !heard.lines.lock().unwrap().iter().any(|line| line.starts_with(phase.as_str())) {
                        tokio::task::yield_now().await;
                    }
                };
                let options = iac_core::ApplyOptions::new();
                let applied = world.engine.apply(&graph, &plan, options, &mut world.events);
                tokio::select! {
                    biased;
                    outcome = applied => panic!("nothing hung: {outcome:?}"),
                    () = reached => {}
                }
            }
            assert_eq!(world.open_rows().await, 1, "{phase:?}");
            world.restart();
            log.take();
            log.hang(None);
            let plan = world.plan(&program).await;
            assert_eq!(plan.recovered.len(), 1);
            assert_eq!((plan.recovered[0].op.as_str(), plan.recovered[0].urn.path()), ("hook", "web"));
            assert!(world.apply(&program, &plan).await.succeeded());
            let again = log.take();
            assert!(again.iter().any(|line| line.starts_with(phase.as_str())), "{phase:?}: {again:?}");
            world.settled(&program).await;
        }
    }
}

#[tokio::test]
async fn a_hook_is_owed_when_the_process_dies_between_its_step_and_it() {
    // The create took effect and its answer was lost: the next run adopts the object.
    let mut world = World::new();
    let log = Log::default();
    world.cloud.set_hook(Box::new(|call, at| {
        if call.op == CallOp::Create && at == Moment::Effect { Verdict::Hang } else { Verdict::Go }
    }));
    world.up_until_hung(log.program(1)).await;
    world.restart();
    log.take();
    let plan = world.plan(log.program(1)).await;
    assert_eq!((plan.recovered[0].op.as_str(), plan.recovered.len()), ("create", 1));
    assert_eq!(steps(&plan), ["record web", "hook web", "create next"]);
    world.up(log.program(1)).await;
    assert_eq!(log.take(), ["after create web: size 1 at 10.0.0.1 exists"]);
}

#[tokio::test]
async fn a_deletion_whose_hook_the_program_no_longer_registers_is_refused() {
    let mut world = World::new();
    let log = Log::default();
    world.up(log.program(1)).await;
    let text = world.refusal(|_| Ok(())).await;
    assert!(text.contains("hook \"told\" before delete was attached to it"), "{text}");
    assert!(text.contains("register it with `stack.hook`"), "{text}");
    // Lifting it is a change of its own.
    let without = |s: &Stack| {
        let web = s.add("web", node!("a").size(1u32))?;
        s.add("next", node!("a").note(&web.address)).map(drop)
    };
    let plan = world.plan(without).await;
    assert_eq!(steps(&plan), ["record web"]);
    assert!(plan.steps[0].reasons[0].contains("hooks of its deletion"), "{plan:?}");
    world.up(without).await;
    assert_eq!(world.up(|_| Ok(())).await, ["delete next", "delete web"]);
}

#[tokio::test]
async fn an_object_that_stays_in_the_cloud_runs_no_hook_of_its_deletion() {
    let mut world = World::new();
    let log = Log::default();
    let program = |s: &Stack| {
        let told = log.register(s)?;
        let web = s.add_with("web", node!("a"), Options::new().retain_on_delete())?;
        s.attach(&web, HookPhase::BeforeDelete, &told);
        Ok(())
    };
    world.up(program).await;
    assert_eq!(world.destroy(program).await, ["forget web"]);
    assert!(log.take().is_empty());
}

#[tokio::test]
async fn a_step_that_turns_out_not_to_be_needed_runs_no_hook() {
    let mut world = World::new();
    let log = Log::default();
    // The size of `web` comes from `base`, whose change in place may change its outputs.
    let program = |note: &'static str| {
        let log = log.clone();
        move |s: &Stack| {
            let told = log.register(s)?;
            let base = s.add("base", node!("a").note(note))?;
            let web = s.add("web", node!("a").size(&base.size))?;
            s.attach(&web, HookPhase::BeforeUpdate, &told);
            s.attach(&web, HookPhase::AfterUpdate, &told);
            Ok(())
        }
    };
    world.up(program("one")).await;
    let planned = world.up(program("two")).await;
    assert_eq!(planned, ["update base", "hook web", "update web", "hook web"]);
    assert!(log.take().is_empty());
}

#[tokio::test]
async fn hooks_are_steps_of_the_history_and_of_the_events() {
    let mut world = World::new();
    let log = Log::default();
    world.up(log.program(1)).await;
    let run = world.engine.runs(&world.id(), 10).await.unwrap();
    let run = run.iter().find(|run| run.kind == iac_core::state::RunKind::Apply).unwrap().run;
    let recorded = world.engine.steps(&world.id(), run).await.unwrap();
    let hooks = recorded.iter().filter(|step| step.op == "hook" && step.urn.path() == "web").count();
    assert_eq!(hooks, 2);
    let finished = |event: &&Event| matches!(event, Event::StepFinished { op: Op::Hook, .. });
    assert_eq!(world.events.iter().filter(finished).count(), 2);
}

#[tokio::test]
async fn a_hook_does_not_repeat_a_secret_in_its_error() {
    let mut world = World::new();
    let program = |s: &Stack| {
        let tell = s.hook("tell", |cx: HookContext<Node>| async move {
            let password = cx.inputs.password.expect("it is set");
            Err::<(), _>(format!("cannot log in with {}", password.expose()))
        })?;
        let web = s.add("web", node!("a").password(iac_core::Secret::new("canary-4711".to_owned())))?;
        s.attach(&web, HookPhase::AfterCreate, &tell);
        Ok(())
    };
    let outcome = world.try_up(program).await;
    let text = failures(&outcome).join(" ");
    assert!(text.contains("cannot log in with") && !text.contains("canary-4711"), "{text}");
}

#[tokio::test]
async fn a_failed_step_runs_no_hook_after_it() {
    let mut world = World::new();
    let log = Log::default();
    world.cloud.inject(Fault::once(
        Matcher::op(CallOp::Create),
        Moment::Before,
        iac_core::ErrorKind::QuotaExceeded,
    ));
    let outcome = world.try_up(log.program(1)).await;
    assert_eq!(skipped(&outcome), ["web", "next"]);
    assert_eq!(log.take(), ["before create web: size 1"]);
    world.up(log.program(1)).await;
}
