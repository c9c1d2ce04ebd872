//! Owns a load balancer's contents, how it is shown and how changes happen to it. Knows no
//! requests.
use super::service::Service;
use super::target::Target;
use crate::sim::action::NewAction;
use crate::sim::catalogue::{self, LoadBalancerType, Location};
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, limit_reached};
use crate::sim::kind::Kind;
use crate::sim::network::Network;
use crate::sim::resource::{Meta, Resource, kept_in};
use iac_testkit::sim::SimResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A load balancer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LoadBalancer {
    pub(crate) meta: Meta,
    /// The location's name.
    pub(super) location: String,
    pub(super) ipv4: Ipv4Addr,
    /// The id of the IPv4 address, as newer answers show it.
    pub(super) ipv4_id: u64,
    pub(super) ipv6: Ipv6Addr,
    pub(super) settings: Settings,
    /// The private address that a running action will give to it.
    pub(super) reserved: Option<PrivateNet>,
    /// True from the answer to a deletion to its end.
    pub(super) deleting: bool,
}

/// What actions change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// The type's name.
    pub(super) balancer_type: String,
    pub(super) algorithm: String,
    pub(super) services: Vec<Service>,
    pub(super) targets: Vec<Target>,
    pub(super) public: bool,
    pub(super) private_net: Option<PrivateNet>,
    pub(super) protected: bool,
    pub(super) ipv4_dns_ptr: Option<String>,
    pub(super) ipv6_dns_ptr: Option<String>,
}

/// The place of a load balancer in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PrivateNet {
    pub(super) network: u64,
    pub(super) ip: Ipv4Addr,
}

/// What happens to a load balancer at the end of an action.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// It has these settings. Its lock keeps others from changing them in between.
    Settings(Box<Settings>),
    /// It is gone.
    Delete,
}

impl Resource for LoadBalancer {
    kept_in!(LoadBalancer, load_balancers);

    fn visible(&self) -> bool {
        !self.deleting
    }

    fn view(&self, sim: &HetznerSim) -> Value {
        let settings = &self.settings;
        let private_net: Vec<Value> = self.private_net(sim).into_iter().map(|net| json!(net)).collect();
        let targets: Vec<Value> =
            self.targets(sim).map(|target| target.view(sim, &settings.services)).collect();
        let balancer_type = catalogue::load_balancer_type(&settings.balancer_type);
        let balancer_type = balancer_type.map(LoadBalancerType::view).unwrap_or_default();
        let mut prices = balancer_type["prices"].as_array().into_iter().flatten();
        let price = prices.find(|price| price["location"] == self.location.as_str());
        let included_traffic = price.map(|price| price["included_traffic"].clone());
        self.meta.view_with(json!({
            "location": catalogue::location(&self.location).map(Location::view),
            "public_net": {
                "enabled": settings.public,
                "ipv4": { "id": self.ipv4_id, "ip": self.ipv4, "dns_ptr": settings.ipv4_dns_ptr },
                "ipv6": { "ip": self.ipv6, "dns_ptr": settings.ipv6_dns_ptr },
            },
            "private_net": private_net,
            "load_balancer_type": balancer_type,
            "protection": { "delete": settings.protected },
            "services": settings.services,
            "targets": targets,
            "algorithm": { "type": settings.algorithm },
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
            "included_traffic": included_traffic,
        }))
    }
}

impl LoadBalancer {
    /// The network it is attached to, unless that is gone.
    pub(super) fn private_net(&self, sim: &HetznerSim) -> Option<PrivateNet> {
        self.settings.private_net.filter(|net| sim.find::<Network>(net.network).is_ok())
    }

    /// The targets whose servers still exist.
    pub(super) fn targets<'a>(&'a self, sim: &'a HetznerSim) -> impl Iterator<Item = &'a Target> {
        self.settings.targets.iter().filter(|target| target.exists(sim))
    }

    /// The private addresses that it holds or is about to get in a network.
    pub(crate) fn private_ips(&self, network: u64) -> impl Iterator<Item = Ipv4Addr> {
        let nets = [self.settings.private_net, self.reserved].into_iter().flatten();
        nets.filter(move |net| net.network == network).map(|net| net.ip)
    }

