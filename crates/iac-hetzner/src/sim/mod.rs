//! A simulated Hetzner Cloud: one project, over real HTTP on loopback, as strict as the real one.
//!
//! What the real API refuses, this one refuses with the same status and error code; what the real
//! one does later, this one does later too: see [`Pace`].
//!
//! ```
//! use iac_hetzner::sim::{self, HetznerSim, Pace, SimConfig};
//! use iac_testkit::sim::SimOptions;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let config = SimConfig::new().pace(Pace::Instant);
//! let cloud = sim::start(SimOptions::new(), config).await?;
//! let base_url = format!("{}{}", cloud.url(), sim::BASE_PATH);
//! assert!(base_url.ends_with("/v1"));
//! // ... point a client with any token at base_url ...
//! let left_over = cloud.with_cloud::<HetznerSim, _>(|cloud| cloud.inventory())?;
//! assert_eq!(left_over.map(|objects| objects.len()), Some(0));
//! cloud.shutdown().await
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```
mod action;
mod address;
mod catalogue;
mod certificate;
mod cloud;
mod config;
mod deviation;
mod effect;
mod error;
mod firewall;
mod floating_ip;
mod image;
mod input;
mod inspect;
mod kind;
mod label;
mod load_balancer;
mod network;
mod paging;
mod placement_group;
mod pricing;
mod primary_ip;
mod primary_ip_routes;
mod reach;
mod relations;
mod resource;
mod routes;
mod rrset;
mod server;
mod ssh_key;
mod state;
mod token;
mod volume;
#[cfg(feature = "explore")]
mod world;
mod zone;

pub use cloud::{BASE_PATH, HetznerSim, start};
pub use config::{Pace, SimConfig};
pub use deviation::deviations;
pub use inspect::InventoryItem;
pub use kind::Kind;
#[cfg(feature = "explore")]
pub use world::{HetznerWorld, world};
