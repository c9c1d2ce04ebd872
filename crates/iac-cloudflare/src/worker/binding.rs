//! What a Worker is bound to, and how the API writes it. Knows nothing of uploads.

use std::collections::{BTreeMap, BTreeSet};

use iac_core::{Id, Inputs};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::inputs::WorkerScriptInputs;
use super::script::WorkerScript;
use crate::KvNamespace;
use crate::r2::{R2Bucket, bucket_id, bucket_name};

/// The kinds of bindings that have an input of their own.
pub(super) const OWN_KINDS: [&str; 8] = [
    "plain_text",
    "secret_text",
    "secret_key",
    "kv_namespace",
    "r2_bucket",
    "d1",
    "service",
    "durable_object_namespace",
];

/// A bucket that a Worker is bound to.
///
/// ```
/// use iac_cloudflare::{R2Binding, R2Bucket};
/// use iac_core::Id;
///
/// let uploads = R2Binding::args().name("UPLOADS").bucket(Id::<R2Bucket>::new("intake-uploads"));
/// # let _ = uploads;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct R2Binding {
    /// The name in the code.
    pub name: String,
    /// The bucket.
    pub bucket: Id<R2Bucket>,
}

/// Another Worker that a Worker calls.
///
/// ```
/// use iac_cloudflare::{ServiceBinding, WorkerScript};
/// use iac_core::Id;
///
/// let auth = ServiceBinding::args().name("AUTH").service(Id::<WorkerScript>::new("auth"));
/// # let _ = auth;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ServiceBinding {
    /// The name in the code.
    pub name: String,
    /// The Worker.
    pub service: Id<WorkerScript>,
    /// The entrypoint of that Worker. By default its default export.
    pub entrypoint: Option<String>,
}

/// A class of durable objects that a Worker uses.
///
/// ```
/// use iac_cloudflare::DurableObjectBinding;
///
/// let rooms = DurableObjectBinding::args().name("ROOMS").class_name("Room");
/// # let _ = rooms;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Inputs)]
pub struct DurableObjectBinding {
    /// The name in the code.
    pub name: String,
    /// The class. One of the script's own needs a migration that makes it.
    pub class_name: String,
    /// The Worker that has the class, if it is another one.
    pub script: Option<Id<WorkerScript>>,
}

/// All bindings, as the API writes them. They hold secrets.
pub(super) fn to_wire(inputs: &WorkerScriptInputs) -> Vec<Json> {
    let mut all = Vec::new();
    let mut add = |name: &str, kind: &str, mut fields: Json| {
        fields["name"] = name.into();
        fields["type"] = kind.into();
        all.push(fields);
    };
    for (name, text) in &inputs.vars {
        add(name, "plain_text", json!({ "text": text }));
    }
    for (name, text) in &inputs.secrets {
        add(name, "secret_text", json!({ "text": text.expose() }));
    }
    for (name, id) in &inputs.kv_namespaces {
        add(name, "kv_namespace", json!({ "namespace_id": id.as_str() }));
    }
    for (name, id) in &inputs.d1_databases {
        add(name, "d1", json!({ "database_id": id }));
    }
    for one in &inputs.r2_buckets {
        let (bucket, jurisdiction) = bucket_name(&one.bucket);
        let mut fields = json!({ "bucket_name": bucket });
        optional(&mut fields, "jurisdiction", jurisdiction);
        add(&one.name, "r2_bucket", fields);
    }
    for one in &inputs.services {
        let mut fields = json!({ "service": one.service.as_str() });
        optional(&mut fields, "entrypoint", one.entrypoint.as_deref());
        add(&one.name, "service", fields);
    }
    for one in &inputs.durable_objects {
        let mut fields = json!({ "class_name": one.class_name });
        optional(&mut fields, "script_name", one.script.as_ref().map(Id::as_str));
        add(&one.name, "durable_object_namespace", fields);
    }
    for (name, binding) in &inputs.other_bindings {
        let kind = binding["type"].as_str().unwrap_or_default().to_owned();
        add(name, &kind, binding.clone());
    }
    all
}

fn optional(fields: &mut Json, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        fields[name] = value.into();
    }
}

