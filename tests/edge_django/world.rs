//! Four simulated clouds, a state file and an engine for one test.

use std::time::Duration;

use iac::cloudflare::Cloudflare;
use iac::cloudflare::sim::{self as cloudflare_sim, CloudflareSim};
use iac::hetzner::Hetzner;
use iac::hetzner::sim::{self as hetzner_sim, HetznerSim};
use iac::settings::{LoadOptions, Variables};
use iac::state::{EphemeralKeyring, SqliteBackend, StackId};
use iac::{
    ApplyOptions, Engine, EngineError, Event, Graph, NoReporter, Outcome, Plan, PlanOptions, Secret, Stack,
};
use iac_testkit::openapi::{Description, Deviation};
use iac_testkit::sim::{Cloud, SimOptions, SimServer};

use crate::doppler::fake::DopplerSim;
use crate::doppler::{self, Doppler};
use crate::neon::fake::NeonSim;
use crate::neon::{self, Neon};
use crate::product::edge;
use crate::settings::{StackSettings, stack_settings};

pub(crate) const TOKEN: &str = "a-token-that-must-not-leak";
/// Times between two looks.
const POLL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(5));

/// The settings of a stack as the program holds them.
pub(crate) fn settings(stack: &str) -> StackSettings {
    let options = LoadOptions::new("edge", stack).variables(Variables::none());
    stack_settings().without_directory().load_without_secrets(&options).unwrap().into_inner()
}

pub(crate) struct World {
    pub(crate) hetzner: SimServer,
    pub(crate) cloudflare: SimServer,
    pub(crate) neon: SimServer,
    pub(crate) doppler: SimServer,
    pub(crate) engine: Engine,
    pub(crate) directory: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(cloudflare_sim::SimConfig::new().paid()).await
    }

    /// With another account at Cloudflare.
    pub(crate) async fn with(cloudflare: cloudflare_sim::SimConfig) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| SimOptions::new().data(directory.path().join(name));
        let hetzner = hetzner_sim::SimConfig::new().token(TOKEN).without_rate_limit();
        let cloudflare = cloudflare.token(TOKEN).without_rate_limit();
        let engine = Engine::builder()
            .backend(SqliteBackend::open(directory.path().join("state.sqlite")).unwrap())
            .keyring(EphemeralKeyring::new())
            .build();
        Self {
            hetzner: hetzner_sim::start(at("hetzner.json"), hetzner).await.unwrap(),
            cloudflare: cloudflare_sim::start(at("cloudflare.json"), cloudflare).await.unwrap(),
            neon: SimServer::start(NeonSim::default().key(TOKEN), at("neon.json")).await.unwrap(),
            doppler: SimServer::start(DopplerSim::default().token(TOKEN), at("doppler.json")).await.unwrap(),
            engine,
            directory,
        }
    }

    /// The stack `dev` with changed settings.
    pub(crate) fn dev(&self, change: impl FnOnce(&mut StackSettings)) -> Graph {
        self.stack("dev", change)
    }

    pub(crate) fn stack(&self, name: &str, change: impl FnOnce(&mut StackSettings)) -> Graph {
        let mut settings = settings(name);
        change(&mut settings);
        let stack = Stack::new("edge", name).unwrap();
        let endpoint = |server: &SimServer, base: &str| format!("{}{base}", server.url());
        let hetzner = Hetzner::builder().endpoint(endpoint(&self.hetzner, hetzner_sim::BASE_PATH));
        let hetzner = hetzner.token(TOKEN.to_owned()).project("test").poll_interval(POLL.0, POLL.1);
        let cloudflare =
            Cloudflare::builder().endpoint(endpoint(&self.cloudflare, cloudflare_sim::BASE_PATH));
        let cloudflare = cloudflare.token(TOKEN.to_owned()).poll_interval(POLL.0, POLL.1);
        let token = Secret::new(TOKEN.to_owned());
        let neon = Neon::new(&endpoint(&self.neon, neon::fake::BASE_PATH), &token, |http| http).unwrap();
        let doppler = endpoint(&self.doppler, doppler::fake::BASE_PATH);
        stack.provider(hetzner.build().unwrap()).unwrap();
        stack.provider(cloudflare.build().unwrap()).unwrap();
        stack.provider(neon.poll_intervals(POLL.0, POLL.1)).unwrap();
        stack.provider(Doppler::new(&doppler, &token, |http| http).unwrap()).unwrap();
        edge(&stack, &settings).unwrap();
        stack.freeze().unwrap()
    }

    pub(crate) async fn plan(&self, graph: &Graph) -> Result<Plan, EngineError> {
        self.engine.plan(graph, &PlanOptions::new(), true, &mut NoReporter).await
    }

    pub(crate) async fn apply(&self, graph: &Graph, plan: &Plan) -> (Outcome, Vec<Event>) {
        let mut events: Vec<Event> = Vec::new();
        let outcome = self.engine.apply(graph, plan, ApplyOptions::new(), &mut events).await.unwrap();
        (outcome, events)
    }

    /// Plans and applies, and insists that all of it was done. The steps.
    pub(crate) async fn up(&self, graph: &Graph) -> Vec<String> {
        let plan = self.plan(graph).await.unwrap_or_else(|error| panic!("no plan: {error}"));
        let (outcome, _) = self.apply(graph, &plan).await;
        assert!(outcome.succeeded(), "{:#?}", outcome.failures);
        steps(&plan)
    }

    /// Plans and applies the end of everything.
    pub(crate) async fn destroy(&self, graph: &Graph) -> Result<(), EngineError> {
        let options = PlanOptions::new().destroy();
        let plan = self.engine.plan(graph, &options, true, &mut NoReporter).await?;
        let (outcome, _) = self.apply(graph, &plan).await;
        assert!(outcome.succeeded(), "{:#?}", outcome.failures);
        Ok(())
    }

    /// The id in the cloud and the outputs of a resource.
    pub(crate) async fn row(&self, stack: &str, path: &str) -> std::sync::Arc<iac::state::ResourceRecord> {
        let snapshot = self.engine.snapshot(&StackId::new("edge", stack)).await.unwrap();
        snapshot.resources.values().find(|row| row.urn.path() == path).unwrap().clone()
    }

    /// All objects of all clouds.
    pub(crate) fn objects(&self) -> Vec<String> {
        let look = |cloud: &mut HetznerSim| -> Vec<String> {
            cloud.inventory().into_iter().map(|item| format!("{:?} {}", item.kind, item.name)).collect()
        };
        let mut objects = of(&self.hetzner, look);
        objects.extend(of(&self.cloudflare, |cloud: &mut CloudflareSim| {
            cloud.inventory().into_iter().map(|item| format!("{} {}", item.type_token, item.name)).collect()
        }));
        objects.extend(of(&self.neon, |cloud: &mut NeonSim| {
            cloud.inventory().into_iter().map(|(kind, _, name)| format!("{kind} {name}")).collect()
        }));
        objects.extend(of(&self.doppler, |cloud: &mut DopplerSim| cloud.inventory()));
        objects
    }

    /// What a visitor gets.
    pub(crate) async fn visit(&self, host: &str, path: &str) -> String {
        let visitor = iac_http::Client::builder(self.cloudflare.url()).build().unwrap();
        let answer = visitor.get(format!("/edge/{host}{path}")).send_bytes().await.unwrap();
        String::from_utf8(answer.into_body().to_vec()).unwrap()
    }

    /// Compares everything that was sent to Hetzner and Cloudflare, and answered, with their published
    /// descriptions.
    pub(crate) fn check_wire(&self) {
        let check = |server: &SimServer, base: &str, description: Option<Description>| {
            let Some(description) = description else { return };
            let exchanges = server.exchanges();
            let below = exchanges.iter().filter(|exchange| exchange.path.starts_with(base));
            let violations: Vec<String> = below
                .flat_map(|exchange| description.check(exchange, base))
                .map(|violation| violation.to_string())
                .collect();
            assert!(violations.is_empty(), "{}", violations.join("\n"));
        };
        check(&self.hetzner, hetzner_sim::BASE_PATH, hetzner_description());
        check(&self.cloudflare, cloudflare_sim::BASE_PATH, cloudflare_description());
    }
}

