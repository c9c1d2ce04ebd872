//! Zones: domains that Cloudflare answers for, or stands in front of.

mod resource;
mod wire;

pub use resource::{Zone, ZoneArgs, ZoneAttributes, ZoneInputs, ZoneOutputs, ZoneType};
