//! Hetzner Cloud: its resources, its data sources and the client they talk through.
//! Knows nothing of state or of plans; the engine knows nothing of this API. The
//! [guide](../iac/guide/index.html) explains what the engine does with them.
//!
//! ```
//! use iac_core::Stack;
//! use iac_hetzner::{Hetzner, Network, Server, SshKey, Subnet};
//!
//! let stack = Stack::new("philotes", "dev")?;
//! stack.provider(Hetzner::builder().token("a token of the project").build()?)?;
//!
//! let network = stack.add("network", Network::args().ip_range("10.0.0.0/16"))?;
//! let subnet = stack.add(
//!     "subnet",
//!     Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central"),
//! )?;
//! let key = stack.add("admin", SshKey::args().public_key("ssh-ed25519 AAAAC3Nz admin"))?;
//! let server = stack.add(
//!     "control-plane",
//!     Server::args()
//!         .server_type("cx22")
//!         .image("ubuntu-24.04")
//!         .location("nbg1")
//!         .ssh_keys([&key])
//!         // Through the subnet, so that the server waits for it.
//!         .networks([iac_hetzner::ServerNetwork::args().network(&subnet.network_id)]),
//! )?;
//! stack.export("control_plane_ip", &server.ipv4)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How lost objects are found again
//! Every object that can have labels is created with three of them: `iac-stack`, `iac-urn` and
//! `iac-token`. The last is different for every object ever created, so that a create whose answer
//! was lost is found by it. Servers also have `iac-image`, the image as the program names it. Reads
//! leave these labels out, and updates keep them.
//!
//! # Busy objects
//! The API lets one action at a time run on a server or a load balancer. Calls that change one of
//! them wait for each other in the client, and an answer `locked` or `conflict` is repeated for a
//! bounded time.

mod action;
mod certificate;
mod change;
mod check;
mod client;
mod cost;
mod data;
mod decode;
mod delete_protection;
mod dns_name;
mod firewall;
mod firewall_attachment;
mod firewall_rule;
mod floating_ip;
mod foreign;
mod label;
mod load_balancer;
mod lock;
mod network;
mod placement_group;
pub mod policies;
mod primary_ip;
mod public_ip;
mod record_set;
mod record_value;
mod rename;
mod route;
mod run;
mod server;
mod server_network;
#[cfg(feature = "sim")]
pub mod sim;
mod ssh_key;
mod subnet;
mod typical;
mod verb;
mod volume;
mod wire;
mod zone;

pub use certificate::{
    Certificate, CertificateArgs, CertificateAttributes, CertificateInputs, CertificateOutputs,
};
pub use client::{ENDPOINT, Hetzner, HetznerBuilder};
pub use cost::{PRICES_DATE, PRICES_SOURCE, prices};
pub use data::{
    Architecture, Image, ImageData, ImageDataAttributes, ImageQuery, ImageQueryArgs, ImageType,
    LoadBalancerType, LoadBalancerTypeData, LoadBalancerTypeDataAttributes, LoadBalancerTypeQuery,
    LoadBalancerTypeQueryArgs, Location, LocationData, LocationDataAttributes, LocationPrice, LocationQuery,
    LocationQueryArgs, ServerType, ServerTypeData, ServerTypeDataAttributes, ServerTypeLocation,
    ServerTypeQuery, ServerTypeQueryArgs,
};
pub use firewall::{Firewall, FirewallArgs, FirewallAttributes, FirewallInputs, FirewallOutputs};
pub use firewall_attachment::{
    FirewallAttachment, FirewallAttachmentArgs, FirewallAttachmentAttributes, FirewallAttachmentInputs,
    FirewallAttachmentOutputs,
};
pub use firewall_rule::{Direction, FirewallRule, FirewallRuleArgs, Protocol};
pub use floating_ip::{
    FloatingIp, FloatingIpArgs, FloatingIpAttributes, FloatingIpInputs, FloatingIpOutputs,
};
pub use load_balancer::{
    HealthCheck, HealthCheckArgs, HealthCheckHttp, HealthCheckHttpArgs, HealthCheckProtocol, LoadBalancer,
    LoadBalancerAlgorithm, LoadBalancerArgs, LoadBalancerAttributes, LoadBalancerInputs, LoadBalancerOutputs,
    LoadBalancerService, LoadBalancerServiceArgs, LoadBalancerServiceAttributes, LoadBalancerServiceInputs,
    LoadBalancerServiceOutputs, LoadBalancerTarget, LoadBalancerTargetArgs, LoadBalancerTargetAttributes,
    LoadBalancerTargetInputs, LoadBalancerTargetOutputs, ServiceHttp, ServiceHttpArgs, ServiceProtocol,
};
pub use network::{Network, NetworkArgs, NetworkAttributes, NetworkInputs, NetworkOutputs};
pub use placement_group::{
    PlacementGroup, PlacementGroupArgs, PlacementGroupAttributes, PlacementGroupInputs, PlacementGroupOutputs,
};
pub use primary_ip::{PrimaryIp, PrimaryIpArgs, PrimaryIpAttributes, PrimaryIpInputs, PrimaryIpOutputs};
pub use public_ip::IpType;
pub use record_set::{RecordSet, RecordSetArgs, RecordSetAttributes, RecordSetInputs, RecordSetOutputs};
pub use record_value::RecordType;
pub use route::{Route, RouteArgs, RouteAttributes, RouteInputs, RouteOutputs};
pub use server::{
    PublicNet, PublicNetArgs, Server, ServerArgs, ServerAttributes, ServerInputs, ServerNetwork,
    ServerNetworkArgs, ServerOutputs,
};
pub use server_network::{
    ServerNetworkAttachment, ServerNetworkAttachmentArgs, ServerNetworkAttachmentAttributes,
    ServerNetworkAttachmentInputs, ServerNetworkAttachmentOutputs,
};
pub use ssh_key::{SshKey, SshKeyArgs, SshKeyAttributes, SshKeyInputs, SshKeyOutputs};
pub use subnet::{Subnet, SubnetArgs, SubnetAttributes, SubnetInputs, SubnetKind, SubnetOutputs};
pub use volume::{Volume, VolumeArgs, VolumeAttributes, VolumeFormat, VolumeInputs, VolumeOutputs};
pub use zone::{
    PrimaryNameserver, PrimaryNameserverArgs, TsigAlgorithm, Zone, ZoneArgs, ZoneAttributes, ZoneInputs,
    ZoneMode, ZoneOutputs,
};
