//! Owns what clients do with primary IPs: create, assign, name and protect them. Knows nothing of
//! how servers get theirs at creation.
use super::action::NewAction;
use super::catalogue;
use super::cloud::HetznerSim;
use super::effect::Effect;
use super::error::{Answer, invalid_input, protected, unprocessable};
use super::input::Input;
use super::kind::Kind;
use super::paging::{self, one_of};
use super::primary_ip::{self, IpType, PrimaryIp};
use super::reach;
use super::relations;
use super::resource::{self, Resource as _, SORTABLE};
use super::routes::Routes;
use super::server::Server;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::net::IpAddr;

/// What happens to a primary IP at the end of an action.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Assign(u64),
    Unassign,
    DnsPtr(IpAddr, Option<String>),
    Protect(bool),
}

/// An action has ended well.
pub(crate) fn apply(sim: &mut HetznerSim, id: u64, change: Change) {
    let change = match change {
        Change::Assign(server) if sim.find::<Server>(server).is_err() => Change::Unassign,
        change => change,
    };
    let Some(ip) = sim.state.primary_ips.get_mut(&id) else {
        return;
    };
    match change {
        Change::Assign(server) => ip.assignee = Some(server),
        Change::Unassign => ip.assignee = None,
        Change::DnsPtr(address, name) => reach::set_dns_ptr(&mut ip.dns_ptr, address, name),
        Change::Protect(protected) => ip.delete_protected = protected,
    }
}

/// The routes of primary IPs.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /primary_ips", list)
        .route("POST /primary_ips", create)
        .route("GET /primary_ips/{id}", resource::get::<PrimaryIp>)
        .route("PUT /primary_ips/{id}", update)
        .route("DELETE /primary_ips/{id}", delete)
        .route("POST /primary_ips/{id}/actions/assign", assign)
        .route("POST /primary_ips/{id}/actions/unassign", unassign)
        .route("POST /primary_ips/{id}/actions/change_dns_ptr", change_dns_ptr)
        .route("POST /primary_ips/{id}/actions/change_protection", change_protection)
}

fn list(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let ips = sim.visible::<PrimaryIp>().filter(|ip| one_of(request, "ip", &ip.ip));
    paging::answer(request, "primary_ips", &SORTABLE, ips, |ip| ip.view(sim))
}

fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let input = Input::read(request)?;
    let ip_type = IpType::read(&input)?;
    // Required by the description, no longer sent by the official client.
    input.choice("assignee_type", &["server"])?;
    let assignee = input.id("assignee_id")?;
    let auto_delete = input.boolean("auto_delete")?.unwrap_or(false);
    let location = match (place(sim, &input)?, assignee) {
        (Some(_), Some(_)) => {
            return Err(invalid_input("location", "only one of location and assignee_id is allowed"));
        }
        (None, None) => return Err(input.missing("location")),
        (Some(location), None) => location,
        (None, Some(server)) => sim.find::<Server>(server)?.location.clone(),
    };
    if let Some(server) = assignee {
        require_assignable(sim, server, ip_type)?;
    }
    let meta = sim.new_meta::<PrimaryIp>(&input)?;
    let id = meta.id;
    let mut ip = primary_ip::new(&mut sim.state, meta, ip_type, &location);
    ip.auto_delete = auto_delete;
    // As the real API does, the answer shows the assignee already.
    ip.assignee = assignee;
    sim.state.primary_ips.insert(id, ip);
    let mut answer = Map::new();
    if let Some(server) = assignee {
        let action = sim.start_action(assign_action(id, server));
        answer.insert("action".to_owned(), sim.action_view(action));
    }
    answer.insert("primary_ip".to_owned(), sim.find::<PrimaryIp>(id)?.view(sim));
    Ok(SimResponse::json(201, Value::Object(answer)))
}

/// The location that the request names, itself or, as long as there were any, by its datacenter.
fn place(sim: &HetznerSim, input: &Input) -> Result<Option<String>, SimResponse> {
    if let Some(wanted) = input.id_or_name("datacenter")? {
        let location = catalogue::location_of_datacenter(&wanted).filter(|_| sim.config.datacenters);
        let location = location.ok_or_else(|| input.refuse("datacenter", "not found, use location"))?;
        return Ok(Some(location.name.to_owned()));
    }
    let wanted = input.id_or_name("location")?;
    wanted.map(|wanted| reach::location_named(input, "location", &wanted)).transpose()
}

