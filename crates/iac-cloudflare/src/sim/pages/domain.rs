//! Owns the further domains of simulated projects. Knows the DNS records of the account's own zones, and
//! takes it that others do as they are told.
use super::super::answer::{self, Answer, error, ok};
use super::super::cloud::CloudflareSim;
use super::super::input;
use super::super::inspect::InventoryItem;
use super::super::pending::Pending;
use super::project::{Project, of, uuid};
use crate::check;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const TYPE: &str = "cloudflare:pages_domain";
const PAGE_SIZES: (u64, u64, u64) = (1, 25, 50);

/// A domain of a project.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Domain {
    id: String,
    created_on: String,
    zone: String,
    /// Until its certificate is there.
    certificate: Option<Pending>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    name: String,
}

pub(super) fn item(project: &str, name: &str) -> InventoryItem {
    InventoryItem::new(TYPE, format!("{project}/{name}"), name)
}

/// Whether visitors of a domain get to the project: in a zone of the account by its record, elsewhere by
/// what its owner was told to do.
fn is_pointed_here(cloud: &CloudflareSim, name: &str, subdomain: &str) -> bool {
    let is_in = |zone: &str| name == zone || name.ends_with(&format!(".{zone}"));
    if !cloud.state.zones.values().any(|zone| is_in(&zone.name)) {
        return true;
    }
    let mut records = cloud.state.dns_records.values();
    records.any(|record| record.kind == "CNAME" && record.name == name && record.content == subdomain)
}

fn view(name: &str, domain: &Domain) -> Value {
    let is_active = domain.certificate.is_none();
    let status = if is_active { "active" } else { "pending" };
    json!({
        "id": domain.id,
        "domain_id": domain.id,
        "name": name,
        "status": status,
        "created_on": domain.created_on,
        "certificate_authority": "google",
        "zone_tag": domain.zone,
        "validation_data": { "status": status, "method": "http" },
        "verification_data": { "status": if is_active { "active" } else { "pending" } },
    })
}

fn missing() -> SimResponse {
    error(404, 8_000_021, "The domain you have specified does not exist.")
}

fn domain_of<'a>(project: &'a mut Project, params: &Params) -> Result<&'a mut Domain, SimResponse> {
    project.domains.get_mut(params.get("domain_name").unwrap_or_default()).ok_or_else(missing)
}

pub(super) fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let project = of(cloud, params)?;
    let domains: Vec<(&String, &Domain)> = project.domains.iter().collect();
    answer::page(request, PAGE_SIZES, &domains, |(name, domain)| view(name, domain))
}

pub(super) fn create(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    of(cloud, params)?;
    let Create { name } = input::read_as(request, 8_000_006)?;
    if check::domain(&name).is_some() {
        return Err(error(400, 8_000_015, "The domain you have specified is not valid."));
    }
    if cloud.state.pages.projects.values().any(|project| project.domains.contains_key(&name)) {
        return Err(error(
            409,
            8_000_018,
            "You have already added this custom domain. Try adding another domain.",
        ));
    }
    let zones = cloud.state.zones.values();
    let zone = zones.filter(|zone| name == zone.name || name.ends_with(&format!(".{}", zone.name)));
    let domain = Domain {
        zone: zone.map(|zone| zone.id.clone()).next().unwrap_or_default(),
        id: uuid(cloud),
        created_on: cloud.timestamp(),
        certificate: Some(Pending::new(cloud.now)),
    };
    let shown = view(&name, &domain);
    of(cloud, params)?.domains.insert(name, domain);
    ok(shown)
}

pub(super) fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let (pace, now) = (cloud.config.pace, cloud.now);
    let name = params.get("domain_name").unwrap_or_default();
    let subdomain = of(cloud, params)?.subdomain();
    let is_pointed_here = is_pointed_here(cloud, name, &subdomain);
    let domain = domain_of(of(cloud, params)?, params)?;
    let is_done = domain.certificate.as_mut().is_some_and(|pending| pending.look(pace, now));
    if is_done && is_pointed_here {
        domain.certificate = None;
    }
    ok(view(name, domain))
}

/// The vendor looks again.
pub(super) fn patch(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    get(cloud, request, params)
}

pub(super) fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let project = of(cloud, params)?;
    project.domains.remove(params.get("domain_name").unwrap_or_default()).ok_or_else(missing)?;
    ok(Value::Null)
}
