//! The activation of a zone: that its registrar names Cloudflare's name servers. Knows no registrar.

use std::time::Duration;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use iac_http::{Idempotency, Polled, poll_until};
use serde::{Deserialize, Serialize};

use super::resource::{Zone, one};
use super::wire::Body;
use crate::client::Cloudflare;
use crate::{change, envelope};

/// Longest wait for a registrar, where the step's own timeout is not shorter.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest wait of a read, so that a plan does not hang on a registrar.
const READ_WAIT_MAX: Duration = Duration::from_secs(30);
/// What the API answers to a second request for a check within the hour.
const TOO_SOON: &str = "1224";

/// That a [`Zone`](crate::Zone) is active: creating it asks Cloudflare to look at the domain's name
/// servers, and waits until the zone is `active`.
///
/// Refer to the zone through [`zone_id`](ZoneActivationOutputs::zone_id) where something works only in
/// an active zone. The wait ends with the step's timeout
/// ([`create_timeout`](iac_core::Options::create_timeout)); the next run goes on waiting. So it does for a
/// zone that stopped being active. Deleting this changes nothing at the zone.
///
/// ```
/// use iac_cloudflare::{Zone, ZoneActivation};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// // Here the registrar would be told `zone.name_servers`.
/// let active = stack.add("active", ZoneActivation::args().zone(&zone))?;
/// stack.export("zone", &active.zone_id)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ZoneActivation;

/// Inputs of a [`ZoneActivation`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = ZoneActivation)]
pub struct ZoneActivationInputs {
    /// The zone.
    #[field(replace, unique)]
    pub zone: Id<Zone>,
}

/// Outputs of a [`ZoneActivation`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ZoneActivationOutputs {
    /// The zone: the same as the input, but known only once it is active.
    #[field(stable)]
    pub zone_id: Id<Zone>,
}

#[async_trait]
impl Resource for ZoneActivation {
    const TYPE: &'static str = "cloudflare:zone_activation";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    const SETTING: bool = true;
    type Provider = Cloudflare;
    type Inputs = ZoneActivationInputs;
    type Outputs = ZoneActivationOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: ZoneActivationInputs) -> Result<Created<Self>> {
        let id = Id::new(inputs.zone.as_str());
        let zone: Option<Body> = envelope::get(one(cx, &inputs.zone)).await?;
        let zone = zone.ok_or_else(|| {
            Error::invalid("zone", format!("there is no zone {}", inputs.zone))
                .hint("declare the zone in this stack, or give its id")
        })?;
        if !is_active(&zone) {
            ask(cx, &inputs.zone).await?;
        }
        cx.checkpoint(&id).await?;
        match wait(cx, &inputs.zone, WAIT_MAX).await? {
            Some(_) => Ok(Created::new(id, outputs(inputs.zone))),
            None => Err(envelope::gone("zone", &inputs.zone)),
        }
    }

    /// Waits a little for a zone that is not active: what a dead run began may be about to be done, and
    /// it may have died before it asked. After that there is no activation, and the next plan makes it.
    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let zone = Id::new(id.as_str());
        let now: Option<Body> = envelope::get(one(cx, &zone)).await?;
        let found = match now {
            Some(now) if !is_active(&now) => {
                match ask(cx, &zone).await {
                    // A token that can only read cannot ask; the vendor looks by itself, only later.
                    Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
                    other => other?,
                }
                match wait(cx, &zone, READ_WAIT_MAX).await {
                    Err(error) if error.kind() == ErrorKind::Timeout => None,
                    other => other?,
                }
            }
            other => other,
        };
        Ok(found
            .map(|_| Observed::new(id.clone(), ZoneActivationInputs { zone: zone.clone() }, outputs(zone))))
    }

    /// There is nothing to change.
    async fn update(
        _: &Cx<'_, Cloudflare>,
        _: &Id<Self>,
        change: Change<Self>,
    ) -> Result<ZoneActivationOutputs> {
        Ok(change.outputs)
    }

    /// Only a look: a token for another account must not end the management of what it cannot see.
    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        envelope::get::<Body>(one(cx, &Id::new(id.as_str()))).await.map(drop)
    }

    async fn list(_: &Cx<'_, Cloudflare>, _: PageToken) -> Result<Page<Self>> {
        Err(Error::new(ErrorKind::Unsupported, "activations are part of their zones"))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &ZoneActivationInputs) -> Result<Vec<Id<Self>>> {
        let zone: Option<Body> = envelope::get(one(cx, &inputs.zone)).await?;
        Ok(zone.map(|zone| Id::new(zone.id)).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    /// A wait costs nothing, whatever the plan.
    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

fn is_active(zone: &Body) -> bool {
    zone.status.as_deref() == Some("active")
}

fn outputs(zone_id: Id<Zone>) -> ZoneActivationOutputs {
    ZoneActivationOutputs { zone_id }
}

/// Asks for a look at the name servers. One that was asked for within the hour is under way.
async fn ask(cx: &Cx<'_, Cloudflare>, zone: &Id<Zone>) -> Result<()> {
    let request = cx.client().http(cx).put("/zones/{zone}/activation_check").segment("zone", zone);
    match envelope::send_empty(request.idempotency(Idempotency::Idempotent)).await {
        Err(error) if error.api_code() == Some(TOO_SOON) => Ok(()),
        other => other,
    }
}

/// The zone once it is active; `None` if there is none.
async fn wait(cx: &Cx<'_, Cloudflare>, zone: &Id<Zone>, wait_max: Duration) -> Result<Option<Body>> {
    let options = cx.client().wait(cx, format!("the activation of zone {zone}")).wait_max(wait_max);
    poll_until(&options, async || {
        let Some(body) = envelope::get::<Body>(one(cx, zone)).await? else { return Ok(Polled::Ready(None)) };
        if is_active(&body) {
            return Ok(Polled::Ready(Some(body)));
        }
        let status = body.status.clone().unwrap_or_default();
        let servers = body.name_servers.join(", ");
        cx.progress(format!("zone {} is {status}: its registrar has to name {servers}", body.name), None);
        Ok(Polled::pending_in(status))
    })
    .await
}
