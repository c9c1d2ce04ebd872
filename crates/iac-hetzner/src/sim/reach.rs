//! Owns what addresses and load balancers ask of servers and networks, and what they share about
//! public addresses. Knows no routes.
use super::address;
use super::catalogue;
use super::cloud::HetznerSim;
use super::error::{invalid_input, not_found, unprocessable};
use super::input::Input;
use super::label::Selector;
use super::network::Network;
use super::primary_ip::{self, IpType};
use super::server::Server;
use super::state::State;
use iac_testkit::sim::SimResponse;
use ipnet::{IpNet, Ipv4Net};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const NAME_CHARACTERS_MAX: usize = 253;
const LABEL_CHARACTERS_MAX: usize = 63;

/// The ranges of the dedicated machines that the project's owner has beside the cloud: one of the
/// documentation ranges for IPv4, the end of the one for IPv6.
const OWNED_RANGES: [&str; 2] = ["203.0.113.0/24", "2001:db8:ffff::/48"];

/// Refuses a server that is not off.
pub(crate) fn require_off(sim: &HetznerSim, server: u64) -> Result<(), SimResponse> {
    if sim.find::<Server>(server)?.status.word() == "off" {
        return Ok(());
    }
    Err(unprocessable("server_not_stopped", format!("server with ID '{server}' must be powered off")))
}

/// Whether a server runs.
pub(crate) fn is_running(sim: &HetznerSim, server: u64) -> bool {
    sim.find::<Server>(server).is_ok_and(|server| server.status.word() == "running")
}

/// Whether a server has a public IPv4 address.
pub(crate) fn has_public_ipv4(sim: &HetznerSim, server: u64) -> bool {
    primary_ip::of_server(&sim.state, server, IpType::Ipv4).is_some()
}

/// The networks that a server is attached to.
pub(crate) fn networks_of_server(sim: &HetznerSim, server: u64) -> Vec<u64> {
    let server = sim.find::<Server>(server).ok();
    let nets = server.into_iter().flat_map(|server| &server.private_net);
    nets.filter(|net| net.attached).map(|net| net.network).collect()
}

/// The servers that a selector selects.
pub(crate) fn servers_with(sim: &HetznerSim, selector: &Selector) -> Vec<u64> {
    let servers = sim.visible::<Server>().filter(|server| selector.matches(&server.meta.labels));
    servers.map(|server| server.meta.id).collect()
}

/// A free address in a network for something in a location.
pub(crate) fn free_address(
    sim: &HetznerSim,
    network: u64,
    location: &str,
    wanted: Option<Ipv4Addr>,
    subnet: Option<Ipv4Net>,
) -> Result<Ipv4Addr, SimResponse> {
    let zone = catalogue::location(location).map_or("", |location| location.network_zone);
    sim.find::<Network>(network)?.take_ip(&sim.state, zone, wanted, subnet)
}

/// The subnets of a network in which dedicated machines are.
pub(crate) fn vswitch_subnets(sim: &HetznerSim, network: u64) -> Vec<Ipv4Net> {
    let network = sim.find::<Network>(network).ok();
    let subnets = network.into_iter().flat_map(|network| &network.subnets);
    subnets.filter(|subnet| subnet.subnet_type == "vswitch").map(|subnet| subnet.ip_range).collect()
}

/// Whether an address is for private use.
pub(crate) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}

/// Whether an address belongs to a machine that the owner has beside the cloud.
pub(crate) fn is_of_an_owned_machine(ip: IpAddr) -> bool {
    OWNED_RANGES.iter().any(|range| covers(range, ip))
}

/// Whether an address belongs to something in this project.
pub(crate) fn is_of_the_cloud(sim: &HetznerSim, ip: IpAddr) -> bool {
    let state = &sim.state;
    state.primary_ips.values().any(|primary| covers(&primary.ip, ip))
        || state.floating_ips.values().any(|floating| covers(&floating.ip, ip))
        || state.load_balancers.values().any(|balancer| balancer.has_address(ip))
}

