//! What a refresh writes, and how old it makes the facts: nothing for each resource that is as it
//! was, and no change of the state.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use iac_core::state::{MemoryBackend, StackId, Write};
use iac_core::{
    ApplyOptions, Clock as _, Engine, ErrorKind, Graph, NoReporter, NotComparedReason, PlanOptions,
    RefreshOptions, Stack,
};
use iac_testkit::fake::{CallOp, FakeCloud, Fault, Matcher, Moment, Vague};

use crate::world::{Declared, TestClock, World, node};

const NODES: usize = 25;

fn program(s: &Stack) -> Declared {
    for number in 0..NODES {
        s.add(format!("n{number:02}"), node!("a"))?;
    }
    for number in 0..3 {
        s.add(format!("v{number}"), Vague::args().content("c"))?;
    }
    Ok(())
}

/// Counts what is written, by kind.
struct Lab {
    cloud: FakeCloud,
    clock: TestClock,
    backend: MemoryBackend,
    engine: Engine,
    written: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}

impl Lab {
    async fn built() -> Self {
        let (cloud, clock, backend) = (FakeCloud::new(), TestClock::default(), MemoryBackend::new());
        let engine = Engine::builder().backend(backend.clone()).clock(clock.clone()).build();
        let lab = Self { cloud, clock, backend, engine, written: Arc::default() };
        let graph = lab.graph();
        let plan = lab.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
        let outcome = lab.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        // The first look after a create records what the cloud chose.
        lab.engine.refresh(&graph, &mut NoReporter).await.unwrap();
        let written = Arc::clone(&lab.written);
        lab.backend.set_fault(Box::new(move |writes| {
            for write in writes {
                let kind = match write {
                    Write::Put(_) => "rows",
                    Write::Remove { .. } => "removed rows",
                    Write::Seen { .. } => "times of rows",
                    Write::Checked(_) => "types",
                    Write::RunBegin(_) | Write::RunEnd { .. } => "run",
                    _ => "other",
                };
                *written.lock().unwrap().entry(kind).or_default() += 1;
            }
            None
        }));
        lab
    }

    fn graph(&self) -> Graph {
        let stack = Stack::new("philotes", "dev").unwrap();
        stack.provider(self.cloud.provider()).unwrap();
        program(&stack).unwrap();
        stack.freeze().unwrap()
    }

    fn take_written(&self) -> BTreeMap<&'static str, usize> {
        std::mem::take(&mut *self.written.lock().unwrap())
    }

    async fn refresh(&self, options: RefreshOptions) -> BTreeMap<&'static str, usize> {
        self.engine.refresh_with(&self.graph(), &options, &mut NoReporter).await.unwrap();
        self.take_written()
    }

    async fn serial(&self) -> u64 {
        self.engine.snapshot(&id()).await.unwrap().serial
    }

    /// When `path` was last read, as another process sees it.
    async fn read_at(&self, path: &str) -> i64 {
        let reader = Engine::builder().backend(self.backend.clone()).clock(self.clock.clone()).build();
        let snapshot = reader.snapshot(&id()).await.unwrap();
        snapshot.resources.values().find(|row| row.urn.path() == path).unwrap().refreshed_at
    }
}

fn id() -> StackId {
    StackId::new("philotes", "dev")
}

#[tokio::test]
async fn what_is_as_it_was_costs_one_record_for_each_type() {
    let lab = Lab::built().await;
    let serial = lab.serial().await;
    lab.clock.advance_s(100);
    assert_eq!(lab.refresh(RefreshOptions::new()).await, BTreeMap::from([("run", 2), ("types", 2)]));
    assert_eq!(
        (lab.serial().await, lab.read_at("n00").await, lab.read_at("v2").await),
        (serial, 100_000, 100_000)
    );

    // A plan compares as well, and has no run of its own.
    lab.clock.advance_s(100);
    let graph = lab.graph();
    let plan = lab.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    assert_eq!((lab.take_written(), plan.parent_serial), (BTreeMap::from([("types", 2)]), serial));
    assert_eq!(lab.read_at("n00").await, 200_000);
}

#[tokio::test]
async fn a_plan_stays_good_while_others_find_nothing_new() {
    let mut world = World::new();
    world.up(|s| s.add("a", node!("x")).map(drop)).await;
    let wanted = |s: &Stack| s.add("a", node!("x").note("n")).map(drop);
    let plan = world.plan(wanted).await;
    let graph = world.graph(wanted);
    world.other_engine().refresh(&graph, &mut NoReporter).await.unwrap();
    assert!(world.apply(wanted, &plan).await.succeeded());
}

