//! Rules as the API has them. Knows no requests.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::action::RuleAction;
use super::rule::{BlockResponse, ExposedCredentialCheck, RateLimit, RulesetRule, Skip};
use super::switch::{Switch, from_booleans, to_booleans};
use super::traffic::{HeaderRewrite, OriginOverride, Redirect, Rewrite};
use super::{cache, config};

/// The override that the API has as true and false.
const EXECUTE_SWITCHES: &[&str] = &["enabled"];
/// What stands for "this one" in the parameters of the action `skip`.
const CURRENT: &str = "current";

/// A rule in a request.
#[derive(Debug, Serialize)]
pub(super) struct RuleBody<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    expression: &'a str,
    action: RuleAction,
    description: &'a str,
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_parameters: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratelimit: Option<&'a RateLimit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logging: Option<Logging>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exposed_credential_check: Option<&'a ExposedCredentialCheck>,
}

/// A rule in an answer.
#[derive(Debug, Deserialize)]
pub(super) struct RuleAnswer {
    pub(super) id: String,
    #[serde(default, rename = "ref")]
    reference: Option<String>,
    #[serde(default)]
    expression: String,
    action: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default = "enabled_default")]
    enabled: bool,
    #[serde(default)]
    action_parameters: Option<Json>,
    #[serde(default)]
    ratelimit: Option<RateLimit>,
    #[serde(default)]
    logging: Option<Logging>,
    #[serde(default)]
    exposed_credential_check: Option<ExposedCredentialCheck>,
}

fn enabled_default() -> bool {
    true
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Logging {
    enabled: bool,
}

impl RuleAnswer {
    /// The name of the rule; the API gives its id to a rule without one.
    pub(super) fn reference(&self) -> &str {
        self.reference.as_deref().filter(|text| !text.is_empty()).unwrap_or(&self.id)
    }
}

/// The rule as it is sent.
pub(super) fn to_wire(rule: &RulesetRule) -> RuleBody<'_> {
    let logging = Logging { enabled: rule.logging == Switch::On };
    RuleBody {
        reference: &rule.reference,
        expression: &rule.expression,
        action: rule.action,
        description: rule.description.as_deref().unwrap_or_default(),
        enabled: rule.enabled,
        action_parameters: parameters_to_wire(rule),
        ratelimit: rule.ratelimit.as_ref(),
        logging: (rule.action == RuleAction::Skip).then_some(logging),
        exposed_credential_check: rule.exposed_credential_check.as_ref(),
    }
}

/// The rule as a program would write it; `None` for an action that this crate does not know.
pub(super) fn from_wire(answer: &RuleAnswer) -> Option<RulesetRule> {
    let action = RuleAction::parse(&answer.action)?;
    let mut ratelimit = answer.ratelimit.clone();
    if let Some(limit) = &mut ratelimit {
        limit.counting_expression.take_if(|text| text.is_empty());
        limit.score_response_header_name.take_if(|text| text.is_empty());
    }
    let is_silent = action == RuleAction::Skip && answer.logging.is_some_and(|logging| !logging.enabled);
    let rule = RulesetRule {
        reference: answer.reference().to_owned(),
        expression: answer.expression.clone(),
        action,
        description: answer.description.clone().filter(|text| !text.is_empty()),
        enabled: answer.enabled,
        ratelimit,
        logging: if is_silent { Switch::Off } else { Switch::On },
        response: None,
        skip: None,
        redirect: None,
        rewrite: None,
        origin: None,
        cache: None,
        config: None,
        execute: None,
        serve_error: None,
        parameters: None,
        exposed_credential_check: answer.exposed_credential_check.clone(),
    };
    Some(match answer.action_parameters.clone().map(settled).filter(|json| !is_nothing(json)) {
        Some(parameters) => with_parameters(rule, parameters),
        None => rule,
    })
}

/// Parameters without what the API adds to those that it was given.
fn settled(mut parameters: Json) -> Json {
    if let Some(entries) = parameters.as_object_mut() {
        if entries.get("version").and_then(Json::as_str) == Some("latest") {
            entries.remove("version");
        }
        if let Some(uri) = entries.get_mut("uri").and_then(Json::as_object_mut) {
            uri.remove("origin");
        }
    }
    parameters
}