    /// Whether it is attached to a network.
    pub(crate) fn is_in_network(&self, network: u64) -> bool {
        self.settings.private_net.is_some_and(|net| net.network == network)
    }

    /// Whether a server is a target of its own, not by a selector.
    pub(crate) fn has_server_target(&self, server: u64) -> bool {
        self.settings.targets.iter().any(|target| target.is_server(server))
    }

    /// Whether a server is such a target by its public address.
    pub(crate) fn has_public_server_target(&self, server: u64) -> bool {
        self.settings.targets.iter().any(|target| target.is_server(server) && !target.uses_private_ip())
    }

    /// Whether a certificate is used by one of its services.
    pub(crate) fn uses_certificate(&self, certificate: u64) -> bool {
        self.settings.services.iter().any(|service| service.certificates().contains(&certificate))
    }

    /// Whether one of its public addresses is this one.
    pub(crate) fn has_address(&self, address: std::net::IpAddr) -> bool {
        address == self.ipv4 || address == self.ipv6
    }

    /// Lets go of a network that no longer exists.
    pub(crate) fn forget_network(&mut self, network: u64) {
        self.settings.private_net = self.settings.private_net.filter(|net| net.network != network);
        self.reserved = self.reserved.filter(|net| net.network != network);
    }

    /// Lets go of a server that no longer exists.
    pub(crate) fn forget_server(&mut self, server: u64) {
        self.settings.targets.retain(|target| !target.is_server(server));
    }
}

impl Settings {
    /// Refuses more services, targets or certificates than the type allows, with the code of a
    /// reached limit.
    pub(super) fn require_room(&self) -> Result<(), SimResponse> {
        match self.over_limit(&self.balancer_type) {
            None => Ok(()),
            Some(what) => {
                let name = format!("load_balancer_{what}_limit");
                Err(limit_reached(&name, format!("load balancer {what} limit exceeded")))
            }
        }
    }

    /// What of these settings a type does not allow.
    pub(super) fn over_limit(&self, balancer_type: &str) -> Option<&'static str> {
        let limits = catalogue::load_balancer_type(balancer_type)?;
        let certificates: BTreeSet<u64> =
            self.services.iter().flat_map(|service| service.certificates()).copied().collect();
        let counts = [
            ("services", self.services.len(), limits.services_max),
            ("targets", self.targets.len(), limits.targets_max),
            ("certificates", certificates.len(), limits.certificates_max),
        ];
        counts.into_iter().find(|(_, count, most)| count > most).map(|(what, ..)| what)
    }
}

impl HetznerSim {
    /// Answers an action that gives a load balancer these settings at its end, or a refusal when
    /// another action holds it.
    pub(super) fn change_load_balancer(
        &mut self,
        command: &'static str,
        id: u64,
        settings: Settings,
        also_about: Option<(Kind, u64)>,
    ) -> Answer {
        self.require_unlocked(Kind::LoadBalancer, id)?;
        let reserved = settings.private_net;
        self.find_mut::<LoadBalancer>(id)?.reserved = reserved;
        let change = Effect::LoadBalancer(id, Change::Settings(Box::new(settings)));
        let mut action = NewAction::new(command).locking(Kind::LoadBalancer, id).effect(change);
        if let Some((kind, id)) = also_about {
            action = action.about(kind, id);
        }
        self.answer_action(action)
    }
}

/// An action has ended well.
pub(crate) fn apply(sim: &mut HetznerSim, id: u64, change: Change) {
    let Some(balancer) = sim.state.load_balancers.get_mut(&id) else {
        return;
    };
    match change {
        Change::Settings(settings) => {
            balancer.settings = *settings;
            balancer.reserved = None;
        }
        Change::Delete => {
            sim.state.load_balancers.remove(&id);
        }
    }
}

/// An action has failed.
pub(crate) fn revert(sim: &mut HetznerSim, id: u64, change: &Change) {
    if let Some(balancer) = sim.state.load_balancers.get_mut(&id) {
        match change {
            Change::Settings(_) => balancer.reserved = None,
            Change::Delete => balancer.deleting = false,
        }
    }
}
