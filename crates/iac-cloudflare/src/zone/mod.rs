//! Zones: domains that Cloudflare answers for, or stands in front of.

mod resource;
mod walk;
mod wire;

pub(crate) use resource::all as all_zones;
pub use resource::{Zone, ZoneArgs, ZoneAttributes, ZoneInputs, ZoneOutputs, ZoneType};
pub(crate) use walk::stop;
