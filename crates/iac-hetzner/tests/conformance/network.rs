//! Networks, their subnets and their routes.
use iac_hetzner::{Network, Route, Subnet};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

pub(crate) fn network(_: &Ids) -> Value {
    json!({ "name": "backend", "ip_range": "10.0.0.0/16" })
}

pub(crate) fn subnet(ids: &Ids) -> Value {
    json!({ "network": ids["network"], "ip_range": "10.0.1.0/24", "network_zone": "eu-central" })
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::of::<Network>("range", network)
            .update("rename", |_| json!({ "name": "inside" }))
            .update("grow", |_| json!({ "ip_range": "10.0.0.0/15" }))
            .update("label", |_| json!({ "labels": { "environment": "test" } }))
            .update("expose", |_| json!({ "expose_routes_to_vswitch": true }))
            .update("protect", |_| json!({ "delete_protection": true }))
            .update("all at once", |_| {
                json!({ "name": "back", "ip_range": "10.0.0.0/14", "labels": { "a": "b" },
                        "expose_routes_to_vswitch": false, "delete_protection": false })
            })
            .invalid("ip_range", |_| json!({ "ip_range": "10.0.0.0/33" }))
            .invalid("ip_range", |_| json!({ "ip_range": "8.8.0.0/16" })),
        Case::of::<Subnet>("cloud", |ids| {
            json!({ "network": ids["network"], "ip_range": "10.0.1.0/24", "network_zone": "eu-central",
                    "kind": "cloud" })
        })
        .needs::<Network>("network", network)
        .invalid("ip_range", |_| json!({ "ip_range": "10.0.1.0/31" }))
        .invalid("ip_range", |_| json!({ "ip_range": "192.168.0.0/24" }))
        .invalid("network_zone", |_| json!({ "network_zone": "moon" })),
        Case::of::<Subnet>("vswitch", |ids| {
            json!({ "network": ids["network"], "ip_range": "10.0.2.0/24", "network_zone": "eu-central",
                    "kind": "vswitch", "vswitch": 1000 })
        })
        .needs::<Network>("network", network)
        .invalid("vswitch", |_| json!({ "vswitch": null })),
        Case::of::<Route>(
            "route",
            |ids| json!({ "network": ids["network"], "destination": "10.100.1.0/24", "gateway": "10.0.1.9" }),
        )
        .needs::<Network>("network", network)
        .needs::<Subnet>("subnet", subnet)
        .invalid("destination", |_| json!({ "destination": "10.100.1.0" }))
        .invalid("gateway", |_| json!({ "gateway": "172.31.1.1" })),
    ]
}

#[tokio::test]
async fn networks() {
    crate::hold(cases()).await;
}