/// Refuses a server that cannot get an address of this type now.
fn require_assignable(sim: &HetznerSim, server: u64, ip_type: IpType) -> Result<(), SimResponse> {
    sim.find::<Server>(server)?;
    sim.require_unlocked(Kind::Server, server)?;
    reach::require_off(sim, server)?;
    if primary_ip::of_server(&sim.state, server, ip_type).is_some() {
        let word = ip_type.word();
        let message = format!("server {server} already has an {word} address");
        return Err(unprocessable(&format!("server_has_{word}"), message));
    }
    Ok(())
}

fn assign_action(id: u64, server: u64) -> NewAction {
    NewAction::new("assign_primary_ip")
        .locking(Kind::PrimaryIp, id)
        .locking(Kind::Server, server)
        .effect(Effect::PrimaryIp(id, Change::Assign(server)))
}

fn update(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<PrimaryIp>(params)?;
    let input = Input::read(request)?;
    let auto_delete = input.boolean("auto_delete")?;
    if auto_delete == Some(true) && sim.find::<PrimaryIp>(id)?.delete_protected {
        return Err(invalid_input("auto_delete", "cannot be set while the deletion protection is on"));
    }
    sim.update_meta::<PrimaryIp>(id, &input)?;
    if let Some(auto_delete) = auto_delete {
        sim.find_mut::<PrimaryIp>(id)?.auto_delete = auto_delete;
    }
    sim.show::<PrimaryIp>(200, id)
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let ip = sim.find_at::<PrimaryIp>(params)?;
    let id = ip.meta.id;
    if ip.delete_protected {
        return Err(protected(Kind::PrimaryIp, "deletion"));
    }
    if ip.assignee.is_some() {
        return Err(unprocessable("must_be_unassigned", "the primary IP is still assigned to a resource"));
    }
    sim.require_unlocked(Kind::PrimaryIp, id)?;
    sim.state.primary_ips.remove(&id);
    Ok(SimResponse::empty(204))
}

fn assign(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<PrimaryIp>(params)?;
    let input = Input::read(request)?;
    input.choice("assignee_type", &["server"])?;
    let server = input.require("assignee_id", input.id("assignee_id")?)?;
    let server_location = sim.find::<Server>(server)?.location.clone();
    let ip = sim.find::<PrimaryIp>(id)?;
    if ip.assignee.is_some() {
        let message = "the primary IP is already assigned to a server";
        return Err(unprocessable("primary_ip_already_assigned", message));
    }
    if ip.location != server_location {
        let message = "the primary IP and the server must be in the same location";
        return Err(invalid_input("assignee_id", message));
    }
    sim.require_unlocked(Kind::PrimaryIp, id)?;
    require_assignable(sim, server, ip.ip_type)?;
    sim.answer_action(assign_action(id, server))
}

fn unassign(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let ip = sim.find_at::<PrimaryIp>(params)?;
    let (id, ip_type) = (ip.meta.id, ip.ip_type);
    let Some(server) = ip.assignee else {
        return Err(unprocessable("service_error", "the primary IP is not assigned to a resource"));
    };
    sim.require_unlocked(Kind::PrimaryIp, id)?;
    sim.require_unlocked(Kind::Server, server)?;
    reach::require_off(sim, server)?;
    if ip_type == IpType::Ipv4 && relations::is_public_load_balancer_target(&sim.state, server) {
        let message = "the server's IPv4 address is a load balancer target";
        return Err(unprocessable("server_is_load_balancer_target", message));
    }
    let action = NewAction::new("unassign_primary_ip")
        .locking(Kind::PrimaryIp, id)
        .locking(Kind::Server, server)
        .effect(Effect::PrimaryIp(id, Change::Unassign));
    sim.answer_action(action)
}

fn change_dns_ptr(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let ip = sim.find_at::<PrimaryIp>(params)?;
    let id = ip.meta.id;
    let (address, name) = reach::read_dns_ptr(&Input::read(request)?)?;
    reach::require_address_of(&ip.ip, address)?;
    sim.require_unlocked(Kind::PrimaryIp, id)?;
    sim.answer_change(
        "change_dns_ptr",
        (Kind::PrimaryIp, id),
        Effect::PrimaryIp(id, Change::DnsPtr(address, name)),
    )
}

fn change_protection(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let ip = sim.find_at::<PrimaryIp>(params)?;
    let id = ip.meta.id;
    let auto_delete = ip.auto_delete;
    let input = Input::read(request)?;
    let protect = input.require("delete", input.boolean("delete")?)?;
    if protect && auto_delete {
        return Err(invalid_input("delete", "cannot be protected while auto_delete is set"));
    }
    sim.require_unlocked(Kind::PrimaryIp, id)?;
    sim.answer_change(
        "change_protection",
        (Kind::PrimaryIp, id),
        Effect::PrimaryIp(id, Change::Protect(protect)),
    )
}
