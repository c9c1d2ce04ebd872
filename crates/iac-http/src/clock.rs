//! Times that lie ahead. Knows nothing of what happens then.

use std::time::Duration;

use tokio::time::Instant;

/// Stands for "never": a caller or a vendor can name a time beyond what an [`Instant`] holds.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// The time `wait` after `at`.
pub(crate) fn later(at: Instant, wait: Duration) -> Instant {
    at + wait.min(FAR)
}

/// The earlier of a bound and a deadline.
pub(crate) fn earlier(bound: Instant, deadline: Option<Instant>) -> Instant {
    deadline.map_or(bound, |deadline| deadline.min(bound))
}
