//! The example platform on the simulated Hetzner Cloud, over real HTTP, with the real engine and a
//! SQLite state: what the README promises of it. Knows nothing of the runner.

#[path = "../../examples/philotes-hetzner/platform.rs"]
pub mod platform;
#[path = "../../examples/philotes-hetzner/settings.rs"]
pub mod settings;

mod crash;
mod faults;
mod life;
mod world;
