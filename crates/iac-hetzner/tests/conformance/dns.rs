//! Zones and record sets.
use iac_hetzner::{RecordSet, Zone};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

fn zone(_: &Ids) -> Value {
    json!({ "name": "example.com" })
}

fn record_sets() -> Vec<Case> {
    vec![
        Case::of::<RecordSet>("addresses", |ids| {
            json!({ "zone": ids["zone"], "name": "www", "record_type": "A", "ttl": 300,
                    "records": ["203.0.113.1", "203.0.113.2"], "comment": "the site" })
        })
        .needs::<Zone>("zone", zone)
        .update("other records", |_| json!({ "records": ["203.0.113.2", "203.0.113.3"] }))
        .update("other time", |_| json!({ "ttl": 600 }))
        .update("the zone's time", |_| json!({ "ttl": null }))
        .update("other comment", |_| json!({ "comment": "the shop" }))
        .update("no comment", |_| json!({ "comment": null }))
        .update("label", |_| json!({ "labels": { "a": "b" } }))
        .update("protect", |_| json!({ "change_protection": true }))
        .update("unprotect", |_| json!({ "change_protection": false }))
        .invalid("records", |_| json!({ "records": ["203.0.113.256"] }))
        .invalid("name", |_| json!({ "name": "www." }))
        .invalid("ttl", |_| json!({ "ttl": 5 })),
        Case::of::<RecordSet>("long text", |ids| {
            json!({ "zone": ids["zone"], "name": "_dmarc", "record_type": "TXT",
                    "records": ["v=1; \"quoted\"; ".repeat(40)], "labels": { "a": "b" } })
        })
        .needs::<Zone>("zone", zone)
        .update("shorter", |_| json!({ "records": ["v=2"], "labels": null })),
        Case::of::<RecordSet>("mail at the apex", |ids| {
            json!({ "zone": ids["zone"], "name": "@", "record_type": "MX", "records": ["10 mail", "20 mx.example.org."] })
        })
        .needs::<Zone>("zone", zone)
        .update("one", |_| json!({ "records": ["5 mail"] })),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::of::<Zone>(
            "primary",
            |_| json!({ "name": "example.com", "ttl": 3600, "labels": { "a": "b" } }),
        )
        .update("other time", |_| json!({ "ttl": 7200 }))
        .update("label", |_| json!({ "labels": { "c": "d" } }))
        .update("protect", |_| json!({ "delete_protection": true }))
        .update("unprotect", |_| json!({ "delete_protection": false }))
        .invalid("name", |_| json!({ "name": "www.example.com" }))
        .invalid("name", |_| json!({ "name": "Example.com" }))
        .invalid("ttl", |_| json!({ "ttl": 5 })),
        Case::of::<Zone>("secondary", |_| {
            json!({ "name": "example.org", "mode": "secondary", "primary_nameservers": [
                { "address": "198.51.100.53" },
                { "address": "203.0.113.53", "port": 5353, "tsig_algorithm": "hmac-sha256",
                  "tsig_key": "Y2FuYXJ5LWluLXRzaWcta2V5" },
            ]})
        })
        .update(
            "other nameservers",
            |_| json!({ "primary_nameservers": [{ "address": "198.51.100.54", "port": 53 }] }),
        ),
    ];
    cases.extend(record_sets());
    cases
}

#[tokio::test]
async fn zones_and_record_sets() {
    crate::hold(cases()).await;
}
