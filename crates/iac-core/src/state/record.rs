//! The rows of the state, with their values open ([`Value`]) or sealed for storage ([`Sealed`]).
//! Knows nothing of where rows are kept.

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;
use crate::urn::Urn;
use crate::value::Value;

/// Milliseconds since 1970-01-01 UTC.
pub type TimestampMs = i64;

/// Which stack of which project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StackId {
    /// The project's name.
    pub project: String,
    /// The stack's name.
    pub stack: String,
}

impl StackId {
    /// A stack of a project.
    pub fn new(project: impl Into<String>, stack: impl Into<String>) -> Self {
        Self { project: project.into(), stack: stack.into() }
    }
}

impl std::fmt::Display for StackId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.project, self.stack)
    }
}

/// A value as JSON text in which every secret is encrypted: what a backend may store.
///
/// Made only by [`Codec::seal`](crate::state::Codec::seal).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub(crate) String);

impl Sealed {
    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// A text that was stored; opening it checks it.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }
}

/// How far a resource has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// In use.
    Ready,
    /// Its creation failed after the object existed; it is replaced or deleted next.
    Incomplete,
    /// The old half of a replacement, still to be deleted.
    PendingDelete,
}

/// One object in the cloud that this stack owns.
///
/// Rows are keyed by stack, URN and [`token`](ResourceRecord::token): during a replacement a URN
/// has two.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceRecord<V = Value> {
    /// The logical name.
    pub urn: Urn,
    /// Which incarnation: random, given to the cloud as marker, never reused.
    pub token: String,
    /// The type's token.
    pub type_token: String,
    /// The provider instance it lives in.
    pub provider: String,
    /// The account behind that instance when it was created.
    pub account: String,
    /// The physical id.
    pub id: String,
    /// How far it has come.
    pub status: Status,
    /// The inputs last applied, fully resolved.
    pub inputs: V,
    /// The outputs last seen.
    pub outputs: V,
    /// The inputs the cloud had at the last refresh, where they differ from `inputs`.
    pub observed: Option<V>,
    /// Whether the last refresh found it gone.
    pub missing: bool,
    /// The replace triggers it was made with.
    pub triggers: V,
    /// The URNs it needs directly.
    pub dependencies: Vec<Urn>,
    /// Whether it is protected.
    pub protect: bool,
    /// Whether a delete leaves the object in the cloud.
    pub retain: bool,
    /// How often it was replaced, from 0.
    pub generation: u32,
    /// When `inputs` and `outputs` were last known to be true; 0 for an object that was adopted by
    /// its id and never read.
    pub refreshed_at: TimestampMs,
    /// When it was last created or changed by a run.
    pub modified_at: TimestampMs,
}

impl ResourceRecord {
    /// Whether the row was adopted by its id alone and nothing was ever read of its object. The next
    /// plan reads it, whatever it is told about refreshing.
    pub fn is_unread(&self) -> bool {
        self.refreshed_at == 0 && self.outputs == Value::Null && self.status == Status::Ready
    }
}

impl<V> ResourceRecord<V> {
    /// The same row with its values turned by `f`, which gets each value's column name.
    pub(crate) fn try_map<W, E>(
        self,
        mut f: impl FnMut(&Urn, &str, V) -> Result<W, E>,
    ) -> Result<ResourceRecord<W>, E> {
        let inputs = f(&self.urn, "inputs", self.inputs)?;
        let outputs = f(&self.urn, "outputs", self.outputs)?;
        let observed = self.observed.map(|value| f(&self.urn, "observed", value)).transpose()?;
        let triggers = f(&self.urn, "triggers", self.triggers)?;
        Ok(ResourceRecord {
            inputs,
            outputs,
            observed,
            triggers,
            urn: self.urn,
            token: self.token,
            type_token: self.type_token,
            provider: self.provider,
            account: self.account,
            id: self.id,
            status: self.status,
            missing: self.missing,
            dependencies: self.dependencies,
            protect: self.protect,
            retain: self.retain,
            generation: self.generation,
            refreshed_at: self.refreshed_at,
            modified_at: self.modified_at,
        })
    }
}

/// What a journal row is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JournalOp {
    /// Create an object.
    Create,
    /// Change an object in place.
    Update,
    /// Delete an object.
    Delete,
}

/// The key of a journal row: the run and the number of the step in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JournalKey {
    /// The run, counted from 1 in each stack.
    pub run: u64,
    /// The step's number in the run's plan.
    pub step: u32,
}

