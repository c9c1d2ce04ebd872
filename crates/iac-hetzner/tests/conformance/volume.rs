//! Volumes.
use iac_hetzner::{Server, Volume};
use iac_testkit::conformance::Case;
use serde_json::json;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::of::<Volume>("attached", |ids| {
            json!({ "name": "data", "size": 10, "location": "fsn1", "server": ids["server"], "format": "ext4",
                    "automount": true })
        })
        .needs::<Server>("server", crate::server::plain)
        .needs::<Server>("other", |ids| {
            let mut server = crate::server::plain(ids);
            server["name"] = json!("other");
            server
        })
        .update("grow", |_| json!({ "size": 20 }))
        .update("move", |ids| json!({ "server": ids["other"] }))
        .update("detach", |_| json!({ "server": null, "automount": null }))
        .update("attach", |ids| json!({ "server": ids["server"] }))
        .update(
            "all at once",
            |ids| json!({ "name": "more", "size": 30, "server": ids["other"], "labels": { "a": "b" } }),
        )
        .exempt("automount", "it only matters in the moment of another change"),
        Case::of::<Volume>("free", |_| json!({ "name": "data", "size": 10, "location": "nbg1" }))
            .update("rename", |_| json!({ "name": "store" }))
            .update("label", |_| json!({ "labels": { "role": "db" } }))
            .update("protect", |_| json!({ "delete_protection": true }))
            .update("unprotect", |_| json!({ "delete_protection": false }))
            .invalid("size", |_| json!({ "size": 5 }))
            .invalid("location", |_| json!({ "location": "mars1" }))
            .invalid("location", |_| json!({ "location": null })),
    ]
}

#[tokio::test]
async fn volumes() {
    crate::hold(cases()).await;
}
