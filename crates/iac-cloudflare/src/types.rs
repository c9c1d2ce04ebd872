//! The list of all types of this provider, one line for each.

use iac_core::Types;

use crate::foreign::FOREIGN_TYPES;

/// Every type.
pub(crate) fn all() -> Types {
    Types::new()
        // Zones and DNS.
        .resource::<crate::Zone>()
        .resource::<crate::ZoneActivation>()
        .resource::<crate::DnsRecord>()
        .resource::<crate::ZoneSetting>()
        .resource::<crate::Dnssec>()
        .data::<crate::ExistingZone>()
        .data::<crate::Account>()
        .data::<crate::IpRanges>()
        .data::<crate::CurrentToken>()
        // Rules and credentials.
        .resource::<crate::Ruleset>()
        .resource::<crate::List>()
        .resource::<crate::OriginCertificate>()
        .resource::<crate::TurnstileWidget>()
        .resource::<crate::ApiToken>()
        // Workers.
        // Storage and sites.
        .foreign(FOREIGN_TYPES.iter().copied())
        .prices(crate::prices())
}
