//! Owns what actions on servers do at their end, and what their failure leaves. Knows no
//! requests.
use super::object::Status;
use crate::sim::catalogue;
use crate::sim::cloud::HetznerSim;
use crate::sim::{primary_ip, reach, relations};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};

/// What an action on a server does at its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// Its creation is finished; it is off.
    Built,
    Status(Status),
    Removed,
    Attach(u64),
    Detach(u64),
    AliasIps(u64, Vec<Ipv4Addr>),
    /// Another type, with its disk or the old one.
    Type(String, bool),
    Rebuilt(u64),
    Rescue(bool),
    Backup(Option<String>),
    Iso(Option<u64>),
    Protect(bool, bool),
    Group(Option<u64>),
    /// The reverse name of one of the server's addresses; none for the default.
    DnsPtr(u64, IpAddr, Option<String>),
}

pub(crate) fn apply(sim: &mut HetznerSim, id: u64, change: Change) {
    match change {
        Change::Removed => return remove(sim, id),
        Change::DnsPtr(ip_id, address, name) => return set_dns_ptr(sim, ip_id, address, name),
        _ => {}
    }
    let Some(server) = sim.state.servers.get_mut(&id) else {
        return;
    };
    match change {
        Change::Built => server.status = Status::Off,
        Change::Status(status) => server.status = status,
        Change::Attach(network) => {
            for net in server.private_net.iter_mut().filter(|net| net.network == network) {
                net.attached = true;
            }
        }
        Change::Detach(network) => server.private_net.retain(|net| net.network != network),
        Change::AliasIps(network, alias_ips) => {
            for net in server.private_net.iter_mut().filter(|net| net.network == network) {
                net.alias_ips.clone_from(&alias_ips);
            }
        }
        Change::Type(server_type, with_disk) => {
            server.status = Status::Off;
            if let Some(found) = catalogue::server_type(&server_type).filter(|_| with_disk) {
                server.primary_disk_gb = found.disk_gb;
            }
            server.server_type = server_type;
        }
        Change::Rebuilt(image) => {
            server.image = image;
            server.status = Status::Running;
        }
        Change::Rescue(enabled) => server.rescue_enabled = enabled,
        Change::Backup(window) => server.backup_window = window,
        Change::Iso(iso) => server.iso = iso,
        Change::Protect(delete, rebuild) => {
            server.delete_protected = delete;
            server.rebuild_protected = rebuild;
        }
        Change::Group(group) => server.placement_group = group,
        Change::Removed | Change::DnsPtr(..) => {}
    }
}

/// Takes back what a failed action showed from its start.
pub(crate) fn revert(sim: &mut HetznerSim, id: u64, change: Change) {
    let Some(server) = sim.state.servers.get_mut(&id) else {
        return;
    };
    match change {
        Change::Built | Change::Type(..) | Change::Rebuilt(_) => server.status = Status::Off,
        Change::Status(Status::Running) => server.status = Status::Off,
        Change::Status(_) => server.status = Status::Running,
        Change::Removed => server.deleting = false,
        Change::Attach(network) => server.private_net.retain(|net| net.network != network || net.attached),
        _ => {}
    }
}

fn remove(sim: &mut HetznerSim, id: u64) {
    sim.state.servers.remove(&id);
    relations::forget_server(&mut sim.state, id);
    primary_ip::release_all(&mut sim.state, id);
}

fn set_dns_ptr(sim: &mut HetznerSim, ip_id: u64, address: IpAddr, name: Option<String>) {
    if let Some(ip) = sim.state.primary_ips.get_mut(&ip_id) {
        reach::set_dns_ptr(&mut ip.dns_ptr, address, name);
    }
}
