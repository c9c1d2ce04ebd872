//! How long steps are expected to take: from what the state remembers of earlier runs, else from what
//! a type says of itself, else from a guess. An apply starts what has the longest way to go first, and
//! a plan's whole duration can be told before it is approved ([`Expected`](crate::Expected)).
//!
//! Nothing here reads a clock or a state: the facts are given.

mod durations;
mod typical;

pub use durations::{Durations, Estimate, Origin};
pub use typical::Typical;

pub(crate) use durations::timed_as;
