//! Sealed plans: a plan as an encrypted, authenticated file that is shown and applied later, by
//! another process. Knows nothing of how a plan is made or applied.
//!
//! [`Engine::seal_plan`](crate::Engine::seal_plan) makes one,
//! [`Engine::open_plan`](crate::Engine::open_plan) reads it back and
//! [`Engine::apply_opened`](crate::Engine::apply_opened) does what it says, if it still holds.

mod build_id;
mod check;
mod content;
mod disk;
mod error;
mod fingerprint;
mod form;
mod layout;
mod opened;
#[cfg(test)]
mod tests;

pub use build_id::BuildId;
pub use disk::Replacing;
pub use error::PlanFileError;
pub use layout::{PLAN_FILE_LENGTH_MAX, PLAN_FORMAT, PlanHeader, SealedPlan};
pub use opened::OpenedPlan;

pub(crate) use content::Content;
pub(crate) use layout::SealError;
