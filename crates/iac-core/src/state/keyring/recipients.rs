//! The recipients of an envelope as people see them: listed, added, removed, kept when the data key
//! changes. Knows nothing of where the envelope is stored.

use super::envelope::{Envelope, Recipient};
use super::{Keyring, KeyringError};
use crate::state::codec::DataKey;
use crate::state::record::{StackId, TimestampMs};

/// Longest label of a recipient, in characters.
pub const LABEL_LENGTH_MAX: usize = 200;
/// Hexadecimal digits of a recipient's id.
const ID_LENGTH: usize = 8;

/// One of the keys that open a stack's secrets: what is known of it without that key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct KeyRecipient {
    /// 8 hexadecimal digits that stand for it; others after the data key was rotated.
    pub id: String,
    /// `passphrase`, or `key` for 32 bytes wherever they are kept.
    pub kind: String,
    /// What it is, for people. Whoever can write the state can change it.
    pub label: Option<String>,
    /// When it was added. Whoever can write the state can change it.
    pub added_at: Option<TimestampMs>,
    /// What a guess at the passphrase costs, for example `argon2id, 64 MiB, 3 passes, 1 lane`.
    pub derivation: Option<String>,
}

impl KeyRecipient {
    /// `passphrase 1f2e3d4c (the passphrase)`, for messages.
    pub(super) fn title(&self) -> String {
        match &self.label {
            Some(label) => format!("{} {} ({label})", self.kind, self.id),
            None => format!("{} {}", self.kind, self.id),
        }
    }
}

impl Recipient {
    fn id(&self) -> String {
        crate::hash::long_hex(self.key.as_bytes()).chars().take(ID_LENGTH).collect()
    }

    fn shown(&self) -> KeyRecipient {
        let plural = |count: u32, noun: &str, ending: &str| {
            format!("{count} {noun}{}", if count == 1 { "" } else { ending })
        };
        KeyRecipient {
            id: self.id(),
            kind: self.kind.clone(),
            label: self.label.clone(),
            added_at: self.added_at,
            derivation: self.derivation.as_ref().map(|how| {
                let memory_mib = how.memory_kib / 1024;
                let (passes, lanes) = (plural(how.passes, "pass", "es"), plural(how.lanes, "lane", "s"));
                format!("{}, {memory_mib} MiB, {passes}, {lanes}", how.algorithm)
            }),
        }
    }

    fn opens_with(&self, keyring: &dyn Keyring, stack: &StackId) -> bool {
        let alone = Envelope::one(Recipient {
            kind: self.kind.clone(),
            derivation: self.derivation.clone(),
            key: self.key.clone(),
            label: None,
            added_at: None,
        });
        keyring.unwrap(&alone, stack).is_ok()
    }
}

/// The recipients of an envelope, oldest first. No key is needed.
///
/// # Errors
/// A damaged or newer envelope.
///
/// ```
/// use iac_core::state::{DataKey, EphemeralKeyring, Keyring, StackId, add_recipient, recipients};
///
/// let stack = StackId::new("philotes", "dev");
/// let (ann, ci) = (EphemeralKeyring::new(), EphemeralKeyring::new());
/// let envelope = ann.wrap(&DataKey::generate()?, &stack)?;
/// let both = add_recipient(&envelope, &stack, &ann, &ci)?;
/// assert_eq!(recipients(&both, &stack)?.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn recipients(envelope: &str, stack: &StackId) -> Result<Vec<KeyRecipient>, KeyringError> {
    Ok(Envelope::parse(envelope, stack)?.recipients.iter().map(Recipient::shown).collect())
}

/// The recipient that `keyring` is.
///
/// # Errors
/// It is none.
pub(crate) fn recipient_of(
    envelope: &str,
    stack: &StackId,
    keyring: &dyn Keyring,
) -> Result<KeyRecipient, KeyringError> {
    // Says what is wrong if it opens nothing.
    keyring.unwrap(envelope, stack)?;
    let envelope = Envelope::parse(envelope, stack)?;
    let found = envelope.recipients.iter().find(|recipient| recipient.opens_with(keyring, stack));
    found.map(Recipient::shown).ok_or_else(|| KeyringError::Unusable {
        keyring: keyring.describe(),
        reason: "it opens the envelope and none of its recipients; this is a defect, please report it".into(),
    })
}

/// A first envelope, with `keyring` as the only recipient.
pub(in crate::state) fn first(
    keyring: &dyn Keyring,
    key: &DataKey,
    stack: &StackId,
    now: TimestampMs,
) -> Result<String, KeyringError> {
    let mut envelope = Envelope::parse(&keyring.wrap(key, stack)?, stack)?;
    for recipient in &mut envelope.recipients {
        (recipient.label, recipient.added_at) = (Some(keyring.describe()), Some(now));
    }
    Ok(envelope.text())
}

