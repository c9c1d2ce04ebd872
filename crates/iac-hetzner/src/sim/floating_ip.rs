//! Owns floating IPs: addresses that move between servers. Knows nothing of how servers use them.
use super::action::NewAction;
use super::catalogue::{self, Location};
use super::cloud::HetznerSim;
use super::effect::Effect;
use super::error::{Answer, protected, unprocessable};
use super::input::Input;
use super::kind::Kind;
use super::primary_ip::IpType;
use super::reach;
use super::resource::{self, Meta, Resource, kept_in};
use super::routes::Routes;
use super::server::Server;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// An address that can be given to any server of its project.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FloatingIp {
    pub(crate) meta: Meta,
    description: Option<String>,
    /// An IPv4 address, or an IPv6 network such as `2001:db8:0:1::/64`.
    pub(crate) ip: String,
    ip_type: IpType,
    /// The home location's name.
    location: String,
    pub(crate) server: Option<u64>,
    dns_ptr: BTreeMap<IpAddr, String>,
    protected: bool,
}

/// What happens to a floating IP at the end of an action.
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
    let server_is_there = |server: u64| sim.find::<Server>(server).is_ok();
    let change = match change {
        Change::Assign(server) if !server_is_there(server) => Change::Unassign,
        change => change,
    };
    let Some(ip) = sim.state.floating_ips.get_mut(&id) else {
        return;
    };
    match change {
        Change::Assign(server) => ip.server = Some(server),
        Change::Unassign => ip.server = None,
        Change::DnsPtr(address, name) => reach::set_dns_ptr(&mut ip.dns_ptr, address, name),
        Change::Protect(protected) => ip.protected = protected,
    }
}

impl Resource for FloatingIp {
    kept_in!(FloatingIp, floating_ips);

    fn view(&self, _: &HetznerSim) -> Value {
        self.meta.view_with(json!({
            "description": self.description,
            "ip": self.ip,
            "type": self.ip_type.word(),
            "server": self.server,
            "dns_ptr": reach::dns_ptr_view(&self.dns_ptr),
            "home_location": catalogue::location(&self.location).map(Location::view),
            "blocked": false,
            "protection": { "delete": self.protected },
        }))
    }
}

/// The routes of floating IPs.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /floating_ips", resource::list::<FloatingIp>)
        .route("POST /floating_ips", create)
        .route("GET /floating_ips/{id}", resource::get::<FloatingIp>)
        .route("PUT /floating_ips/{id}", update)
        .route("DELETE /floating_ips/{id}", delete)
        .route("POST /floating_ips/{id}/actions/assign", assign)
        .route("POST /floating_ips/{id}/actions/unassign", unassign)
        .route("POST /floating_ips/{id}/actions/change_dns_ptr", change_dns_ptr)
        .route("POST /floating_ips/{id}/actions/change_protection", change_protection)
}

fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let input = Input::read(request)?;
    let ip_type = IpType::read(&input)?;
    let description = input.text("description")?.map(str::to_owned);
    let server = input.id("server")?;
    let location = match (input.id_or_name("home_location")?, server) {
        (Some(wanted), _) => reach::location_named(&input, "home_location", &wanted)?,
        (None, Some(server)) => sim.find::<Server>(server)?.location.clone(),
        (None, None) => return Err(input.missing("home_location")),
    };
    if let Some(server) = server {
        sim.find::<Server>(server)?;
        sim.require_unlocked(Kind::Server, server)?;
    }
    let input = input.with_default("name", Value::String(free_name(sim)));
    let meta = sim.new_meta::<FloatingIp>(&input)?;
    let id = meta.id;
    let (ip, dns_ptr) = reach::new_address(&mut sim.state, ip_type);
    let new =
        FloatingIp { meta, description, ip, ip_type, location, server: None, dns_ptr, protected: false };
    sim.state.floating_ips.insert(id, new);
    let mut answer = Map::new();
    if let Some(server) = server {
        // As the real API does, the answer shows the server already.
        sim.find_mut::<FloatingIp>(id)?.server = Some(server);
        let action = sim.start_action(assign_action(id, server));
        answer.insert("action".to_owned(), sim.action_view(action));
    }
    answer.insert("floating_ip".to_owned(), sim.find::<FloatingIp>(id)?.view(sim));
    Ok(SimResponse::json(201, Value::Object(answer)))
}

