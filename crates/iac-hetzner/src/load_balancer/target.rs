//! Where a load balancer sends traffic. A target has no id of its own: load balancer and server,
//! selector or address identify it. Knows nothing of services.

use std::net::IpAddr;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use super::balancer::LoadBalancer;
use super::busy::{explained, lock, refused, settled};
use super::wire::{IpTarget, LoadBalancerBody, SelectorTarget, ServerTarget, TargetBody, TargetKind};
use crate::check::Checker;
use crate::client::Hetzner;
use crate::server::Server;
use crate::{action, change, run, verb, wire};

/// Longest label selector in characters.
const SELECTOR_LENGTH_MAX: usize = 1000;

/// A target of a load balancer: one server, all servers with certain labels, or the address of a
/// dedicated server of the same customer. Give exactly one of the three.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{LoadBalancer, LoadBalancerTarget, Network, Server, ServerNetwork, Subnet};
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
///     LoadBalancer::args().load_balancer_type("lb11").location("nbg1").network(&subnet.network_id),
/// )?;
/// let worker = stack.add(
///     "worker",
///     Server::args()
///         .server_type("cx22")
///         .image("ubuntu-24.04")
///         .location("nbg1")
///         .networks([ServerNetwork::args().network(&subnet.network_id)]),
/// )?;
/// stack.add(
///     "worker",
///     LoadBalancerTarget::args().load_balancer(&balancer).server(&worker).use_private_ip(true),
/// )?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LoadBalancerTarget;

/// Inputs of a [`LoadBalancerTarget`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = LoadBalancerTarget)]
pub struct LoadBalancerTargetInputs {
    /// The load balancer.
    #[field(replace)]
    pub load_balancer: Id<LoadBalancer>,
    /// One server.
    #[field(replace)]
    pub server: Option<Id<Server>>,
    /// All servers whose labels match, for example `role=worker`, also those that come later.
    #[field(replace)]
    pub label_selector: Option<String>,
    /// The address of a dedicated server of the same customer, public or in a vSwitch subnet.
    #[field(replace)]
    pub ip: Option<String>,
    /// Whether servers are reached in the private network, which the load balancer must be in as
    /// well. Changes in place, with a moment in which the target gets no traffic.
    #[serde(default)]
    pub use_private_ip: bool,
}

/// Outputs of a [`LoadBalancerTarget`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct LoadBalancerTargetOutputs {
    /// The load balancer: the same as the input, but known only once the target exists.
    #[field(stable)]
    pub load_balancer_id: Id<LoadBalancer>,
}

