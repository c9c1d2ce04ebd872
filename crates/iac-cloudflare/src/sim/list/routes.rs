//! Owns what clients do with simulated lists. Knows no item's inside.
use super::item::{Given, INVALID_JSON, Item};
use super::object::{Edit, List, Operation};
use crate::sim::answer::{self, Answer, error, ok};
use crate::sim::cloud::CloudflareSim;
use crate::sim::pending::Pending;
use crate::sim::routes::Routes;
use crate::sim::ruleset::uses_of_list;
use crate::sim::{account, input};
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A list or an operation that does not exist.
const NOT_FOUND: u64 = 10_001;
/// A name that another list has. The vendor publishes no number for it.
const NAME_TAKEN: u64 = 10_034;
/// A list that rules use (seen as `filters.api.ip_list_in_use`).
const IN_USE: u64 = 10_031;
/// Another change of items is under way. The vendor documents the status, 429, and no number.
const UNDER_WAY: u64 = 10_038;
/// Items on one page, unless the request says otherwise; also the most.
const PER_PAGE: u64 = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    name: String,
    kind: String,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Describe {
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    items: Vec<ItemId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemId {
    id: String,
}

pub(in crate::sim) fn routes(router: Routes) -> Routes {
    router
        .route("GET /accounts/{account_id}/rules/lists", list)
        .route("POST /accounts/{account_id}/rules/lists", create)
        .route("GET /accounts/{account_id}/rules/lists/{list_id}", get)
        .route("PUT /accounts/{account_id}/rules/lists/{list_id}", describe)
        .route("DELETE /accounts/{account_id}/rules/lists/{list_id}", delete)
        .route("GET /accounts/{account_id}/rules/lists/{list_id}/items", items)
        .route("PUT /accounts/{account_id}/rules/lists/{list_id}/items", replace_items)
        .route("POST /accounts/{account_id}/rules/lists/{list_id}/items", add_items)
        .route("DELETE /accounts/{account_id}/rules/lists/{list_id}/items", remove_items)
        .route("GET /accounts/{account_id}/rules/lists/{list_id}/items/{item_id}", item)
        .route("GET /accounts/{account_id}/rules/lists/bulk_operations/{operation_id}", operation)
}

/// The list of the path.
fn list_of<'a>(cloud: &'a CloudflareSim, params: &Params) -> Result<&'a List, SimResponse> {
    let account = account::of(cloud, params)?;
    let id = params.get("list_id").unwrap_or_default();
    let found = cloud.state.lists.get(id).filter(|list| list.account == account);
    found.ok_or_else(|| error(404, NOT_FOUND, "filters.api.not_found: could not find list"))
}

fn list(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?;
    let lists = cloud.state.lists.values().filter(|list| list.account == account);
    ok(lists.map(|list| list.view(cloud)).collect())
}

fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?.to_owned();
    let body: Create = input::read_as(request, INVALID_JSON)?;
    let good = (1..=50).contains(&body.name.len())
        && body.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !good || body.description.chars().count() > 500 {
        return Err(error(
            400,
            INVALID_JSON,
            "filters.api.invalid_name: the name or description is not valid",
        ));
    }
    if !["ip", "asn", "hostname", "redirect"].contains(&body.kind.as_str()) {
        return Err(error(400, INVALID_JSON, format!("{} is not a valid kind", body.kind)));
    }
    if cloud.state.lists.values().any(|list| list.account == account && list.name == body.name) {
        return Err(error(400, NAME_TAKEN, format!("a list with the name {} already exists", body.name)));
    }
    let now = cloud.timestamp();
    let list = List {
        id: cloud.next_id(),
        account,
        name: body.name,
        kind: body.kind,
        description: body.description,
        items: Vec::new(),
        created_on: now.clone(),
        modified_on: now,
    };
    let view = list.view(cloud);
    cloud.state.lists.insert(list.id.clone(), list);
    ok(view)
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    cloud.settle_lists(true);
    ok(list_of(cloud, params)?.view(cloud))
}

fn describe(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let mut list = list_of(cloud, params)?.clone();
    let body: Describe = input::read_as(request, INVALID_JSON)?;
    list.description = body.description.unwrap_or(list.description);
    list.modified_on = cloud.timestamp();
    let view = list.view(cloud);
    cloud.state.lists.insert(list.id.clone(), list);
    ok(view)
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let list = list_of(cloud, params)?;
    if uses_of_list(cloud, &list.name) > 0 {
        return Err(error(400, IN_USE, "filters.api.ip_list_in_use: the list is used by rules"));
    }
    let id = list.id.clone();
    cloud.state.lists.remove(&id);
    ok(json!({ "id": id }))
}

