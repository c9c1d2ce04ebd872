//! Origin certificates, Turnstile widgets and API tokens.
use iac_cloudflare::{ApiToken, OriginCertificate, TurnstileWidget, Zone};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

/// Made for these tests; protects nothing.
const PRIVATE_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZMvZI+id1G6gco83
0R17+9tQmNhlkqDeStkKBnMji4KhRANCAARlltb56YZe/C8vNY1j1BuXgCmSY2nv
ZEDdJqk7b7d5rGO3wP/Y3dBLayuT40ET+h9QIke2E/a4FYcb5fmHWJ1e
-----END PRIVATE KEY-----
";

fn certificate(_: &Ids) -> Value {
    json!({ "hostnames": ["example.com", "*.example.com"], "private_key": PRIVATE_KEY })
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::of::<OriginCertificate>("fifteen years", certificate)
            .needs::<Zone>("zone", crate::zone::zone)
            .without_duplicate("a certificate takes no name: the authority makes as many as are asked for")
            .invalid("hostnames", |_| json!({ "hostnames": ["shop.example.org"] }))
            .invalid("hostnames", |_| json!({ "hostnames": ["192.0.2.1"] }))
            .invalid("private_key", |_| json!({ "private_key": "no key at all" }))
            .invalid("validity_days", |_| json!({ "validity_days": 100 })),
        Case::of::<OriginCertificate>(
            "a week",
            |_| json!({ "hostnames": ["www.example.com"], "private_key": PRIVATE_KEY, "validity_days": 7 }),
        )
        .needs::<Zone>("zone", crate::zone::zone)
        .without_duplicate("a certificate takes no name: the authority makes as many as are asked for"),
        Case::of::<TurnstileWidget>(
            "sign up",
            |_| json!({ "name": "sign up", "domains": ["example.com", "example.org"], "mode": "managed" }),
        )
        .without_duplicate("names of widgets are not unique")
        .update("rename", |_| json!({ "name": "sign in" }))
        .update("elsewhere", |_| json!({ "domains": ["www.example.net"] }))
        .update("unseen", |_| json!({ "mode": "invisible", "clearance_level": "jschallenge" }))
        .update("with a plan", |_| json!({ "bot_fight_mode": true, "ephemeral_id": true, "offlabel": true }))
        .update("without", |_| {
            json!({ "bot_fight_mode": null, "ephemeral_id": null, "offlabel": null, "clearance_level": null })
        })
        .invalid("domains", |_| json!({ "domains": ["https://example.com"] }))
        .invalid("domains", |_| json!({ "domains": [] })),
        Case::of::<TurnstileWidget>("in China", |_| {
            json!({ "name": "china", "domains": ["example.com"], "mode": "non-interactive", "region": "china" })
        })
        .without_duplicate("names of widgets are not unique"),
        Case::of::<ApiToken>("dns challenge", |ids| {
            json!({ "name": "acme", "policies": [{ "permissions": ["Zone Read", "DNS Write"], "zones": [ids["zone"]] }] })
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .without_duplicate("names of tokens are not unique")
        .update("rename", |_| json!({ "name": "certbot" }))
        .update("more", |ids| {
            json!({ "policies": [
                { "permissions": ["DNS Write"], "zones": [ids["zone"]] },
                { "permissions": ["Workers Scripts Write", "Pages Write"], "account": true },
                { "permissions": ["Cache Purge"], "all_zones": true },
                { "permissions": ["Zone Write"], "all_zones": true, "effect": "deny" },
            ]})
        })
        .update("from here alone", |_| {
            json!({ "allowed_ips": ["198.51.100.0/24"], "denied_ips": ["198.51.100.7/32"],
                    "expires_on": "2027-01-31T00:00:00Z", "not_before": "2026-01-31T00:00:00Z" })
        })
        .update("off", |_| json!({ "disabled": true }))
        .update("on, from anywhere", |_| {
            json!({ "disabled": null, "allowed_ips": null, "denied_ips": null, "expires_on": null, "not_before": null })
        })
        .invalid("policies", |_| json!({ "policies": [{ "permissions": ["DNS Wirte"], "all_zones": true }] }))
        .invalid("policies", |_| json!({ "policies": [{ "permissions": ["DNS Write"] }] }))
        .invalid("expires_on", |_| json!({ "expires_on": "soon" })),
    ]
}

#[tokio::test]
async fn credentials() {
    crate::hold(cases()).await;
}
