//! Owns the outcome of a suite. Runs nothing.
use std::fmt;

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The type and the case.
    pub subject: String,
    /// The check's name.
    pub check: String,
    /// What was expected and what was found.
    pub message: String,
}

impl Failure {
    pub(super) fn new(
        subject: impl Into<String>,
        check: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { subject: subject.into(), check: check.into(), message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.subject, self.check, self.message)
    }
}

/// What a suite found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Report {
    /// Checks that hold.
    pub passed: usize,
    /// Requests compared with the vendor's description; none without one.
    pub exchanges: usize,
    /// What does not hold.
    pub failures: Vec<Failure>,
}

impl Report {
    /// # Panics
    /// When anything does not hold, with all of it.
    pub fn assert(&self) {
        let told: Vec<String> = self.failures.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{} of the suite's checks fail:\n{}", told.len(), told.join("\n"));
        assert!(self.passed > 0, "the suite has no cases");
    }
}
