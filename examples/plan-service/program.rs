//! The stack that callers get, and what they may say about it. Knows nothing of HTTP.

use iac::hetzner::{Hetzner, Network, Server, ServerNetwork, Subnet};
use iac::random::RandomToken;
use iac::{Graph, Secret, Stack, StackError, interpolate_secret};
use serde::Deserialize;

/// The project of every stack.
pub(crate) const PROJECT: &str = "workers";
/// The stacks that callers may work on: who names others does not fill the state.
pub(crate) const STACKS: [&str; 3] = ["dev", "staging", "production"];
/// Most workers of a stack, which bounds its plans and its events.
const WORKERS_MAX: u32 = 20;

/// What a caller may say about a stack.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    workers: u32,
    server_type: String,
    image: String,
    /// Sealed in the state, marked in every answer.
    admin_password: Option<Secret<String>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { workers: 1, server_type: "cx22".into(), image: "debian-12".into(), admin_password: None }
    }
}

impl Settings {
    /// What is wrong with them, with the field's name first.
    pub(crate) fn fault(&self) -> Option<String> {
        let count = self.workers;
        (count > WORKERS_MAX).then(|| format!("settings.workers: {count} is more than {WORKERS_MAX}"))
    }
}

/// The workers of one stack in their network.
pub(crate) fn declare(hetzner: Hetzner, name: &str, settings: &Settings) -> Result<Graph, StackError> {
    let stack = Stack::new(PROJECT, name)?;
    stack.provider(hetzner)?;
    let network = stack.add("network", Network::args().ip_range("10.0.0.0/16"))?;
    let subnet = stack
        .add("subnet", Subnet::args().network(&network).ip_range("10.0.1.0/24").network_zone("eu-central"))?;
    let join = stack.add("join-token", RandomToken::args().bytes(32u32))?;
    let password = settings.admin_password.clone().unwrap_or_else(|| Secret::from("*"));
    for number in 1..=settings.workers {
        let worker = stack.add(
            format!("worker-{number}"),
            Server::args()
                .server_type(settings.server_type.as_str())
                .image(settings.image.as_str())
                .location("nbg1")
                .networks([ServerNetwork::args().network(&subnet.network_id)])
                .user_data(interpolate_secret!(
                    "#cloud-config\npassword: {}\nruncmd: [k3s agent --token {}]\n",
                    &password,
                    &join.hex
                )),
        )?;
        stack.export(&format!("worker_{number}"), &worker.private_ip)?;
    }
    stack.export("join_token", &join.hex)?;
    stack.freeze()
}
