//! The resource type of record sets. Knows nothing of how values are written; `record_value` does.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use super::check;
use super::key::{Key, explained};
use super::wire::{Body, ChangeTtl, Create, Made, Many, Put, Record, SetRecords, Zones};
use crate::client::Hetzner;
use crate::record_value::{self, RecordType};
use crate::zone::Zone;
use crate::{action, change, label, run, wire};

/// Record sets on one page of a listing: the most that the API gives.
const PER_PAGE: u32 = 50;
/// Between the comments of records that do not have the same one.
const COMMENT_SEPARATOR: &str = " | ";

/// All DNS records of one name and type in a [`Zone`](crate::Zone).
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{LoadBalancer, RecordSet, RecordType, Zone};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let zone = stack.add("dns", Zone::args().name("example.org"))?;
/// stack.add(
///     "mail",
///     RecordSet::args()
///         .zone(&zone)
///         .name("@")
///         .record_type(RecordType::Mx)
///         .ttl(3600u32)
///         .records(["10 mail.example.org.", "20 backup.example.org."]),
/// )?;
/// // A text is given without quotes.
/// stack.add(
///     "spf",
///     RecordSet::args().zone(&zone).name("@").record_type(RecordType::Txt).records(["v=spf1 mx -all"]),
/// )?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RecordSet;

/// Inputs of a [`RecordSet`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = RecordSet)]
pub struct RecordSetInputs {
    /// The zone, which must be in primary mode.
    #[field(replace)]
    pub zone: Id<Zone>,
    /// The name inside the zone, in lower case and without the zone's name: `www`, `@` for the zone
    /// itself, `*` for every other name.
    #[field(replace)]
    pub name: String,
    /// The type of the records.
    #[field(replace)]
    pub record_type: RecordType,
    /// How long resolvers keep the records, in seconds, 60 to 2147483647. By default as the zone
    /// says.
    pub ttl: Option<u32>,
    /// The values, all different. Names in them end with a dot, or they are inside the zone. Texts
    /// of `TXT` records are given without quotes and may have any length.
    #[field(set)]
    pub records: Vec<String>,
    /// A comment for people, kept with every record.
    pub comment: Option<String>,
    /// Whether the API refuses to change and to delete the set. To change a protected set, switch
    /// it off in an apply of its own.
    #[serde(default)]
    pub change_protection: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Outputs of a [`RecordSet`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct RecordSetOutputs {
    /// The zone: the same as the input, but known only once the set exists.
    #[field(stable)]
    pub zone_id: Id<Zone>,
}

#[async_trait]
impl Resource for RecordSet {
    const TYPE: &'static str = "hetzner:record_set";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ENTRY;
    type Provider = Hetzner;
    type Inputs = RecordSetInputs;
    type Outputs = RecordSetOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: RecordSetInputs) -> Result<Created<Self>> {
        let key = key_of(&inputs);
        let body = Create {
            name: &inputs.name,
            record_type: inputs.record_type,
            ttl: inputs.ttl,
            records: records(&inputs),
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let request = cx.client().http(cx).post("/zones/{zone}/rrsets").segment("zone", &inputs.zone);
        let made = request.json_body(&body).send::<Made>().await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => error
                .with_kind(ErrorKind::InvalidInput)
                .field("zone")
                .hint("the zone does not exist in this project"),
            _ => explained(error),
        })?;
        cx.checkpoint(&key.id()).await?;
        action::finish(cx, made.into_body().action.into_iter().collect()).await?;
        if inputs.change_protection {
            key.protect(cx, true).await?;
        }
        Ok(Created::new(key.id(), RecordSetOutputs { zone_id: inputs.zone }))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Ok(Key::parse(id)?.get(cx).await?.and_then(observed))
    }

