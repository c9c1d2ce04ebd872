//! A cloud with three types, declared as a provider declares them. The calls do nothing.

use std::collections::BTreeMap;

use iac_core::{
    Change, Created, Cx, FieldType, Id, Inputs, Observed, Outputs, Page, PageToken, Provider, Recovery,
    Resource, Result, Secret, Types,
};
use serde::{Deserialize, Serialize};

pub struct Cloud;

#[async_trait::async_trait]
impl Provider for Cloud {
    const NAME: &'static str = "cloud";
    fn types() -> Types {
        Types::new().resource::<Network>().resource::<Server>().resource::<Firewall>()
    }
    async fn account(&self) -> Result<String> {
        Ok("account".into())
    }
}

#[derive(Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    Small,
    Large,
}

pub struct Network;

#[derive(Serialize, Deserialize, Inputs)]
#[inputs(resource = Network)]
pub struct NetworkInputs {
    #[field(replace, eq = cidr)]
    pub ip_range: String,
}

#[derive(Serialize, Deserialize, Outputs)]
pub struct NetworkOutputs {}

pub struct Server;

#[derive(Serialize, Deserialize, Inputs)]
#[inputs(resource = Server)]
pub struct ServerInputs {
    /// How large it is.
    pub size: Size,
    pub image: String,
    pub network: Option<Id<Network>>,
    pub user_data: Option<Secret<String>>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[field(unique, auto_name(63))]
    pub name: Option<String>,
}

#[derive(Serialize, Deserialize, Outputs)]
pub struct ServerOutputs {
    #[field(stable)]
    pub ipv4: String,
    pub root_password: Secret<String>,
}

pub struct Firewall;

#[derive(Serialize, Deserialize, Inputs)]
#[inputs(resource = Firewall)]
pub struct FirewallInputs {
    #[field(set)]
    pub rules: Vec<Rule>,
    pub server: Option<Id<Server>>,
}

#[derive(Serialize, Deserialize, Inputs)]
pub struct Rule {
    pub port: u16,
    pub source: String,
    pub note: Option<String>,
}

#[derive(Serialize, Deserialize, Outputs)]
pub struct FirewallOutputs {}

macro_rules! resource {
    ($type:ident, $token:literal, $inputs:ident, $outputs:ident) => {
        #[async_trait::async_trait]
        impl Resource for $type {
            const TYPE: &'static str = $token;
            const RECOVERY: Recovery = Recovery::Label;
            type Provider = Cloud;
            type Inputs = $inputs;
            type Outputs = $outputs;
            async fn create(_: &Cx<'_, Cloud>, _: $inputs) -> Result<Created<Self>> {
                unimplemented!()
            }
            async fn read(_: &Cx<'_, Cloud>, _: &Id<Self>) -> Result<Option<Observed<Self>>> {
                unimplemented!()
            }
            async fn update(_: &Cx<'_, Cloud>, _: &Id<Self>, _: Change<Self>) -> Result<$outputs> {
                unimplemented!()
            }
            async fn delete(_: &Cx<'_, Cloud>, _: &Id<Self>) -> Result<()> {
                unimplemented!()
            }
            async fn list(_: &Cx<'_, Cloud>, _: PageToken) -> Result<Page<Self>> {
                unimplemented!()
            }
            async fn find(_: &Cx<'_, Cloud>, _: &$inputs) -> Result<Vec<Id<Self>>> {
                unimplemented!()
            }
        }
    };
}
resource!(Network, "cloud:network", NetworkInputs, NetworkOutputs);
resource!(Server, "cloud:server", ServerInputs, ServerOutputs);
resource!(Firewall, "cloud:firewall", FirewallInputs, FirewallOutputs);
