//! Subnets of private networks. They have no id of their own: network and range identify them.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Equality, Error, ErrorKind, Fault, FieldChange, FieldType, Id, Inputs, Observed,
    OnChange, Outputs, Page, PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::network::Network;
use crate::{action, change, verb, wire};

/// A range of a private network, in one network zone, whose addresses servers and load balancers
/// get.
///
/// Whatever is attached to the network should refer to it by [`SubnetOutputs::network_id`], so
/// that the subnet exists by then.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{Network, Server, ServerNetwork, Subnet};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let network = stack.add("network", Network::args().ip_range("10.0.0.0/16"))?;
/// let subnet = stack.add(
///     "subnet",
///     Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central"),
/// )?;
/// let server = Server::args()
///     .server_type("cx22")
///     .image("ubuntu-24.04")
///     .networks([ServerNetwork::args().network(&subnet.network_id)]);
/// stack.add("web", server)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Subnet;

/// What a subnet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SubnetKind {
    /// Servers and load balancers of the cloud.
    Cloud,
    /// Servers only; the older form of `Cloud`.
    Server,
    /// Dedicated servers behind a vSwitch.
    Vswitch,
}

/// Inputs of a [`Subnet`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Subnet)]
pub struct SubnetInputs {
    /// The network.
    #[field(replace)]
    pub network: Id<Network>,
    /// The range, inside the network's, at least a /30. It overlaps no other subnet and no route.
    #[field(replace, eq = cidr)]
    pub ip_range: String,
    /// The network zone: `eu-central`, `us-east`, `us-west`, `ap-southeast`.
    #[field(replace)]
    pub network_zone: String,
    /// What the subnet is for. Default `Cloud`.
    #[field(replace, default_from_api)]
    pub kind: Option<SubnetKind>,
    /// The number of the vSwitch, for the kind `Vswitch`.
    #[field(replace)]
    pub vswitch: Option<u64>,
}

/// Outputs of a [`Subnet`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct SubnetOutputs {
    /// The network: the same as the input, but known only once the subnet exists.
    #[field(stable)]
    pub network_id: Id<Network>,
    /// The range.
    #[field(stable)]
    pub ip_range: String,
    /// The gateway of the servers in it; none behind a vSwitch that has none.
    #[field(stable)]
    pub gateway: Option<String>,
}

#[derive(Serialize)]
struct Add<'a> {
    #[serde(rename = "type")]
    kind: SubnetKind,
    ip_range: &'a str,
    network_zone: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vswitch_id: Option<u64>,
}

#[derive(Serialize)]
struct Remove<'a> {
    ip_range: &'a str,
}

