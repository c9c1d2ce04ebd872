//! Servers and their networks.
use crate::network::{network, subnet};
use iac_hetzner::{
    Firewall, Network, PlacementGroup, PrimaryIp, Server, ServerNetworkAttachment, SshKey, Subnet,
};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

/// A running server that others need.
pub(crate) fn plain(_: &Ids) -> Value {
    json!({ "name": "web", "server_type": "cx23", "image": "debian-12", "location": "fsn1" })
}

fn full() -> Case {
    Case::of::<Server>("everything", |ids| {
        json!({
            "name": "app", "server_type": "cx23", "image": "debian-12", "location": "fsn1",
            "ssh_keys": [ids["key"]], "user_data": "#cloud-config hostname: canary-in-user-data",
            "firewalls": [ids["firewall"]], "networks": [{ "network": ids["network"] }],
            "backups": true, "labels": { "role": "app" },
        })
    })
    .needs::<SshKey>("key", |_| json!({ "name": "admin", "public_key": crate::access::PUBLIC_KEY }))
    .needs::<Firewall>("firewall", |_| json!({ "name": "edge" }))
    .needs::<Firewall>("other firewall", |_| json!({ "name": "border" }))
    .needs::<Network>("network", network)
    .needs::<Subnet>("subnet", subnet)
    .needs::<PlacementGroup>("group", |_| json!({ "name": "spread" }))
    .needs::<PlacementGroup>("other group", |_| json!({ "name": "apart" }))
    .update("rename", |_| json!({ "name": "renamed" }))
    .update("label", |_| json!({ "labels": { "role": "web", "tier": "1" } }))
    .update("resize", |_| json!({ "server_type": "cx33" }))
    .update("join a group", |ids| json!({ "placement_group": ids["group"] }))
    .update("join another group", |ids| json!({ "placement_group": ids["other group"] }))
    .update("leave the group", |_| json!({ "placement_group": null }))
    .update("other firewall", |ids| json!({ "firewalls": [ids["other firewall"]] }))
    .update("no firewall", |_| json!({ "firewalls": [] }))
    .update("fixed address", |ids| {
        json!({ "networks": [{ "network": ids["network"], "ip": "10.0.1.9", "alias_ips": ["10.0.1.20"] }] })
    })
    .update("other aliases", |ids| {
        json!({ "networks": [{ "network": ids["network"], "ip": "10.0.1.9", "alias_ips": ["10.0.1.21"] }] })
    })
    .update("no network", |_| json!({ "networks": [] }))
    .update("no backups", |_| json!({ "backups": false }))
    .update("protect", |_| json!({ "delete_protection": true }))
    .update("all at once", |ids| {
        json!({ "delete_protection": false, "name": "last", "server_type": "cx43", "backups": true,
                "placement_group": ids["group"], "firewalls": [ids["firewall"]],
                "networks": [{ "network": ids["network"] }], "labels": null })
    })
    .invalid("server_type", |_| json!({ "server_type": "cx999" }))
    .invalid("image", |_| json!({ "image": "beos-5" }))
    .invalid("location", |_| json!({ "location": "mars1" }))
    .invalid("name", |_| json!({ "name": "no_host_name" }))
    .exempt("keep_disk", "it only matters in the moment of another change")
    .exempt("start_after_create", "later changes mean nothing")
}

/// A server whose public addresses change, at each step for as many others.
fn readdressed() -> Case {
    let public = |net: Value| json!({ "public_net": net });
    Case::of::<Server>("other addresses", |_| {
        json!({ "name": "app", "server_type": "cx23", "image": "debian-12", "location": "fsn1",
                "public_net": { "ipv4": true, "ipv6": false }, "labels": { "role": "app" } })
    })
    .needs::<PrimaryIp>("ip", |_| json!({ "name": "ip", "ip_type": "ipv4", "location": "fsn1" }))
    .needs::<PrimaryIp>("other ip", |_| json!({ "name": "other", "ip_type": "ipv4", "location": "fsn1" }))
    .needs::<PrimaryIp>(
        "net",
        |_| json!({ "name": "net", "ip_type": "ipv6", "location": "fsn1", "auto_delete": true }),
    )
    .update("the other family", move |_| public(json!({ "ipv4": false, "ipv6": true })))
    .update("and a named address", move |ids| {
        public(json!({ "ipv4": true, "ipv6": true, "ipv4_address": ids["ip"] }))
    })
    .update("another named address", move |ids| {
        public(json!({ "ipv4": true, "ipv6": true, "ipv4_address": ids["other ip"] }))
    })
    .update("no named address", move |_| public(json!({ "ipv4": false, "ipv6": true })))
    .update("a new one, back to the first family", move |_| public(json!({ "ipv4": true, "ipv6": false })))
    .update("and a named network", move |ids| {
        public(json!({ "ipv4": true, "ipv6": true, "ipv6_address": ids["net"] }))
    })
    .update("no named network, and all at once", move |_| {
        json!({ "public_net": { "ipv4": true, "ipv6": false }, "name": "last", "server_type": "cx33",
                "backups": true, "labels": null })
    })
}

fn attachment() -> Case {
    Case::of::<ServerNetworkAttachment>(
        "address",
        |ids| json!({ "server": ids["server"], "network": ids["network"], "ip": "10.0.1.7" }),
    )
    .needs::<Network>("network", network)
    .needs::<Subnet>("subnet", subnet)
    .needs::<Server>("server", plain)
    .update("aliases", |_| json!({ "alias_ips": ["10.0.1.20", "10.0.1.21"] }))
    .update("no aliases", |_| json!({ "alias_ips": null }))
    .invalid("ip", |_| json!({ "ip": "10.0.1" }))
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        full(),
        readdressed(),
        Case::of::<Server>("least", plain).update("start", |_| json!({ "labels": { "a": "b" } })),
        Case::of::<Server>("held back", |ids| {
            json!({ "name": "app", "server_type": "cx23", "image": "debian-12", "location": "fsn1",
                    "networks": [{ "network": ids["network"], "ip": "10.0.1.5", "alias_ips": ["10.0.1.6"] },
                                 { "network": ids["second"] }] })
        })
        .needs::<Network>("network", network)
        .needs::<Subnet>("subnet", subnet)
        .needs::<Network>("second", |_| json!({ "name": "storage", "ip_range": "10.1.0.0/16" }))
        .needs::<Subnet>("second subnet", |ids| {
            json!({ "network": ids["second"], "ip_range": "10.1.0.0/24", "network_zone": "eu-central" })
        })
        .update("one network", |ids| json!({ "networks": [{ "network": ids["second"] }] })),
        Case::of::<Server>("own address, off", |ids| {
            json!({ "name": "app", "server_type": "cx23", "image": "debian-12", "location": "fsn1",
                    "placement_group": ids["group"], "start_after_create": false, "delete_protection": true,
                    "public_net": { "ipv4": true, "ipv6": false, "ipv4_address": ids["ip"] } })
        })
        .needs::<PlacementGroup>("group", |_| json!({ "name": "spread" }))
        .needs::<PrimaryIp>("ip", |_| json!({ "name": "ip", "ip_type": "ipv4", "location": "fsn1" }))
        .update("unprotect", |_| json!({ "delete_protection": false }))
        .without_duplicate("the address is refused before the name"),
        attachment(),
    ]
}

#[tokio::test]
async fn servers() {
    crate::hold(cases()).await;
}
