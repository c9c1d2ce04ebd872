//! A past run comes back as the events it was: everything that was reported, in its order.

use iac_core::state::RunStatus;
use iac_core::{ApplyOptions, Cancel, Engine, Error, ErrorKind, Event, PlanOptions, Secret, Stack};
use iac_testkit::fake::{CallOp, Fault, Matcher, Moment, Node, Verdict};

use crate::world::{Declared, World, node};

fn chain(s: &Stack) -> Declared {
    let a = s.add("a", node!("x"))?;
    let b = s.add("b", node!("x").parent(&a))?;
    s.add("c", node!("x").parent(&b))?;
    s.add("apart", node!("x")).map(drop)
}

fn json(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| serde_json::to_string(event).unwrap()).collect()
}

/// What the newest run reported, from its begin to its end.
fn reported(world: &World) -> Vec<String> {
    let last = |wanted: fn(&Event) -> bool| world.events.iter().rposition(wanted).expect("a run");
    let from = last(|event| matches!(event, Event::RunStarted { .. }));
    let to = last(|event| matches!(event, Event::RunFinished { .. }));
    json(&world.events[from..=to])
}

/// The newest run, replayed.
async fn replayed(world: &World) -> (Vec<String>, bool) {
    let run = world.engine.runs(&world.id(), 1).await.unwrap()[0].run;
    let mut seen: Vec<Event> = Vec::new();
    let past = world.engine.replay(&world.id(), run, &mut seen).await.unwrap().expect("the run is there");
    assert_eq!(json(&seen), json(&past.events));
    (json(&seen), past.complete)
}

async fn comes_back(world: &World) {
    let (seen, complete) = replayed(world).await;
    assert!(complete);
    assert_eq!(seen, reported(world));
}

