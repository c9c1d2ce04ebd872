//! Which primary IPs a server has: what has to leave and to come, and doing it. Knows nothing of
//! power: the caller has switched the server off.

use iac_core::{Cx, Error, ErrorKind, Id, Result};
use serde::Deserialize;

use super::PublicNet;
use crate::client::Hetzner;
use crate::primary_ip::{self, ASSIGNEE_TYPE, Assign, Create, PrimaryIp};
use crate::public_ip::IpType;
use crate::verb::Noun as _;
use crate::wire::PublicAddress;
use crate::{action, label, verb, wire};

/// What has to happen to a server's address of one family.
#[derive(Debug, PartialEq)]
pub(super) struct Move {
    ip_type: IpType,
    leaves: Option<Leaves>,
    comes: Option<Comes>,
}

#[derive(Debug, PartialEq)]
struct Leaves {
    id: u64,
    /// Whether it came with the server, belongs to no program, and would cost money for nothing.
    disposable: bool,
}

#[derive(Debug, PartialEq)]
enum Comes {
    New,
    Named(u64),
}

/// What is wanted of one family, and what is there.
struct Family<'a> {
    ip_type: IpType,
    wanted: bool,
    named: &'a Option<Id<PrimaryIp>>,
    field: &'static str,
    present: Option<&'a PublicAddress>,
}

#[derive(Deserialize)]
struct Listed {
    primary_ips: Vec<primary_ip::Body>,
}

/// What turns the present addresses into those that are wanted. Looks, changes nothing, and refuses
/// what could not be finished once the server is off.
pub(super) async fn plan(
    cx: &Cx<'_, Hetzner>,
    server: &wire::Server,
    wanted: &PublicNet,
    has_network: bool,
) -> Result<Vec<Move>> {
    if !wanted.ipv4 && !wanted.ipv6 && !has_network {
        return Err(Error::invalid("public_net", "leaves the server without any network interface")
            .hint("attach the server to a private network in `networks`, or leave it one public address"));
    }
    let families = [
        Family {
            ip_type: IpType::Ipv4,
            wanted: wanted.ipv4,
            named: &wanted.ipv4_address,
            field: "public_net.ipv4_address",
            present: server.public_net.ipv4.as_ref(),
        },
        Family {
            ip_type: IpType::Ipv6,
            wanted: wanted.ipv6,
            named: &wanted.ipv6_address,
            field: "public_net.ipv6_address",
            present: server.public_net.ipv6.as_ref(),
        },
    ];
    let mut moves = Vec::with_capacity(families.len());
    for family in families {
        moves.extend(plan_family(cx, server, &family).await?);
    }
    Ok(moves)
}

async fn plan_family(
    cx: &Cx<'_, Hetzner>,
    server: &wire::Server,
    family: &Family<'_>,
) -> Result<Option<Move>> {
    let named = family.named.as_ref().filter(|_| family.wanted);
    let named = named.map(|id| wire::number(id, family.field)).transpose()?;
    let comes = match (family.wanted, named, family.present) {
        (true, Some(named), Some(present)) if present.id == Some(named) => return Ok(None),
        // Left out, the choice is the API's, and it has chosen.
        (true, None, Some(_)) | (false, _, None) => return Ok(None),
        (true, Some(named), _) => Some(Comes::Named(named)),
        (true, None, None) => Some(Comes::New),
        (false, _, Some(_)) => None,
    };
    if let Some(named) = named {
        require_free(cx, server, family, named).await?;
    }
    let leaves = match family.present {
        Some(present) => Some(leaving(cx, server, present).await?),
        None => None,
    };
    Ok(Some(Move { ip_type: family.ip_type, leaves, comes }))
}

async fn leaving(cx: &Cx<'_, Hetzner>, server: &wire::Server, present: &PublicAddress) -> Result<Leaves> {
    let id = present.id.ok_or_else(|| {
        let message = format!("the address {} of server {} is no primary IP", present.ip, server.id);
        Error::new(ErrorKind::Unsupported, message).hint("replace the server")
    })?;
    let object = verb::require::<primary_ip::Body>(cx, &id.to_string()).await?;
    Ok(Leaves { id, disposable: is_disposable(&object) })
}

/// Whether the address is one that the API would delete with its server, and that no program has
/// as a resource of its own.
fn is_disposable(object: &primary_ip::Body) -> bool {
    object.auto_delete && !object.protection.delete && !label::is_marked(&object.labels)
}

