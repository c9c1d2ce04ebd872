//! Owns what clients do with networks. Knows no rules for ranges.
use super::member;
use super::object::{Change, Network};
use super::plan;
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, not_found, protected, service_error};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::relations;
use crate::sim::resource;
use crate::sim::routes::Routes;
use iac_testkit::sim::{Params, SimRequest, SimResponse};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /networks", resource::list::<Network>)
        .route("POST /networks", create)
        .route("GET /networks/{id}", resource::get::<Network>)
        .route("PUT /networks/{id}", update)
        .route("DELETE /networks/{id}", delete)
        .route("GET /networks/{id}/members", member::members)
        .route("POST /networks/{id}/actions/add_subnet", add_subnet)
        .route("POST /networks/{id}/actions/delete_subnet", delete_subnet)
        .route("POST /networks/{id}/actions/add_route", add_route)
        .route("POST /networks/{id}/actions/delete_route", delete_route)
        .route("POST /networks/{id}/actions/change_ip_range", change_ip_range)
        .route("POST /networks/{id}/actions/change_protection", change_protection)
}

fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let input = Input::read(request)?;
    let ip_range = plan::ip_range(&input)?;
    let expose_routes_to_vswitch = input.boolean("expose_routes_to_vswitch")?.unwrap_or(false);
    let meta = sim.new_meta::<Network>(&input)?;
    let id = meta.id;
    let mut network = Network {
        meta,
        ip_range,
        subnets: Vec::new(),
        routes: Vec::new(),
        delete_protected: false,
        expose_routes_to_vswitch,
    };
    for subnet in input.objects("subnets")?.unwrap_or_default() {
        let subnet = plan::subnet(&subnet, &network)?;
        network.subnets.push(subnet);
    }
    for route in input.objects("routes")?.unwrap_or_default() {
        let route = plan::route(&route, &network)?;
        network.routes.push(route);
    }
    sim.state.networks.insert(id, network);
    sim.show::<Network>(201, id)
}

fn update(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Network>(params)?;
    let input = Input::read(request)?;
    let expose = input.boolean("expose_routes_to_vswitch")?;
    sim.require_no_change(Kind::Network, id)?;
    sim.update_meta::<Network>(id, &input)?;
    if let Some(expose) = expose {
        sim.find_mut::<Network>(id)?.expose_routes_to_vswitch = expose;
    }
    sim.show::<Network>(200, id)
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Network>(params)?;
    if sim.find::<Network>(id)?.delete_protected {
        return Err(protected(Kind::Network, &id.to_string()));
    }
    sim.require_no_change(Kind::Network, id)?;
    sim.state.networks.remove(&id);
    relations::forget_network(&mut sim.state, id);
    Ok(SimResponse::empty(204))
}

/// Starts a change of a network that refuses others until it ends.
fn start(sim: &mut HetznerSim, command: &'static str, id: u64, change: Change) -> Answer {
    sim.answer_change(command, (Kind::Network, id), Effect::Network(id, change))
}

/// The network of the path and the body, when no other change is running.
fn begin(sim: &HetznerSim, request: &SimRequest, params: &Params) -> Result<(u64, Input), SimResponse> {
    let id = sim.id_at::<Network>(params)?;
    let input = Input::read(request)?;
    sim.require_no_change(Kind::Network, id)?;
    Ok((id, input))
}

fn add_subnet(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let subnet = plan::subnet(&input, sim.find::<Network>(id)?)?;
    start(sim, "add_subnet", id, Change::AddSubnet(subnet))
}

fn delete_subnet(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let text = input.required_text("ip_range")?;
    let network = sim.find::<Network>(id)?;
    let subnet = network.subnets.iter().find(|subnet| subnet.ip_range.to_string() == text);
    let Some(ip_range) = subnet.map(|subnet| subnet.ip_range) else {
        return Err(not_found("subnet", text));
    };
    let taken = relations::private_ips_of_network(&sim.state, id);
    if taken.iter().any(|address| ip_range.contains(address)) {
        return Err(service_error("cannot remove subnet because resources are attached to it"));
    }
    start(sim, "delete_subnet", id, Change::DeleteSubnet(ip_range))
}

fn add_route(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let route = plan::route(&input, sim.find::<Network>(id)?)?;
    start(sim, "add_route", id, Change::AddRoute(route))
}

fn delete_route(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let route = plan::read_route(&input)?;
    if !sim.find::<Network>(id)?.routes.contains(&route) {
        return Err(not_found("route", route.destination));
    }
    start(sim, "delete_route", id, Change::DeleteRoute(route))
}

fn change_ip_range(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let ip_range = plan::larger_ip_range(&input, sim.find::<Network>(id)?.ip_range)?;
    start(sim, "change_ip_range", id, Change::Resize(ip_range))
}

fn change_protection(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let before = sim.find::<Network>(id)?.delete_protected;
    let protected = input.boolean("delete")?.unwrap_or(before);
    start(sim, "change_protection", id, Change::Protect(protected))
}
