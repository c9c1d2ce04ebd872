//! The further domains of a project. Knows nothing of DNS: who has the domain makes the record.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use iac_http::{Idempotency, Polled, Request, poll_until};
use serde::{Deserialize, Serialize};

use super::call::{self, explained, in_project};
use super::key::Key;
use super::project::{PagesProject, projects};
use crate::check::{self, Checker};
use crate::client::Cloudflare;
use crate::{change, cost, envelope, settled};

/// A domain under which a site is seen, beside the one that its project comes with.
///
/// It works once a `CNAME` record points at the project's
/// [`subdomain`](crate::PagesProjectOutputs::subdomain). Declare the record beside it: making the domain
/// waits for its certificate, and that for the record.
///
/// ```
/// use iac_cloudflare::{PagesDomain, PagesProject};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let site = stack.add("site", PagesProject::args().name("shop-site"))?;
/// // A CNAME record `www.example.com` points at `site.subdomain`.
/// let www = stack.add("www", PagesDomain::args().project(&site).domain("www.example.com"))?;
/// stack.export("www", &www.url)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PagesDomain;

/// Inputs of a [`PagesDomain`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = PagesDomain)]
pub struct PagesDomainInputs {
    /// The project.
    #[field(replace)]
    pub project: Id<PagesProject>,
    /// The domain.
    #[field(replace, unique, eq = dns_name)]
    pub domain: String,
    /// Whether making it waits until the certificate is there. Default true. Switch it off where the
    /// record is made later, or by somebody else.
    #[serde(default = "on")]
    #[field(write_only)]
    pub wait: bool,
}

fn on() -> bool {
    true
}

/// Outputs of a [`PagesDomain`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct PagesDomainOutputs {
    /// The address that the site is seen under.
    #[field(stable)]
    pub url: String,
    /// `initializing`, `pending`, `active`, `deactivated`, `blocked` or `error`.
    pub status: String,
    /// Where the vendor looks for a TXT record, if it wants to see one.
    pub validation_name: Option<String>,
    /// What that record has to say.
    pub validation_value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Body {
    name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    validation_data: Option<Validation>,
    #[serde(default)]
    verification_data: Option<Verification>,
}

