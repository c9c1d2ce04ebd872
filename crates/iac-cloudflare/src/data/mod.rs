//! What is read and never managed.

mod account;
mod existing_zone;
mod ip_ranges;
mod token;

pub use account::{Account, AccountData, AccountDataAttributes, AccountQuery, AccountQueryArgs};
pub use existing_zone::{
    ExistingZone, ExistingZoneData, ExistingZoneDataAttributes, ExistingZoneQuery, ExistingZoneQueryArgs,
};
pub use ip_ranges::{IpRanges, IpRangesData, IpRangesDataAttributes, IpRangesQuery, IpRangesQueryArgs};
pub use token::{
    CurrentToken, CurrentTokenData, CurrentTokenDataAttributes, CurrentTokenQuery, CurrentTokenQueryArgs,
};
