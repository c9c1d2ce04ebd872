//! A simulated cloud, a state file and an engine for one test. Every exchange with the cloud is
//! compared with the vendor's published description when the test ends well.

use std::path::PathBuf;
use std::time::Duration;

use iac::hetzner::Hetzner;
use iac::state::{EphemeralKeyring, SqliteBackend, StackId};
use iac::{
    ApplyOptions, Engine, EngineError, Event, Graph, NoReporter, Op, Outcome, Plan, PlanOptions, Stack,
};
use iac_hetzner::sim::{self, HetznerSim, Pace, SimConfig};
use iac_testkit::openapi::{Description, Deviation};
use iac_testkit::sim::{SimOptions, SimServer};

use crate::platform::philotes;
use crate::settings::{Overrides, Settings};

pub(crate) const TOKEN: &str = "a-token-that-must-not-leak";

pub(crate) struct World {
    pub(crate) cloud: SimServer,
    pub(crate) engine: Engine,
    pub(crate) directory: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new(config: SimConfig) -> Self {
        let cloud = sim::start(SimOptions::new(), config.token(TOKEN)).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::builder()
            .backend(SqliteBackend::open(directory.path().join("state.sqlite")).unwrap())
            .keyring(EphemeralKeyring::new())
            .build();
        Self { cloud, engine, directory }
    }

    /// Actions finish when they have been looked at twice.
    pub(crate) async fn busy() -> Self {
        Self::new(SimConfig::new().pace(Pace::Polls(2)).without_rate_limit()).await
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("{}{}", self.cloud.url(), sim::BASE_PATH)
    }

    pub(crate) fn hetzner(&self) -> Hetzner {
        Hetzner::builder()
            .endpoint(self.endpoint())
            .token(TOKEN.to_owned())
            .project("test")
            .poll_interval(Duration::from_millis(1), Duration::from_millis(5))
            .build()
            .unwrap()
    }

    pub(crate) fn stack_id(&self) -> StackId {
        StackId::new("philotes", "dev")
    }

    /// The platform with changed settings.
    pub(crate) fn platform(&self, change: impl FnOnce(&mut Settings)) -> Graph {
        let mut settings = Settings::new("dev", &Overrides::default(), false).unwrap();
        change(&mut settings);
        let stack = Stack::new("philotes", "dev").unwrap();
        stack.provider(self.hetzner()).unwrap();
        philotes(&stack, &settings).unwrap();
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

    /// Plans and applies, and insists that all of it was done. The number of created resources.
    pub(crate) async fn up(&self, graph: &Graph) -> usize {
        let plan = self.plan(graph).await.unwrap_or_else(|error| panic!("no plan: {error}"));
        let (outcome, _) = self.apply(graph, &plan).await;
        assert!(outcome.succeeded(), "{:#?}", outcome.failures);
        plan.summary.create
    }

    pub(crate) async fn destroy(&self, graph: &Graph) -> Outcome {
        let options = PlanOptions::new().destroy();
        let plan = self.engine.plan(graph, &options, true, &mut NoReporter).await.unwrap();
        self.apply(graph, &plan).await.0
    }

    pub(crate) fn objects(&self) -> Vec<String> {
        let inventory = self.cloud.with_cloud::<HetznerSim, _>(|cloud| cloud.inventory()).unwrap().unwrap();
        inventory.into_iter().map(|item| format!("{:?} {}", item.kind, item.name)).collect()
    }

    pub(crate) fn state_file(&self) -> PathBuf {
        self.directory.path().join("state.sqlite")
    }

    /// Compares everything that was sent and answered with the published description.
    pub(crate) fn check_wire(&self) {
        let Some(description) = description() else { return };
        let violations: Vec<String> = self
            .cloud
            .exchanges()
            .iter()
            .flat_map(|exchange| description.check(exchange, sim::BASE_PATH))
            .map(|violation| violation.to_string())
            .collect();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
    }
}

/// Hetzner's description with where the API of today is known to be newer than it.
pub(crate) fn description() -> Option<Description> {
    let description = Description::from_env("hetzner/cloud.spec.json").unwrap().or_skip()?;
    Some(sim::deviations().iter().fold(description, |description, (operation, pointer, reason)| {
        description.allow(Deviation::new(*operation, *pointer, *reason))
    }))
}

/// The steps of a plan as `op path`, sorted.
pub(crate) fn steps(plan: &Plan) -> Vec<String> {
    let mut steps: Vec<String> =
        plan.steps.iter().map(|step| format!("{} {}", step.op.as_str(), step.urn.path())).collect();
    steps.sort();
    steps
}

/// The reasons of the step for `path` that does `op`.
pub(crate) fn reasons(plan: &Plan, op: Op, path: &str) -> String {
    let step = plan.steps.iter().find(|step| step.op == op && step.urn.path() == path);
    step.unwrap_or_else(|| panic!("no {op:?} of {path} in {:?}", steps(plan))).reasons.join("; ")
}
