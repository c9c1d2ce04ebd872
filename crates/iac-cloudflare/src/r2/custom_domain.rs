//! The domains that a bucket is read under. Knows nothing of DNS: the vendor makes the record itself.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use iac_http::{Polled, poll_until};
use serde::{Deserialize, Serialize};

use super::bucket::R2Bucket;
use super::call;
use super::key::DomainKey;
use super::wire::{Buckets, Domain, Domains, PutDomain};
use crate::check::{self, Checker};
use crate::client::Cloudflare;
use crate::setting::TlsVersion;
use crate::zone::Zone;
use crate::{change, cost, envelope, settled};

/// A domain under which everybody can read a bucket, through the cache and the rules of its zone.
///
/// The zone is one of the same account. The vendor makes the DNS record itself.
///
/// ```
/// use iac_cloudflare::{R2Bucket, R2CustomDomain, TlsVersion, Zone};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// let assets = stack.add("assets", R2Bucket::args())?;
/// let domain = R2CustomDomain::args().bucket(&assets).zone(&zone).domain("assets.example.com");
/// stack.add("assets-domain", domain.min_tls(TlsVersion::V1_2))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct R2CustomDomain;

/// Inputs of an [`R2CustomDomain`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = R2CustomDomain)]
pub struct R2CustomDomainInputs {
    /// The bucket.
    #[field(replace)]
    pub bucket: Id<R2Bucket>,
    /// The zone that the domain is in.
    #[field(replace)]
    pub zone: Id<Zone>,
    /// The domain: the zone's name or one inside it.
    #[field(replace, unique, eq = dns_name)]
    pub domain: String,
    /// Whether the bucket can be read under it. Default true.
    #[serde(default = "on")]
    pub enabled: bool,
    /// The oldest version of TLS that is taken. Default 1.0.
    #[serde(default = "oldest")]
    pub min_tls: TlsVersion,
    /// The ciphers that are taken, by their BoringSSL names; all good ones if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub ciphers: Vec<String>,
    /// Whether making it waits until the certificate is there. Default true. Switch it off where the
    /// zone is not active yet: the certificate comes when it is.
    #[serde(default = "on")]
    #[field(write_only)]
    pub wait: bool,
}

fn on() -> bool {
    true
}

fn oldest() -> TlsVersion {
    TlsVersion::V1_0
}

/// Outputs of an [`R2CustomDomain`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct R2CustomDomainOutputs {
    /// The address that the bucket is read under.
    #[field(stable)]
    pub url: String,
    /// Whether the vendor has seen that the domain is the account's: `active` when it has.
    pub ownership: String,
    /// Where the certificate stands: `active` when it is there.
    pub certificate: String,
}

#[async_trait]
impl Resource for R2CustomDomain {
    const TYPE: &'static str = "cloudflare:r2_custom_domain";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Cloudflare;
    type Inputs = R2CustomDomainInputs;
    type Outputs = R2CustomDomainOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: R2CustomDomainInputs) -> Result<Created<Self>> {
        let key = DomainKey::new(&inputs.bucket, &inputs.domain)?;
        let body =
            PutDomain { domain: Some(&key.domain), zone_id: Some(inputs.zone.as_str()), ..settings(&inputs) };
        let request = call::about(cx, &key.bucket, |http, path| http.post(path), "/domains/custom").await?;
        let made = envelope::send_empty(request.json_body(&body)).await;
        made.map_err(|error| explained(envelope::missing_reference(error)))?;
        let id = key.id();
        cx.checkpoint(&id).await?;
        let domain = match inputs.wait && inputs.enabled {
            true => active(cx, &key).await?,
            false => read(cx, &key).await?,
        };
        let domain = domain.ok_or_else(|| envelope::gone("the bucket's domain", &id))?;
        Ok(Created::new(id, outputs(&domain)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let key = DomainKey::parse(id)?;
        Ok(read(cx, &key).await?.map(|domain| observed(&key, domain)))
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<R2CustomDomainOutputs> {
        let key = DomainKey::parse(id)?;
        let request =
            call::about(cx, &key.bucket, |http, path| http.put(path), "/domains/custom/{domain}").await?;
        let request = request.segment("domain", &key.domain).json_body(&settings(&change.new));
        envelope::send_empty(request).await.map_err(explained)?;
        let domain = read(cx, &key).await?;
        Ok(outputs(&domain.ok_or_else(|| envelope::gone("the bucket's domain", id))?))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let key = DomainKey::parse(id)?;
        let path = "/domains/custom/{domain}";
        let request = call::about(cx, &key.bucket, |http, path| http.delete(path), path).await?;
        envelope::delete(request.segment("domain", &key.domain)).await
    }

    /// One page of buckets at a time, with the domains of each.
    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let (jurisdiction, answer, next) = call::page::<Buckets>(cx, &page).await?;
        let mut items = Vec::new();
        for bucket in answer.buckets {
            let bucket = super::key::BucketKey::new(jurisdiction, bucket.name);
            let found = call::get::<Domains>(cx, &bucket, "/domains/custom").await?;
            for domain in found.into_iter().flat_map(|found| found.domains) {
                let key = DomainKey { bucket: bucket.clone(), domain: domain.domain.clone() };
                items.push(observed(&key, domain));
            }
        }
        Ok(Page::new(items, next))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &R2CustomDomainInputs) -> Result<Vec<Id<Self>>> {
        let key = DomainKey::new(&inputs.bucket, &inputs.domain)?;
        Ok(read(cx, &key).await?.map(|_| key.id()).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        match change.field.name {
            "wait" => OnChange::Ignore,
            _ => change::declared(change),
        }
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs).text("domain", check::domain).finish()
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "R2 custom domain")
    }
}

