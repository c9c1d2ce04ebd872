//! Owns the objects in simulated buckets, and shows them to visitors of a bucket's domains.
use super::super::answer::{Answer, error, ok};
use super::super::cloud::CloudflareSim;
use super::super::edge::Visit;
use super::bucket::{Bucket, is_locked, of};
use super::domain::managed_domain;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use iac_testkit::sim::{Method, Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Objects on one page.
const PER_PAGE: usize = 1_000;
const BINARY: &str = "application/octet-stream";

/// An object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Object {
    /// In base64.
    content: String,
    content_type: String,
    uploaded_on: String,
    etag: String,
}

impl Object {
    fn bytes(&self) -> Vec<u8> {
        BASE64.decode(&self.content).unwrap_or_default()
    }
}

fn missing() -> SimResponse {
    error(404, 10_007, "The specified key does not exist.")
}

fn view(key: &str, object: &Object) -> Value {
    json!({
        "key": key, "etag": object.etag, "last_modified": object.uploaded_on, "size": object.bytes().len(),
        "storage_class": "Standard", "custom_metadata": {}, "http_metadata": { "contentType": object.content_type },
    })
}

pub(super) fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let bucket = of(cloud, request, params)?;
    let prefix = request.query("prefix").unwrap_or_default();
    let found = bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix));
    let objects: Vec<Value> = found.take(PER_PAGE).map(|(key, object)| view(key, object)).collect();
    ok(Value::Array(objects))
}

pub(super) fn put(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let now = cloud.timestamp();
    let key = params.get("object_key").unwrap_or_default();
    let bucket = of(cloud, request, params)?;
    if bucket.objects.contains_key(key) && is_locked(bucket, key) {
        return Err(error(403, 10_069, "The object is locked by the bucket policy."));
    }
    let digest = Sha256::digest(&request.body);
    let object = Object {
        content: BASE64.encode(&request.body),
        content_type: request.header("content-type").unwrap_or(BINARY).to_owned(),
        uploaded_on: now.clone(),
        etag: digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
    };
    let shown = json!({
        "key": key, "etag": object.etag, "size": request.body.len().to_string(), "uploaded": now, "version": object.etag,
        "storage_class": "Standard",
    });
    bucket.objects.insert(key.to_owned(), object);
    ok(shown)
}

pub(super) fn get(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let key = params.get("object_key").unwrap_or_default();
    Ok(served(of(cloud, request, params)?.objects.get(key).ok_or_else(missing)?))
}

pub(super) fn delete(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let key = params.get("object_key").unwrap_or_default();
    let bucket = of(cloud, request, params)?;
    if is_locked(bucket, key) {
        return Err(error(403, 10_069, "The object is locked by the bucket policy."));
    }
    bucket.objects.remove(key);
    ok(json!({ "key": key }))
}

fn served(object: &Object) -> SimResponse {
    SimResponse::bytes(200, BINARY, object.bytes())
        .with_header("content-type", &object.content_type)
        .with_header("etag", format!("\"{}\"", object.etag))
}

/// The answer to a visitor of a bucket's domain.
pub(crate) fn site(cloud: &mut CloudflareSim, visit: &Visit<'_>) -> Option<SimResponse> {
    let is_of = |bucket: &&Bucket| {
        let is_custom = bucket.domains.get(visit.host).is_some_and(|domain| domain.enabled);
        is_custom || (bucket.is_public && managed_domain(bucket) == visit.host)
    };
    let bucket = cloud.state.r2.values().find(is_of)?;
    if !matches!(visit.request.method, Method::GET | Method::HEAD) {
        return Some(SimResponse::bytes(405, "text/plain", "Method Not Allowed"));
    }
    let key = visit.path.trim_start_matches('/');
    let found = bucket.objects.get(key).map(served);
    Some(found.unwrap_or_else(|| SimResponse::bytes(404, "text/html", "<h1>Object not found</h1>")))
}
