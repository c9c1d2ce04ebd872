//! Owns what a server is and how the API shows it. Knows no requests.
use crate::sim::catalogue;
use crate::sim::cloud::HetznerSim;
use crate::sim::firewall;
use crate::sim::image;
use crate::sim::kind::Kind;
use crate::sim::placement_group::PlacementGroup;
use crate::sim::primary_ip::{self, IpType, PrimaryIp};
use crate::sim::relations;
use crate::sim::resource::{Meta, Resource, kept_in};
use crate::sim::volume;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::net::{IpAddr, Ipv4Addr};

const INCLUDED_TRAFFIC_BYTES: u64 = 20 << 40;

/// A server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) meta: Meta,
    pub(crate) status: Status,
    /// The server type's name.
    pub(crate) server_type: String,
    /// The location's name.
    pub(crate) location: String,
    pub(crate) image: u64,
    pub(crate) iso: Option<u64>,
    pub(crate) has_ssh_keys: bool,
    pub(crate) rescue_enabled: bool,
    pub(crate) backup_window: Option<String>,
    pub(crate) private_net: Vec<PrivateNet>,
    pub(crate) delete_protected: bool,
    pub(crate) rebuild_protected: bool,
    pub(crate) placement_group: Option<u64>,
    pub(crate) primary_disk_gb: u64,
    /// Clients no longer see it, but it holds its addresses and volumes until its action ends.
    pub(crate) deleting: bool,
}

/// Whether a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Initializing,
    Off,
    Starting,
    Running,
    Stopping,
    Migrating,
    Rebuilding,
}

impl Status {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Off => "off",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Migrating => "migrating",
            Self::Rebuilding => "rebuilding",
        }
    }
}

/// A server's interface in a private network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PrivateNet {
    pub(crate) network: u64,
    pub(crate) ip: Ipv4Addr,
    pub(crate) alias_ips: Vec<Ipv4Addr>,
    pub(crate) mac_address: String,
    /// False until the action that attaches it has ended; its addresses are taken all the same.
    pub(crate) attached: bool,
}

impl Resource for Server {
    kept_in!(Server, servers);

    fn visible(&self) -> bool {
        !self.deleting
    }

    fn view(&self, sim: &HetznerSim) -> Value {
        let id = self.meta.id;
        let server_type = catalogue::server_type(&self.server_type);
        let iso = self.iso.and_then(|id| catalogue::iso(&id.to_string()));
        let group = self.placement_group.and_then(|id| sim.find::<PlacementGroup>(id).ok());
        let Value::Object(fields) = json!({
            "status": self.status.word(),
            "public_net": self.public_net(sim),
            "private_net": self.private_net_view(),
            "server_type": server_type.map(|type_| type_.view(&sim.config.sold_out)),
            "image": image::by_id(sim, self.image).map(image::Image::show),
            "iso": iso.map(catalogue::Iso::view),
            "rescue_enabled": self.rescue_enabled,
            "locked": sim.is_locked(Kind::Server, id),
            "backup_window": self.backup_window,
            "outgoing_traffic": 0,
            "ingoing_traffic": 0,
            "included_traffic": INCLUDED_TRAFFIC_BYTES,
            "protection": { "delete": self.delete_protected, "rebuild": self.rebuild_protected },
            "volumes": volume::of_server(&sim.state, id),
            "load_balancers": relations::load_balancers_of_server(&sim.state, id),
            "primary_disk_size": self.primary_disk_gb,
            "placement_group": group.map(|group| group.view(sim)),
        }) else {
            return Value::Null;
        };
        let mut view = self.meta.view();
        catalogue::insert_place(&mut view, &self.location, sim.config.datacenters);
        view.extend(fields);
        Value::Object(view)
    }
}

impl Server {
    fn public_net(&self, sim: &HetznerSim) -> Value {
        let id = self.meta.id;
        let of_type = |ip_type| primary_ip::of_server(&sim.state, id, ip_type);
        let firewalls: Vec<Value> = firewall::of_server(&sim.state, id, &self.meta.labels)
            .into_iter()
            .map(|(id, applied)| json!({ "id": id, "status": if applied { "applied" } else { "pending" } }))
            .collect();
        json!({
            "ipv4": of_type(IpType::Ipv4).map(ipv4_view),
            "ipv6": of_type(IpType::Ipv6).map(ipv6_view),
            "floating_ips": relations::floating_ips_of_server(&sim.state, id),
            "firewalls": firewalls,
        })
    }

    fn private_net_view(&self) -> Vec<Value> {
        let attached = self.private_net.iter().filter(|net| net.attached);
        attached
            .map(|net| {
                json!({
                    "network": net.network,
                    "ip": net.ip,
                    "alias_ips": net.alias_ips,
                    "mac_address": net.mac_address,
                })
            })
            .collect()
    }
}

fn ipv4_view(ip: &PrimaryIp) -> Value {
    let name = ip.dns_ptr.values().next().cloned().unwrap_or_default();
    json!({ "id": ip.meta.id, "ip": ip.ip, "blocked": ip.blocked, "dns_ptr": name })
}

fn ipv6_view(ip: &PrimaryIp) -> Value {
    let pair = |(ip, name): (&IpAddr, &String)| json!({ "ip": ip, "dns_ptr": name });
    let names: Vec<Value> = ip.dns_ptr.iter().map(pair).collect();
    let mut view = Map::new();
    view.insert("id".to_owned(), json!(ip.meta.id));
    view.insert("ip".to_owned(), json!(ip.ip));
    view.insert("blocked".to_owned(), json!(ip.blocked));
    view.insert("dns_ptr".to_owned(), Value::Array(names));
    Value::Object(view)
}
