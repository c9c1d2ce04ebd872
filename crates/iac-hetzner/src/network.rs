//! Private networks. Knows nothing of what is in them; subnets and routes are resources of their
//! own.

use std::collections::BTreeMap;
use std::net::IpAddr;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Equality, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::{action, change, delete_protection, label, rename, verb, wire};

/// Longest name that the engine derives.
const NAME_LENGTH_MAX: usize = 63;

/// A private network, in which servers and load balancers of one network zone reach each other.
///
/// It needs a [`Subnet`](crate::Subnet) before anything can be attached.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{Network, Subnet};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let network = stack.add("network", Network::args().ip_range("10.0.0.0/16"))?;
/// let subnet = Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central");
/// stack.add("subnet", subnet)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Network;

/// Inputs of a [`Network`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Network)]
pub struct NetworkInputs {
    /// The name, unique in the project. Renames in place.
    #[field(unique, auto_name(63))]
    pub name: Option<String>,
    /// The private IPv4 range that all subnets are inside, at least a /24. It grows in place to a
    /// larger range with the same first address; any other change replaces.
    #[field(eq = cidr)]
    pub ip_range: String,
    /// Whether the routes of the network are given to the vSwitch in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expose_routes_to_vswitch: bool,
    /// Whether the API refuses to delete the network.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete_protection: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Outputs of a [`Network`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct NetworkOutputs {
    /// The name.
    pub name: String,
    /// The range.
    pub ip_range: String,
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    ip_range: &'a str,
    expose_routes_to_vswitch: bool,
    labels: label::Labels,
}

#[derive(Serialize)]
struct ChangeRange<'a> {
    ip_range: &'a str,
}

#[derive(Serialize)]
struct Expose {
    expose_routes_to_vswitch: bool,
}

#[async_trait]
impl Resource for Network {
    const TYPE: &'static str = "hetzner:network";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ENTRY;
    type Provider = Hetzner;
    type Inputs = NetworkInputs;
    type Outputs = NetworkOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: NetworkInputs) -> Result<Created<Self>> {
        let body = Create {
            name: check::required_name(&inputs.name)?,
            ip_range: &inputs.ip_range,
            expose_routes_to_vswitch: inputs.expose_routes_to_vswitch,
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let made = verb::create::<wire::Network>(cx, &body).await?;
        let id = wire::id(made.object.id);
        cx.checkpoint(&id).await?;
        action::finish(cx, made.actions).await?;
        if inputs.delete_protection {
            delete_protection::set::<wire::Network>(cx, id.as_str(), true).await?;
        }
        Ok(Created::new(id, outputs(&made.object)))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Ok(verb::get(cx, id.as_str()).await?.map(observed))
    }

    async fn update(cx: &Cx<'_, Hetzner>, id: &Id<Self>, change: Change<Self>) -> Result<NetworkOutputs> {
        let new = &change.new;
        if change.touches("delete_protection") {
            delete_protection::set::<wire::Network>(cx, id.as_str(), new.delete_protection).await?;
        }
        if change.touches("ip_range") {
            let object: wire::Network = verb::require(cx, id.as_str()).await?;
            // The API refuses to change the range to itself, and this call may be a second one.
            if !Equality::Cidr.same(&object.ip_range, &new.ip_range) {
                let body = ChangeRange { ip_range: &new.ip_range };
                verb::command::<wire::Network>(cx, id.as_str(), "change_ip_range", &body).await?;
            }
        }
        if change.touches("expose_routes_to_vswitch") {
            let body = Expose { expose_routes_to_vswitch: new.expose_routes_to_vswitch };
            verb::put::<wire::Network>(cx, id.as_str(), &body).await?;
        }
        if let Some(body) = rename::body(cx, &change, &new.name, &new.labels) {
            verb::put::<wire::Network>(cx, id.as_str(), &body).await?;
        }
        Ok(outputs(&verb::require(cx, id.as_str()).await?))
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        verb::delete_when_free::<wire::Network>(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (objects, next) = verb::page(cx, &page).await?;
        Ok(Page::new(objects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &NetworkInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<wire::Network, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        match change.field.name {
            "ip_range" if !grows(change.old, change.new) => OnChange::Replace,
            _ => change::declared(change),
        }
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs)
            .text("name", check::name(NAME_LENGTH_MAX))
            .text("ip_range", check::private_network(8..=24))
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

/// Whether the range `new` is `old` with a shorter prefix: what the API changes in place. A range
/// that is not known yet may be anything.
fn grows(old: &Value, new: &Value) -> bool {
    let range = |value: &Value| match value.as_str().and_then(check::parse_cidr)? {
        (IpAddr::V4(address), length) => Some((check::network_address(address, length), length)),
        (IpAddr::V6(_), _) => None,
    };
    match (range(old), range(new)) {
        (Some((old, old_length)), Some((new, new_length))) => old == new && new_length <= old_length,
        _ => false,
    }
}

fn outputs(object: &wire::Network) -> NetworkOutputs {
    NetworkOutputs { name: object.name.clone(), ip_range: object.ip_range.clone() }
}

fn observed(object: wire::Network) -> Observed<Network> {
    let outputs = outputs(&object);
    let inputs = NetworkInputs {
        name: Some(object.name),
        ip_range: object.ip_range,
        expose_routes_to_vswitch: object.expose_routes_to_vswitch,
        delete_protection: object.protection.delete,
        labels: label::stripped(object.labels),
    };
    Observed::new(wire::id(object.id), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_grows_to_a_shorter_prefix_of_the_same_address() {
        let grows = |old: &str, new: &str| super::grows(&old.into(), &new.into());
        assert!(grows("10.0.0.0/16", "10.0.0.0/8"));
        assert!(grows("10.0.0.0/16", "10.0.0.0/16"));
        assert!(!grows("10.1.0.0/16", "10.0.0.0/8"));
        assert!(!grows("10.0.0.0/8", "10.0.0.0/16"));
        assert!(!super::grows(&"10.0.0.0/8".into(), &Value::Unknown));
    }

    #[test]
    fn check_finds_wrong_ranges_and_lets_unknown_ones_pass() {
        let faults = |range: Value| Network::check(&Value::map([("ip_range", range)]));
        assert!(faults("10.0.0.0/16".into()).is_empty());
        assert!(faults(Value::Unknown).is_empty());
        for bad in ["10.0.0.0", "8.8.8.0/24", "10.0.0.0/25", "10.0.0.1/16"] {
            assert_eq!(faults(bad.into())[0].field, "ip_range", "{bad}");
        }
    }
}
