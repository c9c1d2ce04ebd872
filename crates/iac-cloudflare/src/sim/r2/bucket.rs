//! Owns simulated buckets. Knows nothing of rules, domains and objects but that they go with them.
use super::super::account;
use super::super::answer::{Answer, error, number, ok};
use super::super::cloud::CloudflareSim;
use super::super::input;
use super::super::inspect::InventoryItem;
use super::domain::{self, Domain};
use super::object::Object;
use super::rule::{self, Rules};
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TYPE: &str = "cloudflare:r2_bucket";
/// Where a bucket is put that nobody says a place for.
const LOCATION_DEFAULT: &str = "wnam";
const LOCATIONS: [&str; 6] = ["apac", "eeur", "enam", "weur", "wnam", "oc"];
const STORAGE_CLASSES: [&str; 2] = ["Standard", "InfrequentAccess"];
const JURISDICTIONS: [&str; 5] = ["default", "eu", "us", "fedramp", "fedramp-high"];
/// The code of a body that is not as it should be.
pub(super) const MALFORMED: u64 = 10_040;
/// Buckets on a page, and their most.
const PER_PAGE: u64 = 20;
const PER_PAGE_MAX: u64 = 1_000;

/// All buckets, by account, jurisdiction and name.
pub(crate) type Buckets = BTreeMap<String, Bucket>;

/// A bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Bucket {
    account: String,
    jurisdiction: String,
    pub(super) name: String,
    created_on: String,
    location: String,
    storage_class: String,
    pub(super) rules: Rules,
    /// What the domain of the vendor's own is made of.
    pub(super) managed_id: String,
    pub(super) is_public: bool,
    pub(super) domains: BTreeMap<String, Domain>,
    pub(super) objects: BTreeMap<String, Object>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Create {
    name: String,
    location_hint: Option<String>,
    storage_class: Option<String>,
}

impl Bucket {
    /// The id that the provider gives it.
    fn id(&self) -> String {
        match self.jurisdiction.as_str() {
            "default" => self.name.clone(),
            other => format!("{}/{other}", self.name),
        }
    }
}

pub(crate) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    for bucket in cloud.state.r2.values() {
        into.push(InventoryItem::new(TYPE, bucket.id(), &bucket.name));
        into.extend(bucket.domains.keys().map(|name| domain::item(&bucket.id(), name)));
    }
}

/// The account and the jurisdiction of a request.
fn place<'a>(
    cloud: &CloudflareSim,
    request: &'a SimRequest,
    params: &'a Params,
) -> Result<(&'a str, &'a str), SimResponse> {
    let account = account::of(cloud, params)?;
    let jurisdiction = request.header("cf-r2-jurisdiction").unwrap_or("default");
    match JURISDICTIONS.contains(&jurisdiction) {
        true => Ok((account, jurisdiction)),
        false => Err(error(400, 10_014, format!("{jurisdiction} is no jurisdiction"))),
    }
}

fn key(account: &str, jurisdiction: &str, name: &str) -> String {
    format!("{account}/{jurisdiction}/{name}")
}

/// Whether an account has a bucket in a jurisdiction.
pub(crate) fn exists(cloud: &CloudflareSim, (account, jurisdiction): (&str, &str), name: &str) -> bool {
    cloud.state.r2.contains_key(&key(account, jurisdiction, name))
}

fn no_such_bucket() -> SimResponse {
    error(404, 10_006, "The specified bucket does not exist.")
}

/// The bucket of a path.
pub(super) fn of<'a>(
    cloud: &'a mut CloudflareSim,
    request: &SimRequest,
    params: &Params,
) -> Result<&'a mut Bucket, SimResponse> {
    let (account, jurisdiction) = place(cloud, request, params)?;
    let key = key(account, jurisdiction, params.get("bucket_name").unwrap_or_default());
    cloud.state.r2.get_mut(&key).ok_or_else(no_such_bucket)
}

fn view(bucket: &Bucket) -> Value {
    json!({
        "name": bucket.name,
        "creation_date": bucket.created_on,
        "location": bucket.location,
        "jurisdiction": bucket.jurisdiction,
        "storage_class": bucket.storage_class,
    })
}

