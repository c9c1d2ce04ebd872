//! The endpoints: what each takes, refuses and answers. Knows nothing of connections.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use iac_testkit::sim::{Params, Router, SimRequest, SimResponse};
use serde::Deserialize;
use serde_json::json;

use super::cloud::{BASE_PATH, Shelf, Sim, refused};

/// Objects on a page that does not say how many it wants.
const PER_PAGE_DEFAULT: usize = 25;
/// Largest shelf, in boards.
const SIZE_MAX: u32 = 100;

type Answer = Result<SimResponse, SimResponse>;

pub(super) static ROUTER: LazyLock<Router<Sim>> = LazyLock::new(|| {
    Router::under(BASE_PATH)
        .route("GET /account", account)
        .route("GET /shelves", list)
        .route("POST /shelves", create)
        .route("GET /shelves/{id}", read)
        .route("PUT /shelves/{id}", update)
        .route("DELETE /shelves/{id}", delete)
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    size: u32,
    zone: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

fn account(_: &mut Sim, _: &SimRequest, _: &Params) -> Answer {
    Ok(SimResponse::json(200, json!({ "id": "account-1" })))
}

fn list(cloud: &mut Sim, request: &SimRequest, _: &Params) -> Answer {
    let number = |name, default: usize| request.query(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (page, per_page) = (number("page", 1).max(1), number("per_page", PER_PAGE_DEFAULT).max(1));
    let wanted = request.query("label").and_then(|text| text.split_once('='));
    let has_label = |shelf: &&Shelf| {
        wanted.is_none_or(|(key, value)| shelf.labels.get(key).is_some_and(|found| found == value))
    };
    let all: Vec<&Shelf> = cloud.shelves.values().filter(has_label).collect();
    let shown: Vec<&&Shelf> = all.iter().skip((page - 1) * per_page).take(per_page).collect();
    let next_page = (all.len() > page * per_page).then_some(page + 1);
    Ok(SimResponse::json(200, json!({ "shelves": shown, "next_page": next_page })))
}

fn create(cloud: &mut Sim, request: &SimRequest, _: &Params) -> Answer {
    let wanted = checked(cloud, request, None)?;
    let Some(zone) = wanted.zone else {
        return Err(refused(422, "invalid", "is missing", Some("zone")));
    };
    cloud.last_id += 1;
    let id = cloud.last_id;
    let (name, size, labels) = (wanted.name, wanted.size, wanted.labels);
    let shelf = Shelf { id, name, size, zone, address: format!("shelf-{id}.example"), labels };
    cloud.shelves.insert(id, shelf.clone());
    Ok(SimResponse::json(201, json!(shelf)))
}

fn read(cloud: &mut Sim, _: &SimRequest, params: &Params) -> Answer {
    let shelf = find(cloud, params)?;
    Ok(SimResponse::json(200, json!(shelf)))
}

fn update(cloud: &mut Sim, request: &SimRequest, params: &Params) -> Answer {
    let id = find(cloud, params)?.id;
    let wanted = checked(cloud, request, Some(id))?;
    if wanted.zone.is_some() {
        return Err(refused(422, "invalid", "cannot be changed", Some("zone")));
    }
    let shelf = find(cloud, params)?;
    (shelf.name, shelf.size, shelf.labels) = (wanted.name, wanted.size, wanted.labels);
    Ok(SimResponse::json(200, json!(shelf)))
}

fn delete(cloud: &mut Sim, _: &SimRequest, params: &Params) -> Answer {
    let id = find(cloud, params)?.id;
    cloud.shelves.remove(&id);
    Ok(SimResponse::empty(204))
}

fn find<'a>(cloud: &'a mut Sim, params: &Params) -> Result<&'a mut Shelf, SimResponse> {
    let found = params.parse::<u64>("id").and_then(|id| cloud.shelves.get_mut(&id));
    found.ok_or_else(|| refused(404, "not_found", "there is no such shelf", None))
}

/// The body, unless it breaks a rule. `own` is the object it is for, which may keep its name.
fn checked(cloud: &Sim, request: &SimRequest, own: Option<u64>) -> Result<Wanted, SimResponse> {
    let body = request.json().map_err(|_| refused(400, "invalid", "the body is no JSON", None))?;
    let wanted: Wanted = serde_json::from_value(body)
        .map_err(|error| refused(422, "invalid", &error.to_string(), None))?;
    if wanted.name.is_empty() {
        return Err(refused(422, "invalid", "must not be empty", Some("name")));
    }
    if !(1..=SIZE_MAX).contains(&wanted.size) {
        return Err(refused(422, "invalid", "has 1 to 100 boards", Some("size")));
    }
    if cloud.shelves.values().any(|shelf| shelf.name == wanted.name && Some(shelf.id) != own) {
        return Err(refused(409, "name_taken", "another shelf has this name", Some("name")));
    }
    Ok(wanted)
}
