//! The backends: one suite for all of them, then what only a file can suffer.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compaction;
mod conformance;
mod crash;
mod durations;
mod files;
mod rows;
mod secrets;
mod tampering;