/// A mutating call that was begun. While the row exists, its effect is not known to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalRecord<V = Value> {
    /// Which step of which run.
    pub key: JournalKey,
    /// What it was about to do.
    pub op: JournalOp,
    /// The physical id: known from the start for update and delete, checkpointed for create.
    pub id: Option<String>,
    /// The resource as it will be recorded when the call succeeds (create, update), or as it was
    /// (delete). For a create `id` is empty and `outputs` null.
    pub resource: ResourceRecord<V>,
    /// When it was begun.
    pub begun_at: TimestampMs,
}

/// What a run was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunKind {
    /// An apply of a plan towards the program.
    Apply,
    /// An apply of a plan towards nothing.
    Destroy,
    /// A refresh.
    Refresh,
    /// An import or another change of the state alone.
    State,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunStatus {
    /// Not ended, or ended without a word (a crash).
    Running,
    /// Everything was done.
    Succeeded,
    /// Some steps failed or were skipped.
    Failed,
    /// The user stopped it.
    Cancelled,
}

/// One run in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run's number in its stack, from 1.
    pub run: u64,
    /// What it was for.
    pub kind: RunKind,
    /// How it ended.
    pub status: RunStatus,
    /// When it began.
    pub started_at: TimestampMs,
    /// When it ended.
    pub ended_at: Option<TimestampMs>,
    /// Who ran it: user and host, for people.
    pub holder: String,
}

/// One executed step in the history.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord<V = Value> {
    /// Which step of which run.
    pub key: JournalKey,
    /// The resource.
    pub urn: Urn,
    /// What was done, for example `create`.
    pub op: String,
    /// When it began.
    pub started_at: TimestampMs,
    /// When it ended.
    pub ended_at: TimestampMs,
    /// The error's kind and text, if it failed.
    pub error: Option<(ErrorKind, String)>,
    /// The inputs before the step.
    pub before: Option<V>,
    /// The inputs after the step.
    pub after: Option<V>,
}

/// One exported output.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRecord<V = Value> {
    /// The name.
    pub name: String,
    /// The value.
    pub value: V,
}

/// One change of the state. A commit applies a list of them atomically.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Write<V = Value> {
    /// A mutating call is about to be made. Durable before the request leaves.
    Begin(Box<JournalRecord<V>>),
    /// The physical id of an object under construction is known.
    Checkpoint {
        /// Which step.
        key: JournalKey,
        /// The id.
        id: String,
    },
    /// The call's effect is recorded (in the same commit) or known not to have happened.
    End {
        /// Which step.
        key: JournalKey,
    },
    /// Inserts or replaces a resource row.
    Put(Box<ResourceRecord<V>>),
    /// Removes a resource row.
    Remove {
        /// The logical name.
        urn: Urn,
        /// Which incarnation.
        token: String,
    },
    /// Replaces all exported outputs of the stack.
    Exports(Vec<ExportRecord<V>>),
    /// Begins a run.
    RunBegin(RunRecord),
    /// Ends a run.
    RunEnd {
        /// The run.
        run: u64,
        /// How it ended.
        status: RunStatus,
        /// When.
        at: TimestampMs,
    },
    /// Adds a step to the history.
    Step(Box<StepRecord<V>>),
    /// Replaces the stack's wrapped data key.
    KeyEnvelope(String),
}

impl<V> Write<V> {
    /// Whether it changes resources or exports, and so the serial.
    pub(super) fn counts(&self) -> bool {
        matches!(self, Self::Put(_) | Self::Remove { .. } | Self::Exports(_))
    }
}

/// Everything the state knows of one stack.
#[derive(Debug, Clone, PartialEq)]
pub struct StateRecord<V = Value> {
    /// Counts the commits that changed resources or exports; 0 for a stack never written.
    pub serial: u64,
    /// The last run's number; 0 before the first.
    pub last_run: u64,
    /// The wrapped data key, if the stack ever held a secret.
    pub key_envelope: Option<String>,
    /// All resource rows, by URN, then token.
    pub resources: Vec<ResourceRecord<V>>,
    /// All open journal rows, by key.
    pub journal: Vec<JournalRecord<V>>,
    /// All exported outputs, by name.
    pub exports: Vec<ExportRecord<V>>,
}

impl<V> Default for StateRecord<V> {
    fn default() -> Self {
        Self {
            serial: 0,
            last_run: 0,
            key_envelope: None,
            resources: Vec::new(),
            journal: Vec::new(),
            exports: Vec::new(),
        }
    }
}
