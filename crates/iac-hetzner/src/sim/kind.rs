//! Owns the names of the API's object types. Knows nothing of their contents.
use serde::{Deserialize, Serialize};

/// A type of object of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A TLS certificate.
    Certificate,
    /// A firewall.
    Firewall,
    /// A floating IP.
    FloatingIp,
    /// An image, snapshot or backup.
    Image,
    /// An ISO image.
    Iso,
    /// A load balancer.
    LoadBalancer,
    /// A private network.
    Network,
    /// A placement group.
    PlacementGroup,
    /// A primary IP.
    PrimaryIp,
    /// A server.
    Server,
    /// An SSH key.
    SshKey,
    /// A volume.
    Volume,
    /// A DNS zone.
    Zone,
}

impl Kind {
    /// All types.
    pub const ALL: [Self; 13] = [
        Self::Certificate,
        Self::Firewall,
        Self::FloatingIp,
        Self::Image,
        Self::Iso,
        Self::LoadBalancer,
        Self::Network,
        Self::PlacementGroup,
        Self::PrimaryIp,
        Self::Server,
        Self::SshKey,
        Self::Volume,
        Self::Zone,
    ];

    /// The key of one object in an answer, and its name in an action's resources: `ssh_key`.
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Firewall => "firewall",
            Self::FloatingIp => "floating_ip",
            Self::Image => "image",
            Self::Iso => "iso",
            Self::LoadBalancer => "load_balancer",
            Self::Network => "network",
            Self::PlacementGroup => "placement_group",
            Self::PrimaryIp => "primary_ip",
            Self::Server => "server",
            Self::SshKey => "ssh_key",
            Self::Volume => "volume",
            Self::Zone => "zone",
        }
    }

    /// The path segment and the key of a list in an answer: `ssh_keys`.
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Certificate => "certificates",
            Self::Firewall => "firewalls",
            Self::FloatingIp => "floating_ips",
            Self::Image => "images",
            Self::Iso => "isos",
            Self::LoadBalancer => "load_balancers",
            Self::Network => "networks",
            Self::PlacementGroup => "placement_groups",
            Self::PrimaryIp => "primary_ips",
            Self::Server => "servers",
            Self::SshKey => "ssh_keys",
            Self::Volume => "volumes",
            Self::Zone => "zones",
        }
    }

    /// The name in messages: `SSH key`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::FloatingIp => "floating IP",
            Self::LoadBalancer => "load balancer",
            Self::PlacementGroup => "placement group",
            Self::PrimaryIp => "primary IP",
            Self::SshKey => "SSH key",
            other => other.singular(),
        }
    }

    /// The type whose path segment this is.
    pub fn of_collection(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.collection() == segment)
    }
}
