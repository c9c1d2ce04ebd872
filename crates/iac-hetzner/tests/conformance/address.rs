//! Primary and floating IPs.
use crate::network::{network, subnet};
use iac_hetzner::{FloatingIp, Network, PrimaryIp, Server, Subnet};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

/// A server that is off and has no public address of its own.
fn off(ids: &Ids) -> Value {
    json!({ "name": "off", "server_type": "cx23", "image": "debian-12", "location": "fsn1",
            "public_net": { "ipv4": false, "ipv6": false }, "start_after_create": false,
            "networks": [{ "network": ids["network"] }] })
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::of::<PrimaryIp>("v4", |_| json!({ "name": "ingress", "ip_type": "ipv4", "location": "fsn1" }))
            .needs::<Network>("network", network)
            .needs::<Subnet>("subnet", subnet)
            .needs::<Server>("server", off)
            .update("rename", |_| json!({ "name": "entry" }))
            .update("label", |_| json!({ "labels": { "a": "b" } }))
            .update("name its address", |_| json!({ "dns_ptr": "entry.example.com" }))
            .update("auto delete", |_| json!({ "auto_delete": true }))
            .update("protect", |_| json!({ "auto_delete": false, "delete_protection": true }))
            .update("unprotect", |_| json!({ "delete_protection": false }))
            .update("assign", |ids| json!({ "server": ids["server"] }))
            .invalid("location", |_| json!({ "location": "mars1" }))
            .invalid("dns_ptr", |_| json!({ "dns_ptr": "not a name" })),
        Case::of::<PrimaryIp>("v6, protected", |_| {
            json!({ "name": "ingress", "ip_type": "ipv6", "location": "nbg1", "delete_protection": true,
                    "dns_ptr": "entry.example.com" })
        })
        .update("unprotect", |_| json!({ "delete_protection": false, "dns_ptr": "exit.example.com" })),
        Case::of::<FloatingIp>("v4", |_| {
            json!({ "name": "service", "ip_type": "ipv4", "home_location": "fsn1", "description": "for all" })
        })
        .needs::<Server>("server", crate::server::plain)
        .needs::<Network>("network", network)
        .needs::<Subnet>("subnet", subnet)
        .needs::<Server>("other", off)
        .update("rename", |_| json!({ "name": "shared" }))
        .update("describe", |_| json!({ "description": "for some" }))
        .update("no description", |_| json!({ "description": null }))
        .update("label", |_| json!({ "labels": { "a": "b" } }))
        .update("name its address", |_| json!({ "dns_ptr": "shared.example.com" }))
        .update("assign", |ids| json!({ "server": ids["server"] }))
        .update("move", |ids| json!({ "server": ids["other"] }))
        .update("free", |_| json!({ "server": null }))
        .update("protect", |_| json!({ "delete_protection": true }))
        .update("unprotect", |_| json!({ "delete_protection": false }))
        .invalid("home_location", |_| json!({ "home_location": "mars1" })),
        Case::of::<FloatingIp>("v6, assigned", |ids| {
            json!({ "name": "service", "ip_type": "ipv6", "server": ids["server"],
                    "dns_ptr": "six.example.com" })
        })
        .needs::<Server>("server", crate::server::plain)
        .update("label", |_| json!({ "labels": { "a": "b" } })),
    ]
}

#[tokio::test]
async fn addresses() {
    crate::hold(cases()).await;
}
