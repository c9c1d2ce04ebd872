//! The guide: one page for each thing that the engine and the runner do, with examples that run as
//! tests. Holds no code.

#[cfg(feature = "settings")]
#[doc = include_str!("settings.md")]
pub mod settings {}

#[cfg(feature = "settings")]
#[doc = include_str!("secret-sources.md")]
pub mod secret_sources {}
