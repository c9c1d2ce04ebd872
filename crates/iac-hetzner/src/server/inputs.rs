//! What a server is made of, and what is known of it afterwards. Data only.

use std::collections::BTreeMap;

use iac_core::{Id, Inputs, Outputs, Secret};
use serde::{Deserialize, Serialize};

use crate::firewall::Firewall;
use crate::network::Network;
use crate::placement_group::PlacementGroup;
use crate::primary_ip::PrimaryIp;
use crate::ssh_key::SshKey;

/// A server.
///
/// A new server type, another placement group, other public addresses and more or fewer networks
/// are changes in place; the first three switch the server off (hard, like pulling the plug) and on
/// again. A new image, location, user data or SSH key replaces it.
///
/// ```
/// use iac_core::{Secret, Stack};
/// use iac_hetzner::{Network, Server, ServerNetwork, SshKey, Subnet};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let network = stack.add("network", Network::args().ip_range("10.0.0.0/16"))?;
/// let subnet = stack.add(
///     "subnet",
///     Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central"),
/// )?;
/// let key = stack.add("admin", SshKey::args().public_key("ssh-ed25519 AAAAC3Nz admin"))?;
/// let server = stack.add(
///     "web",
///     Server::args()
///         .server_type("cx22")
///         .image("ubuntu-24.04")
///         .location("nbg1")
///         .ssh_keys([&key])
///         .networks([ServerNetwork::args().network(&subnet.network_id).ip("10.0.1.10")])
///         .user_data(Secret::from("#cloud-config\npackages: [nginx]\n"))
///         .labels([("role", "web")]),
/// )?;
/// stack.export("address", &server.ipv4)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Server;

/// Inputs of a [`Server`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Server)]
pub struct ServerInputs {
    /// The name, unique in the project: a host name as RFC 1123 has them. Renames in place (the
    /// host name inside the server stays).
    #[field(unique, auto_name(63))]
    pub name: Option<String>,
    /// The server type, for example `cx22`. Changes in place with the server off; the new type
    /// must have the same architecture and no smaller disk.
    pub server_type: String,
    /// The image, for example `ubuntu-24.04`, or the id of a snapshot.
    #[field(replace)]
    pub image: String,
    /// The location, for example `nbg1`. Without one the vendor chooses.
    #[field(replace, default_from_api)]
    pub location: Option<String>,
    /// The keys that may log in as root. Without any the vendor mails a password.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(replace, write_only, set)]
    pub ssh_keys: Vec<Id<SshKey>>,
    /// Cloud-init user data, at most 32 KiB.
    #[field(replace, write_only)]
    pub user_data: Option<Secret<String>>,
    /// The firewalls on the public interface: all of them. Leave it out to manage them elsewhere,
    /// by label selectors or [`FirewallAttachment`](crate::FirewallAttachment)s; an empty list is
    /// the same as none.
    #[field(set, default_from_api)]
    pub firewalls: Option<Vec<Id<Firewall>>>,
    /// The group of servers that it shares no host with. Changes in place with the server off.
    pub placement_group: Option<Id<PlacementGroup>>,
    /// The private networks: all of them. Leave it out to manage them elsewhere, by
    /// [`ServerNetworkAttachment`](crate::ServerNetworkAttachment)s; an empty list is the same as
    /// none.
    #[field(set, default_from_api, unsettles(private_ip))]
    pub networks: Option<Vec<ServerNetwork>>,
    /// The public interface. By default it has an address of each family. Changes in place with
    /// the server off: an address that came with the server is deleted when the server loses it,
    /// one that is a [`PrimaryIp`] of its own stays. The system inside gets to know another address
    /// by its own means, as a rule cloud-init's at the next start.
    #[field(default_from_api, unsettles(ipv4, ipv6, ipv6_network, ipv4_id, ipv6_id))]
    pub public_net: Option<PublicNet>,
    /// Whether daily backups are made, for a fifth of the price on top.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub backups: bool,
    /// Whether the API refuses to delete and to rebuild the server; it knows only both together.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete_protection: bool,
    /// Whether the server is started once it is made. Later changes mean nothing.
    #[serde(default = "yes")]
    #[field(write_only)]
    pub start_after_create: bool,
    /// Whether a change of the type leaves the disk as it is, so that a smaller type is possible
    /// again later. Matters at that moment only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[field(write_only)]
    pub keep_disk: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// A private network of a [`Server`].
///
/// Name the network by its subnet's `network_id` output, so that the subnet exists by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Inputs)]
pub struct ServerNetwork {
    /// The network.
    pub network: Id<Network>,
    /// The address in it. Without one the vendor chooses. Another one means to detach and to
    /// attach again.
    #[field(default_from_api)]
    pub ip: Option<String>,
    /// More addresses, which the server has to be configured for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[field(set)]
    pub alias_ips: Vec<String>,
}

/// The public interface of a [`Server`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Inputs)]
pub struct PublicNet {
    /// Whether it has an IPv4 address. Default true.
    #[serde(default = "yes")]
    pub ipv4: bool,
    /// Whether it has an IPv6 network. Default true.
    #[serde(default = "yes")]
    pub ipv6: bool,
    /// The address to use. Without one the server keeps what it has; if it has none, a new one is
    /// made, and deleted with the server. To give back a named one, switch the family off first.
    #[field(default_from_api)]
    pub ipv4_address: Option<Id<PrimaryIp>>,
    /// The network to use. Without one the server keeps what it has; if it has none, a new one is
    /// made, and deleted with the server. To give back a named one, switch the family off first.
    #[field(default_from_api)]
    pub ipv6_address: Option<Id<PrimaryIp>>,
}

fn yes() -> bool {
    true
}

/// Outputs of a [`Server`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ServerOutputs {
    /// The name.
    pub name: String,
    /// `running`, `off` and so on.
    pub status: String,
    /// The public IPv4 address. It and the other public ones change only with `public_net`.
    #[field(stable)]
    pub ipv4: Option<String>,
    /// The first address of the public IPv6 network, which images configure.
    #[field(stable)]
    pub ipv6: Option<String>,
    /// The public IPv6 network, a /64.
    #[field(stable)]
    pub ipv6_network: Option<String>,
    /// The address in the private network, if there is one; in the first that was attached, if
    /// there are more. It changes only with the server's own `networks`.
    #[field(stable)]
    pub private_ip: Option<String>,
    /// The addresses in all private networks, by network id.
    pub private_ips: BTreeMap<String, String>,
    /// The primary IP that holds the IPv4 address.
    #[field(stable)]
    pub ipv4_id: Option<Id<PrimaryIp>>,
    /// The primary IP that holds the IPv6 network.
    #[field(stable)]
    pub ipv6_id: Option<Id<PrimaryIp>>,
    /// The location.
    #[field(stable)]
    pub location: String,
}
