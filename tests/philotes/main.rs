//! The example platform on the simulated Hetzner Cloud, over real HTTP, with the real engine and a
//! SQLite state: what the README promises of it. Knows nothing of the runner.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "../cloud_init/mod.rs"]
mod cloud_init;
#[path = "../../examples/philotes-hetzner/platform.rs"]
mod platform;
#[path = "../../examples/philotes-hetzner/settings.rs"]
mod settings;

mod cost;
mod crash;
mod faults;
mod life;
mod report;
mod rollback;
mod stacks;
mod world;
