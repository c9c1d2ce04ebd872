//! [`VirtualClock`]: the wall clock of an exploration, which goes with tokio's paused time. Knows
//! nothing of what happens meanwhile.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use iac_core::Clock;
use iac_core::state::TimestampMs;
use tokio::time::Instant;

use crate::sim::SimTime;

/// When the first run of an exploration begins: 2026-01-01T00:00:00Z.
const START_MS: TimestampMs = 1_767_225_600_000;

/// A wall clock that starts at a given moment and then goes as fast as tokio's clock.
#[derive(Debug, Clone, Copy)]
pub struct VirtualClock {
    start_ms: TimestampMs,
    started: Instant,
}

impl VirtualClock {
    /// Goes on from `start_ms`, or from 2026 at first.
    pub(super) fn starting_at(start_ms: Option<TimestampMs>) -> Self {
        Self { start_ms: start_ms.unwrap_or(START_MS), started: Instant::now() }
    }

    /// The current moment for a simulated cloud.
    pub fn sim_time(&self) -> SimTime {
        SimTime::from_unix_ms(self.now_ms())
    }

    /// The current moment for a client.
    pub fn system_time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(self.now_ms()).unwrap_or_default())
    }
}

impl Clock for VirtualClock {
    fn now_ms(&self) -> TimestampMs {
        let passed = TimestampMs::try_from(self.started.elapsed().as_millis()).unwrap_or(TimestampMs::MAX);
        self.start_ms.saturating_add(passed)
    }
}
