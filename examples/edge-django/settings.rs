//! What differs between the stacks. Knows nothing of resources.

use iac::Secret;
use iac::settings::{Fault, Settings, Validate};
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
    /// Server type of all servers, for example cpx11.
    #[schemars(length(min = 1))]
    pub(crate) server_type: String,
    /// How many servers there are.
    #[schemars(range(min = 1, max = 10))]
    pub(crate) servers: u32,
    /// Size of the volume of the first server in GB.
    // Hetzner's bounds: https://docs.hetzner.cloud/reference/cloud#volumes-create-a-volume
    #[schemars(range(min = 10, max = 10240))]
    pub(crate) volume_gb: u32,
    /// Whether the volume is kept from being deleted.
    pub(crate) protect_volume: bool,
    /// The container image of the Django application.
    #[schemars(length(min = 1))]
    pub(crate) django_image: String,
    /// Who may reach SSH, in CIDR notation; real clouds need one.
    #[serde(default)]
    #[schemars(inner(pattern(r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")))]
    pub(crate) admin_networks: Vec<String>,
    /// The domain, which is a zone of this stack's own.
    #[schemars(pattern(r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"))]
    pub(crate) domain: String,
    /// What every host name begins with, such as `dev.`. Cloudflare's universal certificate covers one level
    /// below the zone: with a prefix, `api` needs an advanced one on a real zone.
    #[serde(default)]
    #[schemars(pattern(r"^([a-z0-9-]+\.)*$"))]
    pub(crate) dns_prefix: String,
    /// The zone's plan at Cloudflare.
    pub(crate) zone_plan: ZonePlan,
    /// What the security rules do.
    pub(crate) rules: Rules,
    /// The most requests of one visitor in a minute that the intake takes.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) intake_per_minute: u32,
    /// The same for the API.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) api_per_minute: u32,
    /// Cloudflare's estimate of a threat above which the dashboard wants a proof.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) threat_score_max: u32,
    /// The id of the account at Cloudflare, where the token can see several.
    #[schemars(inner(pattern(r"^[0-9a-f]{32}$")))]
    pub(crate) cloudflare_account: Option<String>,
    /// Neon's region, for example aws-us-west-2.
    #[schemars(length(min = 1))]
    pub(crate) neon_region: String,
    /// Whether the database is kept from being deleted.
    #[serde(default)]
    pub(crate) protect_database: bool,
    /// The project at Doppler.
    #[schemars(length(min = 1))]
    pub(crate) doppler_project: String,
    /// The config of this stack there.
    #[schemars(length(min = 1))]
    pub(crate) doppler_config: String,
    /// With what the intake Worker signs; INTAKE_KEY of the Doppler config without it.
    pub(crate) intake_key: Option<Secret<String>>,
    /// The Doppler token that the servers read their secrets with; SERVER_TOKEN of the config without it.
    pub(crate) server_token: Option<Secret<String>>,
    /// Tokens that are not in the environment.
    #[serde(default)]
    pub(crate) tokens: Tokens,
}

/// The credentials of all clouds.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(crate) struct Tokens {
    /// Of the Hetzner project, in place of HCLOUD_TOKEN.
    pub(crate) hetzner: Option<Secret<String>>,
    /// Of the Cloudflare account, in place of CLOUDFLARE_API_TOKEN.
    pub(crate) cloudflare: Option<Secret<String>>,
    /// Of the Neon account, in place of NEON_API_KEY.
    pub(crate) neon: Option<Secret<String>>,
    /// Of the Doppler workplace, in place of DOPPLER_TOKEN.
    pub(crate) doppler: Option<Secret<String>>,
}

/// What a zone's plan allows of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ZonePlan {
    /// One rate limit, over ten seconds; no rules that only log.
    Free,
    /// Rate limits over a minute; no rules that only log.
    Paid,
    /// Everything.
    Enterprise,
}

/// What the security rules do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Rules {
    /// Block and challenge.
    Enforce,
    /// Only log what they would do. Needs the plan "enterprise".
    Log,
    /// Exist without being in force.
    Off,
}

impl Validate for StackSettings {
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Err(message) = network_zone(&self.location) {
            faults.push(Fault::new("location", message));
        }
        if self.rules == Rules::Log && self.zone_plan != ZonePlan::Enterprise {
            let fault =
                Fault::new("rules", "can only be \"log\" on a zone whose `zone_plan` is \"enterprise\"");
            faults.push(fault.way_out("use \"off\", which keeps the rules without putting them in force"));
        }
        let secrets = [
            ("intake_key", &self.intake_key),
            ("server_token", &self.server_token),
            ("tokens.hetzner", &self.tokens.hetzner),
            ("tokens.cloudflare", &self.tokens.cloudflare),
            ("tokens.neon", &self.tokens.neon),
            ("tokens.doppler", &self.tokens.doppler),
        ];
        for (key, secret) in secrets {
            if secret.as_ref().is_some_and(|secret| secret.expose().trim().is_empty()) {
                faults.push(Fault::new(key, "must not be blank"));
            }
        }
        faults
    }
}

impl StackSettings {
    /// The whole name of a host; of the apex without a name.
    pub(crate) fn host(&self, name: &str) -> String {
        let dot = if name.is_empty() { "" } else { "." };
        format!("{}{name}{dot}{}", self.dns_prefix, self.domain)
    }

    /// Who may reach SSH: those given, or a network of the range reserved for documentation (RFC 5737).
    pub(crate) fn admins(&self) -> Vec<String> {
        match self.admin_networks.as_slice() {
            [] => vec!["203.0.113.0/24".to_owned()],
            networks => networks.to_vec(),
        }
    }
}

/// Where the settings of all stacks are: inside the program, unless `settings` in the current directory
/// has a file of the same name.
pub(crate) fn stack_settings() -> Settings<StackSettings> {
    Settings::new()
        .compiled_in("settings/base.toml", include_str!("settings/base.toml"))
        .compiled_in("settings/dev.toml", include_str!("settings/dev.toml"))
        .compiled_in("settings/prod.toml", include_str!("settings/prod.toml"))
        .variable_prefix("EDGE")
}

/// The network zone of a location.
///
/// Source: Hetzner's list of locations, <https://docs.hetzner.com/cloud/general/locations/>.
pub(crate) fn network_zone(location: &str) -> Result<&'static str, String> {
    match location {
        "nbg1" | "fsn1" | "hel1" => Ok("eu-central"),
        "ash" => Ok("us-east"),
        "hil" => Ok("us-west"),
        "sin" => Ok("ap-southeast"),
        other => Err(format!("is the unknown location {other:?}; use nbg1, fsn1, hel1, ash, hil or sin")),
    }
}
