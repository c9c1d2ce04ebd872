//! Owns the routes that read actions, the same for every type of object. Knows not how they
//! run.
use super::object::{Action, Subject};
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{Answer, gone, invalid_input, not_found, unknown_path};
use crate::sim::kind::Kind;
use crate::sim::paging::{self, Entry as _, one_of};
use crate::sim::relations;
use crate::sim::routes::Routes;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SORTABLE: [&str; 5] = ["id", "command", "status", "started", "finished"];

/// The types whose actions can be listed.
const COLLECTIONS: [Kind; 9] = [
    Kind::Certificate,
    Kind::Firewall,
    Kind::FloatingIp,
    Kind::Image,
    Kind::LoadBalancer,
    Kind::Network,
    Kind::PrimaryIp,
    Kind::Server,
    Kind::Volume,
];

pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = routes.route("GET /actions", several).route("GET /actions/{id}", one);
    COLLECTIONS.into_iter().fold(routes, |routes, kind| {
        let collection = kind.collection();
        routes
            .route(&format!("GET /{collection}/actions"), of_type)
            .route(&format!("GET /{collection}/actions/{{id}}"), one_of_type)
            .route(&format!("GET /{collection}/{{id}}/actions"), of_object)
            .route(&format!("GET /{collection}/{{id}}/actions/{{action_id}}"), one_of_object)
    })
}

fn several(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let wanted = ids(request)?;
    if wanted.is_empty() {
        let announcement =
            "https://docs.hetzner.cloud/changelog#2023-07-20-actions-list-endpoint-is-deprecated";
        return Err(gone("Listing all actions was removed, ask for single ones by id", announcement));
    }
    let actions = wanted.iter().filter_map(|id| sim.state.actions.get(id));
    let views: Vec<Value> = actions.map(|action| sim.view_of(action)).collect();
    Ok(SimResponse::json(200, json!({ "actions": views })))
}

fn ids(request: &SimRequest) -> Result<BTreeSet<u64>, SimResponse> {
    let wrong = || invalid_input("id", "Not a valid integer.");
    request.query_all("id").into_iter().map(|id| id.parse().map_err(|_| wrong())).collect()
}

fn one(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    show(sim, params, "id", |_| true)
}

fn show(sim: &HetznerSim, params: &Params, hole: &str, fits: impl Fn(&Action) -> bool) -> Answer {
    let action = params.parse(hole).and_then(|id: u64| sim.state.actions.get(&id));
    match action.filter(|action| fits(action)) {
        Some(action) => Ok(SimResponse::json(200, json!({ "action": sim.view_of(action) }))),
        None => Err(not_found("action", params.get(hole).unwrap_or_default())),
    }
}

fn list(sim: &HetznerSim, request: &SimRequest, fits: impl Fn(&Action) -> bool) -> Answer {
    let actions = sim.state.actions.values();
    let actions = actions.filter(|action| fits(action) && one_of(request, "status", action.status_word()));
    paging::answer(request, "actions", &SORTABLE, actions, |action| sim.view_of(action))
}

/// The type that the path's first segment after the base names.
fn kind_of(request: &SimRequest) -> Result<Kind, SimResponse> {
    let segments = request.segments();
    let kind = segments.get(1).and_then(|segment| Kind::of_collection(segment));
    kind.ok_or_else(unknown_path)
}

pub(crate) fn of_type(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let kind = kind_of(request)?;
    let wanted = ids(request)?;
    list(sim, request, |action| {
        action.is_about_any(kind) && (wanted.is_empty() || wanted.contains(&action.id()))
    })
}

pub(crate) fn one_of_type(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let kind = kind_of(request)?;
    show(sim, params, "id", |action| action.is_about_any(kind))
}

fn subject(sim: &HetznerSim, request: &SimRequest, params: &Params) -> Result<Subject, SimResponse> {
    let kind = kind_of(request)?;
    let named = params.get("id").or_else(|| params.get("id_or_name")).unwrap_or_default();
    let id = relations::id_of(sim, kind, named).ok_or_else(|| not_found(kind.title(), named))?;
    Ok((kind, id))
}

pub(crate) fn of_object(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let subject = subject(sim, request, params)?;
    list(sim, request, |action| action.is_about(subject))
}

pub(crate) fn one_of_object(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let subject = subject(sim, request, params)?;
    show(sim, params, "action_id", |action| action.is_about(subject))
}
