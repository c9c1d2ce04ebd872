//! Why the engine could not do what it was asked.

use crate::error::Error;
use crate::plan::PlanError;
use crate::sealed::PlanFileError;
use crate::state::{BackendError, DocumentError, StackId, StateError};
use crate::urn::Urn;

/// An error of the engine as a whole. Errors of single steps are in the
/// [`Outcome`](super::Outcome).
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The state cannot be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A plan file cannot be used, or does not hold any more.
    #[error(transparent)]
    PlanFile(#[from] PlanFileError),
    /// Another call of this engine is working on the stack.
    #[error("stack {stack} is in use by another call of this engine; wait until it ends")]
    Busy {
        /// The stack.
        stack: StackId,
    },
    /// The state changed after the plan was made.
    #[error("the plan was made from state {planned}, and the state is now {found}; plan again")]
    StalePlan {
        /// The serial the plan was made from.
        planned: u64,
        /// The serial found.
        found: u64,
    },
    /// The plan is beyond the budget; nothing was done.
    #[error("the plan is beyond the budget, and nothing was done: {}; make the change smaller, or raise the budget", .0.join("; "))]
    OverBudget(Vec<String>),
    /// A provider refused its credentials or cannot be reached.
    #[error("provider instance {instance:?}: {error}{}", way_out(.error))]
    Provider {
        /// The instance.
        instance: String,
        /// Why.
        error: Error,
    },
    /// A read, a refresh or a look-up after a crash failed.
    #[error("{urn}: {error}{}", way_out(.error))]
    Resource {
        /// The resource.
        urn: Urn,
        /// Why.
        error: Error,
    },
    /// A create of an earlier run may or may not have happened, and the API cannot tell.
    #[error(
        "{urn}: an earlier run began to create it and it is uncertain whether it exists; candidates: {}; \
         import the right one with `import {path} ID`; or delete it in the cloud and forget the attempt with \
         `state rm {path}`",
        if .candidates.is_empty() { "none found".to_owned() } else { .candidates.join(", ") },
        path = .urn.path()
    )]
    Uncertain {
        /// The resource.
        urn: Urn,
        /// The physical ids that may be it.
        candidates: Vec<String>,
    },
    /// An earlier run's open call cannot be resolved because the program lacks the provider.
    #[error(
        "{urn}: an earlier run was interrupted while it worked on this resource, and the program registers no \
         provider instance {provider:?} with its type; register it as before and run again"
    )]
    NoDriver {
        /// The resource.
        urn: Urn,
        /// The instance its row names.
        provider: String,
    },
    /// A run that cannot be rolled back to.
    #[error("cannot roll back to run {run}: {reason}")]
    NoRollback {
        /// The run.
        run: u64,
        /// Why not, with the way out.
        reason: String,
    },
    /// An interrupted run left calls open, so nobody knows yet what there is.
    #[error(
        "an interrupted run left {} of stack {stack} open, of {}; run `plan`, which finds out what became of it, and \
         try again",
        if .urns.len() == 1 { "a call".to_owned() } else { format!("{} calls", .urns.len()) },
        .urns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    Open {
        /// The stack.
        stack: StackId,
        /// The resources that were worked on.
        urns: Vec<Urn>,
    },
    /// A state document that cannot be used.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A command names something that the stack does not have.
    #[error("{0}")]
    NoSuchResource(String),
    /// Data that depends on data that depends on data.
    #[error("data reads depend on each other more than {rounds} levels deep; shorten the chain")]
    TooManyReads {
        /// The bound.
        rounds: usize,
    },
}

fn way_out(error: &Error) -> String {
    error.way_out().map(|hint| format!("\n  to go on: {hint}")).unwrap_or_default()
}

impl From<BackendError> for EngineError {
    fn from(error: BackendError) -> Self {
        Self::State(error.into())
    }
}

impl EngineError {
    /// Without any of `secrets` in what a provider said.
    pub(super) fn scrub(self, secrets: &[String]) -> Self {
        match self {
            Self::Provider { instance, error } => Self::Provider { instance, error: error.scrub(secrets) },
            Self::Resource { urn, error } => Self::Resource { urn, error: error.scrub(secrets) },
            other => other,
        }
    }

    /// Whether the lease was lost or is held by another run.
    pub fn is_lease(&self) -> bool {
        matches!(
            self,
            Self::State(StateError::Backend(BackendError::Leased { .. } | BackendError::LeaseLost(_)))
        )
    }
}
