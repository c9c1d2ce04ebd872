//! Owns what clients do with resource record sets. Knows no types of records.
use super::record::check_name;
use super::set::{Record, RrSet, RrSets, TTL_SECONDS, insert_new, read_records, read_set};
use crate::sim::action::NewAction;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{Answer, error, invalid_input, protected};
use crate::sim::input::Input;
use crate::sim::kind::Kind;
use crate::sim::label::Labels;
use crate::sim::paging::{self, Entry, SortKey, one_of};
use crate::sim::resource::SORTABLE;
use crate::sim::routes::Routes;
use crate::sim::zone::{Mode, SOA_ID, Zone, zone_at};
use iac_testkit::sim::{Params, SimRequest, SimResponse, SimTime};
use serde_json::{Value, json};

/// The routes of resource record sets.
pub(crate) fn routes(routes: Routes) -> Routes {
    const ONE: &str = "/zones/{id_or_name}/rrsets/{rr_name}/{rr_type}";
    let routes = routes
        .route("GET /zones/{id_or_name}/rrsets", list)
        .route("POST /zones/{id_or_name}/rrsets", create)
        .route(&format!("GET {ONE}"), get)
        .route(&format!("PUT {ONE}"), update)
        .route(&format!("DELETE {ONE}"), delete);
    routes
        .route(&format!("POST {ONE}/actions/change_protection"), change_protection)
        .route(&format!("POST {ONE}/actions/change_ttl"), change_ttl)
        .route(&format!("POST {ONE}/actions/set_records"), set_records)
        .route(&format!("POST {ONE}/actions/add_records"), add_records)
        .route(&format!("POST {ONE}/actions/remove_records"), remove_records)
        .route(&format!("POST {ONE}/actions/update_records"), update_records)
}

impl Entry for &RrSet {
    const PER_PAGE_MAX: u64 = 100;

    fn id(&self) -> u64 {
        0
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn labels(&self) -> Option<&Labels> {
        Some(&self.labels)
    }

    fn created(&self) -> SimTime {
        self.created
    }

    fn sort_key(&self, field: &str) -> SortKey {
        match field {
            "created" => SortKey::Number(self.created.unix_ms()),
            "name" => SortKey::Text(self.name.clone()),
            _ => SortKey::Text(RrSet::id(self)),
        }
    }
}

/// The primary zone of the path.
fn primary_zone_at<'a>(sim: &'a HetznerSim, params: &Params) -> Result<&'a Zone, SimResponse> {
    let zone = zone_at(sim, params)?;
    zone.require_mode(Mode::Primary)?;
    Ok(zone)
}

fn id_at(params: &Params) -> String {
    let part = |name: &str| params.get(name).unwrap_or_default();
    format!("{}/{}", part("rr_name"), part("rr_type"))
}

fn set_not_found(id: &str) -> SimResponse {
    error(404, "not_found", format!("RRSet '{id}' not found"), Value::Null)
}

/// The zone's id and a copy of the path's set, free to be changed.
fn begin(sim: &HetznerSim, params: &Params) -> Result<(u64, RrSet), SimResponse> {
    let zone = primary_zone_at(sim, params)?;
    let id = id_at(params);
    let set = zone.rrsets.get(&id).cloned().ok_or_else(|| set_not_found(&id))?;
    Ok((zone.meta.id, set))
}

/// As [`begin`], for what a protected set refuses.
fn begin_change(sim: &HetznerSim, params: &Params) -> Result<(u64, RrSet), SimResponse> {
    let (zone_id, set) = begin(sim, params)?;
    if set.protected {
        return Err(protected(Kind::Zone, &format!("RRSet {}", set.id())));
    }
    sim.require_unlocked(Kind::Zone, zone_id)?;
    Ok((zone_id, set))
}

