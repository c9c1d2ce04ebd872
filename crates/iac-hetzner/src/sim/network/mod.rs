//! Private networks with their subnets and routes.
mod member;
mod object;
mod plan;
mod routes;

pub(crate) use object::{Change, Network, apply};
pub(crate) use routes::routes;
