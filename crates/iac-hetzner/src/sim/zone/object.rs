//! Owns a zone's contents: its fields, its first records, its serial number. Knows no requests.
use crate::sim::cloud::HetznerSim;
use crate::sim::error::unprocessable;
use crate::sim::kind::Kind;
use crate::sim::resource::{Meta, Resource, kept_in};
use crate::sim::rrset::{RrSet, RrSets};
use iac_testkit::sim::{SimResponse, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The nameservers that every zone is assigned.
pub(super) const NAMESERVERS: [&str; 3] =
    ["hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de."];

/// The id of the set with the start of authority.
pub(crate) const SOA_ID: &str = "@/SOA";

/// Where a zone's records come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// Kept here.
    Primary,
    /// Transferred from other nameservers.
    Secondary,
}

impl Mode {
    pub(super) fn of(word: &str) -> Self {
        if word == "secondary" { Self::Secondary } else { Self::Primary }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }
}

/// A nameserver that a secondary zone is transferred from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PrimaryNameserver {
    pub(super) address: String,
    pub(super) port: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tsig_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tsig_algorithm: Option<String>,
}

/// A DNS zone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Zone {
    pub(crate) meta: Meta,
    pub(crate) mode: Mode,
    pub(super) ttl_seconds: u64,
    pub(super) protected: bool,
    pub(super) primary_nameservers: Vec<PrimaryNameserver>,
    /// Always empty in a secondary zone: nobody transfers anything here.
    pub(crate) rrsets: RrSets,
    /// When its delegation was looked at; none while it is being created.
    pub(super) checked: Option<SimTime>,
    /// True from the answer to a deletion to its end.
    pub(super) deleting: bool,
}

/// What happens to a zone at the end of an action.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// It is served.
    Ready,
    Ttl(u64),
    Protect(bool),
    PrimaryNameservers(Vec<PrimaryNameserver>),
    Import {
        ttl_seconds: Option<u64>,
        rrsets: RrSets,
    },
    Delete,
}

/// An action has ended well.
pub(crate) fn apply(sim: &mut HetznerSim, id: u64, change: Change) {
    let now = sim.now;
    let Some(zone) = sim.state.zones.get_mut(&id) else {
        return;
    };
    match change {
        Change::Ready => zone.checked = Some(now),
        Change::Ttl(ttl_seconds) => zone.ttl_seconds = ttl_seconds,
        Change::Protect(protected) => zone.protected = protected,
        Change::PrimaryNameservers(nameservers) => zone.primary_nameservers = nameservers,
        Change::Import { ttl_seconds, rrsets } => {
            zone.ttl_seconds = ttl_seconds.unwrap_or(zone.ttl_seconds);
            zone.rrsets = rrsets;
            zone.raise_serial(now);
        }
        Change::Delete => {
            sim.state.zones.remove(&id);
        }
    }
}

/// An action has failed.
pub(crate) fn revert(sim: &mut HetznerSim, id: u64, change: &Change) {
    if let (Change::Delete, Some(zone)) = (change, sim.state.zones.get_mut(&id)) {
        zone.deleting = false;
    }
}

impl Resource for Zone {
    kept_in!(Zone, zones);

    fn visible(&self) -> bool {
        !self.deleting
    }

    fn view(&self, sim: &HetznerSim) -> Value {
        // Every domain counts as registered elsewhere and delegated to these nameservers.
        let delegated: &[&str] = if self.checked.is_some() { &NAMESERVERS } else { &[] };
        let nameservers = json!({
            "assigned": NAMESERVERS,
            "delegated": delegated,
            "delegation_last_check": self.checked.map(SimTime::to_rfc3339),
            "delegation_status": if self.checked.is_some() { "valid" } else { "unknown" },
        });
        let updating = sim.is_locked(Kind::Zone, self.meta.id);
        self.meta.view_with(json!({
            "mode": self.mode,
            "primary_nameservers": self.primary_nameservers,
            "protection": { "delete": self.protected },
            "ttl": self.ttl_seconds,
            "status": if updating { "updating" } else { "ok" },
            "record_count": self.rrsets.values().map(|set| set.records.len()).sum::<usize>(),
            "authoritative_nameservers": nameservers,
            "registrar": "other",
        }))
    }
}

impl Zone {
    /// The sets of a new primary zone.
    pub(super) fn first_sets(now: SimTime) -> RrSets {
        let soa = soa_value(first_serial(now));
        let nameservers = NAMESERVERS.map(str::to_owned);
        let sets = [RrSet::plain("@", "SOA", &[soa], now), RrSet::plain("@", "NS", &nameservers, now)];
        sets.into_iter().map(|set| (set.id(), set)).collect()
    }

    /// Refuses what only a zone of this mode can do.
    pub(crate) fn require_mode(&self, mode: Mode) -> Result<(), SimResponse> {
        if self.mode == mode {
            return Ok(());
        }
        let message = "this operation is not supported for this zone's mode";
        Err(unprocessable("incorrect_zone_mode", message))
    }

    /// Raises the serial number, as every change of records does: `YYYYMMDDnn`, always growing.
    pub(crate) fn raise_serial(&mut self, now: SimTime) {
        let record = self.rrsets.get_mut(SOA_ID).and_then(|set| set.records.first_mut());
        if let Some(record) = record {
            let mut words: Vec<String> = record.value.split_ascii_whitespace().map(str::to_owned).collect();
            if let Some(word) = words.get_mut(2) {
                let before: u32 = word.parse().unwrap_or_default();
                *word = first_serial(now).max(before.wrapping_add(1)).to_string();
            }
            record.value = words.join(" ");
        }
    }
}

fn soa_value(serial: u32) -> String {
    let [nameserver, ..] = NAMESERVERS;
    format!("{nameserver} dns.hetzner.com. {serial} 86400 10800 3600000 3600")
}

/// The first serial number of a day.
fn first_serial(now: SimTime) -> u32 {
    const DATE_DIGITS: usize = 8;
    const CHANGES_PER_DAY: u32 = 100;
    let date: String = now.to_rfc3339().chars().filter(char::is_ascii_digit).take(DATE_DIGITS).collect();
    date.parse::<u32>().unwrap_or_default().wrapping_mul(CHANGES_PER_DAY)
}
