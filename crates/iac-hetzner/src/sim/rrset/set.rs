//! Owns resource record sets: their contents and the rules among those of one zone. Knows no
//! requests' paths and no actions.
use super::record::{TYPES, check_name, check_value};
use crate::sim::error::{invalid_input, uniqueness};
use crate::sim::input::Input;
use crate::sim::label::Labels;
use iac_testkit::sim::{SimResponse, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The bounds of times to live.
pub(crate) const TTL_SECONDS: RangeInclusive<u64> = 60..=2_147_483_647;
/// How many records a request may name.
pub(crate) const RECORDS_MAX: usize = 50;
const COMMENT_CHARACTERS_MAX: usize = 255;

/// The sets of one zone by id, such as `www/A`.
pub(crate) type RrSets = BTreeMap<String, RrSet>;

/// All records of one name and type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RrSet {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) ttl_seconds: Option<u64>,
    pub(crate) labels: Labels,
    pub(crate) protected: bool,
    pub(crate) records: Vec<Record>,
    pub(crate) created: SimTime,
}

/// One record; within its set it is known by its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) value: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) comment: String,
}

/// Why a set cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidSet {
    /// The set's field, such as `records.0.value`.
    pub(crate) field: String,
    pub(crate) reason: &'static str,
}

impl From<InvalidSet> for SimResponse {
    fn from(invalid: InvalidSet) -> Self {
        invalid_input(&invalid.field, invalid.reason)
    }
}

impl RrSet {
    /// A set without labels and comments.
    pub(crate) fn plain(name: &str, kind: &str, values: &[String], created: SimTime) -> Self {
        let record = |value: &String| Record { value: value.clone(), comment: String::new() };
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            ttl_seconds: None,
            labels: Labels::new(),
            protected: false,
            records: values.iter().map(record).collect(),
            created,
        }
    }

    /// Its id within its zone.
    pub(crate) fn id(&self) -> String {
        format!("{}/{}", self.name, self.kind)
    }

    /// The set as the API shows it.
    pub(crate) fn view(&self, zone_id: u64) -> Value {
        json!({
            "id": self.id(),
            "name": self.name,
            "type": self.kind,
            "ttl": self.ttl_seconds,
            "labels": self.labels,
            "protection": { "change": self.protected },
            "records": self.records,
            "zone": zone_id,
        })
    }

    /// Refuses records that a set of this type cannot have.
    pub(crate) fn check(&self) -> Result<(), InvalidSet> {
        let refuse = |field: String, reason: &'static str| InvalidSet { field, reason };
        if self.records.is_empty() {
            return Err(refuse("records".to_owned(), "must not be empty"));
        }
        let single = matches!(self.kind.as_str(), "CNAME" | "SOA");
        if single && self.records.len() > 1 {
            return Err(refuse("records".to_owned(), "must contain exactly one record for this type"));
        }
        let mut values = BTreeSet::new();
        for (index, record) in self.records.iter().enumerate() {
            let name = format!("records.{index}.value");
            if let Err(reason) = check_value(&self.kind, &record.value) {
                return Err(refuse(name, reason));
            }
            if !values.insert(&record.value) {
                return Err(refuse(name, "must be distinct"));
            }
        }
        Ok(())
    }
}

/// A set of a request.
pub(crate) fn read_set(input: &Input, zone_name: &str, now: SimTime) -> Result<RrSet, SimResponse> {
    let name = input.required_text("name")?;
    check_name(name, zone_name).map_err(|reason| input.refuse("name", reason))?;
    let kind = input.require("type", input.choice("type", &TYPES)?)?;
    let set = RrSet {
        name: name.to_owned(),
        kind: kind.to_owned(),
        ttl_seconds: input.integer_within("ttl", TTL_SECONDS)?,
        labels: input.labels()?.unwrap_or_default(),
        protected: false,
        records: read_records(input)?,
        created: now,
    };
    set.check()?;
    Ok(set)
}

/// The records of a request; their values are checked by [`RrSet::check`].
pub(crate) fn read_records(input: &Input) -> Result<Vec<Record>, SimResponse> {
    let records = input.require("records", input.objects("records")?)?;
    if records.is_empty() || records.len() > RECORDS_MAX {
        return Err(input.refuse("records", format!("must have between 1 and {RECORDS_MAX} items")));
    }
    let read = |record: &Input| {
        let value = record.required_text("value")?.to_owned();
        let comment =
            record.text_within("comment", 0..=COMMENT_CHARACTERS_MAX)?.unwrap_or_default().to_owned();
        Ok(Record { value, comment })
    };
    records.iter().map(read).collect()
}

/// Adds a set that is not there yet.
pub(crate) fn insert_new(sets: &mut RrSets, set: RrSet) -> Result<(), SimResponse> {
    let id = set.id();
    if sets.contains_key(&id) {
        return Err(uniqueness(format!("RRSet with name and type '{id}' already exists"), "name"));
    }
    let mut same_name = sets.values().filter(|other| other.name == set.name);
    let clash = same_name.any(|other| other.kind == "CNAME" || set.kind == "CNAME");
    if clash {
        let reason = "a CNAME record cannot exist beside other records of the same name";
        return Err(invalid_input("name", reason));
    }
    sets.insert(id, set);
    Ok(())
}
