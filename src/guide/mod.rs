//! The guide: one page for each thing a user does. Holds no code.

#[doc = include_str!("crash-safety.md")]
pub mod crash_safety {}

#[doc = include_str!("testing-crashes.md")]
pub mod testing_crashes {}