#[tokio::test]
async fn a_difference_is_written_once() {
    let lab = Lab::built().await;
    let serial = lab.serial().await;
    let snapshot = lab.engine.snapshot(&id()).await.unwrap();
    let object = snapshot.resources.values().find(|row| row.urn.path() == "n07").unwrap().id.clone();
    lab.cloud.mutate(&object, "note", "outside".into());
    lab.clock.advance_s(100);
    assert_eq!(
        lab.refresh(RefreshOptions::new()).await,
        BTreeMap::from([("run", 2), ("rows", 1), ("types", 2)])
    );
    assert_eq!(lab.serial().await, serial + 1);
    assert_eq!(lab.refresh(RefreshOptions::new()).await, BTreeMap::from([("run", 2), ("types", 2)]));
    assert_eq!(lab.serial().await, serial + 1, "it is known already");
    lab.cloud.destroy(&object);
    assert_eq!(
        lab.refresh(RefreshOptions::new()).await,
        BTreeMap::from([("run", 2), ("rows", 1), ("types", 2)])
    );
    assert_eq!(lab.refresh(RefreshOptions::new()).await, BTreeMap::from([("run", 2), ("types", 2)]));
}

#[tokio::test]
async fn a_part_that_is_compared_leaves_the_rest_as_old_as_it_was() {
    let lab = Lab::built().await;
    let serial = lab.serial().await;
    lab.clock.advance_s(100);
    let written = lab.refresh(RefreshOptions::new().target("n03").target("v1")).await;
    assert_eq!(written, BTreeMap::from([("run", 2), ("times of rows", 2)]));
    assert_eq!(lab.serial().await, serial);
    let ages = [lab.read_at("n03").await, lab.read_at("v1").await, lab.read_at("n04").await];
    assert_eq!(ages, [100_000, 100_000, 0]);
    // All of a type by name is the whole type.
    let all = RefreshOptions::new().target("v0").target("v1").target("v2");
    assert_eq!(lab.refresh(all).await, BTreeMap::from([("run", 2), ("types", 1)]));
}

#[tokio::test]
async fn a_refresh_that_fails_makes_nothing_younger() {
    let lab = Lab::built().await;
    lab.clock.advance_s(100);
    lab.cloud.inject(Fault::once(
        Matcher::op(CallOp::Read).of::<Vague>(),
        Moment::Before,
        ErrorKind::Unavailable,
    ));
    let graph = lab.graph();
    lab.engine.refresh(&graph, &mut NoReporter).await.unwrap_err();
    assert_eq!(lab.take_written(), BTreeMap::from([("run", 2)]));
    assert_eq!((lab.read_at("n00").await, lab.read_at("v0").await), (0, 0));
}

#[tokio::test]
async fn a_plan_knows_how_old_its_facts_are() {
    for mut world in World::both() {
        let start = world.clock.now_ms();
        let pair = |s: &Stack| {
            s.add("a", node!("x"))?;
            s.add("b", node!("x"))?;
            s.add("local", iac_core::random::RandomToken::args().bytes(8u32)).map(drop)
        };
        world.up(pair).await;
        world.clock.advance_s(60);
        let graph = world.graph(pair);
        world.engine.refresh_with(&graph, &RefreshOptions::new().target("b"), &mut NoReporter).await.unwrap();
        world.clock.advance_s(60);

        let changed = |s: &Stack| {
            s.add("a", node!("x").note("n"))?;
            s.add("b", node!("x"))?;
            s.add("local", iac_core::random::RandomToken::args().bytes(8u32)).map(drop)
        };
        let graph = world.graph(changed);
        let unread = world.engine.plan(&graph, &PlanOptions::new(), false, &mut NoReporter).await.unwrap();
        let facts = &unread.facts;
        let ends = [&facts.oldest, &facts.newest]
            .map(|end| end.clone().map(|end| (end.urn.path().to_owned(), end.at)));
        assert!(!facts.compared);
        assert_eq!(ends, [Some(("a".to_owned(), start)), Some(("b".to_owned(), start + 60_000))]);
        assert_eq!(unread.steps[0].read_at, Some(start));

        let read = world.plan(changed).await;
        assert!(read.facts.compared && read.facts.oldest.is_none() && read.steps[0].read_at.is_none());
        assert_eq!(world.row("a").await.refreshed_at, start + 120_000);

        let report = world.engine.refresh(&graph, &mut NoReporter).await.unwrap();
        let left: Vec<_> = report.not_compared.iter().map(|row| (row.urn.path(), row.why.clone())).collect();
        assert_eq!(left, [("local", NotComparedReason::Local)]);
    }
}
