//! Owns simulated certificates of the vendor's own authority, which really signs. Knows zones only by
//! their names.
use super::answer::{self, Answer, error, ok};
use super::cloud::CloudflareSim;
use super::input;
use super::inspect::InventoryItem;
use super::routes::Routes;
use super::zone;
use crate::check;
use crate::origin_certificate::marker_token;
use iac_testkit::sim::{Params, SimRequest, SimResponse, SimTime};
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType, Issuer, KeyPair, SanType,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::LazyLock;

const TYPE: &str = "cloudflare:origin_certificate";
const SECONDS_PER_DAY: i64 = 86_400;
/// How long certificates can be valid, in days.
const VALIDITIES: [u32; 7] = [7, 30, 90, 365, 730, 1095, 5475];
/// A name that is in no zone of the account.
const FOREIGN_HOSTNAME: u64 = 1010;
/// A listing without a zone.
const NO_ZONE: u64 = 1012;
/// A certificate that does not exist.
const UNREADABLE: u64 = 1101;
/// Any other refused value. The vendor publishes no numbers.
const INVALID: u64 = 1006;

/// The authority, with a key that is made anew for each process.
static AUTHORITY: LazyLock<Issuer<'static, KeyPair>> = LazyLock::new(|| {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Simulated origin authority");
    let mut params = CertificateParams::default();
    params.distinguished_name = name;
    Issuer::new(params, KeyPair::generate().expect("the system has randomness"))
});

/// A certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OriginCertificate {
    id: String,
    certificate: String,
    csr: String,
    hostnames: Vec<String>,
    request_type: String,
    requested_validity: u32,
    expires_on: String,
    revoked_at: Option<String>,
}

