//! Owns the account's objects: one struct of maps, stored and loaded as a whole. Knows no HTTP.
use super::list::{List, Operation};
use super::ruleset::Ruleset;
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
    pub(crate) rulesets: BTreeMap<String, Ruleset>,
    pub(crate) lists: BTreeMap<String, List>,
    pub(crate) list_operations: BTreeMap<String, Operation>,
    // Workers.
    // Storage and sites.
}
