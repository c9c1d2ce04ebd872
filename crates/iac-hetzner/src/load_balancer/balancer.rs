//! A load balancer itself: its type, its addresses and its network.
//! Knows nothing of what its services and targets are.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Fault, FieldChange, FieldType, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use super::busy::{explained, lock};
use super::wire::{AlgorithmBody, LoadBalancerBody};
use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::network::Network;
use crate::{action, change, delete_protection, label, rename, run, verb, wire};

/// Longest name that the engine derives.
const NAME_LENGTH_MAX: usize = 63;

/// How a load balancer chooses the target of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LoadBalancerAlgorithm {
    /// One after the other.
    #[default]
    RoundRobin,
    /// The one with the fewest open connections.
    LeastConnections,
}

/// A load balancer. What it listens on are its [services](crate::LoadBalancerService), where it
/// sends traffic are its [targets](crate::LoadBalancerTarget).
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{LoadBalancer, LoadBalancerAlgorithm, Network, Subnet};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let network = stack.add("network", Network::args().ip_range("10.0.0.0/16"))?;
/// let subnet = stack.add(
///     "subnet",
///     Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central"),
/// )?;
/// let balancer = stack.add(
///     "ingress",
///     LoadBalancer::args()
///         .load_balancer_type("lb11")
///         .location("nbg1")
///         .algorithm(LoadBalancerAlgorithm::LeastConnections)
///         // Through the subnet, so that the load balancer waits for it.
///         .network(&subnet.network_id),
/// )?;
/// stack.export("ingress", &balancer.ipv4)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LoadBalancer;

/// Inputs of a [`LoadBalancer`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = LoadBalancer)]
pub struct LoadBalancerInputs {
    /// The name, unique in the project. Renames in place.
    #[field(unique, auto_name(63))]
    pub name: Option<String>,
    /// The type, for example `lb11`. Changes in place; a smaller one must have room for the
    /// services and targets.
    pub load_balancer_type: String,
    /// The location, for example `nbg1`. Give it or `network_zone`.
    #[field(replace, default_from_api)]
    pub location: Option<String>,
    /// The network zone, for example `eu-central`: the vendor then chooses the location.
    #[field(replace, default_from_api)]
    pub network_zone: Option<String>,
    /// How targets are chosen. Default `round_robin`.
    #[serde(default)]
    pub algorithm: LoadBalancerAlgorithm,
    /// The private network it is attached to, which needs a subnet in the load balancer's network
    /// zone: refer to it by the subnet's `network_id`. Attaches and detaches in place.
    #[field(unsettles(private_ip))]
    pub network: Option<Id<Network>>,
    /// The address in the private network. By default the vendor chooses a free one.
    #[field(default_from_api, unsettles(private_ip))]
    pub ip: Option<String>,
    /// Whether it is reached from the internet. Default true; switching it off needs a network.
    #[serde(default = "enabled")]
    pub public_interface: bool,
    /// Whether the API refuses to delete it.
    #[serde(default)]
    pub delete_protection: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

fn enabled() -> bool {
    true
}

/// Outputs of a [`LoadBalancer`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct LoadBalancerOutputs {
    /// The public IPv4 address.
    #[field(stable)]
    pub ipv4: Option<String>,
    /// The public IPv6 address.
    #[field(stable)]
    pub ipv6: Option<String>,
    /// The address in the private network, if it is in one. Only a change of `network` or `ip` changes
    /// it.
    #[field(stable)]
    pub private_ip: Option<String>,
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    load_balancer_type: &'a str,
    algorithm: AlgorithmBody,
    public_interface: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_zone: Option<&'a str>,
    labels: label::Labels,
}

#[derive(Serialize)]
struct ChangeType<'a> {
    load_balancer_type: &'a str,
}

#[derive(Serialize)]
struct Attach<'a> {
    network: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
}

