//! Owns the questions that one type of object asks about another, each in one place. Knows no
//! HTTP.
use super::cloud::HetznerSim;
use super::image::Image;
use super::kind::Kind;
use super::network::Network;
use super::placement_group::PlacementGroup;
use super::primary_ip::PrimaryIp;
use super::resource::{Meta, Resource};
use super::server::Server;
use super::ssh_key::SshKey;
use super::volume::Volume;
use super::{catalogue, firewall::Firewall, state::State};
use std::net::Ipv4Addr;

/// The id of the visible object of this type that a path names.
pub(crate) fn id_of(sim: &HetznerSim, kind: Kind, named: &str) -> Option<u64> {
    fn of<T: Resource>(sim: &HetznerSim, named: &str) -> Option<u64> {
        sim.find::<T>(named.parse().ok()?).ok().map(|object| object.meta().id)
    }
    match kind {
        Kind::Firewall => of::<Firewall>(sim, named),
        Kind::Image => of::<Image>(sim, named)
            .or_else(|| catalogue::image(named.parse().ok()?).map(|image| image.meta.id)),
        Kind::Network => of::<Network>(sim, named),
        Kind::PlacementGroup => of::<PlacementGroup>(sim, named),
        Kind::PrimaryIp => of::<PrimaryIp>(sim, named),
        Kind::Server => of::<Server>(sim, named),
        Kind::SshKey => of::<SshKey>(sim, named),
        Kind::Volume => of::<Volume>(sim, named),
        _ => None,
    }
}

/// The floating IPs assigned to a server.
pub(crate) fn floating_ips_of_server(_: &State, _server: u64) -> Vec<u64> {
    Vec::new()
}

/// The load balancers that have a server as a target.
pub(crate) fn load_balancers_of_server(_: &State, _server: u64) -> Vec<u64> {
    Vec::new()
}

/// The load balancers attached to a network.
pub(crate) fn load_balancers_of_network(_: &State, _network: u64) -> Vec<u64> {
    Vec::new()
}

/// All private addresses taken in a network, also by what is just coming or going.
pub(crate) fn private_ips_of_network(state: &State, network: u64) -> Vec<Ipv4Addr> {
    let attachments = state.servers.values().flat_map(|server| &server.private_net);
    attachments
        .filter(|attachment| attachment.network == network)
        .flat_map(|attachment| attachment.alias_ips.iter().chain([&attachment.ip]).copied())
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
    // Backups are bound to their server and go with it.
    state.images.retain(|_, image| image.bound_to != Some(server));
}

/// Lets go of a network that no longer exists.
pub(crate) fn forget_network(state: &mut State, network: u64) {
    for server in state.servers.values_mut() {
        server.private_net.retain(|attachment| attachment.network != network);
    }
}

/// Removes an object of a type that nothing else looks after. False when there is none.
pub(crate) fn vanish(_: &mut State, kind: Kind, _id: u64) -> bool {
    debug_assert!(kind == Kind::Iso, "every type of a project can vanish");
    false
}

/// Changes the common fields of an object. False when there is no such object.
pub(crate) fn with_meta(state: &mut State, kind: Kind, id: u64, change: impl FnOnce(&mut Meta)) -> bool {
    fn of<T: Resource>(state: &mut State, id: u64) -> Option<&mut Meta> {
        T::all_mut(state).get_mut(&id).map(Resource::meta_mut)
    }
    let meta = match kind {
        Kind::Firewall => of::<Firewall>(state, id),
        Kind::Image => of::<Image>(state, id),
        Kind::Network => of::<Network>(state, id),
        Kind::PlacementGroup => of::<PlacementGroup>(state, id),
        Kind::PrimaryIp => of::<PrimaryIp>(state, id),
        Kind::Server => of::<Server>(state, id),
        Kind::SshKey => of::<SshKey>(state, id),
        Kind::Volume => of::<Volume>(state, id),
        _ => None,
    };
    meta.map(change).is_some()
}
