//! The example of Cloudflare before Hetzner on simulated clouds, over real HTTP, with the real engine and a
//! SQLite state; and its providers for Neon and Doppler by the conformance suite. Knows nothing of the runner.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "../cloud_init/mod.rs"]
mod cloud_init;
#[path = "../../examples/edge-django/database.rs"]
mod database;
#[path = "../../examples/edge-django/doppler/mod.rs"]
mod doppler;
#[path = "../../examples/edge-django/front.rs"]
mod front;
#[path = "../../examples/edge-django/neon/mod.rs"]
mod neon;
#[path = "../../examples/edge-django/origin.rs"]
mod origin;
#[path = "../../examples/edge-django/product.rs"]
mod product;
#[path = "../../examples/edge-django/settings.rs"]
mod settings;

mod change;
mod crash;
mod guide;
mod life;
mod providers;
mod stacks;
mod world;
