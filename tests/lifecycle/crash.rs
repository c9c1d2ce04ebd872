//! The process dies at a moment of a call, and the next one converges: no orphan, no duplicate.

use iac_core::{Event, Stack};
use iac_testkit::explore::{Durability, Explore, FakeWorld, explore};
use iac_testkit::fake::{CallOp, Disk, Moment, Node, Singleton, Vague, Verdict};

use crate::world::{Declared, World, node};

/// Dies at `moment` of the first `op`.
async fn die(world: &mut World, op: CallOp, moment: Moment, program: impl Fn(&Stack) -> Declared) {
    world.cloud.set_hook(Box::new(
        move |call, at| {
            if call.op == op && at == moment { Verdict::Hang } else { Verdict::Go }
        },
    ));
    world.up_until_hung(program).await;
    assert_eq!(world.open_rows().await, 1);
    world.restart();
}

fn finding(world: &World) -> String {
    let found = world.events.iter().find_map(|event| match event {
        Event::Recovered { finding, .. } => Some(finding.clone()),
        _ => None,
    });
    found.unwrap_or_default()
}

#[tokio::test]
async fn a_create_that_never_left_is_made_again() {
    for mut world in World::both() {
        let program = |s: &Stack| s.add("web", node!("a")).map(drop);
        die(&mut world, CallOp::Create, Moment::Before, program).await;
        assert_eq!(world.up(program).await, ["create web"]);
        assert!(finding(&world).contains("does not exist"), "{}", finding(&world));
        assert_eq!(world.cloud.inventory().len(), 1);
    }
}

#[tokio::test]
async fn a_create_without_checkpoint_is_found_by_its_marker() {
    for mut world in World::both() {
        let program = |s: &Stack| {
            s.add("web", node!("a"))?;
            s.add("twin", node!("b")).map(drop)
        };
        world
            .cloud
            .plant::<Node>(iac_core::Value::map([("size", iac_core::Value::Int(1)), ("image", "a".into())]));
        world.cloud.set_hook(Box::new(|call, at| {
            let dies = call.op == CallOp::Create && call.path == "web" && at == Moment::Effect;
            if dies { Verdict::Hang } else { Verdict::Go }
        }));
        world.up_until_hung(program).await;
        world.restart();
        let outcome = world.try_up(program).await;
        assert!(outcome.succeeded());
        assert!(
            world.events.iter().any(
                |event| matches!(event, Event::Recovered { finding, .. } if finding.contains("adopted"))
            )
        );
        assert_eq!(world.cloud.inventory().len(), 3);
        assert!(!world.plan(program).await.has_changes());
    }
}

#[tokio::test]
async fn a_create_with_checkpoint_is_read_and_not_searched() {
    for mut world in World::both() {
        let program = |s: &Stack| s.add("web", node!("a")).map(drop);
        die(&mut world, CallOp::Create, Moment::Checkpointed, program).await;
        // Searching would not see it; its id was made durable.
        world.cloud.forget_calls();
        assert_eq!(world.up(program).await, Vec::<String>::new());
        let finds = world.cloud.count(&iac_testkit::fake::Matcher::op(CallOp::Find));
        assert_eq!((finds, world.row("web").await.id.as_str()), (0, "node-0001"));
    }
}

#[tokio::test]
async fn unique_names_and_natural_keys_are_found_again() {
    for mut world in World::both() {
        let disk = |s: &Stack| s.add("data", Disk::args().size(5u32)).map(drop);
        die(&mut world, CallOp::Create, Moment::Effect, disk).await;
        assert_eq!(world.up(disk).await, Vec::<String>::new());
        let one = |s: &Stack| {
            s.add("data", Disk::args().size(5u32))?;
            s.add("one", Singleton::args().slot("s").version(1u32)).map(drop)
        };
        die(&mut world, CallOp::Create, Moment::Effect, one).await;
        assert_eq!(world.up(one).await, Vec::<String>::new());
        assert_eq!(world.cloud.inventory().len(), 2);
    }
}

#[tokio::test]
async fn an_update_is_looked_at_again() {
    for (moment, expected) in [(Moment::Before, "update web"), (Moment::Effect, "record web")] {
        for mut world in World::both() {
            world.up(|s| s.add("web", node!("a").note("one")).map(drop)).await;
            let program = |s: &Stack| s.add("web", node!("a").note("two")).map(drop);
            die(&mut world, CallOp::Update, moment, program).await;
            assert_eq!(world.up(program).await, [expected]);
            assert_eq!(world.object("web").await.text("note"), "two");
        }
    }
}

