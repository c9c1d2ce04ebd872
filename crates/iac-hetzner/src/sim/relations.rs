//! Owns the questions that one type of object asks about another, each in one place. Knows no
//! HTTP.
use super::certificate::Certificate;
use super::cloud::HetznerSim;
use super::floating_ip::FloatingIp;
use super::image::Image;
use super::kind::Kind;
use super::load_balancer::LoadBalancer;
use super::network::Network;
use super::placement_group::PlacementGroup;
use super::primary_ip::PrimaryIp;
use super::resource::{Meta, Resource};
use super::server::Server;
use super::ssh_key::SshKey;
use super::volume::Volume;
use super::zone::Zone;
use super::{catalogue, firewall::Firewall, state::State};
use std::net::Ipv4Addr;

/// The id of the visible object of this type that a path names.
pub(crate) fn id_of(sim: &HetznerSim, kind: Kind, named: &str) -> Option<u64> {
    fn of<T: Resource>(sim: &HetznerSim, named: &str) -> Option<u64> {
        sim.find::<T>(named.parse().ok()?).ok().map(|object| object.meta().id)
    }
    match kind {
        Kind::Certificate => of::<Certificate>(sim, named),
        Kind::Firewall => of::<Firewall>(sim, named),
        Kind::FloatingIp => of::<FloatingIp>(sim, named),
        Kind::Image => of::<Image>(sim, named)
            .or_else(|| catalogue::image(named.parse().ok()?).map(|image| image.meta.id)),
        Kind::LoadBalancer => of::<LoadBalancer>(sim, named),
        Kind::Network => of::<Network>(sim, named),
        Kind::PlacementGroup => of::<PlacementGroup>(sim, named),
        Kind::PrimaryIp => of::<PrimaryIp>(sim, named),
        Kind::Server => of::<Server>(sim, named),
        Kind::SshKey => of::<SshKey>(sim, named),
        Kind::Volume => of::<Volume>(sim, named),
        Kind::Zone => sim.find_by_id_or_name::<Zone>(named).map(|zone| zone.meta.id),
        Kind::Iso => None,
    }
}

/// The floating IPs assigned to a server.
pub(crate) fn floating_ips_of_server(state: &State, server: u64) -> Vec<u64> {
    let assigned = state.floating_ips.values().filter(|ip| ip.server == Some(server));
    assigned.map(|ip| ip.meta().id).collect()
}

/// The load balancers that have a server as a target.
pub(crate) fn load_balancers_of_server(state: &State, server: u64) -> Vec<u64> {
    let balancers = state.load_balancers.values().filter(|balancer| balancer.visible());
    balancers.filter(|balancer| balancer.has_server_target(server)).map(|balancer| balancer.meta.id).collect()
}

/// Whether a load balancer reaches a server by its public address.
pub(crate) fn is_public_load_balancer_target(state: &State, server: u64) -> bool {
    state.load_balancers.values().any(|balancer| balancer.has_public_server_target(server))
}

/// The load balancers attached to a network.
pub(crate) fn load_balancers_of_network(state: &State, network: u64) -> Vec<u64> {
    let balancers = state.load_balancers.values().filter(|balancer| balancer.visible());
    balancers.filter(|balancer| balancer.is_in_network(network)).map(|balancer| balancer.meta.id).collect()
}

/// All private addresses taken in a network, also by what is just coming or going.
pub(crate) fn private_ips_of_network(state: &State, network: u64) -> Vec<Ipv4Addr> {
    let attachments = state.servers.values().flat_map(|server| &server.private_net);
    attachments
        .filter(|attachment| attachment.network == network)
        .flat_map(|attachment| attachment.alias_ips.iter().chain([&attachment.ip]).copied())
        .chain(state.load_balancers.values().flat_map(|balancer| balancer.private_ips(network)))
        .collect()
}

/// Lets go of a server that no longer exists, apart from its primary IPs.
pub(crate) fn forget_server(state: &mut State, server: u64) {
    for volume in state.volumes.values_mut() {
        if volume.server == Some(server) {
            volume.server = None;
        }
    }
    for firewall in state.firewalls.values_mut() {
        firewall.forget_server(server);
    }
    for ip in state.floating_ips.values_mut() {
        ip.server = ip.server.filter(|assigned| *assigned != server);
    }
    for balancer in state.load_balancers.values_mut() {
        balancer.forget_server(server);
    }
    // Backups are bound to their server and go with it.
    state.images.retain(|_, image| image.bound_to != Some(server));
}

/// Lets go of a network that no longer exists.
pub(crate) fn forget_network(state: &mut State, network: u64) {
    for server in state.servers.values_mut() {
        server.private_net.retain(|attachment| attachment.network != network);
    }
    for balancer in state.load_balancers.values_mut() {
        balancer.forget_network(network);
    }
}

/// Removes an object of a type that nothing else looks after. False when there is none.
pub(crate) fn vanish(state: &mut State, kind: Kind, id: u64) -> bool {
    match kind {
        Kind::Certificate => state.certificates.remove(&id).is_some(),
        Kind::FloatingIp => state.floating_ips.remove(&id).is_some(),
        Kind::LoadBalancer => state.load_balancers.remove(&id).is_some(),
        Kind::Zone => state.zones.remove(&id).is_some(),
        _ => false,
    }
}

/// Changes the common fields of an object. False when there is no such object.
pub(crate) fn with_meta(state: &mut State, kind: Kind, id: u64, change: impl FnOnce(&mut Meta)) -> bool {
    fn of<T: Resource>(state: &mut State, id: u64) -> Option<&mut Meta> {
        T::all_mut(state).get_mut(&id).map(Resource::meta_mut)
    }
    let meta = match kind {
        Kind::Certificate => of::<Certificate>(state, id),
        Kind::Firewall => of::<Firewall>(state, id),
        Kind::FloatingIp => of::<FloatingIp>(state, id),
        Kind::Image => of::<Image>(state, id),
        Kind::LoadBalancer => of::<LoadBalancer>(state, id),
        Kind::Network => of::<Network>(state, id),
        Kind::PlacementGroup => of::<PlacementGroup>(state, id),
        Kind::PrimaryIp => of::<PrimaryIp>(state, id),
        Kind::Server => of::<Server>(state, id),
        Kind::SshKey => of::<SshKey>(state, id),
        Kind::Volume => of::<Volume>(state, id),
        Kind::Zone => of::<Zone>(state, id),
        Kind::Iso => None,
    };
    meta.map(change).is_some()
}
