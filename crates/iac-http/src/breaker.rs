//! Stops sending to a host that does not answer, and tries again with one request later.
//! Knows nothing of requests; the caller reports how each attempt ended.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::later;

/// Default number of failures in a row after which nothing is sent any more.
pub const BREAKER_FAILURES_MAX: u32 = 20;
/// Default time after which one request tries whether the host is back.
pub const BREAKER_COOL_DOWN: Duration = Duration::from_secs(30);

/// When a client stops sending to a host that fails.
///
/// Failures are answers 5xx and attempts without an answer; any other answer starts the count
/// again.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct BreakerPolicy {
    failures_max: u32,
    cool_down: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self { failures_max: BREAKER_FAILURES_MAX, cool_down: BREAKER_COOL_DOWN }
    }
}

impl BreakerPolicy {
    /// Failures in a row that open the circuit; at least 1. Default [`BREAKER_FAILURES_MAX`].
    pub fn failures_max(mut self, failures: u32) -> Self {
        self.failures_max = failures.max(1);
        self
    }

    /// Time without requests before the next trial. Default [`BREAKER_COOL_DOWN`].
    pub fn cool_down(mut self, time: Duration) -> Self {
        self.cool_down = time;
        self
    }
}

#[derive(Debug, Clone, Copy)]
enum Circuit {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One request is on its way to find out.
    HalfOpen,
}

#[derive(Debug)]
pub(crate) struct Breaker {
    policy: BreakerPolicy,
    circuit: Mutex<Circuit>,
}

/// The circuit is open; a trial goes out after `wait`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) failures: u32,
    pub(crate) wait: Duration,
}

/// One admitted attempt. Dropped without a report (the caller was cancelled), a trial counts as
/// not made.
#[derive(Debug)]
pub(crate) struct Admission<'a> {
    breaker: &'a Breaker,
    trial: bool,
    reported: bool,
}

impl Breaker {
    pub(crate) fn new(policy: BreakerPolicy) -> Self {
        Self { policy, circuit: Mutex::new(Circuit::Closed { failures: 0 }) }
    }

    pub(crate) fn admit(&self) -> Result<Admission<'_>, Open> {
        let now = Instant::now();
        let mut circuit = self.lock();
        let trial = match *circuit {
            Circuit::Closed { .. } => false,
            Circuit::Open { until } if until <= now => {
                *circuit = Circuit::HalfOpen;
                true
            }
            Circuit::Open { until } => {
                return Err(Open { failures: self.policy.failures_max, wait: until - now });
            }
            Circuit::HalfOpen => {
                return Err(Open { failures: self.policy.failures_max, wait: Duration::ZERO });
            }
        };
        Ok(Admission { breaker: self, trial, reported: false })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Circuit> {
        // Each state is valid by itself, so a panic elsewhere cannot have left half of one.
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admission<'_> {
    pub(crate) fn succeeded(mut self) {
        self.reported = true;
        let mut circuit = self.breaker.lock();
        // A late answer to a request from before the circuit opened does not close it.
        if self.trial || matches!(*circuit, Circuit::Closed { .. }) {
            *circuit = Circuit::Closed { failures: 0 };
        }
    }

    pub(crate) fn failed(mut self) {
        self.reported = true;
        let policy = self.breaker.policy;
        let open = Circuit::Open { until: later(Instant::now(), policy.cool_down) };
        let mut circuit = self.breaker.lock();
        *circuit = match *circuit {
            _ if self.trial => open,
            Circuit::Closed { failures } if failures + 1 >= policy.failures_max => open,
            Circuit::Closed { failures } => Circuit::Closed { failures: failures + 1 },
            other => other,
        };
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.trial && !self.reported {
            *self.breaker.lock() = Circuit::Open { until: Instant::now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(BreakerPolicy::default().failures_max(2).cool_down(Duration::from_secs(10)))
    }

    #[tokio::test(start_paused = true)]
    async fn opens_tries_once_and_closes() {
        let breaker = breaker();
        breaker.admit().unwrap().failed();
        breaker.admit().unwrap().succeeded();
        breaker.admit().unwrap().failed();
        let late = breaker.admit().unwrap();
        breaker.admit().unwrap().failed();
        let open = Open { failures: 2, wait: Duration::from_secs(10) };
        assert_eq!(breaker.admit().unwrap_err(), open);
        late.succeeded();
        assert_eq!(breaker.admit().unwrap_err(), open);

        tokio::time::advance(Duration::from_secs(10)).await;
        let trial = breaker.admit().unwrap();
        assert!(breaker.admit().is_err(), "one trial at a time");
        trial.failed();
        assert_eq!(breaker.admit().unwrap_err(), open);

        tokio::time::advance(Duration::from_secs(10)).await;
        drop(breaker.admit().unwrap());
        breaker.admit().unwrap().succeeded();
        breaker.admit().unwrap().failed();
        assert!(breaker.admit().is_ok());
    }
}
