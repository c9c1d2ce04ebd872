//! Certificates.
use iac_hetzner::{Certificate, Zone};
use iac_testkit::conformance::{Case, Ids};
use serde_json::{Value, json};

/// Made for these tests; protects nothing.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBqzCCAVCgAwIBAgIUbdGRhMSAVMZPwNEvEdR/Red44d4wCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZXhhbXBsZS5jb20wHhcNMjYxMTIxMTI0ODA1WhcNMzYxMTE4
MTI0ODA1WjAWMRQwEgYDVQQDDAtleGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABMnIFR7ktb/ar52b9y+L/j1zLQkW+9hJl0Nc5O0fnRmnRiD6kox/
uJaDqQAk9uphgTjjCJzuRwayJCIArZ9ZQwqjfDB6MB0GA1UdDgQWBBTb89yEgGv0
7zRz+PtprHlnngeTLTAfBgNVHSMEGDAWgBTb89yEgGv07zRz+PtprHlnngeTLTAP
BgNVHRMBAf8EBTADAQH/MCcGA1UdEQQgMB6CC2V4YW1wbGUuY29tgg93d3cuZXhh
bXBsZS5jb20wCgYIKoZIzj0EAwIDSQAwRgIhAN0rg0Qxsczx4kIrZLfFmBwfk9pa
WAysxCjp2Pa+nraLAiEAnkCNxDD20+zEcl3MPLez8cuV1XIU6AljCm5NUsDCbao=
-----END CERTIFICATE-----
";
const PRIVATE_KEY: &str = "\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIIu5INc4HfAAeUo2Qev4XlgSBFwXD+ZrkmCk94of0Kv7oAoGCCqGSM49
AwEHoUQDQgAEycgVHuS1v9qvnZv3L4v+PXMtCRb72EmXQ1zk7R+dGadGIPqSjH+4
loOpACT26mGBOOMInO5HBrIkIgCtn1lDCg==
-----END EC PRIVATE KEY-----
";

/// An uploaded certificate.
pub(crate) fn uploaded(_: &Ids) -> Value {
    json!({ "name": "site", "certificate": CERTIFICATE, "private_key": PRIVATE_KEY })
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::of::<Certificate>("uploaded", uploaded)
            .update("rename", |_| json!({ "name": "shop" }))
            .update("label", |_| json!({ "labels": { "a": "b" } }))
            .invalid("certificate", |_| json!({ "certificate": "nonsense" }))
            .invalid("private_key", |_| json!({ "private_key": CERTIFICATE }))
            .invalid("private_key", |_| json!({ "private_key": null })),
        Case::of::<Certificate>(
            "managed",
            |_| json!({ "name": "site", "domain_names": ["example.com", "*.example.com"] }),
        )
        .needs::<Zone>("zone", |_| json!({ "name": "example.com" }))
        .update("rename", |_| json!({ "name": "shop" }))
        .invalid("domain_names", |_| json!({ "domain_names": ["not a name"] })),
    ]
}

#[tokio::test]
async fn certificates() {
    crate::hold(cases()).await;
}
