//! A private network with its subnets and routes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Protection;
use crate::subnet::SubnetKind;
use crate::verb::Noun;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Network {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) ip_range: String,
    #[serde(default)]
    pub(crate) subnets: Vec<Subnet>,
    #[serde(default)]
    pub(crate) routes: Vec<Route>,
    #[serde(default)]
    pub(crate) protection: Protection,
    #[serde(default)]
    pub(crate) expose_routes_to_vswitch: bool,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Subnet {
    #[serde(rename = "type")]
    pub(crate) kind: SubnetKind,
    pub(crate) ip_range: String,
    pub(crate) network_zone: String,
    #[serde(default)]
    pub(crate) gateway: Option<String>,
    #[serde(default)]
    pub(crate) vswitch_id: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Route {
    pub(crate) destination: String,
    pub(crate) gateway: String,
}

impl Noun for Network {
    const PATH: &'static str = "/networks";
    const ONE: &'static str = "network";
    const MANY: &'static str = "networks";
    fn id(&self) -> u64 {
        self.id
    }
}