/// The bindings of a script, without its secrets.
#[derive(Default)]
pub(super) struct Bindings {
    pub(super) vars: BTreeMap<String, String>,
    pub(super) kv_namespaces: BTreeMap<String, Id<KvNamespace>>,
    pub(super) d1_databases: BTreeMap<String, String>,
    pub(super) r2_buckets: Vec<R2Binding>,
    pub(super) services: Vec<ServiceBinding>,
    pub(super) durable_objects: Vec<DurableObjectBinding>,
    pub(super) other: BTreeMap<String, Json>,
}

/// What the API says of the bindings of `script`.
pub(super) fn from_wire(script: &str, bindings: Vec<Map<String, Json>>) -> Bindings {
    let mut found = Bindings::default();
    for mut binding in bindings {
        let text = |field: &str| binding.get(field).and_then(Json::as_str).map(str::to_owned);
        let (Some(name), Some(kind)) = (text("name"), text("type")) else { continue };
        match kind.as_str() {
            "plain_text" => {
                found.vars.insert(name, text("text").unwrap_or_default());
            }
            // The API does not give them back.
            "secret_text" | "secret_key" => {}
            "kv_namespace" => {
                let id = Id::new(text("namespace_id").unwrap_or_default());
                found.kv_namespaces.insert(name, id);
            }
            "d1" => {
                let id = text("database_id").or_else(|| text("id")).unwrap_or_default();
                found.d1_databases.insert(name, id);
            }
            "r2_bucket" => found.r2_buckets.push(R2Binding {
                name,
                bucket: bucket_id(&text("bucket_name").unwrap_or_default(), text("jurisdiction").as_deref()),
            }),
            "service" => found.services.push(ServiceBinding {
                name,
                service: Id::new(text("service").unwrap_or_default()),
                entrypoint: text("entrypoint"),
            }),
            "durable_object_namespace" => found.durable_objects.push(DurableObjectBinding {
                name,
                class_name: text("class_name").unwrap_or_default(),
                // The API may name the script itself.
                script: text("script_name").filter(|other| other != script).map(Id::new),
            }),
            _ => {
                binding.remove("name");
                found.other.insert(name, Json::Object(binding));
            }
        }
    }
    found
}

/// The names that the code reads, of whatever kind.
pub(super) fn names(inputs: &WorkerScriptInputs) -> BTreeSet<&str> {
    let maps = [&inputs.vars, &inputs.d1_databases].into_iter().flat_map(BTreeMap::keys);
    let maps = maps.chain(inputs.secrets.keys()).chain(inputs.kv_namespaces.keys());
    let maps = maps.chain(inputs.other_bindings.keys()).map(String::as_str);
    maps.chain(inputs.r2_buckets.iter().map(|one| one.name.as_str()))
        .chain(inputs.services.iter().map(|one| one.name.as_str()))
        .chain(inputs.durable_objects.iter().map(|one| one.name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_given() {
        let bindings = json!([
            { "type": "plain_text", "name": "A", "text": "x" },
            { "type": "secret_text", "name": "KEY" },
            { "type": "d1", "name": "OLD", "id": "d1-id" },
            { "type": "r2_bucket", "name": "UP", "bucket_name": "uploads", "jurisdiction": "eu" },
            { "type": "service", "name": "AUTH", "service": "auth", "environment": "production" },
            { "type": "durable_object_namespace", "name": "ROOMS", "class_name": "Room", "script_name": "self",
              "namespace_id": "0f" },
            { "type": "queue", "name": "JOBS", "queue_name": "jobs" },
        ]);
        let found = from_wire("self", serde_json::from_value(bindings).unwrap());
        assert_eq!(found.vars["A"], "x");
        assert_eq!(found.d1_databases["OLD"], "d1-id");
        assert_eq!(found.r2_buckets[0].bucket.as_str(), "uploads/eu");
        assert_eq!((found.services[0].service.as_str(), &found.services[0].entrypoint), ("auth", &None));
        // A class of its own names no script.
        assert_eq!(found.durable_objects[0].script, None);
        assert_eq!(found.other["JOBS"], json!({ "type": "queue", "queue_name": "jobs" }));
        assert_eq!(found.other.len(), 1);
    }
}
