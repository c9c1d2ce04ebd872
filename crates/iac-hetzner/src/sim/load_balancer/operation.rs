//! Owns the changes of a load balancer after its creation, one function for each. Knows nothing
//! of how they end.
use super::balancer::{LoadBalancer, PrivateNet, Settings};
use super::create::read_algorithm;
use super::service::Service;
use super::target::{Target, not_attached};
use crate::sim::address;
use crate::sim::catalogue;
use crate::sim::certificate::Certificate;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{Answer, error, invalid_input, not_found, unprocessable};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::network::Network;
use crate::sim::reach;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::Value;
use std::net::IpAddr;

const PORT_CONFLICT_STATUS_OF_ADD: u16 = 412;
const PORT_CONFLICT_STATUS_OF_UPDATE: u16 = 422;

/// The load balancer of the path with a copy of its settings, free to be changed.
fn begin(sim: &HetznerSim, params: &Params) -> Result<(u64, Settings), SimResponse> {
    let balancer = sim.find_at::<LoadBalancer>(params)?;
    let mut settings = balancer.settings.clone();
    settings.private_net = balancer.private_net(sim);
    settings.targets = balancer.targets(sim).cloned().collect();
    Ok((balancer.meta.id, settings))
}

/// The type with this id or name.
pub(super) fn find_type(wanted: &str) -> Result<String, SimResponse> {
    let found = catalogue::load_balancer_type(wanted).map(|found| found.name.to_owned());
    found.ok_or_else(|| {
        invalid_input("load_balancer_type", format!("load balancer type '{wanted}' not found"))
    })
}

/// Refuses a service whose certificates are not all there.
pub(super) fn certificates_exist(sim: &HetznerSim, service: &Service) -> Result<(), SimResponse> {
    service.certificates().iter().try_for_each(|id| sim.find::<Certificate>(*id).map(|_| ()))
}

/// Adds a service unless one of its ports is taken.
pub(super) fn add_service(
    settings: &mut Settings,
    service: Service,
    conflict_status: u16,
) -> Result<(), SimResponse> {
    let taken = |port: u16| settings.services.iter().flat_map(Service::ports).any(|other| other == port);
    if let Some(port) = service.ports().find(|port| taken(*port)) {
        let message = format!("the source port {port} is already in use");
        return Err(error(conflict_status, "source_port_already_used", message, Value::Null));
    }
    settings.services.push(service);
    Ok(())
}

/// `POST …/add_service`
pub(super) fn add_a_service(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    let service = Service::read(&Input::read(request)?)?;
    certificates_exist(sim, &service)?;
    add_service(&mut settings, service, PORT_CONFLICT_STATUS_OF_ADD)?;
    settings.require_room()?;
    sim.change_load_balancer("add_service", id, settings, None)
}

/// `POST …/update_service`
pub(super) fn update_service(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    let input = Input::read(request)?;
    let mut service = take_service(&mut settings, &input)?;
    service.change(&input)?;
    certificates_exist(sim, &service)?;
    add_service(&mut settings, service, PORT_CONFLICT_STATUS_OF_UPDATE)?;
    settings.services.sort_by_key(|service| service.listen_port);
    settings.require_room()?;
    sim.change_load_balancer("update_service", id, settings, None)
}

/// `POST …/delete_service`
pub(super) fn delete_service(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    take_service(&mut settings, &Input::read(request)?)?;
    sim.change_load_balancer("delete_service", id, settings, None)
}

/// Takes the service out that the request's listen port names.
fn take_service(settings: &mut Settings, input: &Input) -> Result<Service, SimResponse> {
    let port = input.require("listen_port", input.port("listen_port")?)?;
    let at = settings.services.iter().position(|service| service.listen_port == port);
    let at = at.ok_or_else(|| {
        error(404, "not_found", format!("service with listen port {port} not found"), Value::Null)
    })?;
    Ok(settings.services.remove(at))
}

/// `POST …/add_target`
pub(super) fn add_target(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    let target = Target::read(&Input::read(request)?)?;
    target.check(sim, &settings)?;
    let server = target.server().map(|server| (Kind::Server, server));
    settings.targets.push(target);
    settings.require_room()?;
    sim.change_load_balancer("add_target", id, settings, server)
}

