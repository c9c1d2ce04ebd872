//! DNSSEC of a zone. Knows nothing of the registrar, who has to publish the key.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use iac_http::{Client, Idempotency, Request};
use serde::{Deserialize, Serialize};

use crate::client::Cloudflare;
use crate::zone::Zone;
use crate::{change, cost, envelope, zone};

/// DNSSEC of a [`Zone`](crate::Zone): its answers are signed.
///
/// It is `pending` until the registrar publishes the [`ds`](DnssecOutputs::ds) record. Take that record
/// away there before this is deleted: names of the zone do not resolve in between otherwise.
///
/// ```
/// use iac_cloudflare::{Dnssec, Zone};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// let dnssec = stack.add("dnssec", Dnssec::args().zone(&zone))?;
/// stack.export("ds", &dnssec.ds)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Dnssec;

/// Inputs of a [`Dnssec`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Dnssec)]
pub struct DnssecInputs {
    /// The zone.
    #[field(replace, unique)]
    pub zone: Id<Zone>,
    /// Whether other vendors sign the zone, too.
    #[serde(default)]
    pub multi_signer: bool,
    /// Whether the zone comes with its signatures from another vendor.
    #[serde(default)]
    pub presigned: bool,
    /// Whether absence is proved by NSEC3.
    #[serde(default)]
    pub use_nsec3: bool,
}

/// Outputs of a [`Dnssec`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct DnssecOutputs {
    /// `pending` until the registrar publishes the key, then `active`; `error` if it publishes
    /// another one.
    pub status: String,
    /// The record that the registrar has to publish.
    pub ds: String,
    /// The digest of the key.
    pub digest: String,
    /// The digest's type, a number as text.
    pub digest_type: String,
    /// The digest's algorithm.
    pub digest_algorithm: String,
    /// The key's algorithm, a number as text.
    pub algorithm: String,
    /// The key's tag.
    pub key_tag: u32,
    /// The key's flags.
    pub flags: u32,
    /// The public key.
    pub public_key: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    ds: Option<String>,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    digest_type: Option<String>,
    #[serde(default)]
    digest_algorithm: Option<String>,
    #[serde(default)]
    algorithm: Option<String>,
    #[serde(default)]
    key_tag: Option<f64>,
    #[serde(default)]
    flags: Option<f64>,
    #[serde(default)]
    public_key: Option<String>,
    #[serde(default)]
    dnssec_multi_signer: Option<bool>,
    #[serde(default)]
    dnssec_presigned: Option<bool>,
    #[serde(default)]
    dnssec_use_nsec3: Option<bool>,
}

#[derive(Serialize)]
struct Edit {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dnssec_multi_signer: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dnssec_presigned: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dnssec_use_nsec3: Option<bool>,
}

#[async_trait]
impl Resource for Dnssec {
    const TYPE: &'static str = "cloudflare:dnssec";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Cloudflare;
    type Inputs = DnssecInputs;
    type Outputs = DnssecOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: DnssecInputs) -> Result<Created<Self>> {
        let id = Id::new(inputs.zone.as_str());
        let now = envelope::send::<Body>(request(cx, &id, |http, path| http.get(path)))
            .await
            .map_err(zone_missing)?;
        if is_on(&now) {
            return Err(Error::new(ErrorKind::AlreadyExists, "the zone has DNSSEC already")
                .field("zone")
                .hint("import it with the zone's id"));
        }
        let made = set(cx, &id, &on(&inputs)).await?;
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, outputs(&made)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let body: Option<Body> = envelope::get(request(cx, id, |http, path| http.get(path))).await?;
        Ok(body.filter(is_on).map(|body| observed(id, &body)))
    }

    async fn update(cx: &Cx<'_, Cloudflare>, id: &Id<Self>, change: Change<Self>) -> Result<DnssecOutputs> {
        Ok(outputs(&set(cx, id, &on(&change.new)).await?))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let off = Edit {
            status: "disabled",
            dnssec_multi_signer: Some(false),
            dnssec_presigned: Some(false),
            dnssec_use_nsec3: Some(false),
        };
        envelope::absent(set(cx, id, &off).await).map(drop)
    }

    /// One zone after the other.
    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let Some(stop) = zone::stop(cx, &page).await? else { return Ok(Page::new(Vec::new(), None)) };
        let id: Id<Self> = Id::new(stop.zone.as_str());
        let listed = envelope::send::<Body>(request(cx, &id, |http, path| http.get(path))).await;
        let on = |body: Body| Some(body).filter(is_on).map(|body| observed(&id, &body));
        stop.page(listed.map(|body| (on(body).into_iter().collect(), None)))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &DnssecInputs) -> Result<Vec<Id<Self>>> {
        let id: Id<Self> = Id::new(inputs.zone.as_str());
        let body: Option<Body> = envelope::get(request(cx, &id, |http, path| http.get(path))).await?;
        Ok(body.filter(is_on).map(|_| id).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "DNSSEC")
    }
}

fn request(
    cx: &Cx<'_, Cloudflare>,
    id: &Id<Dnssec>,
    method: impl FnOnce(&Client, &'static str) -> Request,
) -> Request {
    method(&cx.client().http(cx), "/zones/{zone}/dnssec").segment("zone", id)
}

async fn set(cx: &Cx<'_, Cloudflare>, id: &Id<Dnssec>, edit: &Edit) -> Result<Body> {
    // The same again changes nothing.
    let request = request(cx, id, |http, path| http.patch(path)).idempotency(Idempotency::Idempotent);
    envelope::send(request.json_body(edit)).await
}

fn zone_missing(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => error.with_kind(ErrorKind::InvalidInput).field("zone"),
        _ => error,
    }
}

fn on(inputs: &DnssecInputs) -> Edit {
    Edit {
        status: "active",
        dnssec_multi_signer: Some(inputs.multi_signer),
        dnssec_presigned: Some(inputs.presigned),
        dnssec_use_nsec3: Some(inputs.use_nsec3),
    }
}

/// One that is being switched off is off: it can be switched on again at once.
fn is_on(body: &Body) -> bool {
    matches!(body.status.as_deref(), Some("active" | "pending" | "error"))
}

fn outputs(body: &Body) -> DnssecOutputs {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    DnssecOutputs {
        status: text(&body.status),
        ds: text(&body.ds),
        digest: text(&body.digest),
        digest_type: text(&body.digest_type),
        digest_algorithm: text(&body.digest_algorithm),
        algorithm: text(&body.algorithm),
        // Whole numbers, whatever the API's schema says.
        key_tag: body.key_tag.unwrap_or_default() as u32,
        flags: body.flags.unwrap_or_default() as u32,
        public_key: text(&body.public_key),
    }
}

fn observed(id: &Id<Dnssec>, body: &Body) -> Observed<Dnssec> {
    let inputs = DnssecInputs {
        zone: Id::new(id.as_str()),
        multi_signer: body.dnssec_multi_signer.unwrap_or_default(),
        presigned: body.dnssec_presigned.unwrap_or_default(),
        use_nsec3: body.dnssec_use_nsec3.unwrap_or_default(),
    };
    Observed::new(id.clone(), inputs, outputs(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_switched_off_is_off() {
        let body = |status: &str| -> Body {
            serde_json::from_value(serde_json::json!({ "status": status })).unwrap()
        };
        for (status, expected) in [
            ("active", true),
            ("pending", true),
            ("error", true),
            ("pending-disabled", false),
            ("disabled", false),
        ] {
            assert_eq!(is_on(&body(status)), expected, "{status}");
        }
    }
}
