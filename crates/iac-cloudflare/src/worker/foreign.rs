//! What other tools call Workers and what is in KV, as claims of the types here. Knows nothing of files.

use iac_core::Resource as _;
use iac_core::provider::{ForeignClaim, ForeignObject};

use crate::foreign::{Claims, claim};
use crate::{KvEntry, KvNamespace, WorkerDomain, WorkerRoute, WorkerScript, WorkerSecret};

/// Version 4 of Terraform's provider calls a script's name `name`, version 5 `script_name`.
fn script_name(object: &ForeignObject<'_>) -> Option<String> {
    object.text("script_name").or_else(|| object.text("name"))
}

pub(crate) fn script(object: &ForeignObject<'_>) -> Claims {
    let Some(name) = script_name(object) else { return Vec::new() };
    vec![claim::<WorkerScript>(name.clone(), [("name", Some(name))])]
}

pub(crate) fn route(object: &ForeignObject<'_>) -> Claims {
    let Some(zone) = object.text("zone_id") else { return Vec::new() };
    let id = format!("{zone}/{}", object.id);
    vec![claim::<WorkerRoute>(id, [("zone", Some(zone)), ("pattern", object.text("pattern"))])]
}

pub(crate) fn domain(object: &ForeignObject<'_>) -> Claims {
    vec![claim::<WorkerDomain>(object.id, [("hostname", object.text("hostname"))])]
}

pub(crate) fn secret(object: &ForeignObject<'_>) -> Claims {
    let (Some(script), Some(name)) = (object.text("script_name"), object.text("name")) else {
        return Vec::new();
    };
    let keys = [("script", Some(script.clone())), ("name", Some(name.clone()))];
    vec![claim::<WorkerSecret>(format!("{script}/{name}"), keys)]
}

/// The times at which a script runs are a field of the script here.
pub(crate) fn crons(object: &ForeignObject<'_>) -> Claims {
    let script = object.text("script_name");
    let field = |script| ForeignClaim::field(WorkerScript::TYPE, script, "crons");
    script.map(field).into_iter().collect()
}

pub(crate) fn kv_namespace(object: &ForeignObject<'_>) -> Claims {
    vec![claim::<KvNamespace>(object.id, [("title", object.text("title"))])]
}

/// Version 4 of Terraform's provider calls the key `key`, version 5 `key_name`.
pub(crate) fn kv_entry(object: &ForeignObject<'_>) -> Claims {
    let key = object.text("key_name").or_else(|| object.text("key"));
    let (Some(namespace), Some(key)) = (object.text("namespace_id"), key) else { return Vec::new() };
    let keys = [("namespace", Some(namespace.clone())), ("key", Some(key.clone()))];
    vec![claim::<KvEntry>(format!("{namespace}/{key}"), keys)]
}

#[cfg(test)]
mod tests {
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
        assert_eq!(ids(script, "x", json!({ "script_name": "intake" })), ["intake"]);
        assert_eq!(ids(script, "x", json!({ "name": "intake" })), ["intake"]);
        assert_eq!(ids(route, "r1", json!({ "zone_id": "z1" })), ["z1/r1"]);
        assert_eq!(ids(secret, "x", json!({ "script_name": "intake", "name": "KEY" })), ["intake/KEY"]);
        assert_eq!(ids(crons, "x", json!({ "script_name": "intake" })), ["intake crons"]);
        assert_eq!(ids(kv_entry, "x", json!({ "namespace_id": "n1", "key": "a/b" })), ["n1/a/b"]);
        assert_eq!(ids(kv_entry, "x", json!({ "namespace_id": "n1", "key_name": "a" })), ["n1/a"]);
        assert_eq!(ids(kv_entry, "x", json!({ "key_name": "a" })), Vec::<String>::new());
    }
}
