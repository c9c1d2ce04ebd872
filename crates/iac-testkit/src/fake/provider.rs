//! [`Fake`]: the provider of the fake cloud. Knows nothing of its types but their list.

use std::sync::Arc;

use async_trait::async_trait;
use iac_core::cost::{Cost, Currency, PriceList, Vat};
use iac_core::provider::{ForeignClaim, ForeignType};
use iac_core::{Provider, Resource as _, Result, Types, Value};

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
            .prices(Arc::new(price_list("1.50", "0.05", "the fake price list", "2026-01-31")))
    }
    async fn account(&self) -> Result<String> {
        ask_account(&self.0).await
    }
    /// Everything has become twice as dear.
    async fn prices(&self, today: &str) -> Result<PriceList> {
        Ok(price_list("3.00", "0.10", "the fake API", today))
    }
    fn parallelism_max(&self) -> usize {
        self.0.parallelism_max()
    }
}

/// What a node costs for each size, and a disk for each GB, in a month.
fn price_list(node_size: &str, disk_gb: &str, source: &str, date: &str) -> PriceList {
    PriceList::new(Currency::EUR, Vat::Net, source, date)
        .price(NODE_SIZE, node_size)
        .and_then(|list| list.price(DISK_GB, disk_gb))
        .expect("the amounts are written here")
}

/// The key of a node's price.
pub(super) const NODE_SIZE: &str = "node/size";
/// The key of a disk's price.
pub(super) const DISK_GB: &str = "disk/gb";

/// What an object costs whose price goes by its size.
pub(super) fn cost_by_size(inputs: &Value, prices: &PriceList, key: &str) -> Cost {
    match inputs.get("size") {
        Value::Unknown => Cost::undecided("size"),
        size => match (size.as_int().and_then(|size| u32::try_from(size).ok()), prices.get(key)) {
            (Some(size), Some(price)) => Cost::monthly(price.times(size)),
            _ => prices.unpriced(key),
        },
    }
}
