//! Placement groups: servers that shall not share a physical host.
//! Knows nothing of servers; they name their group.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page, PageToken,
    Recovery, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::{action, change, label, rename, verb, wire};

/// Longest name that the engine derives.
const NAME_LENGTH_MAX: usize = 63;
/// The only kind that there is.
const SPREAD: &str = "spread";

/// A group of servers that are spread over different physical hosts, at most ten.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{PlacementGroup, Server};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let group = stack.add("workers", PlacementGroup::args())?;
/// let worker = Server::args().server_type("cx32").image("ubuntu-24.04").placement_group(&group);
/// stack.add("worker-0", worker)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PlacementGroup;

/// Inputs of a [`PlacementGroup`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = PlacementGroup)]
pub struct PlacementGroupInputs {
    /// The name, unique in the project. Renames in place.
    #[field(unique, auto_name(63))]
    pub name: Option<String>,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Outputs of a [`PlacementGroup`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct PlacementGroupOutputs {
    /// The name.
    pub name: String,
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    labels: label::Labels,
}

#[async_trait]
impl Resource for PlacementGroup {
    const TYPE: &'static str = "hetzner:placement_group";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ENTRY;
    type Provider = Hetzner;
    type Inputs = PlacementGroupInputs;
    type Outputs = PlacementGroupOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: PlacementGroupInputs) -> Result<Created<Self>> {
        let body = Create {
            name: check::required_name(&inputs.name)?,
            kind: SPREAD,
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let made = verb::create::<wire::PlacementGroup>(cx, &body).await?;
        let id = wire::id(made.object.id);
        cx.checkpoint(&id).await?;
        action::finish(cx, made.actions).await?;
        Ok(Created::new(id, PlacementGroupOutputs { name: made.object.name }))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Ok(verb::get(cx, id.as_str()).await?.map(observed))
    }

    async fn update(
        cx: &Cx<'_, Hetzner>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<PlacementGroupOutputs> {
        let object: wire::PlacementGroup =
            match rename::body(cx, &change, &change.new.name, &change.new.labels) {
                Some(body) => verb::put(cx, id.as_str(), &body).await?,
                None => verb::require(cx, id.as_str()).await?,
            };
        Ok(PlacementGroupOutputs { name: object.name })
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        // A server that is being deleted is still in it.
        verb::delete_when_free::<wire::PlacementGroup>(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (objects, next) = verb::page(cx, &page).await?;
        Ok(Page::new(objects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &PlacementGroupInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<wire::PlacementGroup, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs)
            .text("name", check::name(NAME_LENGTH_MAX))
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

fn observed(object: wire::PlacementGroup) -> Observed<PlacementGroup> {
    let inputs =
        PlacementGroupInputs { name: Some(object.name.clone()), labels: label::stripped(object.labels) };
    Observed::new(wire::id(object.id), inputs, PlacementGroupOutputs { name: object.name })
}