fn hetzner_description() -> Option<Description> {
    let description = Description::from_env("hetzner/cloud.spec.json").unwrap().or_skip()?;
    Some(hetzner_sim::deviations().iter().fold(description, |description, (operation, pointer, reason)| {
        description.allow(Deviation::new(*operation, *pointer, *reason))
    }))
}

fn cloudflare_description() -> Option<Description> {
    let files = ["zones", "dns", "rulesets", "workers", "kv", "r2", "pages"];
    let files = files.map(|name| format!("cloudflare/{name}.json"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let mut description = Description::from_env_merged("cloudflare", &files).unwrap().or_skip()?;
    for (operation, reason) in cloudflare_sim::undescribed() {
        description = description.lacks(operation, *reason).unwrap();
    }
    for (operation, pointer, reason) in cloudflare_sim::refusal_deviations() {
        description = description.allow_refused(Deviation::new(*operation, *pointer, *reason));
    }
    for (operation, pointer, reason) in cloudflare_sim::deviations() {
        description = description.allow(Deviation::new(*operation, *pointer, *reason));
    }
    Some(description)
}

fn of<C: Cloud>(server: &SimServer, look: impl FnOnce(&mut C) -> Vec<String>) -> Vec<String> {
    server.with_cloud::<C, _>(look).unwrap().unwrap()
}

/// The steps of a plan as `op path`, sorted.
pub(crate) fn steps(plan: &Plan) -> Vec<String> {
    let mut steps: Vec<String> =
        plan.steps.iter().map(|step| format!("{} {}", step.op.as_str(), step.urn.path())).collect();
    steps.sort();
    steps
}
