//! Where a value stands: row, column and path inside it. Names it for people and binds ciphertexts
//! to it. Knows nothing of keys.

use super::key::Associated;
use super::{CodecError, SECRET_FORMAT};
use crate::state::StackId;
use crate::value::Path;

/// The column of a row.
pub(super) struct Place<'a> {
    pub(super) stack: &'a StackId,
    pub(super) urn: &'a str,
    pub(super) column: &'a str,
}

/// A path inside a value, linked from leaf to root on the call stack: it costs nothing until a
/// secret or an error needs it.
pub(super) enum Segment<'a> {
    Root,
    Key(&'a Segment<'a>, &'a str),
    Index(&'a Segment<'a>, usize),
}

impl Segment<'_> {
    fn path(&self, column: &str) -> Path {
        match self {
            Self::Root => Path::field(column),
            Self::Key(parent, key) => parent.path(column).key(key),
            Self::Index(parent, index) => parent.path(column).index(*index),
        }
    }

    fn bind(&self, to: &mut Associated) {
        match self {
            Self::Root => {}
            Self::Key(parent, key) => {
                parent.bind(to);
                to.push(b"key");
                to.push(key.as_bytes());
            }
            Self::Index(parent, index) => {
                parent.bind(to);
                to.push(b"index");
                to.push(&(*index as u64).to_be_bytes());
            }
        }
    }
}

impl Place<'_> {
    /// What a secret at this place is bound to.
    pub(super) fn associated(&self, at: &Segment<'_>) -> Associated {
        let mut bound_to = Associated::new("iac secret", SECRET_FORMAT)
            .part(self.stack.project.as_bytes())
            .part(self.stack.stack.as_bytes())
            .part(self.urn.as_bytes())
            .part(self.column.as_bytes());
        at.bind(&mut bound_to);
        bound_to
    }

    /// An error about this place.
    pub(super) fn error(
        &self,
        at: &Segment<'_>,
        make: impl FnOnce(String, String) -> CodecError,
    ) -> CodecError {
        make(self.urn.to_owned(), at.path(self.column).as_str().to_owned())
    }

    /// [`CodecError::Malformed`] about this place.
    pub(super) fn malformed(&self, at: &Segment<'_>, reason: impl Into<String>) -> CodecError {
        self.error(at, |urn, field| CodecError::Malformed { urn, field, reason: reason.into() })
    }
}
