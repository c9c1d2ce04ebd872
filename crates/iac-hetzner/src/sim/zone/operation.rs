//! Owns the changes of a zone as a whole, and its zone file. Knows no single record.
use super::import;
use super::object::{Change, Mode};
use super::routes::{read_primary_nameservers, zone_at};
use crate::sim::action::NewAction;
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, protected};
use crate::sim::fields::{self, Fields};
use crate::sim::kind::Kind;
use crate::sim::rrset::TTL_SECONDS;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::json;

fn start(sim: &mut HetznerSim, command: &'static str, id: u64, change: Change) -> Answer {
    sim.require_unlocked(Kind::Zone, id)?;
    let action = NewAction::new(command).locking(Kind::Zone, id).effect(Effect::Zone(id, change));
    let action = sim.start_action(action);
    sim.action_answer(action)
}

/// `GET /zones/{id_or_name}/zonefile`
pub(super) fn zonefile(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let zone = zone_at(sim, params)?;
    zone.require_mode(Mode::Primary)?;
    let text = import::write(&zone.meta.name, zone.ttl_seconds, &zone.rrsets);
    Ok(SimResponse::json(200, json!({ "zonefile": text })))
}

/// `POST …/change_primary_nameservers`
pub(super) fn change_primary_nameservers(
    sim: &mut HetznerSim,
    request: &SimRequest,
    params: &Params,
) -> Answer {
    let zone = zone_at(sim, params)?;
    let id = zone.meta.id;
    zone.require_mode(Mode::Secondary)?;
    let body = fields::body(request)?;
    let nameservers = read_primary_nameservers(&Fields::of(&body)?)?;
    start(sim, "change_primary_nameservers", id, Change::PrimaryNameservers(nameservers))
}

/// `POST …/change_protection`
pub(super) fn change_protection(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let zone = zone_at(sim, params)?;
    let (id, before) = (zone.meta.id, zone.protected);
    let body = fields::body(request)?;
    let protect = Fields::of(&body)?.boolean("delete")?.unwrap_or(before);
    start(sim, "change_protection", id, Change::Protect(protect))
}

/// `POST …/change_ttl`
pub(super) fn change_ttl(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let zone = zone_at(sim, params)?;
    let id = zone.meta.id;
    zone.require_mode(Mode::Primary)?;
    let body = fields::body(request)?;
    let fields = Fields::of(&body)?;
    let ttl_seconds = fields.require("ttl", fields.integer("ttl", TTL_SECONDS)?)?;
    start(sim, "change_ttl", id, Change::Ttl(ttl_seconds))
}

/// `POST …/import_zonefile`
pub(super) fn import_zonefile(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let zone = zone_at(sim, params)?;
    let id = zone.meta.id;
    zone.require_mode(Mode::Primary)?;
    let body = fields::body(request)?;
    let fields = Fields::of(&body)?;
    let text = fields.require("zonefile", fields.text("zonefile")?)?;
    let imported = import::read(text, &zone.meta.name, sim.now)?;
    if let Some(set) = zone.rrsets.values().find(|set| set.protected) {
        return Err(protected(Kind::Zone, &format!("RRSet {}", set.id())));
    }
    let change = Change::Import { ttl_seconds: imported.ttl_seconds, rrsets: imported.rrsets };
    start(sim, "import_zonefile", id, change)
}
