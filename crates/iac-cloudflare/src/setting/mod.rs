//! Settings of zones: one resource for each that a stack pins.

mod resource;
mod value;

pub use resource::{
    ZoneSetting, ZoneSettingArgs, ZoneSettingAttributes, ZoneSettingInputs, ZoneSettingOutputs,
};
pub use value::{
    CacheLevel, Polish, PseudoIpv4, SecurityHeader, SecurityLevel, Setting, SslMode, Tls13, TlsVersion,
};
