//! Evaluates a step again with real values, just before it runs, and holds it to the plan: the
//! same effect or a weaker one. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::known::{Known, KnownScope};
use crate::error::{Error, ErrorKind};
use crate::field::FieldSpec;
use crate::graph::{Graph, GraphNode, Maker};
use crate::hook::{HookCall, HookPhase, HookUse, RecordedHooks, RegisteredHook};
use crate::plan::{
    Op, Step, TakenNames, accepted, compare_inputs, deletion_hooks, dependencies, effective, still_owed,
    trigger_values, triggered, unrecorded, wanted_inputs,
};
use crate::provider::{Driver, DriverChange, Reader};
use crate::resource::{OnChange, ReplaceOrder, checked};
use crate::state::{ResourceRecord, Status, TimestampMs};
use crate::value::{Path, Value};

/// Why a step was not done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepError {
    /// The provider, or the inputs.
    Failed {
        /// The error.
        error: Error,
    },
    /// With real values the step would do more than, or other than, what was planned.
    Diverged {
        /// What was planned.
        planned: String,
        /// What it would be.
        actual: String,
    },
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self::Failed { error }
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { error } => write!(f, "{error}"),
            Self::Diverged { planned, actual } => {
                write!(f, "stopped, because it diverges from the plan: planned {planned}, actual {actual}")
            }
        }
    }
}

impl std::error::Error for StepError {}

impl StepError {
    /// What the user can do next, if known.
    pub fn way_out(&self) -> Option<&str> {
        match self {
            Self::Failed { error } => error.way_out(),
            Self::Diverged { .. } => Some("plan again and check the new plan"),
        }
    }
}

/// A step with everything it needs.
pub(super) enum Task {
    Create {
        driver: Arc<dyn Driver>,
        /// The row to be; id and outputs come from the cloud.
        row: Box<ResourceRecord>,
        /// The row it takes the place of.
        old: Option<Arc<ResourceRecord>>,
    },
    Update {
        driver: Arc<dyn Driver>,
        row: Box<ResourceRecord>,
        old: Arc<ResourceRecord>,
        changed: Vec<Path>,
    },
    Record {
        row: Box<ResourceRecord>,
        old: Arc<ResourceRecord>,
    },
    /// Records an object that exists and is as wanted.
    Import {
        row: Box<ResourceRecord>,
    },
    Delete {
        driver: Arc<dyn Driver>,
        row: Arc<ResourceRecord>,
    },
    Forget {
        row: Arc<ResourceRecord>,
    },
    Read {
        reader: Arc<dyn Reader>,
        query: Value,
    },
    /// Code of the program.
    Hook(Box<HookTask>),
    /// The row stays in use after all.
    Keep,
}

/// A hook with everything it needs.
pub(super) struct HookTask {
    pub(super) hook: RegisteredHook,
    pub(super) call: HookCall,
    /// The resource as the hook is told of it.
    pub(super) row: ResourceRecord,
    /// The row once the hook has run; none where it changes nothing.
    pub(super) settled: Option<ResourceRecord>,
}

impl Task {
    /// Whether it needs a provider's client.
    pub(super) fn calls_provider(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Update { .. } | Self::Delete { .. } | Self::Read { .. })
    }

    /// The change an update hands to its driver.
    pub(super) fn change(row: &ResourceRecord, old: &ResourceRecord, changed: &[Path]) -> DriverChange {
        let before = effective(&old.inputs, old.observed.as_ref()).clone();
        DriverChange::new(before, row.inputs.clone(), old.outputs.clone(), changed.to_vec())
    }

    /// Every secret text that a provider or a hook is told, and that may stand nowhere else yet.
    pub(super) fn secret_texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        match self {
            Self::Create { row, .. } => row.secret_texts(&mut texts),
            Self::Delete { row, .. } => row.secret_texts(&mut texts),
            Self::Update { row, old, .. } => {
                row.secret_texts(&mut texts);
                old.secret_texts(&mut texts);
            }
            Self::Read { query, .. } => query.secret_texts(&mut texts),
            // The rest of what it is told is recorded.
            Self::Hook(task) => task.call.inputs.secret_texts(&mut texts),
            Self::Record { .. } | Self::Import { .. } | Self::Forget { .. } | Self::Keep => {}
        }
        texts
    }
}

