//! The resource type of origin certificates. Knows nothing of how requests are signed.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Secret, Value,
};
use iac_http::Request;
use serde::{Deserialize, Serialize};

use super::request::{self, RequestType};
use crate::check::{self, Checker};
use crate::client::Cloudflare;
use crate::{change, cost, envelope, search, zone};

/// How long a certificate can be valid, in days.
const VALIDITIES: [u32; 7] = [7, 30, 90, 365, 730, 1095, 5475];
/// How long it is valid unless the program says otherwise: fifteen years, as the dashboard has it.
const VALIDITY_DEFAULT: u32 = 5475;
/// Names in one certificate at most.
const HOSTNAMES_MAX: usize = 100;
/// Certificates on one page of a listing.
const PER_PAGE: u32 = 50;
/// Zones on one page, where all are looked through for a name.
const ZONES_PER_PAGE: u32 = 50;
/// Pages that are read at most in one search.
const PAGES_MAX: usize = 100;
/// What the API answers about a certificate that it does not have.
const UNREADABLE: &str = "1101";
/// What it answers about a host name that is in no zone of the account.
const FOREIGN_HOSTNAME: &str = "1010";

/// A certificate for the origin, of an authority that Cloudflare alone trusts: for zones whose SSL
/// mode is `strict`.
///
/// It is for the way from Cloudflare to the origin; browsers do not trust it. The private key stays with
/// the program: only a signing request is sent. Deleting it revokes it. There is no renewal: another
/// validity, other names or another key make a new certificate before the old one is revoked.
///
/// ```
/// use iac_cloudflare::{OriginCertificate, Zone};
/// use iac_core::{Secret, Stack};
///
/// let stack = Stack::new("shop", "prod")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// // Or the output `private_key` of a `random::TlsKeyPair`.
/// let key = Secret::new(String::from("-----BEGIN PRIVATE KEY-----\n…"));
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// let below = zone.name.map(|name: String| format!("*.{name}"));
/// let origin = OriginCertificate::args().hostnames([zone.name.clone(), below]).private_key(key);
/// let origin = stack.add("origin", origin)?;
/// stack.export("certificate", &origin.certificate)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct OriginCertificate;

/// Inputs of an [`OriginCertificate`]. Changing any makes a new certificate.
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = OriginCertificate)]
pub struct OriginCertificateInputs {
    /// The names it is for, 1 to 100: domains of zones of the account, names in them, and wildcards of
    /// one level.
    #[field(replace, set, eq = dns_name)]
    pub hostnames: Vec<String>,
    /// The private key, RSA or ECDSA, in PEM form of PKCS #8. It never leaves the program.
    #[field(replace, write_only)]
    pub private_key: Secret<String>,
    /// How many days it is valid: 7, 30, 90, 365, 730, 1095 or 5475. Default 5475.
    #[serde(default = "validity_default")]
    #[field(replace)]
    pub validity_days: u32,
}

fn validity_default() -> u32 {
    VALIDITY_DEFAULT
}

/// Outputs of an [`OriginCertificate`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct OriginCertificateOutputs {
    /// The certificate in PEM form.
    #[field(stable)]
    pub certificate: String,
    /// Until when it is valid, as the API writes it.
    #[field(stable)]
    pub expires_on: String,
}

#[derive(Serialize)]
struct Create<'a> {
    csr: &'a str,
    hostnames: &'a [String],
    request_type: RequestType,
    requested_validity: u32,
}

#[derive(Deserialize)]
struct Body {
    id: String,
    #[serde(default)]
    certificate: String,
    #[serde(default)]
    csr: String,
    #[serde(default)]
    hostnames: Vec<String>,
    #[serde(default)]
    expires_on: String,
    #[serde(default = "validity_default")]
    requested_validity: u32,
    #[serde(default)]
    revoked_at: Option<String>,
}

#[derive(Deserialize)]
struct ZoneListed {
    id: String,
    name: String,
}

#[async_trait]
impl Resource for OriginCertificate {
    const TYPE: &'static str = "cloudflare:origin_certificate";
    const RECOVERY: Recovery = Recovery::Label;
    type Provider = Cloudflare;
    type Inputs = OriginCertificateInputs;
    type Outputs = OriginCertificateOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: OriginCertificateInputs) -> Result<Created<Self>> {
        let first = inputs.hostnames.first().map(String::as_str).unwrap_or_default();
        let request = request::make(inputs.private_key.expose(), first, cx.marker())?;
        let body = Create {
            csr: &request.pem,
            hostnames: &inputs.hostnames,
            request_type: request.kind,
            requested_validity: inputs.validity_days,
        };
        let request = cx.client().http(cx).post("/certificates").json_body(&body);
        let made: Body = envelope::create(request).await.map_err(explained)?;
        let id = Id::new(made.id.as_str());
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, outputs(&made)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let request = cx.client().http(cx).get("/certificates/{certificate}").segment("certificate", id);
        let found: Option<Body> = absent(envelope::send(request).await)?;
        Ok(found.filter(is_valid).map(observed))
    }

    async fn update(
        _: &Cx<'_, Cloudflare>,
        _: &Id<Self>,
        change: Change<Self>,
    ) -> Result<OriginCertificateOutputs> {
        // Every field replaces.
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let request = cx.client().http(cx).delete("/certificates/{certificate}").segment("certificate", id);
        absent(envelope::send_empty(request).await).map(drop)
    }

    /// Zone after zone: the API lists the certificates of one. One that names several zones is told
    /// with each.
    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let Some(stop) = zone::stop(cx, &page).await? else { return Ok(Page::new(Vec::new(), None)) };
        let request = cx.client().http(cx).get("/certificates").query(&[("zone_id", &stop.zone)]);
        let listed = envelope::page::<Body>(request, &stop.inside, PER_PAGE).await;
        stop.page(listed.map(|(all, next)| (all.into_iter().filter(is_valid).map(observed).collect(), next)))
    }

    /// The signing request carries the marker, and the API keeps it.
    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &OriginCertificateInputs) -> Result<Vec<Id<Self>>> {
        let zones = zones_of(cx, &inputs.hostnames).await?;
        search::patiently(cx, "a certificate that may have been made", || marked_ones(cx, &zones)).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let checker = Checker::new(inputs);
        let count = checker.value("hostnames").as_list().map(<[Value]>::len);
        let days = checker.value("validity_days").as_int();
        checker
            .fault_if(
                count.is_some_and(|count| !(1..=HOSTNAMES_MAX).contains(&count)),
                "hostnames",
                "a certificate has 1 to 100 names",
            )
            .text("hostnames", hostname)
            .fault_if(
                days.is_some_and(|days| !VALIDITIES.iter().any(|known| i64::from(*known) == days)),
                "validity_days",
                "it is 7, 30, 90, 365, 730, 1095 or 5475 days",
            )
            .finish()
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "origin certificate")
    }
}

