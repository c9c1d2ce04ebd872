//! Floating IPs: public addresses that move between running servers.
//! Knows nothing of servers beyond their ids.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page, PageToken,
    Recovery, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::public_ip::{self, DnsPtr, IpType};
use crate::rename::{self, Rename};
use crate::server::Server;
use crate::verb::Noun;
use crate::{change, delete_protection, label, run, verb, wire};

/// Longest name that the engine derives.
const NAME_LENGTH_MAX: usize = 63;

/// A public IPv4 address or IPv6 network that can be moved from one running server to another,
/// also across locations. The server's operating system must be told to answer on it.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{FloatingIp, IpType};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let address = stack.add(
///     "ingress",
///     FloatingIp::args().ip_type(IpType::Ipv4).home_location("nbg1").description("moves on failover"),
/// )?;
/// stack.export("ingress", &address.address)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FloatingIp;

/// Inputs of a [`FloatingIp`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = FloatingIp)]
pub struct FloatingIpInputs {
    /// The name, unique in the project. Renames in place.
    #[field(unique, auto_name(63))]
    pub name: Option<String>,
    /// One IPv4 address or a /64 network of IPv6 addresses.
    #[field(replace)]
    pub ip_type: IpType,
    /// The location from which traffic takes the shortest way, for example `nbg1`. May be left out
    /// if `server` is given: then it is the server's.
    #[field(replace, default_from_api)]
    pub home_location: Option<String>,
    /// The server that has it. Left out, none has. Moves in place.
    pub server: Option<Id<Server>>,
    /// A text for people.
    pub description: Option<String>,
    /// The reverse DNS name of [`address`](FloatingIpOutputs::address). By default the vendor's.
    #[field(default_from_api, eq = dns_name)]
    pub dns_ptr: Option<String>,
    /// Whether the API refuses to delete it.
    #[serde(default)]
    pub delete_protection: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Outputs of a [`FloatingIp`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct FloatingIpOutputs {
    /// The address, or the IPv6 network in CIDR notation.
    #[field(stable)]
    pub ip: String,
    /// The address, or the first one of the IPv6 network.
    #[field(stable)]
    pub address: String,
}

#[derive(Debug, Deserialize)]
struct Body {
    id: u64,
    name: String,
    description: Option<String>,
    ip: String,
    #[serde(rename = "type")]
    ip_type: IpType,
    home_location: wire::Named,
    server: Option<u64>,
    #[serde(default)]
    dns_ptr: Vec<DnsPtr>,
    protection: wire::Protection,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl Noun for Body {
    const PATH: &'static str = "/floating_ips";
    const ONE: &'static str = "floating_ip";
    const MANY: &'static str = "floating_ips";
    fn id(&self) -> u64 {
        self.id
    }
}

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    ip_type: IpType,
    #[serde(skip_serializing_if = "Option::is_none")]
    home_location: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    labels: label::Labels,
}

#[derive(Serialize)]
struct Put<'a> {
    #[serde(flatten)]
    rename: Option<Rename<'a>>,
    // An empty text takes the description back.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

#[derive(Serialize)]
struct Assign {
    server: u64,
}

#[async_trait]
impl Resource for FloatingIp {
    const TYPE: &'static str = "hetzner:floating_ip";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ATTACHMENT;
    type Provider = Hetzner;
    type Inputs = FloatingIpInputs;
    type Outputs = FloatingIpOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: FloatingIpInputs) -> Result<Created<Self>> {
        let server = inputs.server.as_ref().map(|server| wire::number(server, "server")).transpose()?;
        let body = Create {
            name: check::required_name(&inputs.name)?,
            ip_type: inputs.ip_type,
            home_location: inputs.home_location.as_deref(),
            // With a home of its own it is assigned afterwards: the API takes one of the two.
            server: server.filter(|_| inputs.home_location.is_none()),
            description: inputs.description.as_deref(),
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let busy = match body.server {
            Some(server) => Some(cx.client().servers.lock(&server.to_string(), cx.deadline()).await?),
            None => None,
        };
        let made = verb::create::<Body>(cx, &body).await?;
        let id = wire::id(made.object.id);
        cx.checkpoint(&id).await?;
        crate::action::finish(cx, made.actions).await?;
        drop(busy);
        if body.server.is_none() && server.is_some() {
            reassign(cx, id.as_str(), inputs.server.as_ref()).await?;
        }
        if let Some(name) = &inputs.dns_ptr {
            public_ip::set_pointer::<Body>(cx, id.as_str(), &made.object.ip, Some(name)).await?;
        }
        if inputs.delete_protection {
            delete_protection::set::<Body>(cx, id.as_str(), true).await?;
        }
        Ok(Created::new(id, outputs(&made.object)))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Ok(verb::get(cx, id.as_str()).await?.map(observed))
    }

    async fn update(cx: &Cx<'_, Hetzner>, id: &Id<Self>, change: Change<Self>) -> Result<FloatingIpOutputs> {
        let (id, new) = (id.as_str(), &change.new);
        let description = new.description.as_deref().unwrap_or_default();
        let put = Put {
            rename: rename::body(cx, &change, &new.name, &new.labels),
            description: change.touches("description").then_some(description),
        };
        if put.rename.is_some() || put.description.is_some() {
            verb::put::<Body>(cx, id, &put).await?;
        }
        if change.touches("server") {
            reassign(cx, id, new.server.as_ref()).await?;
        }
        if change.touches("dns_ptr") {
            public_ip::set_pointer::<Body>(cx, id, &change.outputs.ip, new.dns_ptr.as_deref()).await?;
        }
        if change.touches("delete_protection") {
            delete_protection::set::<Body>(cx, id, new.delete_protection).await?;
        }
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let Some(object) = verb::get::<Body>(cx, id.as_str()).await? else { return Ok(()) };
        // Before a protected address is taken from its server for nothing.
        if object.server.is_some() && !object.protection.delete {
            reassign(cx, id.as_str(), None).await?;
        }
        verb::delete::<Body>(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (objects, next) = verb::page(cx, &page).await?;
        Ok(Page::new(objects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &FloatingIpInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<Body, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let checker = Checker::new(inputs);
        let nowhere = !checker.is_given("home_location") && !checker.is_given("server");
        let empty = checker.value("description").as_str() == Some("");
        checker
            .text("name", check::name(NAME_LENGTH_MAX))
            .text("dns_ptr", public_ip::pointer_rule)
            .fault_if(nowhere, "home_location", "give a location, such as `nbg1`, or a server that is there")
            // The API does not tell it from none.
            .fault_if(empty, "description", "it is empty; leave it out")
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        crate::cost::floating_ip(inputs, prices)
    }
}

/// Brings the address to `server`, or nowhere. Repeatable: what is so already is left alone.
async fn reassign(cx: &Cx<'_, Hetzner>, id: &str, server: Option<&Id<Server>>) -> Result<()> {
    let wanted = server.map(|server| wire::number(server, "server")).transpose()?;
    let Some(object) = verb::get::<Body>(cx, id).await? else {
        return if wanted.is_none() { Ok(()) } else { Err(verb::gone::<Body>(id)) };
    };
    if object.server == wanted {
        return Ok(());
    }
    if let Some(old) = object.server {
        let _busy = cx.client().servers.lock(&old.to_string(), cx.deadline()).await?;
        let done = run::bare_command::<Body>(cx, id, "unassign").await;
        let left = |now: Option<&Body>| now.is_none_or(|now| now.server.is_none());
        verb::unless_so(cx, id, done, left).await?;
    }
    if let Some(new) = wanted {
        let _busy = cx.client().servers.lock(&new.to_string(), cx.deadline()).await?;
        let done = verb::command::<Body>(cx, id, "assign", &Assign { server: new }).await;
        let came = |now: Option<&Body>| now.is_some_and(|now| now.server == wanted);
        verb::unless_so(cx, id, done, came).await?;
    }
    Ok(())
}

fn outputs(object: &Body) -> FloatingIpOutputs {
    FloatingIpOutputs { ip: object.ip.clone(), address: public_ip::pointer_address(&object.ip) }
}

fn observed(object: Body) -> Observed<FloatingIp> {
    let outputs = outputs(&object);
    let inputs = FloatingIpInputs {
        dns_ptr: public_ip::pointer(&object.ip, &object.dns_ptr),
        name: Some(object.name),
        ip_type: object.ip_type,
        home_location: Some(object.home_location.name),
        server: object.server.map(wire::id),
        description: object.description.filter(|text| !text.is_empty()),
        delete_protection: object.protection.delete,
        labels: label::stripped(object.labels),
    };
    Observed::new(wire::id(object.id), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_wants_a_home() {
        let faults = |entries: &[(&str, Value)]| -> Vec<String> {
            let inputs = Value::map(entries.iter().cloned());
            FloatingIp::check(&inputs).into_iter().map(|fault| fault.field).collect()
        };
        assert_eq!(faults(&[]), ["home_location"]);
        assert!(faults(&[("server", Value::Unknown)]).is_empty());
        assert_eq!(faults(&[("home_location", "nbg1".into()), ("description", "".into())]), ["description"]);
    }

    #[test]
    fn what_is_read_is_what_was_given() {
        let body: Body = serde_json::from_value(serde_json::json!({
            "id": 7, "name": "ingress", "description": "", "ip": "203.0.113.9", "type": "ipv4",
            "server": null, "home_location": {"id": 1, "name": "fsn1"}, "blocked": false,
            "dns_ptr": [{"ip": "203.0.113.9", "dns_ptr": "static.9.113.0.203.clients.example"}],
            "protection": {"delete": false}, "labels": {}, "created": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
        let observed = observed(body);
        assert_eq!((observed.outputs.ip.as_str(), observed.inputs.description), ("203.0.113.9", None));
        assert!(observed.inputs.server.is_none());
        assert_eq!(observed.inputs.home_location.as_deref(), Some("fsn1"));
    }
}