/// Changes a zone's sets and answers the action's id. Sets change at once, and several of one zone
/// may change at the same time: only changes of the whole zone hold it.
fn change_sets(
    sim: &mut HetznerSim,
    command: &'static str,
    zone_id: u64,
    change: impl FnOnce(&mut RrSets) -> Result<(), SimResponse>,
) -> Result<u64, SimResponse> {
    let now = sim.now;
    let zone = sim.find_mut::<Zone>(zone_id)?;
    change(&mut zone.rrsets)?;
    zone.raise_serial(now);
    Ok(sim.start_action(NewAction::new(command).about(Kind::Zone, zone_id)))
}

/// Replaces a set and answers the action.
fn replace(sim: &mut HetznerSim, command: &'static str, zone_id: u64, set: RrSet) -> Answer {
    let action = change_sets(sim, command, zone_id, |sets| {
        sets.insert(set.id(), set);
        Ok(())
    })?;
    sim.action_answer(action)
}

fn show(sim: &HetznerSim, zone_id: u64, id: &str) -> Result<Value, SimResponse> {
    let set = sim.find::<Zone>(zone_id)?.rrsets.get(id);
    set.map(|set| set.view(zone_id)).ok_or_else(|| set_not_found(id))
}

fn list(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let zone = primary_zone_at(sim, params)?;
    let sets = zone.rrsets.values().filter(|set| one_of(request, "type", &set.kind));
    paging::answer(request, "rrsets", &SORTABLE, sets, |set| set.view(zone.meta.id))
}

fn get(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let (zone_id, set) = begin(sim, params)?;
    Ok(SimResponse::json(200, json!({ "rrset": set.view(zone_id) })))
}

fn create(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let zone = primary_zone_at(sim, params)?;
    let zone_id = zone.meta.id;
    let set = read_set(&Input::read(request)?, &zone.meta.name, sim.now)?;
    sim.require_unlocked(Kind::Zone, zone_id)?;
    let id = set.id();
    let action = change_sets(sim, "create_rrset", zone_id, |sets| insert_new(sets, set))?;
    let body = json!({ "rrset": show(sim, zone_id, &id)?, "action": sim.action_view(action) });
    Ok(SimResponse::json(201, body))
}

fn update(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (zone_id, set) = begin(sim, params)?;
    let labels = Input::read(request)?.labels()?;
    let stored = sim.find_mut::<Zone>(zone_id)?.rrsets.get_mut(&set.id());
    if let (Some(stored), Some(labels)) = (stored, labels) {
        stored.labels = labels;
    }
    Ok(SimResponse::json(200, json!({ "rrset": show(sim, zone_id, &set.id())? })))
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let (zone_id, set) = begin_change(sim, params)?;
    require_deletable(&set.id())?;
    let action = change_sets(sim, "delete_rrset", zone_id, |sets| {
        sets.remove(&set.id());
        Ok(())
    })?;
    sim.action_answer(action)
}

/// A zone keeps its start of authority.
fn require_deletable(id: &str) -> Result<(), SimResponse> {
    if id == SOA_ID {
        return Err(invalid_input("type", "the SOA RRSet of a zone cannot be deleted"));
    }
    Ok(())
}

fn change_protection(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (zone_id, mut set) = begin(sim, params)?;
    let input = Input::read(request)?;
    set.protected = input.require("change", input.boolean("change")?)?;
    sim.require_unlocked(Kind::Zone, zone_id)?;
    sim.find_mut::<Zone>(zone_id)?.rrsets.insert(set.id(), set);
    sim.answer_action(NewAction::new("change_rrset_protection").about(Kind::Zone, zone_id))
}

fn change_ttl(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (zone_id, mut set) = begin_change(sim, params)?;
    let input = Input::read(request)?;
    if !input.has("ttl") {
        return Err(input.missing("ttl"));
    }
    set.ttl_seconds = input.integer_within("ttl", TTL_SECONDS)?;
    replace(sim, "change_rrset_ttl", zone_id, set)
}

