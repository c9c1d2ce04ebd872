//! A cloud in memory with two types of resource.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use iac_core::cost::{Cost, Currency, PriceList, Vat};
use iac_core::provider::{Cx, Delay, ForeignClaim, ForeignType, Probe, Provider, Types};
use iac_core::{
    Cancel, Change, Created, DataSource, Error, ErrorKind, Id, Inputs, Observed, Outputs, Page, PageToken,
    ProviderInstance, Recovery, ReplaceOrder, Resource, Result, Secret, Value,
};
use serde::{Deserialize, Serialize};

/// Machines larger than this are refused by the cloud.
pub(crate) const SIZE_MAX: u32 = 100;

/// How often others may run before a panic.
const YIELDS: usize = 10_000;

/// What exists, by id.
#[derive(Clone, Default)]
pub(crate) struct Cloud {
    pub(crate) machines: Arc<Mutex<BTreeMap<String, MachineInputs>>>,
    pub(crate) disks: Arc<Mutex<BTreeMap<String, DiskInputs>>>,
    next: Arc<AtomicI64>,
    /// Requested once for every machine that is created.
    pub(crate) cancel: Option<Cancel>,
    /// Whether a create then never ends.
    pub(crate) hangs: bool,
    /// Whether a create waits until it has been drawn, and then panics.
    pub(crate) panics: bool,
    /// Whether the create of a machine takes as many seconds as its size, and is held up.
    pub(crate) takes_time: bool,
    /// How far the clock has gone because of that, in milliseconds.
    pub(crate) passed_ms: Arc<AtomicI64>,
    /// Whether it says what its machines cost.
    pub(crate) priced: bool,
    /// Whether it refuses its credentials.
    pub(crate) refuses: bool,
    /// What its clock says, where it tells.
    pub(crate) time: Option<i64>,
}

impl Cloud {
    /// Lets the time of a create pass.
    fn work_on(&self, cx: &Cx<'_, Self>, size: u32) {
        if self.takes_time {
            let operation = "POST /machines".to_owned();
            let reason = "the answer was 503 (unavailable)".to_owned();
            cx.delays().tell(Delay::Retried {
                operation: operation.clone(),
                attempt: 1,
                reason,
                after_ms: 400,
            });
            let reason = "the request quota is used up".to_owned();
            cx.delays().tell(Delay::Paused { operation, reason, for_ms: 12_000 });
            self.passed_ms.fetch_add(i64::from(size) * 1000, Ordering::Relaxed);
        }
    }

