//! Owns the account's objects: one struct of maps, stored and loaded as a whole. Knows no HTTP.
use super::dns::Record;
use super::dnssec::Dnssec;
use super::setting::Changed;
use super::zone::Zone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that an account remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) ids_given: u64,
    // Zones and DNS.
    pub(crate) zones: BTreeMap<String, Zone>,
    pub(crate) dns_records: BTreeMap<String, Record>,
    /// By zone.
    pub(crate) dnssec: BTreeMap<String, Dnssec>,
    /// What was changed of a zone's settings, by zone and name.
    pub(crate) settings: BTreeMap<String, BTreeMap<String, Changed>>,
    // Rules and credentials.
    // Workers.
    pub(crate) workers: super::worker::Workers,
    pub(crate) kv: BTreeMap<String, super::kv::Namespace>,
    // Storage and sites.
}
