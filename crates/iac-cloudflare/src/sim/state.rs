//! Owns the account's objects: one struct of maps, stored and loaded as a whole. Knows no HTTP.
use super::api_token::Token;
use super::dns::Record;
use super::dnssec::Dnssec;
use super::list::{List, Operation};
use super::origin_certificate::OriginCertificate;
use super::pages;
use super::r2;
use super::ruleset::Ruleset;
use super::setting::Changed;
use super::turnstile::Widget;
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
    pub(crate) rulesets: BTreeMap<String, Ruleset>,
    pub(crate) lists: BTreeMap<String, List>,
    pub(crate) list_operations: BTreeMap<String, Operation>,
    pub(crate) origin_certificates: BTreeMap<String, OriginCertificate>,
    pub(crate) turnstile_widgets: BTreeMap<String, Widget>,
    pub(crate) api_tokens: BTreeMap<String, Token>,
    // Workers.
    pub(crate) workers: super::worker::Workers,
    pub(crate) kv: BTreeMap<String, super::kv::Namespace>,
    // Storage and sites.
    pub(crate) r2: r2::Buckets,
    pub(crate) pages: pages::Pages,
}
