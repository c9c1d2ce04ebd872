//! Distinctive secrets are planted wherever a secret can stand, whole lives are run with failures that
//! quote them, at the most verbose log level, and every byte that is left behind is searched for them
//! in every spelling. Any hit fails.
//!
//! Where a value stands in the open on purpose, the place is left out by its name, with the reason.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod alarm;
mod crash;
mod desk;
mod examples;
mod hetzner;
mod http;
mod layers;
mod life;
mod log;
mod platform;
mod program;
mod quoter;
mod sources;
mod spelling;
mod types;
mod worlds;
