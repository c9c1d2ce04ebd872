//! A provider that repeats whatever it is told to, wherever a provider can speak: in the errors, the
//! progress and the panics of its calls, in what it says of inputs, and in what a change or a price makes
//! it say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::provider::Delay;
use iac_core::{
    Change, Created, Cx, DataSource, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange,
    Outputs, Page, PageToken, Provider, Recovery, Resource, Result, Secret, Types, Value, from_value,
};
use serde::{Deserialize, Serialize};

use crate::spelling::{canary, quoted};

/// The note that makes the check of a thing quote its secret.
pub(crate) const FAULTY: &str = "faulty";
/// The note that makes it panic with it.
pub(crate) const ALARMING: &str = "alarming";
/// The part of a secret that makes what looks at changes panic.
pub(crate) const CHANGE: &str = "PANICS-ON-CHANGE";
/// The part of a secret that makes what knows prices panic.
pub(crate) const PRICE: &str = "PANICS-ON-PRICE";

/// What a call does in place of its work.
#[derive(Clone)]
pub(crate) enum Act {
    Fail(ErrorKind, String),
    Panic(String),
    /// Says it, and goes on.
    Say(String),
    /// Is held up by it, twice, and goes on.
    HoldUp(String),
}

struct Object {
    token: String,
    path: String,
    inputs: ThingInputs,
}

#[derive(Default)]
struct World {
    acts: BTreeMap<(&'static str, String), Act>,
    objects: BTreeMap<String, Object>,
    made: u32,
}

#[derive(Clone, Default)]
pub(crate) struct Quoter(Arc<Mutex<World>>);

impl Quoter {
    /// From now on the calls `op` for the resource at `path` do this; of one name are `account`, `list`.
    pub(crate) fn act(&self, op: &'static str, path: &str, act: Act) {
        self.0.lock().unwrap().acts.insert((op, path.to_owned()), act);
    }

    pub(crate) fn heal(&self) {
        self.0.lock().unwrap().acts.clear();
    }

    /// What somebody else made.
    pub(crate) fn put(&self, id: &str, inputs: ThingInputs) {
        let object = Object { token: String::new(), path: id.to_owned(), inputs };
        self.0.lock().unwrap().objects.insert(id.to_owned(), object);
    }

    /// The paths of what exists.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap().objects.values().map(|object| object.path.clone()).collect()
    }

    fn asked(&self, op: &'static str, path: &str, say: impl Fn(Act)) -> Result<()> {
        let act = self.0.lock().unwrap().acts.get(&(op, path.to_owned())).cloned();
        match act {
            None => Ok(()),
            Some(Act::Panic(text)) => panic!("{text}"),
            Some(Act::Fail(kind, text)) => Err(Error::new(kind, format!("refused: {text}"))
                .code(text.clone())
                .field(text.clone())
                .request_id(text.clone())
                .operation(text.clone())
                .hint(text)),
            Some(act) => {
                say(act);
                Ok(())
            }
        }
    }

    fn called(cx: &Cx<'_, Self>, op: &'static str) -> Result<()> {
        Self::at(cx, op, cx.urn().path())
    }

    fn at(cx: &Cx<'_, Self>, op: &'static str, path: &str) -> Result<()> {
        cx.client().asked(op, path, |act| match act {
            Act::Say(text) => cx.progress(text, None),
            Act::HoldUp(text) => {
                let (operation, reason) = (text.clone(), text.clone());
                cx.delays().tell(Delay::Retried { operation, reason, attempt: 1, after_ms: 1 });
                cx.delays().tell(Delay::Paused { operation: text.clone(), reason: text, for_ms: 1 });
            }
            Act::Fail(..) | Act::Panic(_) => {}
        })
    }
}

#[async_trait]
impl Provider for Quoter {
    const NAME: &'static str = "quoter";
    fn types() -> Types {
        Types::new().resource::<Thing>().data::<Peek>()
    }
    async fn account(&self) -> Result<String> {
        self.asked("account", "", drop)?;
        Ok("one".to_owned())
    }
}

#[derive(Debug)]
pub(crate) struct Thing;

