//! Owns what the API refuses in rules, with the field it names. Knows no state but what it is given.
use super::rule::lists_in;
use crate::ruleset::expression_fault;
use crate::sim::answer::error_at;
use iac_testkit::sim::SimResponse;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The number of refused values. The vendor publishes none but [`ENTRY_POINT_EXISTS`].
pub(super) const INVALID: u64 = 20_119;
/// A second entry point for a phase.
pub(super) const ENTRY_POINT_EXISTS: u64 = 20_217;
/// The periods that the vendor's documentation lists, in seconds.
const PERIODS: [u64; 6] = [10, 60, 120, 300, 600, 3600];
/// The vendor's own rulesets that can be executed.
pub(super) const MANAGED: [(&str, &str); 3] = [
    ("efb7b8c949ac4650a09736fc376e9aee", "Cloudflare Managed Ruleset"),
    ("4814384a9e5d4991b9815dcfc25d2f1f", "Cloudflare OWASP Core Ruleset"),
    ("c2e184081120413c86c3ab7e14069605", "Cloudflare Exposed Credentials Check Ruleset"),
];

/// A rule in a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) id: Option<String>,
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
    expression: Option<String>,
    action: Option<String>,
    description: Option<String>,
    enabled: Option<bool>,
    action_parameters: Option<Map<String, Value>>,
    ratelimit: Option<Map<String, Value>>,
    logging: Option<Map<String, Value>>,
    exposed_credential_check: Option<Map<String, Value>>,
    /// Where a single rule goes.
    pub(super) position: Option<Value>,
}

impl Given {
    pub(super) fn action(&self) -> &str {
        self.action.as_deref().unwrap_or_default()
    }

    pub(super) fn ratelimit(&self) -> Option<&Map<String, Value>> {
        self.ratelimit.as_ref()
    }

    /// The rule as it is kept: what was given, and what the API adds.
    pub(super) fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("action".into(), self.action().into());
        body.insert("expression".into(), self.expression.clone().unwrap_or_default().into());
        body.insert("enabled".into(), self.enabled.unwrap_or(true).into());
        if let Some(text) = self.description.as_deref().filter(|text| !text.is_empty()) {
            body.insert("description".into(), text.into());
        }
        if let Some(mut parameters) = self.action_parameters.clone() {
            if self.action() == "execute" {
                parameters.entry("version").or_insert_with(|| "latest".into());
            }
            body.insert("action_parameters".into(), Value::Object(parameters));
        }
        if let Some(mut limit) = self.ratelimit.clone() {
            limit.entry("mitigation_timeout").or_insert_with(|| 0.into());
            limit.entry("requests_to_origin").or_insert_with(|| false.into());
            body.insert("ratelimit".into(), Value::Object(limit));
        }
        match &self.logging {
            Some(logging) => drop(body.insert("logging".into(), Value::Object(logging.clone()))),
            None if self.action() == "skip" => {
                body.insert("logging".into(), serde_json::json!({ "enabled": true }));
            }
            None => {}
        }
        if let Some(check) = &self.exposed_credential_check {
            body.insert("exposed_credential_check".into(), Value::Object(check.clone()));
        }
        body
    }
}

/// What an expression may refer to.
pub(super) struct Known<'a> {
    /// The lists of the account: name and kind.
    pub(super) lists: &'a [(String, String)],
    /// Rulesets of the account that can be executed.
    pub(super) custom: &'a [String],
}

/// 400 about the value at `pointer`.
pub(super) fn refuse(pointer: &str, message: String) -> SimResponse {
    error_at(400, INVALID, message, pointer)
}

/// Checks all rules of a ruleset of a phase.
pub(super) fn check(phase: &str, rules: &[Given], known: &Known<'_>) -> Result<(), SimResponse> {
    let mut references = BTreeSet::new();
    for (index, rule) in rules.iter().enumerate() {
        let at = format!("/rules/{index}");
        if let Some(reference) = &rule.reference
            && !references.insert(reference)
        {
            let message = format!("'{reference}' is not a valid value for ref because it must be unique");
            return Err(refuse(&format!("{at}/ref"), message));
        }
        check_one(phase, rule, known)
            .map_err(|(field, message)| refuse(&format!("{at}/{field}"), message))?;
    }
    Ok(())
}

