//! The simulated project for the crash explorer. Knows nothing of stacks.
use super::cloud::{BASE_PATH, HetznerSim};
use super::config::{Pace, SimConfig};
use super::inspect::InventoryItem;
use super::kind::Kind;
use crate::client::{Hetzner, HetznerBuilder};
use crate::label;
use iac_core::{ProviderInstance, Result};
use iac_testkit::explore::{Item, SimLink, SimWorld};
use std::collections::BTreeSet;
use std::time::Duration;

/// An address that no resolver knows: requests never leave the process.
const HOST: &str = "http://hetzner.localhost";
/// How long every action takes, in the time of the exploration.
const ACTION_TIME: Duration = Duration::from_secs(3);

/// A simulated Hetzner Cloud project to [`explore`](iac_testkit::explore::explore) stacks on.
///
/// Actions take three seconds of virtual time, and the rate limit is the real one.
///
/// ```
/// use iac_core::{Stack, StackError};
/// use iac_hetzner::{Network, sim};
/// use iac_testkit::explore::{Explore, explore};
///
/// fn program(stack: &Stack) -> Result<(), StackError> {
///     stack.add("network", Network::args().ip_range("10.0.0.0/16")).map(drop)
/// }
///
/// explore(program, Explore::new().cloud(sim::world()).up().destroy()).assert();
/// ```
pub fn world() -> HetznerWorld {
    HetznerWorld { config: SimConfig::new().pace(Pace::Takes(ACTION_TIME)), instance: None }
}

/// See [`world`].
#[derive(Debug, Clone)]
#[must_use]
pub struct HetznerWorld {
    config: SimConfig,
    instance: Option<String>,
}

impl HetznerWorld {
    /// Another project: pace, quotas, rate limit. It must take any token.
    pub fn config(mut self, config: SimConfig) -> Self {
        self.config = config;
        self
    }

    /// The provider's name in the stack, for a second project.
    pub fn named(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// The provider's configuration with a client that talks to the simulated project.
    pub fn builder(link: &SimLink) -> HetznerBuilder {
        let link = link.clone();
        Hetzner::builder()
            .endpoint(format!("{HOST}{BASE_PATH}"))
            .token(String::from("token"))
            .project("explored")
            .http(move |http| link.attach(http))
    }
}

impl SimWorld for HetznerWorld {
    type Cloud = HetznerSim;

    fn cloud(&self) -> HetznerSim {
        HetznerSim::new(self.config.clone())
    }

    fn providers(&self, link: &SimLink) -> Result<Vec<ProviderInstance>> {
        let instance = ProviderInstance::new(Self::builder(link).build()?);
        Ok(vec![match &self.instance {
            Some(name) => instance.named(name),
            None => instance,
        }])
    }

    fn inventory(&self, cloud: &mut HetznerSim) -> Vec<Item> {
        let servants = addresses_of_servers(cloud);
        let items = cloud.inventory().into_iter();
        let owned = items.filter(|item| item.kind != Kind::PrimaryIp || !servants.contains(&item.id));
        owned.map(|object| self.item(object)).collect()
    }
}

impl HetznerWorld {
    fn item(&self, object: InventoryItem) -> Item {
        let type_token = format!("hetzner:{}", object.kind.singular());
        let item = Item::new(type_token, object.id.to_string()).named(object.name);
        let item = match &self.instance {
            Some(name) => item.instance(name),
            None => item,
        };
        match label::token(&object.labels) {
            Some(token) => item.marker(token),
            None => item,
        }
    }
}

/// Addresses that came with a server and go with it.
fn addresses_of_servers(cloud: &HetznerSim) -> BTreeSet<u64> {
    let addresses = cloud.state.primary_ips.iter();
    addresses
        .filter(|(_, address)| address.auto_delete && address.assignee.is_some())
        .filter(|(_, address)| label::token(&address.meta.labels).is_none())
        .map(|(id, _)| *id)
        .collect()
}
