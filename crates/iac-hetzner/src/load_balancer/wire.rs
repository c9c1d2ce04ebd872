//! A load balancer as the API writes it. Knows nothing of requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::balancer::LoadBalancerAlgorithm;
use super::service_settings::ServiceProtocol;
use super::service_wire::{HealthCheckBody, HttpBody};
use crate::verb::Noun;
use crate::wire::{Named, Protection};

/// A load balancer.
#[derive(Debug, Deserialize)]
pub(super) struct LoadBalancerBody {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) public_net: PublicNet,
    #[serde(default)]
    pub(super) private_net: Vec<PrivateNet>,
    pub(super) location: LocationBody,
    pub(super) load_balancer_type: Named,
    pub(super) algorithm: AlgorithmBody,
    pub(super) protection: Protection,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) services: Vec<ServiceBody>,
    #[serde(default)]
    pub(super) targets: Vec<TargetBody>,
}

impl Noun for LoadBalancerBody {
    const PATH: &'static str = "/load_balancers";
    const ONE: &'static str = "load_balancer";
    const MANY: &'static str = "load_balancers";
    fn id(&self) -> u64 {
        self.id
    }
}

impl LoadBalancerBody {
    /// The network it is attached to; the API allows one.
    pub(super) fn attachment(&self) -> Option<&PrivateNet> {
        self.private_net.first()
    }

    pub(super) fn service(&self, listen_port: u16) -> Option<&ServiceBody> {
        self.services.iter().find(|service| service.listen_port == listen_port)
    }

    pub(super) fn target(&self, target: &TargetBody) -> Option<&TargetBody> {
        self.targets.iter().find(|other| other.is(target))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PublicNet {
    pub(super) enabled: bool,
    pub(super) ipv4: PublicAddress,
    pub(super) ipv6: PublicAddress,
}

#[derive(Debug, Deserialize)]
pub(super) struct PublicAddress {
    pub(super) ip: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PrivateNet {
    pub(super) network: u64,
    pub(super) ip: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LocationBody {
    pub(super) name: String,
    pub(super) network_zone: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct AlgorithmBody {
    #[serde(rename = "type")]
    pub(super) kind: LoadBalancerAlgorithm,
}

/// A service, in answers and in the requests that add and update one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ServiceBody {
    pub(super) protocol: ServiceProtocol,
    pub(super) listen_port: u16,
    pub(super) destination_port: u16,
    pub(super) proxyprotocol: bool,
    pub(super) health_check: HealthCheckBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) http: Option<HttpBody>,
}

/// A target, in answers and in the requests that add and remove one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TargetBody {
    #[serde(rename = "type")]
    pub(super) kind: TargetKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) server: Option<ServerTarget>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) label_selector: Option<SelectorTarget>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ip: Option<IpTarget>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) use_private_ip: Option<bool>,
}

impl TargetBody {
    /// Whether both are the same target, reached over whichever network.
    fn is(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.server == other.server
            && self.label_selector == other.label_selector
            && self.ip == other.ip
    }

    /// What names the target in a removal.
    pub(super) fn without_route(&self) -> Self {
        Self { use_private_ip: None, ..self.clone() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TargetKind {
    Server,
    LabelSelector,
    Ip,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ServerTarget {
    pub(super) id: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SelectorTarget {
    pub(super) selector: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IpTarget {
    pub(super) ip: String,
}