/// `POST …/remove_target`
pub(super) fn remove_target(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    let target = Target::read(&Input::read(request)?)?;
    let at = settings.targets.iter().position(|other| target.is_same(other));
    let at = at.ok_or_else(|| error(404, "not_found", "load balancer target not found", Value::Null))?;
    settings.targets.remove(at);
    let server = target.server().map(|server| (Kind::Server, server));
    sim.change_load_balancer("remove_target", id, settings, server)
}

/// `POST …/attach_to_network`
pub(super) fn attach_to_network(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    let input = Input::read(request)?;
    let network = input.require("network", input.id("network")?)?;
    let ip = input.text("ip")?.map(|ip| address::ipv4("ip", ip)).transpose()?;
    let subnet = input.text("ip_range")?.map(|range| address::ipv4_network("ip_range", range)).transpose()?;
    sim.find::<Network>(network)?;
    if settings.private_net.is_some() {
        let message = "the load balancer is already attached to a network";
        return Err(unprocessable("load_balancer_already_attached", message));
    }
    sim.require_unlocked(Kind::LoadBalancer, id)?;
    let location = sim.find::<LoadBalancer>(id)?.location.clone();
    let ip = reach::free_address(sim, network, &location, ip, subnet)?;
    settings.private_net = Some(PrivateNet { network, ip });
    sim.change_load_balancer("attach_to_network", id, settings, Some((Kind::Network, network)))
}

/// `POST …/detach_from_network`
pub(super) fn detach_from_network(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    let input = Input::read(request)?;
    let network = input.require("network", input.id("network")?)?;
    sim.find::<Network>(network)?;
    if settings.private_net.is_none_or(|net| net.network != network) {
        return Err(not_attached());
    }
    settings.private_net = None;
    sim.change_load_balancer("detach_from_network", id, settings, Some((Kind::Network, network)))
}

/// `POST …/enable_public_interface`
pub(super) fn enable_public_interface(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    settings.public = true;
    sim.change_load_balancer("enable_public_interface", id, settings, None)
}

/// `POST …/disable_public_interface`
pub(super) fn disable_public_interface(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    if settings.private_net.is_none() {
        return Err(not_attached());
    }
    if settings.targets.iter().any(|target| !target.uses_private_ip()) {
        let message = "the load balancer has targets that use the public IP instead of the private IP";
        return Err(unprocessable("targets_without_use_private_ip", message));
    }
    settings.public = false;
    sim.change_load_balancer("disable_public_interface", id, settings, None)
}

/// `POST …/change_algorithm`
pub(super) fn change_algorithm(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    settings.algorithm = read_algorithm(&Input::read(request)?)?;
    sim.change_load_balancer("change_algorithm", id, settings, None)
}

/// `POST …/change_type`
pub(super) fn change_type(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    let input = Input::read(request)?;
    let wanted = input.required_id_or_name("load_balancer_type")?;
    let balancer_type = find_type(&wanted)?;
    if let Some(what) = settings.over_limit(&balancer_type) {
        let message = format!("the load balancer has more {what} than the type {balancer_type} allows");
        return Err(unprocessable("invalid_load_balancer_type", message));
    }
    settings.balancer_type = balancer_type;
    sim.change_load_balancer("change_load_balancer_type", id, settings, None)
}

/// `POST …/change_dns_ptr`
pub(super) fn change_dns_ptr(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    let input = Input::read(request)?;
    let (ip, name) = reach::read_dns_ptr(&input)?;
    let balancer = sim.find::<LoadBalancer>(id)?;
    match ip {
        IpAddr::V4(ip) if ip == balancer.ipv4 => {
            settings.ipv4_dns_ptr = Some(name.unwrap_or_else(|| address::default_dns_ptr(ip)));
        }
        IpAddr::V6(ip) if ip == balancer.ipv6 => settings.ipv6_dns_ptr = name,
        other => return Err(not_found("IP address", other)),
    }
    sim.change_load_balancer("change_dns_ptr", id, settings, None)
}

/// `POST …/change_protection`
pub(super) fn change_protection(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, mut settings) = begin(sim, params)?;
    if let Some(protected) = Input::read(request)?.boolean("delete")? {
        settings.protected = protected;
    }
    sim.change_load_balancer("change_protection", id, settings, None)
}
