//! Calls to the fake cloud, and what a test may do to them. Knows nothing of objects.

use iac_core::{Error, ErrorKind};

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CallOp {
    /// Asks for the account.
    Account,
    /// Creates an object.
    Create,
    /// Reads an object.
    Read,
    /// Changes an object.
    Update,
    /// Deletes an object.
    Delete,
    /// Lists one page of a type.
    List,
    /// Searches for what a create left behind.
    Find,
    /// Reads data.
    Data,
}

/// A moment within a call at which it can fail, be held, or be cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Moment {
    /// The request has not arrived; it has no effect.
    Before,
    /// The effect has happened and the answer is not there yet. For a create: before its
    /// checkpoint.
    Effect,
    /// A create has checkpointed its id and waits for the object to be ready.
    Checkpointed,
}

/// One call as the cloud saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// What it did.
    pub op: CallOp,
    /// The type's token; empty for [`CallOp::Account`].
    pub kind: &'static str,
    /// The path of the resource's URN (`edge/web`).
    pub path: String,
    /// The object, where the call named one.
    pub id: Option<String>,
}

impl Call {
    pub(super) fn new(op: CallOp, kind: &'static str, path: impl Into<String>, id: Option<&str>) -> Self {
        Self { op, kind, path: path.into(), id: id.map(str::to_owned) }
    }

    /// Whether it can change the cloud.
    pub fn mutates(&self) -> bool {
        matches!(self.op, CallOp::Create | CallOp::Update | CallOp::Delete)
    }
}

/// Which calls a fault or a gate is for; every condition that is set must hold.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Matcher {
    op: Option<CallOp>,
    kind: Option<&'static str>,
    path: Option<String>,
}

impl Matcher {
    /// Every call.
    pub fn any() -> Self {
        Self::default()
    }
    /// Calls that do `op`.
    pub fn op(op: CallOp) -> Self {
        Self { op: Some(op), ..Self::default() }
    }
    /// Only calls for resources of type `R`.
    pub fn of<R: iac_core::Resource>(mut self) -> Self {
        self.kind = Some(R::TYPE);
        self
    }
    /// Only calls for the resource at `path` (`edge/web`).
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }
    /// Whether `call` is meant.
    pub fn matches(&self, call: &Call) -> bool {
        self.op.is_none_or(|op| op == call.op)
            && self.kind.is_none_or(|kind| kind == call.kind)
            && self.path.as_ref().is_none_or(|path| *path == call.path)
    }
}

/// A failure that a test asks for.
///
/// ```
/// use iac_core::ErrorKind;
/// use iac_testkit::fake::{CallOp, FakeCloud, Fault, Matcher, Moment};
///
/// let cloud = FakeCloud::new();
/// // The next create happens, and its answer is lost.
/// cloud.inject(Fault::once(Matcher::op(CallOp::Create), Moment::Effect, ErrorKind::Ambiguous));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Fault {
    pub(super) matcher: Matcher,
    pub(super) moment: Moment,
    pub(super) error: Error,
    pub(super) times: usize,
}

impl Fault {
    /// Fails the next call that matches.
    pub fn once(matcher: Matcher, moment: Moment, kind: ErrorKind) -> Self {
        Self { matcher, moment, error: Error::new(kind, "the test asked for this failure"), times: 1 }
    }
    /// Fails every call that matches.
    pub fn always(matcher: Matcher, moment: Moment, kind: ErrorKind) -> Self {
        Self::once(matcher, moment, kind).times(usize::MAX)
    }
    /// Fails the next `count` calls that match.
    pub fn times(mut self, count: usize) -> Self {
        self.times = count;
        self
    }
    /// Fails with this error.
    pub fn error(mut self, error: Error) -> Self {
        self.error = error;
        self
    }
}

/// What a [`Hook`] decides about a call.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// It goes on.
    Go,
    /// It fails.
    Fail(Error),
    /// It never answers: the process is to be considered dead. See
    /// [`FakeCloud::hung`](super::FakeCloud::hung).
    Hang,
}

/// Decides about every call at every moment. It MUST NOT call the cloud.
pub type Hook = Box<dyn FnMut(&Call, Moment) -> Verdict + Send>;
