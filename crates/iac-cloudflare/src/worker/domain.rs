//! Custom domains: host names whose requests all go to one Worker. Knows nothing of scripts but their
//! names.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use iac_http::Idempotency;
use serde::{Deserialize, Serialize};

use super::await_script::known;
use super::script::WorkerScript;
use super::wire::of_account;
use crate::check::{self, Checker};
use crate::client::Cloudflare;
use crate::{Zone, change, cost, envelope};

/// A host name whose requests go to a Worker. The API makes its DNS record and its certificate, and
/// deletes them with it; a host that has records already is refused.
///
/// ```
/// use iac_cloudflare::{WorkerCode, WorkerDomain, WorkerScript, Zone};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// let script = stack.add("intake", WorkerScript::args().code(WorkerCode::text("worker.js", "export default {}")))?;
/// let host = WorkerDomain::args().zone(&zone).hostname("intake.example.com").script(&script);
/// stack.add("intake-host", host)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WorkerDomain;

/// Inputs of a [`WorkerDomain`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = WorkerDomain)]
pub struct WorkerDomainInputs {
    /// The zone that the host name is in.
    #[field(replace)]
    pub zone: Id<Zone>,
    /// The host name: the zone's own, or one below it.
    #[field(replace, unique, eq = dns_name)]
    pub hostname: String,
    /// The Worker.
    pub script: Id<WorkerScript>,
}

/// Outputs of a [`WorkerDomain`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct WorkerDomainOutputs {
    /// The host name.
    #[field(stable)]
    pub hostname: String,
    /// Its address.
    #[field(stable)]
    pub url: String,
}

#[derive(Deserialize)]
struct Body {
    id: String,
    hostname: String,
    service: String,
    zone_id: String,
}

#[derive(Serialize)]
struct Put<'a> {
    hostname: &'a str,
    service: &'a str,
    zone_id: &'a str,
    /// Moves a host name from another Worker, which is refused otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    override_existing_origin: bool,
}

#[async_trait]
impl Resource for WorkerDomain {
    const TYPE: &'static str = "cloudflare:worker_domain";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Cloudflare;
    type Inputs = WorkerDomainInputs;
    type Outputs = WorkerDomainOutputs;

    /// Looks first: the API refuses a host name of another Worker, and takes one of the same Worker as
    /// nothing to do.
    async fn create(cx: &Cx<'_, Cloudflare>, inputs: WorkerDomainInputs) -> Result<Created<Self>> {
        if let Some(present) = of_host(cx, &inputs.hostname).await? {
            return Err(taken(&present));
        }
        let made: Body = put(cx, &inputs, false).await?;
        let id = Id::new(made.id.as_str());
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, outputs(&made)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let request = of_account(cx, |http, path| http.get(path), "/domains/{domain}").await?;
        Ok(envelope::get(request.segment("domain", id)).await?.map(observed))
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        _: &Id<Self>,
        change: Change<Self>,
    ) -> Result<WorkerDomainOutputs> {
        Ok(outputs(&put(cx, &change.new, true).await?))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let request = of_account(cx, |http, path| http.delete(path), "/domains/{domain}").await?;
        envelope::delete(request.segment("domain", id)).await
    }

    async fn list(cx: &Cx<'_, Cloudflare>, _: PageToken) -> Result<Page<Self>> {
        let request = of_account(cx, |http, path| http.get(path), "/domains").await?;
        let (domains, _) = envelope::list::<Body>(request).await?;
        Ok(Page::new(domains.into_iter().map(observed).collect(), None))
    }

    /// A host name has one Worker; another one than wanted is somebody else's doing.
    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &WorkerDomainInputs) -> Result<Vec<Id<Self>>> {
        let present = of_host(cx, &inputs.hostname).await?;
        let ours = present.filter(|body| body.service == inputs.script.as_str());
        Ok(ours.map(|body| Id::new(body.id)).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs).text("hostname", check::domain).finish()
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "Worker domain")
    }
}

async fn of_host(cx: &Cx<'_, Cloudflare>, hostname: &str) -> Result<Option<Body>> {
    let request = of_account(cx, |http, path| http.get(path), "/domains").await?;
    let (domains, _) = envelope::list::<Body>(request.query(&[("hostname", hostname)])).await?;
    Ok(domains.into_iter().find(|body| body.hostname.eq_ignore_ascii_case(hostname)))
}

async fn put(cx: &Cx<'_, Cloudflare>, inputs: &WorkerDomainInputs, moves: bool) -> Result<Body> {
    let body = Put {
        hostname: &inputs.hostname,
        service: inputs.script.as_str(),
        zone_id: inputs.zone.as_str(),
        override_existing_origin: moves,
    };
    let body = &body;
    known(cx, &inputs.script, is_script_unknown, || async {
        let request = of_account(cx, |http, path| http.put(path), "/domains").await?;
        let request = request.json_body(body).idempotency(Idempotency::NotIdempotent);
        envelope::create(request).await.map_err(explained)
    })
    .await
}

/// Also a script that was uploaded a moment ago.
fn is_script_unknown(error: &Error) -> bool {
    matches!(error.api_code(), Some("10007" | "100115"))
}

fn taken(present: &Body) -> Error {
    let (host, service) = (&present.hostname, &present.service);
    Error::new(ErrorKind::AlreadyExists, format!("`{host}` goes to the Worker `{service}` already"))
        .field("hostname")
        .hint(format!("import it (its id is `{}`), or remove it there", present.id))
}

fn explained(error: Error) -> Error {
    match error.api_code() {
        Some("100116") => error.with_kind(ErrorKind::AlreadyExists).field("hostname"),
        Some("100117") => error
            .with_kind(ErrorKind::AlreadyExists)
            .field("hostname")
            .hint("the host has DNS records: delete them, or use a route instead of a domain"),
        Some("100118" | "100113") => error
            .with_kind(ErrorKind::InvalidInput)
            .field("hostname")
            .hint("the host name is the zone's own, or below it"),
        _ => error,
    }
}

fn outputs(body: &Body) -> WorkerDomainOutputs {
    WorkerDomainOutputs { hostname: body.hostname.clone(), url: format!("https://{}", body.hostname) }
}

fn observed(body: Body) -> Observed<WorkerDomain> {
    let outputs = outputs(&body);
    let inputs = WorkerDomainInputs {
        zone: Id::new(body.zone_id),
        hostname: body.hostname,
        script: Id::new(body.service),
    };
    Observed::new(Id::new(body.id), inputs, outputs)
}
