//! Data sources.
use crate::lab::{self, CloudflareLab};
use iac_cloudflare::sim::{ACCOUNT_ID, CloudflareSim};
use iac_cloudflare::{Account, CurrentToken, ExistingZone, IpRanges};
use iac_testkit::conformance::{Bench, DataCase, Lab, Suite};
use iac_testkit::sim::Method;
use serde_json::json;

pub(crate) fn cases() -> Vec<DataCase> {
    vec![
        DataCase::of::<ExistingZone>(
            json!({ "name": "example.com" }),
            json!({ "name": "example.com", "status": "pending" }),
        )
        .missing(json!({ "name": "example.net" })),
        DataCase::of::<Account>(json!({}), json!({ "account_id": ACCOUNT_ID, "name": "Simulated account" }))
            .missing(json!({ "name": "Somebody else's" })),
        DataCase::of::<IpRanges>(
            json!({ "china": true }),
            json!({ "etag": "38f79d050aa027e3be3865e495dcc9bc" }),
        )
        .always_there("the vendor has networks"),
        DataCase::of::<CurrentToken>(json!({}), json!({ "status": "active", "expires_on": "" }))
            .always_there("there is a token, or nothing is answered"),
    ]
}

/// Accounts that have a zone already.
struct LabWithZone;

#[async_trait::async_trait]
impl Lab for LabWithZone {
    async fn bench(&self) -> Bench {
        let bench = CloudflareLab.bench().await;
        let zone = json!({ "name": "example.com", "account": { "id": ACCOUNT_ID } });
        let make = |cloud: &mut CloudflareSim| cloud.call(Method::POST, "/zones", Some(&zone)).status;
        assert_eq!(bench.server.with_cloud(make).unwrap().unwrap(), 200);
        bench
    }

    async fn full_bench(&self, type_token: &str) -> Option<Bench> {
        CloudflareLab.full_bench(type_token).await
    }
}

#[tokio::test]
async fn data_sources() {
    let suite = cases().into_iter().fold(Suite::new(), Suite::data);
    suite.description(lab::description()).run(&LabWithZone).await.assert();
}
