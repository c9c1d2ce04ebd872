//! Every type of the provider against the simulated cloud, by the suite that every provider passes.

use async_trait::async_trait;
use iac_core::{Provider, ProviderInstance};
use iac_http::RetryPolicy;
use iac_testkit::conformance::{Bench, Case, Lab, Suite};
use iac_testkit::sim::{SimOptions, SimServer};
use iac_{{provider}}::sim::{BASE_PATH, Sim};
use iac_{{provider}}::{Shelf, {{Provider}}};
use serde_json::json;

const TOKEN: &str = "conformance-token";
const WRONG_TOKEN: &str = "someone-elses-token";

struct ExampleLab;

#[async_trait]
impl Lab for ExampleLab {
    async fn bench(&self) -> Bench {
        let server = SimServer::start(Sim::new(TOKEN), SimOptions::new()).await.unwrap();
        let (provider, stranger) = (client(&server, TOKEN), client(&server, WRONG_TOKEN));
        Bench::new(server, BASE_PATH, provider, stranger, inventory)
            .credential(TOKEN)
            .credential(WRONG_TOKEN)
    }

    /// The API has no limit on the number of objects.
    async fn full_bench(&self, _: &str) -> Option<Bench> {
        None
    }
}

fn client(server: &SimServer, token: &str) -> ProviderInstance {
    let endpoint = format!("{}{BASE_PATH}", server.url());
    // A cut connection must reach the check.
    let provider = {{Provider}}::with(endpoint, token.to_owned(), |http| http.retry(RetryPolicy::never()));
    ProviderInstance::new(provider.unwrap())
}

fn inventory(server: &SimServer) -> Vec<String> {
    server.with_cloud::<Sim, _>(|cloud| cloud.inventory()).unwrap().unwrap()
}

fn suite() -> Suite {
    let shelf = Case::of::<Shelf>("shelf", |_| {
        json!({ "name": "books", "size": 3, "zone": "north", "labels": { "a": "b" } })
    })
    .update("rename", |_| json!({ "name": "records" }))
    .update("grow", |_| json!({ "size": 5 }))
    .update("label", |_| json!({ "labels": { "c": "d" } }))
    .update("no labels", |_| json!({ "labels": null }))
    .invalid("size", |_| json!({ "size": 101 }))
    .invalid("name", |_| json!({ "name": "" }));
    Suite::new().case(shelf)
}

#[test]
fn no_type_is_forgotten() {
    assert_eq!(suite().forgotten(&{{Provider}}::types()), Vec::<&str>::new());
}

#[tokio::test]
async fn every_type_conforms() {
    suite().run(&ExampleLab).await.assert();
}
