//! Pauses and pacing: exactly as long as the vendor says, within bounds.

use std::time::Duration;

use iac_core::ErrorKind;
use iac_http::http::Method;
use iac_http::{Client, Limits, QuotaStyle, RetryPolicy};
use tokio::time::Instant;

use crate::fake::{Fake, WALL_CLOCK_SECONDS, answer, answer_with, http_date};

#[tokio::test(start_paused = true)]
async fn retry_after_is_kept_exactly() {
    for value in ["12".to_owned(), http_date(12)] {
        for method in [Method::GET, Method::POST] {
            let fake = Fake::new([answer_with(429, &[("retry-after", &value)], "")]);
            fake.client().request(method, "/x").send_empty().await.unwrap();
            assert_eq!(fake.times_ms(), [0, 12_000], "{value}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_the_other_requests_too() {
    let fake = Fake::new([answer_with(429, &[("retry-after", "5")], "")]);
    let client = fake.client();
    let other = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        client.get("/b").send_empty().await
    };
    let (a, b) = tokio::join!(client.get("/a").send_empty(), other);
    a.unwrap();
    b.unwrap();
    assert_eq!(fake.times_ms(), [0, 5_000, 5_000]);
}

#[tokio::test(start_paused = true)]
async fn a_longer_pause_than_the_bound_is_an_error_that_says_how_long() {
    let fake = Fake::new([answer_with(429, &[("retry-after", "3600")], "slow down")]);
    let client = fake.client();
    let start = Instant::now();
    let error = client.get("/a").send_empty().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
    assert_eq!(error.wait_before_retry(), Some(Duration::from_secs(3600)));
    // The next request does not even go out.
    let error = client.post("/b").send_empty().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited, "{error}");
    assert_eq!(error.wait_before_retry(), Some(Duration::from_secs(3600)));
    assert_eq!((fake.count(), start.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn the_bound_holds_over_all_pauses_together() {
    let pause = answer_with(429, &[("retry-after", "4")], "");
    let fake = Fake::new(std::iter::repeat_n(pause, 10));
    let limits = Limits::default().rate_wait_max(Duration::from_secs(10));
    let client = fake.builder().limit(limits).build().unwrap();
    let error = client.get("/a").send_empty().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(fake.times_ms(), [0, 4_000, 8_000]);
}

fn window(remaining: u64, reset_seconds: u64) -> crate::fake::Act {
    let remaining = remaining.to_string();
    let reset = (WALL_CLOCK_SECONDS + reset_seconds).to_string();
    let headers = [
        ("ratelimit-limit", "100"),
        ("ratelimit-remaining", remaining.as_str()),
        ("ratelimit-reset", reset.as_str()),
    ];
    answer_with(200, &headers, "{}")
}

async fn gets(client: &Client, count: usize) {
    for _ in 0..count {
        client.get("/x").send_empty().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_low_window_is_spread_over_the_time_left() {
    let fake = Fake::new([window(4, 20)]);
    let client = fake.builder().limit(Limits::default().concurrent_max(4)).build().unwrap();
    gets(&client, 6).await;
    assert_eq!(fake.times_ms(), [0, 0, 5_000, 10_000, 15_000, 20_000]);
}

#[tokio::test(start_paused = true)]
async fn a_refilling_quota_is_used_at_its_rate() {
    // Nothing left of 100; full in 200 s: one every 2 s.
    let fake = Fake::new([window(0, 200)]);
    let limits = Limits::default().concurrent_max(4).quota_style(QuotaStyle::Refill);
    let client = fake.builder().limit(limits).build().unwrap();
    gets(&client, 4).await;
    assert_eq!(fake.times_ms(), [0, 2_000, 4_000, 6_000]);
}

#[tokio::test(start_paused = true)]
async fn a_429_without_retry_after_waits_for_the_stated_reset() {
    let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9")];
    let fake = Fake::new([answer_with(429, &headers, "")]);
    gets(&fake.client(), 1).await;
    assert_eq!(fake.times_ms(), [0, 9_000]);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_rate_for_a_silent_vendor() {
    let fake = Fake::new([]);
    let limits = Limits::default().rate(60, Duration::from_secs(60), 2);
    let client = fake.builder().limit(limits).build().unwrap();
    gets(&client, 4).await;
    assert_eq!(fake.times_ms(), [0, 0, 1_000, 2_000]);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_allowed_requests_are_under_way() {
    use crate::fake::Act::Silent;
    let fake = Fake::new([Silent, Silent]);
    let client = fake
        .builder()
        .limit(Limits::default().concurrent_max(2))
        .retry(RetryPolicy::never())
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let ask = || client.get("/x").send_empty();
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    assert!(a.is_err() && b.is_err() && c.is_ok());
    assert_eq!(fake.times_ms(), [0, 0, 10_000]);

    let fake = Fake::new([Silent]);
    let limits = Limits::default().concurrent_max(1).queue_wait_max(Duration::from_secs(3));
    let client = fake.builder().limit(limits).build().unwrap();
    let (_, b) = tokio::join!(client.get("/x").send_empty(), client.get("/y").send_empty());
    let error = b.unwrap_err();
    assert_eq!(error.message(), "waited 3s for other requests to finish");
}

#[tokio::test(start_paused = true)]
async fn at_once_is_not_a_flood() {
    for value in ["0".to_owned(), "Thu, 01 Jan 1970 00:00:00 GMT".to_owned()] {
        let act = answer_with(429, &[("retry-after", value.as_str())], "");
        let fake = Fake::new(std::iter::repeat_n(act, 3));
        gets(&fake.client(), 1).await;
        assert!(fake.times_ms()[3] > 0, "{value}");
    }
    let act = answer_with(429, &[("retry-after", "18446744073709551615")], "");
    let error = Fake::new([act]).client().get("/x").send_empty().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}

#[tokio::test(start_paused = true)]
async fn bounds_without_end_are_accepted() {
    let forever = Duration::MAX;
    let limits = Limits::default().rate_wait_max(forever).queue_wait_max(forever);
    let limits = limits.rate(1, forever, u32::MAX);
    let client = Fake::new([]).builder().limit(limits).timeout(forever).build().unwrap();
    gets(&client, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_429_without_any_word_backs_off_and_ends() {
    let fake = Fake::new(std::iter::repeat_n(answer(429, ""), 100));
    let error = fake.client().get("/x").send_empty().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(fake.count() > 5 && fake.count() <= 21, "{}", fake.count());
}
