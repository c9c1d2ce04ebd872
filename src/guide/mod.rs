//! The guide: one page for each behaviour of the engine, with code that runs and what the runner
//! shows.

#[doc = include_str!("hooks.md")]
pub mod hooks {}
#[doc = include_str!("transformations.md")]
pub mod transformations {}
#[doc = include_str!("policies.md")]
pub mod policies {}
#[doc = include_str!("providers.md")]
pub mod providers {}
#[doc = include_str!("sealed-plans.md")]
pub mod sealed_plans {}
#[doc = include_str!("refresh.md")]
pub mod refresh {}
#[doc = include_str!("targets.md")]
pub mod targets {}
#[doc = include_str!("keys.md")]
pub mod keys {}
#[doc = include_str!("random-values.md")]
#[cfg(feature = "random-keys")]
pub mod random_values {}
#[doc = include_str!("cost.md")]
pub mod cost {}
