//! [`Fake`]: the provider of the fake cloud. Knows nothing of its types but their list.

use async_trait::async_trait;
use iac_core::{Provider, Result, Types};

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
    }
    async fn account(&self) -> Result<String> {
        ask_account(&self.0).await
    }
    fn parallelism_max(&self) -> usize {
        self.0.parallelism_max()
    }
}
