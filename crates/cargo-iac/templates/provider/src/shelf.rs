//! Shelves: the example of a type. Knows nothing of other types.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, Id, Inputs, Observed, Outputs, Page, PageToken, Recovery,
    Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use crate::client::{{Provider}};
use crate::marker::{self, Labels};

/// Most objects on one page of a listing.
const PER_PAGE: u32 = 50;
/// Largest shelf, in boards.
const SIZE_MAX: i64 = 100;

/// A shelf.
#[derive(Debug)]
pub struct Shelf;

/// Inputs of a [`Shelf`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Shelf)]
pub struct ShelfInputs {
    /// The name, unique in the account. Renames in place.
    #[field(unique, auto_name(63))]
    pub name: Option<String>,
    /// How many boards it has, 1 to 100. Changed in place.
    pub size: u32,
    /// Where it stands. Another zone replaces it.
    #[field(replace)]
    pub zone: String,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Outputs of a [`Shelf`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ShelfOutputs {
    /// Where it is reached; the same for its whole life.
    #[field(stable)]
    pub address: String,
}

/// A shelf as the API writes it.
#[derive(Debug, Clone, Deserialize)]
struct Wire {
    id: u64,
    name: String,
    size: u32,
    zone: String,
    address: String,
    #[serde(default)]
    labels: Labels,
}

#[derive(Deserialize)]
struct Listing {
    shelves: Vec<Wire>,
    next_page: Option<u32>,
}

#[derive(Serialize)]
struct Body<'a> {
    name: &'a str,
    size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'a str>,
    labels: Labels,
}

#[async_trait]
impl Resource for Shelf {
    const TYPE: &'static str = "{{provider}}:shelf";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = {{Provider}};
    type Inputs = ShelfInputs;
    type Outputs = ShelfOutputs;

    async fn create(cx: &Cx<'_, {{Provider}}>, inputs: ShelfInputs) -> Result<Created<Self>> {
        let body = body(cx, &inputs, Some(&inputs.zone))?;
        let made: Wire = cx.client().http(cx).post("/shelves").json_body(&body).send().await?.into_body();
        let id = id_of(&made);
        // Before anything is waited for: a crash during a wait finds the id then.
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, outputs(&made)))
    }

    async fn read(cx: &Cx<'_, {{Provider}}>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let asked = cx.client().http(cx).get("/shelves/{id}").segment("id", id.as_str()).send::<Wire>().await;
        match asked {
            Ok(answer) => Ok(Some(observed(answer.into_body()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn update(
        cx: &Cx<'_, {{Provider}}>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<ShelfOutputs> {
        let body = body(cx, &change.new, None)?;
        let request = cx.client().http(cx).put("/shelves/{id}").segment("id", id.as_str());
        let changed: Wire = request.json_body(&body).send().await?.into_body();
        Ok(outputs(&changed))
    }

    async fn delete(cx: &Cx<'_, {{Provider}}>, id: &Id<Self>) -> Result<()> {
        match cx.client().http(cx).delete("/shelves/{id}").segment("id", id.as_str()).send_empty().await {
            Ok(_) => Ok(()),
            // Gone already is what was wanted.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn list(cx: &Cx<'_, {{Provider}}>, page: PageToken) -> Result<Page<Self>> {
        let request = cx.client().http(cx).get("/shelves").query(&[("per_page", PER_PAGE)]);
        let listing: Listing = request.query_opt("page", page.0).send().await?.into_body();
        let next = listing.next_page.map(|page| PageToken(Some(page.to_string())));
        Ok(Page::new(listing.shelves.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, {{Provider}}>, _: &ShelfInputs) -> Result<Vec<Id<Self>>> {
        let wanted = format!("{}={}", marker::TOKEN, cx.marker().token());
        let request = cx.client().http(cx).get("/shelves").query(&[("label", wanted)]);
        let listing: Listing = request.send().await?.into_body();
        Ok(listing.shelves.iter().map(id_of).collect())
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let mut faults = Vec::new();
        if inputs.get("size").as_int().is_some_and(|size| !(1..=SIZE_MAX).contains(&size)) {
            faults.push(Fault::new("size", format!("has 1 to {SIZE_MAX} boards")));
        }
        for key in inputs.get("labels").as_map().into_iter().flat_map(|labels| labels.keys()) {
            if marker::is_marker(key) {
                let text = format!("`{key}` is a label of the engine; choose another key");
                faults.push(Fault::new(format!("labels.{key}"), text));
            }
        }
        faults
    }
}

fn body<'a>(cx: &Cx<'_, {{Provider}}>, inputs: &'a ShelfInputs, zone: Option<&'a str>) -> Result<Body<'a>> {
    let name = inputs.name.as_deref().ok_or_else(|| Error::invalid("name", "is missing"))?;
    Ok(Body { name, size: inputs.size, zone, labels: marker::marked(cx.marker(), &inputs.labels) })
}

fn id_of(wire: &Wire) -> Id<Shelf> {
    Id::new(wire.id.to_string())
}

fn outputs(wire: &Wire) -> ShelfOutputs {
    ShelfOutputs { address: wire.address.clone() }
}

fn observed(wire: Wire) -> Observed<Shelf> {
    let (id, outputs) = (id_of(&wire), outputs(&wire));
    let inputs = ShelfInputs {
        name: Some(wire.name),
        size: wire.size,
        zone: wire.zone,
        labels: marker::stripped(wire.labels),
    };
    Observed::new(id, inputs, outputs)
}
