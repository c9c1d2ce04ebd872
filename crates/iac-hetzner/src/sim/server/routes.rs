//! Owns the table of a server's routes, its list, its update and its deletion. Knows
//! no other handler's inside.
use super::change::Change;
use super::object::Server;
use super::{address, create, image, metrics, network, power, setting};
use crate::sim::action::NewAction;
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, protected};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::paging::{self, one_of};
use crate::sim::resource::{self, Resource, SORTABLE, require_hostname};
use crate::sim::routes::Routes;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::json;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /servers", list)
        .route("POST /servers", create::create)
        .route("GET /servers/{id}", resource::get::<Server>)
        .route("PUT /servers/{id}", update)
        .route("DELETE /servers/{id}", delete)
        .route("GET /servers/{id}/metrics", metrics::metrics)
        .route("POST /servers/{id}/actions/add_to_placement_group", setting::add_to_placement_group)
        .route("POST /servers/{id}/actions/attach_iso", setting::attach_iso)
        .route("POST /servers/{id}/actions/attach_to_network", network::attach)
        .route("POST /servers/{id}/actions/change_alias_ips", network::change_alias_ips)
        .route("POST /servers/{id}/actions/change_dns_ptr", address::change_dns_ptr)
        .route("POST /servers/{id}/actions/change_protection", setting::change_protection)
        .route("POST /servers/{id}/actions/change_type", image::change_type)
        .route("POST /servers/{id}/actions/create_image", image::create_image)
        .route("POST /servers/{id}/actions/detach_from_network", network::detach)
        .route("POST /servers/{id}/actions/detach_iso", setting::detach_iso)
        .route("POST /servers/{id}/actions/disable_backup", setting::disable_backup)
        .route("POST /servers/{id}/actions/disable_rescue", setting::disable_rescue)
        .route("POST /servers/{id}/actions/enable_backup", setting::enable_backup)
        .route("POST /servers/{id}/actions/enable_rescue", setting::enable_rescue)
        .route("POST /servers/{id}/actions/poweroff", power::poweroff)
        .route("POST /servers/{id}/actions/poweron", power::poweron)
        .route("POST /servers/{id}/actions/reboot", power::reboot)
        .route("POST /servers/{id}/actions/rebuild", image::rebuild)
        .route("POST /servers/{id}/actions/remove_from_placement_group", setting::remove_from_placement_group)
        .route("POST /servers/{id}/actions/request_console", power::request_console)
        .route("POST /servers/{id}/actions/reset", power::reset)
        .route("POST /servers/{id}/actions/reset_password", power::reset_password)
        .route("POST /servers/{id}/actions/shutdown", power::shutdown)
}

fn list(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let servers = sim.visible::<Server>().filter(|server| one_of(request, "status", server.status.word()));
    paging::answer(request, "servers", &SORTABLE, servers, |server| server.view(sim))
}

fn update(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Server>(params)?;
    let input = Input::read(request)?;
    if let Some(name) = input.text("name")? {
        require_hostname(name)?;
    }
    sim.update_meta::<Server>(id, &input)?;
    sim.show::<Server>(200, id)
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<Server>(params)?;
    if sim.find::<Server>(id)?.delete_protected {
        return Err(protected(Kind::Server, "deletion"));
    }
    sim.require_unlocked(Kind::Server, id)?;
    sim.find_mut::<Server>(id)?.deleting = true;
    let action = NewAction::new("delete_server").locking(Kind::Server, id);
    let action = sim.start_action(action.effect(Effect::Server(id, Change::Removed)));
    Ok(SimResponse::json(200, json!({ "action": sim.action_view(action) })))
}

/// The server of the path, when no action holds it, and the body.
pub(super) fn begin(
    sim: &HetznerSim,
    request: &SimRequest,
    params: &Params,
) -> Result<(u64, Input), SimResponse> {
    let id = sim.id_at::<Server>(params)?;
    let input = Input::read(request)?;
    sim.require_unlocked(Kind::Server, id)?;
    Ok((id, input))
}

/// As [`begin`], when the body may be missing.
pub(super) fn begin_optional(
    sim: &HetznerSim,
    request: &SimRequest,
    params: &Params,
) -> Result<(u64, Input), SimResponse> {
    let id = sim.id_at::<Server>(params)?;
    let input = Input::read_optional(request)?;
    sim.require_unlocked(Kind::Server, id)?;
    Ok((id, input))
}

/// As [`begin`], for requests without a body.
pub(super) fn begin_without_body(sim: &HetznerSim, params: &Params) -> Result<u64, SimResponse> {
    let id = sim.id_at::<Server>(params)?;
    sim.require_unlocked(Kind::Server, id)?;
    Ok(id)
}

/// Starts a change of a server that holds it until the end, and answers the action.
pub(super) fn start(sim: &mut HetznerSim, id: u64, command: &'static str, change: Change) -> Answer {
    sim.answer_change(command, (Kind::Server, id), Effect::Server(id, change))
}