pub(super) fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let (account, jurisdiction) = place(cloud, request, params)?;
    let size = number(request, "per_page", PER_PAGE, 1..=PER_PAGE_MAX)?;
    let after = request.query("cursor").or(request.query("start_after")).unwrap_or_default();
    let phrase = request.query("name_contains").unwrap_or_default();
    let prefix = key(account, jurisdiction, "");
    let names = cloud.state.r2.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(_, bucket)| bucket);
    let found: Vec<&Bucket> =
        names.filter(|bucket| bucket.name.contains(phrase) && bucket.name.as_str() > after).collect();
    let shown: Vec<&Bucket> =
        found.iter().copied().take(usize::try_from(size).unwrap_or(usize::MAX)).collect();
    let mut info = json!({ "per_page": size });
    if let Some(last) = shown.last().filter(|_| shown.len() < found.len()) {
        info["cursor"] = json!(last.name);
    }
    Ok(SimResponse::json(
        200,
        json!({
            "success": true, "errors": [], "messages": [], "result_info": info,
            "result": { "buckets": shown.into_iter().map(view).collect::<Vec<_>>() },
        }),
    ))
}

fn is_name(name: &str) -> bool {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.bytes().all(|c| inner(c) || c == b'-')
        && name.bytes().next().is_some_and(inner)
        && name.bytes().last().is_some_and(inner)
}

pub(super) fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let (account, jurisdiction) = place(cloud, request, params)?;
    let body: Create = input::read_as(request, MALFORMED)?;
    if !is_name(&body.name) {
        return Err(error(400, 10_005, "The specified bucket name is not valid."));
    }
    let location = body.location_hint.unwrap_or_else(|| LOCATION_DEFAULT.to_owned());
    let storage_class = body.storage_class.unwrap_or_else(|| "Standard".to_owned());
    if !LOCATIONS.contains(&location.as_str()) || !STORAGE_CLASSES.contains(&storage_class.as_str()) {
        return Err(error(400, MALFORMED, "The JSON you provided was not well formed."));
    }
    let key = key(account, jurisdiction, &body.name);
    if cloud.state.r2.contains_key(&key) {
        return Err(error(409, 10_004, "The bucket you tried to create already exists, and you own it."));
    }
    if !cloud.has_room(TYPE, cloud.state.r2.len()) {
        return Err(error(
            400,
            10_009,
            "You have attempted to create more buckets than you are allowed to have.",
        ));
    }
    let bucket = Bucket {
        account: account.to_owned(),
        jurisdiction: jurisdiction.to_owned(),
        name: body.name,
        created_on: cloud.timestamp(),
        location,
        storage_class,
        rules: Rules::of_new_bucket(),
        managed_id: cloud.hex("r2.dev", 32),
        is_public: false,
        domains: BTreeMap::new(),
        objects: BTreeMap::new(),
    };
    let shown = view(&bucket);
    cloud.state.r2.insert(key, bucket);
    ok(shown)
}

pub(super) fn get(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    ok(view(of(cloud, request, params)?))
}

pub(super) fn patch(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let bucket = of(cloud, request, params)?;
    let class = request.header("cf-r2-storage-class").unwrap_or_default();
    if !STORAGE_CLASSES.contains(&class) {
        return Err(error(400, 10_062, "The storage class you specified is not valid."));
    }
    bucket.storage_class = class.to_owned();
    ok(view(bucket))
}

pub(super) fn delete(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let bucket = of(cloud, request, params)?;
    if !bucket.objects.is_empty() {
        return Err(error(409, 10_008, "The bucket you tried to delete is not empty."));
    }
    let key = key(&bucket.account, &bucket.jurisdiction, &bucket.name);
    cloud.state.r2.remove(&key);
    ok(json!({}))
}

/// Whether an object may not be deleted or overwritten now.
pub(super) fn is_locked(bucket: &Bucket, object_key: &str) -> bool {
    rule::locks(&bucket.rules, object_key)
}
