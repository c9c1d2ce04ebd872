//! A server with its addresses and networks.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Named, Protection};
use crate::verb::Noun;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Server {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) status: ServerStatus,
    pub(crate) public_net: PublicNet,
    #[serde(default)]
    pub(crate) private_net: Vec<PrivateNet>,
    pub(crate) server_type: Named,
    pub(crate) location: Named,
    #[serde(default)]
    pub(crate) image: Option<Image>,
    #[serde(default)]
    pub(crate) locked: bool,
    /// When backups are made; none if they are off.
    #[serde(default)]
    pub(crate) backup_window: Option<String>,
    #[serde(default)]
    pub(crate) protection: Protection,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) placement_group: Option<Group>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ServerStatus {
    Running,
    Initializing,
    Starting,
    Stopping,
    Off,
    Deleting,
    Migrating,
    Rebuilding,
    #[serde(other)]
    Unknown,
}

impl ServerStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Initializing => "initializing",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Off => "off",
            Self::Deleting => "deleting",
            Self::Migrating => "migrating",
            Self::Rebuilding => "rebuilding",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it changes soon by itself.
    pub(crate) fn is_transient(self) -> bool {
        !matches!(self, Self::Running | Self::Off | Self::Unknown)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct PublicNet {
    #[serde(default)]
    pub(crate) ipv4: Option<PublicAddress>,
    #[serde(default)]
    pub(crate) ipv6: Option<PublicAddress>,
    #[serde(default)]
    pub(crate) firewalls: Vec<AppliedFirewall>,
}

/// A public address (v4) or network (v6).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PublicAddress {
    /// The primary IP's id.
    #[serde(default)]
    pub(crate) id: Option<u64>,
    pub(crate) ip: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AppliedFirewall {
    pub(crate) id: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct PrivateNet {
    pub(crate) network: u64,
    pub(crate) ip: String,
    #[serde(default)]
    pub(crate) alias_ips: Vec<String>,
    #[serde(default)]
    pub(crate) mac_address: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Image {
    pub(crate) id: u64,
    /// Only system images have one.
    #[serde(default)]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: u64,
}

impl Server {
    /// Its interface in a network.
    pub(crate) fn private_net(&self, network: u64) -> Option<&PrivateNet> {
        self.private_net.iter().find(|net| net.network == network)
    }
}

impl Noun for Server {
    const PATH: &'static str = "/servers";
    const ONE: &'static str = "server";
    const MANY: &'static str = "servers";
    fn id(&self) -> u64 {
        self.id
    }
}
