//! What a client tells while it works, for progress and reports.
//! Knows nothing of how it is shown. Holds no header, body or query value.

use std::time::Duration;

use iac_core::ErrorKind;

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
