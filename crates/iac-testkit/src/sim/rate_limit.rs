//! Owns a token bucket on simulated time. Knows no header names: vendors differ in them.
use super::SimTime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Tokens are counted in thousandths, so that slow refills work with whole milliseconds.
const MILLI: u64 = 1_000;

/// A token bucket: it starts full, each request takes one token, time puts tokens back.
///
/// ```
/// use iac_testkit::sim::{RateLimit, SimTime};
/// use std::time::Duration;
///
/// let start = SimTime::from_unix_seconds(0);
/// let mut limit = RateLimit::new(1, 1, start);
/// assert!(limit.take(start).allowed);
/// let refused = limit.take(start);
/// assert!(!refused.allowed);
/// assert_eq!(refused.retry_after, Duration::from_secs(1));
/// assert!(limit.take(start + Duration::from_secs(1)).allowed);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    limit: u32,
    refill_per_second: u32,
    tokens_milli: u64,
    refilled_at: SimTime,
}

/// What a [`RateLimit`] says to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitState {
    /// Whether the request may pass; a refused request takes no token.
    pub allowed: bool,
    /// The size of the bucket.
    pub limit: u32,
    /// Whole tokens left after this request.
    pub remaining: u32,
    /// When the bucket is full again if nothing else is asked.
    pub reset_at: SimTime,
    /// How long until the next token; zero while tokens are left.
    pub retry_after: Duration,
}

impl RateLimit {
    /// A full bucket of `limit` tokens that gets `refill_per_second` tokens each second.
    pub fn new(limit: u32, refill_per_second: u32, now: SimTime) -> Self {
        Self { limit, refill_per_second, tokens_milli: u64::from(limit) * MILLI, refilled_at: now }
    }

    /// Takes one token if there is one.
    pub fn take(&mut self, now: SimTime) -> RateLimitState {
        self.refill(now);
        let allowed = self.tokens_milli >= MILLI;
        if allowed {
            self.tokens_milli -= MILLI;
        }
        self.state(now, allowed)
    }

    fn refill(&mut self, now: SimTime) {
        let elapsed_ms = u64::try_from(now.since(self.refilled_at).as_millis()).unwrap_or(u64::MAX);
        // One token a second is one thousandth of a token a millisecond.
        let added_milli = elapsed_ms.saturating_mul(u64::from(self.refill_per_second));
        let full_milli = u64::from(self.limit) * MILLI;
        self.tokens_milli = self.tokens_milli.saturating_add(added_milli).min(full_milli);
        self.refilled_at = self.refilled_at.max(now);
    }

    fn state(&self, now: SimTime, allowed: bool) -> RateLimitState {
        let missing_milli = (u64::from(self.limit) * MILLI).saturating_sub(self.tokens_milli);
        RateLimitState {
            allowed,
            limit: self.limit,
            remaining: u32::try_from(self.tokens_milli / MILLI).unwrap_or(u32::MAX),
            reset_at: now + self.time_for(missing_milli),
            retry_after: self.time_for(MILLI.saturating_sub(self.tokens_milli)),
        }
    }

    fn time_for(&self, tokens_milli: u64) -> Duration {
        Duration::from_millis(tokens_milli.div_ceil(u64::from(self.refill_per_second.max(1))))
    }
}
