//! Firewalls and what they are attached to.
use iac_hetzner::{Firewall, FirewallAttachment, Server};
use iac_testkit::conformance::Case;
use serde_json::json;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::of::<Firewall>("rules", |_| {
            json!({ "name": "edge", "rules": [
                { "direction": "in", "protocol": "tcp", "port": "22", "source_ips": ["203.0.113.0/24"] },
                { "direction": "in", "protocol": "icmp", "source_ips": ["0.0.0.0/0", "::/0"] },
            ]})
        })
        .update("rename", |_| json!({ "name": "border" }))
        .update("other rules", |_| {
            json!({ "rules": [
                { "direction": "out", "protocol": "udp", "port": "53", "destination_ips": ["198.51.100.0/24"],
                  "description": "names" },
            ]})
        })
        .update("apply", |_| json!({ "apply_to": ["env==test"] }))
        .update(
            "apply elsewhere",
            |_| json!({ "apply_to": ["env==prod", "role==web"], "labels": { "a": "b" } }),
        )
        .update("nothing", |_| json!({ "apply_to": null, "rules": null, "labels": null }))
        .invalid(
            "rules",
            |_| json!({ "rules": [{ "direction": "in", "protocol": "tcp", "source_ips": ["0.0.0.0/0"] }] }),
        ),
        Case::of::<FirewallAttachment>(
            "server",
            |ids| json!({ "firewall": ids["firewall"], "server": ids["server"] }),
        )
        .needs::<Firewall>("firewall", |_| json!({ "name": "edge" }))
        .needs::<Server>("server", crate::server::plain),
    ]
}

#[tokio::test]
async fn firewalls() {
    crate::hold(cases()).await;
}
