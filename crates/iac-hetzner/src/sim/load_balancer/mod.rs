//! Simulated load balancers.
mod balancer;
mod create;
mod metrics;
mod operation;
mod routes;
mod service;
mod target;

pub(crate) use balancer::{Change, LoadBalancer, apply, revert};
pub(crate) use routes::routes;
