//! Resource record sets of simulated DNS zones.
mod record;
mod routes;
mod set;

pub(crate) use record::{TYPES, check_name, check_zone_name, quoted_strings};
pub(crate) use routes::routes;
pub(crate) use set::{Record, RrSet, RrSets, TTL_SECONDS, insert_new, read_set};
