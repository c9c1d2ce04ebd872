//! The providers that the example `edge-django` brings along, driven as in [`direct`](crate::direct).

use std::sync::Arc;
use std::time::Duration;

use iac_core::{Secret, Urn};
use iac_http::{ClientBuilder, RetryPolicy};
use iac_testkit::sim::{SimOptions, SimServer};
use serde_json::json;

use crate::direct::{ANSWERED, Answer, Bench, CALL_TIMEOUT, MARKER, NoPort, QUOTED, TOKEN, plain, secret};
use crate::spelling::canary;

#[path = "../../examples/edge-django/doppler/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the example uses more of it")]
mod doppler;
#[path = "../../examples/edge-django/neon/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the example uses more of it")]
mod neon;

fn once(http: ClientBuilder) -> ClientBuilder {
    http.retry(RetryPolicy::never())
}

#[tokio::test]
async fn no_driver_of_neon_says_a_secret() {
    let cloud = SimServer::start(neon::fake::NeonSim::default(), SimOptions::new()).await.unwrap();
    let url = format!("{}{}", cloud.url(), neon::fake::BASE_PATH);
    let provider = neon::Neon::new(&url, &Secret::from(TOKEN), once).unwrap();
    let mut bench =
        Bench::new(provider.poll_intervals(Duration::from_millis(1), Duration::from_millis(5)), cloud);
    let project = plain(json!({"name": "shop", "region": "aws-eu-central-1", "pg_version": 17}));
    let at = ("POST", "/projects");
    let project = bench.troubled("neon:project", &project, at, ANSWERED).await;
    let branch = plain(json!({"project": project, "name": "preview"}));
    let branch = bench.troubled("neon:branch", &branch, ("POST", "/branches"), ANSWERED).await;
    let role = plain(json!({"branch": branch, "name": "django"}));
    let role = bench.troubled("neon:role", &role, ("POST", "/roles"), ANSWERED).await;
    let (driver, cx) = bench.driver("neon:role");
    for answer in ANSWERED {
        bench.answer_with(("GET", "/reveal_password"), *answer);
        let read = driver.read(&cx, &role).await;
        bench.judge("the read of a role", *answer, read);
        bench.answer_with(("DELETE", "/roles/"), *answer);
        let deleted = driver.delete(&cx, &role).await;
        if deleted.is_err() {
            bench.judge("the delete of a role", *answer, deleted);
        }
    }
}

#[tokio::test]
async fn no_driver_of_doppler_says_a_secret() {
    let cloud = SimServer::start(doppler::fake::DopplerSim::default(), SimOptions::new()).await.unwrap();
    let url = format!("{}{}", cloud.url(), doppler::fake::BASE_PATH);
    let mut bench = Bench::new(doppler::Doppler::new(&url, &Secret::from(TOKEN), once).unwrap(), cloud);
    let place = plain(json!({"project": "edge", "config": "dev", "name": "DATABASE_URL"}));
    let inputs = place.with("value", secret(&canary("BINDING")));
    let set = ("POST", "/configs/config/secrets");
    let quoted = [QUOTED, &[Answer::Strange]].concat();
    let id = bench.troubled("doppler:secret", &inputs, set, &quoted).await;
    let (driver, cx) = bench.driver("doppler:secret");
    let reader = bench.provider.types().readers().next().unwrap().clone();
    let urn = Urn::new("canary", "dev", reader.type_token(), &[], "one").unwrap();
    let asked = bench.provider.context(&urn, MARKER, Arc::new(NoPort), CALL_TIMEOUT).unwrap();
    for answer in ANSWERED {
        bench.answer_with(("GET", "/configs/config/secret"), *answer);
        let read = driver.read(&cx, &id).await;
        bench.judge("the read of a secret", *answer, read);
        bench.answer_with(("GET", "/configs/config/secret"), *answer);
        let read = reader.read(&asked, &place).await;
        bench.judge("the read of a value", *answer, read);
    }
}
