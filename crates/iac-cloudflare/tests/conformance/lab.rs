//! Simulated accounts for the suite: what is asynchronous takes two looks, the client waits
//! milliseconds and repeats nothing by itself.
use async_trait::async_trait;
use iac_cloudflare::Cloudflare;
use iac_cloudflare::sim::{self, ACCOUNT_ID, CloudflareSim, Pace, SimConfig};
use iac_core::ProviderInstance;
use iac_http::RetryPolicy;
use iac_testkit::conformance::{Bench, Lab};
use iac_testkit::openapi::{Description, Deviation};
use iac_testkit::sim::{SimClock, SimOptions, SimServer, SimTime};
use std::time::Duration;

const TOKEN: &str = "conformance-token";
const WRONG_TOKEN: &str = "someone-elses-token";
/// 2026-09-21T14:13:20Z.
const NOW: SimTime = SimTime::from_unix_seconds(1_790_000_000);

/// The files that the vendor's description is cut into.
const DESCRIPTIONS: [&str; 7] = [
    "cloudflare/zones.json",
    "cloudflare/dns.json",
    "cloudflare/rulesets.json",
    "cloudflare/workers.json",
    "cloudflare/kv.json",
    "cloudflare/r2.json",
    "cloudflare/pages.json",
];

/// Cloudflare's description, if it is there. What it lacks is named by the simulator; an operation
/// that is named there and described is a failure here.
pub(crate) fn description() -> Option<Description> {
    let description = Description::from_env_merged("cloudflare", &DESCRIPTIONS).unwrap().or_skip()?;
    let description = sim::undescribed()
        .iter()
        .fold(description, |description, (operation, reason)| description.lacks(operation, *reason).unwrap());
    let description =
        sim::refusal_deviations().iter().fold(description, |description, (operation, pointer, reason)| {
            description.allow_refused(Deviation::new(*operation, *pointer, *reason))
        });
    Some(sim::deviations().iter().fold(description, |description, (operation, pointer, reason)| {
        description.allow(Deviation::new(*operation, *pointer, *reason))
    }))
}

pub(crate) struct CloudflareLab;

#[async_trait]
impl Lab for CloudflareLab {
    async fn bench(&self) -> Bench {
        bench(config()).await
    }

    async fn full_bench(&self, type_token: &str) -> Option<Bench> {
        let limited = LIMITED.contains(&type_token);
        if limited { Some(bench(config().quota(type_token, 0)).await) } else { None }
    }
}

/// The types of which an account or a zone has only so many.
const LIMITED: &[&str] = &[
    "cloudflare:zone",
    "cloudflare:dns_record",
    // Rules and credentials.
    // Workers.
    "cloudflare:worker_script",
    // Storage and sites.
    "cloudflare:r2_bucket",
    "cloudflare:pages_project",
];

fn config() -> SimConfig {
    SimConfig::new().token(TOKEN).pace(Pace::Polls(2)).without_rate_limit().paid()
}

async fn bench(config: SimConfig) -> Bench {
    let options = SimOptions::new().clock(SimClock::manual(NOW));
    let server = sim::start(options, config).await.unwrap();
    let provider = provider_instance(&server, TOKEN);
    let stranger = provider_instance(&server, WRONG_TOKEN);
    Bench::new(server, sim::BASE_PATH, provider, stranger, inventory)
        .prepares(|request| request.path.contains("/pages/assets/"))
        .credential(TOKEN)
        .credential(WRONG_TOKEN)
}

fn provider_instance(server: &SimServer, token: &str) -> ProviderInstance {
    let cloudflare = Cloudflare::builder()
        .endpoint(format!("{}{}", server.url(), sim::BASE_PATH))
        .token(token.to_owned())
        .account(ACCOUNT_ID)
        .poll_interval(Duration::from_millis(1), Duration::from_millis(5))
        .http(|http| http.retry(RetryPolicy::never()))
        .build();
    ProviderInstance::new(cloudflare.unwrap())
}

/// All objects.
fn inventory(server: &SimServer) -> Vec<String> {
    let look = |cloud: &mut CloudflareSim| {
        let items = cloud.inventory().into_iter();
        items.map(|item| format!("{} {} {}", item.type_token, item.id, item.name)).collect()
    };
    server.with_cloud::<CloudflareSim, _>(look).unwrap().unwrap()
}
