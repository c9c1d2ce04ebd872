//! Owns simulated zones. Knows nothing of what is in them but that it goes with them.
use super::answer::{self, Answer, error, ok};
use super::cloud::CloudflareSim;
use super::input;
use super::inspect::InventoryItem;
use super::pending::Pending;
use super::routes::Routes;
use super::ruleset;
use super::{account, dns, dnssec, setting};
use crate::check;
use iac_testkit::sim::{Params, SimRequest, SimResponse, SimTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

const TYPE: &str = "cloudflare:zone";
/// Public suffixes with two labels that the simulator knows: a zone is directly under a suffix.
const LONG_SUFFIXES: [&str; 4] = ["co.uk", "com.au", "co.jp", "com.br"];
/// How often a look at the name servers can be asked for on the free plan.
const CHECK_INTERVAL: Duration = Duration::from_secs(60 * 60);
const PLAN_ID: &str = "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee";

/// Takes away what goes with a zone.
type Forget = fn(&mut CloudflareSim, &str);

/// What is in zones.
const IN_ZONE: &[Forget] = &[
    dns::forget,
    dnssec::forget,
    setting::forget,
    // Rules and credentials.
    ruleset::forget,
    // Workers.
];

/// A zone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Zone {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) paused: bool,
    pub(crate) vanity_name_servers: Vec<String>,
    pub(crate) verification_key: Option<String>,
    pub(crate) created_on: String,
    pub(crate) modified_on: String,
    pub(crate) activated_on: Option<String>,
    /// Since when its activation has been asked for; a zone that nobody asks about stays pending.
    pub(crate) activation: Option<Pending>,
    /// When its activation was last asked for.
    pub(crate) asked_at: Option<SimTime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    name: String,
    account: AccountId,
    #[serde(rename = "type", default = "full")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountId {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    paused: Option<bool>,
    #[serde(rename = "type")]
    kind: Option<String>,
    vanity_name_servers: Option<Vec<String>>,
}

fn full() -> String {
    "full".to_owned()
}

pub(super) fn routes(router: Routes) -> Routes {
    router
        .route("GET /zones", list)
        .route("POST /zones", create)
        .route("GET /zones/{zone_id}", get)
        .route("PATCH /zones/{zone_id}", edit)
        .route("DELETE /zones/{zone_id}", delete)
        .route("PUT /zones/{zone_id}/activation_check", activation_check)
}

pub(super) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    into.extend(cloud.state.zones.values().map(|zone| InventoryItem::new(TYPE, &zone.id, &zone.name)));
}

/// The zone of a path.
pub(crate) fn of<'a>(cloud: &'a CloudflareSim, params: &Params) -> Result<&'a Zone, SimResponse> {
    params.get("zone_id").and_then(|id| cloud.state.zones.get(id)).ok_or_else(unknown)
}

/// The same, to be changed.
pub(crate) fn of_mut<'a>(cloud: &'a mut CloudflareSim, params: &Params) -> Result<&'a mut Zone, SimResponse> {
    params.get("zone_id").and_then(|id| cloud.state.zones.get_mut(id)).ok_or_else(unknown)
}

pub(crate) fn unknown() -> SimResponse {
    error(404, 1001, "Invalid zone identifier")
}

fn status(zone: &Zone) -> &'static str {
    if zone.activated_on.is_some() { "active" } else { "pending" }
}

