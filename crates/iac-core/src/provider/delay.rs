//! [`Delay`]: what holds a call of a provider up, on its way to the reporters. Knows nothing of
//! requests or of how it is shown.

use std::fmt;
use std::sync::Arc;

use super::context::StepPort;
use crate::urn::Urn;

/// Something that holds up a call: a request that is repeated, or a pause that the cloud's request
/// quota demands. Texts name operations and statuses, never values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delay {
    /// A request failed in a way that passes, and is sent again.
    Retried {
        /// What was asked, for example `POST /servers`.
        operation: String,
        /// The attempt that failed, counted from 1.
        attempt: u32,
        /// How it failed, a lowercase phrase.
        reason: String,
        /// The wait before the next attempt, in milliseconds.
        after_ms: u64,
    },
    /// A request waits, because the provider may send no more at the moment.
    Paused {
        /// What is to be asked.
        operation: String,
        /// Why, a lowercase phrase.
        reason: String,
        /// For how long, in milliseconds.
        for_ms: u64,
    },
}

/// Takes the [`Delay`]s of one call to the reporters. Made by [`Cx::delays`](super::Cx::delays);
/// clones go to the same place. `iac_http::Client::for_call` connects an HTTP client with it, so that
/// a provider on that client has nothing to do.
///
/// ```
/// use iac_core::provider::{Delay, Delays};
///
/// fn wait_for_turn(delays: &Delays) {
///     delays.tell(Delay::Paused {
///         operation: "upload".into(),
///         reason: "the cloud takes one upload at a time".into(),
///         for_ms: 1500,
///     });
/// }
/// ```
#[derive(Clone)]
pub struct Delays {
    pub(super) port: Arc<dyn StepPort>,
    pub(super) urn: Urn,
}

impl Delays {
    /// Tells of a delay, before it is waited for. Returns at once.
    pub fn tell(&self, delay: Delay) {
        self.port.delayed(&self.urn, delay);
    }
}

impl fmt::Debug for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delays").field("urn", &self.urn).finish_non_exhaustive()
    }
}
