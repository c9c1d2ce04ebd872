//! Changes a server in place. Every step looks first and does only what is missing, so that a
//! second run after a crash does the rest.

use std::collections::BTreeSet;

use iac_core::{Change, Cx, Id, Result};
use serde::Serialize;

use super::public_net::{self, Move};
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
    let server = calmed(cx, id, &change).await?;
    let moves = moves(cx, &server, &change).await?;
    let has_address = server.public_net.ipv4.is_some() || server.public_net.ipv6.is_some();
    change_running(cx, &server, &change).await?;
    if has_address {
        change_firewalls(cx, &server, &change).await?;
    }
    // A server that was off on purpose stays off; one that an earlier attempt of this update left
    // off, or a create that did not get to starting it, is started.
    let was_running =
        server.status == ServerStatus::Running || change.outputs.status == ServerStatus::Running.as_str();
    let may_be_off =
        ["server_type", "placement_group", "public_net"].iter().any(|field| change.touches(field));
    change_powered_off(cx, &server, &change, &moves).await?;
    // The API takes no firewalls for a server without a public address; a new one is guarded before
    // the server starts.
    if !has_address {
        change_firewalls(cx, &server, &change).await?;
    }
    if (may_be_off && was_running) || label::is_held(&server.labels) {
        power_on(cx, id).await?;
    }
    relabel(cx, &server, &change, !moves.is_empty()).await?;
    Ok(observe::outputs(&verb::require(cx, id).await?))
}

/// The server as it is, without anything that an interrupted change of its addresses has left.
async fn calmed(cx: &Cx<'_, Hetzner>, id: &str, change: &Change<Server>) -> Result<wire::Server> {
    let gone = || verb::gone::<wire::Server>(id);
    let server = observe::settled(cx, id).await?.ok_or_else(gone)?;
    if !change.touches("public_net") && label::leaving(&server.labels).is_empty() {
        return Ok(server);
    }
    // An address shows at its server only when the action has ended.
    verb::calm::<wire::Server>(cx, id).await?;
    let server = observe::settled(cx, id).await?.ok_or_else(gone)?;
    public_net::clear(cx, &server).await?;
    Ok(server)
}

/// What has to happen to the server's public addresses.
async fn moves(cx: &Cx<'_, Hetzner>, server: &wire::Server, change: &Change<Server>) -> Result<Vec<Move>> {
    let new = &change.new;
    let Some(wanted) = new.public_net.as_ref().filter(|_| change.touches("public_net")) else {
        return Ok(Vec::new());
    };
    let has_network = match new.networks.as_deref().filter(|_| change.touches("networks")) {
        Some(networks) => !networks.is_empty(),
        None => !server.private_net.is_empty(),
    };
    public_net::plan(cx, server, wanted, has_network).await
}

/// What a running server takes.
async fn change_running(cx: &Cx<'_, Hetzner>, server: &wire::Server, change: &Change<Server>) -> Result<()> {
    let (id, new) = (server.id.to_string(), &change.new);
    if change.touches("delete_protection") && server.protection.delete != new.delete_protection {
        protect(cx, &id, new.delete_protection).await?;
    }
    // Left out means managed elsewhere.
    if let Some(wanted) = new.networks.as_deref().filter(|_| change.touches("networks")) {
        network::apply(cx, &id, &server.private_net, wanted).await?;
    }
    if change.touches("backups") && server.backup_window.is_some() != new.backups {
        let command = if new.backups { "enable_backup" } else { "disable_backup" };
        run::bare_command::<wire::Server>(cx, &id, command).await?;
    }
    Ok(())
}

/// Name and labels, and without the labels that this or an earlier attempt has put there until it
/// was done.
async fn relabel(
    cx: &Cx<'_, Hetzner>,
    server: &wire::Server,
    change: &Change<Server>,
    noted: bool,
) -> Result<()> {
    let new = &change.new;
    let mut body = rename::body(cx, change, &new.name, &new.labels);
    let noted = noted || label::is_held(&server.labels) || !label::leaving(&server.labels).is_empty();
    if noted {
        let body = body.get_or_insert(rename::Rename { name: None, labels: None });
        body.labels.get_or_insert_with(|| label::marked(cx.marker(), &new.labels));
    }
    let Some(mut body) = body else { return Ok(()) };
    if let Some(labels) = &mut body.labels {
        label::note_image(labels, &new.image);
    }
    verb::put::<wire::Server>(cx, &server.id.to_string(), &body).await?;
    Ok(())
}

/// What needs the server switched off. A failure switches it on again.
async fn change_powered_off(
    cx: &Cx<'_, Hetzner>,
    server: &wire::Server,
    change: &Change<Server>,
    moves: &[Move],
) -> Result<()> {
    let new = &change.new;
    let group = new.placement_group.as_ref().map(|id| wire::number(id, "placement_group")).transpose()?;
    let regroups =
        change.touches("placement_group") && server.placement_group.as_ref().map(|g| g.id) != group;
    let resizes = change.touches("server_type") && server.server_type.name != new.server_type;
    if !regroups && !resizes && moves.is_empty() {
        return Ok(());
    }
    let id = server.id.to_string();
    if !moves.is_empty() {
        note(cx, server, moves).await?;
    }
    if server.status != ServerStatus::Off {
        run::bare_command::<wire::Server>(cx, &id, "poweroff").await?;
    }
    let result = async {
        if regroups {
            regroup(cx, server, group).await?;
        }
        if resizes {
            resize(cx, &id, new).await?;
        }
        public_net::apply(cx, server.id, moves).await
    }
    .await;
    if result.is_err() && server.status != ServerStatus::Off {
        // The first error is the one to tell; the next run starts the server if this fails, too.
        let _ = run::bare_command::<wire::Server>(cx, &id, "poweron").await;
    }
    result
}

/// Notes at the server what is about to happen to it: once an address has left it, nothing else
/// says that the address is to be deleted, and that the server is to be started.
async fn note(cx: &Cx<'_, Hetzner>, server: &wire::Server, moves: &[Move]) -> Result<()> {
    let mut labels = server.labels.clone();
    label::note_leaving(&mut labels, public_net::disposed(moves));
    if server.status == ServerStatus::Running {
        label::hold(&mut labels);
    }
    let body = rename::Rename { name: None, labels: Some(labels) };
    verb::put::<wire::Server>(cx, &server.id.to_string(), &body).await?;
    Ok(())
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

async fn change_firewalls(
    cx: &Cx<'_, Hetzner>,
    server: &wire::Server,
    change: &Change<Server>,
) -> Result<()> {
    // Left out means managed elsewhere.
    match change.new.firewalls.as_deref().filter(|_| change.touches("firewalls")) {
        Some(wanted) => firewalls(cx, server, wanted).await,
        None => Ok(()),
    }
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
