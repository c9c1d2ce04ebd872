//! The stored form of a wrapped data key, and changes to its recipients. Knows nothing of how a
//! recipient's own key comes about.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Keyring, KeyringError};
use crate::state::codec::{Associated, DataKey, decrypt, encrypt};
use crate::state::record::{StackId, TimestampMs};

/// The newest envelope format.
pub const ENVELOPE_FORMAT: u32 = 1;

/// Most recipients of one envelope. Every passphrase among them may cost a derivation to open.
pub const RECIPIENTS_MAX: usize = 32;

#[derive(Serialize, Deserialize)]
pub(super) struct Envelope {
    pub(super) version: u32,
    pub(super) recipients: Vec<Recipient>,
}

/// The data key, wrapped once.
#[derive(Serialize, Deserialize)]
pub(super) struct Recipient {
    /// Which kind of keyring opens it.
    pub(super) kind: String,
    /// How its wrapping key is derived, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) derivation: Option<Derivation>,
    /// Nonce and wrapped key, base64.
    pub(super) key: String,
    /// What it is, for people. Not authenticated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) label: Option<String>,
    /// When it was added, in milliseconds since 1970 UTC. Not authenticated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) added_at: Option<TimestampMs>,
}

/// How a passphrase becomes a wrapping key.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq)]
pub(super) struct Derivation {
    pub(super) algorithm: String,
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
    /// base64.
    pub(super) salt: String,
}

impl Envelope {
    pub(super) fn parse(text: &str, stack: &StackId) -> Result<Self, KeyringError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let malformed =
            |reason: &str| KeyringError::Malformed { stack: stack.clone(), reason: reason.into() };
        let Version { version } =
            serde_json::from_str(text).map_err(|_| malformed("it is not JSON with a version"))?;
        if version > ENVELOPE_FORMAT {
            return Err(KeyringError::Newer { stack: stack.clone(), found: version });
        }
        if version != ENVELOPE_FORMAT {
            return Err(malformed("its version never existed"));
        }
        let envelope: Self = serde_json::from_str(text).map_err(|_| malformed("a recipient lacks a part"))?;
        envelope.check_count(stack)?;
        Ok(envelope)
    }

    pub(super) fn one(recipient: Recipient) -> String {
        Self { version: ENVELOPE_FORMAT, recipients: vec![recipient] }.text()
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("an envelope is plain text and numbers")
    }

    pub(super) fn check_count(&self, stack: &StackId) -> Result<(), KeyringError> {
        let count = self.recipients.len();
        if (1..=RECIPIENTS_MAX).contains(&count) {
            Ok(())
        } else {
            Err(KeyringError::Recipients { stack: stack.clone(), count })
        }
    }

    /// The kinds of its recipients, for messages.
    pub(super) fn kinds(&self) -> String {
        let mut kinds: Vec<&str> = self.recipients.iter().map(|recipient| recipient.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.join(", ")
    }
}

impl Recipient {
    /// Wraps `key` under `wrapping`.
    pub(super) fn wrap(
        kind: &str,
        derivation: Option<Derivation>,
        wrapping: &DataKey,
        key: &DataKey,
        stack: &StackId,
    ) -> Result<Self, KeyringError> {
        let mut plain = Zeroizing::new(key.expose().to_vec());
        let sealed = encrypt(wrapping, &associated(kind, derivation.as_ref(), stack), &mut plain)?;
        let key = BASE64.encode(sealed);
        Ok(Self { kind: kind.to_owned(), derivation, key, label: None, added_at: None })
    }

    /// The data key, if `wrapping` opens it.
    pub(super) fn unwrap(&self, wrapping: &DataKey, stack: &StackId) -> Option<DataKey> {
        let sealed = BASE64.decode(&self.key).ok()?;
        let plain = decrypt(wrapping, &associated(&self.kind, self.derivation.as_ref(), stack), &sealed)?;
        plain.as_slice().try_into().ok().map(DataKey::from_bytes)
    }
}

fn associated(kind: &str, derivation: Option<&Derivation>, stack: &StackId) -> Associated {
    let bound_to = Associated::new("iac data key", ENVELOPE_FORMAT)
        .part(stack.project.as_bytes())
        .part(stack.stack.as_bytes())
        .part(kind.as_bytes());
    match derivation {
        None => bound_to,
        Some(derivation) => bound_to
            .part(derivation.algorithm.as_bytes())
            .part(&derivation.memory_kib.to_be_bytes())
            .part(&derivation.passes.to_be_bytes())
            .part(&derivation.lanes.to_be_bytes())
            .part(derivation.salt.as_bytes()),
    }
}

/// A new envelope with exactly these recipients, opened with `current`.
///
/// The data key stays the same: whoever held it once can still read what it encrypted.
///
/// # Errors
/// `current` does not open the envelope; no recipients or more than [`RECIPIENTS_MAX`].
///
/// ```
/// use iac_core::state::{DataKey, EphemeralKeyring, Keyring, StackId, rewrap};
///
/// let stack = StackId::new("philotes", "dev");
/// let (old, new) = (EphemeralKeyring::new(), EphemeralKeyring::new());
/// let envelope = old.wrap(&DataKey::generate()?, &stack)?;
/// let rotated = rewrap(&envelope, &stack, &old, &[&new])?;
/// assert!(new.unwrap(&rotated, &stack).is_ok() && old.unwrap(&rotated, &stack).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rewrap(
    envelope: &str,
    stack: &StackId,
    current: &dyn Keyring,
    recipients: &[&dyn Keyring],
) -> Result<String, KeyringError> {
    let key = current.unwrap(envelope, stack)?;
    let mut rewrapped = Envelope { version: ENVELOPE_FORMAT, recipients: Vec::new() };
    for keyring in recipients {
        rewrapped.recipients.extend(Envelope::parse(&keyring.wrap(&key, stack)?, stack)?.recipients);
    }
    rewrapped.check_count(stack)?;
    Ok(rewrapped.text())
}

/// The envelope with one recipient more, opened with `current`.
///
/// # Errors
/// `current` does not open it; it already has [`RECIPIENTS_MAX`].
pub fn add_recipient(
    envelope: &str,
    stack: &StackId,
    current: &dyn Keyring,
    added: &dyn Keyring,
) -> Result<String, KeyringError> {
    let key = current.unwrap(envelope, stack)?;
    let mut extended = Envelope::parse(envelope, stack)?;
    extended.recipients.extend(Envelope::parse(&added.wrap(&key, stack)?, stack)?.recipients);
    extended.check_count(stack)?;
    Ok(extended.text())
}

/// The envelope without the recipients that `removed` opens.
///
/// # Errors
/// `removed` opens none; none would be left.
pub fn remove_recipient(
    envelope: &str,
    stack: &StackId,
    removed: &dyn Keyring,
) -> Result<String, KeyringError> {
    // Also proves that there is one to remove.
    removed.unwrap(envelope, stack)?;
    let mut kept = Envelope { version: ENVELOPE_FORMAT, recipients: Vec::new() };
    for recipient in Envelope::parse(envelope, stack)?.recipients {
        let alone = Envelope { version: ENVELOPE_FORMAT, recipients: vec![recipient] };
        if removed.unwrap(&alone.text(), stack).is_err() {
            kept.recipients.extend(alone.recipients);
        }
    }
    kept.check_count(stack)?;
    Ok(kept.text())
}