    fn id(&self, kind: &str) -> String {
        format!("{kind}-{}", self.next.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

#[async_trait]
impl Provider for Cloud {
    const NAME: &'static str = "fake";
    fn types() -> Types {
        Types::new().resource::<Machine>().resource::<Disk>().data::<Image>().foreign([
            ForeignType::new("fake_machine", "fake:index/machine:Machine", |object| {
                vec![ForeignClaim::object(Machine::TYPE, object.id, Vec::new())]
            }),
            ForeignType::new("fake_disk", "fake:index/disk:Disk", |object| {
                let format = object.text("format").map(|format| ("format", format.into()));
                vec![ForeignClaim::object(Disk::TYPE, object.id, format.into_iter().collect())]
            }),
        ])
    }
    async fn account(&self) -> Result<String> {
        match self.refuses {
            false => Ok("account-1".into()),
            true => Err(Error::new(ErrorKind::Unauthenticated, "the token is not known").status(401)),
        }
    }
    async fn probe(&self) -> Result<Probe> {
        let probe = Probe::new(self.account().await?).endpoint("https://api.fake.example");
        let probe = probe.latency(std::time::Duration::from_millis(41));
        Ok(match self.time {
            Some(time) => probe.server_time(time),
            None => probe,
        })
    }
    async fn prices(&self, today: &str) -> Result<PriceList> {
        match self.priced {
            true => Ok(price_list("3.335", "the fake API", today)),
            false => Err(Error::new(ErrorKind::Unsupported, "this cloud gives no prices")),
        }
    }
}

impl Cloud {
    /// The provider, with its price list where it has one.
    pub(crate) fn instance(self) -> ProviderInstance {
        let list = Arc::new(price_list("1.115", "the fake price list", "2026-01-31"));
        let types = if self.priced { Self::types().prices(list) } else { Self::types() };
        ProviderInstance::with_types(self, types, Self::NAME)
    }
}

/// What each unit of a machine's size costs.
const SIZE_KEY: &str = "machine/size";

fn price_list(size: &str, source: &str, date: &str) -> PriceList {
    let list = PriceList::new(Currency::EUR, Vat::Net, source, date).price(SIZE_KEY, size);
    list.expect("an amount").note(SIZE_KEY, "1 TB of traffic included")
}

/// A machine.
#[derive(Debug)]
pub(crate) struct Machine;

/// Inputs of a [`Machine`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Machine)]
pub(crate) struct MachineInputs {
    /// Its size.
    pub(crate) size: u32,
    /// Where it stands.
    #[field(replace)]
    pub(crate) region: Option<String>,
    /// What it runs first.
    pub(crate) script: Option<String>,
    /// What opens it.
    pub(crate) password: Option<Secret<String>>,
    /// The address of another machine.
    pub(crate) peer: Option<String>,
}

/// Outputs of a [`Machine`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct MachineOutputs {
    /// Its address.
    pub(crate) address: String,
}

fn outputs(id: &str) -> MachineOutputs {
    MachineOutputs { address: format!("{id}.example") }
}

fn check(inputs: &MachineInputs) -> Result<()> {
    if inputs.size <= SIZE_MAX {
        return Ok(());
    }
    Err(Error::invalid("size", format!("{} is more than {SIZE_MAX}", inputs.size))
        .operation("POST /machines")
        .status(422)
        .code("too_large")
        .hint("choose a smaller size"))
}

#[async_trait]
impl Resource for Machine {
    const TYPE: &'static str = "fake:machine";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Cloud;
    type Inputs = MachineInputs;
    type Outputs = MachineOutputs;

    async fn create(cx: &Cx<'_, Cloud>, inputs: MachineInputs) -> Result<Created<Self>> {
        check(&inputs)?;
        cx.client().work_on(cx, inputs.size);
        let id = cx.client().id("machine");
        cx.client().machines.lock().expect("no holder panicked").insert(id.clone(), inputs);
        cx.checkpoint(&Id::<Machine>::new(id.as_str())).await?;
        cx.progress("starting it", Some(50));
        if let Some(cancel) = &cx.client().cancel {
            cancel.request();
            if cx.client().hangs {
                cancel.request();
            }
        }
        if cx.client().hangs {
            return std::future::pending().await;
        }
        if cx.client().panics {
            // The runner draws when nothing else is to be done.
            for _ in 0..YIELDS {
                tokio::task::yield_now().await;
            }
            panic!("a provider that panics");
        }
        Ok(Created::new(Id::new(id.as_str()), outputs(&id)))
    }
    async fn read(cx: &Cx<'_, Cloud>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let machines = cx.client().machines.lock().expect("no holder panicked");
        let found = machines.get(id.as_str()).cloned();
        Ok(found.map(|inputs| Observed::new(id.clone(), inputs, outputs(id.as_str()))))
    }
    async fn update(cx: &Cx<'_, Cloud>, id: &Id<Self>, change: Change<Self>) -> Result<MachineOutputs> {
        check(&change.new)?;
        cx.client().machines.lock().expect("no holder panicked").insert(id.as_str().to_owned(), change.new);
        Ok(change.outputs)
    }
    async fn delete(cx: &Cx<'_, Cloud>, id: &Id<Self>) -> Result<()> {
        cx.client().machines.lock().expect("no holder panicked").remove(id.as_str());
        Ok(())
    }
    async fn list(_: &Cx<'_, Cloud>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "machines cannot be listed"))
    }
    async fn find(_: &Cx<'_, Cloud>, _: &MachineInputs) -> Result<Vec<Id<Self>>> {
        Ok(Vec::new())
    }
    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        let size = inputs.get("size").as_int().and_then(|size| u32::try_from(size).ok());
        match (size, prices.get(SIZE_KEY)) {
            (Some(size), Some(price)) => Cost::monthly(price.times(size)),
            (None, _) => Cost::undecided("size"),
            (_, None) => prices.unpriced("a machine"),
        }
    }
}

/// An image that the cloud has for a kind of machine.
#[derive(Debug)]
pub(crate) struct Image;

/// What selects an [`Image`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Image)]
pub(crate) struct ImageQuery {
    /// The machine's address.
    pub(crate) of: String,
}

/// The data of an [`Image`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct ImageData {
    /// Its name.
    pub(crate) name: String,
}