type Checked = Result<(), (String, String)>;

fn wrong(field: &str, value: &str, reason: &str) -> Checked {
    let name = field.rsplit('/').next().unwrap_or(field);
    Err((field.to_owned(), format!("'{value}' is not a valid value for {name} because {reason}")))
}

fn check_one(phase: &str, rule: &Given, known: &Known<'_>) -> Checked {
    check_expression("expression", rule.expression.as_deref().unwrap_or_default(), known)?;
    let action = rule.action();
    let actions = actions_of(phase);
    if !actions.contains(&action) {
        return wrong("action", action, &format!("it is not one of the actions of phase {phase}"));
    }
    if rule.logging.is_some() && action != "skip" {
        return wrong("logging", "enabled", "logging can only be set for the action skip");
    }
    match (phase, &rule.ratelimit) {
        ("http_ratelimit", None) if !matches!(action, "skip" | "execute") => {
            wrong("ratelimit", "", "a rule of this phase must have a rate limit")?;
        }
        ("http_ratelimit", Some(limit)) => check_rate(action, limit, known)?,
        (_, Some(_)) => wrong("ratelimit", "", &format!("rate limits are not allowed in phase {phase}"))?,
        _ => {}
    }
    check_parameters(action, rule.action_parameters.as_ref(), known)
}

fn check_expression(field: &str, text: &str, known: &Known<'_>) -> Checked {
    if let Some(fault) = expression_fault(text) {
        let reason = format!("could not parse filter expression: Filter parsing error (1:1): {fault}");
        return wrong(field, text, &reason);
    }
    let missing =
        |name: &&String| !name.starts_with("cf.") && !known.lists.iter().any(|(list, _)| list == *name);
    match lists_in(text).iter().find(missing) {
        Some(name) => wrong(field, text, &format!("the list ${name} does not exist")),
        None => Ok(()),
    }
}

fn actions_of(phase: &str) -> &'static [&'static str] {
    match phase {
        "http_request_firewall_custom" | "http_ratelimit" => {
            &["block", "challenge", "js_challenge", "managed_challenge", "log", "skip", "execute"]
        }
        "http_request_firewall_managed" => &["execute", "skip", "block", "log", "score"],
        "http_request_dynamic_redirect" | "http_request_redirect" => &["redirect"],
        "http_request_transform" | "http_request_late_transform" | "http_response_headers_transform" => {
            &["rewrite"]
        }
        "http_request_cache_settings" => &["set_cache_settings"],
        "http_response_cache_settings" => &["set_cache_settings", "set_cache_control", "set_cache_tags"],
        "http_request_origin" => &["route"],
        "http_config_settings" => &["set_config"],
        "http_custom_errors" => &["serve_error"],
        "http_response_compression" => &["compress_response"],
        "http_log_custom_fields" => &["log_custom_field"],
        "ddos_l7" | "ddos_l4" => &["execute"],
        _ => &["execute", "block", "log", "skip"],
    }
}

