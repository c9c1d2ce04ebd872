//! Simulated rulesets. Knows lists only by the names that expressions give them.
mod object;
mod plan;
mod routes;
mod rule;
mod validate;

pub(crate) use object::Ruleset;
pub(super) use object::{forget, inventory, uses_of_list};
pub(super) use routes::routes;