fn set_records(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (zone_id, mut set) = begin_change(sim, params)?;
    set.records = read_records(&Input::read(request)?)?;
    set.check()?;
    replace(sim, "set_rrset_records", zone_id, set)
}

fn add_records(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let zone = primary_zone_at(sim, params)?;
    let input = Input::read(request)?;
    let ttl_seconds = input.integer_within("ttl", TTL_SECONDS)?;
    let records = read_records(&input)?;
    if !zone.rrsets.contains_key(&id_at(params)) {
        let zone_id = zone.meta.id;
        let set = new_set(zone, params, ttl_seconds, records, sim.now)?;
        sim.require_unlocked(Kind::Zone, zone_id)?;
        let action = change_sets(sim, "add_rrset_records", zone_id, |sets| insert_new(sets, set))?;
        return sim.action_answer(action);
    }
    let (zone_id, mut set) = begin_change(sim, params)?;
    match (set.ttl_seconds, ttl_seconds) {
        (Some(old), Some(new)) if old != new => {
            return Err(invalid_input("ttl", "must be the same as the TTL of the existing RRSet"));
        }
        (old, new) => set.ttl_seconds = old.or(new),
    }
    set.records.extend(records);
    set.check()?;
    replace(sim, "add_rrset_records", zone_id, set)
}

/// The set of the path, which is not there yet.
fn new_set(
    zone: &Zone,
    params: &Params,
    ttl_seconds: Option<u64>,
    records: Vec<Record>,
    now: SimTime,
) -> Result<RrSet, SimResponse> {
    let (name, kind) = (params.get("rr_name").unwrap_or_default(), params.get("rr_type").unwrap_or_default());
    if !super::TYPES.contains(&kind) {
        return Err(set_not_found(&id_at(params)));
    }
    check_name(name, &zone.meta.name).map_err(|reason| invalid_input("name", reason))?;
    let mut set = RrSet::plain(name, kind, &[], now);
    set.ttl_seconds = ttl_seconds;
    set.records = records;
    set.check()?;
    Ok(set)
}

/// The place of each record of a request in the set.
fn places(set: &RrSet, records: &[Record]) -> Result<Vec<usize>, SimResponse> {
    let place = |(index, record): (usize, &Record)| {
        let at = set.records.iter().position(|other| other.value == record.value);
        at.ok_or_else(|| invalid_input(&format!("records.{index}.value"), "is not in the RRSet"))
    };
    records.iter().enumerate().map(place).collect()
}

fn remove_records(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (zone_id, mut set) = begin_change(sim, params)?;
    let places = places(&set, &read_records(&Input::read(request)?)?)?;
    let kept = set.records.iter().enumerate().filter(|(index, _)| !places.contains(index));
    set.records = kept.map(|(_, record)| record.clone()).collect();
    if !set.records.is_empty() {
        return replace(sim, "remove_rrset_records", zone_id, set);
    }
    require_deletable(&set.id())?;
    let action = change_sets(sim, "remove_rrset_records", zone_id, |sets| {
        sets.remove(&set.id());
        Ok(())
    })?;
    sim.action_answer(action)
}

fn update_records(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let (zone_id, mut set) = begin_change(sim, params)?;
    let input = Input::read(request)?;
    for record in input.objects("records")?.unwrap_or_default() {
        if !record.has("comment") {
            return Err(record.missing("comment"));
        }
    }
    let records = read_records(&input)?;
    for (at, record) in places(&set, &records)?.into_iter().zip(records) {
        if let Some(stored) = set.records.get_mut(at) {
            stored.comment = record.comment;
        }
    }
    sim.find_mut::<Zone>(zone_id)?.rrsets.insert(set.id(), set);
    let action = sim.start_action(NewAction::new("update_rrset_records").about(Kind::Zone, zone_id));
    // The only action of its kind that the description answers with 200.
    Ok(SimResponse::json(200, json!({ "action": sim.action_view(action) })))
}
