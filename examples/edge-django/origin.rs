//! The servers at Hetzner: network, firewall, Django's machines and their volume. Web traffic reaches them
//! from Cloudflare alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use iac::cloudflare::IpRanges;
use iac::hetzner::{
    Direction, Firewall, FirewallRule, Network, Protocol, Server, ServerNetwork, SshKey, Subnet, Volume,
    VolumeFormat,
};
use iac::random::SshKeyPair;
use iac::{Handle, Options, Output, Secret, Stack, StackError, interpolate_secret};

use crate::settings::{StackSettings, network_zone};

/// The private network.
const NETWORK: &str = "10.20.0.0/16";
/// The part of it that the servers are in.
const SUBNET: &str = "10.20.1.0/24";

/// A certificate with its key, both in PEM.
pub(crate) struct Certificate {
    pub(crate) certificate: Output<String>,
    pub(crate) private_key: Output<Secret<String>>,
}

/// Declares everything at Hetzner; answers the servers.
pub(crate) fn servers(
    stack: &Stack,
    settings: &StackSettings,
    certificate: &Certificate,
    token: &Output<Secret<String>>,
) -> Result<Vec<Handle<Server>>, StackError> {
    let network = stack.add("network", Network::args().ip_range(NETWORK))?;
    let zone = network_zone(&settings.location).map_err(StackError::program)?;
    let subnet = stack.add("subnet", Subnet::args().network(&network).ip_range(SUBNET).network_zone(zone))?;
    let firewall = firewall(stack, settings)?;

    // For deployments by machines: there is nobody to type a passphrase.
    let pair =
        stack.add("deploy-key", SshKeyPair::args().comment(format!("deploy@{}", settings.host(""))))?;
    let key = stack.add("deploy", SshKey::args().public_key(&pair.public_key))?;
    stack.export("deploy_private_key", &pair.private_key)?;

    let cloud_init = interpolate_secret!(
        include_str!("server.yaml"),
        certificate.certificate.map(|pem: String| STANDARD.encode(pem)),
        certificate.private_key.map(|pem: String| STANDARD.encode(pem)),
        token,
        settings.host("api"),
        &settings.django_image,
    );
    let servers = (0..settings.servers)
        .map(|index| {
            let server = Server::args()
                .server_type(&settings.server_type)
                .image(&settings.image)
                .location(&settings.location)
                .ssh_keys([&key])
                .firewalls([&firewall])
                // By way of the subnet: a server can only join a network that has one.
                .networks([ServerNetwork::args().network(&subnet.network_id)])
                .user_data(cloud_init.clone());
            let server = stack.add(format!("server-{index}"), server)?;
            stack.export(&format!("server_{index}_ip"), &server.ipv4)?;
            Ok(server)
        })
        .collect::<Result<Vec<_>, StackError>>()?;

    if let Some(first) = servers.first() {
        let volume = Volume::args().size(settings.volume_gb).format(VolumeFormat::Ext4).server(first);
        let options = if settings.protect_volume { Options::new().protect() } else { Options::new() };
        stack.add_with("data", volume, options)?;
    }
    Ok(servers)
}

/// SSH for administrators, the web for Cloudflare.
fn firewall(stack: &Stack, settings: &StackSettings) -> Result<Handle<Firewall>, StackError> {
    let cloudflare = stack.read("cloudflare-networks", IpRanges::args())?;
    let open = |port: &str, description: &str| {
        FirewallRule::args()
            .direction(Direction::In)
            .protocol(Protocol::Tcp)
            .port(port)
            .description(description)
    };
    let rules = [
        open("22", "SSH").source_ips(settings.admins()),
        open("80", "HTTP from Cloudflare").source_ips(&cloudflare.all),
        open("443", "HTTPS from Cloudflare").source_ips(&cloudflare.all),
    ];
    let firewall = stack.add("firewall", Firewall::args().rules(rules))?;
    stack.export("firewall_id", &firewall.id)?;
    Ok(firewall)
}
