//! A small simulated cloud with a provider of its own, each with a way to be built wrongly: what the
//! explorer must find. Names need not be unique, so nothing but the marker tells boxes apart.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Id, Inputs, Observed, Outputs, Page, PageToken, Provider,
    ProviderInstance, Recovery, Resource, Result, Types,
};
use iac_http::{Client, Idempotency};
use iac_testkit::explore::{Item, SimLink, SimWorld};
use iac_testkit::sim::{Cloud, Params, Router, SimRequest, SimResponse, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is wrong with the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    Nothing,
    /// The creating request does not carry the marker.
    CreatesWithoutMarker,
    /// A search after a crash never finds anything.
    FindsNothing,
    /// The client is told that a create may be repeated.
    RepeatsCreates,
    /// The client sends one request more at every fifth start.
    AsksSometimes,
    /// A change tells the API of half of it.
    ForgetsTheNote,
}

/// A box as the API has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct BoxBody {
    #[serde(default)]
    id: u64,
    name: String,
    size: u32,
    note: Option<String>,
    #[serde(default)]
    marker: String,
}

#[derive(Debug, Default)]
pub(crate) struct BoxCloud {
    given: u64,
    boxes: BTreeMap<u64, BoxBody>,
}

fn missing() -> SimResponse {
    SimResponse::json(404, json!({ "error": { "code": "not_found", "message": "there is no such box" } }))
}

fn body(request: &SimRequest) -> std::result::Result<BoxBody, SimResponse> {
    serde_json::from_slice(&request.body).map_err(|error| {
        SimResponse::json(422, json!({ "error": { "code": "invalid", "message": error.to_string() } }))
    })
}

fn id(params: &Params) -> u64 {
    params.get("id").and_then(|id| id.parse().ok()).unwrap_or_default()
}

type Answer = std::result::Result<SimResponse, SimResponse>;

fn create(cloud: &mut BoxCloud, request: &SimRequest, _: &Params) -> Answer {
    let new = body(request)?;
    cloud.given += 1;
    let new = BoxBody { id: cloud.given, ..new };
    let answer = SimResponse::json(201, json!(new));
    cloud.boxes.insert(new.id, new);
    Ok(answer)
}

fn list(cloud: &mut BoxCloud, request: &SimRequest, _: &Params) -> Answer {
    let wanted = |found: &&BoxBody| request.query("marker").is_none_or(|marker| found.marker == marker);
    Ok(SimResponse::json(200, json!(cloud.boxes.values().filter(wanted).collect::<Vec<_>>())))
}

fn get(cloud: &mut BoxCloud, _: &SimRequest, params: &Params) -> Answer {
    cloud.boxes.get(&id(params)).map(|found| SimResponse::json(200, json!(found))).ok_or_else(missing)
}

fn put(cloud: &mut BoxCloud, request: &SimRequest, params: &Params) -> Answer {
    let new = body(request)?;
    let old = cloud.boxes.get_mut(&id(params)).ok_or_else(missing)?;
    (old.size, old.note) = (new.size, new.note);
    Ok(SimResponse::json(200, json!(old)))
}

fn delete(cloud: &mut BoxCloud, _: &SimRequest, params: &Params) -> Answer {
    cloud.boxes.remove(&id(params)).map(|_| SimResponse::empty(204)).ok_or_else(missing)
}

static ROUTER: LazyLock<Router<BoxCloud>> = LazyLock::new(|| {
    Router::under("")
        .route("POST /boxes", create)
        .route("GET /boxes", list)
        .route("GET /boxes/{id}", get)
        .route("PUT /boxes/{id}", put)
        .route("DELETE /boxes/{id}", delete)
});

impl Cloud for BoxCloud {
    fn name(&self) -> &'static str {
        "boxes"
    }
    fn handle(&mut self, request: &SimRequest, _: SimTime) -> SimResponse {
        ROUTER.dispatch(self, request).unwrap_or_else(|_| missing())
    }
    fn save(&self) -> Value {
        json!({ "given": self.given, "boxes": self.boxes })
    }
    fn load(&mut self, mut saved: Value) -> std::result::Result<(), String> {
        self.given = saved["given"].as_u64().ok_or("no number")?;
        self.boxes = serde_json::from_value(saved["boxes"].take()).map_err(|error| error.to_string())?;
        Ok(())
    }
}

/// The cloud as the explorer sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BoxWorld(pub(crate) Sabotage);

impl SimWorld for BoxWorld {
    type Cloud = BoxCloud;

    fn cloud(&self) -> BoxCloud {
        BoxCloud::default()
    }

