//! The retry rules, one by one, and what a failure means in the end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use iac_core::ErrorKind::{self, *};
use iac_http::http::{HeaderName, HeaderValue, Method};
use iac_http::{
    Answer, BreakerPolicy, ErrorParts, HttpEvent, Idempotency, RetryAdvice, RetryPolicy, Schedule,
};
use tokio::time::Instant;

use crate::fake::{Act, Fake, answer, answer_with, cut, refused, truncated};

fn key() -> Idempotency {
    Idempotency::Key(HeaderName::from_static("idempotency-key"), HeaderValue::from_static("k1"))
}

/// Requests that go out, and the kind of the final error, if `act` happens each time.
async fn check(method: &Method, key: Option<Idempotency>, act: &Act) -> (usize, ErrorKind) {
    let fake = Fake::new(std::iter::repeat_n(act.clone(), 100));
    let client = fake.builder().retry(RetryPolicy::default().attempts_max(3).rate_limited_max(4).seed(1));
    let mut request = client.build().unwrap().request(method.clone(), "/servers");
    if let Some(key) = key {
        request = request.idempotency(key);
    }
    let error = request.send_empty().await.unwrap_err();
    (fake.count(), error.kind())
}

#[tokio::test(start_paused = true)]
async fn every_outcome_for_every_method() {
    // The outcome; then GET, PUT and DELETE and POST with key, POST and PATCH.
    let table = [
        (refused(), (3, Unavailable), (3, Unavailable), (3, Unavailable)),
        (cut(), (3, Unavailable), (3, Ambiguous), (1, Ambiguous)),
        (truncated(200), (3, Unavailable), (3, Ambiguous), (1, Ambiguous)),
        (truncated(422), (1, InvalidInput), (1, InvalidInput), (1, InvalidInput)),
        (Act::Silent, (3, Unavailable), (3, Ambiguous), (1, Ambiguous)),
        (answer(500, ""), (3, Unavailable), (3, Ambiguous), (1, Ambiguous)),
        (answer(502, ""), (3, Unavailable), (3, Ambiguous), (1, Ambiguous)),
        (answer(503, ""), (3, Unavailable), (3, Ambiguous), (1, Ambiguous)),
        (answer(504, ""), (3, Unavailable), (3, Ambiguous), (1, Ambiguous)),
        (answer(429, ""), (5, RateLimited), (5, RateLimited), (5, RateLimited)),
        (answer(400, ""), (1, InvalidInput), (1, InvalidInput), (1, InvalidInput)),
        (answer(401, ""), (1, Unauthenticated), (1, Unauthenticated), (1, Unauthenticated)),
        (answer(403, ""), (1, PermissionDenied), (1, PermissionDenied), (1, PermissionDenied)),
        (answer(404, ""), (1, NotFound), (1, NotFound), (1, NotFound)),
        (answer(409, ""), (1, Conflict), (1, Conflict), (1, Conflict)),
        (answer(412, ""), (1, Conflict), (1, Conflict), (1, Conflict)),
        (answer(422, ""), (1, InvalidInput), (1, InvalidInput), (1, InvalidInput)),
        (answer(423, ""), (1, Conflict), (1, Conflict), (1, Conflict)),
        (answer(501, ""), (1, Unsupported), (1, Unsupported), (1, Unsupported)),
    ];
    for (act, get, put, post) in &table {
        assert_eq!(check(&Method::GET, None, act).await, *get, "GET {act:?}");
        assert_eq!(check(&Method::PUT, None, act).await, *put, "PUT {act:?}");
        assert_eq!(check(&Method::DELETE, None, act).await, *put, "DELETE {act:?}");
        assert_eq!(check(&Method::POST, Some(key()), act).await, *put, "POST with key {act:?}");
        assert_eq!(check(&Method::POST, None, act).await, *post, "POST {act:?}");
        assert_eq!(check(&Method::PATCH, None, act).await, *post, "PATCH {act:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_key_goes_out_with_every_attempt() {
    let fake = Fake::new([cut(), answer(201, "{}")]);
    fake.client().post("/servers").idempotency(key()).send_empty().await.unwrap();
    let keys: Vec<_> = fake.seen().into_iter().map(|seen| seen.headers["idempotency-key"].clone()).collect();
    assert_eq!(keys, ["k1", "k1"]);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_can_promise_that_503_did_nothing() {
    let fake = Fake::new([answer(503, ""), answer(201, "{}")]);
    let retry = RetryPolicy::default().seed(1).unavailable_is_unsent();
    let client = fake.builder().retry(retry).build().unwrap();
    client.post("/servers").send_empty().await.unwrap();
    assert_eq!(fake.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_may_have_acted_is_not_forgotten() {
    // PUT: lost, then refused until the end.
    let fake = Fake::new([cut(), refused(), refused(), refused(), refused()]);
    let error = fake.client().put("/servers/1").send_empty().await.unwrap_err();
    assert_eq!(error.kind(), Ambiguous, "{error}");
    assert!(error.message().contains("not known whether"), "{error}");
    assert!(error.way_out().unwrap().contains("look at the resource"));

    // DELETE: the first attempt worked, its answer was lost.
    let fake = Fake::new([cut(), answer(404, "")]);
    let error = fake.client().delete("/servers/1").send_empty().await.unwrap_err();
    assert_eq!(error.kind(), NotFound, "{error}");
}

fn vendor(answer: &Answer<'_>) -> Option<ErrorParts> {
    let code = std::str::from_utf8(answer.body).ok()?;
    let parts = ErrorParts::new().code(code).message("from the vendor");
    Some(match code {
        "quota" => parts.kind(QuotaExceeded).hint("ask for more").field("cores"),
        "taken" => parts.kind(AlreadyExists).retry(RetryAdvice::Never),
        "again" => parts.kind(Conflict).retry(RetryAdvice::Repeat),
        "locked" => parts.kind(Conflict).retry(RetryAdvice::On(Schedule {
            attempts_max: 7,
            base: Duration::from_secs(1),
            max: Duration::from_secs(2),
        })),
        _ => return None,
    })
}

#[tokio::test(start_paused = true)]
async fn a_recognised_code_overrides_the_status() {
    let table = [
        (500, "quota", Method::POST, 1, QuotaExceeded),
        (500, "quota", Method::GET, 5, QuotaExceeded),
        (429, "taken", Method::POST, 1, AlreadyExists),
        (409, "again", Method::POST, 5, Conflict),
        (423, "locked", Method::POST, 8, Conflict),
        (500, "other", Method::POST, 1, Ambiguous),
    ];
    for (status, code, method, count, kind) in table {
        let fake = Fake::new(std::iter::repeat_n(answer(status, code), 100));
        let client = fake.builder().decoder(vendor).build().unwrap();
        let error = client.request(method, "/x").send_empty().await.unwrap_err();
        assert_eq!((fake.count(), error.kind()), (count, kind), "{code}: {error}");
        if code == "quota" {
            assert_eq!(error.api_code(), Some("quota"));
            assert_eq!(error.input_field(), Some("cores"));
            assert_eq!(error.way_out(), Some("ask for more"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bounds_on_time_hold() {
    let fake = Fake::new(std::iter::repeat_n(answer(500, ""), 100));
    let retry = RetryPolicy::default()
        .seed(3)
        .attempts_max(100)
        .backoff(Duration::from_secs(10), Duration::from_secs(20))
        .elapsed_max(Duration::from_secs(60));
    let client = fake.builder().retry(retry).build().unwrap();
    let start = Instant::now();
    client.get("/x").send_empty().await.unwrap_err();
    assert!(start.elapsed() <= Duration::from_secs(60));
    assert!(fake.count() > 3);
}

#[tokio::test(start_paused = true)]
async fn the_breaker_opens_tries_once_and_closes() {
    let fake = Fake::new([answer(500, ""), refused(), answer(502, ""), answer(404, "")]);
    let client = fake
        .builder()
        .retry(RetryPolicy::never())
        .breaker(BreakerPolicy::default().failures_max(2).cool_down(Duration::from_secs(30)))
        .build()
        .unwrap();
    let ask = || client.get("/x").send_empty();
    for _ in 0..2 {
        ask().await.unwrap_err();
    }
    let open = ask().await.unwrap_err();
    assert_eq!((fake.count(), open.kind()), (2, Unavailable));
    assert!(open.message().contains("it failed 2 times in a row"), "{open}");
    assert!(open.way_out().unwrap().contains("let through in 30s"), "{open}");

    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(ask().await.unwrap_err().http_status(), Some(502), "the trial fails");
    ask().await.unwrap_err();
    assert_eq!(fake.count(), 3);

    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(ask().await.unwrap_err().kind(), NotFound, "the trial shows a working host");
    ask().await.unwrap();
    assert_eq!(fake.count(), 5);
}

#[tokio::test(start_paused = true)]
async fn observers_hear_of_retries_and_ends() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&events);
    let fake = Fake::new([answer(500, ""), answer_with(429, &[("retry-after", "7")], "")]);
    let client = fake
        .builder()
        .retry(RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO))
        .observer(move |event: &HttpEvent| log.lock().unwrap().push(event.clone()))
        .build()
        .unwrap();
    client.get("/servers/{id}").segment("id", 5).send_empty().await.unwrap();
    let operation = || "GET /servers/{id}".to_owned();
    let retry = |attempt, kind, status| HttpEvent::Retry {
        operation: operation(),
        attempt,
        kind,
        status: Some(status),
        wait: Duration::ZERO,
    };
    let wait = Duration::from_secs(7);
    let expected = [
        retry(1, Unavailable, 500),
        retry(2, RateLimited, 429),
        HttpEvent::Paused { operation: operation(), wait },
        HttpEvent::Done {
            operation: operation(),
            status: Some(200),
            error: None,
            attempts: 3,
            duration: wait,
        },
    ];
    assert_eq!(*events.lock().unwrap(), expected);
}
