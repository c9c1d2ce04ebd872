//! The rows of the state, with their values open ([`Value`]) or sealed for storage ([`Sealed`]).
//! Knows nothing of where rows are kept.

use serde::{Deserialize, Serialize};

use crate::error::ErrorKind;
use crate::hook::RecordedHooks;
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
    /// Deleted; hooks after the deletion have not run yet.
    Gone,
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
    /// When `inputs` and `outputs` were last known to be true. A stored row keeps the time of its
    /// last write; a later comparison that found it as recorded is a [`CheckRecord`], and a
    /// [`Snapshot`](crate::Snapshot) has the later one of both. 0 for an object that was adopted by
    /// its id and never read.
    pub refreshed_at: TimestampMs,
    /// When it was last created or changed by a run.
    pub modified_at: TimestampMs,
    /// The hooks of its deletion, and those that are still owed.
    pub hooks: RecordedHooks,
}

impl ResourceRecord {
    /// The texts of every secret in it, for taking them out of what others say of the resource.
    pub(crate) fn secret_texts(&self, into: &mut Vec<String>) {
        let values = [Some(&self.inputs), Some(&self.outputs), self.observed.as_ref(), Some(&self.triggers)];
        values.into_iter().flatten().for_each(|value| value.secret_texts(into));
    }

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
            hooks: self.hooks,
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
    /// Run a hook of the program.
    Hook,
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
    /// An apply of a plan towards what an earlier run left behind.
    Rollback,
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
    /// For a rollback: the run whose end it leads back to.
    pub rollback_to: Option<u64>,
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

/// A resource got another name, in the state or by an alias of the program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PastRename {
    /// The run that renamed it.
    pub run: u64,
    /// What it was called.
    pub from: Urn,
    /// What it was called from then on.
    pub to: Urn,
}

/// A stack as it was after a run: what a rollback is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRecord<V = Value> {
    /// The run; `None` where the history does not have it.
    pub run: Option<RunRecord>,
    /// The oldest run in the history; 0 where there is none.
    pub first_run: u64,
    /// The newest run in the history; 0 where there is none.
    pub last_run: u64,
    /// The wrapped data key, if the stack ever held a secret.
    pub key_envelope: Option<String>,
    /// The resource rows after the run, by URN, then token.
    pub resources: Vec<ResourceRecord<V>>,
    /// The exported outputs after the run, by name.
    pub exports: Vec<ExportRecord<V>>,
    /// What was renamed, before the run and after it, oldest first.
    pub renames: Vec<PastRename>,
}

impl<V> Default for PastRecord<V> {
    fn default() -> Self {
        Self {
            run: None,
            first_run: 0,
            last_run: 0,
            key_envelope: None,
            resources: Vec::new(),
            exports: Vec::new(),
            renames: Vec::new(),
        }
    }
}

/// One exported output.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRecord<V = Value> {
    /// The name.
    pub name: String,
    /// The value.
    pub value: V,
}

/// When all resources of a type in a provider instance were last compared with the cloud: one row in
/// place of one for each resource that was found as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRecord {
    /// The provider instance.
    pub provider: String,
    /// The type's token.
    pub type_token: String,
    /// When.
    pub at: TimestampMs,
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
    /// Every row of a type in a provider instance is as the cloud has it, or was written before in
    /// the same refresh. Replaces the earlier record of that type.
    Checked(CheckRecord),
    /// One row is as the cloud has it; a row that is not there is left alone.
    Seen {
        /// The logical name.
        urn: Urn,
        /// Which incarnation.
        token: String,
        /// When.
        at: TimestampMs,
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
    /// Puts the same value, sealed with another data key, into the place of the old text. The place
    /// MUST exist. Once the backend answers [`compact`](super::Backend::compact), the old text is gone.
    Reseal {
        /// Where it stands.
        cell: SealedCell,
        /// The new text.
        value: Sealed,
    },
    /// What the row is now, present or not, is what it is after `run`. Comes after the row's put or
    /// removal.
    Remember {
        /// The run that changed it.
        run: u64,
        /// The logical name.
        urn: Urn,
        /// Which incarnation.
        token: String,
        /// What the resource was called until this run, if it had another name.
        renamed_from: Option<Urn>,
    },
    /// What the exported outputs are now is what they are after `run`.
    RememberExports {
        /// The run that changed them.
        run: u64,
    },
    /// Begins the trace of a run that has begun: what each step of its plan waits for, as JSON.
    Outline {
        /// The run.
        run: u64,
        /// An array of arrays of step numbers.
        after: String,
    },
    /// Adds its events to the trace of a run, as JSON. Comes after its outline.
    Trace {
        /// The run.
        run: u64,
        /// An array; no secrets.
        events: String,
    },
    /// A call for a resource ended well and took so long.
    Took {
        /// The run.
        run: u64,
        /// The resource.
        urn: Urn,
        /// What was done, as in [`DurationRecord::op`](super::DurationRecord::op).
        op: String,
        /// For how long, in milliseconds.
        ms: u64,
    },
    /// Drops the history of every run before this one, down to what later runs still need. None of
    /// the dropped runs may have an open journal row.
    Prune {
        /// The oldest run to keep.
        before: u64,
    },
}

