//! What Terraform's and Pulumi's providers `cloudflare` call the types of this one, and how their ids
//! become ids here. Knows nothing of files or of requests.
//!
//! Both generations of Terraform's provider are known: where version 5 renamed a type, both names are
//! here. Pulumi's provider is made from it and has the same ids.

use iac_core::provider::{ForeignClaim, ForeignObject, ForeignType};
use iac_core::{Resource, Value};

use crate::Zone;

type Claims = Vec<ForeignClaim>;

/// Every type of `cloudflare` that is something here.
pub(crate) const FOREIGN_TYPES: &[ForeignType] = &[
    // Zones and DNS.
    ForeignType::new("cloudflare_zone", "cloudflare:index/zone:Zone", zone),
    // Rules and credentials.
    // Workers.
    ForeignType::new(
        "cloudflare_workers_script",
        "cloudflare:index/workersScript:WorkersScript",
        worker_script,
    ),
    ForeignType::new("cloudflare_worker_script", "cloudflare:index/workerScript:WorkerScript", worker_script),
    ForeignType::new("cloudflare_workers_route", "cloudflare:index/workersRoute:WorkersRoute", worker_route),
    ForeignType::new("cloudflare_worker_route", "cloudflare:index/workerRoute:WorkerRoute", worker_route),
    ForeignType::new(
        "cloudflare_workers_custom_domain",
        "cloudflare:index/workersCustomDomain:WorkersCustomDomain",
        worker_domain,
    ),
    ForeignType::new("cloudflare_worker_domain", "cloudflare:index/workerDomain:WorkerDomain", worker_domain),
    ForeignType::new(
        "cloudflare_workers_secret",
        "cloudflare:index/workersSecret:WorkersSecret",
        worker_secret,
    ),
    ForeignType::new("cloudflare_worker_secret", "cloudflare:index/workerSecret:WorkerSecret", worker_secret),
    ForeignType::new(
        "cloudflare_workers_cron_trigger",
        "cloudflare:index/workersCronTrigger:WorkersCronTrigger",
        worker_crons,
    ),
    ForeignType::new(
        "cloudflare_worker_cron_trigger",
        "cloudflare:index/workerCronTrigger:WorkerCronTrigger",
        worker_crons,
    ),
    ForeignType::new(
        "cloudflare_workers_kv_namespace",
        "cloudflare:index/workersKvNamespace:WorkersKvNamespace",
        kv_namespace,
    ),
    ForeignType::new("cloudflare_workers_kv", "cloudflare:index/workersKv:WorkersKv", kv_entry),
    // Storage and sites.
];

/// An object with the keys that the attributes say.
pub(crate) fn claim<R: Resource>(
    id: impl Into<String>,
    keys: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> ForeignClaim {
    let known = |(field, value): (&'static str, Option<String>)| Some((field, Value::from(value?)));
    ForeignClaim::object(R::TYPE, id, keys.into_iter().filter_map(known).collect())
}

/// An object in a zone, whose id here is `zone/object`; nothing if the attributes do not say which
/// zone.
pub(crate) fn in_zone<R: Resource>(object: &ForeignObject<'_>, id: &str) -> Claims {
    let Some(zone) = object.text("zone_id") else { return Vec::new() };
    vec![claim::<R>(format!("{zone}/{id}"), [("zone", Some(zone.clone()))])]
}

fn zone(object: &ForeignObject<'_>) -> Claims {
    // Version 4 of Terraform's provider calls the domain `zone`.
    let name = object.text("name").or_else(|| object.text("zone"));
    vec![claim::<Zone>(object.id, [("name", name)])]
}

/// Version 4 of Terraform's provider calls a script's name `name`, version 5 `script_name`.
fn script_name(object: &ForeignObject<'_>) -> Option<String> {
    object.text("script_name").or_else(|| object.text("name"))
}

fn worker_script(object: &ForeignObject<'_>) -> Claims {
    let Some(name) = script_name(object) else { return Vec::new() };
    vec![claim::<crate::WorkerScript>(name.clone(), [("name", Some(name))])]
}

fn worker_route(object: &ForeignObject<'_>) -> Claims {
    let Some(zone) = object.text("zone_id") else { return Vec::new() };
    let id = format!("{zone}/{}", object.id);
    vec![claim::<crate::WorkerRoute>(id, [("zone", Some(zone)), ("pattern", object.text("pattern"))])]
}

fn worker_domain(object: &ForeignObject<'_>) -> Claims {
    vec![claim::<crate::WorkerDomain>(object.id, [("hostname", object.text("hostname"))])]
}

fn worker_secret(object: &ForeignObject<'_>) -> Claims {
    let (Some(script), Some(name)) = (object.text("script_name"), object.text("name")) else {
        return Vec::new();
    };
    let keys = [("script", Some(script.clone())), ("name", Some(name.clone()))];
    vec![claim::<crate::WorkerSecret>(format!("{script}/{name}"), keys)]
}

/// The times at which a script runs are a field of the script here.
fn worker_crons(object: &ForeignObject<'_>) -> Claims {
    let script = object.text("script_name");
    let field = |script| ForeignClaim::field(crate::WorkerScript::TYPE, script, "crons");
    script.map(field).into_iter().collect()
}

fn kv_namespace(object: &ForeignObject<'_>) -> Claims {
    vec![claim::<crate::KvNamespace>(object.id, [("title", object.text("title"))])]
}

/// Version 4 of Terraform's provider calls the key `key`, version 5 `key_name`.
fn kv_entry(object: &ForeignObject<'_>) -> Claims {
    let key = object.text("key_name").or_else(|| object.text("key"));
    let (Some(namespace), Some(key)) = (object.text("namespace_id"), key) else { return Vec::new() };
    let keys = [("namespace", Some(namespace.clone())), ("key", Some(key.clone()))];
    vec![claim::<crate::KvEntry>(format!("{namespace}/{key}"), keys)]
}

#[cfg(test)]
mod worker_tests {
    use super::*;
    use serde_json::json;

    fn ids(claims: fn(&ForeignObject<'_>) -> Claims, id: &str, attributes: serde_json::Value) -> Vec<String> {
        let id_of = |claim: ForeignClaim| match claim {
            ForeignClaim::Object { id, .. } => id,
            ForeignClaim::Field { id, field, .. } => format!("{id} {field}"),
            _ => String::new(),
        };
        claims(&ForeignObject::new(id, &attributes, &[])).into_iter().map(id_of).collect()
    }

    #[test]
    fn both_generations_of_attributes_lead_to_the_same_ids() {
        assert_eq!(ids(worker_script, "x", json!({ "script_name": "intake" })), ["intake"]);
        assert_eq!(ids(worker_script, "x", json!({ "name": "intake" })), ["intake"]);
        assert_eq!(ids(worker_route, "r1", json!({ "zone_id": "z1" })), ["z1/r1"]);
        assert_eq!(
            ids(worker_secret, "x", json!({ "script_name": "intake", "name": "KEY" })),
            ["intake/KEY"]
        );
        assert_eq!(ids(worker_crons, "x", json!({ "script_name": "intake" })), ["intake crons"]);
        assert_eq!(ids(kv_entry, "x", json!({ "namespace_id": "n1", "key": "a/b" })), ["n1/a/b"]);
        assert_eq!(ids(kv_entry, "x", json!({ "namespace_id": "n1", "key_name": "a" })), ["n1/a"]);
        assert_eq!(ids(kv_entry, "x", json!({ "key_name": "a" })), Vec::<String>::new());
    }
}
