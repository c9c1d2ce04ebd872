//! [`Keyring`]: what keeps a stack's data key safe while it is stored. Knows nothing of values or of
//! where the envelope is stored.

mod envelope;
mod file;
#[cfg(feature = "os-keyring")]
mod os;
mod passphrase;
mod raw;
mod recipients;
#[cfg(test)]
mod tests;

use super::codec::{DataKey, RandomError};
use super::record::StackId;

pub use envelope::{ENVELOPE_FORMAT, RECIPIENTS_MAX, add_recipient, remove_recipient, rewrap};
pub use file::KeyFile;
#[cfg(feature = "os-keyring")]
pub use os::OsKeyring;
pub use passphrase::Passphrase;
pub use raw::{EphemeralKeyring, RawKey};
pub(crate) use recipients::recipient_of;
pub use recipients::{KeyRecipient, LABEL_LENGTH_MAX, recipients};
pub(super) use recipients::{Rewrapped, added, first, rewrapped, without};

/// Wraps the data key of a stack for storage and unwraps it again.
///
/// The envelope is JSON text: `{"version":1,"recipients":[…]}`. Each recipient holds the same data
/// key wrapped by another key, so that a team's passphrase and a machine's key file can both open
/// it. See [`add_recipient`], [`remove_recipient`] and [`rewrap`] for rotation.
///
/// An implementation MUST bind the envelope to the stack, MUST find its own recipient among several,
/// and MUST NOT put key material in an error.
pub trait Keyring: Send + Sync {
    /// Wraps `key` in a new envelope with this keyring as the only recipient.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    fn wrap(&self, key: &DataKey, stack: &StackId) -> Result<String, KeyringError>;

    /// The data key in `envelope`.
    ///
    /// # Errors
    /// No recipient for this keyring, a wrong key, a damaged or newer envelope.
    fn unwrap(&self, envelope: &str, stack: &StackId) -> Result<DataKey, KeyringError>;

    /// What it is, for messages, for example `the key file /etc/iac/key`. Never key material.
    fn describe(&self) -> String;

    /// Whether what it wraps can be unwrapped after this process has ended. Where it cannot, no plan
    /// is sealed: nobody could open it.
    fn is_durable(&self) -> bool {
        true
    }
}

impl<K: Keyring + ?Sized> Keyring for std::sync::Arc<K> {
    fn wrap(&self, key: &DataKey, stack: &StackId) -> Result<String, KeyringError> {
        (**self).wrap(key, stack)
    }
    fn unwrap(&self, envelope: &str, stack: &StackId) -> Result<DataKey, KeyringError> {
        (**self).unwrap(envelope, stack)
    }
    fn describe(&self) -> String {
        (**self).describe()
    }
    fn is_durable(&self) -> bool {
        (**self).is_durable()
    }
}

/// Why a data key could not be wrapped or unwrapped. Never holds key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// There is a recipient of the keyring's kind and it does not open.
    #[error(
        "the key of stack {stack} does not open with {keyring}: it was locked with another one, or its \
         envelope was copied from another stack or altered; use the {kind} it was locked with, or one \
         of its other recipients"
    )]
    Wrong {
        /// What was tried.
        keyring: String,
        /// The kind of recipient.
        kind: &'static str,
        /// The stack.
        stack: StackId,
    },
    /// No recipient is of the keyring's kind.
    #[error(
        "the key of stack {stack} is locked for {found} and cannot open with {keyring}; use a keyring \
         of that kind, or add this one with it first"
    )]
    NoRecipient {
        /// What was tried.
        keyring: String,
        /// The kinds of recipient there are.
        found: String,
        /// The stack.
        stack: StackId,
    },
    /// The envelope is not one that this program ever wrote.
    #[error("the key envelope of stack {stack} is damaged: {reason}; restore the newest backup of the state")]
    Malformed {
        /// The stack.
        stack: StackId,
        /// What is wrong.
        reason: String,
    },
    /// The envelope was written by a newer version.
    #[error(
        "the key envelope of stack {stack} has format {found}; this program reads up to {ENVELOPE_FORMAT}; \
         use a newer version of the program"
    )]
    Newer {
        /// The stack.
        stack: StackId,
        /// The envelope's format.
        found: u32,
    },
    /// A change would leave no recipient, or too many.
    #[error(
        "the key envelope of stack {stack} would have {count} recipients; keep 1 to {RECIPIENTS_MAX}, and add a \
         new one before the last one goes"
    )]
    Recipients {
        /// The stack.
        stack: StackId,
        /// How many there would be.
        count: usize,
    },
    /// The stack never held a secret, so there is no key.
    #[error("stack {stack} has no key yet, because it never held a secret; apply it first")]
    NoKey {
        /// The stack.
        stack: StackId,
    },
    /// A keyring that is a recipient already.
    #[error("{keyring} opens the key of stack {stack} already, as recipient {id}; there is nothing to add")]
    Present {
        /// Which keyring.
        keyring: String,
        /// The recipient.
        id: String,
        /// The stack.
        stack: StackId,
    },
    /// No recipient has the id.
    #[error("the key of stack {stack} has no recipient {id}; there are {found}")]
    NoSuchRecipient {
        /// The id that was asked for.
        id: String,
        /// The recipients there are.
        found: String,
        /// The stack.
        stack: StackId,
    },
    /// A new key cannot be wrapped for recipients whose own keys are not at hand.
    #[error(
        "a new key of stack {stack} would lock out {left}; give their keys as well, or say that they shall be \
         dropped"
    )]
    LockedOut {
        /// The recipients.
        left: String,
        /// The stack.
        stack: StackId,
    },
    /// A label that cannot be shown in a list.
    #[error(
        "the label is empty, longer than {LABEL_LENGTH_MAX} characters or not on one line; choose another"
    )]
    Label,
    /// A key that cannot be used at all.
    #[error("{keyring} is not usable: {reason}")]
    Unusable {
        /// Which keyring.
        keyring: String,
        /// Why, with the way out.
        reason: String,
    },
    /// The operating system gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}
