//! What the state remembers of how long calls took. Knows nothing of what is made of it.

use crate::urn::Urn;

/// How many durations of each call are kept: enough for a median that one slow day does not move.
pub const DURATIONS_KEPT: usize = 5;

/// Most rows of other resources of the type that [`Backend::durations`](super::Backend::durations)
/// answers for each [`DurationQuery`].
pub const DURATION_SAMPLE_MAX: usize = 256;

/// How long the last calls of one kind for one resource took. Outlives the resource for as long as
/// the history has a run that made such a call, so that what is destroyed and made again is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationRecord {
    /// The resource.
    pub urn: Urn,
    /// What was done: `create`, `update`, `delete`, `read`, or a hook's name.
    pub op: String,
    /// The run of the last one.
    pub run: u64,
    /// The durations in milliseconds, the last one first; at most [`DURATIONS_KEPT`].
    pub recent_ms: Vec<u64>,
}

/// Whose durations are asked for: resources of one type, for one kind of call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationQuery {
    /// What is done, as in [`DurationRecord::op`].
    pub op: String,
    /// The type's token.
    pub type_token: String,
    /// The resources, all of that type.
    pub urns: Vec<Urn>,
}

impl DurationQuery {
    /// What the URNs of the type begin with in a stack, and the first text after all of them.
    pub(super) fn range(&self, stack: &super::StackId) -> (String, String) {
        let prefix = format!("urn:{}:{}:{}", stack.project, stack.stack, self.type_token);
        // `;` follows `:`, and no name has either.
        (format!("{prefix}:"), format!("{prefix};"))
    }
}
