//! Zones.
use iac_cloudflare::{Zone, ZoneActivation};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

/// A zone to put things into.
pub(crate) fn zone(_: &Ids) -> Value {
    json!({ "name": "example.com" })
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::of::<Zone>("full", zone)
            .update("pause", |_| json!({ "paused": true }))
            .update("go on", |_| json!({ "paused": false }))
            .invalid("name", |_| json!({ "name": "Example.com" }))
            .invalid("name", |_| json!({ "name": "www.example.com" }))
            .invalid("name", |_| json!({ "name": "localhost" })),
        Case::of::<Zone>(
            "with a plan",
            |_| json!({ "name": "example.org", "zone_type": "partial", "paused": true, "vanity_name_servers": ["ns1.example.org"] }),
        )
        .update("other kind", |_| json!({ "zone_type": "full" }))
        .update("other name servers", |_| json!({ "vanity_name_servers": ["ns2.example.org", "ns3.example.org"] }))
        .update("no name servers", |_| json!({ "vanity_name_servers": null })),
        Case::of::<ZoneActivation>("activation", |ids| json!({ "zone": ids["zone"] })).needs::<Zone>("zone", zone),
    ]
}

#[tokio::test]
async fn zones() {
    crate::hold(cases()).await;
}
