//! A zone as the API writes it. Knows nothing of requests.

use serde::{Deserialize, Serialize};

use super::resource::ZoneType;

#[derive(Debug, Deserialize)]
pub(crate) struct Body {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(rename = "type", default)]
    pub(crate) zone_type: ZoneType,
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) paused: bool,
    #[serde(default)]
    pub(crate) name_servers: Vec<String>,
    #[serde(default)]
    pub(crate) vanity_name_servers: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) verification_key: Option<String>,
    #[serde(default)]
    pub(crate) plan: Option<Plan>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Plan {
    #[serde(default)]
    pub(crate) name: String,
}

#[derive(Serialize)]
pub(super) struct Create<'a> {
    pub(super) name: &'a str,
    pub(super) account: AccountId<'a>,
    #[serde(rename = "type")]
    pub(super) zone_type: ZoneType,
}

#[derive(Serialize)]
pub(super) struct AccountId<'a> {
    pub(super) id: &'a str,
}

/// One field of a zone: the API takes one at a time.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Edit<'a> {
    Paused(bool),
    #[serde(rename = "type")]
    ZoneType(ZoneType),
    VanityNameServers(&'a [String]),
}
