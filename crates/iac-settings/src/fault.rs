//! [`Fault`]: one thing that is wrong with settings, and [`Faults`]: all of them. Knows nothing of
//! how they are found.

use std::fmt;

use crate::origin::Origin;

/// What is found where a value is missing.
pub(crate) const NOTHING: &str = "nothing";

/// One thing that is wrong: which key, where it was written, what was expected and what was found.
///
/// A program makes its own in [`Validate::check`](crate::Validate::check), with a key and a message;
/// loading adds where the key was written.
///
/// ```
/// let fault = iac_settings::Fault::new("database.pool_size", "is more than the server allows")
///     .way_out("lower it to 100");
/// assert_eq!(fault.to_string(), "`database.pool_size` is more than the server allows");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The key with its sections, for example `database.pool_size` or `rules[2].port`. Empty for a
    /// file as a whole.
    pub key: String,
    /// What is wrong, a lowercase fragment that goes on after the key.
    pub message: Box<str>,
    /// What would be right, where that can be said apart.
    pub expected: Option<Box<str>>,
    /// What stands there instead. Never a secret.
    pub found: Option<Box<str>>,
    /// What to do next.
    pub way_out: Option<Box<str>>,
    /// Where it was written.
    pub origin: Option<Origin>,
}

impl Fault {
    /// A fault of the value at `key`; `message` goes on after the key: `must be at least 1`.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            message: message.into().into(),
            expected: None,
            found: None,
            way_out: None,
            origin: None,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn way_out(mut self, text: impl Into<String>) -> Self {
        self.way_out = Some(text.into().into());
        self
    }

    /// A value that is not what was expected.
    pub(crate) fn mismatch(
        key: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let (expected, found): (String, String) = (expected.into(), found.into());
        let mut fault = Self::new(key, format!("must be {expected}, and is {found}"));
        fault.expected = Some(expected.into());
        fault.found = Some(found.into());
        fault
    }

    #[must_use]
    pub(crate) fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is missing was not left out by its default.
        let is_missing = self.found.as_deref() == Some(NOTHING) && self.origin == Some(Origin::Default);
        if let Some(origin) = self.origin.as_ref().filter(|_| !is_missing) {
            write!(f, "{origin}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "`{}` ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// Everything that is wrong with a stack's settings, in the order of the files and their lines.
///
/// ```
/// use iac_settings::{Fault, Faults};
///
/// let faults = Faults::new([Fault::new("workers", "must be at least 1")]);
/// assert_eq!(faults.to_string(), "`workers` must be at least 1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Sorts the faults.
    pub fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        let mut faults: Vec<Fault> = faults.into_iter().collect();
        faults.sort_by(|a, b| (&a.origin, &a.key, &a.message).cmp(&(&b.origin, &b.key, &b.message)));
        faults.dedup();
        Self(faults)
    }

    /// The faults.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
            if let Some(way_out) = &fault.way_out {
                write!(f, "; {way_out}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
