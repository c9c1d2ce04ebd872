//! The guide: one page for each behaviour of the engine, with code that runs and what the runner
//! shows.

#[doc = include_str!("refresh.md")]
pub mod refresh {}
#[doc = include_str!("targets.md")]
pub mod targets {}
