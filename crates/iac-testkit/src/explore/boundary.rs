//! [`Boundary`]: the moments that can be the last of a process. Knows nothing of who passes them.

use std::fmt;

/// What kind of moment a boundary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BoundaryKind {
    /// The lease was taken; nothing else has happened.
    LeaseTaken,
    /// A commit of the state is about to be made.
    CommitBefore,
    /// A commit is durable, and nobody knows yet.
    CommitAfter,
    /// The id of an object under construction is about to be made durable.
    CheckpointBefore,
    /// That id is durable.
    CheckpointAfter,
    /// A request is about to be sent.
    RequestBefore,
    /// A request that changes something was sent; the cloud carries it out only after the process
    /// is dead.
    RequestUnderWay,
    /// A request that changes something was carried out; its answer is not there yet.
    RequestEffect,
    /// The answer to a request that changes something is there; nothing was made of it yet.
    RequestAnswered,
    /// The lease is about to be given back.
    LeaseReturn,
}

impl BoundaryKind {
    /// The name in reports, such as `request_effect`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LeaseTaken => "lease_taken",
            Self::CommitBefore => "commit_before",
            Self::CommitAfter => "commit_after",
            Self::CheckpointBefore => "checkpoint_before",
            Self::CheckpointAfter => "checkpoint_after",
            Self::RequestBefore => "request_before",
            Self::RequestUnderWay => "request_under_way",
            Self::RequestEffect => "request_effect",
            Self::RequestAnswered => "request_answered",
            Self::LeaseReturn => "lease_return",
        }
    }
}

/// A moment at which a process can end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Boundary {
    /// The kind of moment.
    pub kind: BoundaryKind,
    /// What it is about: the rows of a commit, the request.
    pub subject: String,
}

impl Boundary {
    /// A boundary.
    ///
    /// ```
    /// use iac_testkit::explore::{Boundary, BoundaryKind};
    ///
    /// let boundary = Boundary::new(BoundaryKind::RequestEffect, "POST /v1/servers (web)");
    /// assert_eq!(
    ///     boundary.to_string(),
    ///     "after the effect of POST /v1/servers (web), before its answer"
    /// );
    /// ```
    pub fn new(kind: BoundaryKind, subject: impl Into<String>) -> Self {
        Self { kind, subject: subject.into() }
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        match self.kind {
            BoundaryKind::LeaseTaken => write!(f, "after taking the lease of {subject}"),
            BoundaryKind::CommitBefore => write!(f, "before the commit of [{subject}]"),
            BoundaryKind::CommitAfter => write!(f, "after the commit of [{subject}]"),
            BoundaryKind::CheckpointBefore => write!(f, "before the checkpoint of [{subject}]"),
            BoundaryKind::CheckpointAfter => write!(f, "after the checkpoint of [{subject}]"),
            BoundaryKind::RequestBefore => write!(f, "before {subject} is sent"),
            BoundaryKind::RequestUnderWay => write!(f, "while {subject} is under way"),
            BoundaryKind::RequestEffect => write!(f, "after the effect of {subject}, before its answer"),
            BoundaryKind::RequestAnswered => write!(f, "after the answer to {subject}"),
            BoundaryKind::LeaseReturn => write!(f, "before giving back the lease of {subject}"),
        }
    }
}
