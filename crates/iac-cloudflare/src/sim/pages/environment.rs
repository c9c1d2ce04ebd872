//! Owns the settings of a simulated project's environments: how they are merged and shown. Knows no
//! project.
use super::super::answer::error;
use iac_testkit::sim::SimResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The runtime that new projects get.
const COMPATIBILITY_DATE: &str = "2026-09-21";
const BUILD_IMAGE: u32 = 3;
/// Kinds of bindings, with the field that each entry must have.
const BINDINGS: [(&str, &str); 12] = [
    ("ai_bindings", "project_id"),
    ("analytics_engine_datasets", "dataset"),
    ("d1_databases", "id"),
    ("durable_object_namespaces", "namespace_id"),
    ("hyperdrive_bindings", "id"),
    ("kv_namespaces", "namespace_id"),
    ("mtls_certificates", "certificate_id"),
    ("queue_producers", "name"),
    ("r2_buckets", "name"),
    ("services", "service"),
    ("vectorize_bindings", "index_name"),
    ("browsers", ""),
];
/// Single settings.
const SETTINGS: [&str; 8] = [
    "always_use_latest_compatibility_date",
    "build_image_major_version",
    "compatibility_date",
    "compatibility_flags",
    "fail_open",
    "limits",
    "placement",
    "usage_model",
];

/// What functions and builds find in one environment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Environment {
    /// Name, and a value with its type.
    env_vars: BTreeMap<String, Variable>,
    /// By kind and name.
    bindings: BTreeMap<String, BTreeMap<String, Value>>,
    settings: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    #[serde(rename = "type")]
    kind: Kind,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    PlainText,
    SecretText,
}

impl Default for Environment {
    fn default() -> Self {
        let settings = json!({
            "always_use_latest_compatibility_date": false,
            "build_image_major_version": BUILD_IMAGE,
            "compatibility_date": COMPATIBILITY_DATE,
            "compatibility_flags": [],
            "fail_open": true,
            "usage_model": "standard",
        });
        let settings = settings.as_object().cloned().unwrap_or_default();
        Self { env_vars: BTreeMap::new(), bindings: BTreeMap::new(), settings }
    }
}

fn malformed(reason: impl std::fmt::Display) -> SimResponse {
    error(400, 8_000_006, format!("Request body is incorrect. {reason}"))
}

impl Environment {
    /// Merges a body into it: null takes an entry away, what is not named stays.
    pub(super) fn merge(&mut self, body: &Value) -> Result<(), SimResponse> {
        let Some(fields) = body.as_object() else { return Err(malformed("an environment is an object")) };
        for (field, value) in fields {
            if field == "env_vars" {
                let entries = value.as_object().ok_or_else(|| malformed("env_vars is an object"))?;
                self.merge_variables(entries)?;
            } else if let Some((_, needed)) = BINDINGS.iter().find(|(kind, _)| kind == field) {
                let entries = value.as_object().ok_or_else(|| malformed(format!("{field} is an object")))?;
                self.merge_bindings(field, needed, entries)?;
            } else if SETTINGS.contains(&field.as_str()) {
                self.settings.insert(field.clone(), value.clone());
            } else {
                return Err(malformed(format!("Unknown field: {field}")));
            }
        }
        Ok(())
    }

    fn merge_variables(&mut self, entries: &Map<String, Value>) -> Result<(), SimResponse> {
        for (name, value) in entries {
            if value.is_null() {
                self.env_vars.remove(name);
                continue;
            }
            let variable: Variable = serde_json::from_value(value.clone())
                .map_err(|_| malformed(format!("the variable {name} needs a type and a value")))?;
            self.env_vars.insert(name.clone(), variable);
        }
        Ok(())
    }

    fn merge_bindings(
        &mut self,
        kind: &str,
        needed: &str,
        entries: &Map<String, Value>,
    ) -> Result<(), SimResponse> {
        let bindings = self.bindings.entry(kind.to_owned()).or_default();
        for (name, value) in entries {
            if value.is_null() {
                bindings.remove(name);
                continue;
            }
            if !needed.is_empty() && !value.get(needed).is_some_and(Value::is_string) {
                return Err(malformed(format!("the binding {name} needs {needed}")));
            }
            bindings.insert(name.clone(), value.clone());
        }
        Ok(())
    }

    /// As the API shows it: the values of secrets are left empty.
    pub(super) fn view(&self) -> Value {
        let mut view = Value::Object(self.settings.clone());
        let shown = |variable: &Variable| {
            let value = if variable.kind == Kind::SecretText { "" } else { variable.value.as_str() };
            json!({ "type": variable.kind, "value": value })
        };
        let variables: Map<String, Value> =
            self.env_vars.iter().map(|(name, variable)| (name.clone(), shown(variable))).collect();
        view["env_vars"] = Value::Object(variables);
        for (kind, bindings) in self.bindings.iter().filter(|(_, bindings)| !bindings.is_empty()) {
            view[kind] = json!(bindings);
        }
        view
    }
}