/// A task, and how it is weaker than the plan if it is.
pub(super) struct Prepared {
    pub(super) task: Task,
    pub(super) weaker: Option<String>,
}

impl From<Task> for Prepared {
    fn from(task: Task) -> Self {
        Self { task, weaker: None }
    }
}

/// What preparing needs beside the step.
pub(super) struct Preparer<'a> {
    pub(super) graph: &'a Graph,
    pub(super) accounts: &'a BTreeMap<String, String>,
    pub(super) taken: TakenNames<'a>,
    /// Tokens of rows whose replacement turned out not to be needed.
    pub(super) kept: Vec<String>,
}

impl Preparer<'_> {
    /// The task of `step`, evaluated now. `main` is the step that a hook runs before or after.
    pub(super) fn prepare(
        &mut self,
        step: &Step,
        main: Option<&Step>,
        known: &KnownScope<'_>,
        token: String,
        now: TimestampMs,
    ) -> Result<Prepared, StepError> {
        match &step.hook {
            Some(hook) => self.hook(step, &hook.used, main, known, token, now),
            None => self.change(step, known, token, now),
        }
    }

    fn hook(
        &mut self,
        step: &Step,
        used: &HookUse,
        main: Option<&Step>,
        known: &KnownScope<'_>,
        token: String,
        now: TimestampMs,
    ) -> Result<Prepared, StepError> {
        let Some(hook) = self.graph.hooks.get(&used.name).cloned() else {
            return Err(Error::internal(format!("hook {:?} is not registered", used.name)).into());
        };
        let told = match (used.phase, main) {
            (HookPhase::BeforeCreate | HookPhase::BeforeUpdate, Some(main)) => {
                told_before(used.phase, self.change(main, known, token, now)?.task)
            }
            (HookPhase::AfterCreate | HookPhase::AfterUpdate, _) => {
                let index = self.graph.by_urn.get(&step.urn);
                told_after(used, index.map(|index| known.node(*index)).as_deref())
            }
            (HookPhase::BeforeDelete | HookPhase::AfterDelete, _) => {
                let row = step.prior.as_ref().filter(|row| !self.kept.contains(&row.token));
                row.map(|row| told_of_deletion(used, row))
            }
            _ => None,
        };
        let Some(Told { row, old_inputs, settled }) = told else {
            return Ok(Prepared {
                task: Task::Keep,
                weaker: Some("its step was not needed after all".into()),
            });
        };
        let exists = !row.id.is_empty();
        let call = HookCall {
            urn: step.urn.clone(),
            phase: used.phase,
            id: exists.then(|| row.id.clone()),
            inputs: row.inputs.clone(),
            outputs: exists.then(|| row.outputs.clone()),
            old_inputs,
        };
        Ok(Task::Hook(Box::new(HookTask { hook, call, row, settled })).into())
    }

    fn change(
        &mut self,
        step: &Step,
        known: &KnownScope<'_>,
        token: String,
        now: TimestampMs,
    ) -> Result<Prepared, StepError> {
        if let (Op::Delete | Op::DeleteReplaced | Op::Forget, Some(row)) = (step.op, &step.prior) {
            return self.ending(step, row);
        }
        if let (Op::Accept, Some(row)) = (step.op, &step.prior) {
            return self.accept(row);
        }
        let index = self.graph.by_urn.get(&step.urn).copied();
        let Some(node) = index.map(|index| self.graph.node(index)) else {
            return Err(Error::internal("the plan names a resource that the program does not declare").into());
        };
        let invalid = |text: String| Error::new(ErrorKind::InvalidInput, text);
        let raw = node.inputs.eval(known).map_err(|error| invalid(error.to_string()))?;
        if raw.has_unknown() {
            return Err(Error::internal("an input is still unknown although what it needs is done").into());
        }
        let driver = match &node.maker {
            Maker::Reader(reader) => {
                return Ok(Task::Read { reader: Arc::clone(reader), query: raw }.into());
            }
            Maker::Driver(driver) => driver,
        };
        let triggers = trigger_values(node, known).map_err(|error| invalid(error.to_string()))?;
        let (graph, accounts, taken) = (self.graph, self.accounts, &self.taken);
        let fresh = Fresh { graph, accounts, taken, node, driver, triggers, token, now };
        match (step.op, &step.prior) {
            (Op::Create, gone) => fresh.create(step, &raw, gone.as_ref()),
            (Op::Import | Op::Update, Some(found)) if unrecorded(found) => fresh.import(step, &raw, found),
            (Op::Update | Op::Record, Some(old)) => fresh.in_place(step, &raw, old),
            (Op::CreateReplacement, Some(old)) => {
                let prepared = fresh.replace(step, &raw, old)?;
                if prepared.weaker.is_some() {
                    self.kept.push(old.token.clone());
                }
                Ok(prepared)
            }
            _ => Err(Error::internal("the plan's step lacks the row it starts from").into()),
        }
    }

    fn accept(&self, row: &Arc<ResourceRecord>) -> Result<Prepared, StepError> {
        match self.graph.driver_for(&row.provider, &row.type_token) {
            Some(driver) => {
                Ok(Task::Record { row: Box::new(accepted(&*driver, row)), old: Arc::clone(row) }.into())
            }
            None => Err(Error::internal("its provider is not registered").into()),
        }
    }

    fn ending(&self, step: &Step, row: &Arc<ResourceRecord>) -> Result<Prepared, StepError> {
        if self.kept.contains(&row.token) {
            return Ok(Prepared { task: Task::Keep, weaker: Some("it was not replaced".into()) });
        }
        if step.op == Op::Forget {
            return Ok(Task::Forget { row: Arc::clone(row) }.into());
        }
        match self.graph.driver_for(&row.provider, &row.type_token) {
            Some(driver) => Ok(Task::Delete { driver, row: Arc::clone(row) }.into()),
            None => Err(Error::internal("its provider is not registered").into()),
        }
    }
}