#[async_trait]
impl Resource for LoadBalancerTarget {
    const TYPE: &'static str = "hetzner:load_balancer_target";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ATTACHMENT;
    type Provider = Hetzner;
    type Inputs = LoadBalancerTargetInputs;
    type Outputs = LoadBalancerTargetOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: LoadBalancerTargetInputs) -> Result<Created<Self>> {
        let balancer = inputs.load_balancer.clone();
        let target = body(&inputs)?;
        let id = id_of(&balancer, &target)?;
        let _busy = lock(cx, &balancer).await?;
        let request =
            run::command::<LoadBalancerBody>(cx, balancer.as_str(), "add_target").json_body(&target);
        let started = run::start(request).await.map_err(refused)?;
        cx.checkpoint(&id).await?;
        action::finish(cx, started).await.map_err(explained)?;
        Ok(Created::new(id, LoadBalancerTargetOutputs { load_balancer_id: balancer }))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let (balancer, target) = parts(id)?;
        let found = settled(cx, &balancer, |object| object.target(&target).cloned()).await?;
        found.map(|target| observed(balancer, &target)).transpose()
    }

    async fn update(
        cx: &Cx<'_, Hetzner>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<LoadBalancerTargetOutputs> {
        if !change.touches("use_private_ip") {
            return Ok(change.outputs);
        }
        let (balancer, _) = parts(id)?;
        let target = body(&change.new)?;
        let _busy = lock(cx, &balancer).await?;
        let object = verb::require::<LoadBalancerBody>(cx, balancer.as_str()).await?;
        match object.target(&target) {
            Some(existing) if existing.use_private_ip == target.use_private_ip => {
                return Ok(change.outputs);
            }
            Some(_) => remove(cx, &balancer, &target).await?,
            // An update that was cut short had removed it.
            None => {}
        }
        verb::command::<LoadBalancerBody>(cx, balancer.as_str(), "add_target", &target)
            .await
            .map_err(explained)?;
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let (balancer, target) = parts(id)?;
        let _busy = lock(cx, &balancer).await?;
        // A target goes by itself with its server or its load balancer.
        if Self::read(cx, id).await?.is_none() {
            return Ok(());
        }
        match remove(cx, &balancer, &target).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (balancers, next) = verb::page::<LoadBalancerBody>(cx, &page).await?;
        let mut items = Vec::new();
        for balancer in &balancers {
            for target in &balancer.targets {
                // A kind of target that this crate does not know is not managed by it.
                items.extend(observed(wire::id(balancer.id), target).ok());
            }
        }
        Ok(Page::new(items, next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, inputs: &LoadBalancerTargetInputs) -> Result<Vec<Id<Self>>> {
        let id = id_of(&inputs.load_balancer, &body(inputs)?)?;
        Ok(Self::read(cx, &id).await?.map(|observed| observed.id).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let checker = Checker::new(inputs);
        let given: Vec<&str> =
            ["server", "label_selector", "ip"].into_iter().filter(|field| checker.is_given(field)).collect();
        let private = *checker.value("use_private_ip") == Value::Bool(true);
        let routed_ip = private && given == ["ip"];
        let too_many = given.get(1).copied();
        checker
            .fault_if(given.is_empty(), "server", "give a server, a `label_selector` or an `ip`")
            .fault_if(
                too_many.is_some(),
                too_many.unwrap_or_default(),
                "a target is one of `server`, `label_selector` and `ip`; give one, and add a target for each other",
            )
            .fault_if(routed_ip, "use_private_ip", "not possible with `ip`, which names the address itself")
            .text("label_selector", |selector| {
                let length = selector.chars().count();
                (selector.trim().is_empty() || length > SELECTOR_LENGTH_MAX).then(|| {
                    format!("a selector has 1 to {SELECTOR_LENGTH_MAX} characters, and this has {length}")
                })
            })
            .text("ip", |ip| ip.parse::<IpAddr>().is_err().then(|| format!("`{ip}` is no IP address")))
            .finish()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

/// Takes the target out. The caller holds the lock.
async fn remove(cx: &Cx<'_, Hetzner>, balancer: &Id<LoadBalancer>, target: &TargetBody) -> Result<()> {
    let body = target.without_route();
    verb::command::<LoadBalancerBody>(cx, balancer.as_str(), "remove_target", &body).await.map_err(explained)
}

fn body(inputs: &LoadBalancerTargetInputs) -> Result<TargetBody> {
    let none = TargetBody {
        kind: TargetKind::Server,
        server: None,
        label_selector: None,
        ip: None,
        use_private_ip: None,
    };
    let use_private_ip = Some(inputs.use_private_ip);
    match (&inputs.server, &inputs.label_selector, &inputs.ip) {
        (Some(server), None, None) => {
            let server = Some(ServerTarget { id: wire::number(server, "server")? });
            Ok(TargetBody { server, use_private_ip, ..none })
        }
        (None, Some(selector), None) => {
            let label_selector = Some(SelectorTarget { selector: selector.clone() });
            Ok(TargetBody { kind: TargetKind::LabelSelector, label_selector, use_private_ip, ..none })
        }
        (None, None, Some(ip)) => {
            Ok(TargetBody { kind: TargetKind::Ip, ip: Some(IpTarget { ip: ip.clone() }), ..none })
        }
        _ => Err(Error::invalid("server", "a target is exactly one of `server`, `label_selector` and `ip`")),
    }
}

fn id_of(balancer: &Id<LoadBalancer>, target: &TargetBody) -> Result<Id<LoadBalancerTarget>> {
    let text = match target {
        TargetBody { server: Some(server), .. } => format!("{balancer}/server/{}", server.id),
        TargetBody { label_selector: Some(label), .. } => {
            format!("{balancer}/label_selector/{}", label.selector)
        }
        TargetBody { ip: Some(ip), .. } => format!("{balancer}/ip/{}", ip.ip),
        _ => return Err(Error::internal(format!("a target of load balancer {balancer} names nothing"))),
    };
    Ok(Id::new(text))
}

fn parts(id: &Id<LoadBalancerTarget>) -> Result<(Id<LoadBalancer>, TargetBody)> {
    let bad = || {
        let forms =
            "`<load balancer id>/server/<server id>`, `…/label_selector/<selector>` or `…/ip/<address>`";
        Error::invalid("id", format!("`{id}` is no load balancer target id; it has the form {forms}"))
    };
    let (balancer, rest) = id.as_str().split_once('/').ok_or_else(bad)?;
    let (kind, name) = rest.split_once('/').ok_or_else(bad)?;
    if balancer.is_empty() || name.is_empty() {
        return Err(bad());
    }
    let mut inputs = LoadBalancerTargetInputs {
        load_balancer: Id::new(balancer),
        server: None,
        label_selector: None,
        ip: None,
        use_private_ip: false,
    };
    match kind {
        "server" => inputs.server = Some(Id::new(name)),
        "label_selector" => inputs.label_selector = Some(name.to_owned()),
        "ip" => inputs.ip = Some(name.to_owned()),
        _ => return Err(bad()),
    }
    let target = body(&inputs).map_err(|_| bad())?;
    Ok((inputs.load_balancer, target))
}

fn observed(balancer: Id<LoadBalancer>, target: &TargetBody) -> Result<Observed<LoadBalancerTarget>> {
    let id = id_of(&balancer, target)?;
    let outputs = LoadBalancerTargetOutputs { load_balancer_id: balancer.clone() };
    let inputs = LoadBalancerTargetInputs {
        load_balancer: balancer,
        server: target.server.as_ref().map(|server| wire::id(server.id)),
        label_selector: target.label_selector.as_ref().map(|label| label.selector.clone()),
        ip: target.ip.as_ref().map(|ip| ip.ip.clone()),
        use_private_ip: target.use_private_ip.unwrap_or(false),
    };
    Ok(Observed::new(id, inputs, outputs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_wants_exactly_one_target() {
        let faults = |entries: &[(&str, Value)]| -> Vec<String> {
            let inputs = Value::map(entries.iter().cloned());
            LoadBalancerTarget::check(&inputs).into_iter().map(|fault| fault.field).collect()
        };
        let (server, ip) = (("server", Value::Unknown), ("ip", Value::from("203.0.113.1")));
        assert_eq!(faults(&[]), ["server"]);
        assert!(faults(&[server.clone(), ("use_private_ip", true.into())]).is_empty());
        assert_eq!(faults(&[server, ip.clone()]), ["ip"]);
        assert_eq!(faults(&[ip, ("use_private_ip", true.into())]), ["use_private_ip"]);
        assert_eq!(faults(&[("ip", "host".into())]), ["ip"]);
        assert_eq!(faults(&[("label_selector", " ".into())]), ["label_selector"]);
    }

    #[test]
    fn ids_name_targets_of_every_kind() {
        for text in ["7/server/17", "7/label_selector/example.com/role in (a,b)", "7/ip/2001:db8::1"] {
            let (balancer, target) = parts(&Id::new(text)).unwrap();
            let again = observed(balancer, &target).unwrap();
            assert_eq!(again.id.as_str(), text);
            assert_eq!(body(&again.inputs).unwrap().without_route(), target.without_route());
        }
        for bad in ["7", "7/server", "7/server/x", "7/host/a", "/server/1", "7/ip/"] {
            assert_eq!(parts(&Id::new(bad)).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
        }
    }

    #[test]
    fn targets_on_the_wire() {
        let target = |text: &str| parts(&Id::new(text)).unwrap().1;
        let json = |body: &TargetBody| serde_json::to_value(body).unwrap();
        assert_eq!(
            json(&target("7/server/17")),
            serde_json::json!({"type": "server", "server": {"id": 17}, "use_private_ip": false})
        );
        assert_eq!(
            json(&target("7/ip/203.0.113.1")),
            serde_json::json!({"type": "ip", "ip": {"ip": "203.0.113.1"}})
        );
        let read: TargetBody = serde_json::from_value(serde_json::json!({
            "type": "label_selector", "label_selector": {"selector": "a=b"}, "use_private_ip": true,
            "targets": [{"type": "server", "server": {"id": 1}, "health_status": [], "use_private_ip": true}],
        }))
        .unwrap();
        assert_eq!(
            json(&read.without_route()),
            serde_json::json!({"type": "label_selector", "label_selector": {"selector": "a=b"}})
        );
    }
}
