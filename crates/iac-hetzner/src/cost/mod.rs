//! What the resources cost: the vendor's price page of one day, the API's prices of today, and which
//! of them a resource pays.
//!
//! Both lists have the same keys. Resources that `GET /pricing` has no price for are free: it "returns
//! prices for all resources available on the platform"
//! (<https://docs.hetzner.cloud/reference/cloud#pricing>).

mod billed;
mod key;
mod live;
mod page;

pub(crate) use billed::{floating_ip, load_balancer, primary_ip, server, volume};
pub(crate) use live::read;
pub use page::{PRICES_DATE, PRICES_SOURCE, prices};
