//! Owns the changes of a zone as a whole, and its zone file. Knows no single record.
use super::import;
use super::object::{Change, Mode};
use super::routes::{read_primary_nameservers, zone_at};
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, protected};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::rrset::TTL_SECONDS;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::json;

fn start(sim: &mut HetznerSim, command: &'static str, id: u64, change: Change) -> Answer {
    sim.require_unlocked(Kind::Zone, id)?;
    sim.answer_change(command, (Kind::Zone, id), Effect::Zone(id, change))
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
    let nameservers = read_primary_nameservers(&Input::read(request)?)?;
    start(sim, "change_primary_nameservers", id, Change::PrimaryNameservers(nameservers))
}

/// `POST …/change_protection`
pub(super) fn change_protection(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let zone = zone_at(sim, params)?;
    let (id, before) = (zone.meta.id, zone.protected);
    let protect = Input::read(request)?.boolean("delete")?.unwrap_or(before);
    start(sim, "change_protection", id, Change::Protect(protect))
}

/// `POST …/change_ttl`
pub(super) fn change_ttl(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let zone = zone_at(sim, params)?;
    let id = zone.meta.id;
    zone.require_mode(Mode::Primary)?;
    let input = Input::read(request)?;
    let ttl_seconds = input.require("ttl", input.integer_within("ttl", TTL_SECONDS)?)?;
    start(sim, "change_ttl", id, Change::Ttl(ttl_seconds))
}

/// `POST …/import_zonefile`
pub(super) fn import_zonefile(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let zone = zone_at(sim, params)?;
    let id = zone.meta.id;
    zone.require_mode(Mode::Primary)?;
    let input = Input::read(request)?;
    let text = input.required_text("zonefile")?;
    let imported = import::read(text, &zone.meta.name, sim.now)?;
    if let Some(set) = zone.rrsets.values().find(|set| set.protected) {
        return Err(protected(Kind::Zone, &format!("RRSet {}", set.id())));
    }
    let change = Change::Import { ttl_seconds: imported.ttl_seconds, rrsets: imported.rrsets };
    start(sim, "import_zonefile", id, change)
}
