//! A cloud in memory with two types of resource.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use iac_core::provider::{Cx, ForeignClaim, ForeignType, Provider, Types};
use iac_core::{
    Cancel, Change, Created, Error, ErrorKind, Id, Inputs, Observed, Outputs, Page, PageToken, Recovery,
    ReplaceOrder, Resource, Result, Secret,
};
use serde::{Deserialize, Serialize};

/// Machines larger than this are refused by the cloud.
pub(crate) const SIZE_MAX: u32 = 100;

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
}

impl Cloud {
    fn id(&self, kind: &str) -> String {
        format!("{kind}-{}", self.next.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

#[async_trait]
impl Provider for Cloud {
    const NAME: &'static str = "fake";
    fn types() -> Types {
        Types::new().resource::<Machine>().resource::<Disk>().foreign([
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
        Ok("account-1".into())
    }
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
