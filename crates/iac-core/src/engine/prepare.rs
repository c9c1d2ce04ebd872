//! Evaluates a step again with real values, just before it runs, and holds it to the plan: the
//! same effect or a weaker one. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::known::KnownScope;
use crate::error::{Error, ErrorKind};
use crate::graph::{Graph, GraphNode, Maker};
use crate::plan::{
    Op, Step, TakenNames, compare_inputs, dependencies, effective, trigger_values, triggered, unrecorded,
    wanted_inputs,
};
use crate::provider::{Driver, DriverChange, Reader};
use crate::resource::{OnChange, ReplaceOrder};
use crate::state::{ResourceRecord, Status, TimestampMs};
use crate::value::{Path, Value};

/// Why a step was not done.
#[derive(Debug, Clone, Serialize)]
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
    /// The row stays in use after all.
    Keep,
}

impl Task {
    /// The change an update hands to its driver.
    pub(super) fn change(row: &ResourceRecord, old: &ResourceRecord, changed: &[Path]) -> DriverChange {
        let before = effective(&old.inputs, old.observed.as_ref()).clone();
        DriverChange::new(before, row.inputs.clone(), old.outputs.clone(), changed.to_vec())
    }

    /// Every secret text that the step works with, so that no error can repeat one.
    pub(super) fn secret_texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        let mut row = |row: &ResourceRecord| {
            row.inputs.secret_texts(&mut texts);
            row.outputs.secret_texts(&mut texts);
        };
        match self {
            Self::Create { row: new, old, .. } => {
                row(new);
                old.iter().for_each(|old| row(old));
            }
            Self::Update { row: new, old, .. } | Self::Record { row: new, old } => {
                row(new);
                row(old);
            }
            Self::Delete { row: old, .. } | Self::Forget { row: old } => row(old),
            Self::Import { row: new } => row(new),
            Self::Read { query, .. } => query.secret_texts(&mut texts),
            Self::Keep => {}
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
    pub(super) taken: TakenNames,
    /// Tokens of rows whose replacement turned out not to be needed.
    pub(super) kept: Vec<String>,
}

impl Preparer<'_> {
    /// The task of `step`, evaluated now.
    pub(super) fn prepare(
        &mut self,
        step: &Step,
        known: &KnownScope<'_>,
        token: String,
        now: TimestampMs,
    ) -> Result<Prepared, StepError> {
        if let (Op::Delete | Op::DeleteReplaced | Op::Forget, Some(row)) = (step.op, &step.prior) {
            return self.ending(step, row);
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
pub(super) struct Fresh<'a> {
    graph: &'a Graph,
    accounts: &'a BTreeMap<String, String>,
    taken: &'a TakenNames,
    pub(super) node: &'a GraphNode,
    pub(super) driver: &'a Arc<dyn Driver>,
    triggers: Value,
    pub(super) token: String,
    pub(super) now: TimestampMs,
}

impl Fresh<'_> {
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
                self.check(&inputs)?;
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
        let row = Box::new(self.kept_row(inputs, old));
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
        let fields = self.driver.spec().inputs;
        let other = fields.iter().find(|field| !step.inputs.get(field.name).accepts(inputs.get(field.name)));
        if let Some(field) = other {
            return Err(StepError::Diverged {
                planned: format!("`{}` = {:?}", field.name, step.inputs.get(field.name)),
                actual: format!("{:?}", inputs.get(field.name)),
            });
        }
        self.check(inputs)
    }

    fn check(&self, inputs: &Value) -> Result<(), StepError> {
        match self.driver.check(inputs).into_iter().next() {
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
        }
    }

    /// The row of an object that stays.
    pub(super) fn kept_row(&self, inputs: Value, old: &ResourceRecord) -> ResourceRecord {
        ResourceRecord {
            token: old.token.clone(),
            account: old.account.clone(),
            id: old.id.clone(),
            outputs: old.outputs.clone(),
            ..self.new_row(inputs, old.generation)
        }
    }
}
