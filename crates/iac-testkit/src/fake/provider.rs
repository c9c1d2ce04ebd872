//! [`Fake`]: the provider of the fake cloud. Knows nothing of its types but their list.

use async_trait::async_trait;
use iac_core::provider::{ForeignClaim, ForeignType};
use iac_core::{Provider, Resource as _, Result, Types};

use super::cloud::{FakeCloud, ask_account};
use super::{Disk, Lookup, Node, Singleton, Vague};

/// The provider of a [`FakeCloud`]; made by [`FakeCloud::provider`].
#[derive(Debug, Clone)]
pub struct Fake(FakeCloud);

impl Fake {
    pub(super) fn new(cloud: FakeCloud) -> Self {
        Self(cloud)
    }
    /// The cloud behind it.
    pub fn cloud(&self) -> &FakeCloud {
        &self.0
    }
}

#[async_trait]
impl Provider for Fake {
    const NAME: &'static str = "fake";
    fn types() -> Types {
        Types::new()
            .resource::<Node>()
            .resource::<Disk>()
            .resource::<Singleton>()
            .resource::<Vague>()
            .data::<Lookup>()
            .foreign([
                ForeignType::new("fake_node", "fake:index/node:Node", |object| {
                    let name = object.text("name").map(|name| ("name", name.into()));
                    vec![ForeignClaim::object(Node::TYPE, object.id, name.into_iter().collect())]
                }),
                ForeignType::new("fake_singleton", "fake:index/singleton:Singleton", |object| {
                    let slot = object.text("slot").map(|slot| ("slot", slot.into()));
                    vec![ForeignClaim::object(Singleton::TYPE, object.id, slot.into_iter().collect())]
                }),
                ForeignType::new("fake_parent", "fake:index/parent:Parent", |object| {
                    let node = object.text("node_id");
                    node.map(|id| ForeignClaim::field(Node::TYPE, id, "parent")).into_iter().collect()
                }),
            ])
    }
    async fn account(&self) -> Result<String> {
        ask_account(&self.0).await
    }
    fn parallelism_max(&self) -> usize {
        self.0.parallelism_max()
    }
}
