//! Secrets in settings files: encrypted under a key of the file's own, which the stack's keyring
//! locks. Knows nothing of files.

use std::sync::Arc;

use iac_core::state::{Codec, CodecError, DataKey, Keyring, KeyringError, Sealed, StackId};
use iac_core::{Path, Secret, Value};

use crate::fault::Fault;

/// The version of the sealed form in a file.
const SEALED_FORMAT: &str = "v1:";
/// Who owns the ciphertexts: it stands where a resource's URN stands in the state, and no URN is
/// this word, so that no ciphertext of the state opens here, nor the other way round.
const OWNER: &str = "settings";
/// What the codec writes around a ciphertext of its format 1.
const CODEC_START: &str = "{\"$secret\":\"1.";
const CODEC_END: &str = "\"}";
/// Longest sealed text.
const SEALED_LENGTH_MAX: usize = 256 * 1024;

/// Whether a text has the form of a sealed value.
pub(crate) fn is_sealed_text(text: &str) -> bool {
    text.len() <= SEALED_LENGTH_MAX
        && text.strip_prefix(SEALED_FORMAT).is_some_and(|body| {
            body.len() > 1 && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        })
}

/// Seals and opens the secrets of one file. A sealed text is bound to project, stack and key: copied
/// to another place it does not open.
pub(crate) struct Seal {
    codec: Codec,
    envelope: Arc<str>,
}

impl Seal {
    /// A new key, locked by `keyring`.
    pub(crate) fn create(stack: &StackId, keyring: &dyn Keyring) -> Result<Self, Fault> {
        let failed = |error: &dyn std::fmt::Display| {
            Fault::new("", format!("cannot be sealed: no key could be made: {error}"))
        };
        let key = DataKey::generate().map_err(|error| failed(&error))?;
        let envelope = keyring.wrap(&key, stack).map_err(|error| failed(&error))?;
        Ok(Self { codec: Codec::new(stack.clone(), Some(key)), envelope: envelope.into() })
    }

    /// The key in a file's envelope.
    pub(crate) fn open(stack: &StackId, keyring: &dyn Keyring, envelope: &Arc<str>) -> Result<Self, Fault> {
        let key = keyring.unwrap(envelope, stack).map_err(|error| unopened(&error))?;
        Ok(Self { codec: Codec::new(stack.clone(), Some(key)), envelope: Arc::clone(envelope) })
    }

    pub(crate) fn envelope(&self) -> &str {
        &self.envelope
    }

    /// The text to write for the secret at `path`.
    pub(crate) fn seal(&self, path: &Path, content: &Secret<String>) -> Result<String, Fault> {
        let value = Value::secret(content.expose().as_str().into());
        let sealed = self.codec.seal(OWNER, path.as_str(), &value);
        let body = sealed
            .as_ref()
            .ok()
            .and_then(|sealed| sealed.as_str().strip_prefix(CODEC_START)?.strip_suffix(CODEC_END));
        match (body, &sealed) {
            (Some(body), _) => Ok(format!("{SEALED_FORMAT}{body}")),
            (None, Err(error)) => Err(Fault::new(path.as_str(), format!("cannot be encrypted: {error}"))),
            (None, Ok(_)) => {
                Err(Fault::new(path.as_str(), "cannot be encrypted: the codec writes a newer form"))
            }
        }
    }

    /// The secret of a sealed text at `path`.
    pub(crate) fn unseal(&self, path: &Path, text: &str) -> Result<Secret<String>, Fault> {
        let body = text.strip_prefix(SEALED_FORMAT).unwrap_or(text);
        let sealed = Sealed::from_stored(format!("{CODEC_START}{body}{CODEC_END}"));
        let fault = |message: &str| {
            Fault::new(path.as_str(), message)
                .way_out(format!("write it again with `config set --secret {path}`"))
        };
        let value = self.codec.open(OWNER, path.as_str(), &sealed).map_err(|error| match error {
            CodecError::Rejected { .. } => {
                fault("does not decrypt: it was copied from another key, stack or file, or altered")
            }
            _ => fault("is damaged: it is cut short or not base64"),
        })?;
        match &value {
            Value::Secret(inner) => inner.as_str().map(|text| Secret::new(text.to_owned())),
            _ => None,
        }
        .ok_or_else(|| fault("is damaged: it holds no text"))
    }
}

fn unopened(error: &KeyringError) -> Fault {
    // The envelope of a settings file stands in that file, not in the state.
    let damage = match error {
        KeyringError::Malformed { reason, .. } => Some(reason.clone()),
        KeyringError::Recipients { count, .. } => Some(format!("it is locked for {count} recipients")),
        _ => None,
    };
    if let Some(reason) = damage {
        return Fault::new("", format!("is sealed, and the locked key in `[sealing]` is damaged: {reason}"))
            .way_out(
                "restore the table from the file's history: without it the sealed values cannot be read",
            );
    }
    Fault::new("", format!("is sealed, and its key cannot be opened: {error}"))
        .way_out("give the key, the key file or the passphrase that it was sealed with")
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::state::EphemeralKeyring;

    #[test]
    fn a_sealed_value_opens_at_its_own_place_only() {
        let keyring = EphemeralKeyring::new();
        let (dev, production) = (StackId::new("shop", "dev"), StackId::new("shop", "production"));
        let seal = Seal::create(&dev, &keyring).unwrap();
        let place = Path::field("database").key("password");
        let text = seal.seal(&place, &Secret::from("hunter2-canary")).unwrap();
        assert!(is_sealed_text(&text) && !text.contains("hunter2"), "{text}");
        let again = Seal::open(&dev, &keyring, &seal.envelope).unwrap();
        assert_eq!(again.unseal(&place, &text).unwrap().expose(), "hunter2-canary");

        let moved = again.unseal(&Path::field("database").key("user"), &text).unwrap_err();
        assert!(moved.message.contains("copied from another key"), "{moved}");
        let other_stack = Seal { codec: Codec::new(production.clone(), None), envelope: "".into() };
        assert!(other_stack.unseal(&place, &text).is_err());
        let Err(fault) = Seal::open(&production, &keyring, &seal.envelope) else { panic!("opened") };
        assert!(fault.message.contains("shop/production"), "{fault}");
        for damaged in
            ["", "{", "{\"version\":1,\"recipients\":[]}", &seal.envelope[..seal.envelope.len() / 2]]
        {
            let Err(fault) = Seal::open(&dev, &keyring, &damaged.into()) else { panic!("opened") };
            assert!(fault.message.contains("`[sealing]` is damaged"), "{fault}");
            assert!(fault.way_out.is_some_and(|text| text.contains("the file's history")));
        }
        let cut = again.unseal(&place, &text[..text.len() / 2]).unwrap_err();
        assert!(!cut.to_string().contains(&text[3..20]), "{cut}");
    }
}