#[async_trait]
impl Resource for LoadBalancer {
    const TYPE: &'static str = "hetzner:load_balancer";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::DEVICE;
    type Provider = Hetzner;
    type Inputs = LoadBalancerInputs;
    type Outputs = LoadBalancerOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: LoadBalancerInputs) -> Result<Created<Self>> {
        let network = inputs.network.as_ref().map(|network| wire::number(network, "network")).transpose()?;
        // The creating request takes no address: with one, the network comes afterwards, and
        // without a network the public interface cannot be off.
        let attach_later = network.is_some() && inputs.ip.is_some();
        let body = Create {
            name: check::required_name(&inputs.name)?,
            load_balancer_type: &inputs.load_balancer_type,
            algorithm: AlgorithmBody { kind: inputs.algorithm },
            public_interface: inputs.public_interface || attach_later,
            network: network.filter(|_| !attach_later),
            location: inputs.location.as_deref(),
            network_zone: inputs.network_zone.as_deref(),
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let made = verb::create::<LoadBalancerBody>(cx, &body).await.map_err(explained)?;
        let id = wire::id(made.object.id);
        cx.checkpoint(&id).await?;
        let _busy = lock(cx, &id).await?;
        action::finish(cx, made.actions).await.map_err(explained)?;
        if attach_later {
            rewire(cx, id.as_str(), &inputs).await?;
        }
        if inputs.delete_protection {
            delete_protection::set::<LoadBalancerBody>(cx, id.as_str(), true).await?;
        }
        let object = verb::require::<LoadBalancerBody>(cx, id.as_str()).await?;
        Ok(Created::new(id, outputs(&object)))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let Some(object) = verb::get::<LoadBalancerBody>(cx, id.as_str()).await? else { return Ok(None) };
        if object.public_net.ipv4.ip.is_some() {
            return Ok(Some(observed(object)));
        }
        // It has no address while it is being built.
        verb::settle::<LoadBalancerBody>(cx, id.as_str()).await.map_err(explained)?;
        Ok(verb::get(cx, id.as_str()).await?.map(observed))
    }

    async fn update(
        cx: &Cx<'_, Hetzner>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<LoadBalancerOutputs> {
        let _busy = lock(cx, id).await?;
        let (id, new) = (id.as_str(), &change.new);
        if let Some(body) = rename::body(cx, &change, &new.name, &new.labels) {
            verb::put::<LoadBalancerBody>(cx, id, &body).await?;
        }
        if change.touches("load_balancer_type") {
            let body = ChangeType { load_balancer_type: &new.load_balancer_type };
            verb::command::<LoadBalancerBody>(cx, id, "change_type", &body).await.map_err(explained)?;
        }
        if change.touches("algorithm") {
            let body = AlgorithmBody { kind: new.algorithm };
            verb::command::<LoadBalancerBody>(cx, id, "change_algorithm", &body).await?;
        }
        if ["network", "ip", "public_interface"].into_iter().any(|field| change.touches(field)) {
            rewire(cx, id, new).await?;
        }
        if change.touches("delete_protection") {
            delete_protection::set::<LoadBalancerBody>(cx, id, new.delete_protection).await?;
        }
        Ok(outputs(&verb::require(cx, id).await?))
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let _busy = lock(cx, id).await?;
        verb::delete::<LoadBalancerBody>(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (objects, next) = verb::page(cx, &page).await?;
        Ok(Page::new(objects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &LoadBalancerInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<LoadBalancerBody, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let checker = Checker::new(inputs);
        let given = |field| checker.is_given(field);
        let (location, zone, network) = (given("location"), given("network_zone"), given("network"));
        let hidden = *checker.value("public_interface") == Value::Bool(false) && !network;
        let loose = given("ip") && !network;
        let both =
            checker.value("location").as_str().is_some() && checker.value("network_zone").as_str().is_some();
        checker
            .text("name", check::name(NAME_LENGTH_MAX))
            .text("ip", check::ipv4)
            .fault_if(!location && !zone, "location", "give a location, such as `nbg1`, or a `network_zone`")
            .fault_if(both, "network_zone", "the location decides it; give one of the two")
            .fault_if(hidden, "public_interface", "without a `network` it would not be reached at all")
            .fault_if(loose, "ip", "it is an address in a `network`, and there is none")
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        crate::cost::load_balancer(inputs, prices)
    }
}

/// Brings network and public interface to what `new` says. Repeatable: what is so already is left
/// alone. The caller holds the lock.
async fn rewire(cx: &Cx<'_, Hetzner>, id: &str, new: &LoadBalancerInputs) -> Result<()> {
    let network = new.network.as_ref().map(|network| wire::number(network, "network")).transpose()?;
    let object = verb::require::<LoadBalancerBody>(cx, id).await?;
    // It is reachable on one side all the time: the public side comes first and goes last.
    if new.public_interface && !object.public_net.enabled {
        run::bare_command::<LoadBalancerBody>(cx, id, "enable_public_interface").await.map_err(explained)?;
    }
    let attached = object.attachment();
    let fits = match (attached, network) {
        (Some(attached), Some(network)) => {
            attached.network == network && (new.ip.is_none() || new.ip == attached.ip)
        }
        (attached, network) => attached.is_none() && network.is_none(),
    };
    if let Some(attached) = attached.filter(|_| !fits) {
        let body = Attach { network: attached.network, ip: None };
        verb::command::<LoadBalancerBody>(cx, id, "detach_from_network", &body).await.map_err(explained)?;
    }
    if let Some(network) = network.filter(|_| !fits) {
        let body = Attach { network, ip: new.ip.as_deref() };
        verb::command::<LoadBalancerBody>(cx, id, "attach_to_network", &body).await.map_err(explained)?;
    }
    if !new.public_interface && object.public_net.enabled {
        run::bare_command::<LoadBalancerBody>(cx, id, "disable_public_interface").await.map_err(explained)?;
    }
    Ok(())
}

fn outputs(object: &LoadBalancerBody) -> LoadBalancerOutputs {
    LoadBalancerOutputs {
        ipv4: object.public_net.ipv4.ip.clone(),
        ipv6: object.public_net.ipv6.ip.clone(),
        private_ip: object.attachment().and_then(|attached| attached.ip.clone()),
    }
}

fn observed(object: LoadBalancerBody) -> Observed<LoadBalancer> {
    let outputs = outputs(&object);
    let inputs = LoadBalancerInputs {
        network: object.attachment().map(|attached| wire::id(attached.network)),
        ip: outputs.private_ip.clone(),
        name: Some(object.name),
        load_balancer_type: object.load_balancer_type.name,
        location: Some(object.location.name),
        network_zone: Some(object.location.network_zone),
        algorithm: object.algorithm.kind,
        public_interface: object.public_net.enabled,
        delete_protection: object.protection.delete,
        labels: label::stripped(object.labels),
    };
    Observed::new(wire::id(object.id), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(entries: &[(&str, Value)]) -> Vec<String> {
        let inputs = Value::map(entries.iter().cloned());
        LoadBalancer::check(&inputs).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn check_wants_one_place_and_one_way_in() {
        assert_eq!(faults(&[]), ["location"]);
        let location = ("location", Value::from("nbg1"));
        assert!(faults(&[location.clone(), ("network_zone", Value::Unknown)]).is_empty());
        assert_eq!(faults(&[location.clone(), ("network_zone", "eu-central".into())]), ["network_zone"]);
        let hidden = [location.clone(), ("public_interface", false.into()), ("ip", "10.0.1.5".into())];
        assert_eq!(faults(&hidden), ["public_interface", "ip"]);
        let attached = [&hidden[..], &[("network", Value::Unknown)]].concat();
        assert!(faults(&attached).is_empty());
        assert_eq!(faults(&[location, ("network", "4".into()), ("ip", "10.0.1".into())]), ["ip"]);
    }

    #[test]
    fn what_is_read_is_what_was_given() {
        let body: LoadBalancerBody = serde_json::from_value(serde_json::json!({
            "id": 4711, "name": "web", "created": "2026-01-01T00:00:00Z", "included_traffic": 1,
            "public_net": {"enabled": true, "ipv4": {"id": 9, "ip": "203.0.113.1", "dns_ptr": "a"},
                "ipv6": {"ip": "2001:db8::1", "dns_ptr": "a"}},
            "private_net": [{"network": 4, "ip": "10.0.1.5"}],
            "location": {"id": 1, "name": "fsn1", "network_zone": "eu-central"},
            "load_balancer_type": {"id": 1, "name": "lb11"}, "protection": {"delete": false},
            "labels": {"iac-urn": "0", "env": "dev"}, "services": [], "targets": [],
            "algorithm": {"type": "least_connections"}, "outgoing_traffic": null,
        }))
        .unwrap();
        let observed = observed(body);
        assert_eq!(observed.outputs.ipv4.as_deref(), Some("203.0.113.1"));
        assert_eq!(observed.outputs.private_ip.as_deref(), Some("10.0.1.5"));
        let inputs = observed.inputs;
        assert_eq!(inputs.network.unwrap().as_str(), "4");
        assert_eq!(inputs.algorithm, LoadBalancerAlgorithm::LeastConnections);
        assert_eq!((inputs.labels.len(), inputs.network_zone.as_deref()), (1, Some("eu-central")));
    }
}