/// One node with its inputs' real values.
pub(super) struct Fresh<'a, 'b> {
    graph: &'a Graph,
    accounts: &'a BTreeMap<String, String>,
    taken: &'a TakenNames<'b>,
    pub(super) node: &'a GraphNode,
    pub(super) driver: &'a Arc<dyn Driver>,
    triggers: Value,
    pub(super) token: String,
    pub(super) now: TimestampMs,
}

impl Fresh<'_, '_> {
    fn create(
        self,
        step: &Step,
        raw: &Value,
        gone: Option<&Arc<ResourceRecord>>,
    ) -> Result<Prepared, StepError> {
        let generation = match gone {
            Some(row) => row.generation,
            None => self.taken.free_generation(self.node, &**self.driver, raw, 0),
        };
        let inputs = wanted_inputs(self.node, &**self.driver, raw, gone.map(|row| &**row), generation).inputs;
        self.hold_to_plan(step, &inputs)?;
        let row = Box::new(self.new_row(inputs, generation));
        Ok(Task::Create { driver: Arc::clone(self.driver), row, old: gone.cloned() }.into())
    }

    fn in_place(self, step: &Step, raw: &Value, old: &Arc<ResourceRecord>) -> Result<Prepared, StepError> {
        let inputs = wanted_inputs(self.node, &**self.driver, raw, Some(old), old.generation).inputs;
        self.hold_to_plan(step, &inputs)?;
        let (effect, changed) = self.compare(old, &inputs);
        match effect {
            Some(OnChange::Replace) => {
                let fields: Vec<String> = changed.iter().map(|path| format!("`{path}`")).collect();
                Err(StepError::Diverged {
                    planned: "an update in place".into(),
                    actual: format!("a replacement, because {} changed", fields.join(", ")),
                })
            }
            None => {
                let weaker = (step.op == Op::Update).then(|| "nothing differs after all".to_owned());
                Ok(Prepared {
                    task: Task::Record { row: Box::new(self.kept_row(inputs, old)), old: Arc::clone(old) },
                    weaker,
                })
            }
            Some(_) if step.op == Op::Record => Err(StepError::Diverged {
                planned: "a change of the state alone".into(),
                actual: "an update in place".into(),
            }),
            Some(_) => Ok(self.update(inputs, old, changed).into()),
        }
    }

