//! The simulated project's foundation: catalogue, actions, SSH keys, networks, firewalls,
//! placement groups, servers, images and volumes.
#![cfg(feature = "sim")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod actions;
mod client;
mod contract;
mod entrance;
mod firewalls;
mod networks;
mod servers;
mod state;
mod volumes;
