//! When the next request may go, so that a quota is used up and never tripped. Plain arithmetic.
//! Knows nothing of sockets, tasks or headers; the caller passes the time.

use std::time::Duration;

use tokio::time::Instant;

use crate::clock::later;
use crate::quota::Quota;

/// Below this share of a window's limit, requests are spaced instead of sent at once. Of a quota that
/// comes back continuously only as much is kept back as can be under way: what lies idle is lost.
pub const PACE_BELOW_PERCENT: u64 = 5;

/// How a quota comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum QuotaStyle {
    /// All of it at the reset time.
    #[default]
    Window,
    /// Continuously; the reset time is when it is full again (Hetzner: one a second).
    Refill,
}

/// A fixed rate for a vendor that states no quota.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steady {
    interval: Duration,
    /// How far ahead of the rate a burst may run.
    tolerance: Duration,
}

impl Steady {
    pub(crate) fn new(requests: u32, per: Duration, burst: u32) -> Self {
        let interval = per / requests.max(1);
        Self { interval, tolerance: interval.saturating_mul(burst.saturating_sub(1)) }
    }
}

#[derive(Debug)]
struct Known {
    limit: Option<u64>,
    remaining: u64,
    reset_at: Instant,
    interval: Duration,
    next_at: Instant,
}

/// The state behind one limiter.
#[derive(Debug)]
pub(crate) struct Pacer {
    style: QuotaStyle,
    steady: Option<Steady>,
    /// Requests that can be under way at once: that many must always be in reserve.
    reserve_min: u64,
    steady_at: Option<Instant>,
    blocked_until: Option<Instant>,
    known: Option<Known>,
}

impl Pacer {
    pub(crate) fn new(style: QuotaStyle, steady: Option<Steady>, concurrent_max: usize) -> Self {
        Self {
            style,
            steady,
            reserve_min: u64::try_from(concurrent_max).unwrap_or(u64::MAX),
            steady_at: None,
            blocked_until: None,
            known: None,
        }
    }

    /// Takes the next place: when the request may go. `Err` with that time, and no place taken,
    /// if it is after `latest`.
    pub(crate) fn reserve(&mut self, now: Instant, latest: Instant) -> Result<Instant, Instant> {
        if self.known.as_ref().is_some_and(|known| now >= known.reset_at) {
            self.known = None;
        }
        let mut at = self.blocked(now).unwrap_or(now);
        let steady = self.steady.map(|steady| {
            let planned = self.steady_at.unwrap_or(now).max(now);
            at = at.max(planned.checked_sub(steady.tolerance).unwrap_or(now));
            later(planned.max(at), steady.interval)
        });
        let paced = self.known.as_ref().and_then(|known| known.slot(self.style, now, at, self.reserve_min));
        if let Some((slot, _)) = paced {
            at = at.max(slot);
        }
        if at > latest {
            return Err(at);
        }
        if steady.is_some() {
            self.steady_at = steady.map(|next| next.max(at));
        }
        if let Some(known) = &mut self.known {
            known.remaining = known.remaining.saturating_sub(1);
            if let Some((_, interval)) = paced {
                known.next_at = later(at, interval);
            }
        }
        Ok(at)
    }

    /// The end of a pause that the vendor ordered, if one is running.
    pub(crate) fn blocked(&self, now: Instant) -> Option<Instant> {
        self.blocked_until.filter(|until| *until > now)
    }

    /// A vendor's order to send nothing for a while.
    pub(crate) fn block(&mut self, until: Instant) {
        self.blocked_until = Some(self.blocked_until.map_or(until, |known| known.max(until)));
    }

    /// Takes in what an answer states. `others` counts the requests that hold a place and are not
    /// answered: the vendor has not counted them, or not all.
    pub(crate) fn observe(&mut self, now: Instant, quota: Quota, others: usize) {
        let others = u64::try_from(others).unwrap_or(u64::MAX);
        let Some(reset) = quota.reset.filter(|reset| !reset.is_zero()) else {
            self.known = None;
            return;
        };
        let reset_at = later(now, reset);
        let previous = self.known.take().filter(|known| now < known.reset_at);
        let limit = quota.limit.or(previous.as_ref().and_then(|known| known.limit));
        let missing = limit.map_or(1, |limit| limit.saturating_sub(quota.remaining)).max(1);
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        self.known = Some(Known {
            limit,
            remaining: quota.remaining.saturating_sub(others),
            reset_at,
            interval: reset / missing,
            next_at: previous.map_or(now, |known| known.next_at),
        });
    }

    /// When a refused request can be tried, from the stated quota alone.
    pub(crate) fn refill_at(&self, now: Instant) -> Option<Instant> {
        let known = self.known.as_ref().filter(|known| known.reset_at > now)?;
        Some(match self.style {
            QuotaStyle::Window => known.reset_at,
            QuotaStyle::Refill => later(now, known.interval),
        })
    }
}

