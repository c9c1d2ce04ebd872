//! Workers: scripts, routes, domains and secrets.
use crate::kv::namespace;
use crate::zone::zone;
use iac_cloudflare::{
    KvNamespace, R2Bucket, WorkerCode, WorkerDomain, WorkerRoute, WorkerScript, WorkerSecret, Zone,
};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const HELLO: &str = "export default { fetch() { return new Response('hello') } }";
const ROOM: &str = "export class Room {}\nexport default { fetch() { return new Response('room') } }";
const ROOMS: &str = "export class ChatRoom {}\nexport class Counter {}\nexport default {}";

/// The inputs of modules that the test holds, the first one the main one.
fn code(modules: &[(&str, &str)]) -> Value {
    let digest =
        |text: &str| Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut inputs = json!({ "modules": {}, "sources": {}, "main_module": modules[0].0 });
    for (name, text) in modules {
        inputs["modules"][name] = json!(digest(text));
        inputs["sources"][name] = json!(format!("text:{text}"));
    }
    inputs
}

fn with(mut base: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

/// A script to lead to.
pub(crate) fn script(_: &Ids) -> Value {
    with(code(&[("worker.js", HELLO)]), json!({ "name": "hello" }))
}

fn other_script(_: &Ids) -> Value {
    with(code(&[("worker.js", HELLO)]), json!({ "name": "goodbye" }))
}

fn settings() -> Case {
    Case::of::<WorkerScript>("settings", script)
        .update(
            "date",
            |_| json!({ "compatibility_date": "2026-09-01", "compatibility_flags": ["nodejs_compat"] }),
        )
        .update("flags", |_| json!({ "compatibility_flags": ["nodejs_als", "nodejs_compat"] }))
        .update("crons", |_| json!({ "crons": ["*/15 * * * *", "0 17 * * SUN"] }))
        .update("no crons", |_| json!({ "crons": null }))
        .update("address", |_| json!({ "workers_dev": true, "preview_urls": true }))
        .update("no address", |_| json!({ "workers_dev": false, "preview_urls": null }))
        .update("logs", |_| json!({ "observability": true }))
        .update("fewer logs", |_| json!({ "head_sampling_rate": 0.5, "invocation_logs": false }))
        .update(
            "no logs",
            |_| json!({ "observability": false, "head_sampling_rate": null, "invocation_logs": null }),
        )
        .update("paid", |_| json!({ "logpush": true, "cpu_ms_max": 50, "smart_placement": true }))
        .update("not paid", |_| json!({ "logpush": null, "cpu_ms_max": null, "smart_placement": false }))
        .update("tags", |_| json!({ "tags": ["team-a", "public"] }))
        .invalid("name", |_| json!({ "name": "Hello" }))
        .invalid("compatibility_date", |_| json!({ "compatibility_date": "soon" }))
        .invalid("crons", |_| json!({ "crons": ["hourly"] }))
        .invalid("tags", |_| json!({ "tags": ["a,b"] }))
        .invalid("modules", |_| code(&[("worker.js", "console.log('no handler')")]))
        .invalid("main_module", |_| code(&[("data.bin", "no program")]))
        .invalid("modules", |_| json!({ "sources": { "worker.js": "text:something else" } }))
        .invalid("main_module", |_| json!({ "main_module": "other.js" }))
        .invalid("cpu_ms_max", |_| json!({ "cpu_ms_max": 0 }))
}

fn bindings() -> Case {
    Case::of::<WorkerScript>("bindings", |ids| {
        let base = code(&[("index.mjs", ROOM), ("lib/page.html", "<h1>hello</h1>"), ("x.wasm", "\u{0}asm"), ("index.mjs.map", "{}")]);
        let bound = json!({
            "name": "bound",
            "vars": { "ENVIRONMENT": "dev" },
            "secrets": { "API_KEY": "canary-worker-key-1" },
            "kv_namespaces": { "SETTINGS": ids["namespace"] },
            "services": [{ "name": "HELLO", "service": ids["script"] }],
            "durable_objects": [{ "name": "ROOMS", "class_name": "Room" }],
            "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Room"] }],
            "other_bindings": { "JOBS": { "type": "queue", "queue_name": "jobs" } },
        });
        with(base, bound)
    })
    .needs::<KvNamespace>("namespace", namespace)
    .needs::<WorkerScript>("script", script)
    .needs::<WorkerScript>("other", other_script)
    .update("vars", |_| json!({ "vars": { "ENVIRONMENT": "prod", "REGION": "hil" } }))
    .update("secrets", |_| json!({ "secrets": { "API_KEY": "canary-worker-key-2", "OTHER": "canary-worker-key-3" } }))
    .update("no secrets", |_| json!({ "secrets": null }))
    .update("services", |ids| {
        json!({ "services": [{ "name": "BYE", "service": ids["other"], "entrypoint": "Admin" }],
                "tail_consumers": [ids["other"]] })
    })
    .needs::<R2Bucket>("uploads", |_| json!({ "name": "uploads" }))
    .needs::<R2Bucket>("uploads in the EU", |_| json!({ "name": "uploads", "jurisdiction": "eu" }))
    .update("buckets", |ids| {
        json!({ "r2_buckets": [{ "name": "UPLOADS", "bucket": ids["uploads"] },
                               { "name": "EU", "bucket": ids["uploads in the EU"] }],
                "d1_databases": { "DB": "0d6f1e2a-5b3c-4d7e-8f90-a1b2c3d4e5f6" } })
    })
    .update("no buckets", |_| json!({ "r2_buckets": null, "d1_databases": null, "kv_namespaces": null }))
    .update("other bindings", |_| {
        json!({ "other_bindings": { "AI": { "type": "ai" }, "V": { "type": "json", "json": { "a": [1] } } } })
    })
    .update("classes", |_| {
        with(
            code(&[("index.mjs", ROOMS)]),
            json!({
                "durable_objects": [{ "name": "ROOMS", "class_name": "ChatRoom" }],
                "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Room"] },
                               { "tag": "v2", "renamed_classes": [{ "from": "Room", "to": "ChatRoom" }],
                                 "new_sqlite_classes": ["Counter"] }],
            }),
        )
    })
    .invalid("vars", |_| json!({ "vars": { "not a name": "x" } }))
    .invalid("kv_namespaces", |_| json!({ "kv_namespaces": { "SETTINGS": "0".repeat(32) } }))
    .invalid("services", |_| json!({ "services": [{ "name": "X", "service": "nobody" }] }))
    .invalid("d1_databases", |_| json!({ "d1_databases": { "DB": "x" } }))
    .invalid("durable_objects", |_| json!({ "durable_objects": [{ "name": "X", "class_name": "Nothing" }] }))
    .invalid("other_bindings", |_| json!({ "other_bindings": { "X": { "type": "plain_text", "text": "x" } } }))
    .invalid("secrets", |_| json!({ "secrets": { "ENVIRONMENT": "canary-worker-key-4" } }))
    .invalid("migrations", |_| {
        json!({ "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Room", "Missing"] }] })
    })
}

