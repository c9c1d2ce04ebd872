//! Distinctive secrets are planted wherever a secret can stand, whole lives are run with failures that
//! quote them, at the most verbose log level, and every byte that is left behind is searched for them
//! in every spelling. Any hit fails.
//!
//! Nothing is proven by a search that finds nothing, so each redaction has a probe that it alone protects:
//! `.ci/canary-mutations` removes every one of them in turn, and this test must fail. Whoever adds a place
//! that hides a secret adds it to `.ci/canary_list.py`. `tests/fuzz` searches its random programs with
//! the same [`Hunt`](spelling::Hunt).
//!
//! Where a value stands in the open on purpose, the place is left out by its name, with the reason.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod alarm;
mod clean;
mod cloudflare;
mod crash;
mod desk;
mod direct;
mod edge;
mod examples;
mod fields;
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
