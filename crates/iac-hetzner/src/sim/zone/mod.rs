//! Simulated DNS zones.
mod import;
mod object;
mod operation;
mod routes;
mod zonefile;

pub(crate) use object::{Change, Mode, SOA_ID, Zone, apply, revert};
pub(crate) use routes::{routes, zone_at};
