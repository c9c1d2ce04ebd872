//! Reads what an answer says about the vendor's request quota and how long to wait.
//! Knows the header dialects, not what to do about them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// A reset value above this is a time in Unix seconds, below it is a number of seconds from now:
/// no quota window lasts 30 years.
const EPOCH_SECONDS_MIN: u64 = 1_000_000_000;
/// Above this it is in Unix milliseconds.
const EPOCH_MILLISECONDS_MIN: u64 = 1_000_000_000_000;

/// The vendor's request quota as one answer states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Requests in a full quota.
    pub limit: Option<u64>,
    /// Requests left.
    pub remaining: u64,
    /// Time until the quota is full again.
    pub reset: Option<Duration>,
}

impl Quota {
    /// Reads `RateLimit-Limit/-Remaining/-Reset` (also with `X-` and as `X-Rate-Limit-*`), and
    /// the structured `RateLimit` and `RateLimit-Policy`. `clock` serves if the answer has no
    /// `Date`.
    pub fn from_headers(headers: &HeaderMap, clock: SystemTime) -> Option<Self> {
        let now = answered_at(headers, clock);
        ["ratelimit", "x-ratelimit", "x-rate-limit"]
            .into_iter()
            .find_map(|prefix| separate(headers, prefix, now))
            .or_else(|| structured(headers, now))
    }
}

/// `Retry-After` in seconds or as an HTTP-date.
pub(crate) fn retry_after(headers: &HeaderMap, clock: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Some(seconds) = number(text) {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(answered_at(headers, clock)).unwrap_or(Duration::ZERO))
}

/// The vendor's own clock if the answer states it: times in the same answer are relative to it.
fn answered_at(headers: &HeaderMap, clock: SystemTime) -> SystemTime {
    headers
        .get(DATE)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| httpdate::parse_http_date(text).ok())
        .unwrap_or(clock)
}

fn separate(headers: &HeaderMap, prefix: &str, now: SystemTime) -> Option<Quota> {
    let read = |part: &str| {
        let value = headers.get(format!("{prefix}-{part}"))?.to_str().ok()?;
        // `100, 100;w=60` states the limit first and its policy after it.
        number(value.split([',', ';']).next()?.trim())
    };
    Some(Quota {
        limit: read("limit"),
        remaining: read("remaining")?,
        reset: read("reset").map(|reset| until(reset, now)),
    })
}

/// `"default";r=50;t=30` with `"default";q=1200;w=300`, or `limit=100, remaining=50, reset=5`.
fn structured(headers: &HeaderMap, now: SystemTime) -> Option<Quota> {
    let value = headers.get("ratelimit")?.to_str().ok()?;
    let policy = headers
        .get("ratelimit-policy")
        .and_then(|value| value.to_str().ok())
        .and_then(|policy| parameter(policy, "q"));
    if let Some(remaining) = parameter(value, "remaining") {
        return Some(Quota {
            limit: parameter(value, "limit").or(policy),
            remaining,
            reset: parameter(value, "reset").map(|reset| until(reset, now)),
        });
    }
    // Of several quotas the one nearest its end counts.
    value
        .split(',')
        .filter_map(|item| {
            let reset = parameter(item, "t").map(|reset| until(reset, now));
            Some(Quota { limit: policy, remaining: parameter(item, "r")?, reset })
        })
        .min_by_key(|quota| quota.remaining)
}

fn parameter(text: &str, name: &str) -> Option<u64> {
    text.split([';', ',']).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        if key.trim().eq_ignore_ascii_case(name) { number(value.trim()) } else { None }
    })
}

/// Whole seconds, rounded up: waiting too short trips the quota.
fn number(text: &str) -> Option<u64> {
    if let Ok(whole) = text.parse() {
        return Some(whole);
    }
    let fraction: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64(fraction.ceil()).ok().map(|duration| duration.as_secs())
}

fn until(reset: u64, now: SystemTime) -> Duration {
    let at = if reset >= EPOCH_MILLISECONDS_MIN {
        Duration::from_millis(reset)
    } else if reset >= EPOCH_SECONDS_MIN {
        Duration::from_secs(reset)
    } else {
        return Duration::from_secs(reset);
    };
    at.saturating_sub(now.duration_since(UNIX_EPOCH).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    type Pairs = &'static [(&'static str, &'static str)];
    /// Limit, remaining, and seconds until the reset.
    type Stated = (Option<u64>, u64, Option<u64>);

    const NOW_SECONDS: u64 = 1_800_000_000;

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW_SECONDS)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn dialects() {
        let cases: &[(Pairs, Option<Stated>)] = &[
            (
                &[
                    ("ratelimit-limit", "3600"),
                    ("ratelimit-remaining", "3590"),
                    ("ratelimit-reset", "1800000010"),
                ],
                Some((Some(3600), 3590, Some(10))),
            ),
            (
                &[
                    ("date", "Fri, 15 Jan 2027 07:59:55 GMT"),
                    ("ratelimit-remaining", "1"),
                    ("ratelimit-reset", "1800000010"),
                ],
                Some((None, 1, Some(15))),
            ),
            (
                &[
                    ("x-ratelimit-limit", "240, 240;w=60"),
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "7"),
                ],
                Some((Some(240), 0, Some(7))),
            ),
            (
                &[
                    ("ratelimit", "\"burst\";r=50;t=30, \"day\";r=4;t=600"),
                    ("ratelimit-policy", "\"burst\";q=1200;w=300"),
                ],
                Some((Some(1200), 4, Some(600))),
            ),
            (&[("ratelimit", "limit=100, remaining=50, reset=5")], Some((Some(100), 50, Some(5)))),
            (&[("ratelimit-limit", "100")], None),
            (&[("ratelimit-remaining", "many")], None),
        ];
        for (pairs, expected) in cases {
            let quota = Quota::from_headers(&headers(pairs), now());
            let got = quota.map(|q| (q.limit, q.remaining, q.reset.map(|r| r.as_secs())));
            assert_eq!(got, *expected, "{pairs:?}");
        }
    }

    #[test]
    fn retry_after_forms() {
        let later = httpdate::fmt_http_date(now() + Duration::from_secs(90));
        let past = httpdate::fmt_http_date(now() - Duration::from_secs(90));
        for (value, expected) in [
            ("120", Some(120)),
            ("0.5", Some(1)),
            (later.as_str(), Some(90)),
            (past.as_str(), Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let wait = retry_after(&headers(&[("retry-after", value)]), now());
            assert_eq!(wait.map(|wait| wait.as_secs()), expected, "{value}");
        }
    }
}
