//! The resources of Philotes on Hetzner. Knows nothing of credentials, state or the command line.

use iac::hetzner::{
    Direction, Firewall, FirewallRule, HealthCheck, HealthCheckProtocol, LoadBalancer, LoadBalancerService,
    LoadBalancerTarget, Network, Protocol, Server, ServerNetwork, ServiceProtocol, SshKey, Subnet, Volume,
    VolumeFormat,
};
use iac::random::{RandomToken, SshKeyPair};
use iac::{Args, Handle, IntoInput, Options, Output, Secret, Stack, StackError, interpolate_secret};

use crate::settings::Settings;

/// The private network of the whole platform.
const NETWORK: &str = "10.0.0.0/16";
/// The part of it that the servers are in.
const SUBNET: &str = "10.0.1.0/24";
/// Everybody, in both address families.
const WORLD: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// Declares everything.
pub(crate) fn philotes(stack: &Stack, settings: &Settings) -> Result<(), StackError> {
    let subnet = network(stack, settings)?;
    let firewall = stack.add("firewall", Firewall::args().rules(firewall_rules(settings)))?;
    let key = stack.add("admin", SshKey::args().public_key(admin_key(stack, settings)?))?;
    let token = stack.add("join-token", RandomToken::args().bytes(32u32))?;
    let base = Base { settings, subnet: &subnet, firewall: &firewall, key: &key };

    let control_plane = stack.add(
        "control-plane",
        base.server(
            &settings.control_plane_type,
            interpolate_secret!(include_str!("control-plane.yaml"), &token.hex),
        ),
    )?;
    let control_plane_address = control_plane.private_ip.required("the private address of the control plane");
    let workers = (0..settings.workers)
        .map(|index| {
            let join = interpolate_secret!(include_str!("worker.yaml"), &token.hex, &control_plane_address);
            stack.add(format!("worker-{index}"), base.server(&settings.worker_type, join))
        })
        .collect::<Result<Vec<_>, _>>()?;

    stack.add_with(
        "data",
        Volume::args().size(settings.storage_gb).format(VolumeFormat::Ext4).server(&control_plane),
        // Protected data survives a mistaken `destroy`.
        if settings.protect_data { Options::new().protect() } else { Options::new() },
    )?;
    let load_balancer = load_balancer(stack, settings, &subnet, &workers)?;

    stack.export("provider", "hetzner")?;
    stack.export("environment", &settings.environment)?;
    stack.export("region", &settings.location)?;
    stack.export("control_plane_ip", &control_plane.ipv4)?;
    stack.export("load_balancer_ip", &load_balancer.ipv4)?;
    stack.export("join_token", &token.hex)?;
    Ok(())
}

/// The administrator's public key: the one given, or one made here, whose private half is an output.
fn admin_key(stack: &Stack, settings: &Settings) -> Result<Output<String>, StackError> {
    if let Some(given) = &settings.ssh_public_key {
        return Ok(Output::literal(given.clone()));
    }
    let comment = format!("admin@philotes-{}", settings.environment);
    let pair = stack.add("admin-key", SshKeyPair::args().comment(comment))?;
    stack.export("admin_private_key", &pair.private_key)?;
    Ok(pair.public_key.clone())
}

fn network(stack: &Stack, settings: &Settings) -> Result<Handle<Subnet>, StackError> {
    let zone = settings.network_zone().map_err(StackError::program)?;
    let network = stack.add("network", Network::args().ip_range(NETWORK))?;
    stack.add("subnet", Subnet::args().network(&network).ip_range(SUBNET).network_zone(zone))
}

fn firewall_rules(settings: &Settings) -> Vec<impl IntoInput<FirewallRule> + use<>> {
    let open = |port: &str, description: &str| {
        FirewallRule::args()
            .direction(Direction::In)
            .protocol(Protocol::Tcp)
            .port(port)
            .description(description)
    };
    vec![
        open("22", "SSH").source_ips(&settings.admin_networks),
        open("6443", "Kubernetes API").source_ips(&settings.admin_networks),
        open("80", "HTTP").source_ips(WORLD),
        open("443", "HTTPS").source_ips(WORLD),
        open("10250", "kubelet").source_ips(["10.0.0.0/8"]),
    ]
}

/// What all servers share.
struct Base<'a> {
    settings: &'a Settings,
    subnet: &'a Handle<Subnet>,
    firewall: &'a Handle<Firewall>,
    key: &'a Handle<SshKey>,
}

impl Base<'_> {
    fn server(
        &self,
        server_type: &str,
        cloud_init: Output<Secret<String>>,
    ) -> impl Args<Target = Server> + use<> {
        Server::args()
            .server_type(server_type)
            .image(&self.settings.image)
            .location(&self.settings.location)
            .ssh_keys([self.key])
            .firewalls([self.firewall])
            // By way of the subnet: a server can only join a network that has one.
            .networks([ServerNetwork::args().network(&self.subnet.network_id)])
            .user_data(cloud_init)
    }
}

/// A load balancer in the private network that passes HTTP and HTTPS on to the workers.
fn load_balancer(
    stack: &Stack,
    settings: &Settings,
    subnet: &Handle<Subnet>,
    workers: &[Handle<Server>],
) -> Result<Handle<LoadBalancer>, StackError> {
    let balancer = stack.add(
        "load-balancer",
        LoadBalancer::args()
            .load_balancer_type("lb11")
            .location(&settings.location)
            .network(&subnet.network_id),
    )?;
    for (name, port) in [("http", 80u16), ("https", 443)] {
        let check = HealthCheck::args().protocol(HealthCheckProtocol::Tcp).port(port);
        stack.add(
            name,
            LoadBalancerService::args()
                .load_balancer(&balancer)
                .protocol(ServiceProtocol::Tcp)
                .listen_port(port)
                .destination_port(port)
                .health_check(check),
        )?;
    }
    for (index, worker) in workers.iter().enumerate() {
        let target = LoadBalancerTarget::args().load_balancer(&balancer).server(worker).use_private_ip(true);
        stack.add(format!("target-{index}"), target)?;
    }
    Ok(balancer)
}
