//! Holds requests back: how many at once, and when the next may go. Owns the waiting.
//! Knows nothing of retries; the arithmetic is in `pacer`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::clock::{earlier, later};
use crate::pacer::{Pacer, QuotaStyle, Steady};
use crate::quota::Quota;

/// Default bound on requests of one client that are under way at once.
pub const CONCURRENT_REQUESTS_MAX: usize = 16;
/// Default bound on the time that one request spends waiting for the vendor's quota.
pub const RATE_WAIT_MAX: Duration = Duration::from_secs(10 * 60);
/// Default bound on the time that one request waits for others to finish.
pub const QUEUE_WAIT_MAX: Duration = Duration::from_secs(60 * 60);

/// How many requests a client sends, and how fast.
///
/// ```
/// use std::time::Duration;
/// use iac_http::{Limits, QuotaStyle};
///
/// let follows_headers = Limits::default().quota_style(QuotaStyle::Refill);
/// let states_nothing = Limits::default().concurrent_max(4).rate(60, Duration::from_secs(60), 10);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Limits {
    concurrent_max: usize,
    style: QuotaStyle,
    steady: Option<Steady>,
    rate_wait_max: Duration,
    queue_wait_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrent_max: CONCURRENT_REQUESTS_MAX,
            style: QuotaStyle::default(),
            steady: None,
            rate_wait_max: RATE_WAIT_MAX,
            queue_wait_max: QUEUE_WAIT_MAX,
        }
    }
}

impl Limits {
    /// Requests under way at once; at least 1. Default [`CONCURRENT_REQUESTS_MAX`].
    pub fn concurrent_max(mut self, requests: usize) -> Self {
        self.concurrent_max = requests.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// How the quota in the vendor's headers comes back.
    pub fn quota_style(mut self, style: QuotaStyle) -> Self {
        self.style = style;
        self
    }

    /// At most `requests` in each `per`, for a vendor that states no quota; `burst` of them may
    /// go at once.
    pub fn rate(mut self, requests: u32, per: Duration, burst: u32) -> Self {
        self.steady = Some(Steady::new(requests, per, burst));
        self
    }

    /// The longest that one request waits for quota over all its attempts; then it fails with
    /// [`ErrorKind::RateLimited`](iac_core::ErrorKind::RateLimited). Default [`RATE_WAIT_MAX`].
    pub fn rate_wait_max(mut self, wait: Duration) -> Self {
        self.rate_wait_max = wait;
        self
    }

    /// The longest that one attempt waits for a place among those under way. Default
    /// [`QUEUE_WAIT_MAX`].
    pub fn queue_wait_max(mut self, wait: Duration) -> Self {
        self.queue_wait_max = wait;
        self
    }

    pub(crate) fn rate_wait(&self) -> Duration {
        self.rate_wait_max
    }
}

/// Why a request was not let through.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The quota frees up only after this time, which is beyond the bound or the deadline.
    Rate(Duration),
    /// No place became free within this time.
    Queue(Duration),
}

pub(crate) struct Limiter {
    places: Arc<Semaphore>,
    pacer: Mutex<Pacer>,
    queue_wait_max: Duration,
    concurrent_max: usize,
}

/// The right to send one attempt; gives the place back when dropped.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    /// Time spent waiting for quota.
    pub(crate) rate_waited: Duration,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let pacer = Pacer::new(limits.style, limits.steady, limits.concurrent_max);
        Self {
            places: Arc::new(Semaphore::new(limits.concurrent_max)),
            pacer: Mutex::new(pacer),
            queue_wait_max: limits.queue_wait_max,
            concurrent_max: limits.concurrent_max,
        }
    }

    /// Waits for a place and for quota. `paused` hears of every wait for quota before it begins.
    pub(crate) async fn acquire(
        &self,
        rate_wait_max: Duration,
        deadline: Option<Instant>,
        paused: impl Fn(Duration),
    ) -> Result<Place, Refusal> {
        let queued = Instant::now();
        let queue_end = earlier(later(queued, self.queue_wait_max), deadline);
        let permit = tokio::time::timeout_at(queue_end, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| Refusal::Queue(queued.elapsed()))?
            .expect("the semaphore is never closed");

        let start = Instant::now();
        let latest = earlier(later(start, rate_wait_max), deadline);
        let mut at =
            self.with_pacer(|pacer| pacer.reserve(start, latest)).map_err(|at| Refusal::Rate(at - start))?;
        // A pause can be ordered, or prolonged, while this request waits.
        while at > Instant::now() {
            paused(at - Instant::now());
            tokio::time::sleep_until(at).await;
            if let Some(until) = self.with_pacer(|pacer| pacer.blocked(Instant::now())) {
                if until > latest {
                    return Err(Refusal::Rate(until - Instant::now()));
                }
                at = until;
            }
        }
        Ok(Place { _permit: permit, rate_waited: start.elapsed() })
    }

    /// Takes in an answer's quota, while the place of its request is still held.
    pub(crate) fn observe(&self, quota: Quota) {
        let under_way = self.concurrent_max.saturating_sub(self.places.available_permits());
        let others = under_way.saturating_sub(1);
        self.with_pacer(|pacer| pacer.observe(Instant::now(), quota, others));
    }

    /// After an answer 429: how long to wait, if the vendor said so in any way. Holds back every
    /// other request too.
    pub(crate) fn pause(&self, retry_after: Option<Duration>) -> Option<Duration> {
        let now = Instant::now();
        self.with_pacer(|pacer| {
            let until = match retry_after {
                Some(wait) => Some(later(now, wait)),
                None => pacer.refill_at(now),
            }?;
            pacer.block(until);
            Some(until - now)
        })
    }

    fn with_pacer<T>(&self, f: impl FnOnce(&mut Pacer) -> T) -> T {
        // The pacer's numbers stay usable after a panic elsewhere.
        f(&mut self.pacer.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
