//! An apply does what was planned or less. More than planned stops that step.

use iac_core::{Event, Stack};
use iac_testkit::fake::{Disk, Node};

use crate::world::{Declared, World, failures, is_diverged, node, steps};

/// `b` lives on the image of `a` (as its own replacing field) and on a value that an update of
/// `a` makes unknown.
fn program(
    size: u32,
    image: impl Fn(u32) -> String + Clone + Send + Sync + 'static,
) -> impl Fn(&Stack) -> Declared {
    move |s| {
        let a = s.add("a", Node::args().size(size).image("x"))?;
        s.add("b", node!(a.size.map(image.clone())).note("same")).map(drop)
    }
}

#[tokio::test]
async fn a_planned_replacement_becomes_nothing_when_nothing_differs_after_all() {
    for mut world in World::both() {
        world.up(program(1, |_| "fixed".into())).await;
        let old = world.row("b").await;
        let plan = world.plan(program(2, |_| "fixed".into())).await;
        assert_eq!(steps(&plan), ["update a", "create_replacement b", "delete_replaced b"]);
        let outcome = world.apply(program(2, |_| "fixed".into()), &plan).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failures);
        let weaker: Vec<&str> = world
            .events
            .iter()
            .filter_map(|event| match event {
                Event::StepFinished { weaker: Some(text), .. } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(weaker, ["nothing differs after all", "it was not replaced"]);
        assert_eq!(world.row("b").await.id, old.id);
        world.settled(program(2, |_| "fixed".into())).await;
    }
}

#[tokio::test]
async fn a_planned_replacement_becomes_an_update_when_that_is_enough() {
    let mut world = World::new();
    let with_note = |size: u32, note: &'static str| {
        move |s: &Stack| {
            let a = s.add("a", Node::args().size(size).image("x"))?;
            s.add("b", node!(a.size.map(|_| "fixed".to_owned())).note(note)).map(drop)
        }
    };
    world.up(with_note(1, "one")).await;
    let old = world.row("b").await;
    world.up(with_note(2, "two")).await;
    assert_eq!(world.row("b").await.id, old.id);
    assert_eq!(world.object("b").await.text("note"), "two");
    assert_eq!(world.cloud.inventory().len(), 2);
}

#[tokio::test]
async fn a_planned_update_becomes_nothing() {
    let mut world = World::new();
    let program = |size: u32| {
        move |s: &Stack| {
            let a = s.add("a", Node::args().size(size).image("x"))?;
            s.add("b", node!("x").note(a.size.map(|_| "fixed".to_owned()))).map(drop)
        }
    };
    world.up(program(1)).await;
    world.cloud.forget_calls();
    assert_eq!(world.up(program(2)).await, ["update a", "update b"]);
    assert_eq!(world.cloud.mutations(), ["update a"]);
}

#[tokio::test]
async fn a_planned_update_that_turns_out_a_replacement_is_stopped() {
    for mut world in World::both() {
        // A disk cannot know before whether the unknown size grows or shrinks.
        let program = |size: u32| {
            move |s: &Stack| {
                let a = s.add("a", Node::args().size(size).image("x"))?;
                let disk = s.add("disk", Disk::args().size(a.size.map(|n| 100 - n)))?;
                s.add("later", node!("x").note(&disk.device))?;
                s.add("other", node!("x")).map(drop)
            }
        };
        world.up(program(1)).await;
        let plan = world.plan(program(5)).await;
        assert_eq!(steps(&plan), ["update a", "update disk"]);
        let outcome = world.apply(program(5), &plan).await;
        assert_eq!(outcome.failures.len(), 1);
        assert!(is_diverged(&outcome.failures[0].error), "{:?}", failures(&outcome));
        assert_eq!(world.object("disk").await.number_of("size"), 99);
        // The next plan knows and says so.
        let steps = world.up(program(5)).await;
        assert!(steps.contains(&"create_replacement disk".to_owned()), "{steps:?}");
    }
}

#[tokio::test]
async fn a_value_that_was_known_and_is_another_now_is_stopped() {
    let mut world = World::new();
    let producer = |value: &'static str| move |s: &Stack| s.export("image", value);
    world.stack = "base".into();
    world.up(producer("a")).await;
    world.stack = "dev".into();
    let consumer = |s: &Stack| s.add("web", node!(s.stack_output::<String>("base", "image"))).map(drop);
    let plan = world.plan(consumer).await;
    world.stack = "base".into();
    world.up(producer("b")).await;
    world.stack = "dev".into();
    let outcome = world.apply(consumer, &plan).await;
    assert!(is_diverged(&outcome.failures[0].error), "{:?}", failures(&outcome));
    assert!(world.cloud.inventory().is_empty());
}

#[tokio::test]
async fn a_weaker_step_has_the_values_that_were_planned() {
    let mut world = World::new();
    let producer = |value: &'static str| move |s: &Stack| s.export("note", value);
    world.stack = "base".into();
    world.up(producer("one")).await;
    world.stack = "dev".into();
    let program = |size: u32| {
        move |s: &Stack| {
            let a = s.add("a", Node::args().size(size).image("x"))?;
            let note = s.stack_output::<String>("base", "note");
            s.add("b", node!(a.size.map(|_| "fixed".to_owned())).note(note)).map(drop)
        }
    };
    world.up(program(1)).await;
    let plan = world.plan(program(2)).await;
    assert_eq!(steps(&plan), ["update a", "create_replacement b", "delete_replaced b"]);
    world.stack = "base".into();
    assert!(world.try_up(producer("two")).await.succeeded());
    world.stack = "dev".into();
    // An update in place would be enough, but not with this note.
    let outcome = world.apply(program(2), &plan).await;
    assert!(is_diverged(&outcome.failures[0].error), "{:?}", failures(&outcome));
    assert_eq!(world.object("b").await.text("note"), "one");
}
