//! Simulated projects for the suite: actions take two looks, the client waits milliseconds and
//! repeats nothing by itself.
use async_trait::async_trait;
use iac_core::ProviderInstance;
use iac_hetzner::Hetzner;
use iac_hetzner::sim::{self, HetznerSim, Kind, Pace, SimConfig};
use iac_http::RetryPolicy;
use iac_testkit::conformance::{Bench, Lab};
use iac_testkit::openapi::{Description, Deviation};
use iac_testkit::sim::{Method, SimClock, SimOptions, SimServer, SimTime};
use serde_json::Value;
use std::time::Duration;

const TOKEN: &str = "conformance-token";
const WRONG_TOKEN: &str = "someone-elses-token";
/// 2026-09-21T14:13:20Z.
const NOW: SimTime = SimTime::from_unix_seconds(1_790_000_000);

/// Where this cloud is newer than its description, or the description is too narrow.
const DEVIATIONS: [(&str, &str, &str); 2] = [
    ("DELETE /load_balancers/{id}", "/status", "answers an action since autumn 2026"),
    ("POST /servers", "/request/ssh_keys/*", "the official client sends numbers, which its text allows"),
];

/// Hetzner's description, if it is there.
pub(crate) fn description() -> Option<Description> {
    let description = Description::from_env("hetzner/cloud.spec.json").unwrap().or_skip()?;
    Some(DEVIATIONS.into_iter().fold(description, |description, (operation, pointer, reason)| {
        description.allow(Deviation::new(operation, pointer, reason))
    }))
}

pub(crate) struct HetznerLab;

#[async_trait]
impl Lab for HetznerLab {
    async fn bench(&self) -> Bench {
        bench(config()).await
    }

    async fn full_bench(&self, type_token: &str) -> Option<Bench> {
        let name = type_token.strip_prefix("hetzner:")?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.singular() == name)?;
        Some(bench(config().quota(kind, 0)).await)
    }
}

fn config() -> SimConfig {
    // The description is of the time with datacenters.
    SimConfig::new().token(TOKEN).pace(Pace::Polls(2)).without_rate_limit().with_datacenters()
}

async fn bench(config: SimConfig) -> Bench {
    let options = SimOptions::new().clock(SimClock::manual(NOW));
    let server = sim::start(options, config).await.unwrap();
    let provider = provider_instance(&server, TOKEN);
    let stranger = provider_instance(&server, WRONG_TOKEN);
    Bench::new(server, sim::BASE_PATH, provider, stranger, inventory)
        .settle(settle)
        .credential(TOKEN)
        .credential(WRONG_TOKEN)
}

fn provider_instance(server: &SimServer, token: &str) -> ProviderInstance {
    let hetzner = Hetzner::builder()
        .endpoint(format!("{}{}", server.url(), sim::BASE_PATH))
        .token(token.to_owned())
        .project("conformance")
        .poll_interval(Duration::from_millis(1), Duration::from_millis(5))
        .http(|http| http.retry(RetryPolicy::never()))
        .build();
    ProviderInstance::new(hetzner.unwrap())
}

fn settle(server: &SimServer) {
    server.with_cloud::<HetznerSim, _>(HetznerSim::finish_actions).unwrap();
}

/// All objects, and the parts of objects that are resources of their own.
fn inventory(server: &SimServer) -> Vec<String> {
    let look = |cloud: &mut HetznerSim| {
        let mut lines = Vec::new();
        for item in cloud.inventory() {
            let title = format!("{:?} {} {}", item.kind, item.id, item.name);
            let object = cloud.object(item.kind, item.id).unwrap_or_default();
            for part in ["subnets", "routes", "services", "targets"] {
                let parts = object[part].as_array().into_iter().flatten();
                lines.extend(parts.map(|one| format!("{title}: {part}: {}", key_of(part, one))));
            }
            if item.kind == Kind::Zone {
                let answer = cloud.call(Method::GET, &format!("/zones/{}/rrsets", item.id), None);
                let sets = answer.body.as_json().map(|body| body["rrsets"].clone()).unwrap_or_default();
                let sets = sets.as_array().into_iter().flatten();
                lines.extend(sets.map(|set| format!("{title}: set: {}", set["id"])));
            }
            lines.push(title);
        }
        lines.sort();
        lines
    };
    server.with_cloud::<HetznerSim, _>(look).unwrap().unwrap()
}

/// What identifies a part; the rest of it may change.
fn key_of(part: &str, one: &Value) -> String {
    match part {
        "subnets" => one["ip_range"].to_string(),
        "routes" => format!("{} {}", one["destination"], one["gateway"]),
        "services" => one["listen_port"].to_string(),
        _ => format!(
            "{} {} {} {}",
            one["type"], one["server"]["id"], one["label_selector"]["selector"], one["ip"]
        ),
    }
}
