//! Neon, a provider of this program's own: projects, branches, roles and databases of Postgres. The guide's
//! page "Write a provider" goes through it.

mod branch;
mod client;
mod database;
pub(crate) mod fake;
mod fake_wire;
mod listing;
mod marked;
mod project;
mod role;

pub(crate) use branch::NeonBranch;
pub(crate) use client::{ENDPOINT, Neon};
pub(crate) use database::NeonDatabase;
pub(crate) use project::NeonProject;
pub(crate) use role::NeonRole;
