//! Owns starting and stopping servers, and their passwords and consoles. Knows nothing of what
//! runs on them.
use super::change::Change;
use super::create::password;
use super::object::{Server, Status};
use super::routes::{begin_without_body, start};
use crate::sim::action::NewAction;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{Answer, service_error};
use crate::sim::kind::Kind;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::json;

/// Shows `now` at once and `then` at the action's end.
fn turn(
    sim: &mut HetznerSim,
    params: &Params,
    command: &'static str,
    now: Option<Status>,
    then: Status,
) -> Answer {
    let id = begin_without_body(sim, params)?;
    let server = sim.find_mut::<Server>(id)?;
    // Nothing to do: the action still comes, as it does in the real API.
    if server.status != then
        && let Some(now) = now
    {
        server.status = now;
    }
    start(sim, id, command, Change::Status(then))
}

pub(super) fn poweron(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    turn(sim, params, "start_server", Some(Status::Starting), Status::Running)
}

pub(super) fn poweroff(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    turn(sim, params, "stop_server", Some(Status::Stopping), Status::Off)
}

/// The simulated guest obeys, but only after the action: its end says no more than that the
/// request was sent.
pub(super) fn shutdown(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    require_running(sim, params)?;
    turn(sim, params, "shutdown_server", None, Status::Off)
}

pub(super) fn reboot(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    require_running(sim, params)?;
    turn(sim, params, "reboot_server", None, Status::Running)
}

pub(super) fn reset(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    require_running(sim, params)?;
    turn(sim, params, "reset_server", None, Status::Running)
}

fn require_running(sim: &HetznerSim, params: &Params) -> Result<(), SimResponse> {
    let id = begin_without_body(sim, params)?;
    if sim.find::<Server>(id)?.status == Status::Running {
        return Ok(());
    }
    Err(service_error(format!("server with ID '{id}' is not running")))
}

pub(super) fn reset_password(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    require_running(sim, params)?;
    let id = begin_without_body(sim, params)?;
    let root_password = password(sim, id);
    let action = sim.start_action(NewAction::new("reset_password").locking(Kind::Server, id));
    let body = json!({ "root_password": root_password, "action": sim.action_view(action) });
    Ok(SimResponse::json(201, body))
}

pub(super) fn request_console(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = begin_without_body(sim, params)?;
    let password = password(sim, id);
    let action = sim.start_action(NewAction::new("request_console").about(Kind::Server, id));
    let body = json!({
        "wss_url": format!("wss://console.invalid/?server_id={id}"),
        "password": password,
        "action": sim.action_view(action),
    });
    Ok(SimResponse::json(201, body))
}
