//! Whether and after which wait an attempt is repeated. Plain rules and arithmetic.
//! Knows nothing of sockets; `classify` says what happened, `send` does the waiting.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};

/// Default number of attempts of one request.
pub const ATTEMPTS_MAX: u32 = 5;
/// Default number of answers 429 that one request endures; they do not count as attempts.
pub const RATE_LIMITED_MAX: u32 = 20;
/// Default wait before the first repetition, at most.
pub const BACKOFF_BASE: Duration = Duration::from_millis(500);
/// Default longest wait between two attempts.
pub const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// Default time after which no further attempt begins; waits for quota do not count.
pub const ELAPSED_MAX: Duration = Duration::from_secs(3 * 60);

/// May a request be repeated if nobody knows whether it took effect?
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Idempotency {
    /// It changes nothing. The default of GET.
    Safe,
    /// Twice has the effect of once. The default of PUT and DELETE.
    Idempotent,
    /// Twice is twice. The default of POST and PATCH.
    NotIdempotent,
    /// The vendor recognises the repetition by this header, which goes out with every attempt.
    Key(HeaderName, HeaderValue),
}

impl Idempotency {
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD | Method::OPTIONS => Self::Safe,
            Method::PUT | Method::DELETE => Self::Idempotent,
            _ => Self::NotIdempotent,
        }
    }

    fn is_repeatable(&self) -> bool {
        !matches!(self, Self::NotIdempotent)
    }
}

/// A vendor's own schedule for one error code, for example `locked`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Repetitions at most.
    pub attempts_max: u32,
    /// The first wait, at most.
    pub base: Duration,
    /// The longest wait.
    pub max: Duration,
}

/// What a vendor's error decoder says about repeating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RetryAdvice {
    /// As the status says.
    #[default]
    ByStatus,
    /// Repeating cannot help.
    Never,
    /// The request had no effect and can succeed later: repeat on the client's schedule, also a
    /// POST.
    Repeat,
    /// The same on a schedule of its own.
    On(Schedule),
}

/// How one attempt ended, as far as repeating depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Nothing was sent.
    NotSent,
    /// Sent, and no whole answer came.
    Lost,
    /// 429.
    RateLimited,
    /// 503: most vendors mean "not carried out", a proxy can mean anything.
    Unavailable,
    /// Another 5xx, or 408.
    ServerFailed,
    /// A 5xx whose code the vendor's decoder knows: nothing was done.
    Declined,
    /// The vendor says that it did nothing and that later is better.
    Later(Option<Schedule>),
    /// A verdict.
    Final,
}

/// When requests are repeated. Waits grow exponentially with full jitter.
#[derive(Debug, Clone)]
#[must_use]
pub struct RetryPolicy {
    pub(crate) attempts_max: u32,
    pub(crate) rate_limited_max: u32,
    pub(crate) elapsed_max: Duration,
    pub(crate) unavailable_is_unsent: bool,
    schedule: Schedule,
    seed: Option<u64>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts_max: ATTEMPTS_MAX,
            rate_limited_max: RATE_LIMITED_MAX,
            elapsed_max: ELAPSED_MAX,
            unavailable_is_unsent: false,
            schedule: Schedule { attempts_max: ATTEMPTS_MAX, base: BACKOFF_BASE, max: BACKOFF_MAX },
            seed: None,
        }
    }
}

impl RetryPolicy {
    /// Every request goes out once.
    pub fn never() -> Self {
        Self::default().attempts_max(1).rate_limited_max(0)
    }

    /// Attempts of one request, the first among them; at least 1. Default [`ATTEMPTS_MAX`].
    pub fn attempts_max(mut self, attempts: u32) -> Self {
        self.attempts_max = attempts.max(1);
        self
    }

    /// Answers 429 after which a request fails. Default [`RATE_LIMITED_MAX`].
    pub fn rate_limited_max(mut self, answers: u32) -> Self {
        self.rate_limited_max = answers;
        self
    }

    /// The n-th wait is random between zero and `base * 2^(n-1)`, at most `max`.
    pub fn backoff(mut self, base: Duration, max: Duration) -> Self {
        self.schedule.base = base;
        self.schedule.max = max;
        self
    }

    /// No attempt begins after this time since the first. Default [`ELAPSED_MAX`].
    pub fn elapsed_max(mut self, elapsed: Duration) -> Self {
        self.elapsed_max = elapsed;
        self
    }

    /// The vendor promises that a request answered with 503 had no effect, so that a POST is
    /// repeated as well.
    pub fn unavailable_is_unsent(mut self) -> Self {
        self.unavailable_is_unsent = true;
        self
    }

