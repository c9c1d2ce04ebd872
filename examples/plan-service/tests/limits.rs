//! Who is let in, what is refused, and how that is told.

use iac::Event;
use serde_json::{Value as Json, json};

use super::desk::{Desk, PASSWORD, TOKEN, bearer};
use crate::event_log::EventLog;

#[tokio::test]
async fn only_who_shows_the_token_gets_further_than_the_health() {
    let desk = Desk::quick().await;
    let wrong = TOKEN.replace('a', "b");
    let longer = format!("{TOKEN}x");
    let refused = [
        String::new(),
        bearer(&wrong),
        bearer(&longer),
        bearer(""),
        format!("Authorization: Basic {TOKEN}\r\n"),
        format!("Authorization: {TOKEN}\r\n"),
    ];
    let paths = ["/plans", "/plans/x", "/runs/x/events", "/stacks/dev/outputs", "/nowhere"];
    for headers in refused {
        for path in paths {
            let answer = desk.raw("GET", path, &headers, "").await;
            assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthorized"), "{path} {headers}");
            assert!(answer.head.contains("www-authenticate: bearer"), "{answer:?}");
        }
    }
    let health = desk.raw("GET", "/healthz", "", "").await;
    assert_eq!((health.status, &health.json()["status"]), (200, &json!("ok")));
    let lowercase = format!("authorization: bearer {TOKEN}\r\n");
    assert_eq!(desk.raw("GET", "/plans/x", &lowercase, "").await.status, 404);
}

#[tokio::test]
async fn what_is_not_understood_is_told_by_place_and_never_by_value() {
    let desk = Desk::quick().await;
    let bad = [
        (json!({ "stack": "dev", "settings": { "workers": PASSWORD } }), "`settings.workers`"),
        (json!({ "stack": "dev", "settings": { "password": PASSWORD } }), "`settings.password`"),
        (json!({ "stack": "dev", "settings": { "workers": 21 } }), "settings.workers: 21 is more than 20"),
        (json!({ "settings": {} }), "lacks a field"),
        (json!(PASSWORD), "wrong type"),
    ];
    for (body, told) in bad {
        let answer = desk.post("/plans", &body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "bad-request"), "{answer:?}");
        assert!(answer.text("detail").contains(told), "{answer:?}");
        assert!(!answer.body.contains(PASSWORD), "{answer:?}");
    }
    for body in ["", "{", "{\"stack\":\"dev\"} x"] {
        let answer = desk.raw("POST", "/plans", &bearer(TOKEN), body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "bad-request"), "{answer:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_or_too_large_is_a_problem_like_any_other() {
    let desk = Desk::quick().await;
    let large = json!({ "stack": "dev", "settings": { "image": "x".repeat(20_000) } });
    let cases = [
        (desk.post("/plans", &large).await, 413, "body"),
        (desk.post("/plans", &json!({ "stack": "other" })).await, 404, "not-found"),
        (desk.get("/plans/none").await, 404, "not-found"),
        (desk.apply("none").await, 404, "not-found"),
        (desk.get("/runs/none").await, 404, "not-found"),
        (desk.get("/runs/none/events").await, 404, "not-found"),
        (desk.post("/runs/none/cancel", &Json::Null).await, 404, "not-found"),
        (desk.post("/runs/none/cancel?abandon=perhaps", &Json::Null).await, 400, "bad-request"),
        (desk.get("/stacks/other/outputs").await, 404, "not-found"),
        (desk.get("/nowhere").await, 404, "not-found"),
        (desk.get("/plans").await, 405, "method"),
    ];
    for (answer, status, kind) in cases {
        assert_eq!((answer.status, answer.problem().as_str()), (status, kind), "{answer:?}");
    }
}

#[tokio::test]
async fn requests_and_streams_beyond_their_number_are_told_to_come_again() {
    let desk = Desk::quick().await;
    let run = desk.start(&desk.plan("dev", 1).await).await;
    desk.events(&run, 0, "").await;
    let streams = desk.service.streams.try_acquire_many(64).unwrap();
    let refused = desk.get(&format!("/runs/{run}/events")).await;
    assert_eq!((refused.status, refused.problem().as_str()), (503, "busy"));
    assert!(refused.head.contains("retry-after: 5"), "{refused:?}");
    drop(streams);
    assert!(!desk.events(&run, 0, "").await.is_empty());
    let requests = desk.service.requests.try_acquire_many(64).unwrap();
    assert_eq!(desk.get("/healthz").await.problem(), "busy");
    drop(requests);
    assert_eq!(desk.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_log_of_events_has_an_end_and_says_what_it_left_out() {
    use futures_util::StreamExt as _;

    let log = std::sync::Arc::new(EventLog::new());
    for resources in 0..20_000 {
        log.push(&Event::Refreshing { resources });
    }
    log.end("end", |left_out| json!({ "left_out": left_out }));
    // Nothing comes after the end.
    log.push(&Event::Draining);
    log.end("end", |_| Json::Null);
    let entries: Vec<_> = std::sync::Arc::clone(&log).read(0, ()).collect().await;
    assert_eq!(entries.len(), 5_001);
    assert_eq!((entries[5_000].kind.as_str(), entries[5_000].data.as_str()), ("end", "{\"left_out\":15000}"));
}
