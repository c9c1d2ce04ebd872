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
        .resource::<crate::WorkerScript>()
        .resource::<crate::WorkerRoute>()
        .resource::<crate::WorkerDomain>()
        .resource::<crate::WorkerSecret>()
        .resource::<crate::KvNamespace>()
        .resource::<crate::KvEntry>()
        // Storage and sites.
        .resource::<crate::R2Bucket>()
        .resource::<crate::R2CustomDomain>()
        .resource::<crate::PagesProject>()
        .resource::<crate::PagesDomain>()
        .resource::<crate::PagesDeployment>()
        .foreign(FOREIGN_TYPES.iter().copied())
        .prices(crate::prices())
}
