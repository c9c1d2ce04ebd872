//! What a client tells while it works, for progress and reports.
//! Knows nothing of how it is shown. Holds no header, body or query value.

use std::time::Duration;

use iac_core::ErrorKind;
use iac_core::provider::Delay;

/// A shorter wait for quota is how requests are spaced, and nothing to tell a person.
const PAUSE_TOLD_MIN: Duration = Duration::from_secs(1);

/// Something that happened to one request. `operation` is the method and the path template,
/// for example `GET /servers/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpEvent {
    /// An attempt failed and another follows.
    Retry {
        /// The method and path template.
        operation: String,
        /// The attempt that failed, counted from 1.
        attempt: u32,
        /// How it failed.
        kind: ErrorKind,
        /// The status, if there was an answer.
        status: Option<u16>,
        /// The wait before the next attempt; zero if the vendor orders a pause, which
        /// [`Paused`](HttpEvent::Paused) then tells.
        wait: Duration,
    },
    /// The request waits for the vendor's quota.
    Paused {
        /// The method and path template.
        operation: String,
        /// For how long.
        wait: Duration,
    },
    /// The request ended.
    Done {
        /// The method and path template.
        operation: String,
        /// The last status, if there was an answer.
        status: Option<u16>,
        /// The error, if it failed.
        error: Option<ErrorKind>,
        /// Attempts in all.
        attempts: u32,
        /// From the call to the end, waits included.
        duration: Duration,
    },
}

impl HttpEvent {
    /// What it means for the run that the request is part of, if that is worth telling.
    pub(crate) fn delay(self) -> Option<Delay> {
        match self {
            // The pause that the vendor ordered is told as such.
            Self::Retry { kind: ErrorKind::RateLimited, wait, .. } if wait.is_zero() => None,
            Self::Retry { operation, attempt, kind, status, wait } => {
                let reason = match status {
                    Some(status) => format!("the answer was {status} ({})", kind.as_str()),
                    None => format!("there was no answer ({})", kind.as_str()),
                };
                Some(Delay::Retried { operation, attempt, reason, after_ms: milliseconds(wait) })
            }
            Self::Paused { operation, wait } if wait >= PAUSE_TOLD_MIN => Some(Delay::Paused {
                operation,
                reason: "the request quota is used up".to_owned(),
                for_ms: milliseconds(wait),
            }),
            Self::Paused { .. } | Self::Done { .. } => None,
        }
    }
}

fn milliseconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// Hears of [`HttpEvent`]s. Called in the middle of a request: it MUST return at once.
pub trait Observer: Send + Sync + 'static {
    /// One event.
    fn observe(&self, event: &HttpEvent);
}

impl<F: Fn(&HttpEvent) + Send + Sync + 'static> Observer for F {
    fn observe(&self, event: &HttpEvent) {
        self(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry(kind: ErrorKind, status: Option<u16>, wait_ms: u64) -> Option<Delay> {
        let (operation, wait) = ("GET /servers".to_owned(), Duration::from_millis(wait_ms));
        HttpEvent::Retry { operation, attempt: 2, kind, status, wait }.delay()
    }

    #[test]
    fn a_repeated_request_says_how_it_failed() {
        let told = |reason: &str, after_ms| {
            Some(Delay::Retried {
                operation: "GET /servers".into(),
                attempt: 2,
                reason: reason.into(),
                after_ms,
            })
        };
        let unavailable = retry(ErrorKind::Unavailable, Some(503), 400);
        assert_eq!(unavailable, told("the answer was 503 (unavailable)", 400));
        let lost = retry(ErrorKind::Unavailable, None, 0);
        assert_eq!(lost, told("there was no answer (unavailable)", 0));
        assert_eq!(retry(ErrorKind::RateLimited, Some(429), 0), None, "the pause tells of it");
        assert!(retry(ErrorKind::RateLimited, Some(429), 5).is_some());
    }

    #[test]
    fn a_wait_that_only_spaces_requests_is_not_told() {
        let paused = |ms| {
            HttpEvent::Paused { operation: "GET /servers".into(), wait: Duration::from_millis(ms) }.delay()
        };
        assert_eq!(paused(999), None);
        let Some(Delay::Paused { for_ms: 1000, reason, .. }) = paused(1000) else { panic!("it is told") };
        assert_eq!(reason, "the request quota is used up");
    }
}
