//! What callers do with the service as long as nothing is in their way.

use serde_json::json;

use super::desk::{Desk, PASSWORD};

#[tokio::test]
async fn a_plan_is_shown_applied_and_watched_to_its_end() {
    let desk = Desk::quick().await;
    let settings = json!({ "workers": 2, "admin_password": PASSWORD });
    let planned = desk.post("/plans", &json!({ "stack": "dev", "settings": settings })).await;
    assert_eq!(planned.status, 201, "{planned:?}");
    let id = planned.text("id");
    assert!(planned.head.contains(&format!("location: /plans/{id}")), "{planned:?}");
    assert!(planned.text("text").contains("+ create hetzner:server worker-2"), "{planned:?}");
    assert!(
        planned.text("text").ends_with("Plan: 5 to create.\n")
            || planned.text("text").contains("5 to create")
    );
    assert_eq!(planned.json()["plan"]["steps"].as_array().unwrap().len(), 5);
    assert_eq!(desk.get(&format!("/plans/{id}")).await.json(), planned.json());

    let run = desk.start(&id).await;
    let events = desk.events(&run, 0, "").await;
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds.first(), Some(&"run_started"));
    assert_eq!(kinds.iter().filter(|kind| **kind == "step_finished").count(), 5, "{kinds:?}");
    assert_eq!(kinds[kinds.len() - 2..], ["run_finished", "end"]);
    let (_, end) = &events[events.len() - 1];
    assert_eq!((&end["status"], &end["done"]), (&json!("succeeded"), &json!(5)), "{end}");
    assert_eq!(end["events_left_out"], 0);

    // Who comes late gets all of it, and who was cut off the rest.
    assert_eq!(desk.events(&run, 0, "").await, events);
    assert_eq!(desk.events(&run, 3, "").await, events[3..]);
    assert_eq!(desk.get(&format!("/runs/{run}")).await.json()["end"]["status"], "succeeded");
    assert_eq!(desk.get(&format!("/plans/{id}")).await.text("run"), run);

    let outputs = desk.get("/stacks/dev/outputs").await.json();
    assert_eq!(outputs["outputs"]["join_token"], json!({ "$secret": true }));
    assert!(outputs["outputs"]["worker_1"].as_str().unwrap().starts_with("10.0.1."), "{outputs}");
    let again = desk.post("/plans", &json!({ "stack": "dev", "settings": settings })).await;
    assert_eq!(again.json()["has_changes"], false);
    desk.no_secret_was_told("dev").await;
}

#[tokio::test]
async fn a_plan_without_changes_is_applied_without_a_run() {
    let desk = Desk::quick().await;
    desk.events(&desk.start(&desk.plan("dev", 1).await).await, 0, "").await;
    let run = desk.start(&desk.plan("dev", 1).await).await;
    let events = desk.events(&run, 0, "").await;
    let (kind, end) = events.last().unwrap();
    assert_eq!((kind.as_str(), &end["status"], &end["run"]), ("end", &json!("succeeded"), &json!(null)));
}

#[tokio::test]
async fn a_stack_is_destroyed_by_a_plan_like_any_other() {
    let desk = Desk::quick().await;
    desk.events(&desk.start(&desk.plan("dev", 1).await).await, 0, "").await;
    let planned = desk.post("/plans", &json!({ "stack": "dev", "destroy": true })).await;
    assert!(planned.text("text").starts_with("Plan to destroy workers/dev"), "{planned:?}");
    let events = desk.events(&desk.start(&planned.text("id")).await, 0, "").await;
    assert_eq!(events.last().unwrap().1["status"], "succeeded");
    assert_eq!(desk.get("/stacks/dev/outputs").await.json()["outputs"], json!({}));
}

#[tokio::test]
async fn a_stale_plan_and_a_plan_that_was_applied_are_refused() {
    let desk = Desk::quick().await;
    let (first, second) = (desk.plan("dev", 1).await, desk.plan("dev", 2).await);
    let run = desk.start(&first).await;
    desk.events(&run, 0, "").await;
    let stale = desk.apply(&second).await;
    assert_eq!((stale.status, stale.problem().as_str()), (409, "stale-plan"), "{stale:?}");
    assert!(stale.json()["state_is"].as_u64() > stale.json()["planned_from"].as_u64(), "{stale:?}");
    let applied = desk.apply(&first).await;
    assert_eq!((applied.status, applied.problem().as_str()), (409, "plan-applied"));
    assert_eq!(applied.text("run"), run);
    // What was refused left no run behind, and a new plan goes through.
    let run = desk.start(&desk.plan("dev", 2).await).await;
    assert_eq!(desk.events(&run, 0, "").await.last().unwrap().1["status"], "succeeded");
}

#[tokio::test]
async fn a_failed_step_is_told_with_its_cause() {
    let desk = Desk::quick().await;
    let settings = json!({ "workers": 1, "server_type": "cx9999" });
    let planned = desk.post("/plans", &json!({ "stack": "dev", "settings": settings })).await;
    assert_eq!(planned.status, 201, "{planned:?}");
    let run = desk.start(&planned.text("id")).await;
    let (_, end) = desk.events(&run, 0, "").await.pop().unwrap();
    assert_eq!(end["status"], "failed", "{end}");
    let failed = end["failed"].to_string();
    assert!(failed.contains("worker-1") && failed.contains("server"), "{failed}");
}