/// `envelope`, which `key` was in, with `keyring` as one recipient more; and that recipient.
pub(in crate::state) fn added(
    envelope: &str,
    key: &DataKey,
    stack: &StackId,
    keyring: &dyn Keyring,
    label: Option<&str>,
    now: TimestampMs,
) -> Result<(String, KeyRecipient), KeyringError> {
    let label = label.map_or_else(|| keyring.describe(), str::to_owned);
    let length = label.chars().count();
    if length == 0 || length > LABEL_LENGTH_MAX || label.chars().any(char::is_control) {
        return Err(KeyringError::Label);
    }
    let mut envelope = Envelope::parse(envelope, stack)?;
    if let Some(present) = envelope.recipients.iter().find(|there| there.opens_with(keyring, stack)) {
        let (keyring, id) = (keyring.describe(), present.id());
        return Err(KeyringError::Present { keyring, id, stack: stack.clone() });
    }
    let mut new = Envelope::parse(&keyring.wrap(key, stack)?, stack)?.recipients;
    for recipient in &mut new {
        (recipient.label, recipient.added_at) = (Some(label.clone()), Some(now));
    }
    let shown = new.first().map(Recipient::shown).expect("a parsed envelope has a recipient");
    envelope.recipients.extend(new);
    envelope.check_count(stack)?;
    Ok((envelope.text(), shown))
}

/// `envelope` without the recipient `id`; and that recipient.
pub(in crate::state) fn without(
    envelope: &str,
    stack: &StackId,
    id: &str,
) -> Result<(String, KeyRecipient), KeyringError> {
    let mut envelope = Envelope::parse(envelope, stack)?;
    let Some(at) = envelope.recipients.iter().position(|recipient| recipient.id() == id) else {
        let found = titles(envelope.recipients.iter());
        return Err(KeyringError::NoSuchRecipient { id: id.to_owned(), found, stack: stack.clone() });
    };
    let removed = envelope.recipients.remove(at).shown();
    envelope.check_count(stack)?;
    Ok((envelope.text(), removed))
}

/// What became of the recipients when the data key changed.
pub(in crate::state) struct Rewrapped {
    pub(in crate::state) envelope: String,
    pub(in crate::state) kept: Vec<KeyRecipient>,
    pub(in crate::state) dropped: Vec<KeyRecipient>,
}

/// An envelope with `key` for the recipients of `envelope` that one of `keyrings` opens. Each
/// keyring must open one, so that a mistyped path does not become a recipient.
pub(in crate::state) fn rewrapped(
    envelope: &str,
    key: &DataKey,
    stack: &StackId,
    keyrings: &[&dyn Keyring],
    drops_others: bool,
) -> Result<Rewrapped, KeyringError> {
    let old = Envelope::parse(envelope, stack)?;
    let mut owners: Vec<Option<usize>> = vec![None; old.recipients.len()];
    for (number, keyring) in keyrings.iter().enumerate() {
        // Says what is wrong if it opens nothing.
        keyring.unwrap(envelope, stack)?;
        for (owner, recipient) in owners.iter_mut().zip(&old.recipients) {
            if owner.is_none() && recipient.opens_with(*keyring, stack) {
                *owner = Some(number);
            }
        }
    }
    let mut new = Envelope { version: super::ENVELOPE_FORMAT, recipients: Vec::new() };
    let mut left = Vec::new();
    for (recipient, owner) in old.recipients.into_iter().zip(owners) {
        let Some(keyring) = owner.and_then(|number| keyrings.get(number)) else {
            left.push(recipient);
            continue;
        };
        for mut wrapped in Envelope::parse(&keyring.wrap(key, stack)?, stack)?.recipients {
            (wrapped.label, wrapped.added_at) = (recipient.label.clone(), recipient.added_at);
            new.recipients.push(wrapped);
        }
    }
    if !left.is_empty() && !drops_others {
        return Err(KeyringError::LockedOut { left: titles(left.iter()), stack: stack.clone() });
    }
    new.check_count(stack)?;
    Ok(Rewrapped {
        envelope: new.text(),
        kept: new.recipients.iter().map(Recipient::shown).collect(),
        dropped: left.iter().map(Recipient::shown).collect(),
    })
}

fn titles<'a>(recipients: impl Iterator<Item = &'a Recipient>) -> String {
    recipients.map(|recipient| recipient.shown().title()).collect::<Vec<_>>().join(", ")
}
