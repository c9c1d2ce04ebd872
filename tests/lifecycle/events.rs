//! One linear stream of events: what a reporter can rely on.

use std::collections::BTreeSet;

use iac_core::{ErrorKind, Event, Stack};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment};

use crate::world::{World, node};

fn program(s: &Stack) -> crate::world::Declared {
    let a = s.add("a", node!("x"))?;
    s.add("b", node!("x").parent(&a))?;
    s.add("c", node!("x")).map(drop)
}

#[tokio::test]
async fn each_step_starts_once_and_ends_once_after_what_it_needs() {
    for mut world in World::both() {
        let plan = world.plan(program).await;
        world.events.clear();
        let outcome = world.apply(program, &plan).await;
        assert!(outcome.succeeded());
        let events = &world.events;
        assert!(matches!(events.first(), Some(Event::RunStarted { steps: 3, run: 1, .. })), "{events:?}");
        assert!(matches!(events.last(), Some(Event::RunFinished { done: 3, failed: 0, skipped: 0, .. })));
        let (mut started, mut finished) = (BTreeSet::new(), BTreeSet::new());
        for event in events {
            match event {
                Event::StepStarted { step, .. } => {
                    let after = &plan.steps[*step as usize].after;
                    assert!(after.iter().all(|earlier| finished.contains(earlier)));
                    assert!(started.insert(*step));
                }
                Event::StepProgress { step, progress, .. } => {
                    assert!(started.contains(step) && !finished.contains(step));
                    assert_eq!(progress.percent, Some(50));
                }
                Event::StepFinished { step, .. } => {
                    assert!(started.contains(step));
                    assert!(finished.insert(*step));
                }
                _ => {}
            }
        }
        assert_eq!((started.len(), finished.len()), (3, 3));
        let progress = events.iter().filter(|event| matches!(event, Event::StepProgress { .. })).count();
        assert_eq!(progress, 3);
    }
}

#[tokio::test]
async fn a_failure_is_told_before_what_it_skips() {
    let mut world = World::new();
    world.cloud.inject(Fault::once(
        Matcher::op(CallOp::Create).path("a"),
        Moment::Before,
        ErrorKind::InvalidInput,
    ));
    let _ = world.try_up(program).await;
    let position = |wanted: fn(&Event) -> bool| world.events.iter().position(wanted).unwrap();
    let failed = position(|event| matches!(event, Event::StepFailed { .. }));
    let skipped = position(|event| matches!(event, Event::StepSkipped { .. }));
    assert!(failed < skipped);
    assert!(matches!(world.events.last(), Some(Event::RunFinished { failed: 1, skipped: 1, .. })));
}

#[tokio::test]
async fn events_are_json_with_a_tag() {
    let mut world = World::new();
    world.up(program).await;
    for event in &world.events {
        let json = serde_json::to_value(event).unwrap();
        assert!(json["event"].is_string(), "{json}");
    }
}
