//! Simulated lists. Knows rulesets only by how often they use one.
mod item;
mod object;
mod routes;

pub(super) use object::inventory;
pub(crate) use object::{List, Operation};
pub(super) use routes::routes;
