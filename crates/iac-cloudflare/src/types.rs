//! The list of all types of this provider, one line for each.

use iac_core::Types;

use crate::foreign::FOREIGN_TYPES;

/// Every type.
pub(crate) fn all() -> Types {
    Types::new()
        // Zones and DNS.
        .resource::<crate::Zone>()
        .resource::<crate::DnsRecord>()
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
