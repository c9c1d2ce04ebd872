//! Owns a server's smaller settings: protection, backups, rescue system, ISO, placement
//! group. Knows neither images nor addresses.
use super::change::Change;
use super::create::password;
use super::object::Server;
use super::routes::{begin, begin_optional, begin_without_body, start};
use crate::sim::action::NewAction;
use crate::sim::catalogue;
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, invalid_input, not_found, unprocessable};
use crate::sim::kind::Kind;
use crate::sim::placement_group;
use crate::sim::reach;
use crate::sim::ssh_key::SshKey;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::json;

/// When backups are made; the real API picks a window at random.
const BACKUP_WINDOW: &str = "22-02";

pub(super) fn change_protection(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let server = sim.find::<Server>(id)?;
    let delete = input.boolean("delete")?.unwrap_or(server.delete_protected);
    let rebuild = input.boolean("rebuild")?.unwrap_or(server.rebuild_protected);
    if delete != rebuild {
        return Err(invalid_input("rebuild", "delete and rebuild must have the same value"));
    }
    start(sim, id, "change_protection", Change::Protect(delete, rebuild))
}

pub(super) fn enable_backup(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = begin_without_body(sim, params)?;
    start(sim, id, "enable_backup", Change::Backup(Some(BACKUP_WINDOW.to_owned())))
}

pub(super) fn disable_backup(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = begin_without_body(sim, params)?;
    sim.state.images.retain(|_, image| image.bound_to != Some(id));
    start(sim, id, "disable_backup", Change::Backup(None))
}

pub(super) fn enable_rescue(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin_optional(sim, request, params)?;
    input.choice("type", &["linux64"])?;
    for key in input.integers("ssh_keys")?.unwrap_or_default() {
        sim.find::<SshKey>(key)?;
    }
    if sim.find::<Server>(id)?.rescue_enabled {
        return Err(unprocessable("service_error", "the rescue system is enabled already"));
    }
    let root_password = password(sim, id);
    let action = NewAction::new("enable_rescue")
        .locking(Kind::Server, id)
        .effect(Effect::Server(id, Change::Rescue(true)));
    let action = sim.start_action(action);
    let body = json!({ "root_password": root_password, "action": sim.action_view(action) });
    Ok(SimResponse::json(201, body))
}

pub(super) fn disable_rescue(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = begin_without_body(sim, params)?;
    start(sim, id, "disable_rescue", Change::Rescue(false))
}

pub(super) fn attach_iso(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let wanted = input.required_id_or_name("iso")?;
    let iso = catalogue::iso(&wanted).ok_or_else(|| not_found("iso", &wanted))?;
    let architecture =
        catalogue::server_type(&sim.find::<Server>(id)?.server_type).map(catalogue::ServerType::architecture);
    if architecture != Some(iso.architecture) {
        return Err(input.refuse("iso", "the ISO is for another architecture"));
    }
    start(sim, id, "attach_iso", Change::Iso(Some(iso.id)))
}

pub(super) fn detach_iso(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = begin_without_body(sim, params)?;
    start(sim, id, "detach_iso", Change::Iso(None))
}

pub(super) fn add_to_placement_group(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, input) = begin(sim, request, params)?;
    let group = input.required_integer("placement_group")?;
    placement_group::require_room(sim, group)?;
    if sim.find::<Server>(id)?.placement_group.is_some() {
        let message = format!("server {id} is already part of a placement group");
        return Err(unprocessable("already_in_placement_group", message));
    }
    reach::require_off(sim, id)?;
    let action = NewAction::new("add_to_placement_group")
        .locking(Kind::Server, id)
        .about(Kind::PlacementGroup, group)
        .effect(Effect::Server(id, Change::Group(Some(group))));
    sim.answer_action(action)
}

pub(super) fn remove_from_placement_group(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = begin_without_body(sim, params)?;
    let Some(group) = sim.find::<Server>(id)?.placement_group else {
        let message = format!("server {id} is not part of a placement group");
        return Err(unprocessable("not_in_placement_group", message));
    };
    let action = NewAction::new("remove_from_placement_group")
        .locking(Kind::Server, id)
        .about(Kind::PlacementGroup, group)
        .effect(Effect::Server(id, Change::Group(None)));
    sim.answer_action(action)
}
