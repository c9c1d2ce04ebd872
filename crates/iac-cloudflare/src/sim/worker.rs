//! Owns simulated Workers' scripts: what is stored of them, and all calls but the upload. Runs no code.
use super::account;
use super::answer::{Answer, error, ok};
use super::cloud::CloudflareSim;
use super::input;
use super::inspect::InventoryItem;
use super::routes::Routes;
use super::worker_upload;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) const TYPE: &str = "cloudflare:worker_script";
/// The account's name under `workers.dev`.
const SUBDOMAIN: &str = "simulated";
/// What the engine's tag on a script begins with.
const MARK: &str = "iac:";
/// The boundary of the answer that has a script's modules.
const BOUNDARY: &str = "cloudflare-worker-modules";

/// Everything about Workers that an account remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Workers {
    /// By their names.
    pub(crate) scripts: BTreeMap<String, Script>,
    pub(crate) routes: BTreeMap<String, super::worker_route::Route>,
    pub(crate) domains: BTreeMap<String, super::worker_domain::Domain>,
}

impl Workers {
    /// Whether a host of a zone is a Worker's, whose record the account keeps by itself.
    pub(crate) fn has_host(&self, zone: &str, host: &str) -> bool {
        self.domains.values().any(|domain| domain.zone == zone && domain.hostname == host)
    }
}

/// A script.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) tag: String,
    pub(crate) etag: String,
    pub(crate) main_module: Option<String>,
    pub(crate) modules: Vec<Module>,
    pub(crate) bindings: Vec<Map<String, Value>>,
    /// Secrets by their names; never their values.
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) compatibility_date: Option<String>,
    pub(crate) compatibility_flags: Vec<String>,
    pub(crate) cpu_ms: Option<u32>,
    pub(crate) logpush: bool,
    pub(crate) observability: Value,
    pub(crate) placement: Option<Value>,
    pub(crate) tags: Vec<String>,
    pub(crate) tail_consumers: Vec<Value>,
    pub(crate) migration_tag: Option<String>,
    /// The namespaces of its durable object classes.
    pub(crate) classes: BTreeMap<String, String>,
    pub(crate) crons: Vec<Cron>,
    pub(crate) enabled: bool,
    pub(crate) previews_enabled: bool,
    pub(crate) created_on: String,
    pub(crate) modified_on: String,
}

/// A module of a script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) content_type: String,
    /// In base64.
    pub(crate) content: String,
}

impl Module {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        BASE64.decode(&self.content).unwrap_or_default()
    }
}

/// A secret of a script.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Secret {
    pub(crate) kind: String,
    /// The SHA-256 hash of its value, so that a test can tell whether it changed.
    pub(crate) digest: String,
    /// Whether it was set apart from an upload.
    pub(crate) separate: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Cron {
    pub(crate) cron: String,
    pub(crate) created_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CronBody {
    cron: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubdomainBody {
    enabled: bool,
    previews_enabled: Option<bool>,
}

pub(super) fn routes(router: Routes) -> Routes {
    let script = "/accounts/{account_id}/workers/scripts/{script_name}";
    router
        .route("GET /accounts/{account_id}/workers/scripts", list)
        .route("GET /accounts/{account_id}/workers/subdomain", account_subdomain)
        .route(&format!("PUT {script}"), worker_upload::upload)
        .route(&format!("DELETE {script}"), delete)
        .route(&format!("GET {script}/settings"), settings)
        .route(&format!("GET {script}/content/v2"), content)
        .route(&format!("GET {script}/schedules"), schedules)
        .route(&format!("PUT {script}/schedules"), put_schedules)
        .route(&format!("GET {script}/subdomain"), subdomain)
        .route(&format!("POST {script}/subdomain"), put_subdomain)
}

pub(super) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    for script in cloud.state.workers.scripts.values() {
        let mut item = InventoryItem::new(TYPE, &script.name, &script.name);
        let mark = script.tags.iter().find_map(|tag| tag.strip_prefix(MARK));
        item.marker = mark.and_then(|mark| mark.rsplit('/').next()).map(str::to_owned);
        into.push(item);
    }
}

/// The script of a path.
pub(super) fn of<'a>(cloud: &'a CloudflareSim, params: &Params) -> Result<&'a Script, SimResponse> {
    account::of(cloud, params)?;
    let name = params.get("script_name").unwrap_or_default();
    cloud.state.workers.scripts.get(name).ok_or_else(unknown)
}

/// The same, to be changed.
pub(super) fn of_mut<'a>(
    cloud: &'a mut CloudflareSim,
    params: &Params,
) -> Result<&'a mut Script, SimResponse> {
    account::of(cloud, params)?;
    let name = params.get("script_name").unwrap_or_default();
    cloud.state.workers.scripts.get_mut(name).ok_or_else(unknown)
}

pub(super) fn unknown() -> SimResponse {
    error(404, 10_007, "This Worker does not exist on your account.")
}

