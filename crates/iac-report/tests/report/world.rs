//! A small shop with every kind of change, and a platform of any size. Knows nothing of pictures.

use std::collections::BTreeMap;

use iac_core::state::{MemoryBackend, RunRecord, StackId, StepRecord, TimestampMs};
use iac_core::{
    ApplyOptions, Clock, Engine, ErrorKind, Graph, NoReporter, Options, Plan, PlanOptions, Secret, Snapshot,
    Stack, StackError, Urn, Value,
};
use iac_report::Report;
use iac_testkit::fake::{CallOp, FakeCloud, Fault, Matcher, Moment, Node};

/// Must not appear in anything.
pub(crate) const CANARY: &str = "canary-of-the-secrets";
/// Begins of scripts, ends of scripts.
pub(crate) const HOSTILE: &str = "</script><script>alert(1)</script><!-- \" ' & \u{2028}";
/// 2026-11-21 12:38:08 UTC.
const NOW: TimestampMs = 1_795_264_688_000;

struct Still;

impl Clock for Still {
    fn now_ms(&self) -> TimestampMs {
        NOW
    }
}

/// One cloud and one state.
pub(crate) struct World {
    pub(crate) cloud: FakeCloud,
    pub(crate) engine: Engine,
}

impl World {
    pub(crate) fn new() -> Self {
        let engine = Engine::builder().backend(MemoryBackend::new()).clock(Still).build();
        Self { cloud: FakeCloud::new(), engine }
    }

    pub(crate) fn graph(&self, program: impl FnOnce(&Stack) -> Result<(), StackError>) -> Graph {
        let stack = Stack::new("shop", "dev").unwrap();
        stack.provider(self.cloud.provider()).unwrap();
        program(&stack).unwrap();
        stack.freeze().unwrap()
    }

    pub(crate) async fn plan(&self, graph: &Graph, options: &PlanOptions) -> (Snapshot, Plan) {
        let plan = self.engine.plan(graph, options, true, &mut NoReporter).await.unwrap();
        (self.engine.snapshot(&stack_id()).await.unwrap(), plan)
    }

    /// Applies what fails on the way.
    pub(crate) async fn apply_failing(&self, graph: &Graph, plan: &Plan) {
        let options = ApplyOptions::new().parallelism_max(1);
        let outcome = self.engine.apply(graph, plan, options, &mut NoReporter).await.unwrap();
        assert!(!outcome.failures.is_empty());
    }

    pub(crate) async fn apply(&self, graph: &Graph, plan: &Plan) {
        let options = ApplyOptions::new().parallelism_max(1);
        let outcome = self.engine.apply(graph, plan, options, &mut NoReporter).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
    }

    /// The newest run, and its steps as if each had taken some time after what it needs.
    pub(crate) async fn run(&self, graph: &Graph) -> (Snapshot, RunRecord, Vec<StepRecord>) {
        let mut run = self.engine.runs(&stack_id(), 1).await.unwrap().remove(0);
        let mut steps = self.engine.steps(&stack_id(), run.run).await.unwrap();
        let mut ended: BTreeMap<Urn, TimestampMs> = BTreeMap::new();
        for (number, step) in (0..).zip(&mut steps) {
            let before = graph.dependencies(&step.urn).filter_map(|urn| ended.get(urn)).max();
            let own = ended.get(&step.urn).copied();
            step.started_at = before.copied().max(own).unwrap_or(NOW) + 20;
            step.ended_at = step.started_at + 400 + (number * 977) % 5_000;
            ended.insert(step.urn.clone(), step.ended_at);
        }
        run.ended_at = steps.iter().map(|step| step.ended_at).max().or(run.ended_at);
        (self.engine.snapshot(&stack_id()).await.unwrap(), run, steps)
    }
}

pub(crate) fn stack_id() -> StackId {
    StackId::new("shop", "dev")
}

fn script(package: &str) -> String {
    format!("#!/bin/sh\nset -e\napt-get update\napt-get install -y {package}\nsystemctl enable {package}\n")
}

/// What the shop is first.
pub(crate) fn first(stack: &Stack) -> Result<(), StackError> {
    let network = stack.add("network", Node::args().size(1u32).image("network"))?;
    let edge = stack.scope("edge")?;
    let web = edge.add(
        "web",
        Node::args()
            .size(2u32)
            .image("debian-12")
            .note(script("nginx"))
            .password(Secret::from(CANARY))
            .parent(&network.id),
    )?;
    edge.scope("inner")?.add("cache", Node::args().size(1u32).image("redis").parent(&web.id))?;
    let data = stack.scope("data")?;
    data.add("database", Node::args().size(8u32).image("postgres-16").parent(&network.id))?;
    data.add_with("old", Node::args().size(1u32).image("mysql"), Options::new().depends_on(&web))?;
    stack.export("web", &web.id)?;
    Ok(())
}