fn check_rate(action: &str, limit: &Map<String, Value>, known: &Known<'_>) -> Checked {
    const FIELDS: [&str; 8] = [
        "characteristics",
        "period",
        "requests_per_period",
        "mitigation_timeout",
        "counting_expression",
        "requests_to_origin",
        "score_per_period",
        "score_response_header_name",
    ];
    if let Some(name) = limit.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return wrong("ratelimit", name, "it is not a known field");
    }
    let names: Vec<&str> = limit
        .get("characteristics")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !names.contains(&"cf.colo.id") {
        return wrong("ratelimit/characteristics", &names.join(","), "cf.colo.id is mandatory");
    }
    if names.contains(&"ip.src") && names.contains(&"cf.unique_visitor_id") {
        return wrong("ratelimit/characteristics", "ip.src", "it excludes cf.unique_visitor_id");
    }
    let number = |field: &str| limit.get(field).and_then(Value::as_u64);
    let period = number("period").unwrap_or_default();
    if !PERIODS.contains(&period) {
        return wrong("ratelimit/period", &period.to_string(), &format!("it must be one of {PERIODS:?}"));
    }
    if number("requests_per_period").is_none_or(|most| most == 0) && number("score_per_period").is_none() {
        return wrong("ratelimit/requests_per_period", "0", "it must be at least 1");
    }
    let timeout = number("mitigation_timeout").unwrap_or_default();
    if action.ends_with("challenge") && timeout != 0 {
        return wrong("ratelimit/mitigation_timeout", &timeout.to_string(), "it must be 0 for challenges");
    }
    if action == "block" && timeout == 0 {
        return wrong("ratelimit/mitigation_timeout", "0", "it must be at least 10 for the action block");
    }
    match limit.get("counting_expression").and_then(Value::as_str) {
        Some(text) => check_expression("ratelimit/counting_expression", text, known),
        None => Ok(()),
    }
}

/// The parameters that an action may have; `None` where any are taken.
fn parameter_names(action: &str) -> Option<&'static [&'static str]> {
    Some(match action {
        "block" => &["response"],
        "challenge" | "js_challenge" | "managed_challenge" | "log" => &[],
        "skip" => &["phase", "phases", "products", "rules", "ruleset", "rulesets"],
        "redirect" => &["from_list", "from_value"],
        "rewrite" => &["headers", "uri"],
        "route" => &["host_header", "origin", "sni"],
        "execute" => &["id", "matched_data", "overrides", "version"],
        "serve_error" => &["asset_name", "content", "content_type", "status_code"],
        "compress_response" => &["algorithms"],
        _ => return None,
    })
}

fn check_parameters(action: &str, parameters: Option<&Map<String, Value>>, known: &Known<'_>) -> Checked {
    let empty = Map::new();
    let given = parameters.unwrap_or(&empty);
    if let Some(names) = parameter_names(action)
        && let Some(name) = given.keys().find(|name| !names.contains(&name.as_str()))
    {
        return wrong("action_parameters", name, &format!("it is not a parameter of {action}"));
    }
    let optional = matches!(
        action,
        "block" | "challenge" | "js_challenge" | "managed_challenge" | "log" | "force_connection_close"
    );
    if given.is_empty() && !optional {
        return wrong("action_parameters", "", &format!("the action {action} needs parameters"));
    }
    match action {
        "redirect" => check_redirect(given, known),
        "execute" => {
            let id = given.get("id").and_then(Value::as_str).unwrap_or_default();
            let exists =
                MANAGED.iter().any(|(known, _)| *known == id) || known.custom.iter().any(|known| known == id);
            if exists { Ok(()) } else { wrong("action_parameters/id", id, "the ruleset does not exist") }
        }
        _ => Ok(()),
    }
}

fn check_redirect(given: &Map<String, Value>, known: &Known<'_>) -> Checked {
    if given.len() != 1 {
        return wrong("action_parameters", "redirect", "exactly one of from_list and from_value is needed");
    }
    if let Some(list) = given.get("from_list") {
        let name = list["name"].as_str().unwrap_or_default();
        let is_redirects = known.lists.iter().any(|(known, kind)| known == name && kind == "redirect");
        return if is_redirects {
            Ok(())
        } else {
            wrong("action_parameters/from_list/name", name, "there is no such list of redirects")
        };
    }
    let value = &given["from_value"];
    let target = value["target_url"].as_object().map(Map::len).unwrap_or_default();
    if target != 1 {
        return wrong("action_parameters/from_value/target_url", "", "a value or an expression is needed");
    }
    let status = value.get("status_code").and_then(Value::as_u64);
    match status {
        Some(status) if ![301, 302, 303, 307, 308].contains(&status) => {
            wrong("action_parameters/from_value/status_code", &status.to_string(), "it is no redirect")
        }
        _ => Ok(()),
    }
}
