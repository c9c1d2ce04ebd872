//! What differs between the stacks of Philotes. Knows nothing of resources.

use iac::Secret;
use iac::settings::{Fault, Faults, LoadOptions, Validate, Variables};
use schemars::JsonSchema;
use serde::Deserialize;

/// A stack's settings as its files have them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct StackSettings {
    /// Hetzner location of all servers.
    pub(crate) location: String,
    /// Image of all servers.
    #[schemars(length(min = 1))]
    pub(crate) image: String,
    /// What kinds of servers there are.
    pub(crate) server_types: ServerTypes,
    /// How many workers there are.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) workers: u32,
    /// Size of the data volume in GB.
    // Hetzner's bounds: https://docs.hetzner.cloud/reference/cloud#volumes-create-a-volume
    #[schemars(range(min = 10, max = 10240))]
    pub(crate) storage_gb: u32,
    /// Whether the data volume is kept from being deleted.
    #[serde(default)]
    pub(crate) protect_data: bool,
    /// The administrator's OpenSSH public key; the stack makes a key pair without one.
    pub(crate) ssh_public_key: Option<String>,
    /// Who may reach SSH and the Kubernetes API, in CIDR notation; a real cloud needs one.
    #[serde(default)]
    #[schemars(inner(pattern(r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")))]
    pub(crate) admin_networks: Vec<String>,
    /// The token of the Hetzner project, if it is not in the variable HCLOUD_TOKEN.
    pub(crate) hcloud_token: Option<Secret<String>>,
}

/// The kinds of servers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct ServerTypes {
    /// For example cx22.
    #[schemars(length(min = 1))]
    pub(crate) control_plane: String,
    /// For example cx32.
    #[schemars(length(min = 1))]
    pub(crate) worker: String,
}

impl Validate for StackSettings {
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Err(message) = network_zone(&self.location) {
            faults.push(Fault::new("location", message));
        }
        let is_key = |key: &String| ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| key.starts_with(kind));
        if self.ssh_public_key.as_ref().is_some_and(|key| !is_key(key)) {
            let fault = Fault::new("ssh_public_key", "must be a public key as OpenSSH writes it");
            faults.push(fault.way_out("use the content of ~/.ssh/id_ed25519.pub"));
        }
        if self.hcloud_token.as_ref().is_some_and(|token| token.expose().trim().is_empty()) {
            faults.push(Fault::new("hcloud_token", "must not be blank"));
        }
        faults
    }
}

/// Where the settings of all stacks are: inside the program, unless `settings` in the current
/// directory has a file of the same name.
pub(crate) fn stack_settings() -> iac::settings::Settings<StackSettings> {
    iac::settings::Settings::new()
        .compiled_in("settings/base.toml", include_str!("settings/base.toml"))
        .compiled_in("settings/dev.toml", include_str!("settings/dev.toml"))
        .compiled_in("settings/staging.toml", include_str!("settings/staging.toml"))
        .compiled_in("settings/production.toml", include_str!("settings/production.toml"))
        .variable_prefix("PHILOTES")
}

/// The settings of one stack, with what the command line and the cloud add.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The stack: dev, staging or production.
    pub(crate) environment: String,
    /// Where the servers are.
    pub(crate) location: String,
    /// The image of all servers.
    pub(crate) image: String,
    /// The server type of the control plane.
    pub(crate) control_plane_type: String,
    /// The server type of the workers.
    pub(crate) worker_type: String,
    /// How many workers there are.
    pub(crate) workers: u32,
    /// The size of the data volume in GB.
    pub(crate) storage_gb: u32,
    /// Whether the data volume is kept from being deleted.
    pub(crate) protect_data: bool,
    /// The administrator's OpenSSH public key; the stack makes a key pair without one.
    pub(crate) ssh_public_key: Option<String>,
    /// Who may reach SSH and the Kubernetes API from outside, in CIDR notation.
    pub(crate) admin_networks: Vec<String>,
}

