//! A simulated Cloudflare account, over real HTTP on loopback, as strict as the real one.
//!
//! What the real API refuses, this one refuses with the same status and error code; unknown fields
//! are refused too. What the real one does later, this one does later as well: see [`Pace`].
//!
//! ```
//! use iac_cloudflare::sim::{self, CloudflareSim, Pace, SimConfig};
//! use iac_testkit::sim::SimOptions;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let config = SimConfig::new().pace(Pace::Instant);
//! let cloud = sim::start(SimOptions::new(), config).await?;
//! let base_url = format!("{}{}", cloud.url(), sim::BASE_PATH);
//! assert!(base_url.ends_with("/client/v4"));
//! // ... point a client with any token at base_url ...
//! let left_over = cloud.with_cloud::<CloudflareSim, _>(|cloud| cloud.inventory())?;
//! assert_eq!(left_over.map(|objects| objects.len()), Some(0));
//! cloud.shutdown().await
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # The edge
//! A request whose path is not below [`BASE_PATH`] is one to a site of the account, as a browser
//! would send it: the host is the `Host` header's, or the first segment of a path below `/edge/`.
mod account;
mod answer;
mod api_token;
mod cloud;
mod config;
mod deviation;
mod dns;
mod dnssec;
mod edge;
mod input;
mod inspect;
mod ips;
mod list;
mod origin_certificate;
mod pages;
mod pending;
mod r2;
mod routes;
mod ruleset;
mod setting;
mod state;
mod token;
mod turnstile;
#[cfg(feature = "explore")]
mod world;
mod zone;

// Workers.
mod kv;
mod worker;
mod worker_domain;
mod worker_migration;
mod worker_route;
mod worker_secret;
mod worker_site;
mod worker_upload;

pub use cloud::{BASE_PATH, CloudflareSim, start};
pub use config::{ACCOUNT_ID, Pace, SimConfig};
pub use deviation::{deviations, refusal_deviations, undescribed};
pub use inspect::InventoryItem;
#[cfg(feature = "explore")]
pub use world::{CloudflareWorld, world};