fn routes() -> Vec<Case> {
    vec![
        Case::of::<WorkerRoute>(
            "to a script",
            |ids| json!({ "zone": ids["zone"], "pattern": "example.com/api/*", "script": ids["script"] }),
        )
        .needs::<Zone>("zone", zone)
        .needs::<WorkerScript>("script", script)
        .needs::<WorkerScript>("other", other_script)
        .update("other pattern", |_| json!({ "pattern": "*.example.com/*" }))
        .update("other script", |ids| json!({ "script": ids["other"] }))
        .update("past all", |_| json!({ "script": null }))
        .invalid("pattern", |_| json!({ "pattern": "example.org/*" }))
        .invalid("pattern", |_| json!({ "pattern": "example.com/*/x" }))
        .invalid("script", |_| json!({ "script": "nobody" })),
        Case::of::<WorkerDomain>(
            "host",
            |ids| json!({ "zone": ids["zone"], "hostname": "intake.example.com", "script": ids["script"] }),
        )
        .needs::<Zone>("zone", zone)
        .needs::<WorkerScript>("script", script)
        .needs::<WorkerScript>("other", other_script)
        .update("other script", |ids| json!({ "script": ids["other"] }))
        .invalid("hostname", |_| json!({ "hostname": "intake.example.org" }))
        .invalid("hostname", |_| json!({ "hostname": "Intake.example.com" }))
        .invalid("script", |_| json!({ "script": "nobody" })),
        Case::of::<WorkerSecret>(
            "text",
            |ids| json!({ "script": ids["script"], "name": "MAIL_KEY", "value": "canary-mail-key-1" }),
        )
        .needs::<WorkerScript>("script", script)
        .update("rotate", |_| json!({ "value": "canary-mail-key-2" }))
        .invalid("name", |_| json!({ "name": "mail key" }))
        .invalid("value", |_| json!({ "value": "" }))
        .invalid("script", |_| json!({ "script": "nobody" })),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![settings(), bindings()];
    cases.extend(routes());
    cases
}

#[tokio::test]
async fn scripts() {
    crate::hold(vec![settings(), bindings()]).await;
}

#[tokio::test]
async fn routes_domains_and_secrets() {
    crate::hold(routes()).await;
}

#[test]
fn the_code_of_these_cases_is_what_programs_write() {
    let written = format!("{:?}", WorkerCode::text("worker.js", HELLO));
    assert!(written.contains(code(&[("worker.js", HELLO)])["modules"]["worker.js"].as_str().unwrap()));
}
