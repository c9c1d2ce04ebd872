//! Owns what a network is and how it changes. Knows no requests.
use crate::sim::address;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::unprocessable;
use crate::sim::relations;
use crate::sim::resource::{Meta, Resource, kept_in};
use crate::sim::state::State;
use iac_testkit::sim::SimResponse;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// A private network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) meta: Meta,
    pub(crate) ip_range: Ipv4Net,
    pub(crate) subnets: Vec<Subnet>,
    pub(crate) routes: Vec<Route>,
    pub(crate) delete_protected: bool,
    pub(crate) expose_routes_to_vswitch: bool,
}

/// A part of a network in one network zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subnet {
    pub(crate) subnet_type: String,
    pub(crate) ip_range: Ipv4Net,
    pub(crate) network_zone: String,
    pub(crate) vswitch_id: Option<u64>,
}

/// Where packets for other networks go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) destination: Ipv4Net,
    pub(crate) gateway: Ipv4Addr,
}

/// What an action on a network does at its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    AddSubnet(Subnet),
    DeleteSubnet(Ipv4Net),
    AddRoute(Route),
    DeleteRoute(Route),
    Resize(Ipv4Net),
    Protect(bool),
}

pub(crate) fn apply(sim: &mut HetznerSim, id: u64, change: Change) {
    let Some(network) = sim.state.networks.get_mut(&id) else {
        return;
    };
    match change {
        Change::AddSubnet(subnet) => network.subnets.push(subnet),
        Change::DeleteSubnet(ip_range) => network.subnets.retain(|subnet| subnet.ip_range != ip_range),
        Change::AddRoute(route) => network.routes.push(route),
        Change::DeleteRoute(route) => network.routes.retain(|other| *other != route),
        Change::Resize(ip_range) => network.ip_range = ip_range,
        Change::Protect(protected) => network.delete_protected = protected,
    }
}

impl Resource for Network {
    kept_in!(Network, networks);

    fn view(&self, sim: &HetznerSim) -> Value {
        let gateway = address::gateway(self.ip_range);
        let subnet = |subnet: &Subnet| {
            json!({
                "type": subnet.subnet_type,
                "ip_range": subnet.ip_range,
                "network_zone": subnet.network_zone,
                "gateway": gateway,
                "vswitch_id": subnet.vswitch_id,
            })
        };
        let route = |route: &Route| json!({ "destination": route.destination, "gateway": route.gateway });
        self.meta.view_with(json!({
            "ip_range": self.ip_range,
            "subnets": self.subnets.iter().map(subnet).collect::<Vec<_>>(),
            "routes": self.routes.iter().map(route).collect::<Vec<_>>(),
            "servers": self.servers(&sim.state),
            "load_balancers": relations::load_balancers_of_network(&sim.state, self.meta.id),
            "protection": { "delete": self.delete_protected },
            "expose_routes_to_vswitch": self.expose_routes_to_vswitch,
        }))
    }
}

impl Network {
    /// The servers whose attachment is finished.
    pub(crate) fn servers(&self, state: &State) -> Vec<u64> {
        let attached = state.servers.values().filter(|server| {
            server.private_net.iter().any(|net| net.network == self.meta.id && net.attached)
        });
        attached.map(|server| server.meta.id).collect()
    }

    /// The subnets that a resource in a network zone can be in, or the one asked for.
    fn candidates<'a>(&'a self, zone: &'a str, wanted: Option<Ipv4Net>) -> impl Iterator<Item = &'a Subnet> {
        self.subnets.iter().filter(move |subnet| {
            subnet.subnet_type != "vswitch"
                && subnet.network_zone == zone
                && wanted.is_none_or(|wanted| subnet.ip_range == wanted)
        })
    }

    /// The address for something in `zone` that joins the network: the wanted one when it is free,
    /// otherwise the lowest free one.
    pub(crate) fn take_ip(
        &self,
        state: &State,
        zone: &str,
        wanted: Option<Ipv4Addr>,
        subnet: Option<Ipv4Net>,
    ) -> Result<Ipv4Addr, SimResponse> {
        let taken = relations::private_ips_of_network(state, self.meta.id);
        let id = self.meta.id;
        if self.candidates(zone, subnet).next().is_none() {
            let message = format!("network {id} has no subnet in network zone {zone}");
            return Err(unprocessable("no_subnet_available", message));
        }
        let Some(wanted) = wanted else {
            let mut free = self
                .candidates(zone, subnet)
                .filter_map(|subnet| address::first_free(subnet.ip_range, self.ip_range, &taken));
            let none =
                || unprocessable("no_subnet_available", format!("network {id} has no free IP in {zone}"));
            return free.next().ok_or_else(none);
        };
        let usable = self
            .candidates(zone, subnet)
            .any(|subnet| address::is_usable(wanted, subnet.ip_range, self.ip_range));
        if !usable || taken.contains(&wanted) {
            return Err(unprocessable(
                "ip_not_available",
                format!("IP '{wanted}' is not available in network {id}"),
            ));
        }
        Ok(wanted)
    }
}
