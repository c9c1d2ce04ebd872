//! Owns simulated KV namespaces and what is in them. Knows no Worker.
use super::account;
use super::answer::{self, Answer, error, ok};
use super::cloud::CloudflareSim;
use super::input;
use super::inspect::InventoryItem;
use super::routes::Routes;
use crate::form_parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use iac_testkit::sim::{Params, SimRequest, SimResponse, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NAMESPACE: &str = "cloudflare:kv_namespace";
const ENTRY: &str = "cloudflare:kv_entry";
const TITLE_LENGTH_MAX: usize = 512;
const KEY_LENGTH_MAX: usize = 512;
const VALUE_LENGTH_MAX: usize = 25 << 20;
const METADATA_LENGTH_MAX: usize = 1024;
/// The shortest life of an entry, in seconds.
const TTL_MIN: u64 = 60;

/// A namespace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Namespace {
    pub(crate) id: String,
    account: String,
    title: String,
    entries: BTreeMap<String, Entry>,
}

/// A value under a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    /// In base64.
    value: String,
    metadata: Option<Value>,
    expiration: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Title {
    title: Option<String>,
}

pub(super) fn routes(router: Routes) -> Routes {
    let all = "/accounts/{account_id}/storage/kv/namespaces";
    let one = format!("{all}/{{namespace_id}}");
    router
        .route(&format!("GET {all}"), list)
        .route(&format!("POST {all}"), create)
        .route(&format!("GET {one}"), get)
        .route(&format!("PUT {one}"), rename)
        .route(&format!("DELETE {one}"), delete)
        .route(&format!("GET {one}/keys"), keys)
        .route(&format!("GET {one}/metadata/{{key_name}}"), metadata)
        .route(&format!("GET {one}/values/{{key_name}}"), value)
        .route(&format!("PUT {one}/values/{{key_name}}"), write)
        .route(&format!("DELETE {one}/values/{{key_name}}"), erase)
}

pub(super) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    for namespace in cloud.state.kv.values() {
        into.push(InventoryItem::new(NAMESPACE, &namespace.id, &namespace.title));
        let keys = namespace.entries.keys();
        into.extend(keys.map(|key| InventoryItem::new(ENTRY, format!("{}/{key}", namespace.id), key)));
    }
}

fn of<'a>(cloud: &'a mut CloudflareSim, params: &Params) -> Result<&'a mut Namespace, SimResponse> {
    let account = account::of(cloud, params)?;
    let namespace = cloud.state.kv.get_mut(params.get("namespace_id").unwrap_or_default());
    namespace
        .filter(|namespace| namespace.account == account)
        .ok_or_else(|| error(404, 10_013, "get namespace: 'namespace not found'"))
}

fn view(namespace: &Namespace) -> Value {
    json!({ "id": namespace.id, "title": namespace.title, "supports_url_encoding": true })
}

fn title(cloud: &CloudflareSim, request: &SimRequest, own: Option<&str>) -> Result<String, SimResponse> {
    let body: Title = input::read_as(request, 10_012)?;
    let title = body
        .title
        .filter(|title| !title.is_empty())
        .ok_or_else(|| error(400, 10_019, "namespace title is required"))?;
    if title.chars().count() > TITLE_LENGTH_MAX {
        return Err(error(400, 10_019, "namespace title is too long"));
    }
    let taken = cloud.state.kv.values().any(|other| other.title == title && own != Some(other.id.as_str()));
    match taken {
        true => Err(error(400, 10_014, "a namespace with this account ID and title already exists")),
        false => Ok(title),
    }
}

fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?;
    let mut found: Vec<&Namespace> = cloud.state.kv.values().filter(|one| one.account == account).collect();
    found.sort_by(|one, other| one.title.cmp(&other.title));
    answer::page(request, (1, 20, 1_000), &found, |namespace| view(namespace))
}

fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?.to_owned();
    let title = title(cloud, request, None)?;
    let namespace = Namespace { id: cloud.next_id(), account, title, entries: BTreeMap::new() };
    let shown = view(&namespace);
    cloud.state.kv.insert(namespace.id.clone(), namespace);
    ok(shown)
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    ok(view(of(cloud, params)?))
}

fn rename(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let id = of(cloud, params)?.id.clone();
    let title = title(cloud, request, Some(&id))?;
    let namespace = of(cloud, params)?;
    namespace.title = title;
    ok(view(namespace))
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let id = of(cloud, params)?.id.clone();
    cloud.state.kv.remove(&id);
    ok(Value::Null)
}

