//! Which clouds the program talks to: simulated ones, or those behind the tokens.

use std::path::{Path, PathBuf};

use iac::cloudflare::Cloudflare;
use iac::hetzner::Hetzner;
use iac::{Secret, Stack};
use iac_cli::{ProgramError, RunContext};
use iac_testkit::sim::{Cloud, SimOptions, SimServer};

use crate::doppler::{self, Doppler};
use crate::neon::{self, Neon};
use crate::settings::StackSettings;

/// Where the simulated clouds are kept.
const DIRECTORY: &str = ".iac";
/// Hetzner's own endpoint, <https://docs.hetzner.cloud/>.
const HETZNER_ENDPOINT: &str = "https://api.hetzner.cloud/v1";
/// What simulated clouds take for a token.
const ANY_TOKEN: &str = "simulated";

/// A cloud with credentials.
pub(crate) struct Account {
    endpoint: String,
    token: Secret<String>,
}

/// The clouds of this run: all real, or all simulated.
pub(crate) enum Clouds {
    Real(Box<[Account; 4]>),
    Simulated,
}

impl Clouds {
    /// Takes tokens from the environment or the settings, and other endpoints from the environment.
    ///
    /// # Errors
    /// Some tokens are there and others are not: a simulated database is of no use to a real server.
    pub(crate) fn choose(settings: &StackSettings) -> Result<Self, ProgramError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let tokens = &settings.tokens;
        let accounts = [
            ("HCLOUD_TOKEN", &tokens.hetzner, "HCLOUD_ENDPOINT", HETZNER_ENDPOINT),
            ("CLOUDFLARE_API_TOKEN", &tokens.cloudflare, "CLOUDFLARE_ENDPOINT", iac::cloudflare::ENDPOINT),
            ("NEON_API_KEY", &tokens.neon, "NEON_ENDPOINT", neon::ENDPOINT),
            ("DOPPLER_TOKEN", &tokens.doppler, "DOPPLER_ENDPOINT", doppler::ENDPOINT),
        ];
        let mut missing = Vec::new();
        let found = accounts.map(|(name, setting, endpoint_name, endpoint)| {
            let token = variable(name).map(|text| Secret::new(text.trim().to_owned()));
            let token = token.or_else(|| setting.clone());
            if token.is_none() {
                missing.push(name);
            }
            let endpoint = variable(endpoint_name).unwrap_or_else(|| endpoint.to_owned());
            Account { endpoint, token: token.unwrap_or_default() }
        });
        match missing.len() {
            0 => Ok(Self::Real(Box::new(found))),
            4 => Ok(Self::Simulated),
            _ => Err(format!(
                "some clouds have a token and others have none: set {} too, or unset the others to run on \
                 simulated clouds",
                missing.join(" and ")
            )
            .into()),
        }
    }

    /// What real clouds need beyond the simulated ones.
    ///
    /// # Errors
    /// Something of it is missing.
    pub(crate) fn check(&self, settings: &StackSettings) -> Result<(), ProgramError> {
        match self {
            Self::Real(_) if settings.admin_networks.is_empty() => {
                Err("real clouds need `admin_networks` in the settings, for example [\"198.51.100.7/32\"]: \
                     who may reach the servers by SSH"
                    .into())
            }
            _ => Ok(()),
        }
    }

    /// Registers the providers with the stack; starts the simulated clouds if need be.
    ///
    /// # Errors
    /// A simulated cloud cannot be started, or an address or a token is malformed.
    pub(crate) async fn connect<A>(
        &self,
        cx: &RunContext<A, StackSettings>,
        stack: &Stack,
    ) -> Result<(), ProgramError> {
        let simulated;
        let [hetzner, cloudflare, neon, doppler] = match self {
            Self::Real(accounts) => &**accounts,
            Self::Simulated => {
                simulated = simulate(cx).await?;
                &simulated
            }
        };
        let simulated_project = matches!(self, Self::Simulated).then_some("simulated");
        let token = hetzner.token.expose().clone();
        let builder = Hetzner::builder().endpoint(hetzner.endpoint.as_str()).token(token);
        stack.provider(match simulated_project {
            Some(project) => builder.project(project).build()?,
            None => builder.build()?,
        })?;
        let token = cloudflare.token.expose().clone();
        let builder = Cloudflare::builder().endpoint(cloudflare.endpoint.as_str()).token(token);
        stack.provider(match &cx.settings().cloudflare_account {
            Some(account) if simulated_project.is_none() => builder.account(account.as_str()).build()?,
            _ => builder.build()?,
        })?;
        stack.provider(Neon::new(&neon.endpoint, &neon.token, |http| http)?)?;
        stack.provider(Doppler::new(&doppler.endpoint, &doppler.token, |http| http)?)?;
        Ok(())
    }
}

/// Starts all simulated clouds, which go on until the run ends.
async fn simulate<A>(cx: &RunContext<A, StackSettings>) -> Result<[Account; 4], ProgramError> {
    std::fs::create_dir_all(DIRECTORY)
        .map_err(|error| format!("cannot make the directory {DIRECTORY}: {error}"))?;
    let hetzner = iac::hetzner::sim::HetznerSim::new(iac::hetzner::sim::SimConfig::new());
    let cloudflare = iac::cloudflare::sim::CloudflareSim::new(iac::cloudflare::sim::SimConfig::new().paid());
    let accounts = [
        start(cx, hetzner, iac::hetzner::sim::BASE_PATH).await?,
        start(cx, cloudflare, iac::cloudflare::sim::BASE_PATH).await?,
        start(cx, neon::fake::NeonSim::default(), neon::fake::BASE_PATH).await?,
        start(cx, doppler::fake::DopplerSim::default(), doppler::fake::BASE_PATH).await?,
    ];
    cx.say(
        "Simulated Hetzner, Cloudflare, Neon and Doppler, kept in .iac. Set HCLOUD_TOKEN, \
         CLOUDFLARE_API_TOKEN, NEON_API_KEY and DOPPLER_TOKEN to use the real ones.",
    );
    // Nothing real can be lost, so nobody has to be asked.
    cx.approve();
    Ok(accounts)
}

async fn start<A>(
    cx: &RunContext<A, StackSettings>,
    cloud: impl Cloud,
    base_path: &str,
) -> Result<Account, ProgramError> {
    let file: PathBuf = Path::new(DIRECTORY).join(format!("{}-sim.json", cloud.name()));
    let server = SimServer::start(cloud, SimOptions::new().data(file)).await?;
    let endpoint = format!("{}{base_path}", server.url());
    cx.keep(server);
    Ok(Account { endpoint, token: Secret::new(ANY_TOKEN.to_owned()) })
}
