//! Simulated Pages: projects, their deployments and domains, the asset store, and the sites themselves.
mod asset;
mod deployment;
mod domain;
mod environment;
mod project;
mod routes;
mod site;
mod source;

pub(super) use project::{Pages, inventory};
pub(super) use routes::routes;
pub(super) use site::site;
