//! [`Disk`]: the fake resource that holds data and whose size decides what a change does. Found
//! again by its unique name.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page, PageToken, Recovery,
    Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use super::node::Node;
use super::object::Object;
use super::operate::{self, FakeType};
use super::provider::{DISK_GB, Fake, cost_by_size};

/// A disk of the fake cloud.
#[derive(Debug)]
pub struct Disk;

/// Inputs of a [`Disk`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Disk)]
pub struct DiskInputs {
    /// Unique in the cloud; derived where it is left out.
    #[field(replace, unique, auto_name(40))]
    pub name: Option<String>,
    /// Grows in place; shrinking replaces.
    pub size: u32,
    /// The node it is attached to; changes in place.
    pub attached: Option<Id<Node>>,
}

/// Outputs of a [`Disk`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct DiskOutputs {
    /// The device, for life.
    #[field(stable)]
    pub device: String,
    /// Its size.
    pub size: u32,
}

impl FakeType for Disk {
    fn outputs(object: &Object, inputs: &DiskInputs) -> DiskOutputs {
        DiskOutputs { device: format!("/dev/{}", object.id), size: inputs.size }
    }
}

#[async_trait]
impl Resource for Disk {
    const TYPE: &'static str = "fake:disk";
    const RECOVERY: Recovery = Recovery::UniqueName;
    const HOLDS_DATA: bool = true;
    type Provider = Fake;
    type Inputs = DiskInputs;
    type Outputs = DiskOutputs;

    async fn create(cx: &Cx<'_, Fake>, inputs: DiskInputs) -> Result<Created<Self>> {
        operate::create(cx, inputs).await
    }
    async fn read(cx: &Cx<'_, Fake>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        operate::read(cx, id).await
    }
    async fn update(cx: &Cx<'_, Fake>, id: &Id<Self>, change: Change<Self>) -> Result<DiskOutputs> {
        operate::update(cx, id, change).await
    }
    async fn delete(cx: &Cx<'_, Fake>, id: &Id<Self>) -> Result<()> {
        operate::delete(cx, id).await
    }
    async fn list(cx: &Cx<'_, Fake>, page: PageToken) -> Result<Page<Self>> {
        operate::list(cx, page).await
    }
    async fn find(cx: &Cx<'_, Fake>, inputs: &DiskInputs) -> Result<Vec<Id<Self>>> {
        let name = inputs.name.clone().unwrap_or_default();
        operate::find(cx, |object| object.text("name") == name).await
    }
    fn on_change(change: &FieldChange<'_>) -> OnChange {
        match (change.field.name, change.old.as_int(), change.new.as_int()) {
            ("size", Some(old), Some(new)) if new < old => OnChange::Replace,
            _ => change.declared(),
        }
    }
    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        cost_by_size(inputs, prices, DISK_GB)
    }
}
