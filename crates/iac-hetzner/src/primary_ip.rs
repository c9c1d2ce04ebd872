//! Primary IPs: public addresses that belong to a project and not to a server.
//! Knows nothing of servers beyond their ids.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page, PageToken,
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
/// What a primary IP can be assigned to; the API knows nothing else.
pub(crate) const ASSIGNEE_TYPE: &str = "server";

/// A public IPv4 address or IPv6 network that outlives the server that has it.
///
/// A server takes one when it is made: name the primary IP in the server's public network and
/// leave [`server`](PrimaryIpInputs::server) out here. Assigning it from here instead needs a
/// server that is powered off.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{IpType, PrimaryIp};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let address = stack.add(
///     "control-plane",
///     PrimaryIp::args().ip_type(IpType::Ipv4).location("nbg1").dns_ptr("k3s.example.org"),
/// )?;
/// stack.export("address", &address.address)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PrimaryIp;

/// Inputs of a [`PrimaryIp`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = PrimaryIp)]
pub struct PrimaryIpInputs {
    /// The name, unique in the project. Renames in place.
    #[field(unique, auto_name(63))]
    pub name: Option<String>,
    /// One IPv4 address or a /64 network of IPv6 addresses.
    #[field(replace)]
    pub ip_type: IpType,
    /// The location, for example `nbg1`; only servers there can have the address. May be left out
    /// if `server` is given.
    #[field(replace, default_from_api)]
    pub location: Option<String>,
    /// The server to assign it to, which must be powered off. Left out, the address stays where it
    /// is: a server may have taken it by itself.
    #[field(default_from_api)]
    pub server: Option<Id<Server>>,
    /// Whether the address is deleted together with its server.
    #[serde(default)]
    pub auto_delete: bool,
    /// The reverse DNS name of [`address`](PrimaryIpOutputs::address). By default the vendor's.
    #[field(default_from_api, eq = dns_name)]
    pub dns_ptr: Option<String>,
    /// Whether the API refuses to delete it. Not possible together with `auto_delete`.
    #[serde(default)]
    pub delete_protection: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Outputs of a [`PrimaryIp`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct PrimaryIpOutputs {
    /// The address, or the IPv6 network in CIDR notation.
    #[field(stable)]
    pub ip: String,
    /// The address, or the first one of the IPv6 network.
    #[field(stable)]
    pub address: String,
}

/// A primary IP as the API answers it.
#[derive(Debug, Deserialize)]
pub(crate) struct Body {
    pub(crate) id: u64,
    name: String,
    ip: String,
    #[serde(rename = "type")]
    pub(crate) ip_type: IpType,
    pub(crate) location: Option<wire::Named>,
    pub(crate) assignee_id: Option<u64>,
    pub(crate) auto_delete: bool,
    #[serde(default)]
    dns_ptr: Vec<DnsPtr>,
    pub(crate) protection: wire::Protection,
    #[serde(default)]
    pub(crate) labels: BTreeMap<String, String>,
}

impl Noun for Body {
    const PATH: &'static str = "/primary_ips";
    const ONE: &'static str = "primary_ip";
    const MANY: &'static str = "primary_ips";
    fn id(&self) -> u64 {
        self.id
    }
}

/// The body that makes a primary IP.
#[derive(Serialize)]
pub(crate) struct Create<'a> {
    pub(crate) name: &'a str,
    #[serde(rename = "type")]
    pub(crate) ip_type: IpType,
    pub(crate) assignee_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assignee_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<&'a str>,
    pub(crate) auto_delete: bool,
    pub(crate) labels: label::Labels,
}

#[derive(Serialize)]
struct Put<'a> {
    #[serde(flatten)]
    rename: Option<Rename<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_delete: Option<bool>,
}

/// The body that assigns a primary IP.
#[derive(Serialize)]
pub(crate) struct Assign {
    pub(crate) assignee_id: u64,
    pub(crate) assignee_type: &'static str,
}