fn settings(inputs: &R2CustomDomainInputs) -> PutDomain<'_> {
    PutDomain {
        domain: None,
        zone_id: None,
        enabled: inputs.enabled,
        min_tls: inputs.min_tls,
        ciphers: &inputs.ciphers,
    }
}

async fn read(cx: &Cx<'_, Cloudflare>, key: &DomainKey) -> Result<Option<Domain>> {
    let path = "/domains/custom/{domain}";
    let request = call::about(cx, &key.bucket, |http, path| http.get(path), path).await?;
    envelope::get(request.segment("domain", &key.domain)).await
}

/// Waits until the domain answers.
async fn active(cx: &Cx<'_, Cloudflare>, key: &DomainKey) -> Result<Option<Domain>> {
    let options = settled::options(cx, format!("the certificate of {}", key.domain));
    let waited = poll_until(&options, || async {
        let Some(domain) = read(cx, key).await? else { return Ok(Polled::Ready(None)) };
        let (ownership, ssl) = (domain.status.ownership.as_str(), domain.status.ssl.as_str());
        if let Some(failed) = [ownership, ssl].into_iter().find(|status| is_verdict(status)) {
            return Err(refused(key, failed));
        }
        if ownership == "active" && ssl == "active" {
            return Ok(Polled::Ready(Some(domain)));
        }
        let detail = format!("ownership {ownership}, certificate {ssl}");
        cx.progress(format!("{}: {detail}", key.domain), None);
        Ok(Polled::pending_in(detail))
    });
    waited.await.map_err(|error| match error.kind() {
        ErrorKind::Timeout => error.hint(
            "the domain exists, and its zone is probably not active yet: check its name servers, or set `wait` to \
             false",
        ),
        _ => error,
    })
}

/// Whether waiting is over without success.
fn is_verdict(status: &str) -> bool {
    matches!(status, "blocked" | "error" | "deactivated")
}

fn refused(key: &DomainKey, status: &str) -> Error {
    let text = format!("the domain {} is `{status}`", key.domain);
    Error::new(ErrorKind::Conflict, text)
        .field("domain")
        .hint("look at the bucket's settings in the dashboard")
}

/// A second domain of the same name is told like any other conflict.
fn explained(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Conflict => error
            .with_kind(ErrorKind::AlreadyExists)
            .field("domain")
            .hint("a bucket has this domain already, or a DNS record is in its place: import it, or remove it there"),
        ErrorKind::InvalidInput if error.input_field().is_none() => error.field("domain"),
        _ => call::explained(error),
    }
}

fn outputs(domain: &Domain) -> R2CustomDomainOutputs {
    R2CustomDomainOutputs {
        url: format!("https://{}", domain.domain),
        ownership: domain.status.ownership.clone(),
        certificate: domain.status.ssl.clone(),
    }
}

fn observed(key: &DomainKey, domain: Domain) -> Observed<R2CustomDomain> {
    let outputs = outputs(&domain);
    let inputs = R2CustomDomainInputs {
        bucket: key.bucket.id(),
        zone: Id::new(domain.zone_id.unwrap_or_default()),
        domain: domain.domain,
        enabled: domain.enabled,
        min_tls: domain.min_tls.unwrap_or_else(oldest),
        ciphers: domain.ciphers.unwrap_or_default(),
        wait: true,
    };
    Observed::new(key.id(), inputs, outputs)
}
