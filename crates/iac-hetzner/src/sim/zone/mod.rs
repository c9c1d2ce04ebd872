//! Simulated DNS zones.
mod import;
mod object;
mod operation;
mod routes;
mod zonefile;

pub(crate) use object::{Mode, Zone};
pub(crate) use routes::{routes, zone_at};
