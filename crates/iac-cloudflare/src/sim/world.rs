//! The simulated account for the crash explorer. Knows nothing of stacks.
use super::cloud::{BASE_PATH, CloudflareSim};
use super::config::{ACCOUNT_ID, Pace, SimConfig};
use super::inspect::InventoryItem;
use crate::client::{Cloudflare, CloudflareBuilder};
use iac_core::{ProviderInstance, Result};
use iac_testkit::explore::{Item, SimLink, SimWorld};
use iac_testkit::sim::{Method, SimRequest};
use std::time::Duration;

/// An address that no resolver knows: requests never leave the process.
const HOST: &str = "http://cloudflare.localhost";
/// How long what is asynchronous takes, in the time of the exploration.
const ASYNC_TIME: Duration = Duration::from_secs(3);
/// The last segments of the paths that list objects.
const LISTINGS: &[&str] = &[
    "zones",
    "dns_records",
    // Rules and credentials.
    "rulesets",
    "lists",
    "certificates",
    "widgets",
    "tokens",
    // Workers.
    "scripts",
    "routes",
    "domains",
    "secrets",
    "namespaces",
    // Storage and sites.
    "buckets",
    "projects",
];

/// A simulated Cloudflare account to [`explore`](iac_testkit::explore::explore) stacks on.
///
/// What is asynchronous takes three seconds of virtual time, and the rate limit is the real one.
///
/// ```
/// use iac_cloudflare::{Zone, sim};
/// use iac_core::{Stack, StackError};
/// use iac_testkit::explore::{Explore, explore};
///
/// fn program(stack: &Stack) -> Result<(), StackError> {
///     stack.add("zone", Zone::args().name("example.com")).map(drop)
/// }
///
/// explore(program, Explore::new().cloud(sim::world()).up().destroy()).assert();
/// ```
pub fn world() -> CloudflareWorld {
    CloudflareWorld { config: SimConfig::new().pace(Pace::Takes(ASYNC_TIME)), instance: None }
}

/// See [`world`].
#[derive(Debug, Clone)]
#[must_use]
pub struct CloudflareWorld {
    config: SimConfig,
    instance: Option<String>,
}

impl CloudflareWorld {
    /// Another account: pace, quotas, rate limit. It must take any token and have the usual id.
    pub fn config(mut self, config: SimConfig) -> Self {
        self.config = config;
        self
    }

    /// The provider's name in the stack, for a second account.
    pub fn named(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// The provider's configuration with a client that talks to the simulated account.
    pub fn builder(link: &SimLink) -> CloudflareBuilder {
        let link = link.clone();
        Cloudflare::builder()
            .endpoint(format!("{HOST}{BASE_PATH}"))
            .token(String::from("token"))
            .account(ACCOUNT_ID)
            .http(move |http| link.attach(http))
    }

    fn item(&self, object: InventoryItem) -> Item {
        let item = Item::new(object.type_token, object.id).named(object.name);
        let item = match &self.instance {
            Some(name) => item.instance(name),
            None => item,
        };
        match object.marker {
            Some(token) => item.marker(token),
            None => item,
        }
    }
}

impl SimWorld for CloudflareWorld {
    type Cloud = CloudflareSim;

    fn cloud(&self) -> CloudflareSim {
        CloudflareSim::new(self.config.clone())
    }

    fn providers(&self, link: &SimLink) -> Result<Vec<ProviderInstance>> {
        let instance = ProviderInstance::new(Self::builder(link).build()?);
        Ok(vec![match &self.instance {
            Some(name) => instance.named(name),
            None => instance,
        }])
    }

    fn inventory(&self, cloud: &mut CloudflareSim) -> Vec<Item> {
        cloud.inventory().into_iter().map(|object| self.item(object)).collect()
    }

    /// Names are ids here, so a listing is told by the collection that its path ends with.
    fn is_listing(&self, request: &SimRequest) -> bool {
        let last = request.path.rsplit('/').next().unwrap_or_default();
        request.method == Method::GET && LISTINGS.contains(&last)
    }
}