    fn providers(&self, link: &SimLink) -> Result<Vec<ProviderInstance>> {
        let http = link.attach(Client::builder("http://boxes.localhost")).build()?;
        Ok(vec![ProviderInstance::new(Boxes { http, sabotage: self.0 })])
    }

    fn inventory(&self, cloud: &mut BoxCloud) -> Vec<Item> {
        let item = |found: &BoxBody| {
            let item = Item::new(BoxResource::TYPE, found.id.to_string()).named(&found.name);
            if found.marker.is_empty() { item } else { item.marker(&found.marker) }
        };
        cloud.boxes.values().map(item).collect()
    }
}

pub(crate) struct Boxes {
    http: Client,
    sabotage: Sabotage,
}

#[async_trait]
impl Provider for Boxes {
    const NAME: &'static str = "boxes";
    fn types() -> Types {
        Types::new().resource::<BoxResource>()
    }
    async fn account(&self) -> Result<String> {
        static STARTS: AtomicUsize = AtomicUsize::new(0);
        if self.sabotage == Sabotage::AsksSometimes && STARTS.fetch_add(1, Ordering::SeqCst).is_multiple_of(5)
        {
            self.http.get("/boxes").send_empty().await?;
        }
        Ok("account".to_owned())
    }
}

pub(crate) struct BoxResource;

#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = BoxResource)]
pub(crate) struct BoxInputs {
    /// Its name.
    #[field(replace)]
    pub(crate) name: String,
    /// Its size.
    pub(crate) size: u32,
    /// Any text.
    pub(crate) note: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct BoxOutputs {
    /// Its number.
    #[field(stable)]
    pub(crate) number: u64,
}

impl BoxInputs {
    fn body(&self, marker: &str) -> BoxBody {
        let (name, note) = (self.name.clone(), self.note.clone());
        BoxBody { id: 0, name, size: self.size, note, marker: marker.to_owned() }
    }
}

fn observed(found: BoxBody) -> Observed<BoxResource> {
    let inputs = BoxInputs { name: found.name, size: found.size, note: found.note };
    Observed::new(Id::new(found.id.to_string()), inputs, BoxOutputs { number: found.id })
}

fn unless_gone<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl Resource for BoxResource {
    const TYPE: &'static str = "boxes:box";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Boxes;
    type Inputs = BoxInputs;
    type Outputs = BoxOutputs;

    async fn create(cx: &Cx<'_, Boxes>, inputs: BoxInputs) -> Result<Created<Self>> {
        let sabotage = cx.client().sabotage;
        let marker = if sabotage == Sabotage::CreatesWithoutMarker { "" } else { cx.marker().token() };
        let mut request = cx.client().http.post("/boxes").json_body(&inputs.body(marker));
        if sabotage == Sabotage::RepeatsCreates {
            request = request.idempotency(Idempotency::Idempotent);
        }
        let made = request.send::<BoxBody>().await?.into_body();
        let id = Id::new(made.id.to_string());
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, BoxOutputs { number: made.id }))
    }

    async fn read(cx: &Cx<'_, Boxes>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let found = cx.client().http.get("/boxes/{id}").segment("id", id).send::<BoxBody>().await;
        Ok(unless_gone(found)?.map(|found| observed(found.into_body())))
    }

    async fn update(cx: &Cx<'_, Boxes>, id: &Id<Self>, change: Change<Self>) -> Result<BoxOutputs> {
        let mut body = change.new.body("");
        if cx.client().sabotage == Sabotage::ForgetsTheNote {
            body.note = change.old.note;
        }
        let request = cx.client().http.put("/boxes/{id}").segment("id", id).json_body(&body);
        Ok(BoxOutputs { number: request.send::<BoxBody>().await?.into_body().id })
    }

    async fn delete(cx: &Cx<'_, Boxes>, id: &Id<Self>) -> Result<()> {
        let deleted = cx.client().http.delete("/boxes/{id}").segment("id", id).send_empty().await;
        unless_gone(deleted).map(drop)
    }

    async fn list(_: &Cx<'_, Boxes>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "boxes are read one by one"))
    }

    async fn find(cx: &Cx<'_, Boxes>, _: &BoxInputs) -> Result<Vec<Id<Self>>> {
        if cx.client().sabotage == Sabotage::FindsNothing {
            return Ok(Vec::new());
        }
        let request = cx.client().http.get("/boxes").query(&[("marker", cx.marker().token())]);
        let found = request.send::<Vec<BoxBody>>().await?.into_body();
        Ok(found.into_iter().map(|found| Id::new(found.id.to_string())).collect())
    }
}
