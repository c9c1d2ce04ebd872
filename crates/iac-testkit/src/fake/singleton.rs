//! [`Singleton`]: the fake resource of which one slot holds one, so that a replacement deletes
//! first. Found again by its slot.

use async_trait::async_trait;
use iac_core::{
    Change, Created, Cx, Id, Inputs, Observed, Outputs, Page, PageToken, Recovery, ReplaceOrder, Resource,
    Result,
};
use serde::{Deserialize, Serialize};

use super::object::Object;
use super::operate::{self, FakeType};
use super::provider::Fake;

/// A thing of the fake cloud that a slot holds one of.
#[derive(Debug)]
pub struct Singleton;

/// Inputs of a [`Singleton`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Singleton)]
pub struct SingletonInputs {
    /// The slot: the natural key.
    #[field(replace, unique)]
    pub slot: String,
    /// Changing it replaces the thing.
    #[field(replace)]
    pub version: u32,
    /// Any text. Changes in place.
    pub note: Option<String>,
    /// The thing it builds on; changing it replaces this one.
    #[field(replace)]
    pub upstream: Option<Id<Singleton>>,
}

/// Outputs of a [`Singleton`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct SingletonOutputs {
    /// Where it answers.
    pub endpoint: String,
}

impl FakeType for Singleton {
    const UNIQUE: &'static str = "slot";
    fn outputs(object: &Object, inputs: &SingletonInputs) -> SingletonOutputs {
        SingletonOutputs { endpoint: format!("{}/{}", inputs.slot, object.id) }
    }
}

#[async_trait]
impl Resource for Singleton {
    const TYPE: &'static str = "fake:singleton";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Fake;
    type Inputs = SingletonInputs;
    type Outputs = SingletonOutputs;

    async fn create(cx: &Cx<'_, Fake>, inputs: SingletonInputs) -> Result<Created<Self>> {
        operate::create(cx, inputs).await
    }
    async fn read(cx: &Cx<'_, Fake>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        operate::read(cx, id).await
    }
    async fn update(cx: &Cx<'_, Fake>, id: &Id<Self>, change: Change<Self>) -> Result<SingletonOutputs> {
        operate::update(cx, id, change).await
    }
    async fn delete(cx: &Cx<'_, Fake>, id: &Id<Self>) -> Result<()> {
        operate::delete(cx, id).await
    }
    async fn list(cx: &Cx<'_, Fake>, page: PageToken) -> Result<Page<Self>> {
        operate::list(cx, page).await
    }
    async fn find(cx: &Cx<'_, Fake>, inputs: &SingletonInputs) -> Result<Vec<Id<Self>>> {
        let slot = inputs.slot.clone();
        operate::find(cx, |object| object.text("slot") == slot).await
    }
}
