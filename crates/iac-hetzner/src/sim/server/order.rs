//! Owns the reading of an order for a server: everything is checked here. Changes
//! nothing.
use super::place::{is_sold_out, require_orderable};
use crate::sim::address::overlap;
use crate::sim::catalogue::{self, LOCATIONS, Location, ServerType};
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{error, invalid_input, not_found, unprocessable};
use crate::sim::firewall::Firewall;
use crate::sim::image;
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::network::Network;
use crate::sim::placement_group;
use crate::sim::primary_ip::{IpType, PrimaryIp};
use crate::sim::resource::require_hostname;
use crate::sim::ssh_key::SshKey;
use crate::sim::volume::{self, VOLUMES_PER_SERVER_MAX, Volume};
use iac_testkit::sim::SimResponse;
use serde_json::Value;
use std::net::Ipv4Addr;

const USER_DATA_BYTES_MAX: usize = 32 * 1024;

/// An order that can be carried out.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) server_type: &'static ServerType,
    pub(super) location: &'static Location,
    pub(super) image: u64,
    pub(super) has_ssh_keys: bool,
    pub(super) volumes: Vec<u64>,
    /// Networks with the addresses reserved in them.
    pub(super) networks: Vec<(u64, Ipv4Addr)>,
    pub(super) firewalls: Vec<u64>,
    pub(super) placement_group: Option<u64>,
    pub(super) ipv4: Public,
    pub(super) ipv6: Public,
    pub(super) start: bool,
}

/// Where a public address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Public {
    None,
    New,
    Existing(u64),
}

/// Reads and checks an order.
pub(super) fn read(sim: &HetznerSim, input: &Input) -> Result<Order, SimResponse> {
    require_hostname(input.required_text("name")?)?;
    let wanted = input.required_id_or_name("server_type")?;
    let server_type = catalogue::server_type(&wanted).ok_or_else(|| not_found("server type", &wanted))?;
    let volumes = unique(input, "volumes")?;
    let ipv4 = public(sim, input, IpType::Ipv4)?;
    let ipv6 = public(sim, input, IpType::Ipv6)?;
    let location = location(sim, input, server_type, &volumes, [ipv4, ipv6])?;
    require_orderable(sim, server_type, location)?;
    let image = image(sim, input, server_type)?;
    require_user_data(input)?;
    input.boolean("automount")?;
    require_addresses(sim, location, [ipv4, ipv6])?;
    require_volumes(sim, location, &volumes)?;
    let networks = networks(sim, input, location)?;
    let has_public_net = ipv4 != Public::None || ipv6 != Public::None;
    if !has_public_net && networks.is_empty() {
        let reason = "a server without public addresses needs a network";
        return Err(invalid_input("public_net", reason));
    }
    let placement_group = input.integer("placement_group")?;
    if let Some(group) = placement_group {
        placement_group::require_room(sim, group)?;
    }
    Ok(Order {
        server_type,
        location,
        image,
        has_ssh_keys: has_ssh_keys(sim, input)?,
        volumes,
        networks,
        firewalls: firewalls(sim, input, has_public_net)?,
        placement_group,
        ipv4,
        ipv6,
        start: input.boolean("start_after_create")?.unwrap_or(true),
    })
}

fn unique(input: &Input, field: &str) -> Result<Vec<u64>, SimResponse> {
    let ids = input.integers(field)?.unwrap_or_default();
    for (index, id) in ids.iter().enumerate() {
        if ids.iter().take(index).any(|other| other == id) {
            return Err(input.refuse(field, format!("{id} is given twice")));
        }
    }
    Ok(ids)
}

/// The location asked for, or the one that the order's parts are in, or the first with stock.
fn location(
    sim: &HetznerSim,
    input: &Input,
    server_type: &ServerType,
    volumes: &[u64],
    addresses: [Public; 2],
) -> Result<&'static Location, SimResponse> {
    let datacenter = input.id_or_name("datacenter")?;
    if datacenter.is_some() && !sim.config.datacenters {
        return Err(input.refuse("datacenter", "was removed on 2026-10-01, use location"));
    }
    if let Some(wanted) = input.id_or_name("location")? {
        if datacenter.is_some() {
            return Err(input.refuse("location", "must not be used together with datacenter"));
        }
        let found = catalogue::location_by_id_or_name(&wanted);
        return found.ok_or_else(|| not_found("location", &wanted));
    }
    if let Some(wanted) = datacenter {
        return catalogue::location_of_datacenter(&wanted).ok_or_else(|| not_found("datacenter", &wanted));
    }
    let of_volume =
        volumes.first().and_then(|id| sim.find::<Volume>(*id).ok()).map(|volume| &volume.location);
    let mut of_addresses = addresses.into_iter().filter_map(|address| match address {
        Public::Existing(id) => sim.find::<PrimaryIp>(id).ok().map(|ip| &ip.location),
        _ => None,
    });
    if let Some(name) = of_volume.or_else(|| of_addresses.next()) {
        return catalogue::location(name).ok_or_else(|| not_found("location", name));
    }
    let with_stock = |location: &&Location| {
        server_type.is_sold_in(location.name) && !is_sold_out(sim, server_type, location)
    };
    Ok(LOCATIONS.iter().find(with_stock).unwrap_or(&LOCATIONS[0]))
}