    /// Makes the jitter repeatable, for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    pub(crate) fn jitter(&self) -> Jitter {
        // RandomState is seeded by the system; jitter needs no more than that.
        Jitter(AtomicU64::new(self.seed.unwrap_or_else(|| RandomState::new().hash_one(0_u8))))
    }

    pub(crate) fn schedule(&self, cause: Cause) -> Schedule {
        match cause {
            Cause::Later(Some(schedule)) => schedule,
            _ => self.schedule,
        }
    }

    /// Does the rule for this method and outcome allow a repetition at all?
    pub(crate) fn may_repeat(&self, cause: Cause, idempotency: &Idempotency) -> bool {
        match cause {
            Cause::Final => false,
            Cause::NotSent | Cause::RateLimited | Cause::Later(_) => true,
            Cause::Unavailable if self.unavailable_is_unsent => true,
            Cause::Unavailable | Cause::ServerFailed | Cause::Declined | Cause::Lost => {
                idempotency.is_repeatable()
            }
        }
    }

    /// Can the request have taken effect although it failed?
    pub(crate) fn may_have_acted(&self, cause: Cause, idempotency: &Idempotency) -> bool {
        let unknown = match cause {
            Cause::Lost | Cause::ServerFailed => true,
            Cause::Unavailable => !self.unavailable_is_unsent,
            _ => false,
        };
        unknown && *idempotency != Idempotency::Safe
    }
}

/// A source of random numbers (SplitMix64) that several tasks share without a lock.
#[derive(Debug)]
pub(crate) struct Jitter(AtomicU64);

impl Jitter {
    /// A time from zero to `most`.
    fn up_to(&self, most: Duration) -> Duration {
        const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
        let state = self.0.fetch_add(GOLDEN_GAMMA, Ordering::Relaxed).wrapping_add(GOLDEN_GAMMA);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let random = mixed ^ (mixed >> 31);
        let most_nanoseconds = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
        let product = u128::from(random) * (u128::from(most_nanoseconds) + 1);
        Duration::from_nanos(u64::try_from(product >> 64).unwrap_or(most_nanoseconds))
    }

    /// The wait before repetition number `repetition`, counted from 1.
    pub(crate) fn wait(&self, schedule: Schedule, repetition: u32) -> Duration {
        let factor = 1_u32.checked_shl(repetition.saturating_sub(1)).unwrap_or(u32::MAX);
        self.up_to(schedule.base.saturating_mul(factor).min(schedule.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_for_each_outcome() {
        use Cause::*;
        let key = Idempotency::Key(HeaderName::from_static("k"), HeaderValue::from_static("v"));
        let get = Idempotency::of(&Method::GET);
        let put = Idempotency::of(&Method::PUT);
        let post = Idempotency::of(&Method::POST);
        // cause: repeat (get, put, post, post with key), may have acted (the same)
        let cases = [
            (NotSent, [true, true, true, true], [false, false, false, false]),
            (RateLimited, [true, true, true, true], [false, false, false, false]),
            (Later(None), [true, true, true, true], [false, false, false, false]),
            (Lost, [true, true, false, true], [false, true, true, true]),
            (ServerFailed, [true, true, false, true], [false, true, true, true]),
            (Unavailable, [true, true, false, true], [false, true, true, true]),
            (Declined, [true, true, false, true], [false, false, false, false]),
            (Final, [false, false, false, false], [false, false, false, false]),
        ];
        let policy = RetryPolicy::default();
        for (cause, repeat, acted) in cases {
            let all = [&get, &put, &post, &key];
            assert_eq!(all.map(|i| policy.may_repeat(cause, i)), repeat, "{cause:?}");
            assert_eq!(all.map(|i| policy.may_have_acted(cause, i)), acted, "{cause:?}");
        }
        let promised = policy.unavailable_is_unsent();
        assert!(promised.may_repeat(Unavailable, &post));
        assert!(!promised.may_have_acted(Unavailable, &post));
        assert_eq!(Idempotency::of(&Method::PATCH), Idempotency::NotIdempotent);
        assert_eq!(Idempotency::of(&Method::DELETE), Idempotency::Idempotent);
    }

    #[test]
    fn waits_are_bounded_and_repeatable() {
        let policy = RetryPolicy::default().seed(7);
        let (a, b) = (policy.jitter(), policy.jitter());
        let schedule = policy.schedule(Cause::Lost);
        for repetition in 1..=100 {
            let wait = a.wait(schedule, repetition);
            assert_eq!(wait, b.wait(schedule, repetition));
            let factor = 1_u32.checked_shl(repetition - 1).unwrap_or(u32::MAX);
            assert!(wait <= BACKOFF_MAX.min(BACKOFF_BASE.saturating_mul(factor)));
        }
    }
}