/// The rule with parameters from the API: in the field of its action if that says all of them, else as
/// they are.
fn with_parameters(rule: RulesetRule, parameters: Json) -> RulesetRule {
    let typed = typed(rule.clone(), &parameters);
    match typed {
        Some(typed) if parameters_to_wire(&typed).is_some_and(|ours| covers(&parameters, &ours)) => typed,
        _ => RulesetRule { parameters: Some(parameters), ..rule },
    }
}

fn typed(mut rule: RulesetRule, parameters: &Json) -> Option<RulesetRule> {
    match rule.action {
        RuleAction::Block => rule.response = Some(read::<BlockResponse>(parameters.get("response")?, &[])?),
        RuleAction::Skip => rule.skip = Some(skip_from_wire(parameters)?),
        RuleAction::Redirect => rule.redirect = Some(redirect_from_wire(parameters)),
        RuleAction::Rewrite => rule.rewrite = Some(rewrite_from_wire(parameters)?),
        RuleAction::Route => rule.origin = Some(origin_from_wire(parameters)),
        RuleAction::SetCacheSettings => rule.cache = Some(read(parameters, cache::SWITCHES)?),
        RuleAction::SetConfig => rule.config = Some(read(parameters, config::SWITCHES)?),
        RuleAction::Execute => rule.execute = Some(read(parameters, EXECUTE_SWITCHES)?),
        RuleAction::ServeError => rule.serve_error = Some(read(parameters, &[])?),
        _ => return None,
    }
    Some(rule)
}

fn read<T: DeserializeOwned>(json: &Json, switches: &[&str]) -> Option<T> {
    let mut json = json.clone();
    from_booleans(&mut json, switches);
    serde_json::from_value(json).ok()
}

fn written<T: Serialize>(value: &T, switches: &[&str]) -> Json {
    let mut json =
        serde_json::to_value(value).expect("parameters of rules hold no secrets and have text keys");
    to_booleans(&mut json, switches);
    json
}

/// The parameters that the rule's action takes.
pub(super) fn parameters_to_wire(rule: &RulesetRule) -> Option<Json> {
    let of_action = match rule.action {
        RuleAction::Block => rule.response.as_ref().map(|it| json!({ "response": written(it, &[]) })),
        RuleAction::Skip => rule.skip.as_ref().map(skip_to_wire),
        RuleAction::Redirect => rule.redirect.as_ref().map(redirect_to_wire),
        RuleAction::Rewrite => rule.rewrite.as_ref().map(rewrite_to_wire),
        RuleAction::Route => rule.origin.as_ref().map(origin_to_wire),
        RuleAction::SetCacheSettings => rule.cache.as_ref().map(|it| written(it, cache::SWITCHES)),
        RuleAction::SetConfig => rule.config.as_ref().map(|it| written(it, config::SWITCHES)),
        RuleAction::Execute => rule.execute.as_ref().map(|it| written(it, EXECUTE_SWITCHES)),
        RuleAction::ServeError => rule.serve_error.as_ref().map(|it| written(it, &[])),
        _ => None,
    };
    match (of_action, rule.parameters.clone()) {
        (Some(Json::Object(mut all)), Some(Json::Object(more))) => {
            all.extend(more);
            Some(Json::Object(all))
        }
        (of_action, more) => of_action.or(more),
    }
}

fn skip_to_wire(skip: &Skip) -> Json {
    let mut json = written(skip, &[]);
    if let Some(entries) = json.as_object_mut()
        && entries.remove("remaining_rules").is_some()
    {
        entries.insert("ruleset".into(), CURRENT.into());
    }
    json
}

fn skip_from_wire(parameters: &Json) -> Option<Skip> {
    let mut json = parameters.clone();
    let entries = json.as_object_mut()?;
    if entries.remove("ruleset").is_some_and(|word| word == CURRENT) {
        entries.insert("remaining_rules".into(), true.into());
    }
    read(&json, &[])
}

