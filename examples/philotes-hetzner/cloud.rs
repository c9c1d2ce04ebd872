//! Which Hetzner Cloud the program talks to: a simulated one, or the one behind the token.

use std::path::Path;

use iac::Secret;
use iac::hetzner::Hetzner;
use iac_cli::{ProgramError, RunContext};
use iac_hetzner::sim::{self, SimConfig};
use iac_testkit::sim::SimOptions;

use crate::settings::{Overrides, StackSettings};

/// Where the simulated cloud is kept.
const SIMULATED_CLOUD: &str = ".iac/hetzner-sim.json";
/// Hetzner's own endpoint, <https://docs.hetzner.cloud/>.
const REAL_ENDPOINT: &str = "https://api.hetzner.cloud/v1";

/// The cloud of this run.
pub(crate) enum Cloud {
    Real { endpoint: String, token: Secret<String> },
    Simulated,
}

impl Cloud {
    /// Takes the token from `HCLOUD_TOKEN` or the settings, and the endpoint from `HCLOUD_ENDPOINT`.
    pub(crate) fn choose(settings: &StackSettings) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let token = variable("HCLOUD_TOKEN").map(Secret::new);
        match token.or_else(|| settings.hcloud_token.clone()) {
            Some(token) => {
                let endpoint = variable("HCLOUD_ENDPOINT").unwrap_or_else(|| REAL_ENDPOINT.to_owned());
                Self::Real { endpoint, token }
            }
            None => Self::Simulated,
        }
    }

    /// Whether mistakes cost money.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Self::Real { endpoint, .. } if endpoint == REAL_ENDPOINT)
    }

    /// The provider for this cloud; starts the simulated one if need be.
    pub(crate) async fn connect(
        &self,
        cx: &RunContext<Overrides, StackSettings>,
    ) -> Result<Hetzner, ProgramError> {
        if let Self::Real { endpoint, token } = self {
            return Ok(Hetzner::new(endpoint.as_str(), token.expose().clone())?);
        }
        let path = Path::new(SIMULATED_CLOUD);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))
            .map_err(|error| format!("cannot make the directory of {SIMULATED_CLOUD}: {error}"))?;
        let server = sim::start(SimOptions::new().data(path), SimConfig::new()).await?;
        let endpoint = format!("{}{}", server.url(), sim::BASE_PATH);
        cx.keep(server);
        cx.say(&format!(
            "Simulated Hetzner Cloud, kept in {SIMULATED_CLOUD}. Set HCLOUD_TOKEN to use the real one."
        ));
        // Nothing real can be lost, so nobody has to be asked.
        cx.approve();
        Ok(Hetzner::builder()
            .endpoint(endpoint)
            .token(String::from("simulated"))
            .project("simulated")
            .build()?)
    }
}
