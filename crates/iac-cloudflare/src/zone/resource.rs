//! The resource type of zones. Knows nothing of the records and settings in them.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Fault, FieldChange, FieldType, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use iac_http::Request;
use serde::{Deserialize, Serialize};

use super::wire::{AccountId, Body, Create, Edit};
use crate::check::{self, Checker};
use crate::client::Cloudflare;
use crate::{change, cost, envelope};

/// Zones on one page of a listing: the most that the API gives.
const PER_PAGE: u32 = 50;

/// How Cloudflare gets the names of a zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ZoneType {
    /// The registrar names Cloudflare's name servers; records are
    /// [`DnsRecord`](crate::DnsRecord)s.
    #[default]
    Full,
    /// Another vendor answers for the domain, and single names point at Cloudflare. Needs a
    /// Business or Enterprise plan.
    Partial,
    /// Records come from other name servers by zone transfer. Needs an Enterprise plan.
    Secondary,
    /// For internal DNS. Needs an Enterprise plan.
    Internal,
}

/// A zone: a domain in the account.
///
/// It is `pending` until its registrar names the [`name_servers`](ZoneOutputs::name_servers);
/// everything in it can be set up before. Deleting a zone deletes all records and settings in it.
///
/// ```
/// use iac_cloudflare::Zone;
/// use iac_core::{Options, Stack};
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add_with("zone", Zone::args().name("example.com"), Options::new().protect())?;
/// stack.export("name_servers", &zone.name_servers)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Zone;

/// Inputs of a [`Zone`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Zone)]
pub struct ZoneInputs {
    /// The domain, in lower case and without a final dot: directly under a public suffix, such as
    /// `example.com`, unless the plan allows more.
    #[field(replace, unique)]
    pub name: String,
    /// How Cloudflare gets its names. Default `full`. Changes in place where the plan allows it.
    #[serde(default)]
    #[field(unsettles(name_servers, verification_key))]
    pub zone_type: ZoneType,
    /// Whether Cloudflare only answers DNS queries and leaves the traffic alone.
    #[serde(default)]
    pub paused: bool,
    /// Name servers under the zone's own name, in place of Cloudflare's. Needs a Business or
    /// Enterprise plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub vanity_name_servers: Vec<String>,
}

/// Outputs of a [`Zone`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ZoneOutputs {
    /// The domain.
    #[field(stable)]
    pub name: String,
    /// The name servers that the domain's registrar has to name.
    #[field(stable)]
    pub name_servers: Vec<String>,
    /// `initializing`, `pending`, `active` or `moved`.
    pub status: String,
    /// The text that proves who owns the domain of a `partial` zone, as a TXT record at
    /// `cloudflare-verify`.
    pub verification_key: Option<String>,
    /// The plan, for example `Free Website`.
    pub plan: String,
}