fn redirect_to_wire(redirect: &Redirect) -> Json {
    if let Some(name) = &redirect.list {
        let key = redirect.list_key.as_deref().unwrap_or_default();
        return json!({ "from_list": { "name": name, "key": key } });
    }
    let mut from_value = Map::new();
    let target = one_of(&redirect.target_url, &redirect.target_expression);
    from_value.insert("target_url".into(), target.unwrap_or_default());
    from_value.extend(redirect.status_code.map(|code| ("status_code".to_owned(), code.into())));
    from_value.insert("preserve_query_string".into(), redirect.preserve_query_string.into());
    json!({ "from_value": from_value })
}

fn redirect_from_wire(parameters: &Json) -> Redirect {
    let (list, value) = (&parameters["from_list"], &parameters["from_value"]);
    let target = &value["target_url"];
    Redirect {
        target_url: text(&target["value"]),
        target_expression: text(&target["expression"]),
        status_code: value["status_code"].as_u64().and_then(|code| u16::try_from(code).ok()),
        preserve_query_string: value["preserve_query_string"].as_bool().unwrap_or_default(),
        list: text(&list["name"]),
        list_key: text(&list["key"]),
    }
}

fn rewrite_to_wire(rewrite: &Rewrite) -> Json {
    let mut uri = Map::new();
    let parts = [
        ("path", one_of(&rewrite.path, &rewrite.path_expression)),
        ("query", one_of(&rewrite.query, &rewrite.query_expression)),
    ];
    uri.extend(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))));
    let header = |header: &HeaderRewrite| {
        let mut json = written(header, &[]);
        json.as_object_mut().map(|entries| entries.remove("name"));
        (header.name.clone(), json)
    };
    let headers: Map<String, Json> = rewrite.headers.iter().map(header).collect();
    let mut all = Map::new();
    for (name, part) in [("uri", uri), ("headers", headers)] {
        if !part.is_empty() {
            all.insert(name.to_owned(), Json::Object(part));
        }
    }
    Json::Object(all)
}

fn rewrite_from_wire(parameters: &Json) -> Option<Rewrite> {
    let (path, query) = (&parameters["uri"]["path"], &parameters["uri"]["query"]);
    let header = |(name, json): (&String, &Json)| {
        let mut json = json.clone();
        json.as_object_mut()?.insert("name".into(), name.as_str().into());
        read::<HeaderRewrite>(&json, &[])
    };
    let headers = parameters["headers"].as_object().into_iter().flatten().map(header);
    Some(Rewrite {
        path: text(&path["value"]),
        path_expression: text(&path["expression"]),
        query: text(&query["value"]),
        query_expression: text(&query["expression"]),
        headers: headers.collect::<Option<_>>()?,
    })
}

fn origin_to_wire(origin: &OriginOverride) -> Json {
    let mut json = Map::new();
    json.extend(origin.host_header.as_deref().map(|host| ("host_header".to_owned(), host.into())));
    let mut target = Map::new();
    target.extend(origin.host.as_deref().map(|host| ("host".to_owned(), host.into())));
    target.extend(origin.port.map(|port| ("port".to_owned(), port.into())));
    if !target.is_empty() {
        json.insert("origin".into(), Json::Object(target));
    }
    json.extend(origin.sni.as_deref().map(|name| ("sni".to_owned(), json!({ "value": name }))));
    Json::Object(json)
}

fn origin_from_wire(parameters: &Json) -> OriginOverride {
    OriginOverride {
        host_header: text(&parameters["host_header"]),
        host: text(&parameters["origin"]["host"]),
        port: parameters["origin"]["port"].as_u64().and_then(|port| u16::try_from(port).ok()),
        sni: text(&parameters["sni"]["value"]),
    }
}

fn one_of(value: &Option<String>, expression: &Option<String>) -> Option<Json> {
    match (value, expression) {
        (Some(value), _) => Some(json!({ "value": value })),
        (None, Some(expression)) => Some(json!({ "expression": expression })),
        (None, None) => None,
    }
}

fn text(json: &Json) -> Option<String> {
    json.as_str().map(str::to_owned)
}