/// Refuses a named address that the server cannot have.
async fn require_free(
    cx: &Cx<'_, Hetzner>,
    server: &wire::Server,
    family: &Family<'_>,
    named: u64,
) -> Result<()> {
    let Some(object) = verb::get::<primary_ip::Body>(cx, &named.to_string()).await? else {
        return Err(Error::invalid(family.field, format!("there is no primary IP {named}")));
    };
    if object.ip_type != family.ip_type {
        return Err(Error::invalid(
            family.field,
            format!("primary IP {named} is of the other address family"),
        ));
    }
    if let Some(place) = object.location.filter(|place| place.name != server.location.name) {
        let message = format!("primary IP {named} is in {} and not in {}", place.name, server.location.name);
        return Err(Error::invalid(family.field, message));
    }
    match object.assignee_id {
        Some(other) if other != server.id => {
            let message = format!("primary IP {named} is assigned to server {other}");
            Err(Error::new(ErrorKind::Conflict, message)
                .field(family.field)
                .hint("take it away from that server first, and run again"))
        }
        _ => Ok(()),
    }
}

/// The addresses that have to be deleted once they have left: to be noted before anything is done.
pub(super) fn disposed(moves: &[Move]) -> impl Iterator<Item = u64> {
    moves
        .iter()
        .filter_map(|one| one.leaves.as_ref())
        .filter(|leaves| leaves.disposable)
        .map(|leaves| leaves.id)
}

/// Does what was planned. The server is off.
pub(super) async fn apply(cx: &Cx<'_, Hetzner>, server: u64, moves: &[Move]) -> Result<()> {
    // All that leave before any that comes: a project may have no room for one more.
    for leaves in moves.iter().filter_map(|one| one.leaves.as_ref()) {
        let id = leaves.id.to_string();
        primary_ip::leave(cx, &id).await?;
        if leaves.disposable {
            verb::delete::<primary_ip::Body>(cx, &id).await?;
        }
    }
    for one in moves {
        match one.comes {
            Some(Comes::Named(id)) => assign(cx, id, server).await?,
            Some(Comes::New) => make(cx, one.ip_type, server).await?,
            None => {}
        }
    }
    Ok(())
}

/// Deletes what an interrupted change has unassigned and not deleted.
pub(super) async fn clear(cx: &Cx<'_, Hetzner>, server: &wire::Server) -> Result<()> {
    for id in label::leaving(&server.labels) {
        let id = id.to_string();
        let object = verb::get::<primary_ip::Body>(cx, &id).await?;
        // One that did not get to leaving is for the next plan to judge.
        if object.is_some_and(|object| object.assignee_id.is_none() && is_disposable(&object)) {
            verb::delete::<primary_ip::Body>(cx, &id).await?;
        }
    }
    Ok(())
}

/// Makes an address for the server. Its name says for which, so that one that was made and did not
/// get to the server is found again.
async fn make(cx: &Cx<'_, Hetzner>, ip_type: IpType, server: u64) -> Result<()> {
    let family = match ip_type {
        IpType::Ipv4 => "ipv4",
        IpType::Ipv6 => "ipv6",
    };
    let name = format!("server-{server}-{family}");
    let request = cx.client().http(cx).get(primary_ip::Body::PATH).query(&[("name", &name)]);
    let found = request.send::<Listed>().await?.into_body().primary_ips;
    let ours = |object: &&primary_ip::Body| {
        object.ip_type == ip_type && object.assignee_id.is_none() && is_disposable(object)
    };
    if let Some(object) = found.iter().find(ours) {
        return assign(cx, object.id, server).await;
    }
    // Like those that come with a server: it goes with the server, and has no labels.
    let body = Create {
        name: &name,
        ip_type,
        assignee_type: ASSIGNEE_TYPE,
        assignee_id: Some(server),
        location: None,
        auto_delete: true,
        labels: label::Labels::new(),
    };
    let made = verb::create::<primary_ip::Body>(cx, &body).await.map_err(primary_ip::with_hint)?;
    action::finish(cx, made.actions).await.map_err(primary_ip::with_hint)
}

async fn assign(cx: &Cx<'_, Hetzner>, id: u64, server: u64) -> Result<()> {
    let body = Assign { assignee_id: server, assignee_type: ASSIGNEE_TYPE };
    let assigned = verb::command::<primary_ip::Body>(cx, &id.to_string(), "assign", &body).await;
    assigned.map_err(primary_ip::with_hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_came_with_a_server_is_disposable() {
        let object = |auto_delete: bool, protected: bool, labels: serde_json::Value| {
            let object = json!({
                "id": 42, "name": "web", "ip": "192.0.2.1", "type": "ipv4", "auto_delete": auto_delete,
                "location": null, "assignee_id": 17, "protection": {"delete": protected}, "labels": labels,
            });
            is_disposable(&serde_json::from_value(object).unwrap())
        };
        assert!(object(true, false, json!({})));
        assert!(object(true, false, json!({"a": "b"})));
        assert!(!object(false, false, json!({})));
        assert!(!object(true, true, json!({})));
        assert!(!object(true, false, json!({"iac-token": "0"})));
    }
}
