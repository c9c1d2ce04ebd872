//! Owns the domains that simulated buckets are read under. Knows nothing of the objects.
//!
//! The vendor publishes no error codes for these calls; the statuses are those that its users report.
use super::super::answer::{Answer, error, ok};
use super::super::cloud::CloudflareSim;
use super::super::input;
use super::super::inspect::InventoryItem;
use super::super::pending::Pending;
use super::bucket::{Bucket, MALFORMED, of};
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const TYPE: &str = "cloudflare:r2_custom_domain";
const TLS: [&str; 4] = ["1.0", "1.1", "1.2", "1.3"];

/// A domain of a bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Domain {
    zone: String,
    zone_name: String,
    pub(super) enabled: bool,
    min_tls: String,
    ciphers: Vec<String>,
    /// Until its certificate is there.
    certificate: Option<Pending>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Create {
    domain: String,
    zone_id: String,
    enabled: bool,
    #[serde(rename = "minTLS")]
    min_tls: Option<String>,
    ciphers: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    enabled: Option<bool>,
    #[serde(rename = "minTLS")]
    min_tls: Option<String>,
    ciphers: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Managed {
    enabled: bool,
}

pub(super) fn item(bucket: &str, domain: &str) -> InventoryItem {
    InventoryItem::new(TYPE, format!("{bucket}/{domain}"), domain)
}

/// The domain of the vendor's own.
pub(super) fn managed_domain(bucket: &Bucket) -> String {
    format!("pub-{}.r2.dev", bucket.managed_id)
}

fn managed(bucket: &Bucket) -> Value {
    json!({ "bucketId": bucket.managed_id, "domain": managed_domain(bucket), "enabled": bucket.is_public })
}

pub(super) fn get_managed(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    ok(managed(of(cloud, request, params)?))
}

pub(super) fn put_managed(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let bucket = of(cloud, request, params)?;
    bucket.is_public = input::read_as::<Managed>(request, MALFORMED)?.enabled;
    ok(managed(bucket))
}

/// What creates and changes answer: no status.
fn settings(name: &str, domain: &Domain) -> Value {
    json!({
        "domain": name, "enabled": domain.enabled, "zoneId": domain.zone, "minTLS": domain.min_tls,
        "ciphers": domain.ciphers,
    })
}

fn view(name: &str, domain: &Domain) -> Value {
    let (ownership, ssl) =
        if domain.certificate.is_some() { ("pending", "initializing") } else { ("active", "active") };
    let mut body = settings(name, domain);
    body["zoneName"] = json!(domain.zone_name);
    body["status"] = json!({ "ownership": ownership, "ssl": ssl });
    body
}

fn missing() -> SimResponse {
    error(404, 10_044, "The specified custom domain does not exist.")
}

fn check_tls(min_tls: &str) -> Result<(), SimResponse> {
    match TLS.contains(&min_tls) {
        true => Ok(()),
        false => Err(error(400, MALFORMED, format!("{min_tls} is no version of TLS"))),
    }
}

pub(super) fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let (pace, now) = (cloud.config.pace, cloud.now);
    let bucket = of(cloud, request, params)?;
    bucket.domains.values_mut().for_each(|domain| look(domain, pace, now));
    let domains: Vec<Value> = bucket.domains.iter().map(|(name, domain)| view(name, domain)).collect();
    ok(json!({ "domains": domains }))
}

fn look(domain: &mut Domain, pace: super::super::config::Pace, now: iac_testkit::sim::SimTime) {
    if domain.certificate.as_mut().is_some_and(|pending| pending.look(pace, now)) {
        domain.certificate = None;
    }
}

pub(super) fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    of(cloud, request, params)?;
    let body: Create = input::read_as(request, MALFORMED)?;
    let min_tls = body.min_tls.unwrap_or_else(|| "1.0".to_owned());
    check_tls(&min_tls)?;
    let zone = cloud.state.zones.get(&body.zone_id);
    let Some(zone_name) = zone.map(|zone| zone.name.clone()) else {
        return Err(error(400, 10_041, "The zone does not exist in this account."));
    };
    let is_inside = body.domain == zone_name || body.domain.ends_with(&format!(".{zone_name}"));
    if !is_inside {
        return Err(error(
            400,
            10_041,
            format!("The domain {} is not in the zone {zone_name}.", body.domain),
        ));
    }
    if cloud.state.r2.values().any(|bucket| bucket.domains.contains_key(&body.domain)) {
        return Err(error(409, 10_043, format!("The domain {} is already in use.", body.domain)));
    }
    let domain = Domain {
        zone: body.zone_id,
        zone_name,
        enabled: body.enabled,
        min_tls,
        ciphers: body.ciphers.unwrap_or_default(),
        certificate: Some(Pending::new(cloud.now)),
    };
    let shown = settings(&body.domain, &domain);
    of(cloud, request, params)?.domains.insert(body.domain, domain);
    ok(shown)
}

pub(super) fn get(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let (pace, now) = (cloud.config.pace, cloud.now);
    let name = params.get("domain").unwrap_or_default();
    let domain = of(cloud, request, params)?.domains.get_mut(name).ok_or_else(missing)?;
    look(domain, pace, now);
    ok(view(name, domain))
}

pub(super) fn put(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let name = params.get("domain").unwrap_or_default();
    let domain = of(cloud, request, params)?.domains.get_mut(name).ok_or_else(missing)?;
    let body: Put = input::read_as(request, MALFORMED)?;
    if let Some(min_tls) = body.min_tls {
        check_tls(&min_tls)?;
        domain.min_tls = min_tls;
    }
    domain.enabled = body.enabled.unwrap_or(domain.enabled);
    if let Some(ciphers) = body.ciphers {
        domain.ciphers = ciphers;
    }
    ok(settings(name, domain))
}

pub(super) fn delete(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let name = params.get("domain").unwrap_or_default();
    of(cloud, request, params)?.domains.remove(name).ok_or_else(missing)?;
    ok(json!({ "domain": name }))
}