/// The name of a floating IP that is ordered without one.
fn free_name(sim: &HetznerSim) -> String {
    let is_free = |name: &String| sim.visible::<FloatingIp>().all(|ip| ip.meta.name != *name);
    let mut names = (1_u64..).map(|number| format!("floating-ip-{number}"));
    names.find(is_free).expect("a project has fewer floating IPs than there are numbers")
}

fn update(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<FloatingIp>(params)?;
    let input = Input::read(request)?;
    let description = input.text("description")?.map(str::to_owned);
    sim.update_meta::<FloatingIp>(id, &input)?;
    if input.has("description") {
        sim.find_mut::<FloatingIp>(id)?.description = description;
    }
    sim.show::<FloatingIp>(200, id)
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let ip = sim.find_at::<FloatingIp>(params)?;
    let id = ip.meta.id;
    if ip.protected {
        return Err(protected(Kind::FloatingIp, "deletion"));
    }
    if ip.server.is_some() {
        return Err(unprocessable("must_be_unassigned", "the floating IP is still assigned to a server"));
    }
    sim.require_unlocked(Kind::FloatingIp, id)?;
    sim.state.floating_ips.remove(&id);
    Ok(SimResponse::empty(204))
}

fn assign_action(id: u64, server: u64) -> NewAction {
    NewAction::new("assign_floating_ip")
        .locking(Kind::FloatingIp, id)
        .about(Kind::Server, server)
        .effect(Effect::FloatingIp(id, Change::Assign(server)))
}

fn assign(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let ip = sim.find_at::<FloatingIp>(params)?;
    let (id, assigned) = (ip.meta.id, ip.server);
    let input = Input::read(request)?;
    let server = input.require("server", input.id("server")?)?;
    sim.find::<Server>(server)?;
    if assigned.is_some() {
        return Err(unprocessable("floating_ip_assigned", "the floating IP is already assigned"));
    }
    sim.require_unlocked(Kind::FloatingIp, id)?;
    sim.require_unlocked(Kind::Server, server)?;
    sim.answer_action(assign_action(id, server))
}

fn unassign(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let ip = sim.find_at::<FloatingIp>(params)?;
    let id = ip.meta.id;
    let Some(server) = ip.server else {
        return Err(unprocessable("service_error", "the floating IP is not assigned to a server"));
    };
    sim.require_unlocked(Kind::FloatingIp, id)?;
    let action = NewAction::new("unassign_floating_ip")
        .locking(Kind::FloatingIp, id)
        .about(Kind::Server, server)
        .effect(Effect::FloatingIp(id, Change::Unassign));
    sim.answer_action(action)
}

fn change_dns_ptr(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let ip = sim.find_at::<FloatingIp>(params)?;
    let id = ip.meta.id;
    let (address, name) = reach::read_dns_ptr(&Input::read(request)?)?;
    reach::require_address_of(&ip.ip, address)?;
    sim.require_unlocked(Kind::FloatingIp, id)?;
    sim.answer_change(
        "change_dns_ptr",
        (Kind::FloatingIp, id),
        Effect::FloatingIp(id, Change::DnsPtr(address, name)),
    )
}

fn change_protection(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<FloatingIp>(params)?;
    let input = Input::read(request)?;
    let protected = input.require("delete", input.boolean("delete")?)?;
    sim.require_unlocked(Kind::FloatingIp, id)?;
    sim.answer_change(
        "change_protection",
        (Kind::FloatingIp, id),
        Effect::FloatingIp(id, Change::Protect(protected)),
    )
}
