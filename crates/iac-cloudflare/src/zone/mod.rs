//! Zones: domains that Cloudflare answers for, or stands in front of.

mod activation;
mod resource;
mod walk;
mod wire;

pub use activation::{
    ZoneActivation, ZoneActivationArgs, ZoneActivationAttributes, ZoneActivationInputs, ZoneActivationOutputs,
};
pub(crate) use resource::all;
pub use resource::{Zone, ZoneArgs, ZoneAttributes, ZoneInputs, ZoneOutputs, ZoneType};
pub(crate) use walk::stop;
pub(crate) use wire::Body;