#[tokio::test]
async fn a_delete_is_looked_at_again() {
    for moment in [Moment::Before, Moment::Effect] {
        for mut world in World::both() {
            world.up(|s| s.add("web", node!("a")).map(drop)).await;
            die(&mut world, CallOp::Delete, moment, |_| Ok(())).await;
            world.up(|_| Ok(())).await;
            assert!(world.cloud.inventory().is_empty());
            assert!(world.snapshot().await.resources.is_empty());
        }
    }
}

#[tokio::test]
async fn a_second_death_during_recovery_changes_nothing() {
    let mut world = World::new();
    let program = |s: &Stack| s.add("web", node!("a")).map(drop);
    die(&mut world, CallOp::Create, Moment::Effect, program).await;
    world.cloud.set_hook(Box::new(
        |call, _| {
            if call.op == CallOp::Find { Verdict::Hang } else { Verdict::Go }
        },
    ));
    let graph = world.graph(program);
    let cloud = world.cloud.clone();
    {
        let options = iac_core::PlanOptions::new();
        let mut reporter = iac_core::NoReporter;
        let planning = world.engine.plan(&graph, &options, true, &mut reporter);
        tokio::select! {
            biased;
            () = cloud.hung() => {}
            planned = planning => panic!("nothing hung: {planned:?}"),
        }
    }
    world.restart();
    world.up(program).await;
    assert_eq!(world.cloud.inventory().len(), 1);
}

fn small(image: &'static str, size: u32) -> impl Fn(&Stack) -> Declared + Send + Sync {
    move |s| {
        let a = s.add("a", Node::args().size(size).image(image))?;
        s.add("data", Disk::args().size(size).attached(&a))?;
        s.add("one", Singleton::args().slot("s").version(size))?;
        s.add("b", node!("x").note(&a.address).host(&a))?;
        s.export("address", &a.address)
    }
}

#[test]
fn every_cut_of_create_update_replace_and_delete_converges() {
    let options = Explore::new().cloud(FakeWorld).up().change(small("b", 2)).up().destroy();
    let exploration = explore(small("a", 1), options);
    exploration.assert();
    assert!(exploration.cuts() > 200, "{exploration}");
    assert!(exploration.troubles() > 100 && exploration.second_cuts() > 50, "{exploration}");
    let names: Vec<&str> = exploration.phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!(names, ["up", "change", "up-2", "destroy"]);
}

#[test]
fn what_cannot_be_told_apart_stops_the_next_run_and_is_never_made_twice() {
    let program = |s: &Stack| s.add("it", Vague::args().content("c")).map(drop);
    let strict = explore(program, Explore::new().cloud(FakeWorld).up().destroy());
    assert!(strict.to_string().contains("uncertain"), "{strict}");
    let options = Explore::new().cloud(FakeWorld).up().destroy().uncertain_may_stop();
    let exploration = explore(program, options);
    exploration.assert();
    let stops = |phase: &str| exploration.phase(phase).map(|phase| phase.stops);
    assert!(stops("up") > Some(0), "{exploration}");
    assert_eq!(stops("destroy"), Some(0));
}

#[test]
fn the_explorer_sees_a_request_that_leaves_before_its_begin_is_durable() {
    let program = |s: &Stack| s.add("a", node!("x")).map(drop);
    let options = Explore::new().cloud(FakeWorld).up().durability(Durability::BeginLate);
    let exploration = explore(program, options);
    let failure = exploration.failures.first().expect("the sabotage is found");
    let text = failure.to_string();
    assert!(text.contains("orphan") || text.contains("is taken by"), "{text}");
    assert!(failure.place.contains("create a"), "{text}");
    // What the report prints runs exactly this again.
    let options = Explore::new().cloud(FakeWorld).up().durability(Durability::BeginLate);
    let again = explore(program, options.only(&failure.reproduction));
    assert_eq!(again.failures.len(), 1);
    assert_eq!(again.failures[0].place, failure.place);
    assert_eq!(again.failures[0].faults, failure.faults);
    assert_eq!((again.cuts(), again.second_cuts(), again.troubles()), (1, 0, 0));
    let died_at = again.failures[0].processes[0].last().cloned().unwrap_or_default();
    assert!(died_at.contains("create a"), "{again}");
}
