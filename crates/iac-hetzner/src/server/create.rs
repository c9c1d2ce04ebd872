//! Makes a server. Knows nothing of changing one later, but shares the steps.

use iac_core::{Created, Cx, Error, Id, Result};
use iac_http::SecretString;
use serde::Serialize;

use super::{PublicNet, Server, ServerInputs, ServerNetwork, network, observe, update};
use crate::client::Hetzner;
use crate::wire::ServerStatus;
use crate::{action, check, label, rename, run, verb, wire};

/// Longest user data in bytes.
const USER_DATA_BYTES_MAX: usize = 32 * 1024;

#[derive(Serialize)]
struct Create<'a> {
    name: &'a str,
    server_type: &'a str,
    image: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
    start_after_create: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ssh_keys: Vec<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_data: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    firewalls: Vec<FirewallReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    placement_group: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    networks: Vec<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_net: Option<CreatePublicNet>,
    labels: label::Labels,
}

#[derive(Serialize)]
struct FirewallReference {
    firewall: u64,
}

#[derive(Serialize)]
struct CreatePublicNet {
    enable_ipv4: bool,
    enable_ipv6: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ipv4: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ipv6: Option<u64>,
}

pub(super) async fn create(cx: &Cx<'_, Hetzner>, inputs: ServerInputs) -> Result<Created<Server>> {
    let networks = inputs.networks.as_deref().unwrap_or_default();
    let later = attached_later(networks);
    // Cloud-init should find the private networks in place: with attachments to come, the server
    // is started after them. A label says so until then, for the case that this process dies.
    let held = later && inputs.start_after_create;
    let body = body(cx, &inputs, later, held)?;
    let made = verb::create_with::<wire::Server>(cx, &body, |request| {
        // The answer holds the root password of a server without keys.
        let request = request.sensitive_response();
        match &inputs.user_data {
            Some(text) => request.sensitive(SecretString::from(text.expose().as_str())),
            None => request,
        }
    })
    .await?;
    let id: Id<Server> = wire::id(made.object.id);
    cx.checkpoint(&id).await?;
    let _busy = cx.client().servers.lock(id.as_str(), cx.deadline()).await?;
    action::finish(cx, made.actions).await?;
    if later {
        network::apply(cx, id.as_str(), &made.object.private_net, networks).await?;
    }
    if inputs.backups {
        run::bare_command::<wire::Server>(cx, id.as_str(), "enable_backup").await?;
    }
    if held {
        run::bare_command::<wire::Server>(cx, id.as_str(), "poweron").await?;
        let mut labels = label::marked(cx.marker(), &inputs.labels);
        label::note_image(&mut labels, &inputs.image);
        let body = rename::Rename { name: None, labels: Some(labels) };
        verb::put::<wire::Server>(cx, id.as_str(), &body).await?;
    }
    let mut server = settled(cx, &id).await?;
    if inputs.start_after_create && server.status == ServerStatus::Off {
        run::bare_command::<wire::Server>(cx, id.as_str(), "poweron").await?;
        server = settled(cx, &id).await?;
    }
    // Last, so that a server that could not be completed can be deleted.
    if inputs.delete_protection {
        update::protect(cx, id.as_str(), true).await?;
    }
    Ok(Created::new(id, observe::outputs(&server)))
}

async fn settled(cx: &Cx<'_, Hetzner>, id: &Id<Server>) -> Result<wire::Server> {
    observe::settled(cx, id.as_str()).await?.ok_or_else(|| verb::gone::<wire::Server>(id.as_str()))
}

/// The create request takes networks without addresses, and two of them at once get in each
/// other's way.
fn attached_later(networks: &[ServerNetwork]) -> bool {
    match networks {
        [] => false,
        [only] => only.ip.is_some() || !only.alias_ips.is_empty(),
        _ => true,
    }
}

fn body<'a>(cx: &Cx<'_, Hetzner>, inputs: &'a ServerInputs, later: bool, held: bool) -> Result<Create<'a>> {
    let networks = inputs.networks.as_deref().unwrap_or_default();
    let networks = if later { &[] } else { networks };
    let user_data = inputs.user_data.as_ref().map(|text| text.expose().as_str());
    if user_data.is_some_and(|text| text.len() > USER_DATA_BYTES_MAX) {
        let message = format!("is longer than the {USER_DATA_BYTES_MAX} bytes that are possible");
        return Err(Error::invalid("user_data", message));
    }
    let mut labels = label::marked(cx.marker(), &inputs.labels);
    label::note_image(&mut labels, &inputs.image);
    if held {
        label::hold(&mut labels);
    }
    let firewalls = inputs.firewalls.as_deref().unwrap_or_default().iter();
    Ok(Create {
        name: check::required_name(&inputs.name)?,
        server_type: &inputs.server_type,
        image: &inputs.image,
        location: inputs.location.as_deref(),
        start_after_create: inputs.start_after_create && !held,
        ssh_keys: inputs.ssh_keys.iter().map(|id| wire::number(id, "ssh_keys")).collect::<Result<_>>()?,
        user_data,
        firewalls: firewalls
            .map(|id| Ok(FirewallReference { firewall: wire::number(id, "firewalls")? }))
            .collect::<Result<_>>()?,
        placement_group: inputs
            .placement_group
            .as_ref()
            .map(|id| wire::number(id, "placement_group"))
            .transpose()?,
        networks: networks.iter().map(|net| wire::number(&net.network, "networks")).collect::<Result<_>>()?,
        public_net: inputs.public_net.as_ref().map(public_net).transpose()?,
        labels,
    })
}

fn public_net(net: &PublicNet) -> Result<CreatePublicNet> {
    let number = |id: &Option<Id<_>>, field| id.as_ref().map(|id| wire::number(id, field)).transpose();
    Ok(CreatePublicNet {
        enable_ipv4: net.ipv4,
        enable_ipv6: net.ipv6,
        ipv4: number(&net.ipv4_address, "public_net.ipv4_address")?,
        ipv6: number(&net.ipv6_address, "public_net.ipv6_address")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_plain_network_goes_into_the_create_request() {
        let plain = ServerNetwork { network: Id::new("1"), ip: None, alias_ips: Vec::new() };
        let fixed = ServerNetwork { ip: Some("10.0.0.2".into()), ..plain.clone() };
        assert!(!attached_later(&[]));
        assert!(!attached_later(std::slice::from_ref(&plain)));
        assert!(attached_later(std::slice::from_ref(&fixed)));
        assert!(attached_later(&[plain.clone(), plain]));
    }
}
