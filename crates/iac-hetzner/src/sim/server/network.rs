//! Owns a server's interfaces in private networks. Knows no subnets' rules.
use super::change::Change;
use super::object::{PrivateNet, Server};
use super::routes::begin;
use crate::sim::action::NewAction;
use crate::sim::address::{ipv4, ipv4_network, mac_address, overlap};
use crate::sim::catalogue;
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, service_error, unprocessable};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::network::Network;
use crate::sim::relations;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use std::net::Ipv4Addr;

/// The most private networks of one server.
const NETWORKS_PER_SERVER_MAX: usize = 3;
/// The most alias addresses in one network.
const ALIAS_IPS_MAX: usize = 5;

/// The action that finishes a reserved interface.
pub(super) fn attach_action(server: u64, network: u64) -> NewAction {
    NewAction::new("attach_to_network")
        .locking(Kind::Server, server)
        .about(Kind::Network, network)
        .effect(Effect::Server(server, Change::Attach(network)))
}

pub(super) fn attach(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let network_id = input.required_integer("network")?;
    let network = sim.find::<Network>(network_id)?;
    sim.require_no_change(Kind::Network, network_id)?;
    let server = sim.find::<Server>(id)?;
    if server.private_net.iter().any(|net| net.network == network_id) {
        let message = format!("server {id} is already attached to network {network_id}");
        return Err(unprocessable("server_already_attached", message));
    }
    if server.private_net.len() >= NETWORKS_PER_SERVER_MAX {
        let message = format!("a server is attached to at most {NETWORKS_PER_SERVER_MAX} networks");
        return Err(service_error(message));
    }
    let others = server.private_net.iter().filter_map(|net| sim.find::<Network>(net.network).ok());
    if others.into_iter().any(|other| overlap(other.ip_range, network.ip_range)) {
        let message = format!("network {network_id} overlaps with another network of server {id}");
        return Err(unprocessable("networks_overlap", message));
    }
    let wanted = input.text("ip")?.map(|text| ipv4("ip", text)).transpose()?;
    let subnet = input.text("ip_range")?.map(|text| ipv4_network("ip_range", text)).transpose()?;
    let zone = catalogue::location(&server.location).map_or("", |location| location.network_zone);
    let ip = network.take_ip(&sim.state, zone, wanted, subnet)?;
    let alias_ips = alias_ips(sim, &input, network, &[], Some(ip))?;
    let number = id.wrapping_mul(16).wrapping_add(server.private_net.len() as u64);
    let net =
        PrivateNet { network: network_id, ip, alias_ips, mac_address: mac_address(number), attached: false };
    sim.find_mut::<Server>(id)?.private_net.push(net);
    sim.answer_action(attach_action(id, network_id))
}

/// The alias addresses of a request, each free or among `own`.
fn alias_ips(
    sim: &HetznerSim,
    input: &Input,
    network: &Network,
    own: &[Ipv4Addr],
    ip: Option<Ipv4Addr>,
) -> Result<Vec<Ipv4Addr>, SimResponse> {
    let taken = relations::private_ips_of_network(&sim.state, network.meta.id);
    let mut wanted: Vec<Ipv4Addr> = Vec::new();
    for text in input.texts("alias_ips")?.unwrap_or_default() {
        let address = ipv4(&input.path("alias_ips"), text)?;
        let usable = network
            .subnets
            .iter()
            .any(|subnet| crate::sim::address::is_usable(address, subnet.ip_range, network.ip_range));
        let is_taken = taken.contains(&address) && !own.contains(&address);
        if !usable || is_taken || Some(address) == ip || wanted.contains(&address) {
            let message = format!("alias IP '{address}' is not available");
            return Err(unprocessable("ip_not_available", message));
        }
        wanted.push(address);
    }
    if wanted.len() > ALIAS_IPS_MAX {
        return Err(input.refuse("alias_ips", format!("Longer than maximum length {ALIAS_IPS_MAX}.")));
    }
    Ok(wanted)
}

/// The server's interface in the network that the body names.
fn attachment(sim: &HetznerSim, id: u64, network: u64) -> Result<&PrivateNet, SimResponse> {
    sim.find::<Network>(network)?;
    let server = sim.find::<Server>(id)?;
    let net = server.private_net.iter().find(|net| net.network == network);
    let message = || format!("server {id} is not attached to network {network}");
    net.ok_or_else(|| service_error(message()))
}

pub(super) fn detach(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let network = input.required_integer("network")?;
    attachment(sim, id, network)?;
    sim.require_no_change(Kind::Network, network)?;
    let action = NewAction::new("detach_from_network")
        .locking(Kind::Server, id)
        .about(Kind::Network, network)
        .effect(Effect::Server(id, Change::Detach(network)));
    sim.answer_action(action)
}

pub(super) fn change_alias_ips(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let network_id = input.required_integer("network")?;
    if !input.has("alias_ips") {
        return Err(input.missing("alias_ips"));
    }
    let net = attachment(sim, id, network_id)?;
    let alias_ips = alias_ips(sim, &input, sim.find::<Network>(network_id)?, &net.alias_ips, None)?;
    let action = NewAction::new("change_alias_ips")
        .locking(Kind::Server, id)
        .about(Kind::Network, network_id)
        .effect(Effect::Server(id, Change::AliasIps(network_id, alias_ips)));
    sim.answer_action(action)
}