impl Known {
    /// The next free place and the distance to the one after it; `None` while there is plenty.
    fn slot(
        &self,
        style: QuotaStyle,
        now: Instant,
        at: Instant,
        reserve_min: u64,
    ) -> Option<(Instant, Duration)> {
        let share = match style {
            QuotaStyle::Window => self.limit.map_or(0, |limit| limit / 100 * PACE_BELOW_PERCENT),
            QuotaStyle::Refill => 0,
        };
        if at >= self.reset_at || self.remaining > share.max(reserve_min) {
            return None;
        }
        let slot = at.max(self.next_at);
        match style {
            QuotaStyle::Window => match u32::try_from(self.remaining).unwrap_or(u32::MAX) {
                0 => Some((self.reset_at, Duration::ZERO)),
                left => {
                    let slot = slot.min(self.reset_at);
                    Some((slot, (self.reset_at - slot) / left))
                }
            },
            QuotaStyle::Refill if self.remaining == 0 => {
                Some((slot.max(later(now, self.interval)), self.interval))
            }
            QuotaStyle::Refill => Some((slot, self.interval)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(limit: u64, remaining: u64, reset_seconds: u64) -> Quota {
        Quota { limit: Some(limit), remaining, reset: Some(Duration::from_secs(reset_seconds)) }
    }

    /// Seconds after the start at which `count` requests go.
    fn slots(pacer: &mut Pacer, now: Instant, count: usize) -> Vec<u64> {
        let latest = now + Duration::from_secs(1_000_000);
        (0..count).map(|_| (pacer.reserve(now, latest).unwrap() - now).as_secs()).collect()
    }

    #[test]
    fn a_window_is_spread_to_its_end_and_continues_after_it() {
        let now = Instant::now();
        let mut pacer = Pacer::new(QuotaStyle::Window, None, 5);
        pacer.observe(now, quota(100, 5, 10), 0);
        assert_eq!(slots(&mut pacer, now, 7), [0, 2, 4, 6, 8, 10, 10]);
    }

    #[test]
    fn plenty_is_not_paced() {
        let now = Instant::now();
        let mut pacer = Pacer::new(QuotaStyle::Window, None, 4);
        pacer.observe(now, quota(1000, 53, 10), 0);
        // 5 % of 1000 are 50: the fourth request reaches them.
        assert_eq!(slots(&mut pacer, now, 4), [0, 0, 0, 0]);
        assert!(pacer.reserve(now, now).is_err());
    }

    #[test]
    fn of_a_refill_only_what_can_be_under_way_is_kept_back() {
        let now = Instant::now();
        let mut pacer = Pacer::new(QuotaStyle::Refill, None, 16);
        // 5 % of 3600 are 180, and would lie idle for ever.
        pacer.observe(now, quota(3600, 20, 3580), 0);
        assert_eq!(slots(&mut pacer, now, 7), [0, 0, 0, 0, 0, 1, 2]);
    }

    #[test]
    fn a_refill_is_followed_at_its_rate() {
        let now = Instant::now();
        let mut pacer = Pacer::new(QuotaStyle::Refill, None, 16);
        pacer.observe(now, quota(3600, 0, 3600), 0);
        assert_eq!(slots(&mut pacer, now, 3), [1, 2, 3]);
        pacer.observe(now, quota(3600, 16, 3584), 0);
        assert_eq!(slots(&mut pacer, now, 2), [4, 5]);
    }

    #[test]
    fn requests_under_way_count_against_the_rest() {
        let now = Instant::now();
        let mut pacer = Pacer::new(QuotaStyle::Window, None, 2);
        pacer.observe(now, quota(10, 3, 30), 3);
        assert_eq!(slots(&mut pacer, now, 1), [30]);
    }

    #[test]
    fn a_pause_holds_everyone_and_a_late_place_is_not_taken() {
        let now = Instant::now();
        let mut pacer = Pacer::new(QuotaStyle::Window, None, 2);
        pacer.block(now + Duration::from_secs(9));
        pacer.block(now + Duration::from_secs(3));
        let at = now + Duration::from_secs(9);
        assert_eq!(pacer.reserve(now, now + Duration::from_secs(8)), Err(at));
        assert_eq!(slots(&mut pacer, now, 2), [9, 9]);
        assert_eq!(pacer.blocked(at), None);
    }

    #[test]
    fn a_steady_rate_with_a_burst() {
        let now = Instant::now();
        let steady = Steady::new(60, Duration::from_secs(60), 3);
        let mut pacer = Pacer::new(QuotaStyle::Window, Some(steady), 2);
        assert_eq!(slots(&mut pacer, now, 6), [0, 0, 0, 1, 2, 3]);
        let refused = pacer.reserve(now, now + Duration::from_secs(1));
        assert_eq!(refused, pacer.reserve(now, now), "a refusal takes no place");
    }
}
