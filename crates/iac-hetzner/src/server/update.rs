//! Changes a server in place. Every step looks first and does only what is missing, so that a
//! second run after a crash does the rest.

use std::collections::BTreeSet;

use iac_core::{Change, Cx, Id, Result};
use serde::Serialize;

use super::{Server, ServerInputs, ServerOutputs, network, observe};
use crate::client::Hetzner;
use crate::firewall::{Apply, Firewall, Remove};
use crate::wire::{AppliedTo, ServerStatus};
use crate::{label, rename, run, verb, wire};

#[derive(Serialize)]
struct ChangeType<'a> {
    server_type: &'a str,
    upgrade_disk: bool,
}

#[derive(Serialize)]
struct JoinGroup {
    placement_group: u64,
}

#[derive(Serialize)]
struct Protect {
    delete: bool,
    rebuild: bool,
}

pub(super) async fn update(
    cx: &Cx<'_, Hetzner>,
    id: &Id<Server>,
    change: Change<Server>,
) -> Result<ServerOutputs> {
    let _busy = cx.client().servers.lock(id.as_str(), cx.deadline()).await?;
    let id = id.as_str();
    let new = &change.new;
    let server = observe::settled(cx, id).await?.ok_or_else(|| verb::gone::<wire::Server>(id))?;
    if change.touches("delete_protection") && server.protection.delete != new.delete_protection {
        protect(cx, id, new.delete_protection).await?;
    }
    // Left out means managed elsewhere.
    if let Some(wanted) = new.firewalls.as_deref().filter(|_| change.touches("firewalls")) {
        firewalls(cx, &server, wanted).await?;
    }
    if let Some(wanted) = new.networks.as_deref().filter(|_| change.touches("networks")) {
        network::apply(cx, id, &server.private_net, wanted).await?;
    }
    if change.touches("backups") && server.backup_window.is_some() != new.backups {
        let command = if new.backups { "enable_backup" } else { "disable_backup" };
        run::bare_command::<wire::Server>(cx, id, command).await?;
    }
    // A server that was off on purpose stays off; one that an earlier attempt of this update left
    // off, or a create that did not get to starting it, is started.
    let was_running =
        server.status == ServerStatus::Running || change.outputs.status == ServerStatus::Running.as_str();
    let may_be_off = change.touches("server_type") || change.touches("placement_group");
    change_powered_off(cx, &server, &change).await?;
    if (may_be_off && was_running) || label::is_held(&server.labels) {
        power_on(cx, id).await?;
    }
    if let Some(mut body) = rename::body(cx, &change, &new.name, &new.labels) {
        if let Some(labels) = &mut body.labels {
            label::note_image(labels, &new.image);
        }
        // Also takes away the label of a held start, which is over by now.
        verb::put::<wire::Server>(cx, id, &body).await?;
    }
    Ok(observe::outputs(&verb::require(cx, id).await?))
}

/// What needs the server switched off. A failure switches it on again.
async fn change_powered_off(
    cx: &Cx<'_, Hetzner>,
    server: &wire::Server,
    change: &Change<Server>,
) -> Result<()> {
    let new = &change.new;
    let group = new.placement_group.as_ref().map(|id| wire::number(id, "placement_group")).transpose()?;
    let regroups =
        change.touches("placement_group") && server.placement_group.as_ref().map(|g| g.id) != group;
    let resizes = change.touches("server_type") && server.server_type.name != new.server_type;
    if !regroups && !resizes {
        return Ok(());
    }
    let id = server.id.to_string();
    if server.status != ServerStatus::Off {
        run::bare_command::<wire::Server>(cx, &id, "poweroff").await?;
    }
    let result = async {
        if regroups {
            regroup(cx, server, group).await?;
        }
        if resizes { resize(cx, &id, new).await } else { Ok(()) }
    }
    .await;
    if result.is_err() && server.status != ServerStatus::Off {
        // The first error is the one to tell; the next run starts the server if this fails, too.
        let _ = run::bare_command::<wire::Server>(cx, &id, "poweron").await;
    }
    result
}

async fn regroup(cx: &Cx<'_, Hetzner>, server: &wire::Server, group: Option<u64>) -> Result<()> {
    let id = server.id.to_string();
    if server.placement_group.is_some() {
        run::bare_command::<wire::Server>(cx, &id, "remove_from_placement_group").await?;
    }
    if let Some(placement_group) = group {
        let body = JoinGroup { placement_group };
        verb::command::<wire::Server>(cx, &id, "add_to_placement_group", &body).await?;
    }
    Ok(())
}

async fn resize(cx: &Cx<'_, Hetzner>, id: &str, new: &ServerInputs) -> Result<()> {
    let body = ChangeType { server_type: &new.server_type, upgrade_disk: !new.keep_disk };
    verb::command::<wire::Server>(cx, id, "change_type", &body).await.map_err(|error| {
        if error.api_code() == Some("invalid_server_type") {
            return error.hint(
                "the new type needs the same architecture and a disk that is no smaller, and must be offered in \
                 the server's location; otherwise replace the server",
            );
        }
        error
    })
}

async fn power_on(cx: &Cx<'_, Hetzner>, id: &str) -> Result<()> {
    // Some actions start the server by themselves.
    match observe::settled(cx, id).await? {
        Some(server) if server.status == ServerStatus::Off => {
            run::bare_command::<wire::Server>(cx, id, "poweron").await
        }
        _ => Ok(()),
    }
}

/// Switches the protection on or off. The API takes both flags only with the same value.
pub(super) async fn protect(cx: &Cx<'_, Hetzner>, id: &str, on: bool) -> Result<()> {
    let body = Protect { delete: on, rebuild: on };
    verb::command::<wire::Server>(cx, id, "change_protection", &body).await
}

/// Makes the firewalls of a server those that are wanted. New ones first, so that the server is
/// never without any.
async fn firewalls(cx: &Cx<'_, Hetzner>, server: &wire::Server, wanted: &[Id<Firewall>]) -> Result<()> {
    let wanted: BTreeSet<u64> =
        wanted.iter().map(|id| wire::number(id, "firewalls")).collect::<Result<_>>()?;
    let present: BTreeSet<u64> = server.public_net.firewalls.iter().map(|firewall| firewall.id).collect();
    for firewall in wanted.difference(&present) {
        let body = Apply { apply_to: vec![AppliedTo::server(server.id)] };
        let firewall = firewall.to_string();
        verb::command::<wire::Firewall>(cx, &firewall, "apply_to_resources", &body).await?;
    }
    for firewall in present.difference(&wanted) {
        let body = Remove { remove_from: vec![AppliedTo::server(server.id)] };
        let firewall = firewall.to_string();
        verb::command::<wire::Firewall>(cx, &firewall, "remove_from_resources", &body).await?;
    }
    Ok(())
}
