//! The planner: from what is wanted and what is known to the steps between. Pure and synchronous.

mod diff;
mod name;
mod order;
mod planner;
mod rename;
mod scope;
mod select;
mod step;

pub use planner::{PlanError, PlanFault, PlanOptions, plan};
pub use step::{Drift, FieldDiff, Op, OutputChange, Plan, Step, StepIndex, Summary, Warning};

pub(crate) use diff::{compare_inputs, drifted, effective, merge_observed, worth_keeping};
pub(crate) use name::TakenNames;
pub(crate) use planner::{
    dependencies, other_account, other_accounts, trigger_values, triggered, wanted_inputs,
};
pub(crate) use scope::stack_output;
