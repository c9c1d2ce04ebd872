//! One case: a program, its edits, the trouble, and the checks after each step.

use std::collections::BTreeSet;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use iac_core::state::{Backend, MemoryBackend, RunStatus, StackId, TimestampMs};
use iac_core::{ApplyOptions, Cancel, Clock, Engine, Graph, NoReporter, PlanOptions, Stack};
use iac_testkit::explore::{CutBackend, CutPoint, Durability};
use iac_testkit::fake::{FakeCloud, audit};
use iac_testkit::sim::SplitMix64;

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
    refused: usize,
    steps: usize,
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

struct Case {
    cloud: FakeCloud,
    backend: MemoryBackend,
    clock: CaseClock,
    parallelism: usize,
    tally: Tally,
}

/// Runs the case of `seed`; the error says what was wrong.
pub(crate) async fn run(seed: u64) -> Result<Tally, String> {
    let mut random = SplitMix64::new(seed);
    let deletes_first = random.chance(0.5);
    let mut case = Case {
        cloud: FakeCloud::new(),
        backend: MemoryBackend::new(),
        clock: CaseClock::default(),
        parallelism: 1 + random.below(6) as usize,
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
        for _ in 0..random.below(ATTEMPTS_MAX + 1) {
            case.attempt(&model, false, &mut random).await.map_err(told)?;
        }
        if random.chance(0.4) {
            drift(&case.cloud, &mut random);
        }
        case.converge(&model, false).await.map_err(told)?;
        case.remember(&mut past).await?;
        if random.chance(0.4) {
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

fn id() -> StackId {
    StackId::new("fuzz", "case")
}

impl Case {
    fn engine(&self, backend: Arc<dyn Backend>) -> Engine {
        // Each engine is another process; the one before is dead or done.
        self.clock.0.fetch_add(RESTART_MS, Ordering::SeqCst);
        Engine::builder().shared_backend(backend).clock(self.clock.clone()).build()
    }

    fn graph(&self, model: &Model) -> Result<Graph, String> {
        let declare = || {
            let stack = Stack::new("fuzz", "case")?;
            stack.provider(self.cloud.provider())?;
            model.declare(&stack)?;
            stack.freeze()
        };
        declare().map_err(|error: iac_core::StackError| error.to_string())
    }

    fn options(destroy: bool) -> PlanOptions {
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
        self.nothing_lost().await
    }

    /// Every object has a row or an open journal row, and no marker is there twice.
    async fn nothing_lost(&self) -> Result<(), String> {
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
        let outcome = engine.apply(&graph, &plan, apply, &mut NoReporter).await.map_err(fault)?;
        self.tally.steps += outcome.done;
        if !outcome.succeeded() {
            let steps = steps(&plan);
            return Err(format!("it did not converge: {:?}\n{before}{steps}", outcome.failures));
        }
        let again = engine.plan(&graph, &options, true, &mut NoReporter).await.map_err(fault)?;
        if again.has_changes() {
            return Err(format!("a second plan is not empty:\n{}", steps(&again)));
        }
        let snapshot = engine.snapshot(&id()).await.map_err(fault)?;
        let faults = audit(&self.cloud, &snapshot, &[]);
        if !faults.is_empty() {
            return Err(format!("state and cloud differ: {faults:#?}"));
        }
        let state = self.backend.load(&id()).await.map_err(|error| error.to_string())?;
        if !state.journal.is_empty() {
            return Err("journal rows are open".to_owned());
        }
        Ok(())
    }
}

impl Case {
    /// Notes what is there after the newest run.
    async fn remember(&self, past: &mut Past) -> Result<(), String> {
        let engine = self.engine(Arc::new(self.backend.clone()));
        let fault = |error: iac_core::EngineError| error.to_string();
        let newest = engine.runs(&id(), 1).await.map_err(fault)?;
        // A run that was interrupted at its very end left nothing to do, and is no way back.
        if let Some(run) = newest.first().filter(|run| run.status != RunStatus::Running) {
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
fn steps(plan: &iac_core::Plan) -> String {
    let line = |step: &iac_core::Step| {
        format!("{} {} {} {:?} {:?}\n", step.index, step.op.as_str(), step.urn, step.after, step.reasons)
    };
    plan.steps.iter().map(line).collect()
}