impl OriginCertificate {
    fn view(&self) -> Value {
        let mut view = serde_json::to_value(self).unwrap_or_default();
        if self.revoked_at.is_none() {
            view.as_object_mut().map(|entries| entries.remove("revoked_at"));
        }
        view
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    csr: String,
    hostnames: Vec<String>,
    request_type: String,
    #[serde(default = "longest")]
    requested_validity: u32,
}

fn longest() -> u32 {
    5475
}

pub(super) fn routes(router: Routes) -> Routes {
    router
        .route("GET /certificates", list)
        .route("POST /certificates", create)
        .route("GET /certificates/{certificate_id}", get)
        .route("DELETE /certificates/{certificate_id}", revoke)
}

/// The certificates that are valid.
pub(super) fn inventory(cloud: &CloudflareSim, into: &mut Vec<InventoryItem>) {
    let valid = cloud.state.origin_certificates.values().filter(|one| one.revoked_at.is_none());
    into.extend(valid.map(|certificate| {
        let name = certificate.hostnames.join(" ");
        let mut item = InventoryItem::new(TYPE, &certificate.id, &name);
        item.marker = marker_token(&certificate.csr);
        item
    }));
}

fn is_in(name: &str, zone: &str) -> bool {
    name == zone || name.ends_with(&format!(".{zone}"))
}

fn list(cloud: &mut CloudflareSim, request: &SimRequest, _: &Params) -> Answer {
    let missing = "Please provide a zone id when requesting a stored certificate, or fetch by serial number";
    let id = request.query("zone_id").ok_or_else(|| error(400, NO_ZONE, missing))?;
    let zone = cloud.state.zones.get(id).ok_or_else(zone::unknown)?;
    let all: Vec<&OriginCertificate> = cloud
        .state
        .origin_certificates
        .values()
        .filter(|one| one.revoked_at.is_none())
        .filter(|one| one.hostnames.iter().any(|name| is_in(name, &zone.name)))
        .collect();
    answer::page(request, (1, 20, 50), &all, |certificate| certificate.view())
}

fn create(cloud: &mut CloudflareSim, request: &SimRequest, _: &Params) -> Answer {
    let body: Create = input::read(request)?;
    if body.hostnames.is_empty() || body.hostnames.len() > 100 {
        return Err(error(400, INVALID, "hostnames must have 1 to 100 entries"));
    }
    for name in &body.hostnames {
        let plain = name.strip_prefix("*.").unwrap_or(name);
        let is_ours = cloud.state.zones.values().any(|zone| is_in(plain, &zone.name));
        if check::hostname(plain).is_some() || !is_ours {
            let message = format!(
                "Failed to validate requested hostname {name}: This zone is either not part of your account, \
                 or you do not have access to it."
            );
            return Err(error(400, FOREIGN_HOSTNAME, message));
        }
    }
    if !VALIDITIES.contains(&body.requested_validity) {
        return Err(error(400, INVALID, "requested_validity is not one of the supported periods"));
    }
    let id = cloud.hex("serial", 40);
    // Serial numbers are decimal.
    let id: String = id.chars().map(|digit| char::from(b'1' + (digit as u8 % 9))).collect();
    let until = SimTime::from_unix_seconds(
        cloud.now.unix_seconds() + i64::from(body.requested_validity) * SECONDS_PER_DAY,
    );
    let certificate = sign(&body, until)?;
    let made = OriginCertificate {
        id: id.clone(),
        certificate,
        csr: body.csr,
        hostnames: body.hostnames,
        request_type: body.request_type,
        requested_validity: body.requested_validity,
        expires_on: until.to_rfc3339(),
        revoked_at: None,
    };
    let view = made.view();
    cloud.state.origin_certificates.insert(id, made);
    ok(view)
}

/// Checks the request's own signature and signs what it asks for.
fn sign(body: &Create, until: SimTime) -> Result<String, SimResponse> {
    let refuse = |message: &str| error(400, INVALID, message);
    let mut request = CertificateSigningRequestParams::from_pem(&body.csr)
        .map_err(|_| refuse("the CSR cannot be parsed, or its signature is wrong"))?;
    let is_rsa = request.public_key.algorithm() == &rcgen::PKCS_RSA_SHA256;
    let expected = if is_rsa { "origin-rsa" } else { "origin-ecc" };
    if body.request_type != expected {
        return Err(refuse("request_type does not match the CSR's key"));
    }
    let mut names = Vec::with_capacity(body.hostnames.len());
    for name in &body.hostnames {
        let name = name.as_str().try_into().map_err(|_| refuse("a hostname is not ASCII"))?;
        names.push(SanType::DnsName(name));
    }
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "CloudFlare Origin Certificate");
    request.params.distinguished_name = subject;
    request.params.subject_alt_names = names;
    let text = until.to_rfc3339();
    let mut parts = text.split(['-', 'T']).map(|part| part.parse::<u16>().unwrap_or(1));
    let (year, month, day) =
        (parts.next().unwrap_or(1), parts.next().unwrap_or(1), parts.next().unwrap_or(1));
    let small = |number: u16| u8::try_from(number).unwrap_or(1);
    request.params.not_after = rcgen::date_time_ymd(i32::from(year), small(month), small(day));
    let signed = request.signed_by(&AUTHORITY).map_err(|_| refuse("the CSR cannot be signed"))?;
    Ok(signed.pem())
}

fn certificate_of<'a>(
    cloud: &'a mut CloudflareSim,
    params: &Params,
) -> Result<&'a mut OriginCertificate, SimResponse> {
    let id = params.get("certificate_id").unwrap_or_default();
    let found = cloud.state.origin_certificates.get_mut(id);
    found.ok_or_else(|| error(400, UNREADABLE, "Failed to read certificate from Database"))
}

fn get(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    ok(certificate_of(cloud, params)?.view())
}

fn revoke(cloud: &mut CloudflareSim, _: &SimRequest, params: &Params) -> Answer {
    let now = cloud.timestamp();
    let certificate = certificate_of(cloud, params)?;
    let revoked_at = certificate.revoked_at.get_or_insert(now).clone();
    ok(json!({ "id": certificate.id, "revoked_at": revoked_at }))
}
