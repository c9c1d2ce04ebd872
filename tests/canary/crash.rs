//! Random programs whose nodes have passwords, on a cloud that fails, drifts and lets the process die,
//! with the engine driven by hand: every value it answers is searched in every way it can be shown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use iac_core::state::{Backend as _, RawKey, SqliteBackend, StackId, Status, TimestampMs};
use iac_core::{
    ApplyOptions, BuildId, Clock, Engine, Error, ErrorKind, Event, Graph, PlanOptions, Secret, Stack, Value,
};
use iac_testkit::fake::{Call, CallOp, FakeCloud, Moment, Node, Verdict};
use iac_testkit::sim::SplitMix64;

use crate::log::log;
use crate::spelling::{Hunt, canary, quoted};

const CASES: u64 = 3;
const ROUNDS: usize = 3;
const NODES_MAX: u64 = 5;
/// The passwords that nodes take turns with.
const PASSWORDS: u64 = 6;
/// Longer than any lease.
const RESTART_MS: i64 = 31_000;

#[derive(Clone, Default)]
struct CaseClock(Arc<AtomicI64>);

impl Clock for CaseClock {
    fn now_ms(&self) -> TimestampMs {
        self.0.load(Ordering::SeqCst)
    }
}

struct Case {
    cloud: FakeCloud,
    clock: CaseClock,
    backend: Arc<SqliteBackend>,
    directory: tempfile::TempDir,
    events: Vec<Event>,
    hunt: Hunt,
    /// Processes that died.
    hung: usize,
    /// Errors that a cloud put a secret into.
    quotes: usize,
}

fn password(number: u64) -> String {
    canary(&format!("NUMBER{number}OF{PASSWORDS}"))
}

impl Case {
    fn new() -> Self {
        log();
        let directory = tempfile::tempdir().unwrap();
        let mut hunt = Hunt::default();
        (0..PASSWORDS).for_each(|number| hunt.plant("a password", &password(number)));
        hunt.plant("an output", "token-of-");
        Self {
            cloud: FakeCloud::new(),
            clock: CaseClock::default(),
            backend: Arc::new(SqliteBackend::open(directory.path().join("state.sqlite")).unwrap()),
            directory,
            events: Vec::new(),
            hunt,
            hung: 0,
            quotes: 0,
        }
    }

    fn engine(&self) -> Engine {
        self.clock.0.fetch_add(RESTART_MS, Ordering::SeqCst);
        Engine::builder()
            .shared_backend(self.backend.clone())
            .keyring(RawKey::new("canary", [7; 32]))
            .clock(self.clock.clone())
            .build()
    }

    fn graph(&self, nodes: &[(u64, bool)]) -> Graph {
        let stack = Stack::new("canary", "dev").unwrap();
        stack.provider(self.cloud.provider()).unwrap();
        let mut parent: Option<iac_core::Handle<Node>> = None;
        for (index, (number, chained)) in nodes.iter().enumerate() {
            let secret = Secret::new(password(*number));
            let args = Node::args().size(1u32).image(if number % 2 == 0 { "a" } else { "b" });
            let node = match parent.as_ref().filter(|_| *chained) {
                Some(parent) => {
                    let joined = iac_core::interpolate_secret!("{}/{}", &parent.token, &secret);
                    stack.add(format!("node-{index}"), args.parent(parent).password(joined)).unwrap()
                }
                None => stack.add(format!("node-{index}"), args.password(&secret)).unwrap(),
            };
            stack.export(&format!("token-{index}"), &node.token).unwrap();
            parent = Some(node);
        }
        stack.freeze().unwrap()
    }

    /// Calls fail with texts that quote every password, and some never answer.
    async fn trouble(&self, seed: u64) {
        let mut random = SplitMix64::new(seed);
        // What a cloud can quote: what it was told, and what it answered. An answer that was lost is
        // known to nobody else.
        let stored = self.backend.load(&StackId::new("canary", "dev")).await.unwrap();
        let recorded =
            |id: &str| stored.resources.iter().any(|row| row.id == id && row.status == Status::Ready);
        let mut objects = self.cloud.inventory();
        objects.retain(|object| recorded(&object.id));
        let answered = objects.iter().map(|object| quoted(&format!("token-of-{}", object.id)));
        let answered: Vec<String> = answered.collect();
        let sent = objects.iter().filter_map(|object| {
            let password = iac_core::from_value::<Secret<String>>(object.inputs.get("password")).ok()?;
            let row = stored.resources.iter().find(|row| row.id == object.id)?;
            Some((row.urn.path().to_owned(), quoted(password.expose())))
        });
        let sent: BTreeMap<String, String> = sent.collect();
        self.cloud.set_hook(Box::new(move |call: &Call, moment: Moment| {
            if random.chance(0.2) && call.op == CallOp::Create && moment == Moment::Effect {
                return Verdict::Hang;
            }
            if !random.chance(0.2) {
                return Verdict::Go;
            }
            // What the contract of a resource allows: a call that took effect is not refused.
            let (refused, lost) = (
                [ErrorKind::InvalidInput, ErrorKind::Ambiguous, ErrorKind::Unavailable],
                [ErrorKind::Ambiguous, ErrorKind::Timeout, ErrorKind::Ambiguous],
            );
            let took_effect = matches!(call.op, CallOp::Create | CallOp::Delete) && moment != Moment::Before;
            let kinds = if took_effect { lost } else { refused };
            let kind = kinds[random.below(3) as usize];
            let own = answered.join(" ") + sent.get(&call.path).map_or("", String::as_str);
            Verdict::Fail(Error::new(kind, format!("refused {own}")).hint(own.clone()).code(own))
        }));
    }

