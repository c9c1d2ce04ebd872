//! The upload of a script: its modules and everything that is said of them in one request. Knows
//! nothing of what the cloud has.

use std::time::Duration;

use iac_core::{Cx, Error, ErrorKind, Marker, Result, Secret};
use iac_http::{Idempotency, Multipart};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::code::{Module, content_type, is_program};
use super::inputs::WorkerScriptInputs;
use super::wire::of_script;
use super::{binding, migration};
use crate::client::Cloudflare;
use crate::envelope;

/// The bound on one upload: code of some megabytes over a slow line.
const UPLOAD_TIME_MAX: Duration = Duration::from_secs(180);
/// What the tag begins with that tells whose a script is.
const MARK: &str = "iac:";

/// The tag that a script carries from its first upload: stack, resource and incarnation.
pub(super) fn mark(marker: &Marker) -> String {
    format!("{MARK}{}/{}/{}/{}", marker.project(), marker.stack(), marker.urn_hash(), marker.token())
}

/// Whether a tag is such a one, of whatever stack.
pub(super) fn is_mark(tag: &str) -> bool {
    tag.starts_with(MARK)
}

/// What the upload says of the script. It holds secrets.
#[derive(Serialize)]
struct Metadata<'a> {
    main_module: &'a str,
    bindings: Vec<Json>,
    /// Secrets that are not bound here stay: they may be resources of their own.
    keep_bindings: [&'static str; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    compatibility_date: Option<&'a str>,
    compatibility_flags: &'a [String],
    logpush: bool,
    observability: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    placement: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    migrations: Option<Json>,
    tags: Vec<String>,
    tail_consumers: Vec<Json>,
}

/// Uploads a script. `migration_tag` is that of its last migration so far. A new script's upload is
/// not repeated when its answer is lost.
pub(super) async fn upload(
    cx: &Cx<'_, Cloudflare>,
    name: &str,
    inputs: &WorkerScriptInputs,
    modules: &[Module],
    migration_tag: Option<&str>,
) -> Result<()> {
    let metadata = metadata(cx, inputs, migration_tag)?;
    let text = serde_json::to_string(&metadata)
        .map_err(|_| Error::internal("the script's metadata cannot be written as JSON"))?;
    let mut form = Multipart::new().text("metadata", text);
    for Module { name, content } in modules {
        form = form.file(name, name, content_type(name), content.clone());
    }
    let request = of_script(cx, |http, path| http.put(path), name, "").await?;
    let request =
        request.multipart_body(&form).idempotency(Idempotency::NotIdempotent).timeout(UPLOAD_TIME_MAX);
    let secrets = inputs.secrets.values().map(Secret::expose);
    let request = secrets.fold(request, |request, secret| request.sensitive(secret.as_str()));
    envelope::create::<Json>(request).await.map(drop).map_err(explained)
}

fn metadata<'a>(
    cx: &Cx<'_, Cloudflare>,
    inputs: &'a WorkerScriptInputs,
    migration_tag: Option<&str>,
) -> Result<Metadata<'a>> {
    let mut tags = inputs.tags.clone();
    tags.push(mark(cx.marker()));
    let consumers = inputs.tail_consumers.iter().map(|script| json!({ "service": script.as_str() }));
    Ok(Metadata {
        main_module: main_module(inputs)?,
        bindings: binding::to_wire(inputs),
        keep_bindings: ["secret_text", "secret_key"],
        compatibility_date: inputs.compatibility_date.as_deref(),
        compatibility_flags: &inputs.compatibility_flags,
        logpush: inputs.logpush,
        observability: observability(inputs),
        placement: inputs.smart_placement.then(|| json!({ "mode": "smart" })),
        limits: inputs.cpu_ms_max.map(|cpu_ms| json!({ "cpu_ms": cpu_ms })),
        migrations: migration::pending(&inputs.migrations, migration_tag)?,
        tags,
        tail_consumers: consumers.collect(),
    })
}

fn main_module(inputs: &WorkerScriptInputs) -> Result<&str> {
    let only = || inputs.modules.keys().map(String::as_str).find(|name| is_program(name));
    inputs.main_module.as_deref().or_else(only).ok_or_else(|| {
        Error::invalid("modules", "none of them can be the main module").hint("its name ends with `.js`")
    })
}

fn observability(inputs: &WorkerScriptInputs) -> Json {
    let mut observability = json!({ "enabled": inputs.observability });
    if let Some(rate) = inputs.head_sampling_rate {
        observability["head_sampling_rate"] = rate.into();
    }
    if let Some(invocation_logs) = inputs.invocation_logs {
        observability["logs"] =
            json!({ "enabled": inputs.observability, "invocation_logs": invocation_logs });
    }
    observability
}

/// The error of an upload with the field that its code is about. The codes are those of this one call.
fn explained(error: Error) -> Error {
    let (kind, field, hint) = match error.api_code() {
        Some("10021" | "10068" | "10006") => {
            (ErrorKind::InvalidInput, "modules", "the code does not start: run it with `wrangler dev`")
        }
        Some("10027") => (ErrorKind::InvalidInput, "modules", "the code is larger than the plan allows"),
        Some("10041") => {
            (ErrorKind::InvalidInput, "kv_namespaces", "the namespace does not exist in this account")
        }
        Some("10085") => (ErrorKind::InvalidInput, "r2_buckets", "the bucket does not exist in this account"),
        Some("10181") => {
            (ErrorKind::InvalidInput, "d1_databases", "the database does not exist in this account")
        }
        Some("10144" | "10143") => {
            (ErrorKind::InvalidInput, "services", "the Worker does not exist in this account")
        }
        Some("10061") => (
            ErrorKind::InvalidInput,
            "durable_objects",
            "make the class in a migration (`new_sqlite_classes`), and export it from the main module",
        ),
        Some("10064" | "10070" | "10074" | "10097") => (
            ErrorKind::InvalidInput,
            "migrations",
            "compare the migrations with the classes that the code exports",
        ),
        Some("10079") => {
            (ErrorKind::Conflict, "migrations", "somebody else has migrated the Worker meanwhile: run again")
        }
        Some("10037") => {
            (ErrorKind::QuotaExceeded, "name", "delete Workers that are not used, or take a larger plan")
        }
        Some("10075" | "100328") => {
            (ErrorKind::QuotaExceeded, "cpu_ms_max", "this needs the Workers Paid plan")
        }
        _ => return error,
    };
    error.with_kind(kind).field(field).hint(hint)
}