#[async_trait]
impl Resource for PrimaryIp {
    const TYPE: &'static str = "hetzner:primary_ip";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ATTACHMENT;
    type Provider = Hetzner;
    type Inputs = PrimaryIpInputs;
    type Outputs = PrimaryIpOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: PrimaryIpInputs) -> Result<Created<Self>> {
        let server = inputs.server.as_ref().map(|server| wire::number(server, "server")).transpose()?;
        let body = Create {
            name: check::required_name(&inputs.name)?,
            ip_type: inputs.ip_type,
            assignee_type: ASSIGNEE_TYPE,
            assignee_id: server,
            // The server has one, and the API refuses a second.
            location: inputs.location.as_deref().filter(|_| server.is_none()),
            auto_delete: inputs.auto_delete,
            labels: label::marked(cx.marker(), &inputs.labels),
        };
        let _busy = match &inputs.server {
            Some(server) => Some(cx.client().servers.lock(server.as_str(), cx.deadline()).await?),
            None => None,
        };
        let made = verb::create::<Body>(cx, &body).await.map_err(with_hint)?;
        let id = wire::id(made.object.id);
        cx.checkpoint(&id).await?;
        crate::action::finish(cx, made.actions).await.map_err(with_hint)?;
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

    async fn update(cx: &Cx<'_, Hetzner>, id: &Id<Self>, change: Change<Self>) -> Result<PrimaryIpOutputs> {
        let (id, new) = (id.as_str(), &change.new);
        let protect = change.touches("delete_protection").then_some(new.delete_protection);
        // The API allows protection only without automatic deletion: off comes first, on last.
        if protect == Some(false) {
            delete_protection::set::<Body>(cx, id, false).await?;
        }
        let put = Put {
            rename: rename::body(cx, &change, &new.name, &new.labels),
            auto_delete: change.touches("auto_delete").then_some(new.auto_delete),
        };
        if put.rename.is_some() || put.auto_delete.is_some() {
            verb::put::<Body>(cx, id, &put).await?;
        }
        if change.touches("server") {
            reassign(cx, id, new.server.as_ref()).await?;
        }
        if change.touches("dns_ptr") {
            public_ip::set_pointer::<Body>(cx, id, &change.outputs.ip, new.dns_ptr.as_deref()).await?;
        }
        if protect == Some(true) {
            delete_protection::set::<Body>(cx, id, true).await?;
        }
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let Some(object) = verb::get::<Body>(cx, id.as_str()).await? else { return Ok(()) };
        // Before a protected address is taken from its server for nothing.
        if object.assignee_id.is_some() && !object.protection.delete {
            reassign(cx, id.as_str(), None).await?;
        }
        verb::delete::<Body>(cx, id.as_str()).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (objects, next) = verb::page(cx, &page).await?;
        Ok(Page::new(objects.into_iter().map(observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &PrimaryIpInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<Body, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        let checker = Checker::new(inputs);
        let nowhere = !checker.is_given("location") && !checker.is_given("server");
        let both = *checker.value("auto_delete") == Value::Bool(true)
            && *checker.value("delete_protection") == Value::Bool(true);
        checker
            .text("name", check::name(NAME_LENGTH_MAX))
            .text("dns_ptr", public_ip::pointer_rule)
            .fault_if(nowhere, "location", "give a location, such as `nbg1`, or a server that is there")
            .fault_if(both, "delete_protection", "not possible together with `auto_delete`; choose one")
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        crate::cost::primary_ip(inputs, prices)
    }
}

/// Brings the address to `server`, or nowhere. Repeatable: what is so already is left alone.
async fn reassign(cx: &Cx<'_, Hetzner>, id: &str, server: Option<&Id<Server>>) -> Result<()> {
    let wanted = server.map(|server| wire::number(server, "server")).transpose()?;
    let Some(object) = verb::get::<Body>(cx, id).await? else {
        // Deleted together with its server.
        return if wanted.is_none() { Ok(()) } else { Err(verb::gone::<Body>(id)) };
    };
    if object.assignee_id == wanted {
        return Ok(());
    }
    if let Some(old) = object.assignee_id {
        let _busy = cx.client().servers.lock(&old.to_string(), cx.deadline()).await?;
        leave(cx, id).await?;
    }
    if let Some(new) = wanted {
        let _busy = cx.client().servers.lock(&new.to_string(), cx.deadline()).await?;
        let body = Assign { assignee_id: new, assignee_type: ASSIGNEE_TYPE };
        let done = verb::command::<Body>(cx, id, "assign", &body).await.map_err(with_hint);
        let came = |now: Option<&Body>| now.is_some_and(|now| now.assignee_id == wanted);
        verb::unless_so(cx, id, done, came).await?;
    }
    Ok(())
}

/// Takes the address from its server. The caller holds the server's lock. Repeatable.
pub(crate) async fn leave(cx: &Cx<'_, Hetzner>, id: &str) -> Result<()> {
    let done = run::bare_command::<Body>(cx, id, "unassign").await.map_err(with_hint);
    let left = |now: Option<&Body>| now.is_none_or(|now| now.assignee_id.is_none());
    verb::unless_so(cx, id, done, left).await
}

/// What to do about the errors of assigning and unassigning.
pub(crate) fn with_hint(error: Error) -> Error {
    match error.api_code() {
        Some("server_not_stopped") => error.hint(
            "power the server off first; a new server takes the address by itself if the server's public \
             network names it and `server` is left out here",
        ),
        Some("server_has_ipv4" | "server_has_ipv6") => {
            error.hint("a server has one address of each family: take the other one away first")
        }
        Some("server_is_load_balancer_target") => {
            error.hint("take the server out of the load balancer's public targets first")
        }
        _ => error,
    }
}

fn outputs(object: &Body) -> PrimaryIpOutputs {
    PrimaryIpOutputs { ip: object.ip.clone(), address: public_ip::pointer_address(&object.ip) }
}

fn observed(object: Body) -> Observed<PrimaryIp> {
    let outputs = outputs(&object);
    let inputs = PrimaryIpInputs {
        dns_ptr: public_ip::pointer(&object.ip, &object.dns_ptr),
        name: Some(object.name),
        ip_type: object.ip_type,
        location: object.location.map(|location| location.name),
        server: object.assignee_id.map(wire::id),
        auto_delete: object.auto_delete,
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
        PrimaryIp::check(&inputs).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn check_wants_a_place_and_one_kind_of_end() {
        assert_eq!(faults(&[]), ["location"]);
        assert!(faults(&[("server", Value::Unknown)]).is_empty());
        let both = [("auto_delete", true.into()), ("delete_protection", true.into())];
        assert_eq!(
            faults(&[both[0].clone(), both[1].clone(), ("location", "nbg1".into())]),
            ["delete_protection"]
        );
        assert_eq!(faults(&[("location", "nbg1".into()), ("dns_ptr", "a b".into())]), ["dns_ptr"]);
    }

    #[test]
    fn what_is_read_is_what_was_given() {
        let body: Body = serde_json::from_value(serde_json::json!({
            "id": 42, "name": "web", "ip": "2001:db8::/64", "type": "ipv6", "auto_delete": false,
            "location": {"id": 1, "name": "fsn1"}, "assignee_type": "server", "assignee_id": 17,
            "blocked": false, "created": "2026-01-01T00:00:00Z", "protection": {"delete": true},
            "dns_ptr": [{"ip": "2001:db8::1", "dns_ptr": "web.example.org"}],
            "labels": {"a": "b", "iac-token": "0"},
        }))
        .unwrap();
        let observed = observed(body);
        assert_eq!(observed.id.as_str(), "42");
        assert_eq!(observed.outputs.address, "2001:db8::1");
        let inputs = observed.inputs;
        assert_eq!(inputs.server.unwrap().as_str(), "17");
        assert_eq!(inputs.dns_ptr.as_deref(), Some("web.example.org"));
        assert_eq!((inputs.location.as_deref(), inputs.labels.len()), (Some("fsn1"), 1));
        assert!(inputs.delete_protection);
    }
}