/// Whether `ours` says everything that `theirs` says; what is nothing need not be said.
fn covers(theirs: &Json, ours: &Json) -> bool {
    match (theirs, ours) {
        (Json::Object(theirs), Json::Object(ours)) => theirs
            .iter()
            .all(|(name, value)| ours.get(name).map_or(is_nothing(value), |ours| covers(value, ours))),
        (Json::Array(theirs), Json::Array(ours)) => {
            theirs.len() == ours.len() && theirs.iter().zip(ours).all(|(theirs, ours)| covers(theirs, ours))
        }
        _ => theirs == ours,
    }
}

fn is_nothing(json: &Json) -> bool {
    match json {
        Json::Null | Json::Bool(false) => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a rule and writes it again; answers the rule and what was written.
    fn there_and_back(action: &str, parameters: Json) -> (RulesetRule, Json) {
        let answer = json!({ "id": "1", "version": "1", "action": action, "expression": "true",
            "action_parameters": parameters, "ref": "r", "enabled": true, "last_updated": "" });
        let rule = from_wire(&serde_json::from_value(answer).unwrap()).unwrap();
        let wire = serde_json::to_value(to_wire(&rule)).unwrap();
        let parameters = wire["action_parameters"].clone();
        (rule, parameters)
    }

    #[test]
    fn parameters_come_back_as_they_were() {
        let cases = [
            (
                "block",
                json!({ "response": { "status_code": 403, "content_type": "text/plain", "content": "no" } }),
            ),
            (
                "skip",
                json!({ "ruleset": "current", "phases": ["http_ratelimit"], "products": ["rateLimit"] }),
            ),
            (
                "redirect",
                json!({ "from_value": { "target_url": { "value": "https://example.com/" },
                "status_code": 301, "preserve_query_string": true } }),
            ),
            ("redirect", json!({ "from_list": { "name": "moved", "key": "http.request.full_uri" } })),
            ("rewrite", json!({ "uri": { "path": { "value": "/a" }, "query": { "value": "" } } })),
            (
                "rewrite",
                json!({ "headers": { "X-A": { "operation": "set", "value": "1" },
                "X-B": { "operation": "remove" } } }),
            ),
            (
                "route",
                json!({ "host_header": "a.example", "origin": { "port": 8443 }, "sni": { "value": "b" } }),
            ),
            (
                "set_cache_settings",
                json!({ "cache": false, "edge_ttl": { "mode": "override_origin", "default": 60,
                "status_code_ttl": [{ "status_code_range": { "from": 400 }, "value": -1 }] } }),
            ),
            ("set_config", json!({ "rocket_loader": false, "polish": "off", "ssl": "strict" })),
            (
                "execute",
                json!({ "id": "efb7b8c949ac4650a09736fc376e9aee", "overrides": { "enabled": false,
                "categories": [{ "category": "wordpress", "enabled": true }] } }),
            ),
            ("serve_error", json!({ "content_type": "text/html", "content": "<p>", "status_code": 503 })),
        ];
        for (action, parameters) in cases {
            let (rule, again) = there_and_back(action, parameters.clone());
            assert_eq!(again, parameters, "{action}");
            assert_eq!(rule.parameters, None, "{action}");
        }
    }

    #[test]
    fn what_has_no_field_is_kept_as_it_is() {
        for (action, parameters) in [
            ("set_cache_settings", json!({ "cache": true, "vary": { "default": { "action": "bypass" } } })),
            ("score", json!({ "increment": 3 })),
            ("skip", json!({ "phase": "current" })),
        ] {
            let (rule, again) = there_and_back(action, parameters.clone());
            assert_eq!(rule.parameters.as_ref(), Some(&parameters), "{action}");
            assert_eq!(again, parameters, "{action}");
        }
    }

    #[test]
    fn what_the_api_adds_is_no_difference() {
        let (rule, _) = there_and_back("execute", json!({ "id": "a", "version": "latest" }));
        assert!(rule.parameters.is_none() && rule.execute.is_some());
        let (rule, _) = there_and_back(
            "redirect",
            json!({ "from_value": {
            "target_url": { "expression": "x" }, "preserve_query_string": false } }),
        );
        assert_eq!(rule.redirect.unwrap().target_expression.as_deref(), Some("x"));
        let (rule, _) = there_and_back("block", json!({}));
        assert!(rule.parameters.is_none() && rule.response.is_none());
    }
}