/// A place in the state where a sealed value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealedCell {
    /// In a resource row.
    Resource {
        /// The logical name.
        urn: Urn,
        /// Which incarnation.
        token: String,
        /// Which value.
        column: RowColumn,
    },
    /// In an open journal row.
    Journal {
        /// Which step.
        key: JournalKey,
        /// Which value.
        column: RowColumn,
    },
    /// An exported output.
    Export {
        /// Its name.
        name: String,
    },
    /// In a row of the past.
    PastResource {
        /// The logical name.
        urn: Urn,
        /// Which incarnation.
        token: String,
        /// The run since which it stands.
        from_run: u64,
        /// Which value.
        column: RowColumn,
    },
    /// An exported output of the past.
    PastExport {
        /// Its name.
        name: String,
        /// The run since which it stands.
        from_run: u64,
    },
    /// In a step of the history.
    Step {
        /// Which step.
        key: JournalKey,
        /// Which value.
        column: StepColumn,
    },
}

/// The values of a resource row and of the row that a journal row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowColumn {
    /// [`ResourceRecord::inputs`].
    Inputs,
    /// [`ResourceRecord::outputs`].
    Outputs,
    /// [`ResourceRecord::observed`].
    Observed,
    /// [`ResourceRecord::triggers`].
    Triggers,
}

impl RowColumn {
    pub(crate) const ALL: [Self; 4] = [Self::Inputs, Self::Outputs, Self::Observed, Self::Triggers];

    /// The name that ciphertexts are bound to, and the column's.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Inputs => "inputs",
            Self::Outputs => "outputs",
            Self::Observed => "observed",
            Self::Triggers => "triggers",
        }
    }

    /// The value of `row`, if it has one.
    pub(crate) fn of<V>(self, row: &ResourceRecord<V>) -> Option<&V> {
        match self {
            Self::Inputs => Some(&row.inputs),
            Self::Outputs => Some(&row.outputs),
            Self::Observed => row.observed.as_ref(),
            Self::Triggers => Some(&row.triggers),
        }
    }

    /// The place of the value in `row`, if it has one.
    pub(crate) fn place<V>(self, row: &mut ResourceRecord<V>) -> Option<&mut V> {
        match self {
            Self::Inputs => Some(&mut row.inputs),
            Self::Outputs => Some(&mut row.outputs),
            Self::Observed => row.observed.as_mut(),
            Self::Triggers => Some(&mut row.triggers),
        }
    }
}

/// The values of a step in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepColumn {
    /// [`StepRecord::before`].
    Before,
    /// [`StepRecord::after`].
    After,
}

impl StepColumn {
    pub(crate) const ALL: [Self; 2] = [Self::Before, Self::After];

    /// The name that ciphertexts are bound to.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }

    /// The value of `step`, if it has one.
    pub(crate) fn of<V>(self, step: &StepRecord<V>) -> Option<&V> {
        match self {
            Self::Before => step.before.as_ref(),
            Self::After => step.after.as_ref(),
        }
    }

    /// The place of the value in `step`, if it has one.
    pub(crate) fn place<V>(self, step: &mut StepRecord<V>) -> Option<&mut V> {
        match self {
            Self::Before => step.before.as_mut(),
            Self::After => step.after.as_mut(),
        }
    }
}

impl<V> Write<V> {
    /// Whether it changes resources or exports, and so the serial. That nothing changed is no change.
    /// Under another key it is one: a plan made before has fingerprints that no value has any more.
    pub(super) fn counts(&self) -> bool {
        matches!(self, Self::Put(_) | Self::Remove { .. } | Self::Exports(_) | Self::Reseal { .. })
    }
}

/// What one run said while it ran: what its steps' rows do not tell. Read through
/// [`Engine::run_events`](crate::Engine::run_events).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceRecord {
    /// See [`Write::Outline`]; `None` for a run without a plan, and of older versions.
    pub after: Option<String>,
    /// See [`Write::Trace`]; `None` for a run that did not end.
    pub events: Option<String>,
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
    /// When types were last compared with the cloud, by provider instance, then type.
    pub checks: Vec<CheckRecord>,
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
            checks: Vec::new(),
        }
    }
}
