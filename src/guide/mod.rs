//! The guide: one page for each thing the engine does, with examples that run as tests.

#[doc = include_str!("history.md")]
pub mod history {}

#[doc = include_str!("state.md")]
pub mod state {}