fn view(cloud: &CloudflareSim, zone: &Zone) -> Value {
    let name_servers = match zone.kind.as_str() {
        "full" => json!(["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]),
        _ => json!([]),
    };
    let mut body = json!({
        "id": zone.id,
        "name": zone.name,
        "status": status(zone),
        "paused": zone.paused,
        "type": zone.kind,
        "development_mode": 0,
        "name_servers": name_servers,
        "original_name_servers": ["ns1.registrar.example", "ns2.registrar.example"],
        "original_registrar": null,
        "original_dnshost": null,
        "modified_on": zone.modified_on,
        "created_on": zone.created_on,
        "activated_on": zone.activated_on,
        "meta": {
            "step": 2, "custom_certificate_quota": 0, "page_rule_quota": 3, "phishing_detected": false,
            "cdn_only": false, "dns_only": false, "foundation_dns": false,
        },
        "owner": { "id": null, "type": "user", "email": null },
        "account": account::reference(cloud, &zone.account),
        "tenant": { "id": null, "name": null },
        "tenant_unit": { "id": null },
        "permissions": ["#dns_records:edit", "#dns_records:read", "#zone:edit", "#zone:read"],
        "plan": {
            "id": PLAN_ID, "name": if cloud.config.paid { "Enterprise Website" } else { "Free Website" },
            "price": 0, "currency": "USD", "frequency": "", "is_subscribed": false, "can_subscribe": false,
            "legacy_id": "free", "legacy_discount": false, "externally_managed": false,
        },
    });
    if let Some(key) = &zone.verification_key {
        body["verification_key"] = json!(key);
    }
    if !zone.vanity_name_servers.is_empty() {
        body["vanity_name_servers"] = json!(zone.vanity_name_servers);
    }
    body
}

fn list(cloud: &mut CloudflareSim, request: &SimRequest, _: &Params) -> Answer {
    let account = request.query("account.id");
    let name = request.query("name");
    let wanted = request.query("status");
    let mut zones: Vec<&Zone> = cloud
        .state
        .zones
        .values()
        .filter(|zone| account.is_none_or(|id| zone.account == id))
        .filter(|zone| name.is_none_or(|name| zone.name == name))
        .filter(|zone| wanted.is_none_or(|wanted| status(zone) == wanted))
        .collect();
    zones.sort_by(|one, other| one.name.cmp(&other.name));
    answer::page(request, (5, 20, 50), &zones, |zone| view(cloud, zone))
}

fn check_kind(cloud: &CloudflareSim, kind: &str) -> Result<(), SimResponse> {
    match kind {
        "full" => Ok(()),
        "partial" | "secondary" | "internal" if cloud.config.paid => Ok(()),
        "partial" | "secondary" | "internal" => {
            Err(error(400, 1098, format!("The zone type {kind} is not available on this plan")))
        }
        _ => Err(error(400, 1011, "Invalid or missing zone type")),
    }
}

fn check_name(name: &str) -> Result<(), SimResponse> {
    if check::domain(name).is_some() {
        return Err(error(400, 1105, format!("{name} is not a valid domain name")));
    }
    let suffix = LONG_SUFFIXES.iter().find(|suffix| name.ends_with(&format!(".{suffix}")));
    let labels = name.split('.').count() - suffix.map_or(1, |suffix| suffix.split('.').count());
    if labels != 1 {
        let message =
            format!("Please ensure you are providing the root domain and not any subdomains ({name})");
        return Err(error(400, 1099, message));
    }
    Ok(())
}

fn create(cloud: &mut CloudflareSim, request: &SimRequest, _: &Params) -> Answer {
    let body: Create = input::read(request)?;
    if !cloud.config.accounts.iter().any(|(id, _)| *id == body.account.id) {
        return Err(error(403, 10_000, "Authentication error"));
    }
    check_kind(cloud, &body.kind)?;
    check_name(&body.name)?;
    if cloud.state.zones.values().any(|zone| zone.name == body.name) {
        return Err(error(400, 1061, format!("{} already exists", body.name)));
    }
    if !cloud.has_room(TYPE, cloud.state.zones.len()) {
        return Err(error(
            400,
            1118,
            "You have exceeded the limit for adding zones. Please activate some zones.",
        ));
    }
    let now = cloud.timestamp();
    let verification_key = (body.kind == "partial").then(|| cloud.hex("verification", 16));
    let zone = Zone {
        id: cloud.next_id(),
        name: body.name,
        account: body.account.id,
        kind: body.kind,
        paused: false,
        vanity_name_servers: Vec::new(),
        verification_key,
        created_on: now.clone(),
        modified_on: now,
        activated_on: None,
        activation: None,
        asked_at: None,
    };
    let shown = view(cloud, &zone);
    cloud.state.zones.insert(zone.id.clone(), zone);
    ok(shown)
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let (pace, now, stamp) = (cloud.config.pace, cloud.now, cloud.timestamp());
    let zone = of_mut(cloud, params)?;
    if zone.activation.as_mut().is_some_and(|activation| activation.look(pace, now)) {
        zone.activation = None;
        zone.activated_on.get_or_insert(stamp);
    }
    ok(view(cloud, of(cloud, params)?))
}

fn edit(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    of(cloud, params)?;
    let body: Edit = input::read(request)?;
    let given = [body.paused.is_some(), body.kind.is_some(), body.vanity_name_servers.is_some()];
    if given.into_iter().filter(|given| *given).count() != 1 {
        return Err(error(400, 1019, "Only one zone property can be changed at a time"));
    }
    if let Some(kind) = &body.kind {
        check_kind(cloud, kind)?;
    }
    if body.vanity_name_servers.is_some() && !cloud.config.paid {
        return Err(error(400, 1100, "Vanity name servers are not available on this plan"));
    }
    let now = cloud.timestamp();
    let zone = of_mut(cloud, params)?;
    zone.paused = body.paused.unwrap_or(zone.paused);
    zone.kind = body.kind.unwrap_or_else(|| zone.kind.clone());
    zone.vanity_name_servers = body.vanity_name_servers.unwrap_or_else(|| zone.vanity_name_servers.clone());
    zone.modified_on = now;
    ok(view(cloud, of(cloud, params)?))
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let id = of(cloud, params)?.id.clone();
    cloud.state.zones.remove(&id);
    for forget in IN_ZONE {
        forget(cloud, &id);
    }
    ok(json!({ "id": id }))
}

fn activation_check(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let now = cloud.now;
    let zone = of_mut(cloud, params)?;
    if zone.asked_at.is_some_and(|asked| now.since(asked) < CHECK_INTERVAL) {
        return Err(error(400, 1224, "You may only perform this action once per hour"));
    }
    zone.asked_at = Some(now);
    if zone.activated_on.is_none() {
        zone.activation.get_or_insert_with(|| Pending::new(now));
    }
    ok(json!({ "id": zone.id }))
}
