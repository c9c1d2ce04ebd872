//! KV namespaces and entries.
use iac_cloudflare::{KvEntry, KvNamespace};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

/// A namespace to put things into.
pub(crate) fn namespace(_: &Ids) -> Value {
    json!({ "title": "settings" })
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::of::<KvNamespace>("titled", namespace)
            .update("rename", |_| json!({ "title": "configuration" }))
            .invalid("title", |_| json!({ "title": "" })),
        Case::of::<KvEntry>(
            "with metadata",
            |ids| json!({ "namespace": ids["namespace"], "key": "pages/banner", "value": "Sale!", "metadata": { "by": "shop" } }),
        )
        .needs::<KvNamespace>("namespace", namespace)
        .update("other value", |_| json!({ "value": "Sale until Sunday" }))
        .update("other metadata", |_| json!({ "metadata": ["a", 1] }))
        .update("no metadata", |_| json!({ "metadata": null }))
        .invalid("namespace", |_| json!({ "namespace": "0".repeat(32) }))
        .invalid("key", |_| json!({ "key": "x".repeat(513) }))
        .invalid("metadata", |_| json!({ "metadata": "x".repeat(1_025) })),
        Case::of::<KvEntry>("empty", |ids| json!({ "namespace": ids["namespace"], "key": "a b?&#%", "value": "" }))
            .needs::<KvNamespace>("namespace", namespace)
            .update("more", |_| json!({ "value": "{\"success\":false,\"errors\":[{}]}" })),
    ]
}

#[tokio::test]
async fn namespaces_and_entries() {
    crate::hold(cases()).await;
}
