//! Owns what a zone file must fulfil to be imported, and the way between zone files and sets.
//! Knows no requests.
use super::object::NAMESERVERS;
use super::zonefile::{self, FileRecord};
use crate::sim::error::invalid_input;
use crate::sim::rrset::{Record, RrSet, RrSets, TYPES, check_name, insert_new};
use iac_testkit::sim::{SimResponse, SimTime};

const FIELD: &str = "zonefile";

/// What a zone file says.
pub(super) struct Imported {
    pub(super) ttl_seconds: Option<u64>,
    pub(super) rrsets: RrSets,
}

/// Reads a zone file for a zone.
pub(super) fn read(text: &str, zone_name: &str, now: SimTime) -> Result<Imported, SimResponse> {
    let file = zonefile::parse(text, zone_name).map_err(|reason| invalid_input(FIELD, reason))?;
    let mut sets: Vec<RrSet> = Vec::new();
    for record in file.records {
        let FileRecord { name, ttl_seconds, kind, value, comment } = record;
        if !TYPES.contains(&kind.as_str()) {
            return Err(invalid_input(FIELD, format!("record type {kind} is not supported")));
        }
        check_name(&name, zone_name)
            .map_err(|reason| invalid_input(FIELD, format!("record name '{name}' {reason}")))?;
        let ttl_seconds = ttl_seconds.map(u64::from);
        let record = Record { value, comment };
        match sets.iter_mut().find(|set| set.name == name && set.kind == kind) {
            Some(set) if set.ttl_seconds != ttl_seconds => {
                let reason = format!("records of {name}/{kind} have different TTLs");
                return Err(invalid_input(FIELD, reason));
            }
            Some(set) => set.records.push(record),
            None => {
                let mut set = RrSet::plain(&name, &kind, &[], now);
                set.ttl_seconds = ttl_seconds;
                set.records.push(record);
                sets.push(set);
            }
        }
    }
    let mut rrsets = RrSets::new();
    for set in sets {
        set.check().map_err(|invalid| {
            invalid_input(FIELD, format!("{}: {} {}", set.id(), invalid.field, invalid.reason))
        })?;
        insert_new(&mut rrsets, set)?;
    }
    require_authority(&rrsets)?;
    Ok(Imported { ttl_seconds: file.ttl_seconds.map(u64::from), rrsets })
}

fn require_authority(rrsets: &RrSets) -> Result<(), SimResponse> {
    if !rrsets.contains_key("@/SOA") {
        return Err(invalid_input(FIELD, "a SOA record must be present"));
    }
    let named = |nameserver: &&str| {
        let set = rrsets.get("@/NS");
        set.is_some_and(|set| set.records.iter().any(|record| record.value == *nameserver))
    };
    match NAMESERVERS.iter().find(|nameserver| !named(nameserver)) {
        Some(missing) => Err(invalid_input(FIELD, format!("the NS record {missing} must be present"))),
        None => Ok(()),
    }
}

/// The zone file of sets, the authority first.
pub(super) fn write(zone_name: &str, ttl_seconds: u64, rrsets: &RrSets) -> String {
    let mut sets: Vec<&RrSet> = rrsets.values().collect();
    sets.sort_by_key(|set| match (set.name.as_str(), set.kind.as_str()) {
        ("@", "SOA") => 0,
        ("@", "NS") => 1,
        ("@", _) => 2,
        _ => 3,
    });
    let records: Vec<FileRecord> = sets
        .iter()
        .flat_map(|set| {
            set.records.iter().map(|record| FileRecord {
                name: set.name.clone(),
                ttl_seconds: set.ttl_seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
                kind: set.kind.clone(),
                value: record.value.clone(),
                comment: record.comment.clone(),
            })
        })
        .collect();
    zonefile::write(zone_name, ttl_seconds, &records)
}
