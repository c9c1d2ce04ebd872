//! What the functions and builds of a project find in one environment, and its way to the API and back.
//! Sends nothing.

use std::collections::BTreeMap;

use iac_core::{Fault, Id, Inputs, Secret, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::KvNamespace;
use crate::r2::{R2Bucket, bucket_id, bucket_name};

/// Longest name of a variable or binding.
const NAME_LENGTH_MAX: usize = 255;

/// What the functions and builds of a project find in one environment. Secret variables are given to
/// the project itself.
///
/// ```
/// use iac_cloudflare::PagesEnvironment;
///
/// let production = PagesEnvironment::args()
///     .env([("API_URL", "https://api.example.com")])
///     .compatibility_date("2026-10-01")
///     .compatibility_flags(["nodejs_compat"]);
/// # let _ = production;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Inputs)]
pub struct PagesEnvironment {
    /// Variables that anybody with access to the account may see.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// The date whose runtime behaviour functions get, such as `2026-10-01`. By default the day on
    /// which the project was made.
    #[field(default_from_api)]
    pub compatibility_date: Option<String>,
    /// Runtime features beyond that date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub compatibility_flags: Vec<String>,
    /// Whether a request goes on to the static files when functions are over their daily limit. By
    /// default it does.
    #[field(default_from_api)]
    pub fail_open: Option<bool>,
    /// KV namespaces, by the name that functions know them by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kv_namespaces: BTreeMap<String, Id<KvNamespace>>,
    /// Buckets, by the name that functions know them by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub r2_buckets: BTreeMap<String, Id<R2Bucket>>,
    /// Ids of D1 databases, by the name that functions know them by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub d1_databases: BTreeMap<String, String>,
    /// Names of queues that functions write to, by the name that functions know them by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub queues: BTreeMap<String, String>,
    /// Names of Workers that functions call, by the name that functions know them by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, String>,
}

/// Secret variables, by name.
pub(super) type Secrets = BTreeMap<String, Secret<String>>;

/// The body that turns `old` into `new`. What went is told with null, as the API wants it.
pub(super) fn body(old: (&PagesEnvironment, &Secrets), new: (&PagesEnvironment, &Secrets)) -> Json {
    let mut body = Map::new();
    let mut put = |field: &str, entries: Map<String, Json>| {
        if !entries.is_empty() {
            body.insert(field.to_owned(), Json::Object(entries));
        }
    };
    let plain = |value: &String| json!({ "type": "plain_text", "value": value });
    let secret = |value: &Secret<String>| json!({ "type": "secret_text", "value": value.expose() });
    let mut variables = entries(&old.0.env, &new.0.env, plain);
    for (name, value) in entries(old.1, new.1, secret) {
        // What became of plain text a secret, or the other way round, is set and not taken away.
        if !value.is_null() || !variables.contains_key(&name) {
            variables.insert(name, value);
        }
    }
    put("env_vars", variables);
    let namespace = |id: &Id<KvNamespace>| json!({ "namespace_id": id });
    put("kv_namespaces", entries(&old.0.kv_namespaces, &new.0.kv_namespaces, namespace));
    put("r2_buckets", entries(&old.0.r2_buckets, &new.0.r2_buckets, bucket));
    put("d1_databases", entries(&old.0.d1_databases, &new.0.d1_databases, |id| json!({ "id": id })));
    put("queue_producers", entries(&old.0.queues, &new.0.queues, |name| json!({ "name": name })));
    let service = |name: &String| json!({ "service": name, "environment": "production" });
    put("services", entries(&old.0.services, &new.0.services, service));
    if let Some(date) = &new.0.compatibility_date {
        body.insert("compatibility_date".to_owned(), json!(date));
    }
    if old.0.compatibility_flags != new.0.compatibility_flags {
        body.insert("compatibility_flags".to_owned(), json!(new.0.compatibility_flags));
    }
    if let Some(open) = new.0.fail_open {
        body.insert("fail_open".to_owned(), json!(open));
    }
    Json::Object(body)
}

/// Every entry that is, and null for every one that was.
fn entries<T>(
    old: &BTreeMap<String, T>,
    new: &BTreeMap<String, T>,
    value: impl Fn(&T) -> Json,
) -> Map<String, Json> {
    let gone = old.keys().filter(|name| !new.contains_key(*name)).map(|name| (name.clone(), Json::Null));
    gone.chain(new.iter().map(|(name, entry)| (name.clone(), value(entry)))).collect()
}

fn bucket(id: &Id<R2Bucket>) -> Json {
    match bucket_name(id) {
        (name, Some(jurisdiction)) => json!({ "name": name, "jurisdiction": jurisdiction }),
        (name, None) => json!({ "name": name }),
    }
}

/// One environment as the API shows it.
#[derive(Default, Deserialize)]
pub(super) struct Shown {
    #[serde(default)]
    env_vars: Option<BTreeMap<String, Option<Variable>>>,
    #[serde(default)]
    compatibility_date: Option<String>,
    #[serde(default)]
    compatibility_flags: Vec<String>,
    #[serde(default)]
    fail_open: Option<bool>,
    #[serde(default)]
    kv_namespaces: Option<BTreeMap<String, Namespace>>,
    #[serde(default)]
    r2_buckets: Option<BTreeMap<String, Bucket>>,
    #[serde(default)]
    d1_databases: Option<BTreeMap<String, Database>>,
    #[serde(default)]
    queue_producers: Option<BTreeMap<String, Queue>>,
    #[serde(default)]
    services: Option<BTreeMap<String, Service>>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Variable {
    PlainText {
        #[serde(default)]
        value: String,
    },
    /// Its value is never shown.
    SecretText {},
}

#[derive(Deserialize)]
struct Namespace {
    namespace_id: String,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
    #[serde(default)]
    jurisdiction: Option<String>,
}

#[derive(Deserialize)]
struct Database {
    id: String,
}

#[derive(Deserialize)]
struct Queue {
    name: String,
}

#[derive(Deserialize)]
struct Service {
    service: String,
}

impl From<Shown> for PagesEnvironment {
    fn from(shown: Shown) -> Self {
        let variables = shown.env_vars.into_iter().flatten();
        let plain = |(name, variable)| match variable {
            Some(Variable::PlainText { value }) => Some((name, value)),
            _ => None,
        };
        let bucket = |(name, bucket): (String, Bucket)| {
            (name, bucket_id(&bucket.name, bucket.jurisdiction.as_deref()))
        };
        Self {
            env: variables.filter_map(plain).collect(),
            compatibility_date: shown.compatibility_date.filter(|date| !date.is_empty()),
            compatibility_flags: shown.compatibility_flags,
            fail_open: shown.fail_open,
            kv_namespaces: shown
                .kv_namespaces
                .into_iter()
                .flatten()
                .map(|(name, namespace)| (name, Id::new(namespace.namespace_id)))
                .collect(),
            r2_buckets: shown.r2_buckets.into_iter().flatten().map(bucket).collect(),
            d1_databases: named(shown.d1_databases, |database| database.id),
            queues: named(shown.queue_producers, |queue| queue.name),
            services: named(shown.services, |service| service.service),
        }
    }
}

fn named<T>(shown: Option<BTreeMap<String, T>>, text: impl Fn(T) -> String) -> BTreeMap<String, String> {
    shown.into_iter().flatten().map(|(name, entry)| (name, text(entry))).collect()
}

/// Faults of one environment and of its secrets.
pub(super) fn faults(inputs: &Value, field: &str, secrets: &str) -> Vec<Fault> {
    let environment = inputs.get(field);
    let mut faults = Vec::new();
    let mut taken: BTreeMap<&str, String> = BTreeMap::new();
    let kinds = ["env", "kv_namespaces", "r2_buckets", "d1_databases", "queues", "services"];
    let maps = kinds.into_iter().map(|kind| (format!("{field}.{kind}"), environment.get(kind)));
    for (place, map) in maps.chain([(secrets.to_owned(), inputs.get(secrets))]) {
        for name in map.as_map().into_iter().flat_map(|map| map.keys()) {
            if let Some(problem) = problem_of(name) {
                faults.push(Fault::new(format!("{place}.{name}"), problem));
            }
            if let Some(other) = taken.insert(name, place.clone()) {
                let text = format!("`{other}` has the same name; functions see one of them only");
                faults.push(Fault::new(format!("{place}.{name}"), text));
            }
        }
    }
    if let Some(date) = environment.get("compatibility_date").as_str().filter(|date| !is_date(date)) {
        let text = format!("`{date}` is no date such as `2026-10-01`");
        faults.push(Fault::new(format!("{field}.compatibility_date"), text));
    }
    faults
}

fn problem_of(name: &str) -> Option<String> {
    let good = !name.is_empty()
        && name.len() <= NAME_LENGTH_MAX
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
        && !name.starts_with(|c: char| c.is_ascii_digit());
    (!good).then(|| {
        format!(
            "a name has letters, digits and `_`, no digit first, and at most {NAME_LENGTH_MAX} characters"
        )
    })
}

fn is_date(text: &str) -> bool {
    const SHAPE: &str = "0000-00-00";
    let fits =
        |(letter, shape): (char, char)| if shape == '0' { letter.is_ascii_digit() } else { letter == shape };
    text.len() == SHAPE.len() && text.chars().zip(SHAPE.chars()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(env: &[(&str, &str)]) -> PagesEnvironment {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        PagesEnvironment { env, ..PagesEnvironment::default() }
    }

    fn secrets(names: &[&str]) -> Secrets {
        names.iter().map(|name| ((*name).to_owned(), Secret::new("hush".to_owned()))).collect()
    }

    #[test]
    fn what_went_is_told_with_null() {
        let body = body(
            (&environment(&[("A", "1"), ("B", "2"), ("C", "3")]), &secrets(&["S", "T"])),
            (&environment(&[("A", "1"), ("T", "now plain")]), &secrets(&["S", "C"])),
        );
        let secret = json!({ "type": "secret_text", "value": "hush" });
        assert_eq!(
            body["env_vars"],
            json!({
                "A": { "type": "plain_text", "value": "1" }, "B": null, "C": secret, "S": secret,
                "T": { "type": "plain_text", "value": "now plain" },
            })
        );
    }

    #[test]
    fn what_is_shown_has_no_secrets() {
        let shown: Shown = serde_json::from_value(json!({
            "env_vars": { "A": { "type": "plain_text", "value": "1" }, "S": { "type": "secret_text", "value": "" } },
            "compatibility_date": "2026-10-01", "compatibility_flags": [], "fail_open": true,
            "r2_buckets": { "FILES": { "name": "files", "jurisdiction": "eu" }, "OTHER": { "name": "other" } },
            "d1_databases": { "DB": { "id": "17" } }, "usage_model": "standard",
        }))
        .unwrap();
        let seen = PagesEnvironment::from(shown);
        assert_eq!(seen.env.len(), 1);
        assert_eq!(seen.r2_buckets["FILES"].as_str(), "files/eu");
        let none = (&PagesEnvironment::default(), &Secrets::new());
        let again = body(none, (&seen, &Secrets::new()));
        assert_eq!(again["r2_buckets"]["FILES"], json!({ "name": "files", "jurisdiction": "eu" }));
        assert_eq!(again["r2_buckets"]["OTHER"], json!({ "name": "other" }));
    }

    #[test]
    fn names_are_taken_once() {
        let named = |field: &'static str, name: &str| (field, Value::map([(name, Value::from("x"))]));
        let fields = |environment: Value, secrets: Value| {
            let inputs = Value::map([("production", environment), ("production_secrets", secrets)]);
            let faults = faults(&inputs, "production", "production_secrets");
            faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert!(fields(Value::map([named("env", "A")]), Value::map([("B", Value::Unknown)])).is_empty());
        assert_eq!(fields(Value::map([named("env", "1A")]), Value::Null), ["production.env.1A"]);
        let secret = Value::map([("A", Value::secret("x".into()))]);
        assert_eq!(fields(Value::map([named("env", "A")]), secret), ["production_secrets.A"]);
        let date = Value::map([("compatibility_date", Value::from("2026-1-1"))]);
        assert_eq!(fields(date, Value::Unknown), ["production.compatibility_date"]);
    }
}