fn image(sim: &HetznerSim, input: &Input, server_type: &ServerType) -> Result<u64, SimResponse> {
    let wanted = input.required_id_or_name("image")?;
    let image = image::resolve(sim, &wanted, server_type.architecture())?;
    if image.disk_size_gb > server_type.disk_gb {
        let reason = format!("image '{wanted}' needs a disk of {} GB", image.disk_size_gb);
        return Err(input.refuse("image", reason));
    }
    Ok(image.meta.id)
}

fn require_user_data(input: &Input) -> Result<(), SimResponse> {
    if input.text("user_data")?.is_some_and(|text| text.len() > USER_DATA_BYTES_MAX) {
        return Err(input.refuse("user_data", format!("Longer than maximum length {USER_DATA_BYTES_MAX}.")));
    }
    Ok(())
}

fn has_ssh_keys(sim: &HetznerSim, input: &Input) -> Result<bool, SimResponse> {
    let wanted = input.ids_or_names("ssh_keys")?.unwrap_or_default();
    for key in &wanted {
        if sim.find_by_id_or_name::<SshKey>(key).is_none() {
            return Err(not_found("SSH key", key));
        }
    }
    Ok(!wanted.is_empty())
}

/// The public address of one type that the order asks for.
fn public(sim: &HetznerSim, input: &Input, ip_type: IpType) -> Result<Public, SimResponse> {
    let Some(public_net) = input.object("public_net")? else {
        return Ok(Public::New);
    };
    let enabled = public_net.boolean(&format!("enable_{}", ip_type.word()))?.unwrap_or(true);
    let Some(id) = public_net.integer(ip_type.word())? else {
        return Ok(if enabled { Public::New } else { Public::None });
    };
    if !enabled {
        return Err(public_net.refuse(ip_type.word(), "must not be given when the address is not enabled"));
    }
    let ip = sim.find::<PrimaryIp>(id)?;
    if ip.ip_type != ip_type {
        let message = format!("primary IP {id} is not of type {}", ip_type.word());
        return Err(error(412, "primary_ip_version_mismatch", message, Value::Null));
    }
    if ip.assignee.is_some() {
        return Err(unprocessable("primary_ip_assigned", format!("primary IP {id} is already assigned")));
    }
    sim.require_unlocked(Kind::PrimaryIp, id)?;
    Ok(Public::Existing(id))
}

fn require_addresses(
    sim: &HetznerSim,
    location: &Location,
    addresses: [Public; 2],
) -> Result<(), SimResponse> {
    for address in addresses {
        if let Public::Existing(id) = address
            && sim.find::<PrimaryIp>(id)?.location != location.name
        {
            let message = format!("primary IP {id} is not in {}", location.name);
            return Err(unprocessable("primary_ip_datacenter_mismatch", message));
        }
    }
    let new = addresses.iter().filter(|address| **address == Public::New).count();
    sim.require_quota::<PrimaryIp>(new)
}

fn require_volumes(sim: &HetznerSim, location: &Location, volumes: &[u64]) -> Result<(), SimResponse> {
    if volumes.len() > VOLUMES_PER_SERVER_MAX {
        return Err(invalid_input(
            "volumes",
            format!("a server has at most {VOLUMES_PER_SERVER_MAX} volumes"),
        ));
    }
    volumes.iter().try_for_each(|id| volume::require_attachable(sim, *id, location.name))
}

fn networks(
    sim: &HetznerSim,
    input: &Input,
    location: &Location,
) -> Result<Vec<(u64, Ipv4Addr)>, SimResponse> {
    let mut joined: Vec<(&Network, Ipv4Addr)> = Vec::new();
    for id in unique(input, "networks")? {
        let network = sim.find::<Network>(id)?;
        if joined.iter().any(|(other, _)| overlap(other.ip_range, network.ip_range)) {
            return Err(unprocessable("networks_overlap", format!("network {id} overlaps with another")));
        }
        sim.require_no_change(Kind::Network, id)?;
        let ip = network.take_ip(&sim.state, location.network_zone, None, None)?;
        joined.push((network, ip));
    }
    Ok(joined.into_iter().map(|(network, ip)| (network.meta.id, ip)).collect())
}

fn firewalls(sim: &HetznerSim, input: &Input, has_public_net: bool) -> Result<Vec<u64>, SimResponse> {
    let mut ids = Vec::new();
    for entry in input.objects("firewalls")?.unwrap_or_default() {
        let id = entry.required_integer("firewall")?;
        sim.find::<Firewall>(id)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if !has_public_net && !ids.is_empty() {
        let message = "firewalls need a server with a public interface";
        return Err(unprocessable("private_net_only_server", message));
    }
    Ok(ids)
}
