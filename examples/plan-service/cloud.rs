//! Which Hetzner Cloud the service works on: a simulated one inside this program, or the one behind
//! `HCLOUD_TOKEN`. Knows nothing of stacks.

use std::io;
use std::path::Path;
use std::sync::Arc;

use iac::Secret;
use iac::hetzner::Hetzner;
use iac_hetzner::sim::{self, SimConfig};
use iac_testkit::sim::{SimOptions, SimServer};

/// Hetzner's own endpoint, <https://docs.hetzner.cloud/>.
const REAL_ENDPOINT: &str = "https://api.hetzner.cloud/v1";
/// The simulated cloud's file in the directory of the service.
const SIMULATED_CLOUD: &str = "hetzner-sim.json";

/// Makes the provider for one call of the engine.
pub(crate) type Connector = Arc<dyn Fn() -> Result<Hetzner, iac::Error> + Send + Sync>;

/// The cloud of this process.
pub(crate) enum Cloud {
    Real { endpoint: String, token: Secret<String> },
    Simulated(SimServer),
}

impl Cloud {
    /// The real cloud where the environment has a token, else a simulated one that is kept in `data`.
    pub(crate) async fn choose(data: &Path) -> io::Result<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        match variable("HCLOUD_TOKEN") {
            Some(token) => {
                let endpoint = variable("HCLOUD_ENDPOINT").unwrap_or_else(|| REAL_ENDPOINT.to_owned());
                Ok(Self::Real { endpoint, token: Secret::new(token) })
            }
            None => {
                let options = SimOptions::new().data(data.join(SIMULATED_CLOUD));
                Ok(Self::Simulated(sim::start(options, SimConfig::new()).await?))
            }
        }
    }

    pub(crate) fn connector(&self) -> Connector {
        match self {
            Self::Real { endpoint, token } => {
                let (endpoint, token) = (endpoint.clone(), token.clone());
                Arc::new(move || Hetzner::new(endpoint.as_str(), token.expose().clone()))
            }
            Self::Simulated(server) => {
                let endpoint = format!("{}{}", server.url(), sim::BASE_PATH);
                Arc::new(move || {
                    let builder = Hetzner::builder().endpoint(endpoint.as_str());
                    builder.token(String::from("simulated")).project("simulated").build()
                })
            }
        }
    }

    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Real { .. } => "on the cloud behind HCLOUD_TOKEN",
            Self::Simulated(_) => "on a simulated Hetzner Cloud; HCLOUD_TOKEN chooses the real one",
        }
    }

    /// Writes down what the simulated cloud has.
    pub(crate) async fn stop(self) -> io::Result<()> {
        match self {
            Self::Real { .. } => Ok(()),
            Self::Simulated(server) => server.shutdown().await,
        }
    }
}
