//! Owns simulated routes of Workers. Answers no visitor.
use super::answer::{Answer, error, ok};
use super::cloud::CloudflareSim;
use super::input;
use super::inspect::InventoryItem;
use super::routes::Routes;
use super::zone;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const TYPE: &str = "cloudflare:worker_route";

/// A route.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) pattern: String,
    pub(crate) script: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    pattern: String,
    script: Option<String>,
}

pub(super) fn routes(router: Routes) -> Routes {
    let routes = "/zones/{zone_id}/workers/routes";
    router
        .route(&format!("GET {routes}"), list)
        .route(&format!("POST {routes}"), create)
        .route(&format!("GET {routes}/{{route_id}}"), get)
        .route(&format!("PUT {routes}/{{route_id}}"), update)
        .route(&format!("DELETE {routes}/{{route_id}}"), delete)
}

/// Routes go with their zone.
pub(super) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    let there =
        cloud.state.workers.routes.values().filter(|route| cloud.state.zones.contains_key(&route.zone));
    into.extend(
        there.map(|route| InventoryItem::new(TYPE, format!("{}/{}", route.zone, route.id), &route.pattern)),
    );
}

fn view(route: &Route) -> Value {
    match &route.script {
        Some(script) => json!({ "id": route.id, "pattern": route.pattern, "script": script }),
        None => json!({ "id": route.id, "pattern": route.pattern }),
    }
}

fn unknown() -> SimResponse {
    error(404, 10_005, "workers.api.error.not_found")
}

fn of<'a>(cloud: &'a CloudflareSim, params: &Params) -> Result<&'a Route, SimResponse> {
    let zone = &zone::of(cloud, params)?.id;
    let route = cloud.state.workers.routes.get(params.get("route_id").unwrap_or_default());
    route.filter(|route| route.zone == *zone).ok_or_else(unknown)
}

/// What a request says, if the zone can have it; `own` is the id of the route that is changed.
fn checked(
    cloud: &CloudflareSim,
    request: &SimRequest,
    params: &Params,
    own: Option<&str>,
) -> Result<Put, SimResponse> {
    let zone = zone::of(cloud, params)?;
    let body: Put = input::read_as(request, 10_026)?;
    check_pattern(&body.pattern, &zone.name)?;
    let script = body.script.as_ref().filter(|script| !script.is_empty());
    if script.is_some_and(|script| !cloud.state.workers.scripts.contains_key(script)) {
        return Err(error(
            400,
            10_019,
            "Cannot configure a route for a Worker which does not exist. Please ensure this Worker exists and try again.",
        ));
    }
    let twin = cloud.state.workers.routes.values().find(|route| {
        route.zone == zone.id && route.pattern == body.pattern && own != Some(route.id.as_str())
    });
    match twin {
        Some(_) => Err(error(409, 10_020, "workers.api.error.duplicate_route")),
        None => Ok(body),
    }
}

fn check_pattern(pattern: &str, zone: &str) -> Result<(), SimResponse> {
    let refused = |text: String| Err(error(400, 10_022, text));
    let rest = pattern.split_once("://").map_or(pattern, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let bare = host.strip_prefix('*').unwrap_or(host);
    if pattern.contains('?') {
        return refused(format!("Route pattern should not have query parameters {pattern}"));
    }
    if bare.contains('*') || path.strip_suffix('*').unwrap_or(path).contains('*') {
        return refused(format!(
            "Route pattern may only contain wildcards at the beginning of the hostname and the end of the path: {pattern}"
        ));
    }
    let inside = bare == zone || bare.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'));
    if !inside {
        return refused(format!("Route pattern must include zone name: {pattern}"));
    }
    Ok(())
}

fn list(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let zone = &zone::of(cloud, params)?.id;
    ok(cloud.state.workers.routes.values().filter(|route| route.zone == *zone).map(view).collect())
}

fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let body = checked(cloud, request, params, None)?;
    let zone = zone::of(cloud, params)?.id.clone();
    let script = body.script.filter(|script| !script.is_empty());
    let route = Route { id: cloud.next_id(), zone, pattern: body.pattern, script };
    let shown = view(&route);
    cloud.state.workers.routes.insert(route.id.clone(), route);
    ok(shown)
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    ok(view(of(cloud, params)?))
}

fn update(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let id = of(cloud, params)?.id.clone();
    let body = checked(cloud, request, params, Some(&id))?;
    let route = cloud.state.workers.routes.get_mut(&id).ok_or_else(unknown)?;
    route.pattern = body.pattern;
    route.script = body.script.filter(|script| !script.is_empty());
    ok(view(route))
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let id = of(cloud, params)?.id.clone();
    cloud.state.workers.routes.remove(&id);
    ok(json!({ "id": id }))
}
