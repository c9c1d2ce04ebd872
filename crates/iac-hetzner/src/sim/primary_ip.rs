//! Owns primary IPs: the addresses of servers, as objects of their own. Knows no requests.
use super::catalogue;
use super::cloud::HetznerSim;
use super::reach;
use super::resource::{Meta, Resource, kept_in};
use super::state::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Whether an address is one IPv4 address or an IPv6 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum IpType {
    Ipv4,
    Ipv6,
}

impl IpType {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

/// A public address that a server can have.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PrimaryIp {
    pub(crate) meta: Meta,
    /// An IPv4 address, or an IPv6 network such as `2001:db8:0:1::/64`.
    pub(crate) ip: String,
    pub(crate) ip_type: IpType,
    /// The location's name.
    pub(crate) location: String,
    pub(crate) blocked: bool,
    /// Reverse names by address.
    pub(crate) dns_ptr: BTreeMap<IpAddr, String>,
    pub(crate) delete_protected: bool,
    /// Whether it goes with its server.
    pub(crate) auto_delete: bool,
    /// The server, also while that is being deleted.
    pub(crate) assignee: Option<u64>,
}

impl Resource for PrimaryIp {
    kept_in!(PrimaryIp, primary_ips);

    fn view(&self, sim: &HetznerSim) -> Value {
        let mut more = Map::new();
        catalogue::insert_place(&mut more, &self.location, sim.config.datacenters);
        let Value::Object(fields) = json!({
            "blocked": self.blocked,
            "ip": self.ip,
            "dns_ptr": reach::dns_ptr_view(&self.dns_ptr),
            "protection": { "delete": self.delete_protected },
            "type": self.ip_type.word(),
            "auto_delete": self.auto_delete,
            "assignee_type": "server",
            "assignee_id": self.assignee,
        }) else {
            return Value::Null;
        };
        more.extend(fields);
        self.meta.view_with(Value::Object(more))
    }
}

/// A new address with its default reverse name, not yet in the project.
pub(crate) fn new(state: &mut State, meta: Meta, ip_type: IpType, location: &str) -> PrimaryIp {
    let (ip, dns_ptr) = reach::new_address(state, ip_type);
    PrimaryIp {
        meta,
        ip,
        ip_type,
        location: location.to_owned(),
        blocked: false,
        dns_ptr,
        delete_protected: false,
        auto_delete: false,
        assignee: None,
    }
}

/// The address of this type that a server has.
pub(crate) fn of_server(state: &State, server: u64, ip_type: IpType) -> Option<&PrimaryIp> {
    state.primary_ips.values().find(|ip| ip.assignee == Some(server) && ip.ip_type == ip_type)
}

/// Takes the addresses from a server that no longer exists; those with `auto_delete` go with it.
pub(crate) fn release_all(state: &mut State, server: u64) {
    state.primary_ips.retain(|_, ip| ip.assignee != Some(server) || !ip.auto_delete);
    for ip in state.primary_ips.values_mut() {
        if ip.assignee == Some(server) {
            ip.assignee = None;
        }
    }
}
