//! [`RawKey`] and [`EphemeralKeyring`]: keyrings whose key is at hand as 32 bytes. Knows nothing of
//! files.

use std::fmt;

use super::envelope::{Envelope, Recipient};
use super::{Keyring, KeyringError};
use crate::state::codec::DataKey;
use crate::state::record::StackId;
use zeroize::Zeroizing;

/// The kind of recipient that 32 bytes open, wherever they were kept: a key file's content can be
/// given through an environment variable elsewhere.
pub(super) const KIND: &str = "key";

/// Hexadecimal digits of a key.
const DIGITS: usize = 64;

/// A keyring whose key the caller hands over, for example from an environment variable.
///
/// ```
/// use iac_core::state::{DataKey, Keyring, RawKey, StackId};
///
/// let keyring = RawKey::from_hex("the variable IAC_KEY", &"5f".repeat(32))?;
/// let (stack, key) = (StackId::new("philotes", "dev"), DataKey::generate()?);
/// let envelope = keyring.wrap(&key, &stack)?;
/// assert_eq!(keyring.unwrap(&envelope, &stack)?.expose(), key.expose());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RawKey {
    source: String,
    key: DataKey,
}

impl RawKey {
    /// A keyring from 32 random bytes. `source` says for people where they came from.
    pub fn new(source: impl Into<String>, bytes: [u8; 32]) -> Self {
        Self { source: source.into(), key: DataKey::from_bytes(bytes) }
    }

    /// A keyring from 64 hexadecimal digits; white space around them does not count.
    ///
    /// # Errors
    /// [`KeyringError::Unusable`] for any other text.
    pub fn from_hex(source: impl Into<String>, digits: &str) -> Result<Self, KeyringError> {
        let source = source.into();
        match parse_hex(digits.trim()) {
            Some(bytes) => Ok(Self::new(source, *bytes)),
            None => Err(KeyringError::Unusable {
                keyring: source,
                reason: format!(
                    "it does not hold {DIGITS} hexadecimal digits; put the key back from its copy, or use another \
                     key of the stack; where nothing is locked yet, make one with `openssl rand -hex 32`"
                ),
            }),
        }
    }
}

fn parse_hex(digits: &str) -> Option<Zeroizing<[u8; 32]>> {
    if digits.len() != DIGITS {
        return None;
    }
    let mut bytes = Zeroizing::new([0; 32]);
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let digit = |at: usize| char::from(*pair.get(at)?).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(bytes)
}

impl Keyring for RawKey {
    fn wrap(&self, key: &DataKey, stack: &StackId) -> Result<String, KeyringError> {
        Recipient::wrap(KIND, None, &self.key, key, stack).map(Envelope::one)
    }

    fn unwrap(&self, envelope: &str, stack: &StackId) -> Result<DataKey, KeyringError> {
        let envelope = Envelope::parse(envelope, stack)?;
        let mut tried = false;
        for recipient in envelope.recipients.iter().filter(|recipient| recipient.kind == KIND) {
            tried = true;
            if let Some(key) = recipient.unwrap(&self.key, stack) {
                return Ok(key);
            }
        }
        Err(refused(self.describe(), "key", tried, &envelope, stack))
    }

    fn describe(&self) -> String {
        self.source.clone()
    }
}

/// Why nothing opened.
pub(super) fn refused(
    keyring: String,
    kind: &'static str,
    tried: bool,
    envelope: &Envelope,
    stack: &StackId,
) -> KeyringError {
    let stack = stack.clone();
    if tried {
        KeyringError::Wrong { keyring, kind, stack }
    } else {
        KeyringError::NoRecipient { keyring, found: envelope.kinds(), stack }
    }
}

impl fmt::Debug for RawKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawKey").field("source", &self.source).finish_non_exhaustive()
    }
}

/// A keyring with a random key that ends with the process: for tests and state in memory.
#[derive(Debug, Clone)]
pub struct EphemeralKeyring(RawKey);

impl EphemeralKeyring {
    /// A new random key.
    ///
    /// # Panics
    /// The operating system has no random source.
    #[must_use]
    pub fn new() -> Self {
        let source = "a key that lasts as long as the process".into();
        let key = DataKey::generate().expect("every supported system has a random source");
        Self(RawKey { source, key })
    }
}

impl Default for EphemeralKeyring {
    fn default() -> Self {
        Self::new()
    }
}

impl Keyring for EphemeralKeyring {
    fn wrap(&self, key: &DataKey, stack: &StackId) -> Result<String, KeyringError> {
        self.0.wrap(key, stack)
    }
    fn unwrap(&self, envelope: &str, stack: &StackId) -> Result<DataKey, KeyringError> {
        self.0.unwrap(envelope, stack)
    }
    fn describe(&self) -> String {
        self.0.describe()
    }
    fn is_durable(&self) -> bool {
        false
    }
}
