//! A record set as the API writes it. Knows nothing of requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::label::Labels;
use crate::record_value::RecordType;
use crate::wire::{Action, Meta};

#[derive(Debug, Deserialize)]
pub(super) struct Body {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) record_type: String,
    pub(super) ttl: Option<u32>,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) protection: Protection,
    pub(super) records: Vec<Record>,
    pub(super) zone: u64,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Protection {
    #[serde(default)]
    pub(super) change: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct One {
    pub(super) rrset: Body,
}

#[derive(Deserialize)]
pub(super) struct Made {
    pub(super) action: Option<Action>,
}

#[derive(Deserialize)]
pub(super) struct Many {
    pub(super) rrsets: Vec<Body>,
    #[serde(default)]
    pub(super) meta: Meta,
}

#[derive(Deserialize)]
pub(super) struct Zones {
    pub(super) zones: Vec<ZoneNumber>,
    #[serde(default)]
    pub(super) meta: Meta,
}

#[derive(Deserialize)]
pub(super) struct ZoneNumber {
    pub(super) id: u64,
}

#[derive(Serialize)]
pub(super) struct Create<'a> {
    pub(super) name: &'a str,
    #[serde(rename = "type")]
    pub(super) record_type: RecordType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ttl: Option<u32>,
    pub(super) records: Vec<Record>,
    pub(super) labels: Labels,
}

#[derive(Serialize)]
pub(super) struct Put {
    pub(super) labels: Labels,
}

#[derive(Serialize)]
pub(super) struct ChangeTtl {
    /// Null goes back to the zone's.
    pub(super) ttl: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct SetRecords {
    pub(super) records: Vec<Record>,
}

#[derive(Serialize)]
pub(super) struct ChangeProtection {
    pub(super) change: bool,
}
