//! Owns the project's objects: one struct of maps, stored and loaded as a whole. Knows no HTTP.
use super::action::Action;
use super::certificate::Certificate;
use super::firewall::Firewall;
use super::floating_ip::FloatingIp;
use super::image::Image;
use super::load_balancer::LoadBalancer;
use super::network::Network;
use super::placement_group::PlacementGroup;
use super::primary_ip::PrimaryIp;
use super::server::Server;
use super::ssh_key::SshKey;
use super::volume::Volume;
use super::zone::Zone;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Ids begin well above those of the catalogue, and all types share one counter, so that an id
/// used for an object of another type is found out.
const FIRST_ID: u64 = 1_000_001;

/// Everything that a project remembers. What follows from something else (a network's servers, a
/// server's volumes) is not stored but looked up.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    ids_given: u64,
    ipv4_given: u64,
    ipv6_given: u64,
    pub(crate) actions: BTreeMap<u64, Action>,
    /// The actions that are not finished.
    pub(crate) running: BTreeSet<u64>,
    pub(crate) certificates: BTreeMap<u64, Certificate>,
    pub(crate) firewalls: BTreeMap<u64, Firewall>,
    pub(crate) floating_ips: BTreeMap<u64, FloatingIp>,
    /// Snapshots and backups; system images are in the catalogue.
    pub(crate) images: BTreeMap<u64, Image>,
    pub(crate) load_balancers: BTreeMap<u64, LoadBalancer>,
    pub(crate) networks: BTreeMap<u64, Network>,
    pub(crate) placement_groups: BTreeMap<u64, PlacementGroup>,
    pub(crate) primary_ips: BTreeMap<u64, PrimaryIp>,
    pub(crate) servers: BTreeMap<u64, Server>,
    pub(crate) ssh_keys: BTreeMap<u64, SshKey>,
    pub(crate) volumes: BTreeMap<u64, Volume>,
    pub(crate) zones: BTreeMap<u64, Zone>,
}

impl State {
    /// A new id, never given before.
    pub(crate) fn next_id(&mut self) -> u64 {
        let id = FIRST_ID + self.ids_given;
        self.ids_given += 1;
        id
    }

    /// The number, from 0, of a new public IPv4 address.
    pub(crate) fn next_ipv4_number(&mut self) -> u64 {
        self.ipv4_given += 1;
        self.ipv4_given - 1
    }

    /// The number, from 0, of a new public IPv6 network.
    pub(crate) fn next_ipv6_number(&mut self) -> u64 {
        self.ipv6_given += 1;
        self.ipv6_given - 1
    }
}
