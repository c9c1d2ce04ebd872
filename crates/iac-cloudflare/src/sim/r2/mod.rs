//! Simulated buckets, their rules, their domains and the objects in them.
mod bucket;
mod domain;
mod object;
mod routes;
mod rule;

pub(super) use bucket::{Buckets, exists, inventory};
pub(super) use object::site;
pub(super) use routes::routes;
