//! [`Plan`] and [`Step`]: what will be done, as data. Knows nothing of how it is found or done.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::selected::Selected;
use crate::cost::PlanCost;
use crate::hook::HookUse;
use crate::resource::ReplaceOrder;
use crate::state::{ResourceRecord, StackId, TimestampMs};
use crate::urn::Urn;
use crate::value::{Path, Value};

/// The number of a step in its plan.
pub type StepIndex = u32;

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Op {
    /// Writes the state only: a renamed resource, lifted protection, other dependencies.
    Record,
    /// Records an object that exists already and is as wanted. Changes nothing in the cloud.
    Import,
    /// Reads data whose query is only known during the apply.
    Read,
    /// Creates an object.
    Create,
    /// Changes an object in place.
    Update,
    /// Creates the new half of a replacement.
    CreateReplacement,
    /// Deletes the old half of a replacement.
    DeleteReplaced,
    /// Deletes an object.
    Delete,
    /// Drops the state of an object that stays in the cloud.
    Forget,
    /// Runs a hook of the program, before or after another step of the resource.
    Hook,
    /// Writes the state only: what the cloud has becomes what is recorded.
    Accept,
}

impl Op {
    /// The operation as it appears in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Import => "import",
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::CreateReplacement => "create_replacement",
            Self::DeleteReplaced => "delete_replaced",
            Self::Delete => "delete",
            Self::Forget => "forget",
            Self::Hook => "hook",
            Self::Accept => "accept",
        }
    }

    /// Whether it ends the life of an object in the cloud.
    pub fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteReplaced)
    }
}

/// One differing field.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FieldDiff {
    /// Where.
    pub path: Path,
    /// The value there is; null if none.
    pub old: Value,
    /// The value wanted; null if none, unknown if a dependency decides it during the apply.
    pub new: Value,
    /// Whether this field alone makes it a replacement.
    pub replaces: bool,
}

/// Which hook a step runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepHook {
    /// The hook and when it runs.
    #[serde(flatten)]
    pub used: HookUse,
    /// The step it runs before or after; none for one that an earlier run left owed after a deletion.
    pub of: Option<StepIndex>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// Its number: a step comes after every step it waits for.
    pub index: StepIndex,
    /// The resource.
    pub urn: Urn,
    /// The type's token.
    pub type_token: String,
    /// The provider instance.
    pub provider: String,
    /// What is done.
    pub op: Op,
    /// For the halves of a replacement: which comes first.
    pub replace_order: Option<ReplaceOrder>,
    /// For the new half of a replacement: whether it is replaced whatever its inputs turn out to
    /// be.
    pub forced: bool,
    /// Why, one short sentence each.
    pub reasons: Vec<String>,
    /// The hook it runs, if it is one.
    pub hook: Option<StepHook>,
    /// The fields that differ (update, create replacement, accept).
    pub diff: Vec<FieldDiff>,
    /// The inputs as far as they are known; null for deletes.
    pub inputs: Value,
    /// The steps that must be done before.
    pub after: Vec<StepIndex>,
    /// When the row it starts from was last read, unless that was just before planning. In
    /// milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<TimestampMs>,
    /// The row it starts from: what is updated, replaced or deleted.
    #[serde(skip)]
    pub prior: Option<Arc<ResourceRecord>>,
}

/// A difference between the recorded state and the cloud that nobody planned.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Drift {
    /// The resource.
    pub urn: Urn,
    /// Whether it is gone.
    pub missing: bool,
    /// The fields that differ; `old` as recorded, `new` as the cloud has it.
    pub diff: Vec<FieldDiff>,
}

/// Something the user should know before approving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Warning {
    /// The resource, if it is about one.
    pub urn: Option<Urn>,
    /// The field, if it is about one.
    pub field: Option<String>,
    /// A lowercase sentence.
    pub message: String,
    /// Whether applying the plan loses data that nothing can make again.
    pub loses_data: bool,
}

/// An exported output that will change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OutputChange {
    /// The name.
    pub name: String,
    /// The value now; null if none.
    pub old: Value,
    /// The value afterwards; null if it goes.
    pub new: Value,
}

/// How many resources get which treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Created.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Replaced.
    pub replace: usize,
    /// Deleted, without those replaced.
    pub delete: usize,
    /// Read during the apply.
    pub read: usize,
    /// Changed in the state only, or forgotten.
    pub record: usize,
    /// Hooks that run.
    pub hook: usize,
    /// Recorded as an object that exists already, without a change.
    pub import: usize,
    /// Left as they are.
    pub same: usize,
}

/// What became of a call that an interrupted run had begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Recovered {
    /// The resource.
    pub urn: Urn,
    /// What the run was doing: `create`, `update`, `delete` or `hook`.
    pub op: String,
    /// What was found, and what follows from it.
    pub finding: String,
}

/// What an apply will do. Made by [`plan`](crate::plan()); the same inputs give the same plan, byte
/// for byte.
///
/// Its JSON form marks secrets and unknown values and never shows them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
#[must_use]
pub struct Plan {
    /// The stack.
    pub stack: StackId,
    /// The state's serial it was made from.
    pub parent_serial: u64,
    /// Whether it plans towards nothing.
    pub destroy: bool,
    /// Whether it only takes what the cloud has as the recorded state, and changes nothing there.
    pub refresh_only: bool,
    /// The steps; each comes after the ones it waits for.
    pub steps: Vec<Step>,
    /// What was settled, before planning, of runs that were interrupted.
    pub recovered: Vec<Recovered>,
    /// Differences between state and cloud.
    pub drift: Vec<Drift>,
    /// Things to know before approving.
    pub warnings: Vec<Warning>,
    /// Exported outputs that will change.
    pub outputs: Vec<OutputChange>,
    /// Resources that targets or excludes draw in or leave out although nobody named them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selection: Vec<Selected>,
    /// How old the facts are that it was made from.
    pub facts: Facts,
    /// Counts.
    pub summary: Summary,
    /// What the stack costs a month, before and after.
    #[serde(skip_serializing_if = "is_untold")]
    pub cost: PlanCost,
    /// The data it was made from, so that the apply sees the same.
    #[serde(skip)]
    pub(crate) reads: Arc<BTreeMap<Urn, Value>>,
    /// The accounts it was made for, by provider instance.
    #[serde(skip)]
    pub(crate) accounts: Arc<BTreeMap<String, String>>,
}

fn is_untold(cost: &PlanCost) -> bool {
    !cost.is_known()
}

impl Plan {
    /// Whether an apply would change anything in the cloud or in the state.
    pub fn has_changes(&self) -> bool {
        !self.steps.is_empty() || !self.outputs.is_empty()
    }

    /// The rows were compared with the cloud just before, so that no age is worth telling.
    pub(crate) fn compared(&mut self) {
        let not_compared = std::mem::take(&mut self.facts.not_compared);
        self.facts = Facts { compared: true, not_compared, ..Facts::default() };
        self.steps.iter_mut().for_each(|step| step.read_at = None);
    }

    /// The step `index`.
    pub fn step(&self, index: StepIndex) -> Option<&Step> {
        self.steps.get(index as usize)
    }
}
