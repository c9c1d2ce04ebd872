//! [`Node`]: the fake resource with every attribute a field can have. Found again by its label.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Fault, Id, Inputs, Observed, Outputs, Page, PageToken, Recovery, Resource, Result,
    Secret, Value,
};
use serde::{Deserialize, Serialize};

use super::object::Object;
use super::operate::{self, FakeType};
use super::provider::{Fake, NODE_SIZE, cost_by_size};

/// Smallest and largest node.
const SIZES: std::ops::RangeInclusive<i64> = 1..=1000;
/// Where the fake cloud puts a node that names no zone.
const ZONE_DEFAULT: &str = "zone-a";

/// A machine of the fake cloud.
#[derive(Debug)]
pub struct Node;

/// Inputs of a [`Node`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Node)]
pub struct NodeInputs {
    /// Unique in the cloud; derived where it is left out. Changes in place.
    #[field(unique, auto_name(40))]
    pub name: Option<String>,
    /// 1 to 1000. Changes in place.
    pub size: u32,
    /// Changing it replaces the node.
    #[field(replace)]
    pub image: String,
    /// Their order means nothing.
    #[field(set)]
    #[serde(default)]
    pub tags: Vec<String>,
    /// Free labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// A network in CIDR notation.
    #[field(eq = cidr)]
    pub network: Option<String>,
    /// A secret that the cloud gives back.
    pub password: Option<Secret<String>>,
    /// A text that the cloud does not give back.
    #[field(write_only)]
    pub user_data: Option<String>,
    /// Chosen by the cloud where it is left out.
    #[field(default_from_api)]
    pub zone: Option<String>,
    /// Any text. Changes in place.
    pub note: Option<String>,
    /// A node it depends on; changes in place.
    pub parent: Option<Id<Node>>,
    /// Nodes it depends on; change in place.
    #[field(set)]
    #[serde(default)]
    pub peers: Vec<Id<Node>>,
    /// The node it lives on; changing it replaces the node.
    #[field(replace)]
    pub host: Option<Id<Node>>,
}

/// Outputs of a [`Node`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct NodeOutputs {
    /// Its address, for life.
    #[field(stable)]
    pub address: String,
    /// Its image, as text, for life.
    #[field(stable)]
    pub image: String,
    /// How often it was changed.
    pub revision: u32,
    /// The note, if there is one.
    pub echo: Option<String>,
    /// Its size.
    pub size: u32,
    /// A secret made from its id.
    pub token: Secret<String>,
}

impl FakeType for Node {
    fn outputs(object: &Object, inputs: &NodeInputs) -> NodeOutputs {
        NodeOutputs {
            address: format!("10.0.{}.{}", object.number / 256, object.number % 256),
            image: inputs.image.clone(),
            revision: object.revision,
            echo: inputs.note.clone(),
            size: inputs.size,
            token: Secret::new(format!("token-of-{}", object.id)),
        }
    }
    fn complete(inputs: Value) -> Value {
        match inputs.get("zone") {
            Value::Null => inputs.with("zone", ZONE_DEFAULT.into()),
            _ => inputs,
        }
    }
}

#[async_trait]
impl Resource for Node {
    const TYPE: &'static str = "fake:node";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Fake;
    type Inputs = NodeInputs;
    type Outputs = NodeOutputs;

    async fn create(cx: &Cx<'_, Fake>, inputs: NodeInputs) -> Result<Created<Self>> {
        operate::create(cx, inputs).await
    }
    async fn read(cx: &Cx<'_, Fake>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let found = operate::read::<Self>(cx, id).await?;
        Ok(found.map(hide_write_only))
    }
    async fn update(cx: &Cx<'_, Fake>, id: &Id<Self>, change: Change<Self>) -> Result<NodeOutputs> {
        operate::update(cx, id, change).await
    }
    async fn delete(cx: &Cx<'_, Fake>, id: &Id<Self>) -> Result<()> {
        operate::delete(cx, id).await
    }
    async fn list(cx: &Cx<'_, Fake>, page: PageToken) -> Result<Page<Self>> {
        let page = operate::list::<Self>(cx, page).await?;
        Ok(Page::new(page.items.into_iter().map(hide_write_only).collect(), page.next))
    }
    async fn find(cx: &Cx<'_, Fake>, _: &NodeInputs) -> Result<Vec<Id<Self>>> {
        let token = cx.marker().token();
        operate::find(cx, |object| object.token == token).await
    }
    fn check(inputs: &Value) -> Vec<Fault> {
        match inputs.get("size").as_int() {
            Some(size) if !SIZES.contains(&size) => {
                vec![Fault::new("size", format!("{size} is outside {} to {}", SIZES.start(), SIZES.end()))]
            }
            _ => Vec::new(),
        }
    }
    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        cost_by_size(inputs, prices, NODE_SIZE)
    }
}

/// The cloud keeps the text and never shows it.
fn hide_write_only(mut node: Observed<Node>) -> Observed<Node> {
    node.inputs.user_data = None;
    node
}
