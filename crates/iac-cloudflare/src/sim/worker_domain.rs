//! Owns simulated custom domains of Workers. Answers no visitor.
use super::account;
use super::answer::{Answer, error, ok};
use super::cloud::CloudflareSim;
use super::input;
use super::inspect::InventoryItem;
use super::routes::Routes;
use super::worker;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const TYPE: &str = "cloudflare:worker_domain";

/// A host name whose requests go to a script.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Domain {
    pub(crate) id: String,
    pub(crate) hostname: String,
    pub(crate) service: String,
    pub(crate) zone: String,
    pub(crate) certificate: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    hostname: String,
    service: String,
    zone_id: Option<String>,
    zone_name: Option<String>,
    environment: Option<String>,
    #[serde(default)]
    override_existing_origin: bool,
}

pub(super) fn routes(router: Routes) -> Routes {
    let domains = "/accounts/{account_id}/workers/domains";
    router
        .route(&format!("GET {domains}"), list)
        .route(&format!("PUT {domains}"), put)
        .route(&format!("GET {domains}/{{domain_id}}"), get)
        .route(&format!("DELETE {domains}/{{domain_id}}"), delete)
}

/// Domains go with their zone.
pub(super) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    let there = there(cloud);
    into.extend(there.map(|domain| InventoryItem::new(TYPE, &domain.id, &domain.hostname)));
}

fn there(cloud: &CloudflareSim) -> impl Iterator<Item = &Domain> {
    cloud.state.workers.domains.values().filter(|domain| cloud.state.zones.contains_key(&domain.zone))
}

fn view(cloud: &CloudflareSim, domain: &Domain) -> Value {
    json!({
        "id": domain.id,
        "hostname": domain.hostname,
        "service": domain.service,
        "environment": "production",
        "zone_id": domain.zone,
        "zone_name": cloud.state.zones.get(&domain.zone).map(|zone| zone.name.as_str()).unwrap_or_default(),
        "cert_id": domain.certificate,
    })
}

fn unknown() -> SimResponse {
    error(404, 100_114, "Domain not found")
}

fn of<'a>(cloud: &'a CloudflareSim, params: &Params) -> Result<&'a Domain, SimResponse> {
    account::of(cloud, params)?;
    let id = params.get("domain_id").unwrap_or_default();
    there(cloud).find(|domain| domain.id == id).ok_or_else(unknown)
}

fn list(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    account::of(cloud, params)?;
    let wanted = |name: &str, value: &str| request.query(name).is_none_or(|wanted| wanted == value);
    let fits = |domain: &&Domain| {
        wanted("hostname", &domain.hostname)
            && wanted("service", &domain.service)
            && wanted("zone_id", &domain.zone)
    };
    ok(there(cloud).filter(fits).map(|domain| view(cloud, domain)).collect())
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    ok(view(cloud, of(cloud, params)?))
}

fn put(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    account::of(cloud, params)?;
    let body: Put = input::read(request)?;
    if body.environment.as_deref().is_some_and(|environment| environment != "production") {
        return Err(error(400, 10_092, "The environment does not exist on this Worker"));
    }
    let named = |zone: &&super::zone::Zone| {
        body.zone_id.as_ref().is_none_or(|id| zone.id == *id)
            && body.zone_name.as_ref().is_none_or(|name| zone.name == *name)
            && (body.hostname == zone.name || body.hostname.ends_with(&format!(".{}", zone.name)))
    };
    let Some(zone) = cloud.state.zones.values().find(named).map(|zone| zone.id.clone()) else {
        let text = format!("Hostname '{}' is not in the zone", body.hostname);
        return Err(error(400, 100_118, text));
    };
    if !cloud.state.workers.scripts.contains_key(&body.service) {
        return Err(worker::unknown());
    }
    let present = there(cloud).find(|domain| domain.hostname == body.hostname).cloned();
    if present
        .as_ref()
        .is_some_and(|present| present.service != body.service && !body.override_existing_origin)
    {
        let text = format!(
            "Hostname '{}' already in use by other custom domain. Either delete it, try a different hostname, or \
             use the option 'override_existing_origin' to override.",
            body.hostname
        );
        return Err(error(409, 100_116, text));
    }
    if present.is_none() && has_records(cloud, &zone, &body.hostname) {
        let text = format!(
            "Hostname '{}' already has externally managed DNS records (A, CNAME, etc). Delete them first or try a \
             different hostname.",
            body.hostname
        );
        return Err(error(409, 100_117, text));
    }
    let (id, certificate) = match present {
        Some(present) => (present.id, present.certificate),
        None => (cloud.next_id(), uuid(&cloud.hex("certificate", 32))),
    };
    let domain = Domain { id: id.clone(), hostname: body.hostname, service: body.service, zone, certificate };
    let shown = view(cloud, &domain);
    cloud.state.workers.domains.insert(id, domain);
    ok(shown)
}

/// Whether the zone has an address or an alias at the host.
fn has_records(cloud: &CloudflareSim, zone: &str, hostname: &str) -> bool {
    cloud.state.dns_records.values().any(|record| {
        record.zone == zone
            && record.name == hostname
            && matches!(record.kind.as_str(), "A" | "AAAA" | "CNAME")
    })
}

/// 32 hexadecimal digits as a UUID is written.
pub(super) fn uuid(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().collect();
    let group = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().iter().collect::<String>();
    [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-")
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let id = of(cloud, params)?.id.clone();
    cloud.state.workers.domains.remove(&id);
    // As the API answers here: nothing but that it was done.
    Ok(SimResponse::json(200, json!({ "success": true, "errors": [], "messages": [] })))
}
