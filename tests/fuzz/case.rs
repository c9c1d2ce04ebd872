//! One case: a program, its edits, the trouble, and the checks after each step.

use std::collections::BTreeSet;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use iac_core::state::{Backend, MemoryBackend, RawKey, RunKind, RunRecord, RunStatus, StackId, TimestampMs};
use iac_core::{
    ApplyOptions, BuildId, Cancel, Clock, Engine, EngineError, Graph, NoReporter, Outcome, Plan, PlanOptions,
    SealedPlan, Stack,
};
use iac_testkit::explore::{CutBackend, CutPoint, Durability};
use iac_testkit::fake::{FakeCloud, Node, audit};
use iac_testkit::sim::SplitMix64;

use crate::hooks::Hooks;
use crate::model::{DATA, Model};
use crate::past::{Back, Past};
use crate::trouble::{Trouble, drift};

/// Edits of one program.
const ROUNDS: usize = 5;
/// Most troubled attempts in a round.
const ATTEMPTS_MAX: u64 = 3;
/// Longer than any lease.
const RESTART_MS: i64 = 31_000;

/// How the planner refuses steps that cannot be put in order.
const CIRCLE: &str = "its steps wait for each other in a circle";
/// Turns of the runtime within which a stopped run ends.
const TURNS: usize = 200;

/// What the cases did.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    attempts: usize,
    crashes: usize,
    failed: usize,
    pub(crate) refused: usize,
    pub(crate) steps: usize,
    circles: usize,
    rollbacks: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.attempts += other.attempts;
        self.crashes += other.crashes;
        self.failed += other.failed;
        self.refused += other.refused;
        self.steps += other.steps;
        self.circles += other.circles;
        self.rollbacks += other.rollbacks;
    }
}

#[derive(Clone, Default)]
struct CaseClock(Arc<AtomicI64>);

impl Clock for CaseClock {
    fn now_ms(&self) -> TimestampMs {
        self.0.load(Ordering::SeqCst)
    }
}

pub(crate) struct Case {
    pub(crate) cloud: FakeCloud,
    pub(crate) backend: MemoryBackend,
    clock: CaseClock,
    pub(crate) parallelism: usize,
    /// On every node, in some cases.
    hooks: Option<Hooks>,
    /// Whether the next plan that must converge goes through a file, and to another process.
    by_file: bool,
    pub(crate) tally: Tally,
}

/// Runs the case of `seed`; the error says what was wrong.
pub(crate) async fn run(seed: u64, rollbacks: bool) -> Result<Tally, String> {
    let mut random = SplitMix64::new(seed);
    let deletes_first = random.chance(0.5);
    let mut case = Case {
        cloud: FakeCloud::new(),
        backend: MemoryBackend::new(),
        clock: CaseClock::default(),
        parallelism: 1 + random.below(6) as usize,
        hooks: random.chance(0.5).then(Hooks::default),
        by_file: random.chance(0.5),
        tally: Tally::default(),
    };
    case.cloud.set_page_size(1 + random.below(4) as usize);
    // Where nothing deletes first, the cloud may insist on the order of deletes.
    case.cloud.set_keeps_needed(!deletes_first);
    for number in 0..=u8::MAX {
        case.cloud.set_data(&format!("10.0.0.{number}"), &format!("rack-{}", number % 3));
    }
    let mut model = Model::new(deletes_first);
    let mut past = Past::default();
    for round in 0..ROUNDS {
        model.edit(&mut random);
        case.cloud.set_data(DATA, &format!("data {}", random.below(2)));
        let told = |fault: String| format!("round {round}: {fault}\n{model:#?}");
        // With a sequence of its own, so that the troubled part of a seed stays what it is.
        let mut calm = SplitMix64::new(seed ^ ((round as u64 + 1) << 32));
        if calm.chance(0.5) {
            case.calm_part(&model, &mut calm).await.map_err(told)?;
        }
        for _ in 0..random.below(ATTEMPTS_MAX + 1) {
            case.attempt(&model, false, &mut random).await.map_err(told)?;
        }
        if random.chance(0.4) {
            drift(&case.cloud, &mut random);
        }
        case.converge(&model, false).await.map_err(told)?;
        if calm.chance(0.3) {
            case.accepted(&model, &mut calm).await.map_err(told)?;
        }
        case.remember(&mut past).await?;
        // What today's program does not declare comes back without the hooks of its creation.
        if random.chance(0.4) && rollbacks && case.hooks.is_none() {
            case.go_back(&model, &past, &mut random).await.map_err(told)?;
            case.converge(&model, false).await.map_err(told)?;
        }
    }
    for _ in 0..random.below(ATTEMPTS_MAX) {
        case.attempt(&model, true, &mut random).await.map_err(|fault| format!("destroy: {fault}"))?;
    }
    case.converge(&model, true).await.map_err(|fault| format!("destroy: {fault}\n{model:#?}"))?;
    let left = case.cloud.inventory();
    if !left.is_empty() {
        return Err(format!("destroy left {left:?}"));
    }
    Ok(case.tally)
}

