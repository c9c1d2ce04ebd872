//! Which Hetzner Cloud the program talks to: a simulated one, or the one behind the token.

use std::error::Error;
use std::path::Path;
use std::sync::Mutex;

use iac::hetzner::Hetzner;
use iac_cli::RunContext;
use iac_hetzner::sim::{self, SimConfig};
use iac_testkit::sim::{SimOptions, SimServer};

use crate::settings::Overrides;

/// Where the simulated cloud is kept.
const SIMULATED_CLOUD: &str = ".iac/hetzner-sim.json";
/// Hetzner's own endpoint, <https://docs.hetzner.cloud/>.
const REAL_ENDPOINT: &str = "https://api.hetzner.cloud/v1";

/// The cloud of this run.
pub enum Cloud {
    Real {
        endpoint: String,
        token: String,
    },
    Simulated {
        /// Serves for as long as the program runs.
        server: Mutex<Option<SimServer>>,
    },
}

impl Cloud {
    /// Reads `HCLOUD_TOKEN` and `HCLOUD_ENDPOINT`.
    pub fn from_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        match variable("HCLOUD_TOKEN") {
            Some(token) => {
                let endpoint = variable("HCLOUD_ENDPOINT").unwrap_or_else(|| REAL_ENDPOINT.to_owned());
                Self::Real { endpoint, token }
            }
            None => Self::Simulated { server: Mutex::new(None) },
        }
    }

    /// Whether mistakes cost money.
    pub fn is_real(&self) -> bool {
        matches!(self, Self::Real { endpoint, .. } if endpoint == REAL_ENDPOINT)
    }

    /// The provider for this cloud; starts the simulated one if need be.
    pub async fn connect(&self, cx: &RunContext<Overrides>) -> Result<Hetzner, Box<dyn Error + Send + Sync>> {
        let server = match self {
            Self::Real { endpoint, token } => return Ok(Hetzner::new(endpoint.as_str(), token.clone())?),
            Self::Simulated { server } => server,
        };
        let path = Path::new(SIMULATED_CLOUD);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        let started = sim::start(SimOptions::new().data(path), SimConfig::new()).await?;
        let endpoint = format!("{}{}", started.url(), sim::BASE_PATH);
        *server.lock().map_err(|_| "the simulated cloud's lock is poisoned")? = Some(started);
        cx.notice(format!("simulated Hetzner Cloud in {SIMULATED_CLOUD}; set HCLOUD_TOKEN to use the real one"));
        // Nothing real can be lost, so the first run needs no answer at a prompt.
        cx.approve_without_asking();
        Ok(Hetzner::new(endpoint, String::from("simulated"))?)
    }
}
