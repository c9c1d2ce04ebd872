//! Owns DNSSEC of simulated zones. Knows no registrar: a test says that the key is published.
use super::answer::{Answer, error, ok};
use super::cloud::CloudflareSim;
use super::inspect::InventoryItem;
use super::routes::Routes;
use super::{input, zone};
use iac_testkit::sim::{Params, SimRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const TYPE: &str = "cloudflare:dnssec";
/// Elliptic curve P-256 with SHA-256.
const ALGORITHM: &str = "13";
/// SHA-256.
const DIGEST_TYPE: &str = "2";
const FLAGS: u32 = 257;
const DIGEST_DIGITS: usize = 64;
const PUBLIC_KEY_DIGITS: usize = 86;

/// DNSSEC of a zone that has had it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dnssec {
    pub(crate) is_on: bool,
    pub(crate) multi_signer: bool,
    pub(crate) presigned: bool,
    pub(crate) use_nsec3: bool,
    pub(crate) digest: String,
    pub(crate) public_key: String,
    pub(crate) key_tag: u32,
    pub(crate) modified_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    status: Option<String>,
    dnssec_multi_signer: Option<bool>,
    dnssec_presigned: Option<bool>,
    dnssec_use_nsec3: Option<bool>,
}

pub(super) fn routes(router: Routes) -> Routes {
    router
        .route("GET /zones/{zone_id}/dnssec", get)
        .route("PATCH /zones/{zone_id}/dnssec", edit)
        .route("DELETE /zones/{zone_id}/dnssec", delete)
}

pub(super) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    let on = cloud.state.dnssec.iter().filter(|(_, dnssec)| dnssec.is_on);
    into.extend(on.map(|(zone, _)| InventoryItem::new(TYPE, zone, "dnssec")));
}

pub(super) fn forget(cloud: &mut CloudflareSim, zone: &str) {
    cloud.state.dnssec.remove(zone);
}

fn view(zone_name: &str, dnssec: Option<&Dnssec>) -> Value {
    let Some(dnssec) = dnssec.filter(|dnssec| dnssec.is_on) else {
        return json!({
            "status": "disabled", "flags": null, "algorithm": null, "key_type": null, "digest_type": null,
            "digest_algorithm": null, "digest": null, "ds": null, "key_tag": null, "public_key": null,
            "modified_on": dnssec.map(|dnssec| &dnssec.modified_on),
        });
    };
    let (tag, digest) = (dnssec.key_tag, &dnssec.digest);
    json!({
        "status": "pending",
        "flags": FLAGS,
        "algorithm": ALGORITHM,
        "key_type": "ECDSAP256SHA256",
        "digest_type": DIGEST_TYPE,
        "digest_algorithm": "SHA256",
        "digest": digest,
        "ds": format!("{zone_name}. 3600 IN DS {tag} {ALGORITHM} {DIGEST_TYPE} {digest}"),
        "key_tag": tag,
        "public_key": dnssec.public_key,
        "modified_on": dnssec.modified_on,
        "dnssec_multi_signer": dnssec.multi_signer,
        "dnssec_presigned": dnssec.presigned,
        "dnssec_use_nsec3": dnssec.use_nsec3,
    })
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let zone = zone::of(cloud, params)?;
    ok(view(&zone.name, cloud.state.dnssec.get(&zone.id)))
}

fn edit(cloud: &mut CloudflareSim, request: &SimRequest, params: &Params) -> Answer {
    let (id, name) = {
        let zone = zone::of(cloud, params)?;
        (zone.id.clone(), zone.name.clone())
    };
    let given: Edit = input::read(request)?;
    let is_on = match given.status.as_deref() {
        Some("active") => Some(true),
        Some("disabled") => Some(false),
        None => None,
        Some(other) => return Err(error(400, 1_016, format!("Invalid DNSSEC status {other}"))),
    };
    let needs_plan = given.dnssec_multi_signer == Some(true) || given.dnssec_presigned == Some(true);
    if needs_plan && !cloud.config.paid {
        return Err(error(400, 1_017, "This DNSSEC option is not available on this plan"));
    }
    let now = cloud.timestamp();
    let mut dnssec = match cloud.state.dnssec.get(&id) {
        Some(known) => known.clone(),
        None => Dnssec {
            is_on: false,
            multi_signer: false,
            presigned: false,
            use_nsec3: false,
            digest: cloud.hex("digest", DIGEST_DIGITS).to_uppercase(),
            public_key: cloud.hex("public key", PUBLIC_KEY_DIGITS),
            key_tag: 42,
            modified_on: now.clone(),
        },
    };
    dnssec.is_on = is_on.unwrap_or(dnssec.is_on);
    dnssec.multi_signer = given.dnssec_multi_signer.unwrap_or(dnssec.multi_signer);
    dnssec.presigned = given.dnssec_presigned.unwrap_or(dnssec.presigned);
    dnssec.use_nsec3 = given.dnssec_use_nsec3.unwrap_or(dnssec.use_nsec3);
    dnssec.modified_on = now;
    let shown = view(&name, Some(&dnssec));
    cloud.state.dnssec.insert(id, dnssec);
    ok(shown)
}

fn delete(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let id = zone::of(cloud, params)?.id.clone();
    if cloud.state.dnssec.get(&id).is_some_and(|dnssec| dnssec.is_on) {
        return Err(error(400, 1_018, "DNSSEC is still active for this zone"));
    }
    cloud.state.dnssec.remove(&id);
    ok(json!(id))
}