pub(crate) fn id() -> StackId {
    StackId::new("fuzz", "case")
}

impl Case {
    pub(crate) fn engine(&self, backend: Arc<dyn Backend>) -> Engine {
        // Each engine is another process; the one before is dead or done.
        self.clock.0.fetch_add(RESTART_MS, Ordering::SeqCst);
        let key = RawKey::new("the key of this test", [5; 32]);
        Engine::builder().shared_backend(backend).keyring(key).clock(self.clock.clone()).build()
    }

    pub(crate) fn graph(&self, model: &Model) -> Result<Graph, String> {
        let declare = || {
            let stack = Stack::new("fuzz", "case")?;
            stack.provider(self.cloud.provider())?;
            model.declare(&stack, self.hooks.as_ref())?;
            stack.freeze()
        };
        declare().map_err(|error: iac_core::StackError| error.to_string())
    }

    pub(crate) fn options(destroy: bool) -> PlanOptions {
        let mut options = PlanOptions::new();
        options.allow_renames = true;
        options.destroy = destroy;
        options
    }

    /// Sometimes only a part of the stack, sometimes a replacement that nothing calls for.
    fn part(model: &Model, destroy: bool, random: &mut SplitMix64) -> PlanOptions {
        let mut options = Self::options(destroy);
        if random.chance(0.2) {
            options.targets.extend(model.any(random));
        } else if random.chance(0.2) {
            options.excludes.extend(model.any(random));
        }
        if random.chance(0.1) {
            options.replace.extend(model.any(random));
        }
        options
    }

