//! [`Passphrase`]: a keyring whose key is derived from words. Knows nothing of where they come from.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::envelope::{Derivation, Envelope, Recipient};
use super::raw::refused;
use super::{Keyring, KeyringError};
use crate::state::codec::{DataKey, fill_random};
use crate::state::record::StackId;

const KIND: &str = "passphrase";
const ALGORITHM: &str = "argon2id";

/// Memory of one derivation.
const MEMORY_KIB: u32 = 64 * 1024;
/// Passes over that memory.
const PASSES: u32 = 3;
/// Independent lanes.
const LANES: u32 = 1;
/// Bytes of salt.
const SALT_LENGTH: usize = 16;

/// Most memory that an envelope may ask for: it is read from a file that others could have changed.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// Most passes that an envelope may ask for.
const PASSES_MAX: u32 = 16;
/// Most lanes that an envelope may ask for.
const LANES_MAX: u32 = 16;

/// A keyring that a person can carry in their head.
///
/// The wrapping key is derived with Argon2id from the passphrase and 16 random bytes of salt, with
/// 64 MiB of memory, 3 passes and 1 lane: above the least that OWASP asks for (19 MiB, 2 passes).
/// It costs a good part of a second once a run, and as much for each guess of whoever gets the
/// file. The numbers are stored in the envelope, so they can grow. White space counts; cut a
/// trailing line feed off before.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A keyring from a passphrase.
    ///
    /// # Errors
    /// [`KeyringError::Unusable`] for an empty one.
    pub fn new(passphrase: impl Into<String>) -> Result<Self, KeyringError> {
        let passphrase = Zeroizing::new(passphrase.into());
        if passphrase.is_empty() {
            return Err(KeyringError::Unusable {
                keyring: "the passphrase".into(),
                reason: "it is empty; choose several random words".into(),
            });
        }
        Ok(Self(passphrase))
    }

    fn derive(&self, derivation: &Derivation, stack: &StackId) -> Result<DataKey, KeyringError> {
        let malformed =
            |reason: &str| KeyringError::Malformed { stack: stack.clone(), reason: reason.into() };
        let Derivation { algorithm, memory_kib, passes, lanes, salt } = derivation;
        if algorithm != ALGORITHM
            || *memory_kib > MEMORY_KIB_MAX
            || *passes > PASSES_MAX
            || *lanes > LANES_MAX
        {
            return Err(malformed("its passphrase asks for a derivation that this program never uses"));
        }
        let params = Params::new(*memory_kib, *passes, *lanes, None)
            .map_err(|_| malformed("the numbers of its passphrase derivation do not fit together"))?;
        let salt = BASE64.decode(salt).map_err(|_| malformed("its salt is not base64"))?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(self.0.as_bytes(), &salt, key.as_mut())
            .map_err(|_| malformed("its salt has an impossible length"))?;
        Ok(DataKey::from_bytes(*key))
    }
}

impl Keyring for Passphrase {
    fn wrap(&self, key: &DataKey, stack: &StackId) -> Result<String, KeyringError> {
        let mut salt = [0; SALT_LENGTH];
        fill_random(&mut salt)?;
        let derivation = Derivation {
            algorithm: ALGORITHM.into(),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: BASE64.encode(salt),
        };
        let wrapping = self.derive(&derivation, stack)?;
        Recipient::wrap(KIND, Some(derivation), &wrapping, key, stack).map(Envelope::one)
    }

    fn unwrap(&self, envelope: &str, stack: &StackId) -> Result<DataKey, KeyringError> {
        let envelope = Envelope::parse(envelope, stack)?;
        let mut tried = false;
        for recipient in envelope.recipients.iter().filter(|recipient| recipient.kind == KIND) {
            tried = true;
            let Some(derivation) = &recipient.derivation else {
                let reason = "its passphrase lacks the derivation".into();
                return Err(KeyringError::Malformed { stack: stack.clone(), reason });
            };
            if let Some(key) = recipient.unwrap(&self.derive(derivation, stack)?, stack) {
                return Ok(key);
            }
        }
        Err(refused(self.describe(), KIND, tried, &envelope, stack))
    }

    fn describe(&self) -> String {
        "the passphrase".into()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[passphrase]")
    }
}