#[tokio::test]
async fn creates_updates_replacements_and_deletes_come_back() {
    for mut world in World::both() {
        let program = |size: u32, image: &'static str| {
            move |s: &Stack| {
                let a = s.add("a", Node::args().size(size).image(image))?;
                s.add("b", node!("y").parent(&a)).map(drop)
            }
        };
        for (size, image) in [(1, "x"), (2, "x"), (2, "z")] {
            world.up(program(size, image)).await;
            comes_back(&world).await;
        }
        world.destroy(program(2, "z")).await;
        comes_back(&world).await;
        // The first one is what it was, whatever came after it.
        let first = world.engine.run_events(&world.id(), 1).await.unwrap().unwrap();
        assert!(matches!(first.events.first(), Some(Event::RunStarted { run: 1, steps: 2, .. })));
        assert!(first.events.iter().any(|event| matches!(event, Event::StepProgress { .. })));
        assert!(world.engine.run_events(&world.id(), 9).await.unwrap().is_none());
        assert!(world.engine.run_events(&world.id(), 0).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn failures_keep_all_that_was_said_and_so_do_skips() {
    for mut world in World::both() {
        let refused = Matcher::op(CallOp::Create).path("b");
        world.cloud.inject(Fault::once(refused, Moment::Before, ErrorKind::QuotaExceeded));
        let outcome = world.try_up(chain).await;
        assert_eq!((outcome.failures.len(), outcome.skipped.len()), (1, 1));
        comes_back(&world).await;
        let (seen, _) = replayed(&world).await;
        assert!(
            seen.iter().any(|event| event.contains("\"step_skipped\"") && event.contains(":b\"")),
            "{seen:?}"
        );
        assert!(seen.iter().any(|event| event.contains("\"quota_exceeded\"")));
    }
}

#[tokio::test]
async fn what_turned_out_weaker_comes_back_as_that() {
    for mut world in World::both() {
        let program = |size: u32| {
            move |s: &Stack| {
                let a = s.add("a", Node::args().size(size).image("x"))?;
                s.add("b", node!(a.size.map(|_| "fixed".to_owned())).note("same")).map(drop)
            }
        };
        world.up(program(1)).await;
        world.up(program(2)).await;
        comes_back(&world).await;
        assert!(replayed(&world).await.0.iter().any(|event| event.contains("nothing differs after all")));
    }
}

#[tokio::test]
async fn a_stopped_run_comes_back_with_its_abandoned_step() {
    for mut world in World::both() {
        let plan = world.plan(chain).await;
        let gate = world.cloud.hold(Matcher::op(CallOp::Create).path("a"), Moment::Before);
        let cancel = Cancel::new();
        let graph = world.graph(chain);
        let options = ApplyOptions::new().cancel(cancel.clone()).parallelism_max(1);
        let applied = world.engine.apply(&graph, &plan, options, &mut world.events);
        let stop = async {
            gate.reached(1).await;
            cancel.request();
            cancel.request();
        };
        let (outcome, ()) = tokio::join!(applied, stop);
        assert_eq!(outcome.unwrap().status, RunStatus::Cancelled);
        comes_back(&world).await;
        assert!(replayed(&world).await.0.iter().any(|event| event.contains("\"draining\"")));

        // What became of it is told before the next run begins.
        world.restart();
        world.events.clear();
        world.up(chain).await;
        let (seen, complete) = replayed(&world).await;
        assert!(complete);
        assert!(seen[0].contains("\"recovered\"") && seen[1].contains("\"run_started\""), "{seen:?}");
        assert_eq!(seen[1..], reported(&world)[..seen.len() - 1]);
    }
}

#[tokio::test]
async fn a_run_that_was_killed_comes_back_as_far_as_it_is_recorded() {
    for mut world in World::both() {
        world.cloud.set_hook(Box::new(|call, at| {
            let dies = call.op == CallOp::Create && call.path == "c" && at == Moment::Effect;
            if dies { Verdict::Hang } else { Verdict::Go }
        }));
        world.up_until_hung(chain).await;
        let (seen, complete) = replayed(&world).await;
        assert!(!complete);
        assert!(seen[0].contains("\"run_started\"") && seen[0].contains("\"steps\":4"), "{}", seen[0]);
        let ended = seen.iter().filter(|event| event.contains("\"step_finished\"")).count();
        assert!((1..=3).contains(&ended), "{seen:?}");
        assert!(!seen.iter().any(|event| event.contains("\"run_finished\"")));
    }
}

#[tokio::test]
async fn runs_without_a_plan_come_back_as_their_steps() {
    for mut world in World::both() {
        world.up(chain).await;
        world.engine.rename(&world.id(), "apart", "alone").await.unwrap();
        let (seen, complete) = replayed(&world).await;
        assert!(!complete);
        let kinds: Vec<bool> = seen.iter().map(|event| event.contains(":alone\"")).collect();
        assert_eq!(kinds, [false, true, true, false], "{seen:?}");
        assert_eq!(world.engine.step_order(&world.id(), 2).await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_each_step_waited_for_outlives_the_resources() {
    for mut world in World::both() {
        world.up(chain).await;
        let plan = world.try_plan(chain, PlanOptions::new().destroy()).await.unwrap();
        let _ = world.apply(chain, &plan).await;
        let order = world.engine.step_order(&world.id(), 2).await.unwrap().unwrap();
        let planned: Vec<Vec<u32>> = plan.steps.iter().map(|step| step.after.clone()).collect();
        assert_eq!(order, planned);
        assert!(order.iter().any(|after| !after.is_empty()));
    }
}

#[tokio::test]
async fn a_pruned_run_takes_its_events_along() {
    for mut world in World::both() {
        world.up(chain).await;
        world.engine = Engine::builder()
            .shared_backend(std::sync::Arc::clone(&world.backend))
            .clock(world.clock.clone())
            .keyring(iac_core::state::RawKey::new("the test", [7; 32]))
            .history_runs_max(1)
            .build();
        world.up(|s| s.add("a", node!("x")).map(drop)).await;
        assert!(world.engine.run_events(&world.id(), 1).await.unwrap().is_none());
        assert_eq!(world.engine.step_order(&world.id(), 1).await.unwrap(), None);
        comes_back(&world).await;
    }
}

#[tokio::test]
async fn no_secret_is_in_what_is_kept() {
    let mut world = World::sqlite();
    let program = |s: &Stack| s.add("a", node!("x").password(Secret::from("hunter2-canary"))).map(drop);
    let quoted = Error::new(ErrorKind::InvalidInput, "the password hunter2-canary is too short");
    let refused = Fault::once(Matcher::op(CallOp::Create), Moment::Before, ErrorKind::InvalidInput);
    world.cloud.inject(refused.error(quoted));
    let _ = world.try_up(program).await;
    comes_back(&world).await;
    let trace = world.backend.trace(&world.id(), 1).await.unwrap();
    let text = format!("{trace:?}");
    assert!(text.contains("step_failed") && !text.contains("hunter2"), "{text}");
}