    fn search(&mut self, what: &str, shown: &impl std::fmt::Debug, json: Option<String>) {
        self.hunt.search(&format!("the Debug of {what}"), format!("{shown:?} {shown:#?}"));
        if let Some(json) = json {
            self.hunt.search(&format!("the JSON of {what}"), json);
        }
        self.hunt.search("the log", log().bytes());
        self.hunt.search_files(self.directory.path(), &[]);
    }

    /// One process: refreshes, plans, seals, applies; it may fail anywhere and die in between.
    async fn process(&mut self, graph: &Graph, destroy: bool) {
        let engine = self.engine();
        let options = if destroy { PlanOptions::new().destroy() } else { PlanOptions::new() };
        let mut events = Vec::new();
        let cloud = self.cloud.clone();
        let work = async {
            let mut shown: Vec<(&str, String, Option<String>)> = Vec::new();
            let id = StackId::new("canary", "dev");
            match engine.refresh(graph, &mut events).await {
                Ok(report) => {
                    shown.push(("the report", format!("{report:?}"), serde_json::to_string(&report).ok()))
                }
                Err(error) => shown.push(("an error", format!("{error:?} {error}"), None)),
            }
            match engine.plan(graph, &options, true, &mut events).await {
                Ok(plan) => {
                    shown.push(("the plan", format!("{plan:?}"), serde_json::to_string(&plan).ok()));
                    let sealed = engine.seal_plan(graph, &plan, &options, &BuildId::named("one")).await;
                    if let Ok(sealed) = sealed {
                        shown.push(("the sealed plan", format!("{sealed:?}"), None));
                        let bytes = String::from_utf8_lossy(sealed.as_bytes()).into_owned();
                        shown.push(("the sealed bytes", bytes, None));
                        let opened = engine.open_plan(&id, &sealed).await;
                        shown.push(("the opened plan", format!("{opened:?}"), None));
                    }
                    match engine.apply(graph, &plan, ApplyOptions::new(), &mut events).await {
                        Ok(outcome) => {
                            shown.push((
                                "the outcome",
                                format!("{outcome:?}"),
                                serde_json::to_string(&outcome).ok(),
                            ));
                        }
                        Err(error) => shown.push(("an error", format!("{error:?} {error}"), None)),
                    }
                }
                Err(error) => shown.push(("an error", format!("{error:?} {error}"), None)),
            }
            let snapshot = engine.snapshot(&id).await;
            shown.push(("the snapshot", format!("{snapshot:?}"), None));
            if let Ok(document) = engine.export_state(&id).await {
                shown.push(("the document", format!("{document:?}"), Some(document.to_json())));
            }
            shown
        };
        let shown = tokio::select! {
            biased;
            () = cloud.hung() => { self.hung += 1; Vec::new() }
            shown = work => shown,
        };
        for (what, debug, json) in shown {
            self.quotes += usize::from(debug.contains("refused"));
            self.hunt.search(&format!("the Debug of {what}"), debug);
            json.iter().for_each(|json| self.hunt.search(&format!("the JSON of {what}"), json));
        }
        let json = serde_json::to_string(&events).ok();
        self.search("the events", &events, json);
        self.events.extend(events);
        let stored = self.backend.load(&StackId::new("canary", "dev")).await.unwrap();
        self.search("the rows", &stored, None);
    }
}

#[test]
fn nothing_of_random_programs_holds_a_secret() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (mut hung, mut quotes) = (0, 0);
    for seed in 1..=CASES {
        println!("seed {seed}");
        let mut random = SplitMix64::new(seed);
        let mut case = Case::new();
        runtime.block_on(async {
            let mut nodes = Vec::new();
            for round in 0..ROUNDS {
                nodes = (0..1 + random.below(NODES_MAX))
                    .map(|_| (random.below(PASSWORDS), random.chance(0.4)))
                    .collect();
                let graph = case.graph(&nodes);
                for attempt in 0..3 {
                    case.trouble(seed * 100 + round as u64 * 10 + attempt).await;
                    case.process(&graph, false).await;
                }
                case.cloud.heal();
                if let Some(object) = case.cloud.inventory().first().filter(|_| random.chance(0.5)) {
                    let drifted = Value::secret(password(random.below(PASSWORDS)).as_str().into());
                    case.cloud.mutate(&object.id, "password", drifted);
                }
                case.process(&graph, false).await;
            }
            let graph = case.graph(&nodes);
            case.process(&graph, true).await;
        });
        let left = case.cloud.inventory();
        assert!(left.is_empty(), "seed {seed}: left in the cloud: {left:#?}");
        (hung, quotes) = (hung + case.hung, quotes + case.quotes);
    }
    assert!(hung > 0 && quotes > 0, "{hung} processes died and {quotes} texts quoted a secret");
}
