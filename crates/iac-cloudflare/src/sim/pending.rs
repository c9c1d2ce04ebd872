//! Owns the progress of what takes time. Knows nothing of what it is.
use super::config::Pace;
use iac_testkit::sim::SimTime;
use serde::{Deserialize, Serialize};

/// Something that has begun and is not done yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pending {
    begun: SimTime,
    looks: u32,
}

impl Pending {
    /// Begins now.
    pub(crate) fn new(now: SimTime) -> Self {
        Self { begun: now, looks: 0 }
    }

    /// Whether it is done by `now`, without a look at it.
    pub(crate) fn is_done(&self, pace: Pace, now: SimTime) -> bool {
        match pace {
            Pace::Instant => true,
            Pace::Polls(looks) => self.looks >= looks,
            Pace::Takes(time) => now.since(self.begun) >= time,
        }
    }

    /// Somebody looks at it; whether it is done by then.
    pub(crate) fn look(&mut self, pace: Pace, now: SimTime) -> bool {
        self.looks = self.looks.saturating_add(1);
        self.is_done(pace, now)
    }
}
