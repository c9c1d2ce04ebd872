//! Servers: their order, their life and what is attached to them.
mod address;
mod change;
mod create;
mod image;
mod metrics;
mod network;
mod object;
mod order;
mod place;
mod power;
mod routes;
mod setting;

pub(crate) use change::{Change, apply, revert};
pub(crate) use object::Server;
pub(crate) use routes::routes;
