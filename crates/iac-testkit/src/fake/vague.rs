//! [`Vague`]: the fake resource whose lost create cannot be found again for certain. It has no
//! listing either.

use async_trait::async_trait;
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Id, Inputs, Observed, Outputs, Page, PageToken, Recovery,
    Resource, Result,
};
use serde::{Deserialize, Serialize};

use super::object::Object;
use super::operate::{self, FakeType};
use super::provider::Fake;

/// A thing of the fake cloud without name or label.
#[derive(Debug)]
pub struct Vague;

/// Inputs of a [`Vague`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Vague)]
pub struct VagueInputs {
    /// Any text; others may have the same. Changes in place.
    pub content: String,
}

/// Outputs of a [`Vague`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct VagueOutputs {
    /// How often it was changed.
    pub revision: u32,
}

impl FakeType for Vague {
    fn outputs(object: &Object, _: &VagueInputs) -> VagueOutputs {
        VagueOutputs { revision: object.revision }
    }
}

#[async_trait]
impl Resource for Vague {
    const TYPE: &'static str = "fake:vague";
    const RECOVERY: Recovery = Recovery::Uncertain;
    type Provider = Fake;
    type Inputs = VagueInputs;
    type Outputs = VagueOutputs;

    async fn create(cx: &Cx<'_, Fake>, inputs: VagueInputs) -> Result<Created<Self>> {
        operate::create(cx, inputs).await
    }
    async fn read(cx: &Cx<'_, Fake>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        operate::read(cx, id).await
    }
    async fn update(cx: &Cx<'_, Fake>, id: &Id<Self>, change: Change<Self>) -> Result<VagueOutputs> {
        operate::update(cx, id, change).await
    }
    async fn delete(cx: &Cx<'_, Fake>, id: &Id<Self>) -> Result<()> {
        operate::delete(cx, id).await
    }
    async fn list(_: &Cx<'_, Fake>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "there is no listing of these"))
    }
    async fn find(cx: &Cx<'_, Fake>, inputs: &VagueInputs) -> Result<Vec<Id<Self>>> {
        let content = inputs.content.clone();
        operate::find(cx, |object| object.text("content") == content).await
    }
}