    fn replace(self, step: &Step, raw: &Value, old: &Arc<ResourceRecord>) -> Result<Prepared, StepError> {
        let create_first = step.replace_order != Some(ReplaceOrder::DeleteFirst);
        if create_first && !step.forced && !triggered(&old.triggers, &self.triggers) {
            let inputs = wanted_inputs(self.node, &**self.driver, raw, Some(old), old.generation).inputs;
            let (effect, changed) = self.compare(old, &inputs);
            if effect != Some(OnChange::Replace) {
                // The new half was planned under a derived name of its own; the old one keeps its name.
                let is_derived = |field: &FieldSpec| {
                    field.auto_name_length_max.is_some() && *raw.get(field.name) == Value::Null
                };
                self.hold_fields_to_plan(step, &inputs, |field| !is_derived(field))?;
                let (task, weaker) = if effect.is_none() {
                    let row = Box::new(self.kept_row(inputs, old));
                    (Task::Record { row, old: Arc::clone(old) }, "nothing differs after all")
                } else {
                    (self.update(inputs, old, changed), "an update in place is enough after all")
                };
                return Ok(Prepared { task, weaker: Some(weaker.to_owned()) });
            }
        }
        let next = old.generation.saturating_add(1);
        let generation = match create_first {
            true => self.taken.free_generation(self.node, &**self.driver, raw, next),
            false => old.generation,
        };
        let inputs = wanted_inputs(self.node, &**self.driver, raw, Some(old), generation).inputs;
        self.hold_to_plan(step, &inputs)?;
        let row = Box::new(self.new_row(inputs, generation));
        // Deleted first, the old row is gone by now.
        let old = create_first.then(|| Arc::clone(old));
        Ok(Task::Create { driver: Arc::clone(self.driver), row, old }.into())
    }

    pub(super) fn update(&self, inputs: Value, old: &Arc<ResourceRecord>, changed: Vec<Path>) -> Task {
        let mut row = Box::new(self.kept_row(inputs, old));
        let more = recorded_hooks(self.node, &[HookPhase::AfterUpdate]).owed;
        row.hooks.owed.retain(|used| !more.contains(used));
        row.hooks.owed.extend(more);
        Task::Update { driver: Arc::clone(self.driver), row, old: Arc::clone(old), changed }
    }

    pub(super) fn compare(&self, old: &ResourceRecord, inputs: &Value) -> (Option<OnChange>, Vec<Path>) {
        let options = &self.node.options;
        let before = effective(&old.inputs, old.observed.as_ref());
        let found = compare_inputs(
            &**self.driver,
            before,
            inputs,
            &options.replace_on_changes,
            &options.ignore_changes,
        );
        (found.effect, found.diff.into_iter().map(|diff| diff.path).collect())
    }

    /// What was known when it was planned must still be so, and the inputs must be valid.
    pub(super) fn hold_to_plan(&self, step: &Step, inputs: &Value) -> Result<(), StepError> {
        self.hold_fields_to_plan(step, inputs, |_| true)
    }

    fn hold_fields_to_plan(
        &self,
        step: &Step,
        inputs: &Value,
        counts: impl Fn(&FieldSpec) -> bool,
    ) -> Result<(), StepError> {
        let mut fields = self.driver.spec().inputs.iter().filter(|field| counts(field));
        let other = fields.find(|field| !step.inputs.get(field.name).accepts(inputs.get(field.name)));
        if let Some(field) = other {
            return Err(StepError::Diverged {
                planned: format!("`{}` = {:?}", field.name, step.inputs.get(field.name)),
                actual: format!("{:?}", inputs.get(field.name)),
            });
        }
        self.check(inputs)
    }