fn keys(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let limit = answer::number(request, "limit", 1_000, 10..=1_000)?;
    let prefix = request.query("prefix").unwrap_or_default().to_owned();
    let now = cloud.now;
    let namespace = of(cloud, params)?;
    let found: Vec<_> = namespace
        .entries
        .iter()
        .filter(|(key, entry)| key.starts_with(&prefix) && is_alive(entry, now))
        .collect();
    answer::cursor_page(request, limit, &found, |(key, entry)| {
        let mut shown = json!({ "name": key });
        if let Some(expiration) = entry.expiration {
            shown["expiration"] = json!(expiration);
        }
        if let Some(metadata) = &entry.metadata {
            shown["metadata"] = metadata.clone();
        }
        shown
    })
}

fn is_alive(entry: &Entry, now: SimTime) -> bool {
    entry.expiration.is_none_or(|at| at > seconds(now))
}

fn seconds(now: SimTime) -> u64 {
    u64::try_from(now.unix_seconds()).unwrap_or_default()
}

fn entry<'a>(cloud: &'a mut CloudflareSim, params: &Params) -> Result<&'a Entry, SimResponse> {
    let now = cloud.now;
    let namespace = of(cloud, params)?;
    let entry = namespace.entries.get(params.get("key_name").unwrap_or_default());
    entry.filter(|entry| is_alive(entry, now)).ok_or_else(|| error(404, 10_009, "get: 'key not found'"))
}

fn metadata(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    ok(entry(cloud, params)?.metadata.clone().unwrap_or_default())
}

fn value(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let value = BASE64.decode(&entry(cloud, params)?.value).unwrap_or_default();
    Ok(SimResponse::bytes(200, "application/octet-stream", value))
}

fn write(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let key = params.get("key_name").unwrap_or_default().to_owned();
    if !(1..=KEY_LENGTH_MAX).contains(&key.len()) || matches!(key.as_str(), "." | "..") {
        return Err(error(400, 10_011, "the key is not valid"));
    }
    let (value, metadata) = written(request)?;
    if value.len() > VALUE_LENGTH_MAX {
        return Err(error(413, 10_048, "the value is larger than 25 MiB"));
    }
    if metadata.as_ref().is_some_and(|metadata| metadata.to_string().len() > METADATA_LENGTH_MAX) {
        return Err(error(400, 10_049, "the metadata is larger than 1024 bytes"));
    }
    let ttl = answer::number(request, "expiration_ttl", 0, 0..=u64::MAX)?;
    let at = answer::number(request, "expiration", 0, 0..=u64::MAX)?;
    if request.query("expiration_ttl").is_some() && ttl < TTL_MIN {
        return Err(error(400, 10_034, "expiration_ttl must be at least 60 seconds"));
    }
    let expiration = match (ttl, at) {
        (0, 0) => None,
        (0, at) => Some(at),
        (ttl, _) => Some(seconds(cloud.now).saturating_add(ttl)),
    };
    let entry = Entry { value: BASE64.encode(value), metadata, expiration };
    of(cloud, params)?.entries.insert(key, entry);
    ok(Value::Null)
}

/// The value and the metadata of a request: a form, or the value alone.
fn written(request: &SimRequest) -> Result<(Vec<u8>, Option<Value>), SimResponse> {
    let content_type = request.header("content-type").unwrap_or_default();
    if !content_type.starts_with("multipart/") {
        return Ok((request.body.to_vec(), None));
    }
    let parts = form_parts::parse(content_type, &request.body);
    let parts = parts.ok_or_else(|| error(400, 10_012, "could not parse the form"))?;
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    if let Some(other) = parts.iter().find(|part| !matches!(part.name.as_str(), "value" | "metadata")) {
        return Err(error(400, 10_012, format!("unknown form field '{}'", other.name)));
    }
    let value = part("value").ok_or_else(|| error(400, 10_012, "the form has no field 'value'"))?;
    let metadata = part("metadata").map(|part| serde_json::from_slice(part.content)).transpose();
    let metadata = metadata.map_err(|_| error(400, 10_012, "metadata must be valid json"))?;
    Ok((value.content.to_vec(), metadata))
}

fn erase(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let key = params.get("key_name").unwrap_or_default().to_owned();
    // The API does not say whether there was one.
    of(cloud, params)?.entries.remove(&key);
    ok(Value::Null)
}
