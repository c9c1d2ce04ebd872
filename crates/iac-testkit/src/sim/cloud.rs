//! Owns the contract between the kit and a simulated cloud. Knows no transport.
use super::{SimRequest, SimResponse, SimTime};
use serde_json::Value;
use std::any::Any;

/// A simulated cloud: a synchronous state machine that answers one request at a time.
///
/// The kit calls it under one lock, so it needs no locks of its own. It MUST take its time from
/// `now` and its randomness from a seed of its own, so that runs repeat.
pub trait Cloud: Any + Send {
    /// The name written into the data file's header; a file with another name is refused.
    fn name(&self) -> &'static str;

    /// The version of what [`save`](Self::save) returns; a file with another version is refused.
    fn version(&self) -> u32 {
        1
    }

    /// Answers one request. `now` equals `request.received_at`.
    ///
    /// A panic in here is answered with status 500 and the panic's message.
    fn handle(&mut self, request: &SimRequest, now: SimTime) -> SimResponse;

    /// The whole state, for the data file.
    fn save(&self) -> Value;

    /// Replaces the state by one that [`save`](Self::save) returned.
    ///
    /// # Errors
    /// Says what in the value is not understood.
    fn load(&mut self, saved: Value) -> Result<(), String>;
}
