//! Owns the simulated calls about secrets of Workers. Never keeps or answers a value.
use super::account;
use super::answer::{Answer, error, ok};
use super::cloud::CloudflareSim;
use super::input;
use super::inspect::InventoryItem;
use super::routes::Routes;
use super::worker::{Secret, of, of_mut};
use crate::worker::{binding_name, digest};
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::Deserialize;
use serde_json::{Value, json};

const TYPE: &str = "cloudflare:worker_secret";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    name: String,
    text: String,
    #[serde(rename = "type")]
    kind: String,
}

pub(super) fn routes(router: Routes) -> Routes {
    let secrets = "/accounts/{account_id}/workers/scripts/{script_name}/secrets";
    router
        .route(&format!("GET {secrets}"), list)
        .route(&format!("PUT {secrets}"), put)
        .route(&format!("GET {secrets}/{{secret_name}}"), get)
        .route(&format!("DELETE {secrets}/{{secret_name}}"), delete)
}

/// Those that were set apart from an upload: the others belong to their script.
pub(super) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    for script in cloud.state.workers.scripts.values() {
        let separate = script.secrets.iter().filter(|(_, secret)| secret.separate);
        into.extend(
            separate.map(|(name, _)| InventoryItem::new(TYPE, format!("{}/{name}", script.name), name)),
        );
    }
}

fn view(name: &str, secret: &Secret) -> Value {
    json!({ "name": name, "type": secret.kind })
}

fn list(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    ok(of(cloud, params)?.secrets.iter().map(|(name, secret)| view(name, secret)).collect())
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let name = params.get("secret_name").unwrap_or_default();
    let secret = of(cloud, params)?.secrets.get(name).ok_or_else(unknown)?;
    ok(view(name, secret))
}

fn put(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    account::of(cloud, params)?;
    let now = cloud.timestamp();
    let script = of_mut(cloud, params)?;
    let body: Put = input::read(request)?;
    if body.kind != "secret_text" {
        return Err(error(400, 10_021, format!("The binding type {} is not supported here", body.kind)));
    }
    if binding_name(&body.name).is_some() {
        return Err(error(400, 10_021, format!("'{}' is not a valid binding name", body.name)));
    }
    if script.bindings.iter().any(|one| one.get("name").and_then(Value::as_str) == Some(body.name.as_str())) {
        let text = format!(
            "Binding name '{}' already in use. Please use a different name and try again.",
            body.name
        );
        return Err(error(400, 10_053, text));
    }
    let separate = script.secrets.get(&body.name).is_none_or(|secret| secret.separate);
    let secret = Secret { kind: body.kind, digest: digest(body.text.as_bytes()), separate };
    let shown = view(&body.name, &secret);
    script.secrets.insert(body.name, secret);
    script.modified_on = now;
    ok(shown)
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let name = params.get("secret_name").unwrap_or_default();
    of_mut(cloud, params)?.secrets.remove(name).ok_or_else(unknown)?;
    ok(Value::Null)
}

fn unknown() -> SimResponse {
    error(404, 10_056, "Binding not found")
}