    fn check(&self, inputs: &Value) -> Result<(), StepError> {
        match checked(&**self.driver, inputs).into_iter().next() {
            Some(fault) => Err(Error::invalid(fault.field, fault.message).into()),
            None => Ok(()),
        }
    }

    fn new_row(&self, inputs: Value, generation: u32) -> ResourceRecord {
        let node = self.node;
        ResourceRecord {
            urn: node.urn.clone(),
            token: self.token.clone(),
            type_token: self.driver.spec().type_token.to_owned(),
            provider: node.provider.to_string(),
            account: self.accounts.get(&*node.provider).cloned().unwrap_or_default(),
            id: String::new(),
            status: Status::Ready,
            inputs,
            outputs: Value::Null,
            observed: None,
            missing: false,
            triggers: self.triggers.clone(),
            dependencies: dependencies(self.graph, node),
            protect: node.options.protect,
            retain: node.options.retain_on_delete,
            generation,
            refreshed_at: self.now,
            modified_at: self.now,
            hooks: recorded_hooks(node, &[HookPhase::AfterCreate]),
        }
    }

    /// The row of an object that stays.
    pub(super) fn kept_row(&self, inputs: Value, old: &ResourceRecord) -> ResourceRecord {
        ResourceRecord {
            token: old.token.clone(),
            account: old.account.clone(),
            id: old.id.clone(),
            outputs: old.outputs.clone(),
            hooks: RecordedHooks { owed: still_owed(self.node, old), ..recorded_hooks(self.node, &[]) },
            ..self.new_row(inputs, old.generation)
        }
    }
}

/// What a node's row remembers when its step is done: the hooks of its deletion, and those of these
/// phases that come next.
pub(super) fn recorded_hooks(node: &GraphNode, next: &[HookPhase]) -> RecordedHooks {
    let owed = node.hooks.iter().filter(|used| next.contains(&used.phase)).cloned().collect();
    RecordedHooks { deletion: deletion_hooks(node), owed }
}

/// What a hook is told.
struct Told {
    row: ResourceRecord,
    old_inputs: Option<Value>,
    settled: Option<ResourceRecord>,
}

/// Before its step, unless that turns out to be another one.
fn told_before(phase: HookPhase, task: Task) -> Option<Told> {
    match (phase, task) {
        (HookPhase::BeforeCreate, Task::Create { row, .. }) => {
            Some(Told { row: *row, old_inputs: None, settled: None })
        }
        (HookPhase::BeforeUpdate, Task::Update { row, old, .. }) => {
            let old_inputs = Some(effective(&old.inputs, old.observed.as_ref()).clone());
            Some(Told { row: *row, old_inputs, settled: None })
        }
        _ => None,
    }
}

/// After its step, if that left the hook owed.
fn told_after(used: &HookUse, known: Option<&Known>) -> Option<Told> {
    let Some(Known::Row(row)) = known else { return None };
    if !row.hooks.owed.contains(used) {
        return None;
    }
    let mut settled = ResourceRecord::clone(row);
    settled.hooks.owed.retain(|owed| owed != used);
    Some(Told { row: ResourceRecord::clone(row), old_inputs: None, settled: Some(settled) })
}

/// Around a deletion. Those that come after it run one after another, so that this one and the ones
/// behind it are owed.
fn told_of_deletion(used: &HookUse, prior: &ResourceRecord) -> Told {
    let mut row = prior.clone();
    if used.phase == HookPhase::BeforeDelete {
        return Told { row, old_inputs: None, settled: None };
    }
    let after = |used: &&HookUse| used.phase == HookPhase::AfterDelete;
    let all = if prior.status == Status::Gone { &prior.hooks.owed } else { &prior.hooks.deletion };
    let behind = all.iter().filter(after).skip_while(|other| *other != used);
    let owed: Vec<HookUse> = behind.cloned().collect();
    row.status = Status::Gone;
    let mut settled = row.clone();
    settled.hooks = RecordedHooks { deletion: Vec::new(), owed: owed.iter().skip(1).cloned().collect() };
    row.hooks = RecordedHooks { deletion: Vec::new(), owed };
    Told { row, old_inputs: None, settled: Some(settled) }
}
