//! A simulated cloud, an engine on it, and what an adoption of a file must look like.

use std::time::Duration;

use iac::adopt::{ForeignState, MatchedState, match_state};
use iac::hetzner::Hetzner;
use iac::state::{EphemeralKeyring, SqliteBackend};
use iac::{ApplyOptions, Engine, Graph, NoReporter, Plan, PlanOptions, Stack, StackError};
use iac_hetzner::sim::{self, SimConfig};
use iac_testkit::sim::{SimOptions, SimServer};

pub(crate) struct World {
    pub(crate) cloud: SimServer,
    pub(crate) engine: Engine,
    _directory: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let config = SimConfig::new().without_rate_limit().token("token");
        let cloud = sim::start(SimOptions::new(), config).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let backend = SqliteBackend::open(directory.path().join("state.sqlite")).unwrap();
        let engine = Engine::builder().backend(backend).keyring(EphemeralKeyring::new()).build();
        Self { cloud, engine, _directory: directory }
    }

    pub(crate) fn graph(&self, program: impl Fn(&Stack) -> Result<(), StackError>) -> Graph {
        let stack = Stack::new("shop", "dev").unwrap();
        let provider = Hetzner::builder()
            .endpoint(format!("{}{}", self.cloud.url(), sim::BASE_PATH))
            .token("token".to_owned())
            .project("test")
            .poll_interval(Duration::from_millis(1), Duration::from_millis(5));
        stack.provider(provider.build().unwrap()).unwrap();
        program(&stack).unwrap();
        stack.freeze().unwrap()
    }

    pub(crate) async fn plan(&self, graph: &Graph, refresh: bool) -> Plan {
        self.engine.plan(graph, &PlanOptions::new(), refresh, &mut NoReporter).await.unwrap()
    }

    /// Matches a file with a program and adopts what is found.
    pub(crate) async fn adopt(&self, graph: &Graph, file: &str, maps: &[(&str, &str)]) -> MatchedState {
        let state = ForeignState::parse(file.as_bytes()).unwrap();
        let snapshot = self.engine.snapshot(&graph.stack_id()).await.unwrap();
        let maps: Vec<_> = maps.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let matched = match_state(graph, &snapshot, &state, &maps).unwrap();
        self.engine.adopt(graph, matched.adoptions()).await.unwrap();
        matched
    }

    /// Adopting `file` takes no request, and the plan after it finds everything as it is.
    pub(crate) async fn moves_over(&self, file: &str) {
        let graph = self.graph(crate::program::shop);
        let before = self.cloud.exchanges().len();
        let matched = self.adopt(&graph, file, &[]).await;
        assert_eq!(self.cloud.exchanges().len(), before, "adopting sent requests");
        assert!(matched.left.is_empty(), "{:#?}", matched.left);
        assert!(matched.missing.is_empty(), "{:?}", matched.missing);
        assert_eq!((matched.found.len(), matched.fields.len()), (14, 2), "{matched:#?}");

        let snapshot = self.engine.snapshot(&graph.stack_id()).await.unwrap();
        assert!(snapshot.resources.values().all(|row| row.refreshed_at == 0 && row.is_unread()));

        for refresh in [true, false] {
            let plan = self.plan(&graph, refresh).await;
            let steps: Vec<_> =
                plan.steps.iter().map(|step| (step.op, step.urn.path(), &step.reasons, &step.diff)).collect();
            assert!(steps.is_empty(), "{steps:#?}");
            assert!(plan.drift.is_empty(), "{:#?}", plan.drift);
            assert_eq!(plan.summary.same, 14);
            let outcome =
                self.engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await.unwrap();
            assert_eq!(outcome.run, None);
        }
        let mutating: Vec<_> = self
            .cloud
            .exchanges()
            .into_iter()
            .filter(|exchange| exchange.method != "GET")
            .map(|exchange| format!("{} {}", exchange.method, exchange.path))
            .collect();
        assert!(mutating.is_empty(), "{mutating:?}");
        let snapshot = self.engine.snapshot(&graph.stack_id()).await.unwrap();
        assert!(snapshot.resources.values().all(|row| row.account == "test" && row.refreshed_at > 0));
    }
}
