//! Owns what actions do at their end, as data, so that a stored project goes on where it was.
//! Knows which noun carries an effect out, not how.
use super::cloud::HetznerSim;
use super::{
    certificate, firewall, floating_ip, image, load_balancer, network, primary_ip_routes, server, volume,
    zone,
};
use serde::{Deserialize, Serialize};

/// What happens when an action ends: the object's id and its change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    Certificate(u64, certificate::Change),
    Firewall(u64, firewall::Change),
    FloatingIp(u64, floating_ip::Change),
    Image(u64, image::Change),
    LoadBalancer(u64, load_balancer::Change),
    Network(u64, network::Change),
    PrimaryIp(u64, primary_ip_routes::Change),
    Server(u64, server::Change),
    Volume(u64, volume::Change),
    Zone(u64, zone::Change),
}

impl Effect {
    /// The action has ended well. An object that is gone meanwhile is left alone.
    pub(crate) fn apply(self, sim: &mut HetznerSim) {
        match self {
            Self::Certificate(id, change) => certificate::apply(sim, id, change),
            Self::Firewall(id, change) => firewall::apply(sim, id, change),
            Self::FloatingIp(id, change) => floating_ip::apply(sim, id, change),
            Self::Image(id, change) => image::apply(sim, id, change),
            Self::LoadBalancer(id, change) => load_balancer::apply(sim, id, change),
            Self::Network(id, change) => network::apply(sim, id, change),
            Self::PrimaryIp(id, change) => primary_ip_routes::apply(sim, id, change),
            Self::Server(id, change) => server::apply(sim, id, change),
            Self::Volume(id, change) => volume::apply(sim, id, change),
            Self::Zone(id, change) => zone::apply(sim, id, change),
        }
    }

    /// The action has failed: takes back what was visible from its start.
    pub(crate) fn revert(self, sim: &mut HetznerSim) {
        match self {
            Self::Server(id, change) => server::revert(sim, id, change),
            Self::Firewall(id, change) => firewall::revert(sim, id, change),
            Self::Certificate(id, change) => certificate::revert(sim, id, change),
            Self::LoadBalancer(id, change) => load_balancer::revert(sim, id, &change),
            Self::Zone(id, change) => zone::revert(sim, id, &change),
            Self::FloatingIp(..) | Self::PrimaryIp(..) => {}
            Self::Image(..) | Self::Network(..) | Self::Volume(..) => {}
        }
    }
}
