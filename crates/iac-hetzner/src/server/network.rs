//! A server's private networks: what has to be attached, detached and changed, and doing it.
//! Knows nothing of the rest of the server.

use std::collections::BTreeSet;

use iac_core::{Cx, Result};
use serde::Serialize;

use super::ServerNetwork;
use crate::client::Hetzner;
use crate::wire::PrivateNet;
use crate::{verb, wire};

/// The body that attaches a server to a network.
#[derive(Debug, Serialize, PartialEq)]
pub(crate) struct Attach {
    pub(crate) network: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ip: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) alias_ips: Vec<String>,
}

/// The body that names a network that a server is attached to.
#[derive(Debug, Serialize, PartialEq)]
pub(crate) struct AttachedTo {
    pub(crate) network: u64,
}

/// The body that replaces a server's alias addresses in a network.
#[derive(Debug, Serialize, PartialEq)]
pub(crate) struct ChangeAliases {
    pub(crate) network: u64,
    pub(crate) alias_ips: Vec<String>,
}

/// What turns the present networks into those that are wanted.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Difference {
    detach: Vec<AttachedTo>,
    attach: Vec<Attach>,
    aliases: Vec<ChangeAliases>,
}

/// Compares by network. An address that is not given is any address.
pub(super) fn difference(present: &[PrivateNet], wanted: &[ServerNetwork]) -> Result<Difference> {
    let mut difference = Difference::default();
    let mut kept = BTreeSet::new();
    for net in wanted {
        let network = wire::number(&net.network, "networks")?;
        let attach = || Attach { network, ip: net.ip.clone(), alias_ips: net.alias_ips.clone() };
        match present.iter().find(|present| present.network == network) {
            None => difference.attach.push(attach()),
            // An address cannot be changed; the interface has to be made again.
            Some(present) if net.ip.as_ref().is_some_and(|ip| *ip != present.ip) => {
                difference.attach.push(attach());
            }
            Some(present) => {
                kept.insert(network);
                if as_set(&present.alias_ips) != as_set(&net.alias_ips) {
                    difference.aliases.push(ChangeAliases { network, alias_ips: net.alias_ips.clone() });
                }
            }
        }
    }
    let going = present.iter().filter(|present| !kept.contains(&present.network));
    difference.detach.extend(going.map(|present| AttachedTo { network: present.network }));
    Ok(difference)
}

fn as_set(texts: &[String]) -> BTreeSet<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Makes the networks of a server those that are wanted, one by one: two attachments at once get
/// in each other's way. The caller holds the server's lock.
pub(super) async fn apply(
    cx: &Cx<'_, Hetzner>,
    server: &str,
    present: &[PrivateNet],
    wanted: &[ServerNetwork],
) -> Result<()> {
    let difference = difference(present, wanted)?;
    for body in &difference.detach {
        verb::command::<wire::Server>(cx, server, "detach_from_network", body).await?;
    }
    for body in &difference.attach {
        verb::command::<wire::Server>(cx, server, "attach_to_network", body).await?;
    }
    for body in &difference.aliases {
        verb::command::<wire::Server>(cx, server, "change_alias_ips", body).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::Id;

    fn present(network: u64, ip: &str, aliases: &[&str]) -> PrivateNet {
        let alias_ips = aliases.iter().map(|text| (*text).to_owned()).collect();
        PrivateNet { network, ip: ip.to_owned(), alias_ips, mac_address: None }
    }

    fn wanted(network: &str, ip: Option<&str>, aliases: &[&str]) -> ServerNetwork {
        let alias_ips = aliases.iter().map(|text| (*text).to_owned()).collect();
        ServerNetwork { network: Id::new(network), ip: ip.map(str::to_owned), alias_ips }
    }

    #[test]
    fn only_what_differs_is_changed() {
        let present = [present(1, "10.0.0.2", &["10.0.0.9", "10.0.0.8"]), present(2, "10.1.0.2", &[])];
        let same = [wanted("2", None, &[]), wanted("1", Some("10.0.0.2"), &["10.0.0.8", "10.0.0.9"])];
        assert_eq!(difference(&present, &same).unwrap(), Difference::default());

        let other = [wanted("1", Some("10.0.0.3"), &[]), wanted("3", None, &["10.3.0.9"])];
        let found = difference(&present, &other).unwrap();
        assert_eq!(found.detach, [AttachedTo { network: 1 }, AttachedTo { network: 2 }]);
        assert_eq!(found.attach.iter().map(|body| body.network).collect::<Vec<_>>(), [1, 3]);

        let found = difference(&present, &[wanted("1", None, &[]), wanted("2", None, &[])]).unwrap();
        assert_eq!(found.aliases, [ChangeAliases { network: 1, alias_ips: vec![] }]);
        assert!(difference(&[], &[wanted("x", None, &[])]).is_err());
    }
}
