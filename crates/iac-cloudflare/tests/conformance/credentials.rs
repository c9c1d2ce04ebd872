//! Origin certificates.
use iac_cloudflare::{OriginCertificate, Zone};
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
    ]
}

#[tokio::test]
async fn credentials() {
    crate::hold(cases()).await;
}
