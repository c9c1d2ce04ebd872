//! What the derives take: no fields, raw names, unit structs, every attribute.

use iac_core::{FieldType, Inputs, Outputs};
use serde::{Deserialize, Serialize};

fn three() -> u32 {
    3
}

#[derive(Serialize, Deserialize, Inputs)]
struct Nothing {}

#[derive(Serialize, Deserialize, Inputs)]
struct Everything {
    r#type: String,
    #[field(replace, unique, auto_name(63))]
    name: Option<String>,
    #[field(set, eq = cidr)]
    ranges: Vec<String>,
    #[field(eq = dns_name)]
    host: Option<String>,
    #[field(eq = case_insensitive, default_from_api)]
    mode: Option<String>,
    #[field(eq = trimmed, write_only)]
    key: Option<String>,
    #[serde(default = "three")]
    count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    more: Option<Nothing>,
}

#[derive(Serialize, Deserialize, Outputs)]
struct Unit;

fn main() {
    let names: Vec<&str> = Everything::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(names, ["type", "name", "ranges", "host", "mode", "key", "count", "more"]);
    let required: Vec<&str> =
        Everything::FIELDS.iter().filter(|field| field.required).map(|field| field.name).collect();
    assert_eq!(required, ["type", "ranges"]);
    assert!(Unit::FIELDS.is_empty() && Nothing::FIELDS.is_empty());
    let count = Everything::FIELDS[6].default.map(|default| default());
    assert_eq!(count, Some(iac_core::Value::Int(3)));
    let _ = Everything::args().r#type("a").ranges(["10.0.0.0/8"]);
}
