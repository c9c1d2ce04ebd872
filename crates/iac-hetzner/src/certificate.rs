//! TLS certificates that load balancers use: uploaded ones, and ones that the vendor obtains.
//! Knows nothing of load balancers.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Secret, Value,
};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::verb::Noun;
use crate::{action, change, dns_name, label, rename, verb, wire};

/// Longest name that the engine derives.
const NAME_LENGTH_MAX: usize = 63;
/// What a certificate in PEM form begins with.
const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// A TLS certificate for the `https` services of load balancers.
///
/// With `domain_names` the vendor obtains it from Let's Encrypt and renews it; the domains need a
/// zone in the same project, and making it waits until it is issued. With `certificate` and
/// `private_key` it is uploaded, and renewing it is up to the program.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::Certificate;
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let managed = Certificate::args().domain_names(["example.org", "*.example.org"]);
/// let certificate = stack.add("tls", managed)?;
/// stack.export("tls_fingerprint", &certificate.fingerprint)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Certificate;

/// Inputs of a [`Certificate`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Certificate)]
pub struct CertificateInputs {
    /// The name, unique in the project. Renames in place.
    #[field(unique, auto_name(63))]
    pub name: Option<String>,
    /// The certificate and its chain in PEM form, each certifying the one before it.
    #[field(replace, eq = trimmed)]
    pub certificate: Option<String>,
    /// The key of `certificate` in PEM form.
    #[field(replace, write_only)]
    pub private_key: Option<Secret<String>>,
    /// The domains that the vendor shall obtain a certificate for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(replace, set, eq = dns_name)]
    pub domain_names: Vec<String>,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Outputs of a [`Certificate`]. Those that are not marked stable change when the vendor renews it.
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct CertificateOutputs {
    /// The domains that it is valid for, also of an uploaded one.
    #[field(stable)]
    pub domain_names: Vec<String>,
    /// The SHA-256 fingerprint.
    pub fingerprint: Option<String>,
    /// Since when it is valid, in RFC 3339.
    pub not_valid_before: Option<String>,
    /// Until when it is valid, in RFC 3339.
    pub not_valid_after: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Uploaded,
    Managed,
}

#[derive(Debug, Deserialize)]
struct Body {
    id: u64,
    name: String,
    #[serde(rename = "type", default = "uploaded")]
    kind: Kind,
    certificate: Option<String>,
    fingerprint: Option<String>,
    not_valid_before: Option<String>,
    not_valid_after: Option<String>,
    #[serde(default)]
    domain_names: Vec<String>,
    status: Option<Status>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

fn uploaded() -> Kind {
    Kind::Uploaded
}

#[derive(Debug, Deserialize)]
struct Status {
    #[serde(default)]
    issuance: String,
}

impl Body {
    fn issuance(&self) -> Option<&str> {
        self.status.as_ref().map(|status| status.issuance.as_str())
    }
}

impl Noun for Body {
    const PATH: &'static str = "/certificates";
    const ONE: &'static str = "certificate";
    const MANY: &'static str = "certificates";
    fn id(&self) -> u64 {
        self.id
    }
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    domain_names: &'a [String],
    labels: label::Labels,
}

#[async_trait]
impl Resource for Certificate {
    const TYPE: &'static str = "hetzner:certificate";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::CERTIFICATE;
    type Provider = Hetzner;
    type Inputs = CertificateInputs;
    type Outputs = CertificateOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: CertificateInputs) -> Result<Created<Self>> {
        let key = inputs.private_key.as_ref().map(|key| key.expose().as_str());
        let body = Create {
            name: check::required_name(&inputs.name)?,
            kind: if inputs.domain_names.is_empty() { Kind::Uploaded } else { Kind::Managed },
            certificate: inputs.certificate.as_deref(),
            private_key: key,
            domain_names: &inputs.domain_names,
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let made = verb::create_with::<Body>(cx, &body, |request| match key {
            Some(key) => request.sensitive(key),
            None => request,
        })
        .await?;
        let id = wire::id(made.object.id);
        cx.checkpoint(&id).await?;
        if made.actions.is_empty() {
            return Ok(Created::new(id, outputs(&made.object)));
        }
        let issued = action::finish(cx, made.actions).await;
        let object = verb::require::<Body>(cx, id.as_str()).await?;
        if let Err(error) = issued {
            if object.issuance() == Some("failed") {
                // It would never be issued, and the next run would take it for a good one.
                verb::delete::<Body>(cx, id.as_str()).await?;
            }
            return Err(explained(error));
        }
        Ok(Created::new(id, outputs(&object)))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let Some(object) = verb::get::<Body>(cx, id.as_str()).await? else { return Ok(None) };
        if object.issuance() != Some("pending") {
            return Ok(Some(observed(object)));
        }
        match verb::settle::<Body>(cx, id.as_str()).await {
            Err(error) if error.kind() == ErrorKind::Timeout => return Err(error),
            // That it failed is for the object to say.
            _ => {}
        }
        Ok(verb::get(cx, id.as_str()).await?.map(observed))
    }

    async fn update(cx: &Cx<'_, Hetzner>, id: &Id<Self>, change: Change<Self>) -> Result<CertificateOutputs> {
        let object: Body = match rename::body(cx, &change, &change.new.name, &change.new.labels) {
            Some(body) => verb::put(cx, id.as_str(), &body).await?,
            None => verb::require(cx, id.as_str()).await?,
        };
        Ok(outputs(&object))
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        verb::delete::<Body>(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (objects, next) = verb::page(cx, &page).await?;
        Ok(Page::new(objects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &CertificateInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<Body, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let checker = Checker::new(inputs);
        let domains = checker.value("domain_names");
        let managed = domains.as_list().map_or(*domains == Value::Unknown, |list| !list.is_empty());
        let (certificate, key) = (checker.is_given("certificate"), checker.is_given("private_key"));
        let nothing = !managed && !certificate && !key;
        checker
            .text("name", check::name(NAME_LENGTH_MAX))
            .text("domain_names", |name| {
                dns_name::fault_of(name).map(|fault| format!("the domain {name:?} {fault}"))
            })
            .text("certificate", |pem| {
                (!pem.trim_start().starts_with(PEM_BEGIN))
                    .then(|| format!("it is not in PEM form, which begins with `{PEM_BEGIN}`"))
            })
            .fault_if(
                nothing,
                "domain_names",
                "give domains for a certificate that the vendor obtains, or `certificate` and `private_key`",
            )
            .fault_if(
                managed && (certificate || key),
                "domain_names",
                "an uploaded certificate names its domains itself; give either these or the certificate",
            )
            .fault_if(!managed && certificate && !key, "private_key", "an uploaded certificate needs its key")
            .fault_if(!managed && key && !certificate, "certificate", "the key needs its certificate")
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

/// The error with the hint that its code stands for.
fn explained(error: Error) -> Error {
    let Some(code) = error.api_code() else { return error };
    let (kind, hint) = match code {
        "dns_zone_not_found" | "could_not_verify_domain_delegated_to_zone" => (
            ErrorKind::InvalidInput,
            "each domain needs a zone in this project, and its registrar must name the zone's nameservers",
        ),
        "dns_zone_is_secondary_zone" => {
            (ErrorKind::InvalidInput, "the zone of the domain must be in primary mode")
        }
        "caa_record_does_not_allow_ca" => {
            (ErrorKind::InvalidInput, "add a CAA record `0 issue \"letsencrypt.org\"`, or remove the others")
        }
        "ca_dns_validation_failed" => {
            (ErrorKind::Unavailable, "check that the zone's nameservers answer for the domain, and run again")
        }
        "ca_too_many_authorizations_failed_recently"
        | "ca_too_many_certificates_issued_for_registered_domain"
        | "ca_too_many_duplicate_certificates" => {
            (ErrorKind::RateLimited, "the certificate authority limits certificates by week: run again later")
        }
        _ => return error,
    };
    error.with_kind(kind).field("domain_names").hint(hint)
}

fn outputs(object: &Body) -> CertificateOutputs {
    CertificateOutputs {
        domain_names: object.domain_names.clone(),
        fingerprint: object.fingerprint.clone(),
        not_valid_before: object.not_valid_before.clone(),
        not_valid_after: object.not_valid_after.clone(),
    }
}

fn observed(object: Body) -> Observed<Certificate> {
    let outputs = outputs(&object);
    let is_managed = object.kind == Kind::Managed;
    let inputs = CertificateInputs {
        name: Some(object.name),
        certificate: object.certificate.filter(|_| !is_managed),
        // The API keeps it to itself.
        private_key: None,
        domain_names: if is_managed { object.domain_names } else { Vec::new() },
        labels: label::stripped(object.labels),
    };
    Observed::new(wire::id(object.id), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_wants_one_origin() {
        let faults = |entries: &[(&str, Value)]| -> Vec<String> {
            let inputs = Value::map(entries.iter().cloned());
            Certificate::check(&inputs).into_iter().map(|fault| fault.field).collect()
        };
        let domains = ("domain_names", Value::list(["*.example.org".into()]));
        let pem = ("certificate", Value::from("-----BEGIN CERTIFICATE-----\nAAAA"));
        let key = ("private_key", Value::secret("-----BEGIN PRIVATE KEY-----".into()));
        assert_eq!(faults(&[]), ["domain_names"]);
        assert!(faults(std::slice::from_ref(&domains)).is_empty());
        assert!(faults(&[("domain_names", Value::Unknown)]).is_empty());
        assert!(faults(&[pem.clone(), key.clone()]).is_empty());
        assert!(faults(&[("certificate", Value::Unknown), key.clone()]).is_empty());
        assert_eq!(faults(std::slice::from_ref(&pem)), ["private_key"]);
        assert_eq!(faults(&[key]), ["certificate"]);
        assert_eq!(faults(&[pem, domains]), ["domain_names"]);
        assert_eq!(faults(&[("domain_names", Value::list(["a b".into()]))]), ["domain_names[0]"]);
    }

    #[test]
    fn the_domains_of_an_uploaded_certificate_are_no_input() {
        let body = |kind: &str| -> Body {
            serde_json::from_value(serde_json::json!({
                "id": 897, "name": "tls", "type": kind, "certificate": "-----BEGIN CERTIFICATE-----",
                "created": "2026-01-01T00:00:00Z", "not_valid_before": null, "not_valid_after": null,
                "fingerprint": "03:c7", "domain_names": ["example.org"], "used_by": [], "labels": {},
                "status": {"issuance": "completed", "renewal": "scheduled", "error": null},
            }))
            .unwrap()
        };
        let uploaded = observed(body("uploaded"));
        assert!(uploaded.inputs.domain_names.is_empty() && uploaded.inputs.certificate.is_some());
        let managed = observed(body("managed"));
        assert_eq!(managed.inputs.domain_names, ["example.org"]);
        assert_eq!((managed.inputs.certificate, managed.outputs.domain_names.len()), (None, 1));
    }

    #[test]
    fn a_failed_issuance_says_what_to_do() {
        let error = explained(Error::new(ErrorKind::Unavailable, "no").code("dns_zone_not_found"));
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.way_out().unwrap().contains("zone in this project"));
        assert_eq!(explained(Error::internal("x")).way_out(), None);
    }
}
