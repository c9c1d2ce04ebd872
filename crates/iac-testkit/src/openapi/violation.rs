//! Owns what a check finds and the known exceptions from it. Knows no schemas.
use std::fmt;

/// One way in which an exchange does not fit its description.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Method and path template of the operation, such as `POST /servers/{id}`; the path as sent
    /// when no operation fits.
    pub operation: String,
    /// The place: `/path`, `/path/<name>`, `/method`, `/query/<name>`, `/header/<name>`,
    /// `/request/<JSON pointer>`, `/status`, `/response/<JSON pointer>` or `/description` when
    /// the description itself cannot be used. A missing or unknown field is named as the last
    /// segment.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {}: {}", self.operation, self.pointer, self.message)
    }
}

/// A known exception: the vendor does what its description does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deviation {
    /// The operation as in [`Violation::operation`], or `*` for all.
    pub operation: String,
    /// The pointer as in [`Violation::pointer`]. A segment `*` stands for any one segment, a last
    /// segment `**` for everything from there on.
    pub pointer: String,
    /// Why this is right, for the reader.
    pub reason: String,
}

impl Deviation {
    /// An exception with its reason.
    pub fn new(operation: impl Into<String>, pointer: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { operation: operation.into(), pointer: pointer.into(), reason: reason.into() }
    }

    /// Whether this exception is about that violation.
    pub fn covers(&self, violation: &Violation) -> bool {
        (self.operation == "*" || self.operation == violation.operation)
            && pointer_matches(&self.pointer, &violation.pointer)
    }
}

/// `*` stands for one segment, `**` for any number of them.
fn pointer_matches(pattern: &str, pointer: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let pointer: Vec<&str> = pointer.split('/').collect();
    segments_match(&pattern, &pointer)
}

fn segments_match(pattern: &[&str], pointer: &[&str]) -> bool {
    match (pattern, pointer) {
        ([], []) => true,
        (["**", rest @ ..], _) => {
            (0..=pointer.len()).any(|skipped| segments_match(rest, &pointer[skipped..]))
        }
        ([wanted, rest @ ..], [segment, others @ ..]) => {
            (*wanted == "*" || wanted == segment) && segments_match(rest, others)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::pointer_matches;

    #[test]
    fn stars_stand_for_segments() {
        assert!(pointer_matches("/request/ssh_keys/*", "/request/ssh_keys/0"));
        assert!(!pointer_matches("/request/ssh_keys/*", "/request/ssh_keys/0/name"));
        assert!(pointer_matches("/request/**", "/request/a/b"));
        assert!(pointer_matches("/response/**/datacenter", "/response/server/datacenter"));
        assert!(!pointer_matches("/response/**/datacenter", "/response/server/name"));
    }
}
