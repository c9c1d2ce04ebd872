//! [`Urn`]: the logical name of a resource, unique in a state. Knows nothing of physical ids.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The logical name of a resource: `urn:<project>:<stack>:<provider>:<kind>:<scope>/<name>`.
///
/// It is what state rows, plans, events and error messages name a resource by. It stays the same
/// through every replacement.
///
/// ```
/// use iac_core::Urn;
///
/// let urn = Urn::new("philotes", "dev", "hetzner:server", &["edge"], "web").unwrap();
/// assert_eq!(urn.as_str(), "urn:philotes:dev:hetzner:server:edge/web");
/// assert_eq!((urn.type_token(), urn.path(), urn.name()), ("hetzner:server", "edge/web", "web"));
/// assert!(Urn::parse("urn:philotes:dev").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Urn(Arc<str>);

/// A name that cannot be part of a URN, or a text that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrnError {
    /// A project, stack, scope or resource name with a character outside the allowed set.
    #[error("{what} name {name:?} is not usable: {reason}")]
    Name {
        /// What the name is for.
        what: &'static str,
        /// The name as given.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A text that does not have the form of a URN.
    #[error("{0:?} is not a URN: expected urn:<project>:<stack>:<provider>:<kind>:<path>")]
    Form(String),
}

/// Longest project, stack, scope or resource name.
pub const NAME_LENGTH_MAX: usize = 200;

impl Urn {
    /// Builds a URN from its parts.
    ///
    /// # Errors
    /// An empty or overlong part, or one with characters other than letters, digits, `-`, `_`
    /// and `.`.
    pub fn new(
        project: &str,
        stack: &str,
        type_token: &str,
        scope: &[&str],
        name: &str,
    ) -> Result<Self, UrnError> {
        check_name("project", project)?;
        check_name("stack", stack)?;
        let mut text = format!("urn:{project}:{stack}:{type_token}:");
        for part in scope {
            check_name("scope", part)?;
            text.push_str(part);
            text.push('/');
        }
        check_name("resource", name)?;
        text.push_str(name);
        Ok(Self(text.into()))
    }

    /// Reads a URN from text, for example from a command line.
    ///
    /// # Errors
    /// [`UrnError::Form`] when the text is not a URN.
    pub fn parse(text: &str) -> Result<Self, UrnError> {
        // Read for every row of a state, so nothing is collected on the way.
        let mut parts = text.split(':');
        let mut names = || (0..NAMES_BEFORE_PATH).all(|_| parts.next().is_some_and(is_name));
        let good = text.starts_with("urn:")
            && names()
            && parts.next().is_some_and(|path| path.split('/').all(is_name))
            && parts.next().is_none();
        if good { Ok(Self(text.into())) } else { Err(UrnError::Form(text.to_owned())) }
    }

    /// The whole URN.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn part(&self, index: usize) -> &str {
        self.0.split(':').nth(index).unwrap_or_default()
    }

    /// The project.
    pub fn project(&self) -> &str {
        self.part(1)
    }

    /// The stack.
    pub fn stack(&self) -> &str {
        self.part(2)
    }

    /// The resource type, for example `hetzner:server`.
    pub fn type_token(&self) -> &str {
        let mut colons = self.0.match_indices(':').map(|(at, _)| at);
        match (colons.nth(2), colons.nth(1)) {
            (Some(start), Some(end)) => &self.0[start + 1..end],
            _ => "",
        }
    }

    /// Scopes and name: `edge/web`.
    pub fn path(&self) -> &str {
        self.0.rsplit(':').next().unwrap_or_default()
    }

    /// The logical name without its scopes.
    pub fn name(&self) -> &str {
        self.path().rsplit('/').next().unwrap_or_default()
    }
}

/// `urn`, project, stack, provider and kind.
const NAMES_BEFORE_PATH: usize = 5;

fn is_name(name: &str) -> bool {
    (1..=NAME_LENGTH_MAX).contains(&name.len())
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
}

/// Checks one part of a URN.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), UrnError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > NAME_LENGTH_MAX {
        "it is longer than 200 characters"
    } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        "use letters, digits, '-', '_' and '.' only"
    } else {
        return Ok(());
    };
    Err(UrnError::Name { what, name: name.to_owned(), reason })
}

impl fmt::Display for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl Serialize for Urn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Urn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
