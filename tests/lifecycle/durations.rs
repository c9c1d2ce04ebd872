//! How long calls took is remembered, foretold and used: what takes longest goes first.

use std::time::Duration;

use iac_core::duration::Origin;
use iac_core::{
    ApplyOptions, Budget, EngineError, ErrorKind, Event, Expected, Outcome, Plan, PlanOptions, Stack,
};
use iac_testkit::fake::{Call, CallOp, Fault, Matcher, Moment, Verdict};

use crate::world::{Declared, World, node};

/// Three nodes on their own, in this order.
fn three(s: &Stack) -> Declared {
    s.add("a-quick", node!("a"))?;
    s.add("b-slow", node!("a"))?;
    s.add("c-middle", node!("a")).map(drop)
}

/// How long a call for a node takes, in seconds, by its name.
fn seconds(call: &Call) -> i64 {
    let create = match call.path.rsplit('-').next() {
        Some("slow") => 90,
        Some("middle") => 20,
        _ => 3,
    };
    match call.op {
        CallOp::Create => create,
        CallOp::Update => 2,
        CallOp::Delete => 1,
        _ => 0,
    }
}

/// A world whose changing calls take their time, by the engine's clock.
fn timed(world: World) -> World {
    let clock = world.clock.clone();
    world.cloud.set_hook(Box::new(move |call, at| {
        if at == Moment::Effect {
            clock.advance_s(seconds(call));
        }
        Verdict::Go
    }));
    world
}

/// The clock is one for all, so steps go one by one.
fn one_by_one() -> ApplyOptions {
    ApplyOptions::new().parallelism_max(1)
}

impl World {
    async fn timed_apply(&mut self, program: impl Fn(&Stack) -> Declared, plan: &Plan) -> Outcome {
        let graph = self.graph(program);
        self.engine.apply(&graph, plan, one_by_one(), &mut self.events).await.unwrap()
    }

    async fn timed_up(&mut self, program: impl Fn(&Stack) -> Declared) {
        let plan = self.plan(&program).await;
        let outcome = self.timed_apply(&program, &plan).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
    }

    async fn timed_destroy(&mut self, program: impl Fn(&Stack) -> Declared) {
        let plan = self.try_plan(&program, PlanOptions::new().destroy()).await.unwrap();
        assert!(self.timed_apply(&program, &plan).await.succeeded());
    }

    async fn expected(
        &mut self,
        program: impl Fn(&Stack) -> Declared,
        options: &ApplyOptions,
    ) -> (Plan, Expected) {
        let plan = self.plan(&program).await;
        let graph = self.graph(&program);
        let expected = self.engine.expected(&graph, &plan, options).await.unwrap();
        (plan, expected)
    }
}

/// When each step starts and how long it takes, in seconds.
fn schedule(expected: &Expected) -> Vec<(&str, u64, u64)> {
    let steps = expected.steps.iter();
    steps.map(|step| (step.urn.path(), step.starts_after_ms / 1000, step.takes_ms / 1000)).collect()
}

#[tokio::test]
async fn what_took_longest_goes_first_the_next_time() {
    for world in World::both() {
        let mut world = timed(world);
        world.timed_up(three).await;
        assert_eq!(world.cloud.mutations(), ["create a-quick", "create b-slow", "create c-middle"]);
        world.timed_destroy(three).await;
        world.cloud.forget_calls();
        world.timed_up(three).await;
        assert_eq!(world.cloud.mutations(), ["create b-slow", "create c-middle", "create a-quick"]);
    }
}

#[tokio::test]
async fn a_plan_is_foretold_from_what_earlier_runs_took() {
    for world in World::both() {
        let mut world = timed(world);
        let (_, first) = world.expected(three, &one_by_one()).await;
        assert_eq!((first.total(), first.runs, first.guessed), (None, 0, 3));
        assert!(first.steps.iter().all(|step| step.origin == Origin::Guess));

        for _ in 0..2 {
            world.timed_up(three).await;
            world.timed_destroy(three).await;
        }
        let (plan, alone) = world.expected(three, &one_by_one()).await;
        assert_eq!(alone.total(), Some(Duration::from_secs(113)));
        assert_eq!((alone.runs, alone.guessed), (2, 0));
        assert_eq!(schedule(&alone), [("a-quick", 110, 3), ("b-slow", 0, 90), ("c-middle", 90, 20)]);
        let (_, two) = world.expected(three, &ApplyOptions::new().parallelism_max(2)).await;
        assert_eq!(two.total(), Some(Duration::from_secs(90)));
        assert_eq!(schedule(&two), [("a-quick", 20, 3), ("b-slow", 0, 90), ("c-middle", 0, 20)]);

        // The plan itself knows nothing of time.
        let json = serde_json::to_string(&plan).unwrap();
        let again = world.plan(three).await;
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
        assert!(!json.contains("_ms"), "{json}");

        world.events.clear();
        let _ = world.timed_apply(three, &plan).await;
        let told = world.events.iter().find_map(|event| match event {
            Event::RunStarted { expected_ms, .. } => *expected_ms,
            _ => None,
        });
        assert_eq!(told, Some(113_000));
        let of_steps = world.events.iter().filter_map(|event| match event {
            Event::StepStarted { urn, expected_ms, .. } => Some((urn.path(), *expected_ms)),
            _ => None,
        });
        let of_steps: Vec<_> = of_steps.collect();
        assert_eq!(
            of_steps,
            [("b-slow", Some(90_000)), ("c-middle", Some(20_000)), ("a-quick", Some(3_000))]
        );
    }
}