#[async_trait]
impl Resource for Subnet {
    const TYPE: &'static str = "hetzner:subnet";
    /// A second subnet with the same range is refused.
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ATTACHMENT;
    /// Ranges must not overlap.
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Hetzner;
    type Inputs = SubnetInputs;
    type Outputs = SubnetOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: SubnetInputs) -> Result<Created<Self>> {
        let id = id_of(&inputs);
        let body = Add {
            kind: inputs.kind.unwrap_or(SubnetKind::Cloud),
            ip_range: &inputs.ip_range,
            network_zone: &inputs.network_zone,
            vswitch_id: inputs.vswitch,
        };
        let started = verb::start::<wire::Network>(cx, inputs.network.as_str(), "add_subnet", &body).await;
        let actions = match started.map_err(verb::missing_reference) {
            Ok(actions) => actions,
            Err(error) => return Err(verb::taken(error, matches!(Self::read(cx, &id).await, Ok(Some(_))))),
        };
        cx.checkpoint(&id).await?;
        action::finish(cx, actions).await?;
        let observed = Self::read(cx, &id).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::Ambiguous,
                format!("the network does not show its new subnet {}", inputs.ip_range),
            )
        })?;
        Ok(Created::new(id, observed.outputs))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let (network, range) = parts(id)?;
        let pick = |object: &wire::Network| {
            let subnet = object.subnets.iter().find(|subnet| Equality::Cidr.same(&subnet.ip_range, range));
            subnet.map(|subnet| observed(object.id, subnet))
        };
        verb::part(cx, network, pick).await
    }

    async fn update(_: &Cx<'_, Hetzner>, _: &Id<Self>, change: Change<Self>) -> Result<SubnetOutputs> {
        // Every field replaces.
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let (network, ip_range) = parts(id)?;
        if Self::read(cx, id).await?.is_none() {
            return Ok(());
        }
        let body = Remove { ip_range };
        let remove = || verb::command::<wire::Network>(cx, network, "delete_subnet", &body);
        match verb::when_free(cx, &format!("subnet {id}"), remove).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (networks, next) = verb::page::<wire::Network>(cx, &page).await?;
        let of = |network: &wire::Network| -> Vec<_> {
            network.subnets.iter().map(|subnet| observed(network.id, subnet)).collect()
        };
        Ok(Page::new(networks.iter().flat_map(of).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, inputs: &SubnetInputs) -> Result<Vec<Id<Self>>> {
        Ok(Self::read(cx, &id_of(inputs)).await?.map(|observed| observed.id).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let checker = Checker::new(inputs).text("ip_range", check::private_network(8..=30));
        let kind = checker.value("kind");
        let vswitch = checker.value("vswitch");
        let is_vswitch = kind.as_str() == Some("vswitch");
        let is_other = !is_vswitch && *kind != Value::Unknown;
        checker
            .fault_if(
                is_vswitch && *vswitch == Value::Null,
                "vswitch",
                "a subnet of the kind vswitch needs its number",
            )
            .fault_if(
                is_other && vswitch.as_int().is_some(),
                "vswitch",
                "only a subnet of the kind vswitch has one",
            )
            .finish()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

fn id_of(inputs: &SubnetInputs) -> Id<Subnet> {
    Id::new(format!("{}/{}", inputs.network, inputs.ip_range))
}

/// Network and range of an id `<network>/<range>`.
fn parts(id: &Id<Subnet>) -> Result<(&str, &str)> {
    id.as_str().split_once('/').filter(|(_, range)| check::parse_cidr(range).is_some()).ok_or_else(|| {
        Error::invalid("id", format!("`{id}` is no subnet id; it has the form `<network id>/10.0.1.0/24`"))
    })
}

fn observed(network: u64, subnet: &wire::Subnet) -> Observed<Subnet> {
    let inputs = SubnetInputs {
        network: wire::id(network),
        ip_range: subnet.ip_range.clone(),
        network_zone: subnet.network_zone.clone(),
        kind: Some(subnet.kind),
        vswitch: subnet.vswitch_id,
    };
    let outputs = SubnetOutputs {
        network_id: inputs.network.clone(),
        ip_range: subnet.ip_range.clone(),
        gateway: subnet.gateway.clone(),
    };
    Observed::new(id_of(&inputs), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_network_and_range() {
        let id = Id::new("42/10.0.1.0/24");
        assert_eq!(parts(&id).unwrap(), ("42", "10.0.1.0/24"));
        for bad in ["42", "42/x", "42/10.0.1.0"] {
            assert_eq!(parts(&Id::new(bad)).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn a_vswitch_needs_its_number() {
        let faults = |pairs: Vec<(&str, Value)>| Subnet::check(&Value::map(pairs)).len();
        assert_eq!(faults(vec![("kind", "vswitch".into())]), 1);
        assert_eq!(faults(vec![("kind", "vswitch".into()), ("vswitch", Value::Unknown)]), 0);
        assert_eq!(faults(vec![("vswitch", Value::Int(7))]), 1);
        assert_eq!(faults(vec![("kind", Value::Unknown), ("vswitch", Value::Int(7))]), 0);
        assert_eq!(faults(vec![("ip_range", "10.0.0.0/31".into())]), 1);
    }
}
