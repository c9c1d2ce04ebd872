//! The example's own providers by the suite that every provider passes.

use std::time::Duration;

use async_trait::async_trait;
use iac::{Provider as _, ProviderInstance, Secret};
use iac_http::RetryPolicy;
use iac_testkit::conformance::{Bench, Case, DataCase, Lab, Suite};
use iac_testkit::sim::{Method, SimOptions, SimServer};
use serde_json::json;

use crate::doppler::fake::{self as doppler_fake, DopplerSim};
use crate::doppler::{Doppler, DopplerSecret, DopplerValue};
use crate::neon::fake::{self as neon_fake, NeonSim};
use crate::neon::{Neon, NeonBranch, NeonDatabase, NeonProject, NeonRole};

const KEY: &str = "conformance-key-of-this-lab";
const WRONG_KEY: &str = "a-key-of-somebody-else";

struct NeonLab;

#[async_trait]
impl Lab for NeonLab {
    async fn bench(&self) -> Bench {
        let server = SimServer::start(NeonSim::default().key(KEY), SimOptions::new()).await.unwrap();
        let endpoint = format!("{}{}", server.url(), neon_fake::BASE_PATH);
        let provider = |key: &str| {
            let neon =
                Neon::new(&endpoint, &Secret::new(key.to_owned()), |http| http.retry(RetryPolicy::never()));
            let neon = neon.unwrap().poll_intervals(Duration::from_millis(1), Duration::from_millis(2));
            ProviderInstance::new(neon)
        };
        let (provider, stranger) = (provider(KEY), provider(WRONG_KEY));
        let bench = Bench::new(server, neon_fake::BASE_PATH, provider, stranger, |server| {
            let all = server.with_cloud(|cloud: &mut NeonSim| cloud.inventory()).unwrap().unwrap();
            all.into_iter().map(|(kind, id, name)| format!("{kind} {id} {name}")).collect()
        });
        bench.credential(KEY).credential(WRONG_KEY)
    }

    async fn full_bench(&self, _: &str) -> Option<Bench> {
        None
    }
}

fn neon() -> Vec<Case> {
    let project = || json!({ "name": "shop", "region": "aws-us-west-2", "pg_version": 17 });
    vec![
        Case::of::<NeonProject>("a project", move |_| project())
            .update("rename", |_| json!({ "name": "another name" }))
            .invalid("name", |_| json!({ "name": "longer than what is left of a name" }))
            .without_duplicate("names of projects need not be unique"),
        Case::of::<NeonBranch>("a branch", |ids| json!({ "project": ids["project"], "name": "dev" }))
            .needs::<NeonProject>("project", move |_| project())
            .update("rename", |_| json!({ "name": "staging" })),
        Case::of::<NeonRole>("a role", |ids| json!({ "branch": ids["branch"], "name": "django" }))
            .needs::<NeonProject>("project", move |_| project())
            .needs::<NeonBranch>("branch", |ids| json!({ "project": ids["project"], "name": "dev" })),
        Case::of::<NeonDatabase>(
            "a database",
            |ids| json!({ "branch": ids["branch"], "name": "app", "owner": "django" }),
        )
        .needs::<NeonProject>("project", move |_| project())
        .needs::<NeonBranch>("branch", |ids| json!({ "project": ids["project"], "name": "dev" }))
        .needs::<NeonRole>("role", |ids| json!({ "branch": ids["branch"], "name": "django" }))
        .needs::<NeonRole>("other", |ids| json!({ "branch": ids["branch"], "name": "admin" }))
        .update("another owner", |_| json!({ "owner": "admin" })),
    ]
}

#[tokio::test]
async fn neon_holds_the_contract() {
    let suite = Suite::new().cases(neon());
    assert_eq!(suite.forgotten(&Neon::types()), Vec::<&str>::new());
    suite.run(&NeonLab).await.assert();
}

struct DopplerLab;

#[async_trait]
impl Lab for DopplerLab {
    async fn bench(&self) -> Bench {
        let server = SimServer::start(DopplerSim::default().token(KEY), SimOptions::new()).await.unwrap();
        let endpoint = format!("{}{}", server.url(), doppler_fake::BASE_PATH);
        let provider = |key: &str| {
            let key = Secret::new(key.to_owned());
            ProviderInstance::new(
                Doppler::new(&endpoint, &key, |http| http.retry(RetryPolicy::never())).unwrap(),
            )
        };
        let (provider, stranger) = (provider(KEY), provider(WRONG_KEY));
        let bench = Bench::new(server, doppler_fake::BASE_PATH, provider, stranger, |server| {
            server.with_cloud(|cloud: &mut DopplerSim| cloud.inventory()).unwrap().unwrap()
        });
        bench.prepares(|request| request.method == Method::GET).credential(KEY).credential(WRONG_KEY)
    }

    async fn full_bench(&self, _: &str) -> Option<Bench> {
        None
    }
}

#[tokio::test]
async fn doppler_holds_the_contract() {
    let secret = json!({
        "project": "edge", "config": "dev", "name": "DATABASE_URL", "value": "the-value-of-the-first-secret",
    });
    let secret = Case::of::<DopplerSecret>("a secret", move |_| secret.clone())
        .update("rotate", |_| json!({ "value": "the-value-of-the-second-secret" }))
        .invalid("name", |_| json!({ "name": "in lower case" }));
    let query = |name: &str| json!({ "project": "edge", "config": "dev", "name": name });
    let value = DataCase::of::<DopplerValue>(query("INTAKE_KEY"), json!({})).missing(query("NOT_THERE"));
    let suite = Suite::new().case(secret).data(value);
    assert_eq!(suite.forgotten(&Doppler::types()), Vec::<&str>::new());
    suite.run(&DopplerLab).await.assert();
}