/// More than are recorded together.
fn two_hundred(s: &Stack) -> Declared {
    (0..200).try_for_each(|number| s.add(format!("node-{number}"), node!("a")).map(drop))
}

#[tokio::test]
async fn what_each_of_many_calls_took_is_recorded_when_the_run_has_ended_however_it_did() {
    for world in World::both() {
        let mut world = timed(world);
        let refused = Matcher::op(CallOp::Create).path("node-77");
        world.cloud.inject(Fault::once(refused, Moment::Before, ErrorKind::InvalidInput));
        let plan = world.plan(two_hundred).await;
        let outcome = world.timed_apply(two_hundred, &plan).await;
        assert_eq!((outcome.done, outcome.failures.len()), (199, 1));
        world.timed_destroy(two_hundred).await;
        let (_, expected) = world.expected(two_hundred, &one_by_one()).await;
        let of_others = expected
            .steps
            .iter()
            .filter(|step| !matches!(step.origin, Origin::Resource { .. }))
            .map(|step| step.urn.path());
        assert_eq!(of_others.collect::<Vec<_>>(), ["node-77"]);
    }
}

#[tokio::test]
async fn what_is_new_is_foretold_from_others_of_its_type() {
    for world in World::both() {
        let mut world = timed(world);
        world.timed_up(three).await;
        let program = |s: &Stack| {
            three(s)?;
            s.add("d-new", node!("a")).map(drop)
        };
        let (_, expected) = world.expected(program, &one_by_one()).await;
        assert_eq!(schedule(&expected), [("d-new", 0, 20)]);
        assert_eq!(expected.steps[0].origin, Origin::Type { resources: 3 });
        assert_eq!(expected.total(), Some(Duration::from_secs(20)));
        // Nobody has updated one yet.
        let changed =
            |s: &Stack| s.add("a-quick", iac_testkit::fake::Node::args().size(2u32).image("a")).map(drop);
        let (_, expected) = world.expected(changed, &one_by_one()).await;
        let update = expected.steps.iter().find(|step| step.urn.path() == "a-quick").unwrap();
        assert_eq!(update.origin, Origin::Guess);
    }
}

#[tokio::test]
async fn a_failure_says_nothing_of_how_long_a_call_takes() {
    for world in World::both() {
        let mut world = timed(world);
        let slow = Matcher::op(CallOp::Create).path("b-slow");
        world.cloud.inject(Fault::once(slow, Moment::Before, ErrorKind::InvalidInput));
        let plan = world.plan(three).await;
        assert_eq!(world.timed_apply(three, &plan).await.failures.len(), 1);
        let (_, expected) = world.expected(three, &one_by_one()).await;
        assert_eq!(schedule(&expected), [("b-slow", 0, 11)], "the median of 3 s and 20 s");
        assert_eq!(expected.steps[0].origin, Origin::Type { resources: 2 });
    }
}

#[tokio::test]
async fn a_replacement_takes_as_long_as_a_create_and_a_delete() {
    for world in World::both() {
        let mut world = timed(world);
        let one = |image: &'static str| move |s: &Stack| s.add("b-slow", node!(image)).map(drop);
        world.timed_up(one("a")).await;
        world.timed_destroy(one("a")).await;
        world.timed_up(one("a")).await;
        let (plan, expected) = world.expected(one("b"), &one_by_one()).await;
        assert_eq!(crate::world::steps(&plan), ["create_replacement b-slow", "delete_replaced b-slow"]);
        assert_eq!(schedule(&expected), [("b-slow", 0, 90), ("b-slow", 90, 1)]);
    }
}

#[tokio::test]
async fn an_apply_that_would_be_cut_off_is_not_begun() {
    for world in World::both() {
        let mut world = timed(world);
        let budget = |seconds| one_by_one().budget(Budget::new().duration_max(Duration::from_secs(seconds)));
        // Nobody knows yet.
        let (plan, graph) = (world.plan(three).await, world.graph(three));
        let outcome = world.engine.apply(&graph, &plan, budget(3600), &mut world.events).await.unwrap();
        assert!(outcome.succeeded());
        world.timed_destroy(three).await;

        let plan = world.plan(three).await;
        world.cloud.forget_calls();
        let refused = world.engine.apply(&graph, &plan, budget(112), &mut world.events).await.unwrap_err();
        let EngineError::OverBudget(reasons) = &refused else { panic!("{refused}") };
        assert_eq!(
            reasons[..],
            ["it is expected to take 113 s, going by 1 earlier run, and the budget is 112 s: it would be \
                 stopped on the way"]
        );
        assert_eq!(world.cloud.mutations(), Vec::<String>::new());
        let outcome = world.engine.apply(&graph, &plan, budget(113), &mut world.events).await.unwrap();
        assert!(outcome.succeeded());
    }
}
