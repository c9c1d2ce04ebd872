//! Owns what the Free plan has of rules. Knows no other plan: the configuration `paid` has them all.
use super::validate::Given;
use iac_testkit::sim::SimResponse;

use super::validate::refuse;

/// Rules of a phase on the Free plan (<https://developers.cloudflare.com/ruleset-engine/>).
const RULES_MAX: &[(&str, usize)] = &[
    ("http_request_firewall_custom", 5),
    ("http_ratelimit", 1),
    ("http_request_dynamic_redirect", 10),
    ("http_request_transform", 10),
    ("http_request_late_transform", 10),
    ("http_response_headers_transform", 10),
    ("http_request_cache_settings", 10),
    ("http_request_origin", 10),
    ("http_config_settings", 10),
];
/// The only time that a rate is looked at over, and that it is held for.
const RATE_SECONDS: u64 = 10;

/// Refuses what the Free plan does not have.
pub(super) fn check(phase: &str, rules: &[Given]) -> Result<(), SimResponse> {
    let most = RULES_MAX.iter().find(|(known, _)| *known == phase).map(|(_, most)| *most);
    if let Some(most) = most.filter(|most| rules.len() > *most) {
        return Err(refuse(
            "/rules",
            format!("exceeded maximum number of rules in the phase {phase}: {} out of {most}", rules.len()),
        ));
    }
    for (index, rule) in rules.iter().enumerate() {
        if rule.action() == "log" {
            let message =
                "'log' is not a valid value for action because the use of action log is not entitled";
            return Err(refuse(&format!("/rules/{index}/action"), message.to_owned()));
        }
        let Some(limit) = rule.ratelimit() else { continue };
        for field in ["period", "mitigation_timeout"] {
            let seconds = limit.get(field).and_then(serde_json::Value::as_u64).unwrap_or_default();
            if seconds != 0 && seconds != RATE_SECONDS {
                return Err(refuse(
                    &format!("/rules/{index}/ratelimit/{field}"),
                    format!(
                        "'{seconds}' is not a valid value for {field} because not entitled: the plan has [10]"
                    ),
                ));
            }
        }
    }
    Ok(())
}