#[async_trait]
impl Resource for Zone {
    const TYPE: &'static str = "cloudflare:zone";
    const RECOVERY: Recovery = Recovery::UniqueName;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    const HOLDS_DATA: bool = true;
    type Provider = Cloudflare;
    type Inputs = ZoneInputs;
    type Outputs = ZoneOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: ZoneInputs) -> Result<Created<Self>> {
        let account = AccountId { id: cx.client().account_id(cx).await? };
        let body = Create { name: &inputs.name, account, zone_type: inputs.zone_type };
        let mut made: Body = envelope::create(cx.client().http(cx).post("/zones").json_body(&body)).await?;
        let id = Id::new(made.id.as_str());
        cx.checkpoint(&id).await?;
        if inputs.paused {
            made = edit(cx, &id, Edit::Paused(true)).await?;
        }
        if !inputs.vanity_name_servers.is_empty() {
            made = edit(cx, &id, Edit::VanityNameServers(&inputs.vanity_name_servers)).await?;
        }
        Ok(Created::new(id, outputs(&made)))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Ok(envelope::get(one(cx, id)).await?.map(observed))
    }

    async fn update(cx: &Cx<'_, Cloudflare>, id: &Id<Self>, change: Change<Self>) -> Result<ZoneOutputs> {
        let new = &change.new;
        if change.touches("zone_type") {
            edit(cx, id, Edit::ZoneType(new.zone_type)).await?;
        }
        if change.touches("paused") {
            edit(cx, id, Edit::Paused(new.paused)).await?;
        }
        if change.touches("vanity_name_servers") {
            edit(cx, id, Edit::VanityNameServers(&new.vanity_name_servers)).await?;
        }
        let now: Option<Body> = envelope::get(one(cx, id)).await?;
        Ok(outputs(&now.ok_or_else(|| envelope::gone("zone", id))?))
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        envelope::delete(cx.client().http(cx).delete("/zones/{zone}").segment("zone", id)).await
    }

    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let (zones, next) = envelope::page(all(cx), &page, PER_PAGE).await?;
        Ok(Page::new(zones.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &ZoneInputs) -> Result<Vec<Id<Self>>> {
        let request = all(cx).query(&[("name", &inputs.name)]);
        let (zones, _) = envelope::list::<Body>(request).await?;
        Ok(zones.into_iter().filter(|zone| zone.name == inputs.name).map(|zone| Id::new(zone.id)).collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs).text("name", check::domain).text("vanity_name_servers", check::domain).finish()
    }

    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        cost::zone(inputs, prices)
    }
}

pub(super) fn one(cx: &Cx<'_, Cloudflare>, id: &Id<Zone>) -> Request {
    cx.client().http(cx).get("/zones/{zone}").segment("zone", id)
}

/// All zones of the account; of every account that the token can see where none was given.
pub(crate) fn all(cx: &Cx<'_, Cloudflare>) -> Request {
    cx.client().http(cx).get("/zones").query_opt("account.id", cx.client().given_account())
}

async fn edit(cx: &Cx<'_, Cloudflare>, id: &Id<Zone>, edit: Edit<'_>) -> Result<Body> {
    let request = cx.client().http(cx).patch("/zones/{zone}").segment("zone", id);
    envelope::send(request.json_body(&edit)).await
}

fn outputs(zone: &Body) -> ZoneOutputs {
    ZoneOutputs {
        name: zone.name.clone(),
        name_servers: zone.name_servers.clone(),
        status: zone.status.clone().unwrap_or_default(),
        verification_key: zone.verification_key.clone().filter(|key| !key.is_empty()),
        plan: zone.plan.as_ref().map(|plan| plan.name.clone()).unwrap_or_default(),
    }
}

fn observed(zone: Body) -> Observed<Zone> {
    let outputs = outputs(&zone);
    let inputs = ZoneInputs {
        name: zone.name,
        zone_type: zone.zone_type,
        paused: zone.paused,
        vanity_name_servers: zone.vanity_name_servers.unwrap_or_default(),
    };
    Observed::new(Id::new(zone.id), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_knows_domains() {
        let faults = |name: Value| Zone::check(&Value::map([("name", name)]));
        assert!(faults("example.com".into()).is_empty());
        assert!(faults(Value::Unknown).is_empty());
        for bad in ["Example.com", "example.com.", "com", "a b.com"] {
            assert_eq!(faults(bad.into())[0].field, "name", "{bad}");
        }
    }

    #[test]
    fn one_field_is_edited_at_a_time() {
        let wire = |edit: Edit<'_>| serde_json::to_string(&edit).unwrap();
        assert_eq!(wire(Edit::Paused(true)), r#"{"paused":true}"#);
        assert_eq!(wire(Edit::ZoneType(ZoneType::Partial)), r#"{"type":"partial"}"#);
        assert_eq!(wire(Edit::VanityNameServers(&[])), r#"{"vanity_name_servers":[]}"#);
    }
}
