//! A firewall on one server, where neither the server nor the firewall shall name the other.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page, PageToken,
    Recovery, Resource, Result, Value,
};
use serde::{Deserialize, Serialize};

use crate::client::Hetzner;
use crate::firewall::{Apply, Firewall, Remove};
use crate::server::Server;
use crate::wire::{self, AppliedTo};
use crate::{action, change, verb};

/// Puts a firewall on a server.
///
/// The server's own `firewalls` must be left out then: given, they are the whole list.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{Firewall, FirewallAttachment, Server};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let firewall = stack.add("web", Firewall::args())?;
/// let server = stack.add("web", Server::args().server_type("cx22").image("debian-12"))?;
/// stack.add("web", FirewallAttachment::args().firewall(&firewall).server(&server))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FirewallAttachment;

/// Inputs of a [`FirewallAttachment`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = FirewallAttachment)]
pub struct FirewallAttachmentInputs {
    /// The firewall.
    #[field(replace)]
    pub firewall: Id<Firewall>,
    /// The server.
    #[field(replace)]
    pub server: Id<Server>,
}

/// Outputs of a [`FirewallAttachment`]: none.
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct FirewallAttachmentOutputs {}

#[async_trait]
impl Resource for FirewallAttachment {
    const TYPE: &'static str = "hetzner:firewall_attachment";
    /// A second attachment has no effect.
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const TYPICAL: iac_core::duration::Typical = crate::typical::ATTACHMENT;
    type Provider = Hetzner;
    type Inputs = FirewallAttachmentInputs;
    type Outputs = FirewallAttachmentOutputs;

    async fn create(cx: &Cx<'_, Hetzner>, inputs: FirewallAttachmentInputs) -> Result<Created<Self>> {
        let id = id_of(&inputs);
        let _busy = cx.client().servers.lock(inputs.server.as_str(), cx.deadline()).await?;
        let body = Apply { apply_to: vec![AppliedTo::server(wire::number(&inputs.server, "server")?)] };
        if Self::read(cx, &id).await?.is_none() {
            let firewall = inputs.firewall.as_str();
            let actions = verb::start::<wire::Firewall>(cx, firewall, "apply_to_resources", &body)
                .await
                .map_err(verb::missing_reference)?;
            cx.checkpoint(&id).await?;
            action::finish(cx, actions).await?;
        }
        Ok(Created::new(id, FirewallAttachmentOutputs {}))
    }

    async fn read(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let (firewall, server) = parts(id)?;
        let Some(object) = verb::get::<wire::Firewall>(cx, firewall).await? else { return Ok(None) };
        let found = servers(&object).any(|number| number.to_string() == server);
        Ok(found.then(|| observed(firewall, server)))
    }

    async fn update(
        _: &Cx<'_, Hetzner>,
        _: &Id<Self>,
        change: Change<Self>,
    ) -> Result<FirewallAttachmentOutputs> {
        // Every field replaces.
        Ok(change.outputs)
    }

    async fn delete(cx: &Cx<'_, Hetzner>, id: &Id<Self>) -> Result<()> {
        let (firewall, server) = parts(id)?;
        let _busy = cx.client().servers.lock(server, cx.deadline()).await?;
        if Self::read(cx, id).await?.is_none() {
            return Ok(());
        }
        let server = wire::number(&Id::<Server>::new(server), "server")?;
        let body = Remove { remove_from: vec![AppliedTo::server(server)] };
        verb::command::<wire::Firewall>(cx, firewall, "remove_from_resources", &body).await
    }

    async fn list(cx: &Cx<'_, Hetzner>, page: PageToken) -> Result<Page<Self>> {
        let (firewalls, next) = verb::page::<wire::Firewall>(cx, &page).await?;
        let of = |object: &wire::Firewall| -> Vec<_> {
            let firewall = object.id.to_string();
            servers(object).map(|server| observed(&firewall, &server.to_string())).collect()
        };
        Ok(Page::new(firewalls.iter().flat_map(of).collect(), next))
    }

    async fn find(cx: &Cx<'_, Hetzner>, inputs: &FirewallAttachmentInputs) -> Result<Vec<Id<Self>>> {
        Ok(Self::read(cx, &id_of(inputs)).await?.map(|observed| observed.id).into_iter().collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(_: &Value) -> Vec<Fault> {
        Vec::new()
    }

    fn cost(_: &Value, _: &PriceList) -> Cost {
        Cost::Free
    }
}

fn servers(object: &wire::Firewall) -> impl Iterator<Item = u64> {
    object.applied_to.iter().filter_map(|target| match target {
        AppliedTo::Server { server } => Some(server.id),
        AppliedTo::LabelSelector { .. } | AppliedTo::Other => None,
    })
}

fn id_of(inputs: &FirewallAttachmentInputs) -> Id<FirewallAttachment> {
    Id::new(format!("{}/{}", inputs.firewall, inputs.server))
}

/// Firewall and server of an id `<firewall>/<server>`.
fn parts(id: &Id<FirewallAttachment>) -> Result<(&str, &str)> {
    id.as_str().split_once('/').ok_or_else(|| {
        let form = "<firewall id>/<server id>";
        Error::invalid("id", format!("`{id}` is no attachment id; it has the form `{form}`"))
    })
}

fn observed(firewall: &str, server: &str) -> Observed<FirewallAttachment> {
    let inputs = FirewallAttachmentInputs { firewall: Id::new(firewall), server: Id::new(server) };
    Observed::new(id_of(&inputs), inputs, FirewallAttachmentOutputs {})
}
