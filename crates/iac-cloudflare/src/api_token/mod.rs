//! API tokens of the account, with just the permissions that somebody needs.

mod check;
mod permission;
mod policy;
mod resource;
mod wire;

pub(crate) use permission::Rolled;
pub use policy::{TokenEffect, TokenPolicy, TokenPolicyArgs};
pub use resource::{ApiToken, ApiTokenArgs, ApiTokenAttributes, ApiTokenInputs, ApiTokenOutputs};