/// What listings and uploads say of a script.
pub(super) fn view(script: &Script) -> Value {
    let mut body = json!({
        "id": script.name,
        "tag": script.tag,
        "etag": script.etag,
        "handlers": ["fetch"],
        "modified_on": script.modified_on,
        "created_on": script.created_on,
        "usage_model": "standard",
        "compatibility_flags": script.compatibility_flags,
        "has_assets": false,
        "has_modules": script.main_module.is_some(),
        "logpush": script.logpush,
        "last_deployed_from": "api",
        "tags": script.tags,
        "observability": script.observability,
    });
    if let Some(date) = &script.compatibility_date {
        body["compatibility_date"] = json!(date);
    }
    if let Some(tag) = &script.migration_tag {
        body["migration_tag"] = json!(tag);
    }
    body
}

fn list(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    account::of(cloud, params)?;
    ok(cloud.state.workers.scripts.values().map(view).collect())
}

fn account_subdomain(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    account::of(cloud, params)?;
    ok(json!({ "subdomain": SUBDOMAIN }))
}

fn settings(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let script = of(cloud, params)?;
    let mut bindings: Vec<Value> = script.bindings.iter().cloned().map(Value::Object).collect();
    bindings.extend(script.secrets.iter().map(|(name, secret)| json!({ "name": name, "type": secret.kind })));
    let mut body = json!({
        "bindings": bindings,
        "compatibility_date": script.compatibility_date.clone().unwrap_or_default(),
        "compatibility_flags": script.compatibility_flags,
        "usage_model": "standard",
        "tags": script.tags,
        "tail_consumers": script.tail_consumers,
        "logpush": script.logpush,
        "observability": script.observability,
        "placement": script.placement.clone().unwrap_or_else(|| json!({})),
    });
    if let Some(cpu_ms) = script.cpu_ms {
        body["limits"] = json!({ "cpu_ms": cpu_ms });
    }
    ok(body)
}

fn content(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let script = of(cloud, params)?;
    let Some(main) = &script.main_module else {
        let code = script.modules.first().map(Module::bytes).unwrap_or_default();
        return Ok(SimResponse::bytes(200, "application/javascript", code));
    };
    let mut body = Vec::new();
    // Source maps are kept and not given back.
    for module in script.modules.iter().filter(|module| module.content_type != "application/source-map") {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\
             Content-Type: {kind}\r\n\r\n",
            name = module.name,
            kind = module.content_type,
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&module.bytes());
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    Ok(SimResponse::bytes(200, "multipart/form-data", body)
        .with_header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .with_header("cf-entrypoint", main))
}

fn show_schedules(script: &Script) -> Answer {
    let one = |cron: &Cron| json!({ "cron": cron.cron, "created_on": cron.created_on, "modified_on": cron.created_on });
    ok(json!({ "schedules": script.crons.iter().map(one).collect::<Vec<_>>() }))
}

fn schedules(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    show_schedules(of(cloud, params)?)
}

fn put_schedules(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let body: Vec<CronBody> = input::read(request)?;
    let now = cloud.timestamp();
    let script = of_mut(cloud, params)?;
    for CronBody { cron } in &body {
        let fields = cron.split(' ').filter(|field| !field.is_empty()).count();
        if fields != 5
            || cron.split(' ').next().is_some_and(|minute| minute.parse::<u32>().is_ok_and(|n| n > 59))
        {
            return Err(error(400, 10_100, format!("invalid cron string: {cron}")));
        }
    }
    script.crons = body.into_iter().map(|CronBody { cron }| Cron { cron, created_on: now.clone() }).collect();
    show_schedules(script)
}

fn show_subdomain(script: &Script) -> Answer {
    ok(json!({ "enabled": script.enabled, "previews_enabled": script.previews_enabled }))
}

fn subdomain(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    show_subdomain(of(cloud, params)?)
}

fn put_subdomain(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let body: SubdomainBody = input::read(request)?;
    let script = of_mut(cloud, params)?;
    script.enabled = body.enabled;
    script.previews_enabled = body.previews_enabled.unwrap_or(script.previews_enabled);
    show_subdomain(script)
}

/// Whether another script is bound to the script `name`.
fn is_bound(cloud: &CloudflareSim, name: &str) -> bool {
    let refers = |one: &Map<String, Value>, field: &str| one.get(field).and_then(Value::as_str) == Some(name);
    cloud.state.workers.scripts.values().filter(|other| other.name != name).any(|other| {
        other.bindings.iter().any(|one| refers(one, "service") || refers(one, "script_name"))
            || other.tail_consumers.iter().any(|one| one["service"] == name)
    })
}

fn delete(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let (name, classes) = of(cloud, params).map(|script| (script.name.clone(), script.classes.len()))?;
    let force = request.query("force") == Some("true");
    if !force && is_bound(cloud, &name) {
        let text = "Cannot delete this Worker as it is still referenced by service bindings in Workers.";
        return Err(error(400, 10_142, text));
    }
    if !force && classes > 0 {
        let text = "Cannot delete this Worker as it still has durable object namespaces of its own.";
        return Err(error(400, 10_064, text));
    }
    let workers = &mut cloud.state.workers;
    workers.scripts.remove(&name);
    workers.routes.retain(|_, route| route.script.as_deref() != Some(name.as_str()));
    workers.domains.retain(|_, domain| domain.service != name);
    ok(Value::Null)
}
