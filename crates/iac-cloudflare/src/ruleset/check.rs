//! What is wrong with the inputs of a ruleset. Knows no requests; what is not known yet passes.

use std::collections::BTreeSet;

use iac_core::{Fault, Value};

use super::action::RuleAction;
use super::expression;
use super::phase::RulesetPhase;
use super::rule::COLO;
use crate::account::is_id;
use crate::check::{Checker, length};
use crate::marked;

/// Longest description of a ruleset, with its marker.
const DESCRIPTION_LENGTH_MAX: usize = 1024;
/// Longest name of a rule.
const REFERENCE_LENGTH_MAX: usize = 255;
/// The times that rates and mitigations have, in seconds.
const RATE_SECONDS: std::ops::RangeInclusive<i64> = 10..=86_400;
/// The fields with the parameters of an action.
const PARAMETER_FIELDS: [&str; 9] =
    ["response", "skip", "redirect", "rewrite", "origin", "cache", "config", "execute", "serve_error"];

pub(super) fn faults(inputs: &Value) -> Vec<Fault> {
    let checker = Checker::new(inputs);
    let phase = checker.value("phase").as_str().and_then(RulesetPhase::parse);
    let has_zone = checker.is_given("zone");
    let is_of_accounts = phase.is_some_and(RulesetPhase::is_of_accounts_alone);
    let mut checker = checker
        .fault_if(
            is_of_accounts && has_zone,
            "phase",
            "only accounts have an entry point for this phase: leave `zone` out",
        )
        .text("description", length(0..=DESCRIPTION_LENGTH_MAX - marked::LENGTH))
        .nested("rules", |rule| check_rule(rule, phase));
    repeated(&mut checker);
    checker.finish()
}

/// Names that two rules have.
fn repeated(checker: &mut Checker<'_>) {
    let mut seen = BTreeSet::new();
    let rules = checker.value("rules").as_list().unwrap_or_default();
    for (index, rule) in rules.iter().enumerate() {
        if let Some(name) = rule.get("reference").as_str()
            && !seen.insert(name)
        {
            let field = format!("rules[{index}].reference");
            checker.fault(&field, format!("`{name}` is the name of an earlier rule; each needs its own"));
        }
    }
}

fn check_rule<'a>(rule: Checker<'a>, phase: Option<RulesetPhase>) -> Checker<'a> {
    let action = rule.value("action").as_str().and_then(RuleAction::parse);
    let mut rule = rule
        .text("reference", length(1..=REFERENCE_LENGTH_MAX))
        .text("expression", expression::fault_of)
        .text("description", length(0..=DESCRIPTION_LENGTH_MAX));
    if let (Some(phase), Some(action)) = (phase, action) {
        let actions = phase.actions();
        if !actions.is_empty() && !actions.contains(&action) {
            let words: Vec<&str> = actions.iter().map(|action| action.word()).collect();
            let message = format!(
                "`{}` is no action of the phase `{}`: {}",
                action.word(),
                phase.word(),
                words.join(", ")
            );
            rule.fault("action", message);
        }
    }
    if let Some(action) = action {
        rule = check_parameters(rule, action);
    }
    let limits = phase == Some(RulesetPhase::HttpRatelimit);
    let counts = !matches!(action, Some(RuleAction::Skip | RuleAction::Execute) | None);
    let given = rule.is_given("ratelimit");
    let rule = rule
        .fault_if(
            limits && counts && !given,
            "ratelimit",
            "a rule of the phase `http_ratelimit` needs a rate",
        )
        .fault_if(
            phase.is_some() && !limits && given,
            "ratelimit",
            "only the phase `http_ratelimit` has rates",
        )
        .nested("ratelimit", |limit| check_rate(limit, action))
        .nested("response", |response| response.number("status_code", 400..=499))
        .nested("skip", |skip| {
            let none = ["remaining_rules", "phases", "products", "rulesets", "rules"]
                .iter()
                .all(|field| is_nothing(skip.value(field)));
            skip.fault_if(none, "remaining_rules", "say what is left out")
        })
        .nested("redirect", |redirect| check_redirect(redirect, phase))
        .nested("rewrite", |rewrite| check_rewrite(rewrite, phase));
    check_settings(rule)
}

