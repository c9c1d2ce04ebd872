//! Owns the account's objects: one struct of maps, stored and loaded as a whole. Knows no HTTP.
use super::pages;
use super::r2;
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
    // Rules and credentials.
    // Workers.
    // Storage and sites.
    pub(crate) r2: r2::Buckets,
    pub(crate) pages: pages::Pages,
}
