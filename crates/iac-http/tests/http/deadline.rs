//! Deadlines end everything: waiting, retrying and a request under way.

use std::time::Duration;

use iac_core::ErrorKind;
use iac_http::http::Method;
use tokio::time::Instant;

use crate::fake::{Act, Fake, answer, answer_with};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_ends_at_the_deadline() {
    for (method, kind) in [
        (Method::GET, ErrorKind::Timeout),
        (Method::PUT, ErrorKind::Ambiguous),
        (Method::POST, ErrorKind::Ambiguous),
    ] {
        let fake = Fake::new([Act::Silent]);
        let start = Instant::now();
        let client = fake.client().with_deadline(start + seconds(5));
        let error = client.request(method, "/x").send_empty().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!((start.elapsed(), fake.count()), (seconds(5), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_pass_the_deadline_is_not_begun() {
    for (act, kind) in [
        (answer_with(429, &[("retry-after", "10")], ""), ErrorKind::RateLimited),
        (answer_with(503, &[("retry-after", "10")], ""), ErrorKind::Unavailable),
    ] {
        let fake = Fake::new([act]);
        let start = Instant::now();
        let request = fake.client().get("/x").deadline(start + seconds(5));
        let error = request.send_empty().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.wait_before_retry(), Some(seconds(10)));
        assert_eq!((start.elapsed(), fake.count()), (Duration::ZERO, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_nothing_is_sent() {
    let fake = Fake::new([answer(200, "{}")]);
    let client = fake.client().with_deadline(Instant::now());
    for request in [client.post("/x"), client.get("/x").deadline(Instant::now() + seconds(9))] {
        let error = request.send_empty().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    }
    assert_eq!(fake.count(), 0);
}