#[async_trait]
impl DataSource for Image {
    const TYPE: &'static str = "fake:image";
    type Provider = Cloud;
    type Query = ImageQuery;
    type Data = ImageData;

    async fn read(_: &Cx<'_, Cloud>, query: ImageQuery) -> Result<ImageData> {
        Ok(ImageData { name: format!("image of {}", query.of) })
    }
}

/// A disk: it holds data, and two of a name cannot exist at once.
#[derive(Debug)]
pub(crate) struct Disk;

/// Inputs of a [`Disk`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Disk)]
pub(crate) struct DiskInputs {
    /// How it is formatted.
    #[field(replace)]
    pub(crate) format: String,
}

/// Outputs of a [`Disk`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub(crate) struct DiskOutputs {
    /// Where it is mounted.
    pub(crate) path: String,
}

#[async_trait]
impl Resource for Disk {
    const TYPE: &'static str = "fake:disk";
    const RECOVERY: Recovery = Recovery::Label;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    const HOLDS_DATA: bool = true;
    type Provider = Cloud;
    type Inputs = DiskInputs;
    type Outputs = DiskOutputs;

    async fn create(cx: &Cx<'_, Cloud>, inputs: DiskInputs) -> Result<Created<Self>> {
        let id = cx.client().id("disk");
        cx.client().disks.lock().expect("no holder panicked").insert(id.clone(), inputs);
        Ok(Created::new(Id::new(id.as_str()), DiskOutputs { path: format!("/mnt/{id}") }))
    }
    async fn read(cx: &Cx<'_, Cloud>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let disks = cx.client().disks.lock().expect("no holder panicked");
        let outputs = DiskOutputs { path: format!("/mnt/{id}") };
        Ok(disks.get(id.as_str()).map(|inputs| Observed::new(id.clone(), inputs.clone(), outputs)))
    }
    async fn update(_: &Cx<'_, Cloud>, _: &Id<Self>, change: Change<Self>) -> Result<DiskOutputs> {
        Ok(change.outputs)
    }
    async fn delete(cx: &Cx<'_, Cloud>, id: &Id<Self>) -> Result<()> {
        cx.client().disks.lock().expect("no holder panicked").remove(id.as_str());
        Ok(())
    }
    async fn list(cx: &Cx<'_, Cloud>, _: PageToken) -> Result<Page<Self>> {
        let disks = cx.client().disks.lock().expect("no holder panicked");
        let shown = disks.iter().map(|(id, inputs)| {
            let outputs = DiskOutputs { path: format!("/mnt/{id}") };
            Observed::new(Id::new(id.as_str()), inputs.clone(), outputs)
        });
        Ok(Page::new(shown.collect(), None))
    }
    async fn find(_: &Cx<'_, Cloud>, _: &DiskInputs) -> Result<Vec<Id<Self>>> {
        Ok(Vec::new())
    }
}
