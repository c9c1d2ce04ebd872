//! Ready-made policies, for [`Stack::policy`](crate::Stack::policy): functions that answer a rule. They
//! know no vendor: what a field is called comes from the type's field table or from a table that a
//! provider crate gives (`iac_hetzner::policies`).
//!
//! Every rule denies. [`warn`] makes one that is only shown of it, and [`except`] leaves resources out:
//!
//! ```
//! use iac_core::{Stack, StackError, policies};
//!
//! fn rules(stack: &Stack) -> Result<(), StackError> {
//!     stack.policy("labels", policies::labels_present(["team"]))?;
//!     stack.policy("protected-data", policies::warn(policies::data_protected()))?;
//!     stack.policy("few-regions", policies::values_among("location", ["nbg1", "fsn1"]))?;
//!     stack.policy("owner", policies::except(["legacy/web"], policies::labels_present(["owner"])))
//! }
//! # rules(&Stack::new("shop", "dev")?)?;
//! # Ok::<(), StackError>(())
//! ```
//!
//! What only the apply decides cannot be judged by a plan. A rule that needs such a value warns that it
//! could not look, and the next plan, which has the value, decides.

mod combine;
mod data;
mod fields;
mod labels;
mod ports;
mod walk;

pub use combine::{except, warn};
pub use data::data_protected;
pub use fields::{FieldRule, fields_hold, values_among};
pub use labels::{labels_present, labels_present_in};
pub use ports::{Ingress, no_port_from_world};

#[cfg(test)]
mod tests;
