//! Rulesets and lists.
use iac_cloudflare::{List, Ruleset, Zone};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

const AGENTS: &str = r#"(http.host eq "api.example.com" and http.user_agent eq "")"#;

fn custom(ids: &Ids) -> Value {
    json!({ "zone": ids["zone"], "phase": "http_request_firewall_custom", "rules": [
        { "reference": "empty-agent", "expression": AGENTS, "action": "block", "description": "no agent",
          "response": { "status_code": 403, "content_type": "application/json", "content": "{}" } },
        { "reference": "threats", "expression": "(cf.threat_score gt 10)", "action": "managed_challenge" },
    ]})
}

fn firewalls() -> Vec<Case> {
    vec![
        Case::of::<Ruleset>("custom rules", custom)
            .needs::<Zone>("zone", crate::zone::zone)
            .update("describe", |_| json!({ "description": "the firewall" }))
            .update("other order, one more, one off", |_| {
                json!({ "rules": [
                    { "reference": "threats", "expression": "(cf.threat_score gt 20)", "action": "js_challenge" },
                    { "reference": "friends", "expression": "ip.src in {192.0.2.0/24}", "action": "skip", "logging": "off",
                      "skip": { "remaining_rules": true, "phases": ["http_ratelimit", "http_request_firewall_managed"],
                                "products": ["rateLimit", "bic"] } },
                    { "reference": "empty-agent", "expression": AGENTS, "action": "log", "enabled": false },
                ]})
            })
            .update("no rules", |_| json!({ "rules": null, "description": null }))
            .invalid("rules", |_| json!({ "rules": [{ "reference": "a", "expression": "(", "action": "block" }] }))
            .invalid("rules", |_| {
                json!({ "rules": [{ "reference": "a", "expression": "ip.src in $nowhere", "action": "block" }] })
            })
            .invalid("rules", |_| json!({ "rules": [{ "reference": "a", "expression": "true", "action": "route" }] }))
            .invalid("phase", |_| json!({ "phase": "ddos_l4", "rules": null })),
        Case::of::<Ruleset>("managed rules", |ids| {
            json!({ "zone": ids["zone"], "phase": "http_request_firewall_managed", "rules": [
                { "reference": "managed", "expression": "true", "action": "execute",
                  "execute": { "id": "efb7b8c949ac4650a09736fc376e9aee",
                    "overrides": { "enabled": "on", "categories": [{ "category": "wordpress", "enabled": "off" }] } } },
            ]})
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .update("less sensitive", |_| {
            json!({ "rules": [
                { "reference": "managed", "expression": "true", "action": "execute",
                  "execute": { "id": "4814384a9e5d4991b9815dcfc25d2f1f", "overrides": { "sensitivity_level": "low" } } },
            ]})
        }),
        Case::of::<Ruleset>("limits", |ids| {
            json!({ "zone": ids["zone"], "phase": "http_ratelimit", "description": "limits", "rules": [
                { "reference": "intake", "expression": r#"http.request.method eq "POST""#, "action": "block",
                  "ratelimit": { "period": 60, "requests_per_period": 100, "mitigation_timeout": 60 } },
            ]})
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .update("more for the interface", |_| {
            json!({ "rules": [
                { "reference": "api", "expression": r#"http.host eq "api.example.com""#, "action": "managed_challenge",
                  "ratelimit": { "characteristics": ["ip.src", "cf.colo.id"], "period": 60,
                    "requests_per_period": 300, "requests_to_origin": true,
                    "counting_expression": "http.response.code eq 404" } },
                { "reference": "intake", "expression": r#"http.request.method eq "POST""#, "action": "block",
                  "ratelimit": { "period": 60, "requests_per_period": 50, "mitigation_timeout": 600 } },
            ]})
        })
        .invalid("rules", |_| {
            json!({ "rules": [{ "reference": "a", "expression": "true", "action": "block",
                "ratelimit": { "period": 11, "requests_per_period": 1, "mitigation_timeout": 10 } }] })
        }),
    ]
}

fn traffic() -> Vec<Case> {
    vec![
        Case::of::<Ruleset>("redirects", |ids| {
            json!({ "zone": ids["zone"], "phase": "http_request_dynamic_redirect", "description": "ways", "rules": [
                { "reference": "www", "expression": r#"http.host eq "www.example.com""#, "action": "redirect",
                  "redirect": { "target_expression": r#"concat("https://example.com", http.request.uri.path)"#,
                    "status_code": 301, "preserve_query_string": true } },
            ]})
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .update("to a page", |_| {
            json!({ "description": "the way", "rules": [{ "reference": "www", "expression": "true", "action": "redirect",
                "redirect": { "target_url": "https://example.com/" } }] })
        }),
        Case::of::<Ruleset>("rewrites", |ids| {
            json!({ "zone": ids["zone"], "phase": "http_request_transform", "rules": [
                { "reference": "home", "expression": r#"http.request.uri.path eq "/""#, "action": "rewrite",
                  "rewrite": { "path": "/index.html", "query_expression": "http.request.uri.query" } },
            ]})
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .update("no query", |_| {
            json!({ "rules": [{ "reference": "home", "expression": "true", "action": "rewrite",
                "rewrite": { "query": "" } }] })
        }),
        Case::of::<Ruleset>("headers", |ids| {
            json!({ "zone": ids["zone"], "phase": "http_response_headers_transform", "rules": [
                { "reference": "frames", "expression": "true", "action": "rewrite", "rewrite": { "headers": [
                    { "name": "X-Frame-Options", "operation": "set", "value": "DENY" },
                    { "name": "Server", "operation": "remove" },
                ] } },
            ]})
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .update("one more", |_| {
            json!({ "rules": [{ "reference": "frames", "expression": "true", "action": "rewrite", "rewrite": { "headers": [
                { "name": "X-Ray", "operation": "add", "expression": "cf.ray_id" },
                { "name": "X-Frame-Options", "operation": "set", "value": "SAMEORIGIN" },
            ] } }] })
        }),
        Case::of::<Ruleset>("cache", |ids| {
            json!({ "zone": ids["zone"], "phase": "http_request_cache_settings", "rules": [
                { "reference": "assets", "expression": r#"starts_with(http.request.uri.path, "/static/")"#,
                  "action": "set_cache_settings", "cache": { "cache": "on",
                    "edge_ttl": { "mode": "override_origin", "default": 86400,
                        "status_code_ttl": [{ "status_code_range": { "from": 400 }, "value": 0 }] },
                    "browser_ttl": { "mode": "respect_origin" },
                    "cache_key": { "ignore_query_strings_order": true,
                        "custom_key": { "query_string": { "exclude": { "all": true } }, "host": { "resolved": "off" } } } } },
            ]})
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .update("bypass", |_| {
            json!({ "rules": [{ "reference": "assets", "expression": "true", "action": "set_cache_settings",
                "cache": { "cache": "off" } }] })
        }),
        Case::of::<Ruleset>("origin", |ids| {
            json!({ "zone": ids["zone"], "phase": "http_request_origin", "rules": [
                { "reference": "port", "expression": "true", "action": "route",
                  "origin": { "port": 8443, "host_header": "origin.example.com" } },
            ]})
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .update("another host", |_| {
            json!({ "rules": [{ "reference": "port", "expression": "true", "action": "route",
                "origin": { "host": "other.example.com", "sni": "other.example.com" } }] })
        }),
        Case::of::<Ruleset>("settings", |ids| {
            json!({ "zone": ids["zone"], "phase": "http_config_settings", "rules": [
                { "reference": "strict", "expression": "true", "action": "set_config",
                  "config": { "ssl": "strict", "rocket_loader": "off", "disable_zaraz": true } },
            ]})
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .update("on", |_| {
            json!({ "rules": [{ "reference": "strict", "expression": "true", "action": "set_config",
                "config": { "ssl": "full", "rocket_loader": "on", "polish": "off" } }] })
        }),
        Case::of::<Ruleset>("errors", |ids| {
            json!({ "zone": ids["zone"], "phase": "http_custom_errors", "rules": [
                { "reference": "down", "expression": "http.response.code ge 500", "action": "serve_error",
                  "serve_error": { "content_type": "text/html", "content": "<p>soon</p>", "status_code": 503 } },
            ]})
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .update("as text", |_| {
            json!({ "rules": [{ "reference": "down", "expression": "true", "action": "serve_error",
                "serve_error": { "content_type": "text/plain", "content": "soon" } }] })
        }),
        Case::of::<Ruleset>("parameters without a field", |ids| {
            json!({ "zone": ids["zone"], "phase": "http_response_compression", "rules": [
                { "reference": "gzip", "expression": "true", "action": "compress_response",
                  "parameters": { "algorithms": [{ "name": "gzip" }] } },
            ]})
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .update("brotli", |_| {
            json!({ "rules": [{ "reference": "gzip", "expression": "true", "action": "compress_response",
                "parameters": { "algorithms": [{ "name": "brotli" }, { "name": "auto" }] } }] })
        }),
    ]
}

fn lists() -> Vec<Case> {
    vec![
        Case::of::<List>("addresses", |_| {
            json!({ "name": "admins", "kind": "ip", "description": "who may", "items": [
                { "ip": "198.51.100.0/24", "comment": "the office" }, { "ip": "2001:DB8::1" },
            ]})
        })
        .update("other items", |_| json!({ "items": [{ "ip": "203.0.113.7/32" }, { "ip": "2001:db8::/32" }] }))
        .update("describe", |_| json!({ "description": "who may enter" }))
        .update("nothing", |_| json!({ "items": null, "description": null }))
        .invalid("name", |_| json!({ "name": "the-admins" }))
        .invalid("items", |_| json!({ "items": [{ "ip": "10.0.0.0/4" }] }))
        .invalid("items", |_| json!({ "items": [{ "asn": 13335 }] })),
        Case::of::<List>("networks", |_| json!({ "name": "networks", "kind": "asn", "items": [{ "asn": 13335 }] }))
            .update("more", |_| json!({ "items": [{ "asn": 13335 }, { "asn": 24940, "comment": "origin" }] })),
        Case::of::<List>("host names", |_| {
            json!({ "name": "hosts", "kind": "hostname", "items": [{ "hostname": { "url_hostname": "example.com" } }] })
        })
        .update("wildcards", |_| {
            json!({ "items": [
                { "hostname": { "url_hostname": "*.example.com" } },
                { "hostname": { "url_hostname": "*.example.org", "include_domain_itself": true } },
            ]})
        }),
        Case::of::<List>("redirects", |_| {
            json!({ "name": "moved", "kind": "redirect", "items": [
                { "redirect": { "source_url": "example.com/old", "target_url": "https://example.com/new" } },
            ]})
        })
        .update("below", |_| {
            json!({ "items": [
                { "redirect": { "source_url": "example.com/old", "target_url": "https://example.com/new",
                    "status_code": 302, "subpath_matching": true, "preserve_path_suffix": true,
                    "preserve_query_string": true, "include_subdomains": true } },
            ]})
        }),
        Case::of::<Ruleset>("redirects of the account", |_| {
            json!({ "phase": "http_request_redirect", "rules": [
                { "reference": "moved", "expression": "http.request.full_uri in $moved", "action": "redirect",
                  "redirect": { "list": "moved", "list_key": "http.request.full_uri" } },
            ]})
        })
        .needs::<List>("list", |_| json!({ "name": "moved", "kind": "redirect" }))
        .exempt("zone", "the redirects of an account are of no zone")
        .update("switch off", |_| {
            json!({ "description": "switched off", "rules": [{ "reference": "moved", "expression": "http.request.full_uri in $moved",
                "action": "redirect", "enabled": false,
                "redirect": { "list": "moved", "list_key": "http.request.full_uri" } }] })
        }),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = firewalls();
    cases.extend(traffic());
    cases.extend(lists());
    cases
}

#[tokio::test]
async fn firewall_rulesets() {
    crate::hold(firewalls()).await;
}

#[tokio::test]
async fn traffic_rulesets() {
    crate::hold(traffic()).await;
}

#[tokio::test]
async fn lists_and_their_rules() {
    crate::hold(lists()).await;
}
