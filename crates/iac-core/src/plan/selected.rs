//! [`Selected`]: what targets and excludes draw in or leave out, as data. Knows nothing of how it is
//! found.

use serde::{Deserialize, Serialize};

use crate::urn::Urn;

/// A resource that targets or excludes are about although nobody named it, and why.
///
/// A plan of a part of the stack lists what it draws in (and does something with) and which
/// dependants of its changes it leaves as they are, so that nobody has to guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Selected {
    /// The resource.
    pub urn: Urn,
    /// Whether it is drawn in or left out.
    pub part: Part,
    /// Why, a lowercase fragment.
    pub why: String,
}

/// On which side of a selection a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// The plan does something with it.
    DrawnIn,
    /// It stays as it is.
    LeftOut,
}
