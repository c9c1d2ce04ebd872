//! Owns the routes of DNS records. Knows no rule.
use super::super::answer::{self, Answer, error, ok};
use super::super::cloud::CloudflareSim;
use super::super::inspect::InventoryItem;
use super::super::routes::Routes;
use super::super::{input, zone};
use super::filter;
use super::record::{Given, Record};
use super::rules::{self, Sound};
use crate::dns::unmarked;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::json;

const TYPE: &str = "cloudflare:dns_record";
/// Records of a zone on the free plan, and on a paid one.
const RECORDS_MAX: [usize; 2] = [200, 3_500];

pub(crate) fn routes(router: Routes) -> Routes {
    router
        .route("GET /zones/{zone_id}/dns_records", list)
        .route("POST /zones/{zone_id}/dns_records", create)
        .route("GET /zones/{zone_id}/dns_records/{dns_record_id}", get)
        .route("PUT /zones/{zone_id}/dns_records/{dns_record_id}", overwrite)
        .route("PATCH /zones/{zone_id}/dns_records/{dns_record_id}", edit)
        .route("DELETE /zones/{zone_id}/dns_records/{dns_record_id}", delete)
}

pub(crate) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    into.extend(cloud.state.dns_records.values().map(|record| {
        let id = format!("{}/{}", record.zone, record.id);
        let (_, marker) = unmarked(record.comment.as_deref().unwrap_or_default());
        let item =
            InventoryItem::new(TYPE, id, format!("{} {} {}", record.name, record.kind, record.content));
        InventoryItem { marker: marker.map(str::to_owned), ..item }
    }));
}

/// What goes with a zone.
pub(crate) fn forget(cloud: &mut CloudflareSim, zone: &str) {
    cloud.state.dns_records.retain(|_, record| record.zone != zone);
}

fn of<'a>(cloud: &'a CloudflareSim, params: &Params) -> Result<&'a Record, SimResponse> {
    let zone = &zone::of(cloud, params)?.id;
    let record = params.get("dns_record_id").and_then(|id| cloud.state.dns_records.get(id));
    record.filter(|record| record.zone == *zone).ok_or_else(|| error(404, 81_044, "Record does not exist."))
}

fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let zone = &zone::of(cloud, params)?.id;
    let records = cloud.state.dns_records.values().filter(|record| record.zone == *zone);
    let mut shown: Vec<&Record> = records.filter(|record| filter::shows(request, record)).collect();
    shown.sort_by(|one, other| (&one.kind, &one.name, &one.id).cmp(&(&other.kind, &other.name, &other.id)));
    if request.query("order") == Some("name") {
        shown.sort_by(|one, other| one.name.cmp(&other.name));
    }
    if request.query("direction") == Some("desc") {
        shown.reverse();
    }
    answer::page(request, (1, 100, 5_000_000), &shown, |record| record.view())
}

fn keep(cloud: &mut CloudflareSim, zone: String, id: String, created_on: String, new: Sound) -> Answer {
    let record = Record {
        id: id.clone(),
        zone,
        name: new.name,
        kind: new.kind.as_str().to_owned(),
        content: new.content,
        data: new.data,
        priority: new.priority,
        ttl: new.ttl,
        proxied: new.proxied,
        comment: new.comment,
        tags: new.tags,
        settings: new.settings,
        created_on,
        modified_on: cloud.timestamp(),
    };
    let shown = record.view();
    cloud.state.dns_records.insert(id, record);
    ok(shown)
}

fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let (zone, name) = {
        let zone = zone::of(cloud, params)?;
        (zone.id.clone(), zone.name.clone())
    };
    let given: Given = input::read(request)?;
    let new = rules::sound(cloud, &name, given)?;
    rules::beside(cloud, &zone, None, &new)?;
    let count = cloud.state.dns_records.values().filter(|record| record.zone == zone).count();
    if count >= RECORDS_MAX[usize::from(cloud.config.paid)] || !cloud.has_room(TYPE, count) {
        return Err(error(400, 81_045, "Record quota exceeded."));
    }
    let id = cloud.next_id();
    let now = cloud.timestamp();
    keep(cloud, zone, id, now, new)
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    ok(of(cloud, params)?.view())
}

fn change(cloud: &mut CloudflareSim, params: &Params, given: Given) -> Answer {
    let name = zone::of(cloud, params)?.name.clone();
    let record = of(cloud, params)?.clone();
    let new = rules::sound(cloud, &name, given)?;
    rules::beside(cloud, &record.zone, Some(&record.id), &new)?;
    keep(cloud, record.zone, record.id, record.created_on, new)
}

fn overwrite(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    of(cloud, params)?;
    let given = input::read(request)?;
    change(cloud, params, given)
}

fn edit(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let given: Given = input::read(request)?;
    let given = given.on_top_of(of(cloud, params)?);
    change(cloud, params, given)
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let id = of(cloud, params)?.id.clone();
    cloud.state.dns_records.remove(&id);
    ok(json!({ "id": id }))
}
