//! The core of the engine: values, outputs, the resource graph, the planner, the executor, the
//! journaled state. It never prints, prompts, reads the environment or talks to a network.
//!
//! A program declares resources on a [`Stack`]; [`Stack::freeze`] gives a [`Graph`]; an [`Engine`] plans
//! and applies it against a [`state::Backend`]. Whoever writes a provider begins at [`Resource`] and
//! [`Provider`]. Programs use all of it through the crate `iac`, whose
//! [guide](../iac/guide/index.html) has a page for each behaviour.

mod caught;
mod clock;
pub mod cost;
pub mod duration;
mod engine;
mod error;
mod event;
mod expr;
mod field;
mod graph;
mod hash;
mod hook;
mod id;
mod input;
mod options;
mod output;
mod plan;
pub mod policies;
mod policy;
pub mod provider;
pub mod random;
mod resource;
mod rust_type;
mod scrub;
mod sealed;
mod secret;
#[cfg(feature = "schema")]
mod secret_schema;
mod snapshot;
mod spelled;
mod stack;
pub mod state;
mod transform;
mod urn;
mod value;

pub use caught::panic_is_reported;
pub use clock::{Clock, SystemClock, utc};
pub use engine::{
    Adoption, Ambiguous, ApplyOptions, Budget, Cancel, Declared, Engine, EngineBuilder, EngineError,
    Expected, ExpectedStep, Finding, FindingSeverity, FindingSubject, FoundObject, HISTORY_RUNS_DEFAULT,
    Health, ImportFilter, ImportOptions, ImportReport, Imported, KeyRotation, Outcome, PARALLELISM_DEFAULT,
    PastEvents, ProbeAnswer, ProviderProbe, RefreshOptions, RefreshReport, Rollback, RotateKeys, StepError,
    StepFailure,
};
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, NoReporter, Reporter};
pub use expr::NodeRef;
pub use field::{Equality, FieldSpec, FieldType, Plain, Scalar};
pub use graph::Graph;
pub use hook::{Hook, HookContext, HookPhase, HookUse, RecordedHooks};
pub use iac_macros::{FieldType, Inputs, Outputs};
pub use id::Id;
pub use input::{Input, IntoInput};
pub use options::{Options, STEP_TIMEOUT_DEFAULT};
pub use output::{IntoSecretText, IntoText, Output, TextValue};
pub use plan::{
    Drift, Facts, FieldDiff, NotCompared, NotComparedReason, Op, OutputChange, Part, Plan, PlanError,
    PlanFault, PlanOptions, ReadAt, Recovered, Selected, Step, StepHook, StepIndex, Summary, Warning, plan,
};
pub use policy::{PlannedResource, PolicyView, Severity, Violation};
pub use provider::{Cx, Marker, Progress, Provider, ProviderInstance, Types};
pub use resource::{
    Args, Change, Created, DataSource, Fault, FieldChange, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource,
};
pub use rust_type::{RustType, RustVariant};
pub use sealed::{
    BuildId, OpenedPlan, PLAN_FILE_LENGTH_MAX, PLAN_FORMAT, PlanFileError, PlanHeader, Replacing, SealedPlan,
};
pub use secret::Secret;
#[cfg(feature = "schema")]
pub use secret_schema::SECRET_SCHEMA_KEYWORD;
pub use snapshot::Snapshot;
pub use stack::{Handle, IntoExport, Stack, StackError};
pub use transform::Declaration;
pub use urn::{NAME_LENGTH_MAX, Urn, UrnError};
pub use value::{Path, Value, ValueError, ValueMap, from_value, to_value};

/// For generated code and macros; not part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::expr::NodeRef;
    pub use crate::output::{concat_secret_text, concat_text, count_placeholders};
    pub use crate::resource::{FieldExprs, FieldGiven, Given};
    pub use crate::scrub::{MARK, SECRET_LENGTH_MIN, Scrub};
}
