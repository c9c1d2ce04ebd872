//! Drives a plan: starts what may start, owns the order of events, and ends the run. Knows nothing
//! of how a step is done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::budget::Budget;
use super::cancel::{Cancel, Urgency};
use super::clients::{StepClient, step_client};
use super::error::EngineError;
use super::expected::Expected;
use super::held_up;
use super::known::{Known, KnownScope};
use super::prepare::{Prepared, Preparer, StepError, Task};
use super::recover::apply_to;
use super::schedule::Scheduler;
use super::session::Session;
use super::step::{Note, NoteKind, StepDone, StepRun};
use super::trace::{Recorder, outline};
use crate::duration::timed_as;
use crate::error::ErrorKind;
use crate::event::{Event, Reporter};
use crate::graph::Graph;
use crate::options::STEP_TIMEOUT_DEFAULT;
use crate::plan::{Op, Plan, Step, StepIndex, TakenNames};
use crate::state::{ExportRecord, JournalKey, RunKind, RunStatus, StackId, StepRecord, TimestampMs, Write};
use crate::urn::Urn;
use crate::value::Value;

/// Most steps at once, unless the options say otherwise.
pub const PARALLELISM_DEFAULT: usize = 10;
/// Notes of running steps that wait to be reported; more are dropped.
const NOTES_MAX: usize = 1024;
/// Changes of ended steps that may wait for a flush; beyond that no step starts.
const DEFERRED_MAX: usize = 1024;
/// Durations of calls that are recorded together.
const DURATIONS_AT_ONCE: usize = 64;
/// Steps of a run whose rows are brought up to date in memory too, for the next plan of the same
/// engine. After more, the next plan loads what this run wrote.
const FOLLOWED_STEPS_MAX: usize = 1024;

/// How to apply a plan.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use]
pub struct ApplyOptions {
    /// Most steps at once.
    pub parallelism_max: usize,
    /// Stops the run from outside.
    pub cancel: Cancel,
    /// How much the run may change.
    pub budget: Budget,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self { parallelism_max: PARALLELISM_DEFAULT, cancel: Cancel::new(), budget: Budget::new() }
    }
}

impl ApplyOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }
    /// Most steps at once; at least 1.
    pub fn parallelism_max(mut self, steps: usize) -> Self {
        self.parallelism_max = steps;
        self
    }
    /// A handle that stops the run.
    pub fn cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }
    /// How much the run may change; without limits by default.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }
}

/// A step that was not done.
#[derive(Debug, Clone, serde::Serialize)]
#[non_exhaustive]
pub struct StepFailure {
    /// The resource.
    pub urn: Urn,
    /// What was planned.
    pub op: Op,
    /// Why not.
    pub error: StepError,
}

/// How an apply ended.
#[derive(Debug, Clone, serde::Serialize)]
#[non_exhaustive]
#[must_use]
pub struct Outcome {
    /// The run's number; `None` if there was nothing to do.
    pub run: Option<u64>,
    /// How it ended.
    pub status: RunStatus,
    /// Steps done.
    pub done: usize,
    /// Steps that failed.
    pub failures: Vec<StepFailure>,
    /// Steps not tried, and the resource whose failure is the reason.
    pub skipped: Vec<(Urn, Option<Urn>)>,
    /// Why the run ended before its plan was done, if not by a failure or by its caller.
    pub stopped: Option<String>,
    /// The exported outputs afterwards. Secrets are marked as such.
    pub outputs: BTreeMap<String, Value>,
}

impl Outcome {
    /// Whether everything was done.
    pub fn succeeded(&self) -> bool {
        self.status == RunStatus::Succeeded
    }
}

