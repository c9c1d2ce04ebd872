//! Owns the rules of simulated buckets. Does not act by them, except that what is locked stays.
use super::super::answer::{Answer, error, ok};
use super::super::cloud::CloudflareSim;
use super::super::input;
use super::bucket::{MALFORMED, of};
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const RULES_MAX: usize = 1_000;
/// When the vendor ends uploads that nobody goes on with, in seconds.
const ABANDONED_AFTER_SECONDS: u64 = 7 * 24 * 60 * 60;

/// The rules of a bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rules {
    cors: Option<Vec<Cors>>,
    lifecycle: Vec<Lifecycle>,
    lock: Vec<Lock>,
}

impl Rules {
    /// What the vendor gives to a new bucket.
    pub(super) fn of_new_bucket() -> Self {
        let abandoned = Lifecycle {
            id: "Default Multipart Abort Rule".to_owned(),
            enabled: true,
            conditions: Conditions { prefix: String::new() },
            abort_multipart_uploads_transition: Some(AgeTransition {
                condition: Age { kind: AgeOnly::Age, max_age: ABANDONED_AFTER_SECONDS },
            }),
            delete_objects_transition: None,
            storage_class_transitions: Vec::new(),
        };
        Self { cors: None, lifecycle: vec![abandoned], lock: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<T> {
    #[serde(default = "Vec::new")]
    rules: Vec<T>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Cors {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    allowed: Allowed,
    #[serde(skip_serializing_if = "Option::is_none")]
    expose_headers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_seconds: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowed {
    origins: Vec<String>,
    methods: Vec<Method>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<String>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Method {
    Get,
    Put,
    Post,
    Delete,
    Head,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Lifecycle {
    id: String,
    enabled: bool,
    conditions: Conditions,
    #[serde(skip_serializing_if = "Option::is_none")]
    abort_multipart_uploads_transition: Option<AgeTransition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_objects_transition: Option<Transition>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    storage_class_transitions: Vec<ClassTransition>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Conditions {
    prefix: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgeTransition {
    condition: Age,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Age {
    #[serde(rename = "type")]
    kind: AgeOnly,
    #[serde(rename = "maxAge")]
    max_age: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum AgeOnly {
    Age,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Transition {
    condition: When,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClassTransition {
    condition: When,
    storage_class: Class,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Class {
    InfrequentAccess,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum When {
    Age {
        #[serde(rename = "maxAge")]
        max_age: u64,
    },
    Date {
        date: String,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    id: String,
    enabled: bool,
    #[serde(default)]
    prefix: String,
    condition: Held,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
enum Held {
    Age {
        #[serde(rename = "maxAgeSeconds")]
        max_age_seconds: u64,
    },
    Date {
        date: String,
    },
    Indefinite,
}

fn malformed(reason: &str) -> SimResponse {
    error(400, MALFORMED, format!("The JSON you provided was not well formed: {reason}"))
}

fn shown<T: Serialize>(rules: &[T]) -> Answer {
    let rules = serde_json::to_value(rules).expect("rules have only string keys");
    ok(json!({ "rules": rules }))
}

/// Rules whose names are different.
fn named<T>(rules: Vec<T>, id: impl Fn(&T) -> &str) -> Result<Vec<T>, SimResponse> {
    let mut seen = BTreeSet::new();
    if !rules.iter().all(|rule| !id(rule).is_empty() && seen.insert(id(rule).to_owned())) {
        return Err(malformed("the ids of rules must be there and unique"));
    }
    match rules.len() > RULES_MAX {
        true => Err(malformed("too many rules")),
        false => Ok(rules),
    }
}

pub(super) fn get_cors(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    match &of(cloud, request, params)?.rules.cors {
        Some(rules) => shown(rules),
        None => Err(error(404, 10_059, "The CORS configuration does not exist.")),
    }
}

pub(super) fn put_cors(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let bucket = of(cloud, request, params)?;
    let body: Body<Cors> = input::read_as(request, MALFORMED)?;
    let allowed = body.rules.iter().map(|rule| &rule.allowed);
    if allowed.clone().any(|allowed| allowed.origins.is_empty() || allowed.methods.is_empty()) {
        return Err(malformed("a rule needs origins and methods"));
    }
    let is_origin = |origin: &String| {
        origin == "*" || origin.split_once("://").is_some_and(|(_, host)| !host.contains('/'))
    };
    if !allowed.flat_map(|allowed| &allowed.origins).all(is_origin) {
        return Err(malformed("an origin has no path"));
    }
    bucket.rules.cors = Some(body.rules);
    ok(json!({}))
}

pub(super) fn delete_cors(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    of(cloud, request, params)?.rules.cors = None;
    ok(json!({}))
}

pub(super) fn get_lifecycle(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    shown(&of(cloud, request, params)?.rules.lifecycle)
}

pub(super) fn put_lifecycle(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let bucket = of(cloud, request, params)?;
    let body: Body<Lifecycle> = input::read_as(request, MALFORMED)?;
    let acts = |rule: &Lifecycle| {
        rule.abort_multipart_uploads_transition.is_some()
            || rule.delete_objects_transition.is_some()
            || !rule.storage_class_transitions.is_empty()
    };
    if !body.rules.iter().all(acts) {
        return Err(malformed("a rule needs a transition"));
    }
    bucket.rules.lifecycle = named(body.rules, |rule| &rule.id)?;
    ok(json!({}))
}

pub(super) fn get_lock(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    shown(&of(cloud, request, params)?.rules.lock)
}

pub(super) fn put_lock(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let bucket = of(cloud, request, params)?;
    let body: Body<Lock> = input::read_as(request, MALFORMED)?;
    bucket.rules.lock = named(body.rules, |rule| &rule.id)?;
    ok(Value::Object(serde_json::Map::new()))
}

/// Whether one of the rules holds an object. Here what is locked for a time is locked while the rule
/// is there.
pub(super) fn locks(rules: &Rules, object_key: &str) -> bool {
    rules.lock.iter().any(|rule| rule.enabled && object_key.starts_with(&rule.prefix))
}
