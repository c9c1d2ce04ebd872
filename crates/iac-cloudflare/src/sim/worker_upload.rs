//! Owns the simulated upload of a script: what is refused, and what replaces what. Runs no code: it looks
//! for exports by their text.
use super::account;
use super::answer::{Answer, error, ok};
use super::cloud::CloudflareSim;
use super::r2;
use super::worker::{Module, Script, Secret, view};
use super::worker_domain::uuid;
use super::worker_migration::{Migrations, migrate};
use crate::form_parts::{self, Part};
use crate::worker::{binding_name, digest, script_name};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Largest code on the plans for which there is a limit here, not compressed.
const CODE_BYTES_MAX: usize = 64 << 20;
const TAGS_MAX: usize = 10;
const TAG_LENGTH_MAX: usize = 1024;
/// What a live configuration of the logs says where the upload says nothing.
const SAMPLING_RATE_DEFAULT: f64 = 1.0;
/// The types of binding that the API knows, besides those that are looked at here.
const OTHER_KINDS: [&str; 14] = [
    "ai",
    "analytics_engine",
    "assets",
    "browser",
    "hyperdrive",
    "images",
    "json",
    "mtls_certificate",
    "pipelines",
    "queue",
    "ratelimit",
    "send_email",
    "vectorize",
    "version_metadata",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    main_module: Option<String>,
    body_part: Option<String>,
    #[serde(default)]
    bindings: Vec<Map<String, Value>>,
    #[serde(default)]
    keep_bindings: Vec<String>,
    compatibility_date: Option<String>,
    #[serde(default)]
    compatibility_flags: Vec<String>,
    #[serde(default)]
    logpush: bool,
    observability: Option<Observability>,
    placement: Option<Placement>,
    limits: Option<Limits>,
    migrations: Option<Migrations>,
    #[serde(default)]
    tags: Vec<String>,
    tail_consumers: Option<Vec<Value>>,
    #[expect(dead_code, reason = "known, and without effect here")]
    usage_model: Option<String>,
    #[expect(dead_code, reason = "known, and without effect here")]
    annotations: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Observability {
    enabled: bool,
    head_sampling_rate: Option<f64>,
    logs: Option<Logs>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Logs {
    enabled: bool,
    invocation_logs: bool,
    head_sampling_rate: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Placement {
    mode: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    cpu_ms: Option<u32>,
}

pub(super) fn upload(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let account = account::of(cloud, params)?.to_owned();
    let name = params.get("script_name").unwrap_or_default().to_owned();
    if script_name(&name).is_some() {
        return Err(error(
            400,
            10_016,
            "Invalid Worker name: use lower-case letters, digits, underscores and dashes",
        ));
    }
    let content_type = request.header("content-type").unwrap_or_default();
    let parts = form_parts::parse(content_type, &request.body)
        .ok_or_else(|| error(400, 10_001, "Content-Type must be one of: multipart/form-data"))?;
    let metadata = read_metadata(&parts)?;
    let modules = modules(&parts);
    let code = check_code(&metadata, &modules)?;
    check_settings(cloud, &metadata)?;
    let before = cloud.state.workers.scripts.get(&name).cloned();
    if before.is_none() && !cloud.has_room(super::worker::TYPE, cloud.state.workers.scripts.len()) {
        let text =
            "You have exceeded the limit of Workers on your account. Delete unused Workers, or upgrade.";
        return Err(error(400, 10_037, text));
    }
    let mut classes = before.as_ref().map(|script| script.classes.clone()).unwrap_or_default();
    let mut tag = before.as_ref().and_then(|script| script.migration_tag.clone());
    if let Some(migrations) = &metadata.migrations {
        tag = Some(migrate(cloud, migrations, tag.as_deref(), &mut classes, &code, &metadata.bindings)?);
    }
    if let Some(lost) = classes.keys().find(|class| !exports(&code, class)) {
        let text = format!(
            "New version of script does not export class '{lost}' which is depended on by existing Durable Objects."
        );
        return Err(error(400, 10_064, text));
    }
    let (bindings, secrets) = bind(cloud, &name, &metadata, before.as_ref(), &classes)?;
    let now = cloud.timestamp();
    let script = Script {
        account,
        tag: before.as_ref().map_or_else(|| cloud.hex("worker", 32), |script| script.tag.clone()),
        etag: digest(code.as_bytes()),
        main_module: metadata.main_module,
        modules,
        bindings,
        secrets,
        compatibility_date: metadata.compatibility_date,
        compatibility_flags: metadata.compatibility_flags,
        cpu_ms: metadata.limits.and_then(|limits| limits.cpu_ms),
        logpush: metadata.logpush,
        observability: observability(metadata.observability),
        placement: metadata
            .placement
            .and_then(|placement| placement.mode)
            .map(|mode| json!({ "mode": mode })),
        tags: metadata.tags,
        tail_consumers: metadata.tail_consumers.unwrap_or_default(),
        migration_tag: tag,
        classes,
        crons: before.as_ref().map(|script| script.crons.clone()).unwrap_or_default(),
        enabled: before.as_ref().is_some_and(|script| script.enabled),
        previews_enabled: before.as_ref().is_some_and(|script| script.previews_enabled),
        created_on: before.map_or_else(|| now.clone(), |script| script.created_on),
        modified_on: now,
        name: name.clone(),
    };
    let mut shown = view(&script);
    shown["startup_time_ms"] = json!(10);
    cloud.state.workers.scripts.insert(name, script);
    ok(shown)
}

fn read_metadata(parts: &[Part<'_>]) -> Result<Metadata, SimResponse> {
    let part = parts.iter().find(|part| part.name == "metadata");
    let part = part.ok_or_else(|| error(400, 10_021, "Missing metadata part in the upload"))?;
    serde_json::from_slice(part.content)
        .map_err(|problem| error(400, 10_021, format!("Could not parse metadata: {problem}")))
}

/// A module is named by its part, or by its file where all parts have one name.
fn modules(parts: &[Part<'_>]) -> Vec<Module> {
    let modules = parts.iter().filter(|part| part.name != "metadata");
    let module = |part: &Part<'_>| Module {
        name: part.file_name.clone().unwrap_or_else(|| part.name.clone()),
        content_type: part.content_type.clone().unwrap_or_else(|| "text/plain".to_owned()),
        content: BASE64.encode(part.content),
    };
    modules.map(module).collect()
}

/// The text of the main module, if the upload has one that could run.
fn check_code(metadata: &Metadata, modules: &[Module]) -> Result<String, SimResponse> {
    let main = metadata.main_module.as_ref().or(metadata.body_part.as_ref());
    let main =
        main.ok_or_else(|| error(400, 10_021, "The metadata names neither main_module nor body_part"))?;
    let module = modules.iter().find(|module| module.name == *main);
    let module =
        module.ok_or_else(|| error(400, 10_021, format!("Uncaught Error: No such module \"{main}\"")))?;
    let names: BTreeSet<&str> = modules.iter().map(|module| module.name.as_str()).collect();
    if names.len() != modules.len() {
        return Err(error(400, 10_021, "Two modules have the same name"));
    }
    if modules.iter().map(|module| module.content.len()).sum::<usize>() > CODE_BYTES_MAX {
        return Err(error(413, 10_027, "Your Worker exceeded the size limit"));
    }
    let code = String::from_utf8_lossy(&module.bytes()).into_owned();
    let handles = match metadata.main_module.is_some() {
        true => {
            code.contains("export default")
                || code.contains("as default")
                || module.content_type == "text/x-python"
        }
        false => code.contains("addEventListener"),
    };
    match handles {
        true => Ok(code),
        false => Err(error(400, 10_068, "The uploaded script has no registered event handlers.")),
    }
}

/// Whether code exports a class, by its text.
pub(super) fn exports(code: &str, class: &str) -> bool {
    let words: Vec<&str> = code.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.windows(3).any(|window| window == ["export", "class", class])
}

fn check_settings(cloud: &CloudflareSim, metadata: &Metadata) -> Result<(), SimResponse> {
    let refused = |code: u64, text: String| Err(error(400, code, text));
    if metadata.tags.len() > TAGS_MAX {
        return refused(10_021, format!("A Worker can have at most {TAGS_MAX} tags"));
    }
    if let Some(bad) = metadata.tags.iter().find(|tag| tag.len() > TAG_LENGTH_MAX || tag.contains([',', '&']))
    {
        return refused(10_021, format!("The tag '{bad}' is not valid"));
    }
    let date = metadata.compatibility_date.as_deref();
    if date.is_some_and(|date| date.len() != 10 || date.split('-').count() != 3) {
        return refused(10_021, "The compatibility date must be of the form YYYY-MM-DD".to_owned());
    }
    if date.is_some_and(|date| date > cloud.timestamp().get(..10).unwrap_or_default() && date > "2027") {
        return refused(10_021, "Can't set compatibility date in the future".to_owned());
    }
    if metadata.limits.is_some() && !cloud.config.paid {
        return refused(100_328, "CPU limits are not supported for the Free plan.".to_owned());
    }
    if metadata.placement.as_ref().is_some_and(|placement| placement.mode.as_deref() != Some("smart")) {
        return refused(10_021, "The placement mode is not known".to_owned());
    }
    let kinds = ["secret_text", "secret_key", "plain_text", "json"];
    match metadata.keep_bindings.iter().find(|kind| !kinds.contains(&kind.as_str())) {
        Some(kind) => refused(10_021, format!("keep_bindings: {kind} is no type of binding")),
        None => Ok(()),
    }
}

/// What the settings show of the logs: with the defaults of what the upload does not say.
fn observability(given: Option<Observability>) -> Value {
    let Some(given) = given.filter(|given| given.enabled) else { return json!({ "enabled": false }) };
    let rate = given.head_sampling_rate.unwrap_or(SAMPLING_RATE_DEFAULT);
    let (enabled, invocation_logs, own_rate) = match given.logs {
        Some(logs) => {
            (logs.enabled, logs.invocation_logs, logs.head_sampling_rate.unwrap_or(SAMPLING_RATE_DEFAULT))
        }
        None => (true, true, SAMPLING_RATE_DEFAULT),
    };
    json!({
        "enabled": true,
        "head_sampling_rate": rate,
        "logs": {
            "enabled": enabled, "head_sampling_rate": own_rate, "persist": true, "invocation_logs": invocation_logs,
        },
    })
}

type Bound = (Vec<Map<String, Value>>, BTreeMap<String, Secret>);

/// The bindings that the new version has, and the secrets: those of the upload and those that are kept.
fn bind(
    cloud: &mut CloudflareSim,
    script: &str,
    metadata: &Metadata,
    before: Option<&Script>,
    classes: &BTreeMap<String, String>,
) -> Result<Bound, SimResponse> {
    let (mut bindings, mut secrets, mut names) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    for binding in &metadata.bindings {
        let text = |field: &str| binding.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (name, kind) = (text("name"), text("type"));
        if binding_name(&name).is_some() {
            return Err(error(400, 10_021, format!("'{name}' is not a valid binding name")));
        }
        if !names.insert(name.clone()) {
            return Err(error(400, 10_021, format!("Binding name '{name}' already in use.")));
        }
        if kind == "secret_text" {
            let digest = digest(text("text").as_bytes());
            secrets.insert(name, Secret { kind, digest, separate: false });
            continue;
        }
        let mut shown = binding.clone();
        check_binding(cloud, script, &kind, binding, classes)?;
        if let Some(id) = classes.get(&text("class_name")).filter(|_| kind == "durable_object_namespace") {
            shown.insert("namespace_id".to_owned(), json!(id));
        }
        bindings.push(shown);
    }
    for (name, secret) in before.iter().flat_map(|script| &script.secrets) {
        if metadata.keep_bindings.contains(&secret.kind) && !names.contains(name) {
            secrets.insert(name.clone(), secret.clone());
        }
    }
    Ok((bindings, secrets))
}

/// Refuses a binding to something that is not there, and one with missing or unknown fields.
fn check_binding(
    cloud: &mut CloudflareSim,
    script: &str,
    kind: &str,
    binding: &Map<String, Value>,
    classes: &BTreeMap<String, String>,
) -> Result<(), SimResponse> {
    let text = |field: &str| binding.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let fields: (&[&str], &[&str]) = match kind {
        "plain_text" => (&["text"], &[]),
        "kv_namespace" => (&["namespace_id"], &[]),
        "d1" => (&["database_id"], &[]),
        "r2_bucket" => (&["bucket_name"], &["jurisdiction"]),
        "service" => (&["service"], &["entrypoint", "environment"]),
        "durable_object_namespace" => (&["class_name"], &["script_name", "environment"]),
        _ if OTHER_KINDS.contains(&kind) => return Ok(()),
        _ => return Err(error(400, 10_021, format!("The binding type '{kind}' is not known"))),
    };
    let known =
        |name: &str| matches!(name, "name" | "type") || fields.0.contains(&name) || fields.1.contains(&name);
    if let Some(unknown) = binding.keys().find(|name| !known(name)) {
        return Err(error(400, 10_021, format!("A binding of type {kind} has no field '{unknown}'")));
    }
    if let Some(missing) =
        fields.0.iter().find(|field| binding.get(**field).and_then(Value::as_str).is_none())
    {
        return Err(error(400, 10_021, format!("A binding of type {kind} needs '{missing}'")));
    }
    let workers = &cloud.state.workers.scripts;
    match kind {
        "kv_namespace" if !cloud.state.kv.contains_key(&text("namespace_id")) => {
            Err(error(400, 10_041, format!("KV namespace '{}' not found.", text("namespace_id"))))
        }
        "r2_bucket" => {
            let jurisdiction = Some(text("jurisdiction")).filter(|text| !text.is_empty());
            let place = (super::config::ACCOUNT_ID, jurisdiction.as_deref().unwrap_or("default"));
            match r2::exists(cloud, place, &text("bucket_name")) {
                true => Ok(()),
                false => Err(error(400, 10_085, format!("R2 bucket '{}' not found.", text("bucket_name")))),
            }
        }
        "d1" if uuid(&text("database_id").replace('-', "")) != text("database_id") => {
            Err(error(400, 10_181, format!("D1 database '{}' not found.", text("database_id"))))
        }
        "service" if text("service") != script && !workers.contains_key(&text("service")) => Err(error(
            400,
            10_144,
            format!("Could not resolve service binding: Worker '{}' not found.", text("service")),
        )),
        "durable_object_namespace" => {
            let other = text("script_name");
            let class = text("class_name");
            let has = match other.is_empty() || other == script {
                true => classes.contains_key(&class),
                false => workers.get(&other).is_some_and(|other| other.classes.contains_key(&class)),
            };
            let text = format!(
                "Cannot create binding for class '{class}' that is not currently configured to implement Durable Objects."
            );
            if has { Ok(()) } else { Err(error(400, 10_061, text)) }
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::exports;

    #[test]
    fn exported_classes_are_found_by_their_text() {
        let code = "export class Room extends DurableObject {}\nexport default {}";
        assert!(exports(code, "Room") && !exports(code, "Roo") && !exports("class Room {}", "Room"));
    }
}
