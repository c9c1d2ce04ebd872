//! What differs between the stacks of Philotes. Knows nothing of resources.

/// The settings of one stack.
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
    /// The administrator's OpenSSH public key; the stack makes a key pair without one.
    pub(crate) ssh_public_key: Option<String>,
    /// Who may reach SSH and the Kubernetes API from outside, in CIDR notation.
    pub(crate) admin_networks: Vec<String>,
}

/// Settings given on the command line; each one replaces the stack's.
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
    #[arg(long, global = true, env = "PHILOTES_SSH_PUBLIC_KEY")]
    ssh_public_key: Option<String>,
    /// Network that may reach SSH and the Kubernetes API, in CIDR notation; repeatable.
    #[arg(long = "admin-network", global = true, value_name = "CIDR")]
    admin_networks: Vec<String>,
}

/// A network of the range reserved for documentation (RFC 5737).
const EXAMPLE_ADMIN_NETWORK: &str = "203.0.113.0/24";

impl Settings {
    /// The settings of stack `name`, with `overrides`. On a real cloud the admin networks must be
    /// given.
    pub(crate) fn new(name: &str, overrides: &Overrides, real_cloud: bool) -> Result<Self, String> {
        let (control_plane_type, worker_type, workers, storage_gb) = match name {
            "dev" => ("cx22", "cx32", 2, 50),
            "staging" => ("cx22", "cx32", 3, 100),
            "production" => ("cx32", "cx42", 3, 200),
            _ => {
                return Err(format!(
                    "there are no settings for stack {name:?}; use dev, staging or production"
                ));
            }
        };
        let given =
            |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
        let must = |what: &str, missing: bool| match real_cloud && missing {
            true => Err(format!("a real cloud needs {what}")),
            false => Ok(()),
        };
        must("at least one --admin-network", overrides.admin_networks.is_empty())?;
        let admin_networks = match overrides.admin_networks.as_slice() {
            [] => vec![EXAMPLE_ADMIN_NETWORK.to_owned()],
            networks => networks.to_vec(),
        };
        Ok(Self {
            environment: name.to_owned(),
            location: given(&overrides.location, "nbg1"),
            image: given(&overrides.image, "ubuntu-24.04"),
            control_plane_type: given(&overrides.control_plane_type, control_plane_type),
            worker_type: given(&overrides.worker_type, worker_type),
            workers: overrides.workers.unwrap_or(workers),
            storage_gb: overrides.storage_gb.unwrap_or(storage_gb),
            ssh_public_key: overrides.ssh_public_key.clone(),
            admin_networks,
        })
    }

    /// The network zone that the location is in.
    ///
    /// Source: Hetzner's list of locations, <https://docs.hetzner.com/cloud/general/locations/>.
    pub(crate) fn network_zone(&self) -> Result<&'static str, String> {
        match self.location.as_str() {
            "nbg1" | "fsn1" | "hel1" => Ok("eu-central"),
            "ash" => Ok("us-east"),
            "hil" => Ok("us-west"),
            "sin" => Ok("ap-southeast"),
            other => Err(format!("unknown location {other:?}; use nbg1, fsn1, hel1, ash, hil or sin")),
        }
    }
}