/// Whether the parameters are those of the action.
fn check_parameters(mut rule: Checker<'_>, action: RuleAction) -> Checker<'_> {
    for field in PARAMETER_FIELDS {
        if rule.is_given(field) && action.field() != Some(field) {
            rule.fault(field, format!("the action `{}` has no such parameters", action.word()));
        }
    }
    let optional = action == RuleAction::Block;
    if let Some(field) = action.field()
        && !optional
        && !rule.is_given(field)
        && !rule.is_given("parameters")
    {
        rule.fault(field, format!("the action `{}` needs its parameters", action.word()));
    }
    let silent = rule.value("logging").as_str() == Some("off");
    rule.fault_if(
        silent && action != RuleAction::Skip,
        "logging",
        "only the action `skip` has a choice whether it is logged",
    )
}

fn check_rate(limit: Checker<'_>, action: Option<RuleAction>) -> Checker<'_> {
    let names = limit.value("characteristics").as_list();
    let names: Option<Vec<&str>> = names.and_then(|names| names.iter().map(Value::as_str).collect());
    let everywhere = names.is_some_and(|names| !names.contains(&COLO));
    let mitigation = limit.value("mitigation_timeout");
    let seconds = match mitigation {
        Value::Null => Some(0),
        value => value.as_int(),
    };
    let challenge = action.is_some_and(RuleAction::is_challenge);
    let (requests, score) = (limit.is_given("requests_per_period"), limit.is_given("score_per_period"));
    limit
        .fault_if(
            everywhere,
            "characteristics",
            "`cf.colo.id` must be among them: each data centre counts for itself",
        )
        .number("period", RATE_SECONDS)
        .fault_if(
            challenge && seconds.is_some_and(|seconds| seconds != 0),
            "mitigation_timeout",
            "a challenge ends when it is passed: leave the time out",
        )
        .fault_if(
            action == Some(RuleAction::Block) && seconds == Some(0),
            "mitigation_timeout",
            "say for how many seconds requests are refused",
        )
        .fault_if(
            seconds.is_some_and(|seconds| seconds != 0 && !RATE_SECONDS.contains(&seconds)),
            "mitigation_timeout",
            "it is between 10 seconds and a day",
        )
        .number("requests_per_period", 1..=i64::from(u32::MAX))
        .fault_if(!requests && !score, "requests_per_period", "say how many requests are too many")
        .fault_if(requests && score, "score_per_period", "either requests or a score is counted")
        .text("counting_expression", expression::fault_of)
}

fn check_redirect(redirect: Checker<'_>, phase: Option<RulesetPhase>) -> Checker<'_> {
    const STATUSES: [i64; 5] = [301, 302, 303, 307, 308];
    let targets = ["target_url", "target_expression", "list"];
    let count = targets.iter().filter(|field| redirect.is_given(field)).count();
    let (list, key) = (redirect.is_given("list"), redirect.is_given("list_key"));
    let bulk = phase == Some(RulesetPhase::HttpRequestRedirect);
    let status = redirect.value("status_code").as_int();
    redirect
        .fault_if(count != 1, "target_url", "give one of `target_url`, `target_expression` and `list`")
        .fault_if(list != key, "list_key", "a list and what is looked up in it go together")
        .fault_if(
            phase.is_some() && bulk != list,
            "list",
            "lists are for the phase `http_request_redirect`, which has nothing else",
        )
        .fault_if(
            status.is_some_and(|status| !STATUSES.contains(&status)),
            "status_code",
            "it is 301, 302, 303, 307 or 308",
        )
        .text("target_expression", expression::fault_of)
}

fn check_rewrite(rewrite: Checker<'_>, phase: Option<RulesetPhase>) -> Checker<'_> {
    let given = |field: &str| !is_nothing(rewrite.value(field));
    let (path, path_expression) = (given("path"), given("path_expression"));
    let (query, query_expression) = (given("query"), given("query_expression"));
    let address = path || path_expression || query || query_expression;
    let headers = given("headers");
    let of_address = phase == Some(RulesetPhase::HttpRequestTransform);
    rewrite
        .fault_if(path && path_expression, "path_expression", "give a path or an expression for it")
        .fault_if(query && query_expression, "query_expression", "give a query or an expression for it")
        .fault_if(!address && !headers, "headers", "say what is rewritten")
        .fault_if(of_address && headers, "headers", "this phase rewrites path and query; headers have others")
        .fault_if(
            phase.is_some() && !of_address && address,
            if path || path_expression { "path" } else { "query" },
            "path and query are rewritten in the phase `http_request_transform`",
        )
        .text("path_expression", expression::fault_of)
        .text("query_expression", expression::fault_of)
        .nested("headers", |header| {
            let values = ["value", "expression"].iter().filter(|field| header.is_given(field)).count();
            let removes = header.value("operation").as_str().map(|word| word == "remove");
            header
                .text("name", length(1..=256))
                .fault_if(removes == Some(true) && values > 0, "value", "a removed header has no value")
                .fault_if(
                    removes == Some(false) && values != 1,
                    "value",
                    "give a value or an expression for it",
                )
                .text("expression", expression::fault_of)
        })
}

fn check_settings(rule: Checker<'_>) -> Checker<'_> {
    let is_empty = |value: &Value| value.as_map().is_some_and(|entries| entries.values().all(is_nothing));
    let ruleset_id = |text: &str| (!is_id(text)).then(|| format!("`{text}` is no ruleset's id"));
    let (cache, config, origin) = (rule.value("cache"), rule.value("config"), rule.value("origin"));
    rule.fault_if(is_empty(cache), "cache", "say what is set")
        .fault_if(is_empty(config), "config", "say what is set")
        .fault_if(is_empty(origin), "origin", "say where the request goes")
        .nested("cache", |cache| {
            cache
                .nested("edge_ttl", check_ttl)
                .nested("browser_ttl", check_ttl)
                .number("read_timeout", 100..=6000)
        })
        .nested("origin", |origin| origin.number("port", 1..=65_535))
        .nested("execute", |execute| execute.text("id", ruleset_id))
        .nested("serve_error", |page| {
            let (content, asset) = (page.is_given("content"), page.is_given("asset_name"));
            page.fault_if(content == asset, "content", "give either a content or an asset")
        })
}

fn check_ttl(ttl: Checker<'_>) -> Checker<'_> {
    let overrides = ttl.value("mode").as_str().map(|mode| mode == "override_origin");
    let given = ttl.is_given("default");
    ttl.fault_if(overrides == Some(true) && !given, "default", "`override_origin` needs a time in seconds")
        .fault_if(overrides == Some(false) && given, "default", "only `override_origin` has a time")
        .nested("status_code_ttl", |status| {
            let (one, range) = (status.is_given("status_code"), status.is_given("status_code_range"));
            status
                .fault_if(one == range, "status_code", "give a status or a range of them")
                .number("status_code", 100..=999)
        })
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn faults_of(phase: &str, rule: Json) -> Vec<String> {
        let mut full = json!({ "reference": "a", "expression": "true" });
        for (name, value) in rule.as_object().into_iter().flatten() {
            full[name] = value.clone();
        }
        let inputs = json!({ "zone": "z", "phase": phase, "rules": [full] });
        let faults = faults(&Value::from_json(&inputs).unwrap());
        faults.into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn actions_fit_their_phase_and_parameters() {
        let custom = "http_request_firewall_custom";
        assert!(faults_of(custom, json!({ "action": "block" })).is_empty());
        assert_eq!(
            faults_of(custom, json!({ "action": "redirect" })),
            ["rules[0].action", "rules[0].redirect"]
        );
        assert_eq!(faults_of(custom, json!({ "action": "skip" })), ["rules[0].skip"]);
        assert!(
            faults_of(custom, json!({ "action": "skip", "parameters": { "phase": "current" } })).is_empty()
        );
        assert_eq!(
            faults_of(custom, json!({ "action": "block", "cache": { "cache": "on" } })),
            ["rules[0].cache"]
        );
        assert_eq!(faults_of(custom, json!({ "action": "block", "logging": "off" })), ["rules[0].logging"]);
        assert_eq!(
            faults_of(custom, json!({ "action": "block", "expression": "(" })),
            ["rules[0].expression"]
        );
        assert_eq!(faults_of("ddos_l4", json!({ "action": "block" })), ["phase"]);
    }

    #[test]
    fn rates_have_what_the_api_wants() {
        let faults = |action: &str, limit: Json| {
            faults_of("http_ratelimit", json!({ "action": action, "ratelimit": limit }))
        };
        let good = json!({ "period": 60, "requests_per_period": 100, "mitigation_timeout": 60 });
        assert!(faults("block", good.clone()).is_empty());
        assert_eq!(faults("managed_challenge", good), ["rules[0].ratelimit.mitigation_timeout"]);
        assert_eq!(
            faults("block", json!({ "period": 5, "characteristics": ["ip.src"] })),
            [
                "rules[0].ratelimit.characteristics",
                "rules[0].ratelimit.period",
                "rules[0].ratelimit.mitigation_timeout",
                "rules[0].ratelimit.requests_per_period",
            ]
        );
        assert_eq!(faults_of("http_ratelimit", json!({ "action": "block" })), ["rules[0].ratelimit"]);
    }

    #[test]
    fn redirects_rewrites_and_settings_say_one_thing() {
        let redirect = |it: Json| {
            faults_of("http_request_dynamic_redirect", json!({ "action": "redirect", "redirect": it }))
        };
        assert!(redirect(json!({ "target_url": "https://a.example" })).is_empty());
        assert_eq!(redirect(json!({})), ["rules[0].redirect.target_url"]);
        assert_eq!(
            redirect(json!({ "target_url": "x", "status_code": 200 })),
            ["rules[0].redirect.status_code"]
        );
        let rewrite = |phase: &str, it: Json| faults_of(phase, json!({ "action": "rewrite", "rewrite": it }));
        assert!(rewrite("http_request_transform", json!({ "path": "/" })).is_empty());
        assert_eq!(rewrite("http_request_late_transform", json!({ "path": "/" })), ["rules[0].rewrite.path"]);
        assert_eq!(
            rewrite(
                "http_request_late_transform",
                json!({ "headers": [{ "name": "A", "operation": "remove", "value": "x" }] })
            ),
            ["rules[0].rewrite.headers[0].value"]
        );
        let ttl =
            json!({ "action": "set_cache_settings", "cache": { "edge_ttl": { "mode": "override_origin" } } });
        assert_eq!(faults_of("http_request_cache_settings", ttl), ["rules[0].cache.edge_ttl.default"]);
    }

    #[test]
    fn names_are_told_apart_and_unknown_parts_pass() {
        let rule = json!({ "reference": "a", "expression": "true", "action": "block" });
        let inputs = json!({ "zone": "z", "phase": "http_request_firewall_custom", "rules": [rule, rule] });
        let found = faults(&Value::from_json(&inputs).unwrap());
        assert_eq!(found[0].field, "rules[1].reference");
        assert!(faults(&Value::map([("phase", Value::Unknown), ("rules", Value::Unknown)])).is_empty());
    }
}
