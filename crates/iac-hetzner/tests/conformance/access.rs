//! SSH keys and placement groups.
use iac_hetzner::{PlacementGroup, SshKey};
use iac_testkit::conformance::Case;
use serde_json::json;

pub(crate) const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@host";

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::of::<SshKey>(
            "key",
            |_| json!({ "name": "admin", "public_key": PUBLIC_KEY, "labels": { "a": "b" } }),
        )
        .update("rename", |_| json!({ "name": "operator" }))
        .update("label", |_| json!({ "labels": { "c": "d" } }))
        .update("no labels", |_| json!({ "labels": null }))
        .invalid("public_key", |_| json!({ "public_key": "ssh-ed25519 nonsense" }))
        .invalid("labels", |_| json!({ "labels": { "a": "no spaces" } })),
        Case::of::<PlacementGroup>("group", |_| json!({ "name": "spread" }))
            .update("rename", |_| json!({ "name": "apart" }))
            .update("label", |_| json!({ "labels": { "c": "d" } }))
            .invalid("name", |_| json!({ "name": "" })),
    ]
}

#[tokio::test]
async fn keys_and_groups() {
    crate::hold(cases()).await;
}