fn items(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    cloud.settle_lists(true);
    let list = list_of(cloud, params)?;
    let per_page = answer::number(request, "per_page", PER_PAGE, 1..=PER_PAGE)?;
    let take = usize::try_from(per_page).unwrap_or(usize::MAX);
    let from = match request.query("cursor") {
        None | Some("") => 0,
        Some(cursor) => cursor
            .strip_prefix("from-")
            .and_then(|number| number.parse::<usize>().ok())
            .ok_or_else(|| error(400, INVALID_JSON, "filters.api.invalid_cursor: the cursor is not valid"))?,
    };
    let search = request.query("search").unwrap_or_default();
    let found: Vec<&Item> = list.items.iter().filter(|item| item.key().contains(search)).collect();
    let shown: Vec<Value> = found.iter().skip(from).take(take).map(|item| item.view()).collect();
    let mut body = json!({ "success": true, "errors": [], "messages": [], "result": shown });
    let mut cursors = json!({});
    if from > 0 {
        cursors["before"] = json!(format!("from-{}", from.saturating_sub(take)));
    }
    if from + take < found.len() {
        cursors["after"] = json!(format!("from-{}", from + take));
    }
    if cursors != json!({}) {
        body["result_info"] = json!({ "cursors": cursors });
    }
    Ok(SimResponse::json(200, body))
}

fn item(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let list = list_of(cloud, params)?;
    let id = params.get("item_id").unwrap_or_default();
    let found = list.items.iter().find(|item| item.id == id);
    ok(found.ok_or_else(|| error(404, NOT_FOUND, "filters.api.not_found: could not find item"))?.view())
}

/// The items of a body, all of the list's kind and each once.
fn given(cloud: &mut CloudflareSim, request: &SimRequest, kind: &str) -> Result<Vec<Item>, SimResponse> {
    let given: Vec<Given> = input::read_as(request, INVALID_JSON)?;
    let (now, mut seen, mut items) = (cloud.timestamp(), BTreeSet::new(), Vec::new());
    for given in given {
        given.check(kind)?;
        let given = given.canonical();
        // The last of several with the same value would win; a client that sends two is confused.
        if !seen.insert(given.key()) {
            return Err(error(400, INVALID_JSON, format!("duplicate item {}", given.key())));
        }
        items.push(Item { id: cloud.next_id(), created_on: now.clone(), given });
    }
    Ok(items)
}

fn start(cloud: &mut CloudflareSim, list: String, account: String, edit: Edit) -> Answer {
    cloud.settle_lists(false);
    let mut all = cloud.state.list_operations.values();
    if all.any(|operation| operation.account == account && operation.pending.is_some()) {
        return Err(error(429, UNDER_WAY, "another bulk operation is pending; try again later"));
    }
    let id = cloud.next_id();
    let pending = Some(Pending::new(cloud.now));
    let operation = Operation { id: id.clone(), account, list, edit, pending, completed: None, error: None };
    cloud.state.list_operations.insert(id.clone(), operation);
    cloud.settle_lists(false);
    ok(json!({ "operation_id": id }))
}

fn replace_items(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let list = list_of(cloud, params)?.clone();
    let items = given(cloud, request, &list.kind)?;
    start(cloud, list.id, list.account, Edit::Replace(items))
}

fn add_items(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let list = list_of(cloud, params)?.clone();
    let items = given(cloud, request, &list.kind)?;
    start(cloud, list.id, list.account, Edit::Add(items))
}

fn remove_items(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let list = list_of(cloud, params)?.clone();
    let body: Remove = input::read_as(request, INVALID_JSON)?;
    let ids = body.items.into_iter().map(|item| item.id).collect();
    start(cloud, list.id, list.account, Edit::Remove(ids))
}

fn operation(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?.to_owned();
    cloud.settle_lists(true);
    let id = params.get("operation_id").unwrap_or_default();
    let found = cloud.state.list_operations.get(id).filter(|operation| operation.account == account);
    ok(found.ok_or_else(|| error(404, NOT_FOUND, "filters.api.not_found: could not find operation"))?.view())
}