impl Session<'_> {
    pub(super) async fn apply(
        &mut self,
        graph: &Graph,
        plan: &Plan,
        options: ApplyOptions,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<Outcome, EngineError> {
        if !plan.has_changes() {
            let outputs = self.snapshot.exports.clone();
            let status = RunStatus::Succeeded;
            let (failures, skipped) = (Vec::new(), Vec::new());
            return Ok(Outcome { run: None, status, done: 0, failures, skipped, stopped: None, outputs });
        }
        let expected = self.engine.expected(graph, plan, &options).await?;
        let mut beyond = options.budget.exceeded_by(plan);
        beyond.extend(options.budget.outlasted_by(&expected));
        if !beyond.is_empty() {
            return Err(EngineError::OverBudget(beyond));
        }
        let kind = match graph.rollback_to {
            Some(_) => RunKind::Rollback,
            None if plan.destroy => RunKind::Destroy,
            None if plan.refresh_only => RunKind::Refresh,
            None => RunKind::Apply,
        };
        let run = self.begin_run_to(kind, graph.rollback_to).await?;
        // Durable with the first step's begin, so that it costs no flush.
        self.store.defer(vec![Write::Outline { run, after: outline(&plan.steps) }]);
        let mut recorder = Recorder::new(reporter, plan.recovered.iter().chain(&self.recovered));
        let reporter: &mut (dyn Reporter + Send) = &mut recorder;
        let stack = StackId::new(graph.project(), graph.stack());
        let at = self.engine.clock.now_ms();
        reporter.report(&Event::RunStarted {
            stack,
            run,
            kind,
            steps: plan.steps.len(),
            expected_ms: expected.total_ms,
            at,
        });

        let mut execution = Execution::new(self, graph, plan, expected, &options, run);
        if let Err(error) = execution.drive(&options, reporter).await {
            // The state takes no more writes, so the run stays open there; who watches sees its end.
            let at = self.engine.clock.now_ms();
            reporter.report(&execution.broken_off(at));
            return Err(error);
        }
        let unrecorded = std::mem::take(&mut execution.unrecorded);
        let took = std::mem::take(&mut execution.took);
        let followed = execution.followed.take();
        let (mut outcome, exports) = execution.finish(options.cancel.is_requested(), reporter);
        self.store.defer(took);
        if !unrecorded.is_empty() {
            self.commit(unrecorded).await?;
        }

        if exports != self.snapshot.exports {
            let records =
                exports.iter().map(|(name, value)| ExportRecord { name: name.clone(), value: value.clone() });
            self.commit(vec![Write::Exports(records.collect())]).await?;
        }
        outcome.outputs = exports;
        let reporter = &mut *recorder.ended(&self.store, run);
        self.end_run(outcome.status).await?;
        if let Some(writes) = followed.filter(|_| outcome.succeeded()) {
            self.follow(graph, writes, &outcome.outputs);
        }
        reporter.report(&Event::RunFinished {
            run,
            status: outcome.status,
            done: outcome.done,
            failed: outcome.failures.len(),
            skipped: outcome.skipped.len(),
            at: self.engine.clock.now_ms(),
        });
        Ok(outcome)
    }
}

impl Session<'_> {
    /// Brings the snapshot to where a run that succeeded left the state.
    fn follow(&mut self, graph: &Graph, writes: Vec<Write>, exports: &BTreeMap<String, Value>) {
        // What was removed may have been the last row of its provider instance.
        self.owners.take_if(|_| writes.iter().any(|write| matches!(write, Write::Remove { .. })));
        apply_to(&mut self.snapshot, writes);
        self.snapshot.exports.clone_from(exports);
        if let Some(owners) = &mut self.owners {
            owners.providers.extend(graph.providers_used().iter().map(|name| name.to_string()));
        }
        self.is_followed = true;
    }
}

/// The state of a run that lives in memory.
struct Execution<'a> {
    session: &'a Session<'a>,
    graph: &'a Graph,
    plan: &'a Plan,
    run: u64,
    scheduler: Scheduler,
    expected: Expected,
    known: KnownScope<'a>,
    preparer: Preparer<'a>,
    notes: (mpsc::Sender<Note>, mpsc::Receiver<Note>),
    done: usize,
    failures: Vec<StepFailure>,
    skipped: Vec<(Urn, Option<Urn>)>,
    stopped: Option<String>,
    /// Steps that failed before they began: they are written to the history at the end.
    unrecorded: Vec<Write>,
    /// How long calls took, as far as it is not recorded yet.
    took: Vec<Write>,
    /// The changes of rows so far, where the run has few steps.
    followed: Option<Vec<Write>>,
    /// The secrets that steps were given: a cloud may have got what nothing records.
    given: Vec<Arc<[String]>>,
}

