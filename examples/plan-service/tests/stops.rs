//! Runs that others wait for, that are cancelled, and that go on while the service is stopped.

use serde_json::{Value as Json, json};

use super::desk::Desk;

#[tokio::test]
async fn a_stack_in_use_is_refused_with_its_holder_and_others_go_on() {
    let desk = Desk::slow().await;
    let (first, second) = (desk.plan("dev", 1).await, desk.plan("dev", 2).await);
    let run = desk.start(&first).await;
    desk.events(&run, 0, "step_started").await;
    let in_use = [desk.apply(&second).await, desk.post("/plans", &json!({ "stack": "dev" })).await];
    for answer in in_use {
        assert_eq!((answer.status, answer.problem().as_str()), (409, "stack-in-use"), "{answer:?}");
        let holder = &answer.json()["holder"];
        assert_eq!(holder["name"], format!("plan-service, {run}"), "{answer:?}");
        assert!(holder["host"].is_string() && holder["pid"] == std::process::id(), "{answer:?}");
    }
    // What only reads needs no lease, and neither does another stack need this one's.
    assert_eq!(desk.get("/stacks/dev/outputs").await.status, 200);
    desk.plan("staging", 1).await;
    assert_eq!(desk.end_of(&run).await["status"], "succeeded");
    // The refused apply left its plan as it was: stale now, but not taken.
    assert_eq!(desk.apply(&second).await.problem(), "stale-plan");
    desk.no_secret_was_told("dev").await;
}

#[tokio::test]
async fn a_cancelled_run_ends_its_steps_and_the_next_plan_has_the_rest() {
    let desk = Desk::slow().await;
    let run = desk.start(&desk.plan("dev", 2).await).await;
    desk.events(&run, 0, "step_started").await;
    for _ in 0..3 {
        // Asked for once or often, running steps end.
        let answer = desk.post(&format!("/runs/{run}/cancel"), &Json::Null).await;
        assert_eq!((answer.status, &answer.json()["stopping"]), (202, &json!(true)), "{answer:?}");
    }
    let end = desk.end_of(&run).await;
    assert_eq!((&end["status"], &end["failed"]), (&json!("cancelled"), &json!([])), "{end}");
    assert!(end["done"].as_u64() >= Some(1) && end["skipped"].as_u64() >= Some(1), "{end}");
    let events = desk.events(&run, 0, "").await;
    assert!(events.iter().any(|(kind, _)| kind == "draining"), "{events:?}");
    let rest = desk.start(&desk.plan("dev", 2).await).await;
    assert_eq!(desk.end_of(&rest).await["status"], "succeeded");
    assert_eq!(desk.post("/plans", &json!({ "stack": "dev" })).await.status, 201);
    desk.no_secret_was_told("dev").await;
}

#[tokio::test]
async fn an_abandoned_run_ends_at_once_and_the_next_one_finds_out() {
    let desk = Desk::slow().await;
    let run = desk.start(&desk.plan("dev", 1).await).await;
    desk.events(&run, 0, "step_started").await;
    let answer = desk.post(&format!("/runs/{run}/cancel?abandon=true"), &Json::Null).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    // The cloud's time stands still: no running step can end.
    let (_, end) = desk.events(&run, 0, "").await.pop().unwrap();
    assert_eq!(end["status"], "cancelled", "{end}");
    let _passing = desk.time_passes();
    let rest = desk.start(&desk.plan("dev", 1).await).await;
    assert_eq!(desk.end_of(&rest).await["status"], "succeeded");
}

#[tokio::test]
async fn a_stopped_service_starts_nothing_new_and_ends_what_runs() {
    let mut desk = Desk::slow().await;
    let waiting = desk.plan("staging", 1).await;
    let run = desk.start(&desk.plan("dev", 1).await).await;
    desk.events(&run, 0, "step_started").await;
    desk.service.drain();
    for answer in [
        desk.get("/healthz").await,
        desk.apply(&waiting).await,
        desk.post("/plans", &json!({ "stack": "staging" })).await,
    ] {
        assert_eq!((answer.status, answer.problem().as_str()), (503, "stopping"), "{answer:?}");
    }
    let end = desk.end_of(&run).await;
    assert_eq!(end["status"], "cancelled", "{end}");
    desk.stopped().await;
    assert!(desk.service.runs.going_on().is_empty());
}
