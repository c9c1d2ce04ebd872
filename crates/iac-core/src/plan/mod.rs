//! The planner: from what is wanted and what is known to the steps between. Pure and synchronous.

mod diff;
mod fault;
mod import;
mod name;
mod order;
mod planner;
mod rename;
mod scope;
mod select;
mod step;
mod wanted;

pub use fault::{PlanError, PlanFault};
pub use planner::{PlanOptions, plan};
pub use step::{Drift, FieldDiff, Op, OutputChange, Plan, Step, StepIndex, Summary, Warning};

pub(crate) use diff::{compare_inputs, drifted, effective, merge_observed, worth_keeping};
pub(crate) use fault::{other_account, other_accounts};
pub(crate) use import::{fill_write_only, imported_row, unrecorded};
pub(crate) use name::TakenNames;
pub(crate) use scope::stack_output;
pub(crate) use wanted::{dependencies, trigger_values, triggered, wanted_inputs};
