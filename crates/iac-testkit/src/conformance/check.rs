//! Owns the names of the checks. Does none of them.
use std::fmt;

/// One thing that every case of every type is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Check {
    /// The type is registered, its field table has no gap in the cases, and a field that replaces
    /// says so.
    Declaration,
    /// A create makes its id durable right after the creating request, and what it answers is what
    /// a read sees.
    Create,
    /// A listing has the object once, with the facts of a read.
    List,
    /// The object is found by what [`Recovery`](iac_core::Recovery) promises, and by nothing else.
    Find,
    /// A create whose answer was lost is ambiguous, and is found again.
    LostAnswer,
    /// A create that died after the creating request can be read and deleted.
    Interrupted,
    /// Every update is done in place, answers what a read sees, and can be repeated.
    Update,
    /// A delete removes all, can be repeated, and makes room for the same inputs at once.
    Delete,
    /// What never existed reads as absent and is deleted with success.
    Missing,
    /// Wrong credentials are told as such.
    Credentials,
    /// An exceeded limit is told as such.
    Quota,
    /// A taken name or key is told as such, or the second create changes nothing.
    Duplicate,
    /// Wrong inputs are refused by the name of their field and leave nothing behind.
    Invalid,
    /// The engine creates, updates and destroys it, and plans nothing after each.
    Engine,
    /// The same, with the first answer of each apply lost.
    EngineInterrupted,
}

impl Check {
    /// All checks, in the order in which they are done.
    pub const ALL: [Self; 15] = [
        Self::Declaration,
        Self::Create,
        Self::List,
        Self::Find,
        Self::LostAnswer,
        Self::Interrupted,
        Self::Update,
        Self::Delete,
        Self::Missing,
        Self::Credentials,
        Self::Quota,
        Self::Duplicate,
        Self::Invalid,
        Self::Engine,
        Self::EngineInterrupted,
    ];

    /// The name in failures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declaration => "declaration",
            Self::Create => "create",
            Self::List => "list",
            Self::Find => "find",
            Self::LostAnswer => "lost answer",
            Self::Interrupted => "interrupted create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Missing => "missing object",
            Self::Credentials => "wrong credentials",
            Self::Quota => "quota",
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid inputs",
            Self::Engine => "engine",
            Self::EngineInterrupted => "engine, interrupted",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
