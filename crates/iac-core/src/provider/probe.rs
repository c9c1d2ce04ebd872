//! [`Probe`]: what a provider finds out about its API without changing anything. Knows nothing of what
//! is made of it.

use std::time::Duration;

use crate::state::TimestampMs;

/// What one cheap request to an API told.
///
/// ```
/// use std::time::Duration;
///
/// use iac_core::provider::Probe;
///
/// let probe = Probe::new("project-17").endpoint("https://api.example.com").latency(Duration::from_millis(41));
/// assert_eq!(probe.account, "project-17");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Probe {
    /// The account, as [`Provider::account`](super::Provider::account) answers it.
    pub account: String,
    /// The API's address without credentials, where the provider tells it.
    pub endpoint: Option<String>,
    /// From the request to the end of its answer, where the provider measures it.
    pub latency: Option<Duration>,
    /// The time on the API's clock when it answered, where its answers tell it (`Date`).
    pub server_time: Option<TimestampMs>,
}

impl Probe {
    /// A probe that tells the account alone.
    pub fn new(account: impl Into<String>) -> Self {
        Self { account: account.into(), endpoint: None, latency: None, server_time: None }
    }

    /// Adds the API's address; it must hold no credentials.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Adds how long the answer took.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = Some(latency);
        self
    }

    /// Adds the time on the API's clock.
    #[must_use]
    pub fn server_time(mut self, time: TimestampMs) -> Self {
        self.server_time = Some(time);
        self
    }
}