/// The settings that have an option of their own; each one replaces the stack's.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Overrides {
    /// Number of worker servers.
    #[arg(long, global = true)]
    workers: Option<u32>,
    /// Hetzner location, for example nbg1.
    #[arg(long, global = true)]
    location: Option<String>,
    /// Image of all servers, for example ubuntu-24.04.
    #[arg(long, global = true)]
    image: Option<String>,
    /// Server type of the control plane, for example cx22.
    #[arg(long, global = true)]
    control_plane_type: Option<String>,
    /// Server type of the workers, for example cx32.
    #[arg(long, global = true)]
    worker_type: Option<String>,
    /// Size of the data volume in GB.
    #[arg(long, global = true)]
    storage_gb: Option<u32>,
    /// OpenSSH public key of the administrator; without one a key pair is made, and its private half is
    /// the output admin_private_key.
    #[arg(long, global = true)]
    ssh_public_key: Option<String>,
    /// Network that may reach SSH and the Kubernetes API, in CIDR notation; repeatable.
    #[arg(long = "admin-network", global = true, value_name = "CIDR")]
    admin_networks: Vec<String>,
}

/// A network of the range reserved for documentation (RFC 5737).
const EXAMPLE_ADMIN_NETWORK: &str = "203.0.113.0/24";

impl Settings {
    /// The settings of the stack `name` as the program holds them, with `overrides`.
    #[cfg_attr(not(test), expect(dead_code, reason = "for tests; a run loads its settings with the runner"))]
    pub(crate) fn new(name: &str, overrides: &Overrides, real_cloud: bool) -> Result<Self, Faults> {
        let options = LoadOptions::new("philotes", name).variables(Variables::none());
        let stack = stack_settings().without_directory().load_without_secrets(&options)?;
        Self::of(name, &stack, overrides, real_cloud)
            .map_err(|message| Faults::new([Fault::new("", message)]))
    }

    /// The settings of the stack `name`, with `overrides`. On a real cloud the admin networks
    /// must be given.
    pub(crate) fn of(
        name: &str,
        stack: &StackSettings,
        overrides: &Overrides,
        real_cloud: bool,
    ) -> Result<Self, String> {
        let given = |value: &Option<String>, stack: &String| value.as_ref().unwrap_or(stack).clone();
        let ssh_public_key = overrides.ssh_public_key.as_ref().or(stack.ssh_public_key.as_ref());
        let admin_networks = match overrides.admin_networks.as_slice() {
            [] => stack.admin_networks.as_slice(),
            networks => networks,
        };
        let must = |what: &str, missing: bool| match real_cloud && missing {
            true => Err(format!("a real cloud needs {what}")),
            false => Ok(()),
        };
        must("`admin_networks` in the settings, or --admin-network", admin_networks.is_empty())?;
        Ok(Self {
            environment: name.to_owned(),
            location: given(&overrides.location, &stack.location),
            image: given(&overrides.image, &stack.image),
            control_plane_type: given(&overrides.control_plane_type, &stack.server_types.control_plane),
            worker_type: given(&overrides.worker_type, &stack.server_types.worker),
            workers: overrides.workers.unwrap_or(stack.workers),
            storage_gb: overrides.storage_gb.unwrap_or(stack.storage_gb),
            protect_data: stack.protect_data,
            ssh_public_key: ssh_public_key.cloned(),
            admin_networks: match admin_networks {
                [] => vec![EXAMPLE_ADMIN_NETWORK.to_owned()],
                networks => networks.to_vec(),
            },
        })
    }

    /// The network zone that the location is in.
    pub(crate) fn network_zone(&self) -> Result<&'static str, String> {
        network_zone(&self.location)
    }
}

/// The network zone of a location.
///
/// Source: Hetzner's list of locations, <https://docs.hetzner.com/cloud/general/locations/>.
fn network_zone(location: &str) -> Result<&'static str, String> {
    match location {
        "nbg1" | "fsn1" | "hel1" => Ok("eu-central"),
        "ash" => Ok("us-east"),
        "hil" => Ok("us-west"),
        "sin" => Ok("ap-southeast"),
        other => Err(format!("is the unknown location {other:?}; use nbg1, fsn1, hel1, ash, hil or sin")),
    }
}