fn hostname(text: &str) -> Option<String> {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Some(format!("`{text}` is an address; an origin certificate has only names"));
    }
    check::domain(text.strip_prefix("*.").unwrap_or(text))
}

/// The API answers one code whatever became of a certificate that it cannot give.
fn absent<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(error) if error.api_code() == Some(UNREADABLE) => Ok(None),
        other => envelope::absent(other),
    }
}

fn explained(error: Error) -> Error {
    match error.api_code() {
        Some(FOREIGN_HOSTNAME) => error
            .with_kind(ErrorKind::InvalidInput)
            .field("hostnames")
            .hint("each name is in a zone of this account, which the token can edit (SSL and Certificates)"),
        _ => error,
    }
}

fn is_valid(body: &Body) -> bool {
    body.revoked_at.as_deref().is_none_or(str::is_empty)
}

/// The certificates that carry the marker of this call.
async fn marked_ones(cx: &Cx<'_, Cloudflare>, zones: &[String]) -> Result<Vec<Id<OriginCertificate>>> {
    let mut found: Vec<Id<OriginCertificate>> = Vec::new();
    for zone in zones {
        for body in of_zone(cx, zone).await? {
            let id = Id::new(body.id.as_str());
            if request::is_of(cx.marker(), &body.csr) && !found.contains(&id) {
                found.push(id);
            }
        }
    }
    Ok(found)
}

/// The ids of the zones that the names are in.
async fn zones_of(cx: &Cx<'_, Cloudflare>, hostnames: &[String]) -> Result<Vec<String>> {
    let is_in = |zone: &ZoneListed| {
        hostnames.iter().any(|name| {
            let name = name.to_ascii_lowercase();
            name == zone.name || name.ends_with(&format!(".{}", zone.name))
        })
    };
    let (mut found, mut page) = (Vec::new(), PageToken::default());
    for _ in 0..PAGES_MAX {
        let (zones, next) = envelope::page::<ZoneListed>(zone::all(cx), &page, ZONES_PER_PAGE).await?;
        found.extend(zones.into_iter().filter(is_in).map(|zone| zone.id));
        match next {
            Some(next) => page = next,
            None => break,
        }
    }
    Ok(found)
}

/// The valid certificates that name something in a zone.
async fn of_zone(cx: &Cx<'_, Cloudflare>, zone: &str) -> Result<Vec<Body>> {
    let (mut found, mut page) = (Vec::new(), PageToken::default());
    for _ in 0..PAGES_MAX {
        let request: Request = cx.client().http(cx).get("/certificates").query(&[("zone_id", zone)]);
        // The zone was deleted between two requests.
        let listed = envelope::absent(envelope::page::<Body>(request, &page, PER_PAGE).await)?;
        let Some((more, next)) = listed else { break };
        found.extend(more.into_iter().filter(is_valid));
        match next {
            Some(next) => page = next,
            None => break,
        }
    }
    Ok(found)
}

/// A text whose line breaks may be escaped.
fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n")
}

fn outputs(body: &Body) -> OriginCertificateOutputs {
    OriginCertificateOutputs {
        certificate: unescaped(&body.certificate),
        expires_on: body.expires_on.clone(),
    }
}

fn observed(body: Body) -> Observed<OriginCertificate> {
    let outputs = outputs(&body);
    let inputs = OriginCertificateInputs {
        hostnames: body.hostnames,
        // The API never had it.
        private_key: Secret::new(String::new()),
        validity_days: body.requested_validity,
    };
    Observed::new(Id::new(body.id), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn check_knows_names_and_validities() {
        let faults = |inputs: serde_json::Value| -> Vec<String> {
            let inputs = Value::from_json(&inputs).unwrap();
            OriginCertificate::check(&inputs).into_iter().map(|fault| fault.field).collect()
        };
        assert!(
            faults(json!({ "hostnames": ["example.com", "*.example.com"], "validity_days": 90 })).is_empty()
        );
        assert_eq!(faults(json!({ "hostnames": [] })), ["hostnames"]);
        for bad in ["192.0.2.1", "*.*.example.com", "com", "a.*.example.com"] {
            assert_eq!(faults(json!({ "hostnames": [bad] })), ["hostnames[0]"], "{bad}");
        }
        assert_eq!(faults(json!({ "hostnames": ["example.com"], "validity_days": 91 })), ["validity_days"]);
    }
}
