//! The printed JSON schema as an editor uses it: on one file, which is one layer of several.

use std::collections::BTreeMap;

use iac_core::Secret;
use iac_settings::{Settings, Validate};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "its schema alone is of interest")]
struct Platform {
    region: String,
    #[schemars(range(min = 1, max = 50))]
    workers: u32,
    token: Secret<String>,
    database: Database,
    replica: Option<Database>,
    by_name: BTreeMap<String, Database>,
    rules: Vec<Rule>,
    store: Store,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "its schema alone is of interest")]
struct Database {
    host: String,
    password: Option<Secret<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "its schema alone is of interest")]
struct Rule {
    port: u16,
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(dead_code, reason = "its schema alone is of interest")]
enum Store {
    Local { path: String },
    S3 { bucket: String },
}

impl Validate for Platform {}

fn schema() -> Value {
    Settings::<Platform>::new().json_schema()
}

#[track_caller]
fn check(file: Value, accepted: bool) {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let faults: Vec<String> = validator.iter_errors(&file).map(|error| error.to_string()).collect();
    assert_eq!(faults.is_empty(), accepted, "{file}: {faults:#?}");
}

#[test]
fn it_is_a_schema_by_the_schema_of_schemas() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::meta::validate(&schema).unwrap();
}

#[test]
fn a_file_may_leave_out_what_another_layer_sets() {
    for file in [
        json!({}),
        json!({ "workers": 3 }),
        json!({ "database": { "password": { "env": "PASSWORD" } } }),
        json!({ "replica": { "password": { "sealed": "v1:x" } }, "sealing": { "key": "{}" } }),
        json!({ "by_name": { "a": { "host": "x" }, "b": {} } }),
        json!({ "rules": [{ "port": 80, "name": "web" }] }),
        json!({ "store": { "kind": "s3", "bucket": "backups" } }),
        json!({ "token": { "vault": { "mount": "kv", "path": "shop", "key": "token" } } }),
    ] {
        check(file, true);
    }
}

#[test]
fn what_is_wrong_in_one_file_is_marked_in_it() {
    for file in [
        json!({ "wrokers": 3 }),
        json!({ "workers": 0 }),
        json!({ "workers": "three" }),
        json!({ "token": "hunter2" }),
        json!({ "token": { "vualt": {} } }),
        json!({ "token": { "vault": { "mount": "kv" } } }),
        json!({ "database": { "hots": "x" } }),
        json!({ "by_name": { "a": { "hots": "x" } } }),
        // A list comes from one layer as a whole, and so does a variant.
        json!({ "rules": [{ "port": 80 }] }),
        json!({ "store": { "kind": "s3" } }),
        json!({ "sealing": {} }),
    ] {
        check(file, false);
    }
}
