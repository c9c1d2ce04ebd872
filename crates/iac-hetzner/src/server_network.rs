//! A server's place in one private network, where the server itself shall not name it.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use crate::check::{self, Checker};
use crate::client::Hetzner;
use crate::network::Network;
use crate::server::{Attach, AttachedTo, ChangeAliases, Server};
use crate::{action, change, verb, wire};

/// Attaches a server to a private network.
///
/// The server's own `networks` must be left out then: given, they are the whole list.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{Network, Server, ServerNetworkAttachment, Subnet};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let network = stack.add("network", Network::args().ip_range("10.0.0.0/16"))?;
/// let subnet = Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central");
/// let subnet = stack.add("subnet", subnet)?;
/// let server = stack.add("web", Server::args().server_type("cx22").image("debian-12"))?;
/// let attachment = ServerNetworkAttachment::args().server(&server).network(&subnet.network_id).ip("10.0.1.5");
/// stack.add("web", attachment)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ServerNetworkAttachment;

/// Inputs of a [`ServerNetworkAttachment`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = ServerNetworkAttachment)]
pub struct ServerNetworkAttachmentInputs {
    /// The server.
    #[field(replace)]
    pub server: Id<Server>,
    /// The network; name it by its subnet's `network_id`, so that the subnet exists by then.
    #[field(replace)]
    pub network: Id<Network>,
    /// The address. Without one the vendor chooses.
    #[field(replace, default_from_api)]
    pub ip: Option<String>,
    /// More addresses, which the server has to be configured for. Changed in place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub alias_ips: Vec<String>,
}

/// Outputs of a [`ServerNetworkAttachment`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ServerNetworkAttachmentOutputs {
    /// The address.
    #[field(stable)]
    pub ip: String,
    /// The hardware address of the interface.
    #[field(stable)]
    pub mac_address: Option<String>,
}

#[async_trait]
impl Resource for ServerNetworkAttachment {
    const TYPE: &'static str = "hetzner:server_network_attachment";
    /// A server is in a network at most once.
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ATTACHMENT;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Hetzner;
    type Inputs = ServerNetworkAttachmentInputs;
    type Outputs = ServerNetworkAttachmentOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: ServerNetworkAttachmentInputs) -> Result<Created<Self>> {
        let id = id_of(&inputs);
        let server = inputs.server.as_str();
        let _busy = cx.client().servers.lock(server, cx.deadline()).await?;
        let body = Attach {
            network: wire::number(&inputs.network, "network")?,
            ip: inputs.ip.clone(),
            alias_ips: inputs.alias_ips.clone(),
        };
        let started = verb::start::<wire::Server>(cx, server, "attach_to_network", &body).await;
        let actions = match started.map_err(verb::missing_reference) {
            Ok(actions) => actions,
            Err(error) => return Err(verb::taken(error, matches!(Self::read(cx, &id).await, Ok(Some(_))))),
        };
        cx.checkpoint(&id).await?;
        action::finish(cx, actions).await?;
        let observed = Self::read(cx, &id).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::Ambiguous,
                format!("server {server} does not show its new network {}", inputs.network),
            )
        })?;
        Ok(Created::new(id, observed.outputs))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let (server, network) = parts(id)?;
        let pick = |object: &wire::Server| object.private_net(network).map(|net| observed(server, net));
        verb::part(cx, server, pick).await
    }

    async fn update(
        cx: &Cx<'_, Hetzner>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<ServerNetworkAttachmentOutputs> {
        let (server, network) = parts(id)?;
        if change.touches("alias_ips") {
            let _busy = cx.client().servers.lock(server, cx.deadline()).await?;
            let body = ChangeAliases { network, alias_ips: change.new.alias_ips.clone() };
            verb::command::<wire::Server>(cx, server, "change_alias_ips", &body).await?;
        }
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let (server, network) = parts(id)?;
        let _busy = cx.client().servers.lock(server, cx.deadline()).await?;
        if Self::read(cx, id).await?.is_none() {
            return Ok(());
        }
        match verb::command::<wire::Server>(cx, server, "detach_from_network", &AttachedTo { network }).await
        {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (servers, next) = verb::page::<wire::Server>(cx, &page).await?;
        let of = |server: &wire::Server| -> Vec<_> {
            let id = server.id.to_string();
            server.private_net.iter().map(|net| observed(&id, net)).collect()
        };
        Ok(Page::new(servers.iter().flat_map(of).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, inputs: &ServerNetworkAttachmentInputs) -> Result<Vec<Id<Self>>> {
        Ok(Self::read(cx, &id_of(inputs)).await?.map(|observed| observed.id).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs).text("ip", check::ipv4).text("alias_ips", check::ipv4).finish()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

fn id_of(inputs: &ServerNetworkAttachmentInputs) -> Id<ServerNetworkAttachment> {
    Id::new(format!("{}/{}", inputs.server, inputs.network))
}

/// Server and network of an id `<server>/<network>`.
fn parts(id: &Id<ServerNetworkAttachment>) -> Result<(&str, u64)> {
    let parts =
        id.as_str().split_once('/').and_then(|(server, network)| Some((server, network.parse().ok()?)));
    parts.ok_or_else(|| {
        let form = "<server id>/<network id>";
        Error::invalid("id", format!("`{id}` is no attachment id; it has the form `{form}`"))
    })
}

fn observed(server: &str, net: &wire::PrivateNet) -> Observed<ServerNetworkAttachment> {
    let inputs = ServerNetworkAttachmentInputs {
        server: Id::new(server),
        network: wire::id(net.network),
        ip: Some(net.ip.clone()),
        alias_ips: net.alias_ips.clone(),
    };
    let outputs = ServerNetworkAttachmentOutputs { ip: net.ip.clone(), mac_address: net.mac_address.clone() };
    Observed::new(id_of(&inputs), inputs, outputs)
}