/// And then: `web` is updated, `database` replaced, `old` deleted, `queue` created.
pub(crate) fn second(stack: &Stack) -> Result<(), StackError> {
    let network = stack.add("network", Node::args().size(1u32).image("network"))?;
    let edge = stack.scope("edge")?;
    let web = edge.add(
        "web",
        Node::args()
            .size(4u32)
            .image("debian-12")
            .note(script("caddy"))
            .password(Secret::from(format!("{CANARY}-2")))
            .parent(&network.id),
    )?;
    edge.scope("inner")?.add("cache", Node::args().size(1u32).image("redis").parent(&web.id))?;
    let data = stack.scope("data")?;
    let database = data.add("database", Node::args().size(8u32).image("postgres-17").parent(&network.id))?;
    edge.add("queue", Node::args().size(1u32).image("nats").note(HOSTILE).host(&database.id))?;
    stack.export("web", &web.id)?;
    stack.export("password", iac_core::Output::literal(Secret::<String>::from(CANARY)))?;
    Ok(())
}

/// `teams` components of `members` resources each: a network, and machines that need it and each other.
pub(crate) fn platform(stack: &Stack, teams: usize, members: usize) -> Result<(), StackError> {
    let root = stack.add("network", Node::args().size(1u32).image("network"))?;
    for team in 0..teams {
        let scope = stack.scope(&format!("team-{team:02}"))?;
        let network = scope.add("network", Node::args().size(1u32).image("network").parent(&root.id))?;
        let mut before = network.clone();
        for member in 1..members {
            let args = Node::args().size(2u32).image("debian-12").note(script("nginx")).parent(&network.id);
            let name = format!("machine-{member:03}");
            let made = match member % 4 {
                0 => scope.add(&name, args)?,
                _ => scope.add(&name, args.peers([&before.id]))?,
            };
            before = made;
        }
    }
    Ok(())
}

/// The report of the change from the first shop to the second, with something that changed outside.
pub(crate) async fn report_of_plan() -> Report {
    let (graph, snapshot, plan) = change().await;
    Report::of_plan(&graph, &snapshot, &plan)
}

/// The plan from the first shop to the second.
pub(crate) async fn change() -> (Graph, Snapshot, Plan) {
    let world = World::new();
    let graph = world.graph(first);
    let (_, plan) = world.plan(&graph, &PlanOptions::new()).await;
    world.apply(&graph, &plan).await;
    let web = world.cloud.inventory().into_iter().find(|object| *object.inputs.get("size") == Value::Int(2));
    world.cloud.mutate(&web.expect("web exists").id, "size", Value::Int(64));
    let graph = world.graph(second);
    let (snapshot, plan) = world.plan(&graph, &PlanOptions::new()).await;
    (graph, snapshot, plan)
}

/// The report of the run that made the first shop, and how many steps it had.
pub(crate) async fn report_of_run() -> (Report, usize) {
    let world = World::new();
    let graph = world.graph(first);
    let (_, plan) = world.plan(&graph, &PlanOptions::new()).await;
    world.apply(&graph, &plan).await;
    let (snapshot, run, steps) = world.run(&graph).await;
    (Report::of_run(&stack_id(), &snapshot, &run, &steps, None), steps.len())
}

/// The plan and the run of a platform of `teams` times `members` resources and one more.
pub(crate) async fn reports_of_platform(teams: usize, members: usize) -> (Report, Report) {
    let world = World::new();
    let graph = world.graph(|stack| platform(stack, teams, members));
    let (snapshot, plan) = world.plan(&graph, &PlanOptions::new()).await;
    let planned = Report::of_plan(&graph, &snapshot, &plan);
    world.apply(&graph, &plan).await;
    let (snapshot, run, steps) = world.run(&graph).await;
    (planned, Report::of_run(&stack_id(), &snapshot, &run, &steps, None))
}

/// The report of the run from the first shop to the second in which `data/database` could not be made.
pub(crate) async fn report_of_failed_run() -> Report {
    let world = World::new();
    let graph = world.graph(first);
    let (_, plan) = world.plan(&graph, &PlanOptions::new()).await;
    world.apply(&graph, &plan).await;
    let graph = world.graph(second);
    let (_, plan) = world.plan(&graph, &PlanOptions::new()).await;
    let matcher = Matcher::op(CallOp::Create).path("data/database");
    world.cloud.inject(Fault::always(matcher, Moment::Before, ErrorKind::QuotaExceeded));
    world.apply_failing(&graph, &plan).await;
    let (snapshot, run, steps) = world.run(&graph).await;
    Report::of_run(&stack_id(), &snapshot, &run, &steps, None)
}

/// The report of a plan in which there is nothing.
pub(crate) async fn report_of_nothing() -> Report {
    let world = World::new();
    let graph = world.graph(|_| Ok(()));
    let (snapshot, plan) = world.plan(&graph, &PlanOptions::new()).await;
    Report::of_plan(&graph, &snapshot, &plan)
}
