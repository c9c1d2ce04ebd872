//! [`Codec`]: values to text in which every secret is encrypted, and back. Knows nothing of where
//! the text is stored or where the key comes from.

mod key;
mod place;
mod read;
#[cfg(test)]
mod tests;
mod whole;
mod write;

use std::sync::OnceLock;

pub use key::{DataKey, RandomError};

pub(crate) use whole::Purpose;

pub(in crate::state) use key::{Associated, decrypt, encrypt, fill_random};

use self::place::Place;
use super::record::{Sealed, StackId};
use crate::value::Value;

/// The version of the encrypted form. It stands before every ciphertext and is authenticated.
pub const SECRET_FORMAT: u32 = 1;

/// Deepest nesting of a stored value. The JSON reader stops at 128, markers included.
pub const VALUE_DEPTH_MAX: usize = 100;

/// The key of a map that marks an encrypted secret.
const SECRET_MARKER: &str = "$secret";
/// Marks a secret inside a ciphertext or a fingerprint; only ever there.
const NESTED_MARKER: &str = "$nested";
/// Marks a floating point number that JSON's own notation would change.
const FLOAT_MARKER: &str = "$float";
/// Marks an unknown inside a fingerprint or a whole; never stored in a row.
const UNKNOWN_MARKER: &str = "$unknown";

/// Seals values for storage and opens them again.
///
/// Plain parts become ordinary JSON, so the state stays readable by SQL. Each secret becomes
/// `{"$secret":"<version>.<base64(nonce and ciphertext)>"}` by itself: XChaCha20-Poly1305 under the
/// stack's data key, bound to project, stack, URN and field, so that a ciphertext copied elsewhere
/// does not open. Field names of the user's own that start with `$` get another `$`.
///
/// What encryption does not hide: where a secret is, about how long it is, and that it changed.
/// Nor does it notice that a whole row was put back to an older one.
///
/// ```
/// use iac_core::Value;
/// use iac_core::state::{Codec, DataKey, StackId};
///
/// let codec = Codec::new(StackId::new("philotes", "dev"), Some(DataKey::generate()?));
/// let urn = "urn:philotes:dev:hetzner:server:web";
/// let inputs = Value::map([("name", "web".into()), ("user_data", Value::secret("hunter2".into()))]);
///
/// let sealed = codec.seal(urn, "inputs", &inputs)?;
/// assert!(sealed.as_str().contains("web") && !sealed.as_str().contains("hunter2"));
/// assert_eq!(codec.open(urn, "inputs", &sealed)?, inputs);
/// assert!(codec.open(urn, "outputs", &sealed).is_err(), "moved to another column");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Codec {
    stack: StackId,
    key: Option<DataKey>,
}

/// Why a value could not be sealed or opened. Names the place, never the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// A value that is not known yet cannot be stored.
    #[error("{urn}: {field} is not known yet and cannot be stored; this is a defect, please report it")]
    Unknown {
        /// The resource.
        urn: String,
        /// The field.
        field: String,
    },
    /// Nested deeper than [`VALUE_DEPTH_MAX`].
    #[error("{urn}: {field} is nested deeper than {VALUE_DEPTH_MAX} levels; flatten it")]
    TooDeep {
        /// The resource.
        urn: String,
        /// The field.
        field: String,
    },
    /// There is a secret and no key.
    #[error("{urn}: {field} is a secret and no key is configured; give the run a keyring")]
    KeyMissing {
        /// The resource.
        urn: String,
        /// The field.
        field: String,
    },
    /// The ciphertext is whole and does not authenticate.
    #[error(
        "{urn}: {field} does not decrypt: it was encrypted under another key, copied from another \
         resource, field or stack, or altered; restore the newest backup of the state"
    )]
    Rejected {
        /// The resource.
        urn: String,
        /// The field.
        field: String,
    },
    /// Not a form that this program ever wrote.
    #[error("{urn}: {field} is damaged: {reason}; restore the newest backup of the state")]
    Malformed {
        /// The resource.
        urn: String,
        /// The field.
        field: String,
        /// What is wrong, without content.
        reason: String,
    },
    /// Encrypted by a newer version of this program.
    #[error(
        "{urn}: {field} has secret format {found}; this program reads up to {SECRET_FORMAT}; use a \
         newer version of the program"
    )]
    Newer {
        /// The resource.
        urn: String,
        /// The field.
        field: String,
        /// The stored format.
        found: u32,
    },
    /// The operating system gave no random bytes.
    #[error("{urn}: {field} cannot be encrypted: {reason}")]
    Random {
        /// The resource.
        urn: String,
        /// The field.
        field: String,
        /// Why.
        reason: RandomError,
    },
}

impl Codec {
    /// A codec for one stack. Without a key only values without secrets can be stored.
    pub fn new(stack: StackId, key: Option<DataKey>) -> Self {
        Self { stack, key }
    }

    /// The stack whose values it seals.
    pub fn stack(&self) -> &StackId {
        &self.stack
    }

    /// Whether it can seal secrets.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Turns a value into text to store in `column` of the row of `urn`.
    ///
    /// # Errors
    /// An unknown, a secret without a key, a value nested deeper than [`VALUE_DEPTH_MAX`].
    pub fn seal(&self, urn: &str, column: &str, value: &Value) -> Result<Sealed, CodecError> {
        let place = Place { stack: &self.stack, urn, column };
        write::stored(&place, self.key.as_ref(), value).map(Sealed)
    }

    /// Reads text that was stored in `column` of the row of `urn`.
    ///
    /// # Errors
    /// Another key, a text from another place, damage, a newer format, a secret without a key.
    pub fn open(&self, urn: &str, column: &str, sealed: &Sealed) -> Result<Value, CodecError> {
        let place = Place { stack: &self.stack, urn, column };
        read::stored(&place, self.key.as_ref(), sealed.as_str())
    }

    /// A digest by which a saved plan recognises a value without holding it.
    ///
    /// Values without secrets get a plain SHA-256. Where there is a secret the digest is keyed with
    /// the data key (HMAC-SHA-256), so that nobody without the key can try guesses against it.
    /// Without a data key the key is random and lasts as long as the process.
    pub fn fingerprint(&self, value: &Value) -> String {
        let text = write::canonical(value);
        if !value.has_secret() {
            return format!("sha256:{}", crate::hash::long_hex(&text));
        }
        let tag = match &self.key {
            Some(key) => key.authenticate(FINGERPRINT_PURPOSE, &text),
            None => process_key().authenticate(FINGERPRINT_PURPOSE, &text),
        };
        format!("hmac-sha256:{}", crate::hash::hex(&tag))
    }
}

/// Separates fingerprints from any other use of the data key.
const FINGERPRINT_PURPOSE: &str = "iac fingerprint 1";

fn process_key() -> &'static DataKey {
    static KEY: OnceLock<DataKey> = OnceLock::new();
    KEY.get_or_init(|| DataKey::generate().expect("every supported system has a random source"))
}