    async fn update(cx: &Cx<'_, Hetzner>, id: &Id<Self>, change: Change<Self>) -> Result<RecordSetOutputs> {
        let (key, new) = (Key::parse(id)?, &change.new);
        let protect = change.touches("change_protection").then_some(new.change_protection);
        // What is protected cannot be changed: off comes first, on last.
        if protect == Some(false) {
            key.protect(cx, false).await?;
        }
        if change.touches("labels") {
            let body = Put { labels: label::marked(cx.marker(), &new.labels) };
            let request = key.request(cx, |http, path| http.put(path), "").json_body(&body);
            request.send_empty().await.map_err(explained)?;
        }
        if change.touches("ttl") {
            key.command(cx, "change_ttl", &ChangeTtl { ttl: new.ttl }).await?;
        }
        if change.touches("records") || change.touches("comment") {
            key.command(cx, "set_records", &SetRecords { records: records(new) }).await?;
        }
        if protect == Some(true) {
            key.protect(cx, true).await?;
        }
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let request = Key::parse(id)?.request(cx, |http, path| http.delete(path), "");
        match run::request(cx, request).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result.map_err(explained),
        }
    }

    /// One zone after the other. The page token is the zone's place in the list of zones and the
    /// page inside the zone.
    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (zone_place, zone_page) = place(&page)?;
        let http = cx.client().http(cx);
        let request = http.get("/zones").query(&[("page", zone_place), ("per_page", 1)]);
        let zones = request.send::<Zones>().await?.into_body();
        let more_zones = zones.meta.pagination.next_page.is_some();
        let Some(zone) = zones.zones.first() else { return Ok(Page::new(Vec::new(), None)) };
        let request = http.get("/zones/{zone}/rrsets").segment("zone", zone.id);
        let request = request.query(&[("page", zone_page), ("per_page", u64::from(PER_PAGE))]);
        let (sets, next_page) = match request.send::<Many>().await {
            Ok(answer) => {
                let body = answer.into_body();
                (body.rrsets, body.meta.pagination.next_page)
            }
            // The zone was deleted between the two requests.
            Err(error) if error.kind() == ErrorKind::NotFound => (Vec::new(), None),
            Err(error) => return Err(error),
        };
        let next = match next_page {
            Some(page) => Some(format!("{zone_place}/{page}")),
            None => more_zones.then(|| format!("{}/1", zone_place + 1)),
        };
        let items = sets.into_iter().filter_map(observed).collect();
        Ok(Page::new(items, next.map(|next| PageToken(Some(next)))))
    }

    /// The key finds the set, and its labels tell whether this create made it.
    async fn find(cx: &Cx<'_, Hetzner>, inputs: &RecordSetInputs) -> Result<Vec<Id<Self>>> {
        let key = key_of(inputs);
        let marker = label::marked(cx.marker(), &label::Labels::new());
        let is_ours = |set: &Body| marker.iter().all(|(name, value)| set.labels.get(name) == Some(value));
        Ok(key.get(cx).await?.filter(is_ours).map(|_| key.id()).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        check::faults(inputs)
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

fn key_of(inputs: &RecordSetInputs) -> Key {
    Key { zone: inputs.zone.as_str().to_owned(), name: inputs.name.clone(), record_type: inputs.record_type }
}

/// Where a listing goes on: the zone's place and the page inside the zone, both from 1.
fn place(page: &PageToken) -> Result<(u64, u64)> {
    let Some(text) = page.0.as_deref() else { return Ok((1, 1)) };
    let place = text.split_once('/').and_then(|(zone, page)| Some((zone.parse().ok()?, page.parse().ok()?)));
    place.ok_or_else(|| Error::internal(format!("`{text}` is no page token of record sets")))
}

fn records(inputs: &RecordSetInputs) -> Vec<Record> {
    let record = |value: &String| Record {
        value: record_value::to_wire(inputs.record_type, value),
        comment: inputs.comment.clone(),
    };
    inputs.records.iter().map(record).collect()
}

/// The one comment of all records; where they differ, all of them, so that it is seen.
fn common_comment(records: &[Record]) -> Option<String> {
    let comments: BTreeSet<&str> =
        records.iter().map(|record| record.comment.as_deref().unwrap_or_default()).collect();
    let text = comments.into_iter().filter(|comment| !comment.is_empty()).collect::<Vec<_>>();
    (!text.is_empty()).then(|| text.join(COMMENT_SEPARATOR))
}

/// `None` for a type that this crate does not know.
fn observed(set: Body) -> Option<Observed<RecordSet>> {
    let record_type = RecordType::parse(&set.record_type)?;
    let zone: Id<Zone> = wire::id(set.zone);
    let key = Key { zone: zone.as_str().to_owned(), name: set.name, record_type };
    let id = key.id();
    let inputs = RecordSetInputs {
        zone: zone.clone(),
        name: key.name,
        record_type,
        ttl: set.ttl,
        comment: common_comment(&set.records),
        records: set
            .records
            .iter()
            .map(|record| record_value::from_wire(record_type, &record.value))
            .collect(),
        change_protection: set.protection.change,
        labels: label::stripped(set.labels),
    };
    Some(Observed::new(id, inputs, RecordSetOutputs { zone_id: zone }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_given() {
        let set = |comments: [Option<&str>; 2]| -> Observed<RecordSet> {
            let [a, b] = comments;
            observed(
                serde_json::from_value(serde_json::json!({
                    "id": "@/TXT", "name": "@", "type": "TXT", "ttl": null, "zone": 42,
                    "labels": {"iac-token": "0"}, "protection": {"change": true},
                    "records": [{"value": "\"v=spf1 -all\"", "comment": a}, {"value": "\"b\"", "comment": b}],
                }))
                .unwrap(),
            )
            .unwrap()
        };
        let read = set([Some("mail"), Some("mail")]);
        assert_eq!(read.id.as_str(), "42/@/TXT");
        assert_eq!(read.inputs.records, ["v=spf1 -all", "b"]);
        assert_eq!(read.inputs.comment.as_deref(), Some("mail"));
        assert!(read.inputs.change_protection && read.inputs.labels.is_empty());
        assert_eq!(set([Some("x"), Some("mail")]).inputs.comment.as_deref(), Some("mail | x"));
        assert_eq!(set([None, Some("")]).inputs.comment, None);
        let wire = serde_json::to_value(records(&read.inputs)).unwrap();
        assert_eq!(wire[0], serde_json::json!({"value": "\"v=spf1 -all\"", "comment": "mail"}));
    }

    #[test]
    fn page_tokens() {
        assert_eq!(place(&PageToken(None)).unwrap(), (1, 1));
        assert_eq!(place(&PageToken(Some("3/2".into()))).unwrap(), (3, 2));
        assert!(place(&PageToken(Some("3".into()))).is_err());
    }
}