/// Whether an address, or a network in CIDR notation, has this address.
pub(crate) fn covers(range: &str, ip: IpAddr) -> bool {
    match range.parse::<IpNet>() {
        Ok(network) => network.contains(&ip),
        Err(_) => range.parse() == Ok(ip),
    }
}

/// The first address of an IPv6 network in CIDR notation.
pub(crate) fn first_host(network: &str) -> Ipv6Addr {
    let address = network.split('/').next().and_then(|address| address.parse::<Ipv6Addr>().ok());
    let address = address.expect("the cloud writes valid IPv6 networks");
    Ipv6Addr::from_bits(address.to_bits() + 1)
}

/// A new public address with its reverse names.
pub(crate) fn new_address(state: &mut State, ip_type: IpType) -> (String, BTreeMap<IpAddr, String>) {
    match ip_type {
        IpType::Ipv4 => {
            let address = address::public_ipv4(state.next_ipv4_number());
            let names = BTreeMap::from([(IpAddr::V4(address), address::default_dns_ptr(address))]);
            (address.to_string(), names)
        }
        IpType::Ipv6 => (address::public_ipv6(state.next_ipv6_number()), BTreeMap::new()),
    }
}

impl IpType {
    /// The type of a request.
    pub(crate) fn read(input: &Input) -> Result<Self, SimResponse> {
        match input.require("type", input.choice("type", &["ipv4", "ipv6"])?)? {
            "ipv4" => Ok(Self::Ipv4),
            _ => Ok(Self::Ipv6),
        }
    }
}

/// The name of the location that a field names.
pub(crate) fn location_named(input: &Input, field: &str, wanted: &str) -> Result<String, SimResponse> {
    match catalogue::location_by_id_or_name(wanted) {
        Some(location) => Ok(location.name.to_owned()),
        None => Err(input.refuse(field, format!("location '{wanted}' not found"))),
    }
}

/// Reverse names as the API shows them.
pub(crate) fn dns_ptr_view(names: &BTreeMap<IpAddr, String>) -> Vec<Value> {
    names.iter().map(|(ip, name)| json!({ "ip": ip, "dns_ptr": name })).collect()
}

/// Sets a reverse name, or resets (IPv4) or removes (IPv6) it.
pub(crate) fn set_dns_ptr(names: &mut BTreeMap<IpAddr, String>, ip: IpAddr, name: Option<String>) {
    match (name, ip) {
        (Some(name), _) => names.insert(ip, name),
        (None, IpAddr::V4(v4)) => names.insert(ip, address::default_dns_ptr(v4)),
        (None, IpAddr::V6(_)) => names.remove(&ip),
    };
}

/// The address and the name of a request that changes a reverse name.
pub(crate) fn read_dns_ptr(input: &Input) -> Result<(IpAddr, Option<String>), SimResponse> {
    let ip = address::ip("ip", input.required_text("ip")?)?;
    if !input.has("dns_ptr") {
        return Err(input.missing("dns_ptr"));
    }
    let name = input.text("dns_ptr")?.map(|name| require_dns_name("dns_ptr", name)).transpose()?;
    Ok((ip, name))
}

/// Refuses an address that is not the object's.
pub(crate) fn require_address_of(own: &str, ip: IpAddr) -> Result<(), SimResponse> {
    if covers(own, ip) { Ok(()) } else { Err(not_found("IP address", ip)) }
}

/// A domain name.
pub(crate) fn require_dns_name(field: &str, name: &str) -> Result<String, SimResponse> {
    let valid_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_CHARACTERS_MAX
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let relative = name.strip_suffix('.').unwrap_or(name);
    let valid = relative.len() <= NAME_CHARACTERS_MAX
        && relative.contains('.')
        && relative.split('.').all(valid_label);
    if valid { Ok(name.to_owned()) } else { Err(invalid_input(field, "is not a valid domain name")) }
}
