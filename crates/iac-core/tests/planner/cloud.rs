//! The types that the tables name. They exist for their field tables; no call is ever made.

use iac_core::{
    Args, Change, Created, Cx, DataSource, Error, Id, Inputs, Observed, Outputs, Page, PageToken, Provider,
    Recovery, ReplaceOrder, Resource, Result, Secret, Types,
};
use serde::{Deserialize, Serialize};

pub(crate) struct Cloud;

#[async_trait::async_trait]
impl Provider for Cloud {
    const NAME: &'static str = "cloud";
    fn types() -> Types {
        Types::new().resource::<Thing>().resource::<Single>().resource::<Disk>().data::<Lookup>()
    }
    async fn account(&self) -> Result<String> {
        no_call()
    }
}

/// Replaced by making the new one first.
pub(crate) struct Thing;

/// Replaced by deleting the old one first.
pub(crate) struct Single;

/// Holds data.
pub(crate) struct Disk;

pub(crate) fn three() -> u32 {
    3
}

fn tcp() -> String {
    "tcp".into()
}

/// One field of each behaviour.
#[derive(Serialize, Deserialize, Inputs)]
#[inputs(resource = Thing)]
pub(crate) struct ThingInputs {
    #[field(unique, auto_name(40))]
    pub(crate) name: Option<String>,
    pub(crate) size: Option<u32>,
    #[field(replace)]
    pub(crate) zone: Option<String>,
    #[field(set)]
    pub(crate) tags: Option<Vec<String>>,
    #[field(eq = cidr)]
    pub(crate) range: Option<String>,
    #[field(default_from_api, unsettles(address))]
    pub(crate) picked: Option<String>,
    pub(crate) password: Option<Secret<String>>,
    #[field(write_only)]
    pub(crate) script: Option<String>,
    #[serde(default = "three")]
    pub(crate) count: u32,
    #[serde(default)]
    pub(crate) rules: Vec<Rule>,
    /// A reference whose change is an update.
    pub(crate) target: Option<Id<Thing>>,
    /// A reference whose change is a replacement.
    #[field(replace)]
    pub(crate) parent: Option<Id<Thing>>,
    pub(crate) text: Option<String>,
}

#[derive(Serialize, Deserialize, Inputs)]
pub(crate) struct Rule {
    pub(crate) port: u32,
    #[serde(default = "tcp")]
    pub(crate) protocol: String,
    pub(crate) key: Option<Secret<String>>,
}

#[derive(Serialize, Deserialize, Outputs)]
pub(crate) struct ThingOutputs {
    #[field(stable)]
    pub(crate) address: String,
    pub(crate) load: String,
    pub(crate) token: Secret<String>,
}

/// The same arguments for another type.
pub(crate) struct For<R>(pub(crate) ThingArgs, pub(crate) std::marker::PhantomData<R>);

impl<R> Args for For<R> {
    type Target = R;
    fn into_fields(self) -> iac_core::__private::FieldExprs {
        self.0.into_fields()
    }
}

fn no_call<T>() -> Result<T> {
    Err(Error::internal("a plan calls nothing"))
}

macro_rules! resource {
    ($type:ident, $token:literal, $replace:ident, $holds_data:literal) => {
        #[async_trait::async_trait]
        impl Resource for $type {
            const TYPE: &'static str = $token;
            const RECOVERY: Recovery = Recovery::Label;
            const REPLACE: ReplaceOrder = ReplaceOrder::$replace;
            const HOLDS_DATA: bool = $holds_data;
            type Provider = Cloud;
            type Inputs = ThingInputs;
            type Outputs = ThingOutputs;
            async fn create(_: &Cx<'_, Cloud>, _: ThingInputs) -> Result<Created<Self>> {
                no_call()
            }
            async fn read(_: &Cx<'_, Cloud>, _: &Id<Self>) -> Result<Option<Observed<Self>>> {
                no_call()
            }
            async fn update(_: &Cx<'_, Cloud>, _: &Id<Self>, _: Change<Self>) -> Result<ThingOutputs> {
                no_call()
            }
            async fn delete(_: &Cx<'_, Cloud>, _: &Id<Self>) -> Result<()> {
                no_call()
            }
            async fn list(_: &Cx<'_, Cloud>, _: PageToken) -> Result<Page<Self>> {
                no_call()
            }
            async fn find(_: &Cx<'_, Cloud>, _: &ThingInputs) -> Result<Vec<Id<Self>>> {
                no_call()
            }
        }
    };
}
resource!(Thing, "cloud:thing", CreateFirst, false);
resource!(Single, "cloud:single", DeleteFirst, false);
resource!(Disk, "cloud:disk", CreateFirst, true);

/// Data by a text.
pub(crate) struct Lookup;

#[derive(Serialize, Deserialize, Inputs)]
#[inputs(resource = Lookup)]
pub(crate) struct LookupInputs {
    pub(crate) text: String,
}

#[derive(Serialize, Deserialize, Outputs)]
pub(crate) struct LookupOutputs {
    pub(crate) found: String,
}

#[async_trait::async_trait]
impl DataSource for Lookup {
    const TYPE: &'static str = "cloud:lookup";
    type Provider = Cloud;
    type Query = LookupInputs;
    type Data = LookupOutputs;
    async fn read(_: &Cx<'_, Cloud>, _: LookupInputs) -> Result<LookupOutputs> {
        no_call()
    }
}
