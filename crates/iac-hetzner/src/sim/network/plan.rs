//! Owns the rules for the ranges of networks, subnets and routes. Changes nothing.
use super::object::{Network, Route, Subnet};
use crate::sim::address::{self, RESERVED_GATEWAY, ipv4, ipv4_network, overlap};
use crate::sim::catalogue::LOCATIONS;
use crate::sim::error::invalid_input;
use crate::sim::input::Input;
use iac_testkit::sim::SimResponse;
use ipnet::Ipv4Net;

/// A network may not be smaller than a /24, a subnet not smaller than a /30.
const NETWORK_PREFIX_MAX: u8 = 24;
const SUBNET_PREFIX_MAX: u8 = 30;
const SUBNETS_MAX: usize = 50;
const ROUTES_MAX: usize = 100;

/// The range of a network.
pub(super) fn ip_range(input: &Input) -> Result<Ipv4Net, SimResponse> {
    let ip_range = ipv4_network("ip_range", input.required_text("ip_range")?)?;
    if !address::is_private(ip_range) {
        return Err(input.refuse("ip_range", "must be within a private IPv4 range of RFC1918"));
    }
    if ip_range.prefix_len() > NETWORK_PREFIX_MAX {
        return Err(input.refuse("ip_range", format!("must be a /{NETWORK_PREFIX_MAX} or larger")));
    }
    Ok(ip_range)
}

/// A larger range that begins where the old one does.
pub(super) fn larger_ip_range(input: &Input, old: Ipv4Net) -> Result<Ipv4Net, SimResponse> {
    let new = ip_range(input)?;
    if new.network() != old.network() || new.prefix_len() >= old.prefix_len() {
        return Err(
            input.refuse("ip_range", "ip_range can only be extended, and only its netmask can change")
        );
    }
    Ok(new)
}

/// A subnet that fits a network.
pub(super) fn subnet(input: &Input, network: &Network) -> Result<Subnet, SimResponse> {
    let subnet_type = input.choice("type", &["cloud", "server", "vswitch"])?;
    let subnet_type = subnet_type.ok_or_else(|| input.missing("type"))?.to_owned();
    let network_zone = input.required_text("network_zone")?.to_owned();
    if !LOCATIONS.iter().any(|location| location.network_zone == network_zone) {
        return Err(input.refuse("network_zone", format!("network zone '{network_zone}' does not exist")));
    }
    let vswitch_id = input.integer("vswitch_id")?;
    if (subnet_type == "vswitch") != vswitch_id.is_some() {
        return Err(
            input.refuse("vswitch_id", "must be given for subnets of type vswitch, and only for them")
        );
    }
    if network.subnets.len() >= SUBNETS_MAX {
        return Err(input.refuse("ip_range", format!("a network has at most {SUBNETS_MAX} subnets")));
    }
    let taken: Vec<Ipv4Net> = network.subnets.iter().map(|subnet| subnet.ip_range).collect();
    let ip_range = match input.text("ip_range")? {
        None => address::first_free_subnet(network.ip_range, &taken)
            .ok_or_else(|| input.refuse("ip_range", "the network has no free /24"))?,
        Some(text) => {
            let ip_range = ipv4_network(&input.path("ip_range"), text)?;
            require_subnet_range(input, network, ip_range, &taken)?;
            ip_range
        }
    };
    Ok(Subnet { subnet_type, ip_range, network_zone, vswitch_id })
}

fn require_subnet_range(
    input: &Input,
    network: &Network,
    ip_range: Ipv4Net,
    taken: &[Ipv4Net],
) -> Result<(), SimResponse> {
    if ip_range.prefix_len() > SUBNET_PREFIX_MAX {
        return Err(input.refuse("ip_range", format!("must be a /{SUBNET_PREFIX_MAX} or larger")));
    }
    if !network.ip_range.contains(&ip_range) {
        return Err(input.refuse("ip_range", "must be within the network's ip_range"));
    }
    if taken.iter().any(|other| overlap(*other, ip_range)) {
        return Err(input.refuse("ip_range", "overlaps with another subnet"));
    }
    let by_route = |route: &Route| route.destination.prefix_len() > 0 && overlap(route.destination, ip_range);
    if network.routes.iter().any(by_route) {
        return Err(input.refuse("ip_range", "overlaps with the destination of a route"));
    }
    Ok(())
}

/// A route as a request names it.
pub(super) fn read_route(input: &Input) -> Result<Route, SimResponse> {
    let destination = ipv4_network(&input.path("destination"), input.required_text("destination")?)?;
    let gateway = ipv4(&input.path("gateway"), input.required_text("gateway")?)?;
    Ok(Route { destination, gateway })
}

/// A route that fits a network.
pub(super) fn route(input: &Input, network: &Network) -> Result<Route, SimResponse> {
    let route = read_route(input)?;
    let destination = route.destination;
    let everything = destination.prefix_len() == 0;
    let refuse = |reason: &str| Err(invalid_input(&input.path("destination"), reason));
    if !everything && !address::is_private(destination) {
        return refuse("must be within a private IPv4 range of RFC1918, or 0.0.0.0/0");
    }
    if !everything && destination.contains(&RESERVED_GATEWAY) {
        return refuse("must not contain 172.31.1.1");
    }
    if !everything && network.subnets.iter().any(|subnet| overlap(subnet.ip_range, destination)) {
        return refuse("overlaps with a subnet");
    }
    let by_other = |other: &Route| {
        other.destination == destination
            || (!everything && other.destination.prefix_len() > 0 && overlap(other.destination, destination))
    };
    if network.routes.iter().any(by_other) {
        return refuse("overlaps with the destination of another route");
    }
    if network.routes.len() >= ROUTES_MAX {
        return refuse("a network has at most 100 routes");
    }
    if route.gateway == address::gateway(network.ip_range) || route.gateway == RESERVED_GATEWAY {
        return Err(input.refuse("gateway", "must be neither the network's first IP nor 172.31.1.1"));
    }
    if !network.ip_range.contains(&route.gateway) {
        return Err(input.refuse("gateway", "must be within the network's ip_range"));
    }
    Ok(route)
}
