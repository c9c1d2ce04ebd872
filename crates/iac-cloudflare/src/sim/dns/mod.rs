//! Simulated DNS records.

mod filter;
mod record;
mod routes;
mod rules;

pub(super) use record::Record;
pub(super) use routes::{forget, inventory, routes};