#[derive(Debug, Deserialize)]
struct Validation {
    #[serde(default)]
    txt_name: Option<String>,
    #[serde(default)]
    txt_value: Option<String>,
    #[serde(default)]
    error_message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Verification {
    #[serde(default)]
    error_message: Option<String>,
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
}

#[async_trait]
impl Resource for PagesDomain {
    const TYPE: &'static str = "cloudflare:pages_domain";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Cloudflare;
    type Inputs = PagesDomainInputs;
    type Outputs = PagesDomainOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: PagesDomainInputs) -> Result<Created<Self>> {
        let key = Key::of_domain(&inputs.project, &inputs.domain);
        let request = call::about(cx, &key.project, |http, path| http.post(path), "/domains").await?;
        let made = request.json_body(&Create { name: &key.part });
        let body: Body = envelope::create(made).await.map_err(|error| explained(in_project(error)))?;
        let id = key.id();
        cx.checkpoint(&id).await?;
        let body = match inputs.wait {
            true => active(cx, &key).await?.ok_or_else(|| envelope::gone("the project's domain", &id))?,
            false => body,
        };
        Ok(Created::new(id, outputs(&body)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let key = Key::domain(id)?;
        Ok(read(cx, &key).await?.map(|body| observed(&key, body)))
    }

    /// Nothing of a domain changes in place; the vendor is asked to look at it again.
    async fn update(cx: &Cx<'_, Cloudflare>, id: &Id<Self>, _: Change<Self>) -> Result<PagesDomainOutputs> {
        let request = about(cx, &Key::domain(id)?, iac_http::Client::patch).await?;
        let body: Body = envelope::send(request.idempotency(Idempotency::Idempotent)).await?;
        Ok(outputs(&body))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        envelope::delete(about(cx, &Key::domain(id)?, iac_http::Client::delete).await?).await
    }

    /// One page of projects at a time, with the domains of each.
    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let (projects, next) = projects(cx, &page).await?;
        let mut items = Vec::new();
        for project in projects {
            let project = Id::new(project.name);
            let request = call::about(cx, &project, |http, path| http.get(path), "/domains").await?;
            // A project that is gone by now has none.
            let found = envelope::absent(envelope::list::<Body>(request).await)?;
            let bodies = found.map(|(bodies, _)| bodies).unwrap_or_default();
            items
                .extend(bodies.into_iter().map(|body| observed(&Key::of_domain(&project, &body.name), body)));
        }
        Ok(Page::new(items, next))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &PagesDomainInputs) -> Result<Vec<Id<Self>>> {
        let key = Key::of_domain(&inputs.project, &inputs.domain);
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
        cost::of(prices, "Pages domain")
    }
}

async fn about(
    cx: &Cx<'_, Cloudflare>,
    key: &Key,
    method: impl FnOnce(&iac_http::Client, String) -> Request,
) -> Result<Request> {
    Ok(call::about(cx, &key.project, method, "/domains/{domain}").await?.segment("domain", &key.part))
}

async fn read(cx: &Cx<'_, Cloudflare>, key: &Key) -> Result<Option<Body>> {
    envelope::get(about(cx, key, iac_http::Client::get).await?).await
}

/// Waits until the site is seen under the domain.
async fn active(cx: &Cx<'_, Cloudflare>, key: &Key) -> Result<Option<Body>> {
    let options = settled::options(cx, format!("the domain {}", key.part));
    let waited = poll_until(&options, || async {
        let Some(body) = read(cx, key).await? else { return Ok(Polled::Ready(None)) };
        match body.status.as_str() {
            "active" => Ok(Polled::Ready(Some(body))),
            "blocked" | "error" | "deactivated" => Err(refused(&body)),
            status => {
                cx.progress(format!("{}: {status}", key.part), None);
                Ok(Polled::pending_in(status))
            }
        }
    });
    waited.await.map_err(|error| match error.kind() {
        ErrorKind::Timeout => error.hint(
            "the domain exists and waits for a CNAME record that points at the project's `subdomain`: make it, or \
             set `wait` to false",
        ),
        _ => error,
    })
}

/// The error of a domain that will not become active by itself.
fn refused(body: &Body) -> Error {
    let reasons = [
        body.verification_data.as_ref().and_then(|data| data.error_message.as_deref()),
        body.validation_data.as_ref().and_then(|data| data.error_message.as_deref()),
    ];
    let reason = reasons.into_iter().flatten().next().unwrap_or("the vendor gives no reason");
    Error::new(ErrorKind::Conflict, format!("the domain {} is `{}`: {reason}", body.name, body.status))
        .field("domain")
        .hint("check its CNAME record, and the CAA records of the domain")
}

fn outputs(body: &Body) -> PagesDomainOutputs {
    let validation = body.validation_data.as_ref();
    PagesDomainOutputs {
        url: format!("https://{}", body.name),
        status: body.status.clone(),
        validation_name: validation.and_then(|data| data.txt_name.clone()),
        validation_value: validation.and_then(|data| data.txt_value.clone()),
    }
}

fn observed(key: &Key, body: Body) -> Observed<PagesDomain> {
    let outputs = outputs(&body);
    let inputs = PagesDomainInputs { project: key.project.clone(), domain: body.name, wait: true };
    Observed::new(key.id(), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_domain_says_why() {
        let body: Body = serde_json::from_value(serde_json::json!({
            "id": "1", "domain_id": "1", "name": "www.example.com", "status": "error", "zone_tag": "",
            "validation_data": { "status": "error", "method": "http", "error_message": "no CNAME" },
            "verification_data": { "status": "pending" },
        }))
        .unwrap();
        let error = refused(&body);
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains("is `error`: no CNAME"), "{error}");
    }
}
