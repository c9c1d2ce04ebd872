//! An output that the cloud tells once, in the answer that creates the resource: it is kept whatever a
//! read says, and where that answer was lost another resource takes the place of the first.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use iac_core::state::{MemoryBackend, StackId, Status};
use iac_core::{
    ApplyOptions, Change, Created, Cx, Engine, Error, ErrorKind, Graph, Id, Inputs, Observed, Op, Outcome,
    Outputs, Page, PageToken, Plan, PlanOptions, Provider, Recovery, Resource, Result, Secret, Stack, Types,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What goes wrong with the next create.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Trouble {
    #[default]
    None,
    /// Its answer is lost.
    LostAnswer,
    /// The process dies after the id is durable and before the outputs are.
    Unrecorded,
}

#[derive(Debug, Default)]
struct Cloud {
    keys: Vec<(String, String)>,
    made: usize,
    trouble: Trouble,
}

/// A vendor of keys.
#[derive(Debug, Clone, Default)]
struct Vendor(Arc<Mutex<Cloud>>);

impl Vendor {
    fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl Provider for Vendor {
    const NAME: &'static str = "vendor";
    fn types() -> Types {
        Types::new().resource::<Key>()
    }
    async fn account(&self) -> Result<String> {
        Ok("account".into())
    }
}

struct Key;

#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Key)]
struct KeyInputs {
    /// A name for people.
    name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
struct KeyOutputs {
    /// The key itself.
    #[field(stable, write_only)]
    #[serde(default, serialize_with = "told", deserialize_with = "possibly")]
    value: Secret<String>,
}

fn told<S: Serializer>(value: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
    if value.expose().is_empty() { serializer.serialize_none() } else { value.serialize(serializer) }
}

fn possibly<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    Option::<Secret<String>>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[async_trait]
impl Resource for Key {
    const TYPE: &'static str = "vendor:key";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Vendor;
    type Inputs = KeyInputs;
    type Outputs = KeyOutputs;

    async fn create(cx: &Cx<'_, Vendor>, inputs: KeyInputs) -> Result<Created<Self>> {
        let (id, trouble) = {
            let mut cloud = cx.client().cloud();
            cloud.made += 1;
            let id = format!("{}-{}", cx.marker().token(), cloud.made);
            cloud.keys.push((id.clone(), inputs.name));
            (Id::new(id), std::mem::take(&mut cloud.trouble))
        };
        if trouble == Trouble::LostAnswer {
            return Err(Error::new(ErrorKind::Ambiguous, "the connection was cut"));
        }
        cx.checkpoint(&id).await?;
        if trouble == Trouble::Unrecorded {
            return Err(Error::new(ErrorKind::Timeout, "the process went away"));
        }
        let value = Secret::new(format!("value of {id}"));
        Ok(Created::new(id, KeyOutputs { value }))
    }

    async fn read(cx: &Cx<'_, Vendor>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let found = cx.client().cloud().keys.iter().find(|key| key.0 == id.as_str()).cloned();
        let untold = || KeyOutputs { value: Secret::default() };
        Ok(found.map(|(_, name)| Observed::new(id.clone(), KeyInputs { name }, untold())))
    }

    async fn update(cx: &Cx<'_, Vendor>, id: &Id<Self>, change: Change<Self>) -> Result<KeyOutputs> {
        let mut cloud = cx.client().cloud();
        cloud
            .keys
            .iter_mut()
            .filter(|key| key.0 == id.as_str())
            .for_each(|key| key.1.clone_from(&change.new.name));
        Ok(KeyOutputs { value: Secret::default() })
    }

    async fn delete(cx: &Cx<'_, Vendor>, id: &Id<Self>) -> Result<()> {
        cx.client().cloud().keys.retain(|key| key.0 != id.as_str());
        Ok(())
    }

    async fn list(_: &Cx<'_, Vendor>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "there is no listing"))
    }

    async fn find(cx: &Cx<'_, Vendor>, _: &KeyInputs) -> Result<Vec<Id<Self>>> {
        let token = cx.marker().token();
        let cloud = cx.client().cloud();
        Ok(cloud
            .keys
            .iter()
            .filter(|key| key.0.starts_with(token))
            .map(|key| Id::new(key.0.as_str()))
            .collect())
    }
}

struct Shop {
    vendor: Vendor,
    engine: Engine,
}

impl Shop {
    fn new() -> Self {
        Self { vendor: Vendor::default(), engine: Engine::builder().backend(MemoryBackend::new()).build() }
    }

    fn graph(&self, name: &str) -> Graph {
        let stack = Stack::new("shop", "dev").unwrap();
        stack.provider(self.vendor.clone()).unwrap();
        let key = stack.add("key", Key::args().name(name.to_owned())).unwrap();
        stack.export("value", &key.value).unwrap();
        stack.freeze().unwrap()
    }

    async fn plan(&self, name: &str) -> Plan {
        self.engine.plan(&self.graph(name), &PlanOptions::new(), true, &mut Vec::new()).await.unwrap()
    }

    async fn up(&self, name: &str) -> (Vec<Op>, Outcome) {
        let plan = self.plan(name).await;
        let ops = plan.steps.iter().map(|step| step.op).collect();
        let graph = self.graph(name);
        (ops, self.engine.apply(&graph, &plan, ApplyOptions::new(), &mut Vec::new()).await.unwrap())
    }

    /// The value that the state has of the one key that the vendor has, and the row's status.
    async fn recorded(&self) -> (Option<String>, Status) {
        let snapshot = self.engine.snapshot(&StackId::new("shop", "dev")).await.unwrap();
        let row = snapshot.resources.values().next().unwrap();
        let keys = self.vendor.cloud().keys.clone();
        assert_eq!(keys.iter().map(|key| &key.0).collect::<Vec<_>>(), [&row.id]);
        (row.outputs.get("value").peeled_text(), row.status)
    }
}

/// The text inside of a secret, for a test to look at.
trait Peeled {
    fn peeled_text(&self) -> Option<String>;
}

impl Peeled for iac_core::Value {
    fn peeled_text(&self) -> Option<String> {
        match self {
            Self::Secret(inner) => inner.as_str().map(str::to_owned),
            other => other.as_str().map(str::to_owned),
        }
    }
}

#[tokio::test]
async fn it_outlives_refreshes_and_updates() {
    let shop = Shop::new();
    let (_, outcome) = shop.up("one").await;
    assert!(outcome.succeeded(), "{:?}", outcome.failures);
    let told = shop.recorded().await;
    assert!(told.0.as_deref().unwrap().starts_with("value of "));
    // The plan has read it, and the read says nothing of the value.
    assert!(!shop.plan("one").await.has_changes());
    assert_eq!(shop.recorded().await, told);
    assert_eq!(shop.up("two").await.0, [Op::Update]);
    assert_eq!(shop.recorded().await, told);
    assert!(!shop.plan("two").await.has_changes());
}

#[tokio::test]
async fn where_its_answer_was_lost_another_one_is_made() {
    for trouble in [Trouble::LostAnswer, Trouble::Unrecorded] {
        let shop = Shop::new();
        shop.vendor.cloud().trouble = trouble;
        let (_, outcome) = shop.up("one").await;
        assert!(!outcome.succeeded(), "{trouble:?}");
        assert_eq!(shop.vendor.cloud().keys.len(), 1);
        let plan = shop.plan("one").await;
        assert_eq!(shop.recorded().await, (None, Status::Incomplete), "{trouble:?}");
        assert_eq!(plan.summary.replace, 1, "{trouble:?}");
        let (_, outcome) = shop.up("one").await;
        assert!(outcome.succeeded(), "{trouble:?}: {:?}", outcome.failures);
        let (value, status) = shop.recorded().await;
        assert!(value.is_some_and(|value| value.starts_with("value of ")), "{trouble:?}");
        assert_eq!(status, Status::Ready);
        assert!(!shop.plan("one").await.has_changes());
    }
}
