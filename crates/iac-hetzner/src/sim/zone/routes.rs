//! Owns listing, creating, labelling and deleting zones. Knows no records.
use super::import;
use super::object::{Change, Mode, PrimaryNameserver, Zone};
use super::operation;
use crate::sim::action::{self, NewAction};
use crate::sim::cloud::HetznerSim;
use crate::sim::effect::Effect;
use crate::sim::error::{Answer, invalid_input, not_found, protected};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::paging::{self, one_of};
use crate::sim::resource::{Meta, Resource as _, SORTABLE};
use crate::sim::routes::Routes;
use crate::sim::rrset::{RrSets, TTL_SECONDS, check_zone_name, insert_new, read_set};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use iac_testkit::sim::{Params, SimRequest, SimResponse, SimTime};
use serde_json::json;
use std::net::IpAddr;

const TTL_SECONDS_DEFAULT: u64 = 3_600;
const DNS_PORT: u16 = 53;
const PRIMARY_NAMESERVERS_MAX: usize = 10;
const TSIG_ALGORITHMS: [&str; 3] = ["hmac-md5", "hmac-sha1", "hmac-sha256"];

/// The routes of zones.
pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = routes
        .route("GET /zones", list)
        .route("POST /zones", create)
        .route("GET /zones/{id_or_name}", get)
        .route("PUT /zones/{id_or_name}", update)
        .route("DELETE /zones/{id_or_name}", delete)
        .route("GET /zones/{id_or_name}/zonefile", operation::zonefile);
    let routes = routes
        .route("GET /zones/actions", action::of_type)
        .route("GET /zones/actions/{id}", action::one_of_type)
        .route("GET /zones/{id_or_name}/actions", action::of_object)
        .route("GET /zones/{id_or_name}/actions/{action_id}", action::one_of_object);
    routes
        .route(
            "POST /zones/{id_or_name}/actions/change_primary_nameservers",
            operation::change_primary_nameservers,
        )
        .route("POST /zones/{id_or_name}/actions/change_protection", operation::change_protection)
        .route("POST /zones/{id_or_name}/actions/change_ttl", operation::change_ttl)
        .route("POST /zones/{id_or_name}/actions/import_zonefile", operation::import_zonefile)
}

/// The zone that the path's `{id_or_name}` names.
pub(crate) fn zone_at<'a>(sim: &'a HetznerSim, params: &Params) -> Result<&'a Zone, SimResponse> {
    let wanted = params.get("id_or_name").unwrap_or_default();
    sim.find_by_id_or_name::<Zone>(wanted).ok_or_else(|| not_found(Kind::Zone.title(), wanted))
}

fn list(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let zones = sim.visible::<Zone>().filter(|zone| one_of(request, "mode", zone.mode.word()));
    paging::answer(request, "zones", &SORTABLE, zones, |zone| zone.view(sim))
}

fn get(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = zone_at(sim, params)?.meta.id;
    sim.show::<Zone>(200, id)
}

fn update(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = zone_at(sim, params)?.meta.id;
    if let Some(labels) = Input::read(request)?.labels()? {
        sim.find_mut::<Zone>(id)?.meta.labels = labels;
    }
    sim.show::<Zone>(200, id)
}

fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let input = Input::read(request)?;
    let name = input.required_text("name")?.to_owned();
    check_zone_name(&name).map_err(|reason| input.refuse("name", reason))?;
    let mode = Mode::of(input.require("mode", input.choice("mode", &["primary", "secondary"])?)?);
    let ttl_seconds = input.integer_within("ttl", TTL_SECONDS)?;
    let labels = input.labels()?.unwrap_or_default();
    let (primary_nameservers, file_ttl_seconds, rrsets) = match mode {
        Mode::Primary => {
            let (file_ttl_seconds, rrsets) = first_sets(&input, &name, sim.now)?;
            (Vec::new(), file_ttl_seconds, rrsets)
        }
        Mode::Secondary => (read_primary_nameservers(&input)?, None, RrSets::new()),
    };
    sim.require_free_name::<Zone>(&name, None)?;
    sim.require_quota::<Zone>(1)?;
    let id = sim.state.next_id();
    let zone = Zone {
        meta: Meta { id, name, labels, created: sim.now },
        mode,
        ttl_seconds: ttl_seconds.or(file_ttl_seconds).unwrap_or(TTL_SECONDS_DEFAULT),
        protected: false,
        primary_nameservers,
        rrsets,
        checked: None,
        deleting: false,
    };
    sim.state.zones.insert(id, zone);
    let action =
        NewAction::new("create_zone").locking(Kind::Zone, id).effect(Effect::Zone(id, Change::Ready));
    let action = sim.start_action(action);
    let view = sim.find::<Zone>(id)?.view(sim);
    Ok(SimResponse::json(201, json!({ "zone": view, "action": sim.action_view(action) })))
}

/// The records of a new primary zone: those of the request, and the authority's.
fn first_sets(input: &Input, zone_name: &str, now: SimTime) -> Result<(Option<u64>, RrSets), SimResponse> {
    let wanted = input.objects("rrsets")?.unwrap_or_default();
    if let Some(text) = input.text("zonefile")? {
        if !wanted.is_empty() {
            return Err(invalid_input("rrsets", "must be empty when a zonefile is given"));
        }
        let imported = import::read(text, zone_name, now)?;
        return Ok((imported.ttl_seconds, imported.rrsets));
    }
    let mut rrsets = RrSets::new();
    for set in &wanted {
        insert_new(&mut rrsets, read_set(set, zone_name, now)?)?;
    }
    for (id, set) in Zone::first_sets(now) {
        if !rrsets.contains_key(&id) {
            insert_new(&mut rrsets, set)?;
        }
    }
    Ok((None, rrsets))
}

/// The nameservers that a secondary zone is transferred from.
pub(super) fn read_primary_nameservers(input: &Input) -> Result<Vec<PrimaryNameserver>, SimResponse> {
    let nameservers = input.objects("primary_nameservers")?;
    let nameservers = input.require("primary_nameservers", nameservers)?;
    if nameservers.is_empty() || nameservers.len() > PRIMARY_NAMESERVERS_MAX {
        let reason = format!("must have between 1 and {PRIMARY_NAMESERVERS_MAX} items");
        return Err(input.refuse("primary_nameservers", reason));
    }
    nameservers.iter().map(read_primary_nameserver).collect()
}

fn read_primary_nameserver(input: &Input) -> Result<PrimaryNameserver, SimResponse> {
    let address = input.required_text("address")?;
    if address.parse::<IpAddr>().is_err() {
        return Err(input.refuse("address", "is not a valid IP address"));
    }
    let tsig_key = input.text("tsig_key")?.filter(|key| !key.is_empty()).map(str::to_owned);
    let tsig_algorithm = input.choice("tsig_algorithm", &TSIG_ALGORITHMS)?.map(str::to_owned);
    if tsig_key.as_ref().is_some_and(|key| STANDARD.decode(key).is_err()) {
        return Err(input.refuse("tsig_key", "must be base64 encoded"));
    }
    if tsig_key.is_some() != tsig_algorithm.is_some() {
        return Err(input.refuse("tsig_key", "is only allowed together with tsig_algorithm"));
    }
    let port = input.port("port")?.unwrap_or(DNS_PORT);
    Ok(PrimaryNameserver { address: address.to_owned(), port, tsig_key, tsig_algorithm })
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let zone = zone_at(sim, params)?;
    let id = zone.meta.id;
    if zone.protected {
        return Err(protected(Kind::Zone, "deletion"));
    }
    sim.require_unlocked(Kind::Zone, id)?;
    sim.find_mut::<Zone>(id)?.deleting = true;
    sim.answer_change("delete_zone", (Kind::Zone, id), Effect::Zone(id, Change::Delete))
}