    /// Plans and applies in trouble; whatever comes of it, nothing may get lost.
    async fn attempt(&mut self, model: &Model, destroy: bool, random: &mut SplitMix64) -> Result<(), String> {
        let graph = self.graph(model)?;
        let trouble = Trouble::new(random);
        self.tally.attempts += 1;
        self.cloud.set_hook(trouble.hook());
        self.hooks.iter().for_each(|hooks| hooks.trouble(&trouble));
        let counting = if trouble.stops { CutPoint::new(usize::MAX) } else { trouble.cut.clone() };
        let backend = CutBackend::new(self.backend.clone(), counting, Durability::Kept);
        let engine = self.engine(Arc::new(backend));
        let cancel = Cancel::new();
        let options = ApplyOptions::new().parallelism_max(self.parallelism).cancel(cancel.clone());
        let wanted = Self::part(model, destroy, random);
        let work = async {
            let plan = engine.plan(&graph, &wanted, true, &mut NoReporter).await?;
            engine.apply(&graph, &plan, options, &mut NoReporter).await
        };
        // A stop is a death that the engine may still write down. It ends within a few turns, or
        // hangs in a call that is no step.
        let stop = async {
            trouble.cut.reached().await;
            if trouble.stops {
                cancel.request();
                cancel.request();
                for _ in 0..TURNS {
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::select! {
            biased;
            () = stop => self.tally.crashes += 1,
            applied = work => match applied {
                Ok(outcome) => {
                    self.tally.failed += outcome.failures.len();
                    self.tally.steps += outcome.done;
                }
                Err(_) => self.tally.refused += 1,
            }
        }
        self.cloud.heal();
        self.hooks.iter().for_each(Hooks::heal);
        self.nothing_lost().await
    }

    /// Every object has a row or an open journal row, and no marker is there twice.
    pub(crate) async fn nothing_lost(&self) -> Result<(), String> {
        let state = self.backend.load(&id()).await.map_err(|error| error.to_string())?;
        let rows = state.resources.iter().map(|row| row.token.as_str());
        let open = state.journal.iter().map(|row| row.resource.token.as_str());
        let known: BTreeSet<&str> = rows.chain(open).collect();
        let mut seen = BTreeSet::new();
        for object in self.cloud.inventory() {
            if !known.contains(object.token.as_str()) {
                return Err(format!("{} is known to nobody", object.id));
            }
            if !seen.insert(object.token.clone()) {
                return Err(format!("{} was made twice", object.id));
            }
        }
        Ok(())
    }

    /// Without trouble one apply must do, and the next plan must be empty. A change that cannot be
    /// put in order is refused; then everything goes before it comes again.
    async fn converge(&mut self, model: &Model, destroy: bool) -> Result<(), String> {
        match self.settle(model, destroy).await {
            Err(fault) if fault.contains(CIRCLE) && !destroy => {
                self.tally.circles += 1;
                self.settle(model, true).await?;
                self.settle(model, false).await
            }
            settled => settled,
        }
    }

    async fn settle(&mut self, model: &Model, destroy: bool) -> Result<(), String> {
        let graph = self.graph(model)?;
        let engine = self.engine(Arc::new(self.backend.clone()));
        let options = Self::options(destroy);
        let fault = |error: iac_core::EngineError| error.to_string();
        let plan = match engine.plan(&graph, &options, true, &mut NoReporter).await {
            Ok(plan) => plan,
            Err(error) => return Err(format!("{error}\n{}", self.rows().await)),
        };
        let before = self.rows().await;
        let apply = ApplyOptions::new().parallelism_max(self.parallelism);
        self.by_file = !self.by_file;
        let applied = if self.by_file {
            self.apply_by_file(&engine, model, &plan, &options, apply).await
        } else {
            engine.apply(&graph, &plan, apply, &mut NoReporter).await
        };
        let outcome = applied.map_err(|error| format!("{error}\n{before}{}", steps(&plan)))?;
        self.tally.steps += outcome.done;
        if !outcome.succeeded() {
            let steps = steps(&plan);
            return Err(format!("it did not converge: {:?}\n{before}{steps}", outcome.failures));
        }
        self.followed(&engine, &graph).await?;
        let again = engine.plan(&graph, &options, true, &mut NoReporter).await.map_err(fault)?;
        if again.has_changes() {
            return Err(format!("a second plan is not empty:\n{}", steps(&again)));
        }
        let snapshot = engine.snapshot(&id()).await.map_err(fault)?;
        let faults = audit(&self.cloud, &snapshot, &[]);
        if !faults.is_empty() {
            return Err(format!("state and cloud differ: {faults:#?}"));
        }
        if !snapshot.gone.is_empty() {
            return Err(format!("hooks after a deletion are owed: {:#?}", snapshot.gone));
        }
        for row in snapshot.resources.values() {
            let is_node = row.type_token == <Node as iac_core::Resource>::TYPE;
            let welcomed = self.hooks.as_ref().is_none_or(|hooks| hooks.has_welcomed(&row.id));
            if !row.hooks.owed.is_empty() || (is_node && !welcomed) {
                return Err(format!("the hook after the creation of {} did not run", row.urn));
            }
        }
        let state = self.backend.load(&id()).await.map_err(|error| error.to_string())?;
        if !state.journal.is_empty() {
            return Err("journal rows are open".to_owned());
        }
        Ok(())
    }
}

impl Case {
    /// What an engine knows after its apply is what another one reads: the plan that shows every row.
    async fn followed(&self, engine: &Engine, graph: &Graph) -> Result<(), String> {
        let everything = PlanOptions::new().destroy();
        let mut plans = Vec::new();
        for engine in [engine, &self.engine(Arc::new(self.backend.clone()))] {
            let planned = engine.plan(graph, &everything, false, &mut NoReporter).await;
            // What is protected has no such plan, for either engine.
            plans.push(planned.map_err(|error| error.to_string()));
        }
        let same = plans.windows(2).all(|pair| pair.first() == pair.last());
        if same { Ok(()) } else { Err(format!("another engine plans otherwise:\n{plans:#?}")) }
    }

    /// Applies `plan` as another process does that reads it from a file.
    async fn apply_by_file(
        &self,
        engine: &Engine,
        model: &Model,
        plan: &Plan,
        options: &PlanOptions,
        apply: ApplyOptions,
    ) -> Result<Outcome, EngineError> {
        let build = BuildId::named("the fuzz test");
        let graph = || self.graph(model).expect("the model was declared before");
        let sealed = engine.seal_plan(&graph(), plan, options, &build).await?;
        let sealed = SealedPlan::from_bytes(sealed.as_bytes().to_vec())?;
        let other = self.engine(Arc::new(self.backend.clone()));
        let opened = other.open_plan(&id(), &sealed).await?;
        assert_eq!(opened.plan(), plan, "the file holds another plan");
        other.apply_opened(&graph(), &opened, &build, apply, &mut NoReporter).await
    }

    /// Notes what is there after the newest run.
    async fn remember(&self, past: &mut Past) -> Result<(), String> {
        let engine = self.engine(Arc::new(self.backend.clone()));
        let fault = |error: iac_core::EngineError| error.to_string();
        let newest = engine.runs(&id(), 1).await.map_err(fault)?;
        // A run that was interrupted at its very end left nothing to do, and is no way back. What was
        // accepted may name objects that are gone, and can then not be made again.
        let is_way_back = |run: &&RunRecord| run.status != RunStatus::Running && run.kind != RunKind::Refresh;
        if let Some(run) = newest.first().filter(is_way_back) {
            past.note(run.run, &engine.snapshot(&id()).await.map_err(fault)?);
        }
        Ok(())
    }

    /// Goes back to a random run and from there to the newest one. The program itself may not lead
    /// forward: an alias that it dropped is what would have told it which name is which.
    async fn go_back(&mut self, model: &Model, past: &Past, random: &mut SplitMix64) -> Result<(), String> {
        let program = self.graph(model)?;
        for at in [past.any(random), past.newest()] {
            let engine = self.engine(Arc::new(self.backend.clone()));
            match past.go(at, &engine, &program, &self.cloud, CIRCLE).await? {
                Back::Nowhere => {}
                Back::Done => self.tally.rollbacks += 1,
                Back::Circle => {
                    self.tally.circles += 1;
                    return self.settle(model, true).await;
                }
            }
        }
        Ok(())
    }

    /// The rows with what they need, one a line.
    async fn rows(&self) -> String {
        let state = self.backend.load(&id()).await.unwrap_or_default();
        let line = |row: &iac_core::state::ResourceRecord<_>| {
            format!(
                "{} {} {:?} {:?} missing: {}\n",
                row.urn, row.id, row.status, row.dependencies, row.missing
            )
        };
        state.resources.iter().map(line).collect()
    }
}

/// The steps with their reasons, one a line.
pub(crate) fn steps(plan: &iac_core::Plan) -> String {
    let line = |step: &iac_core::Step| {
        format!("{} {} {} {:?} {:?}\n", step.index, step.op.as_str(), step.urn, step.after, step.reasons)
    };
    plan.steps.iter().map(line).collect()
}
