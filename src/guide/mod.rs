//! The guide: one page for each thing the engine does for you.

#[doc = include_str!("sealed-plans.md")]
pub mod sealed_plans {}
