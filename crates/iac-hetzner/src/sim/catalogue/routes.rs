//! Owns the routes of the catalogue, apart from images: a project adds to those.
//! Knows no product's fields.
use super::iso::ISOS;
use super::location::{Datacenter, LOCATIONS, Location, location_of_datacenter};
use super::{
    Iso, LOAD_BALANCER_TYPES, LoadBalancerType, SERVER_TYPES, ServerType, iso, load_balancer_type,
    location_by_id_or_name, server_type,
};
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{Answer, gone, not_found};
use crate::sim::paging::{answer, answer_with, one_of};
use crate::sim::routes::Routes;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::{Map, Value, json};

const SORTABLE: [&str; 2] = ["id", "name"];
const DATACENTERS_GONE: &str = "https://docs.hetzner.cloud/changelog#datacenters-removed";
/// The datacenter that the list recommends.
const RECOMMENDED_DATACENTER: u64 = 3;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /locations", locations)
        .route("GET /locations/{id}", one_location)
        .route("GET /datacenters", datacenters)
        .route("GET /datacenters/{id}", one_datacenter)
        .route("GET /server_types", server_types)
        .route("GET /server_types/{id}", one_server_type)
        .route("GET /load_balancer_types", load_balancer_types)
        .route("GET /load_balancer_types/{id}", one_load_balancer_type)
        .route("GET /isos", isos)
        .route("GET /isos/{id}", one_iso)
}

/// What a numeric `{id}` names; a name does not do.
fn named<T>(
    params: &Params,
    what: &str,
    find: impl FnOnce(&str) -> Option<&'static T>,
) -> Result<&'static T, SimResponse> {
    let id = params.get("id").unwrap_or_default();
    let found = if id.parse::<u64>().is_ok() { find(id) } else { None };
    found.ok_or_else(|| not_found(what, id))
}

fn locations(_: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    answer(request, "locations", &SORTABLE, LOCATIONS.iter(), |location| location.view())
}

fn one_location(_: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let location: &Location = named(params, "location", location_by_id_or_name)?;
    Ok(SimResponse::json(200, json!({ "location": location.view() })))
}

fn require_datacenters(sim: &HetznerSim) -> Result<(), SimResponse> {
    if sim.config.datacenters {
        return Ok(());
    }
    Err(gone("Datacenters were removed on 2026-10-01, use locations", DATACENTERS_GONE))
}

fn datacenters(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    require_datacenters(sim)?;
    let mut beside = Map::new();
    beside.insert("recommendation".to_owned(), json!(RECOMMENDED_DATACENTER));
    let entries = LOCATIONS.iter().map(Datacenter);
    let view = |datacenter: &Datacenter| datacenter.0.datacenter_view();
    answer_with(request, "datacenters", &SORTABLE, entries, view, beside)
}

fn one_datacenter(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    require_datacenters(sim)?;
    let location = named(params, "datacenter", location_of_datacenter)?;
    Ok(SimResponse::json(200, json!({ "datacenter": location.datacenter_view() })))
}

fn server_types(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let view = |type_: &&'static ServerType| type_.view(&sim.config.sold_out);
    answer(request, "server_types", &SORTABLE, SERVER_TYPES.iter(), view)
}

fn one_server_type(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let type_ = named(params, "server type", server_type)?;
    Ok(SimResponse::json(200, json!({ "server_type": type_.view(&sim.config.sold_out) })))
}

fn load_balancer_types(_: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let view = |type_: &&'static LoadBalancerType| type_.view();
    answer(request, "load_balancer_types", &SORTABLE, LOAD_BALANCER_TYPES.iter(), view)
}

fn one_load_balancer_type(_: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let type_ = named(params, "load balancer type", load_balancer_type)?;
    Ok(SimResponse::json(200, json!({ "load_balancer_type": type_.view() })))
}

fn isos(_: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let entries = ISOS.iter().filter(|iso| one_of(request, "architecture", iso.architecture));
    answer(request, "isos", &SORTABLE, entries, |iso: &&'static Iso| iso.view())
}

fn one_iso(_: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let iso = named(params, "iso", iso)?;
    let view: Value = iso.view();
    Ok(SimResponse::json(200, json!({ "iso": view })))
}