#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Thing)]
pub(crate) struct ThingInputs {
    pub(crate) secret: Secret<String>,
    pub(crate) note: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct ThingOutputs {
    pub(crate) made: Secret<String>,
}

/// The secret output of the thing at `path`.
pub(crate) fn made(path: &str) -> String {
    canary(&format!("MADEOF{path}"))
}

fn outputs(path: &str) -> ThingOutputs {
    ThingOutputs { made: Secret::new(made(path)) }
}

fn observed(id: &str, object: &Object) -> Observed<Thing> {
    Observed::new(Id::new(id), object.inputs.clone(), outputs(&object.path))
}

fn plain(value: &Value) -> Option<String> {
    from_value::<Secret<String>>(value).map(Secret::into_exposed).ok()
}

#[async_trait]
impl Resource for Thing {
    const TYPE: &'static str = "quoter:thing";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Quoter;
    type Inputs = ThingInputs;
    type Outputs = ThingOutputs;

    async fn create(cx: &Cx<'_, Quoter>, inputs: ThingInputs) -> Result<Created<Self>> {
        Quoter::called(cx, "create")?;
        let (path, token) = (cx.urn().path().to_owned(), cx.marker().token().to_owned());
        let id = {
            let mut world = cx.client().0.lock().unwrap();
            world.made += 1;
            let id = format!("thing-{}", world.made);
            world.objects.insert(id.clone(), Object { token, path: path.clone(), inputs });
            id
        };
        Quoter::called(cx, "created")?;
        Ok(Created::new(Id::new(id), outputs(&path)))
    }
    async fn read(cx: &Cx<'_, Quoter>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Quoter::called(cx, "read")?;
        let world = cx.client().0.lock().unwrap();
        Ok(world.objects.get(id.as_str()).map(|object| observed(id.as_str(), object)))
    }
    async fn update(cx: &Cx<'_, Quoter>, id: &Id<Self>, change: Change<Self>) -> Result<ThingOutputs> {
        Quoter::called(cx, "update")?;
        if let Some(object) = cx.client().0.lock().unwrap().objects.get_mut(id.as_str()) {
            object.inputs = change.new;
        }
        Quoter::called(cx, "updated")?;
        Ok(outputs(cx.urn().path()))
    }
    async fn delete(cx: &Cx<'_, Quoter>, id: &Id<Self>) -> Result<()> {
        Quoter::called(cx, "delete")?;
        cx.client().0.lock().unwrap().objects.remove(id.as_str());
        Quoter::called(cx, "deleted")
    }
    async fn list(cx: &Cx<'_, Quoter>, _: PageToken) -> Result<Page<Self>> {
        Quoter::at(cx, "list", "")?;
        let world = cx.client().0.lock().unwrap();
        Ok(Page::new(world.objects.iter().map(|(id, object)| observed(id, object)).collect(), None))
    }
    async fn find(cx: &Cx<'_, Quoter>, _: &ThingInputs) -> Result<Vec<Id<Self>>> {
        Quoter::called(cx, "find")?;
        let world = cx.client().0.lock().unwrap();
        let own = world.objects.iter().filter(|(_, object)| object.token == cx.marker().token());
        Ok(own.map(|(id, _)| Id::new(id.clone())).collect())
    }
    fn on_change(change: &FieldChange<'_>) -> OnChange {
        if let Some(text) = change.new.as_str().filter(|text| text.contains(CHANGE)) {
            panic!("cannot change to {}", quoted(text));
        }
        change.declared()
    }
    fn check(inputs: &Value) -> Vec<Fault> {
        let Some(secret) = plain(inputs.get("secret")) else { return Vec::new() };
        match inputs.get("note").as_str() {
            Some(FAULTY) => vec![Fault::new(quoted(&secret), format!("is not {}", quoted(&secret)))],
            Some(ALARMING) => panic!("cannot check {}", quoted(&secret)),
            _ => Vec::new(),
        }
    }
    fn cost(inputs: &Value, _: &PriceList) -> Cost {
        if let Some(text) = plain(inputs.get("secret")).filter(|text| text.contains(PRICE)) {
            panic!("{} is priceless", quoted(&text));
        }
        Cost::Free
    }
}

#[derive(Debug)]
pub(crate) struct Peek;

#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Peek)]
pub(crate) struct PeekQuery {
    pub(crate) query: Secret<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct PeekData {
    pub(crate) hidden: Secret<String>,
}

#[async_trait]
impl DataSource for Peek {
    const TYPE: &'static str = "quoter:peek";
    type Provider = Quoter;
    type Query = PeekQuery;
    type Data = PeekData;

    async fn read(cx: &Cx<'_, Quoter>, _: PeekQuery) -> Result<PeekData> {
        Quoter::called(cx, "data")?;
        Ok(PeekData { hidden: Secret::new(canary("HIDDENDATA")) })
    }
}