impl<'a> Execution<'a> {
    fn new(
        session: &'a Session<'a>,
        graph: &'a Graph,
        plan: &'a Plan,
        expected: Expected,
        options: &ApplyOptions,
        run: u64,
    ) -> Self {
        let weight = |step: &Step| expected.weight(step.index);
        let lane_max = |name: &str| graph.parallelism_of(name);
        Self {
            session,
            graph,
            plan,
            run,
            scheduler: Scheduler::new(&plan.steps, options.parallelism_max, weight, lane_max),
            expected,
            known: KnownScope::new(graph, &session.snapshot, plan),
            preparer: Preparer {
                graph,
                accounts: &session.snapshot.accounts,
                taken: TakenNames::new(graph, &session.snapshot),
                kept: Vec::new(),
            },
            notes: mpsc::channel(NOTES_MAX),
            done: 0,
            failures: Vec::new(),
            skipped: Vec::new(),
            stopped: None,
            unrecorded: Vec::new(),
            took: Vec::new(),
            followed: (plan.steps.len() <= FOLLOWED_STEPS_MAX).then(Vec::new),
            given: Vec::new(),
        }
    }

    async fn drive(
        &mut self,
        options: &ApplyOptions,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<(), EngineError> {
        let cancel = &options.cancel;
        let mut time_is_up = std::pin::pin!(used_up(options.budget.duration_max));
        let store = Arc::clone(&self.session.store);
        let mut running = FuturesUnordered::new();
        // One at most: what ends meanwhile shares the next one.
        let mut flush = FuturesUnordered::new();
        let mut urgency = cancel.watch();
        let mut draining = false;
        loop {
            let wanted = *urgency.borrow_and_update();
            if wanted >= Urgency::Drain && !draining {
                draining = true;
                self.scheduler.drain();
                reporter.report(&Event::Draining);
            }
            if wanted == Urgency::Abandon {
                return Ok(());
            }
            while store.deferred_len() < DEFERRED_MAX
                && let Some(index) = self.scheduler.start_next()
            {
                if let Some(started) = self.start(index, reporter) {
                    running.push(started);
                }
            }
            let waiting = store.deferred_len();
            let idle = running.is_empty() && !self.scheduler.is_running() && flush.is_empty();
            if idle && waiting < DEFERRED_MAX {
                // What is left to record goes with the end of the run.
                return Ok(());
            }
            if flush.is_empty() && waiting > 0 {
                flush.push(store.flush());
            }
            tokio::select! {
                biased;
                Some(note) = self.notes.1.recv() => self.report_note(note, reporter),
                Some(done) = running.next() => self.finished(done?, reporter),
                // After the running steps: the begins of those just started take along what is to be
                // recorded, and then there is nothing left to flush.
                Some(flushed) = flush.next() => flushed?,
                limit = &mut time_is_up, if !draining => {
                    draining = true;
                    self.stopped = Some(format!("the budget's {} s are used up", limit.as_secs()));
                    self.scheduler.drain();
                    reporter.report(&Event::Draining);
                }
                // The sender lives as long as the caller's handle, so this ends only by a request.
                Ok(()) = urgency.changed() => {}
            }
        }
    }

    /// Prepares a step and answers its future; a step that fails here is finished at once.
    fn start(
        &mut self,
        index: StepIndex,
        reporter: &mut (dyn Reporter + Send),
    ) -> Option<impl Future<Output = Result<StepDone, EngineError>> + use<'a>> {
        let plan: &'a Plan = self.plan;
        let step = plan.step(index).expect("the scheduler hands out steps of the plan");
        let clock = &self.session.engine.clock;
        let now = clock.now_ms();
        let expected_ms = self.expected.measured_ms(index);
        let (urn, op) = (step.urn.clone(), step.op);
        reporter.report(&Event::StepStarted { step: index, urn, op, expected_ms, at: now });
        let prepared = self.prepare(step, now);
        let (prepared, client) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                let kind = match &error {
                    StepError::Failed { error } => error.kind(),
                    StepError::Diverged { .. } => ErrorKind::Conflict,
                };
                self.unrecorded.push(Write::Step(Box::new(StepRecord {
                    key: JournalKey { run: self.run, step: index },
                    urn: step.urn.clone(),
                    op: step.op.as_str().to_owned(),
                    started_at: now,
                    ended_at: now,
                    error: Some((kind, error.to_string())),
                    before: None,
                    after: None,
                })));
                self.failed(step, error, now, now, reporter);
                return None;
            }
        };
        let secrets: Arc<[String]> = prepared.task.secret_texts().into();
        if !secrets.is_empty() {
            self.given.push(Arc::clone(&secrets));
        }
        let run = StepRun {
            client,
            store: Arc::clone(&self.session.store),
            clock: Arc::clone(clock),
            notes: self.notes.0.clone(),
            key: JournalKey { run: self.run, step: index },
            urn: step.urn.clone(),
            op: step.op.as_str(),
            timed_as: timed_as(step),
            hook: step.hook.as_ref().map(|hook| hook.used.clone()),
            timeout: self.timeout(step, &prepared.task),
            secrets,
            weaker: prepared.weaker,
            renamed_from: step
                .prior
                .as_ref()
                .map(|prior| prior.urn.clone())
                .filter(|urn| *urn != step.urn && !step.op.deletes()),
        };
        Some(run.run(prepared.task))
    }

    /// What the step does, and with which client.
    fn prepare(
        &mut self,
        step: &Step,
        now: TimestampMs,
    ) -> Result<(Prepared, Option<StepClient>), StepError> {
        let main = step.hook.as_ref().and_then(|hook| self.plan.step(hook.of?));
        let token = crate::hash::random_token();
        let prepared = self.preparer.prepare(step, main, &self.known, token, now)?;
        if !prepared.task.calls_provider() {
            return Ok((prepared, None));
        }
        let (clients, ends) = (&self.session.clients, step.op.deletes());
        let client = step_client(self.graph, self.plan, clients, &self.known, &step.provider, ends)?;
        Ok((prepared, Some(client)))
    }

    /// By what is done, which may be less than what was planned.
    fn timeout(&self, step: &Step, task: &Task) -> Duration {
        let op = if matches!(task, Task::Update { .. }) { Op::Update } else { step.op };
        let node = self.graph.by_urn.get(&step.urn).map(|index| self.graph.node(*index));
        node.map_or(STEP_TIMEOUT_DEFAULT, |node| node.options.limit_for(op))
    }

    fn finished(&mut self, mut done: StepDone, reporter: &mut (dyn Reporter + Send)) {
        // Everything a step said comes before its end.
        while let Ok(note) = self.notes.1.try_recv() {
            self.report_note(note, reporter);
        }
        if done.result.is_err() {
            // A cloud may also quote what it knows of other resources.
            let mut secrets = Vec::new();
            self.known.secret_texts(&mut secrets);
            self.plan.steps.iter().for_each(|step| step.inputs.secret_texts(&mut secrets));
            self.given.iter().for_each(|given| secrets.extend_from_slice(given));
            done.scrub(&secrets);
        }
        if let Some(followed) = &mut self.followed {
            let rows = |write: &&Write| matches!(write, Write::Put(_) | Write::Remove { .. });
            followed.extend(done.writes.iter().filter(rows).cloned());
        }
        self.record(done.writes);
        let plan = self.plan;
        let step = plan.step(done.index).expect("a running step is in the plan");
        let known = match done.result {
            Ok(known) => known,
            Err(error) => return self.failed(step, error, done.started_at, done.ended_at, reporter),
        };
        self.done += 1;
        if let (false, Some(index)) = (step.op.deletes(), self.graph.by_urn.get(&step.urn))
            && !matches!(known, Known::Nothing)
        {
            self.known.learn(*index, known);
        }
        self.scheduler.finish(done.index, true);
        reporter.report(&Event::StepFinished {
            step: done.index,
            urn: step.urn.clone(),
            op: step.op,
            weaker: done.weaker,
            duration_ms: elapsed_ms(done.started_at, done.ended_at),
            at: done.ended_at,
        });
    }

    /// Has `writes` recorded with the next commit, and how long calls took with some of them: a kill may
    /// cost a forecast, and each row would be a page more to flush.
    fn record(&mut self, writes: Vec<Write>) {
        let (took, writes): (Vec<_>, Vec<_>) =
            writes.into_iter().partition(|write| matches!(write, Write::Took { .. }));
        self.session.store.defer(writes);
        self.took.extend(took);
        if self.took.len() >= DURATIONS_AT_ONCE {
            self.session.store.defer(std::mem::take(&mut self.took));
        }
    }

    fn report_note(&self, note: Note, reporter: &mut (dyn Reporter + Send)) {
        let Note { step, urn, what } = note;
        reporter.report(&match what {
            NoteKind::Progress(progress) => Event::StepProgress { step, urn, progress },
            NoteKind::Ambiguous(finding) => Event::StepAmbiguous { step, urn, finding },
            NoteKind::Delayed(delay) => {
                let provider = self.plan.step(step).map_or("", |step| &step.provider);
                held_up::event(Some(step), urn, provider, delay, self.session.engine.clock.now_ms())
            }
        });
    }

    fn failed(
        &mut self,
        step: &Step,
        error: StepError,
        started_at: i64,
        ended_at: i64,
        reporter: &mut (dyn Reporter + Send),
    ) {
        reporter.report(&Event::StepFailed {
            step: step.index,
            urn: step.urn.clone(),
            op: step.op,
            error: error.clone(),
            duration_ms: elapsed_ms(started_at, ended_at),
            at: ended_at,
        });
        if matches!(&error, StepError::Failed { error } if error.kind() == ErrorKind::Unauthenticated) {
            self.scheduler.close_lane_of(step.index);
        }
        self.failures.push(StepFailure { urn: step.urn.clone(), op: step.op, error });
        for index in self.scheduler.finish(step.index, false) {
            self.skip(index, Some(&step.urn), reporter);
        }
    }

    fn skip(&mut self, index: StepIndex, because: Option<&Urn>, reporter: &mut (dyn Reporter + Send)) {
        let step = self.plan.step(index).expect("a skipped step is in the plan");
        self.skipped.push((step.urn.clone(), because.cloned()));
        reporter.report(&Event::StepSkipped {
            step: index,
            urn: step.urn.clone(),
            op: step.op,
            because: because.cloned(),
        });
    }

    /// The end of a run whose state could not be written.
    fn broken_off(&self, at: TimestampMs) -> Event {
        Event::RunFinished {
            run: self.run,
            status: RunStatus::Failed,
            done: self.done,
            failed: self.failures.len(),
            skipped: self.skipped.len(),
            at,
        }
    }

    /// The outcome, and the exported outputs as far as they are known.
    fn finish(
        mut self,
        cancelled: bool,
        reporter: &mut (dyn Reporter + Send),
    ) -> (Outcome, BTreeMap<String, Value>) {
        for index in self.scheduler.untried() {
            self.skip(index, None, reporter);
        }
        let abandoned = self.done + self.failures.len() + self.skipped.len() < self.plan.steps.len();
        let cancelled = cancelled || self.stopped.is_some();
        let status = match (cancelled && (abandoned || !self.skipped.is_empty()), self.failures.is_empty()) {
            (true, _) => RunStatus::Cancelled,
            (false, true) => RunStatus::Succeeded,
            (false, false) => RunStatus::Failed,
        };
        let exports = self.exports(status);
        let outcome = Outcome {
            run: Some(self.run),
            status,
            done: self.done,
            failures: self.failures,
            skipped: self.skipped,
            stopped: self.stopped,
            outputs: BTreeMap::new(),
        };
        (outcome, exports)
    }

    fn exports(&self, status: RunStatus) -> BTreeMap<String, Value> {
        let before = &self.session.snapshot.exports;
        if self.plan.refresh_only {
            return before.clone();
        }
        if self.plan.destroy {
            let emptied = status == RunStatus::Succeeded && !self.plan.outputs.is_empty();
            return if emptied { BTreeMap::new() } else { before.clone() };
        }
        let mut exports = BTreeMap::new();
        for (name, expr) in &self.graph.exports {
            let value = expr.eval(&self.known).ok().filter(|value| !value.has_unknown());
            // An output whose resource failed keeps the value it had.
            if let Some(value) = value.or_else(|| before.get(name).cloned()) {
                exports.insert(name.clone(), value);
            }
        }
        exports
    }
}

/// Ends when a run has taken as long as it may; never without a limit.
async fn used_up(limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => {
            tokio::time::sleep(limit).await;
            limit
        }
        None => std::future::pending().await,
    }
}

fn elapsed_ms(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or_default()
}
