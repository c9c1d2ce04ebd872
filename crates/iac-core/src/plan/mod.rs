//! The planner: from what is wanted and what is known to the steps between. Pure and synchronous.

mod data_lost;
mod diff;
mod drift;
mod facts;
mod fault;
mod field_path;
mod follow;
mod handover;
mod hooks;
mod import;
mod name;
mod order;
mod planner;
mod protection;
mod rename;
mod scope;
mod select;
mod selected;
mod step;
mod wanted;

pub use facts::{Facts, NotCompared, NotComparedReason, ReadAt};
pub use fault::{PlanError, PlanFault};
pub use planner::{PlanOptions, plan};
pub use selected::{Part, Selected};
pub use step::{
    Drift, FieldDiff, Op, OutputChange, Plan, Recovered, Step, StepHook, StepIndex, Summary, Warning,
};

pub(crate) use diff::{compare_inputs, drifted, effective, merge_observed, worth_keeping};
pub(crate) use drift::{accepted, is_refreshed};
pub(crate) use facts::not_compared;
pub(crate) use fault::{other_account, other_accounts};
pub(crate) use hooks::{deletion_hooks, still_owed};
pub(crate) use import::{fill_write_only, imported_row, unrecorded};
pub(crate) use name::{TakenNames, physical_name};
pub(crate) use planner::{alias_urn, plan_with_late_reads};
pub(crate) use scope::stack_output;
pub(crate) use select::unknown_names;
pub(crate) use wanted::{dependencies, trigger_values, triggered, wanted_inputs};
