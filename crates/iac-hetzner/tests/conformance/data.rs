//! Data sources.
use crate::lab::{self, HetznerLab};
use iac_hetzner::{Image, LoadBalancerType, Location, ServerType};
use iac_testkit::conformance::{DataCase, Suite};
use serde_json::json;

pub(crate) fn cases() -> Vec<DataCase> {
    vec![
        DataCase::of::<Image>(
            json!({ "name": "debian-12" }),
            json!({ "name": "debian-12", "os_flavor": "debian", "architecture": "x86", "image_type": "system" }),
        )
        .missing(json!({ "name": "beos-5" })),
        DataCase::of::<Location>(json!({ "name": "fsn1" }), json!({ "name": "fsn1", "network_zone": "eu-central" }))
            .missing(json!({ "name": "mars1" })),
        DataCase::of::<ServerType>(json!({ "name": "cx23" }), json!({ "name": "cx23", "cpu_type": "shared" }))
            .missing(json!({ "name": "cx999" })),
        DataCase::of::<LoadBalancerType>(json!({ "name": "lb11" }), json!({ "name": "lb11" }))
            .missing(json!({ "name": "lb99" })),
    ]
}

#[tokio::test]
async fn data_sources() {
    let suite = cases().into_iter().fold(Suite::new(), Suite::data);
    suite.description(lab::description()).run(&HetznerLab).await.assert();
}
