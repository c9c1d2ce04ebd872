//! Routes of private networks. They have no id of their own: network, destination and gateway
//! identify them.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Equality, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange,
    Outputs, Page, PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::network::Network;
use crate::{action, change, verb, wire};

/// The default route, the only destination outside the private ranges.
const EVERYTHING: &str = "0.0.0.0/0";
/// The gateway of the servers' public interface, which no route may name.
const PUBLIC_GATEWAY: &str = "172.31.1.1";

/// A route of a private network: packets for `destination` go to `gateway`.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{Network, Route};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let network = stack.add("network", Network::args().ip_range("10.0.0.0/16"))?;
/// let route = Route::args().network(&network).destination("192.168.0.0/24").gateway("10.0.1.2");
/// stack.add("office", route)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Route;

/// Inputs of a [`Route`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Route)]
pub struct RouteInputs {
    /// The network.
    #[field(replace)]
    pub network: Id<Network>,
    /// Where the packets go: a private IPv4 network, or `0.0.0.0/0`.
    #[field(replace, eq = cidr)]
    pub destination: String,
    /// The address in the network that they are given to.
    #[field(replace)]
    pub gateway: String,
}

/// Outputs of a [`Route`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct RouteOutputs {
    /// The network: the same as the input, but known only once the route exists.
    #[field(stable)]
    pub network_id: Id<Network>,
}

#[derive(Serialize)]
struct Body<'a> {
    destination: &'a str,
    gateway: &'a str,
}

#[async_trait]
impl Resource for Route {
    const TYPE: &'static str = "hetzner:route";
    /// A second route to the same destination is refused.
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ATTACHMENT;
    /// Destinations must not overlap.
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Hetzner;
    type Inputs = RouteInputs;
    type Outputs = RouteOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: RouteInputs) -> Result<Created<Self>> {
        let id = id_of(&inputs);
        let body = Body { destination: &inputs.destination, gateway: &inputs.gateway };
        let started = verb::start::<wire::Network>(cx, inputs.network.as_str(), "add_route", &body).await;
        let actions = match started.map_err(verb::missing_reference) {
            Ok(actions) => actions,
            Err(error) => return Err(verb::taken(error, matches!(Self::read(cx, &id).await, Ok(Some(_))))),
        };
        cx.checkpoint(&id).await?;
        action::finish(cx, actions).await?;
        Ok(Created::new(id, RouteOutputs { network_id: inputs.network }))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let (network, destination, gateway) = parts(id)?;
        let is_this = |route: &&wire::Route| {
            Equality::Cidr.same(&route.destination, destination) && route.gateway == gateway
        };
        let pick = |object: &wire::Network| {
            object.routes.iter().find(is_this).map(|route| observed(object.id, route))
        };
        verb::part(cx, network, pick).await
    }

    async fn update(_: &Cx<'_, Hetzner>, _: &Id<Self>, change: Change<Self>) -> Result<RouteOutputs> {
        // Every field replaces.
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let (network, destination, gateway) = parts(id)?;
        if Self::read(cx, id).await?.is_none() {
            return Ok(());
        }
        let body = Body { destination, gateway };
        match verb::command::<wire::Network>(cx, network, "delete_route", &body).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (networks, next) = verb::page::<wire::Network>(cx, &page).await?;
        let of = |network: &wire::Network| -> Vec<_> {
            network.routes.iter().map(|route| observed(network.id, route)).collect()
        };
        Ok(Page::new(networks.iter().flat_map(of).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, inputs: &RouteInputs) -> Result<Vec<Id<Self>>> {
        Ok(Self::read(cx, &id_of(inputs)).await?.map(|observed| observed.id).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let destination = |text: &str| {
            if text == EVERYTHING { None } else { check::private_network(8..=32)(text) }
        };
        let gateway = |text: &str| {
            check::ipv4(text).or_else(|| {
                (text == PUBLIC_GATEWAY)
                    .then(|| format!("{PUBLIC_GATEWAY} is the gateway of the servers' public interface"))
            })
        };
        Checker::new(inputs).text("destination", destination).text("gateway", gateway).finish()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

fn id_of(inputs: &RouteInputs) -> Id<Route> {
    Id::new(format!("{}/{}/{}", inputs.network, inputs.destination, inputs.gateway))
}

/// Network, destination and gateway of an id `<network>/<destination>/<gateway>`.
fn parts(id: &Id<Route>) -> Result<(&str, &str, &str)> {
    let parts = id.as_str().split_once('/').and_then(|(network, rest)| {
        let (destination, gateway) = rest.rsplit_once('/')?;
        check::parse_cidr(destination).map(|_| (network, destination, gateway))
    });
    parts.ok_or_else(|| {
        let form = "<network id>/192.168.0.0/24/10.0.1.2";
        Error::invalid("id", format!("`{id}` is no route id; it has the form `{form}`"))
    })
}

fn observed(network: u64, route: &wire::Route) -> Observed<Route> {
    let inputs = RouteInputs {
        network: wire::id(network),
        destination: route.destination.clone(),
        gateway: route.gateway.clone(),
    };
    let outputs = RouteOutputs { network_id: inputs.network.clone() };
    Observed::new(id_of(&inputs), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_network_destination_and_gateway() {
        assert_eq!(parts(&Id::new("42/0.0.0.0/0/10.0.1.2")).unwrap(), ("42", "0.0.0.0/0", "10.0.1.2"));
        assert!(parts(&Id::new("42/10.0.1.2")).is_err());
    }

    #[test]
    fn check_knows_the_rules_of_destination_and_gateway() {
        let faults = |destination: &str, gateway: &str| {
            Route::check(&Value::map([("destination", destination.into()), ("gateway", gateway.into())]))
                .len()
        };
        assert_eq!(faults("0.0.0.0/0", "10.0.0.2"), 0);
        assert_eq!(faults("192.168.0.0/24", "10.0.0.2"), 0);
        assert_eq!(faults("8.8.8.8/32", "172.31.1.1"), 2);
    }
}
