//! Buckets and their domains.
use iac_cloudflare::{R2Bucket, R2CustomDomain, Zone};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

/// A bucket to put things into.
fn bucket(_: &Ids) -> Value {
    json!({ "name": "shop-assets" })
}

fn buckets() -> Vec<Case> {
    vec![
        Case::of::<R2Bucket>("plain", bucket)
            .update("another class", |_| json!({ "storage_class": "InfrequentAccess" }))
            .update("in the open", |_| json!({ "public_access": true }))
            .update("not any more", |_| json!({ "public_access": false }))
            .update("no uploads are given up", |_| json!({ "lifecycle": [] }))
            .update("old logs go", |_| {
                json!({ "lifecycle": [
                    { "id": "logs", "prefix": "logs/", "delete_after_seconds": 2_592_000 },
                    { "id": "cold", "infrequent_access_on": "2027-01-01T00:00:00Z", "enabled": false },
                ]})
            })
            .update("held", |_| json!({ "lock": [{ "id": "keep", "prefix": "invoices/", "retain_seconds": 60 }] }))
            .update("held for ever", |_| json!({ "lock": [{ "id": "keep", "indefinitely": true }] }))
            .update("not held", |_| json!({ "lock": null }))
            .update("seen from a site", |_| {
                json!({ "cors": [{ "allowed_origins": ["https://example.com"], "allowed_methods": ["GET"] }] })
            })
            .update("from no site", |_| json!({ "cors": null }))
            .invalid("name", |_| json!({ "name": "Shop" }))
            .invalid("cors", |_| {
                json!({ "cors": [{ "allowed_origins": ["example.com"], "allowed_methods": ["GET"] }] })
            })
            .invalid("lifecycle", |_| json!({ "lifecycle": [{ "id": "nothing" }] }))
            .invalid("lock", |_| json!({ "lock": [{ "id": "keep" }] })),
        Case::of::<R2Bucket>("with everything", |_| {
            json!({
                "name": "shop-files", "jurisdiction": "eu", "location_hint": "weur",
                "storage_class": "InfrequentAccess", "public_access": true,
                "cors": [
                    { "id": "site", "allowed_origins": ["https://example.com", "https://example.org:8443"],
                      "allowed_methods": ["GET", "PUT"], "allowed_headers": ["x-a"], "expose_headers": ["etag"],
                      "max_age_seconds": 3600 },
                    { "id": "all", "allowed_origins": ["*"], "allowed_methods": ["HEAD"] },
                ],
                "lifecycle": [
                    { "id": "a", "delete_on": "2027-01-01T00:00:00Z", "abort_multipart_after_seconds": 86_400 },
                ],
                "lock": [{ "id": "until", "retain_until": "2027-01-01T00:00:00Z" }],
            })
        })
        .update("all at once", |_| {
            json!({ "storage_class": "Standard", "public_access": null, "cors": null, "lock": null, "lifecycle": [] })
        }),
    ]
}

fn domains() -> Vec<Case> {
    let domain =
        |ids: &Ids| json!({ "bucket": ids["bucket"], "zone": ids["zone"], "domain": "assets.example.com" });
    vec![
        Case::of::<R2CustomDomain>("plain", domain)
            .needs::<Zone>("zone", crate::zone::zone)
            .needs::<R2Bucket>("bucket", bucket)
            .update("off", |_| json!({ "enabled": false }))
            .update("on", |_| json!({ "enabled": true }))
            .update("newer TLS", |_| json!({ "min_tls": "1.2" }))
            .update(
                "fewer ciphers",
                |_| json!({ "ciphers": ["ECDHE-RSA-AES128-GCM-SHA256", "AEAD-AES128-GCM-SHA256"] }),
            )
            .update("all ciphers", |_| json!({ "ciphers": null }))
            .exempt("wait", "it only matters in the moment of the create")
            .passing("ownership")
            .passing("certificate")
            .invalid("domain", |_| json!({ "domain": "Assets.example.com" }))
            .invalid("domain", |_| json!({ "domain": "assets.example.org" })),
        Case::of::<R2CustomDomain>("in the EU, not waited for", move |ids| {
            let mut inputs = domain(ids);
            inputs["wait"] = json!(false);
            inputs["min_tls"] = json!("1.3");
            inputs
        })
        .needs::<Zone>("zone", crate::zone::zone)
        .needs::<R2Bucket>("bucket", |_| json!({ "name": "shop-assets", "jurisdiction": "eu" }))
        .passing("ownership")
        .passing("certificate"),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    buckets().into_iter().chain(domains()).collect()
}

#[tokio::test]
async fn r2_buckets() {
    crate::hold(buckets()).await;
}

#[tokio::test]
async fn r2_domains() {
    crate::hold(domains()).await;
}
