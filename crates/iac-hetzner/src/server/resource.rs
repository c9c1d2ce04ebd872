//! The server as a resource type: the contract's methods, most of them in the files beside.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Observed, OnChange, Page, PageToken,
    Recovery, Resource, Result, Value,
};

use super::{Server, ServerInputs, ServerOutputs, create, observe, update};
use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::{change, verb, wire};

/// Most private networks of one server.
const NETWORKS_MAX: usize = 3;
/// Most firewalls of one server.
const FIREWALLS_MAX: usize = 5;

#[async_trait]
impl Resource for Server {
    const TYPE: &'static str = "hetzner:server";
    const RECOVERY: Recovery = Recovery::Label;
    const TYPICAL: iac_core::duration::Typical = crate::typical::SERVER;
    type Provider = Hetzner;
    type Inputs = ServerInputs;
    type Outputs = ServerOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: ServerInputs) -> Result<Created<Self>> {
        create::create(cx, inputs).await
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        Ok(observe::read(cx, id.as_str()).await?.map(observe::observed))
    }

    async fn update(cx: &Cx<'_, Hetzner>, id: &Id<Self>, change: Change<Self>) -> Result<ServerOutputs> {
        update::update(cx, id, change).await
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let _busy = cx.client().servers.lock(id.as_str(), cx.deadline()).await?;
        match verb::get::<wire::Server>(cx, id.as_str()).await? {
            Some(server) if server.protection.delete => Err(Error::new(
                ErrorKind::Protected,
                format!("server {id} ({}) has its delete protection on", server.name),
            )
            .hint("set `delete_protection` to false and apply before deleting it")),
            Some(_) => verb::delete::<wire::Server>(cx, id.as_str()).await,
            None => Ok(()),
        }
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (servers, next) = verb::page(cx, &page).await?;
        Ok(Page::new(servers.into_iter().map(observe::observed).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, _: &ServerInputs) -> Result<Vec<Id<Self>>> {
        verb::find::<wire::Server, _>(cx).await
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        match change.field.name {
            // They matter only in the moment of another change.
            "start_after_create" | "keep_disk" => OnChange::Ignore,
            // The image is gone, and nobody knows any more which one it was.
            "image" if change.old.as_str() == Some("") => OnChange::Ignore,
            _ => change::declared(change),
        }
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs)
            .text("name", check::hostname)
            .text("server_type", not_empty)
            .text("image", not_empty)
            .items("networks", 0..=NETWORKS_MAX)
            .items("firewalls", 0..=FIREWALLS_MAX)
            .nested("networks", |net| net.text("ip", check::ipv4).text("alias_ips", check::ipv4))
            .nested("public_net", check_public_net)
            .fault_if(repeats_a_network(inputs), "networks", "names a network twice")
            .rule("labels", crate::label::faults)
            .finish()
    }

    fn cost(inputs: &Value, prices: &PriceList) -> Cost {
        crate::cost::server(inputs, prices)
    }
}

fn not_empty(text: &str) -> Option<String> {
    text.trim().is_empty().then(|| "must not be empty".to_owned())
}

fn check_public_net(net: Checker<'_>) -> Checker<'_> {
    let off = |field: &str| *net.value(field) == Value::Bool(false);
    let v4 = off("ipv4") && net.is_given("ipv4_address");
    let v6 = off("ipv6") && net.is_given("ipv6_address");
    net.fault_if(v4, "ipv4_address", "is given although `ipv4` is off").fault_if(
        v6,
        "ipv6_address",
        "is given although `ipv6` is off",
    )
}

fn repeats_a_network(inputs: &Value) -> bool {
    let networks = inputs.get("networks").as_list().unwrap_or_default();
    let mut ids: Vec<&str> = networks.iter().filter_map(|net| net.get("network").as_str()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    ids.len() < count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: Vec<(&str, Value)>) -> Vec<String> {
        Server::check(&Value::map(pairs)).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn check_finds_what_the_api_would_refuse() {
        assert_eq!(fields(vec![("name", "web_1".into())]), ["name"]);
        assert_eq!(fields(vec![("name", Value::Unknown), ("image", Value::Unknown)]), Vec::<String>::new());
        let net = |id: &str, ip: &str| Value::map([("network", Value::from(id)), ("ip", ip.into())]);
        let networks = Value::list([net("1", "10.0.0.2"), net("1", "x")]);
        assert_eq!(fields(vec![("networks", networks)]), ["networks[1].ip", "networks"]);
        let public = Value::map([("ipv4", Value::Bool(false)), ("ipv4_address", "7".into())]);
        assert_eq!(fields(vec![("public_net", public)]), ["public_net.ipv4_address"]);
        let labels = Value::map([("iac-token", Value::from("x"))]);
        assert_eq!(fields(vec![("labels", labels)]), ["labels.iac-token"]);
    }
}
