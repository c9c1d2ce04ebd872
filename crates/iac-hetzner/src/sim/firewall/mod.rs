//! Firewalls: rules, and the servers they are applied to.
mod object;
mod routes;
mod rule;

pub(crate) use object::{Change, Firewall, Target, apply, of_server, revert};
pub(crate) use routes::routes;
