//! Owns the repositories that simulated projects are built from: their settings, and nothing in them.
use super::super::answer::error;
use iac_testkit::sim::SimResponse;
use serde_json::{Value, json};

const HOSTS: [&str; 2] = ["github", "gitlab"];
const PREVIEWS: [&str; 3] = ["all", "none", "custom"];
const TEXTS: [&str; 5] = ["owner", "owner_id", "repo_id", "repo_name", "production_branch"];
const SWITCHES: [&str; 3] = ["deployments_enabled", "production_deployments_enabled", "pr_comments_enabled"];
const LISTS: [&str; 4] =
    ["path_includes", "path_excludes", "preview_branch_includes", "preview_branch_excludes"];

fn malformed(reason: impl std::fmt::Display) -> SimResponse {
    error(400, 8_000_006, format!("Request body is incorrect. {reason}"))
}

/// The source that `body` makes of `old`.
pub(super) fn merged(old: Option<&Value>, body: &Value) -> Result<Value, SimResponse> {
    let (Some(host), Some(config)) = (body["type"].as_str(), body["config"].as_object()) else {
        return Err(malformed("A source needs a type and a config."));
    };
    if !HOSTS.contains(&host) || body.as_object().is_none_or(|fields| fields.len() != 2) {
        return Err(malformed(format!("There is no source of the type {host}.")));
    }
    let mut merged = old.cloned().unwrap_or_else(|| {
        json!({ "type": host, "config": {
            "owner": "", "owner_id": "1", "repo_id": "2", "repo_name": "", "production_branch": "main",
            "deployments_enabled": true, "production_deployments_enabled": true, "pr_comments_enabled": true,
            "preview_deployment_setting": "all", "preview_branch_includes": ["*"], "preview_branch_excludes": [],
            "path_includes": ["*"], "path_excludes": [],
        }})
    });
    for (field, value) in config {
        let name = field.as_str();
        let fits = match value {
            Value::String(text) if name == "preview_deployment_setting" => PREVIEWS.contains(&text.as_str()),
            Value::String(_) => TEXTS.contains(&name),
            Value::Bool(_) => SWITCHES.contains(&name),
            Value::Array(items) => LISTS.contains(&name) && items.iter().all(Value::is_string),
            _ => false,
        };
        let is_other_repository =
            old.is_some_and(|old| matches!(name, "owner" | "repo_name") && old["config"][name] != *value);
        if !fits || is_other_repository {
            return Err(malformed(format!("The source cannot have this {field}.")));
        }
        merged["config"][name] = value.clone();
    }
    match ["owner", "repo_name"].into_iter().all(|name| merged["config"][name] != "") {
        true => Ok(merged),
        false => Err(malformed("A source needs an owner and a repository.")),
    }
}
