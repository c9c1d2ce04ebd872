//! [`SshKeyPair`]: an Ed25519 key pair in OpenSSH's formats.

use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use zeroize::Zeroizing;

use super::draw::fill;
use super::local::lives_in_state;
use crate::error::{Error, Result};
use crate::resource::{Change, Fault};
use crate::secret::Secret;
use crate::value::Value;
use iac_macros::{Inputs, Outputs};

/// An Ed25519 key pair for SSH: a private key in OpenSSH's format and a line for `authorized_keys`.
///
/// The private key lives in the state, sealed; export it to give it to people, with
/// `outputs NAME --show-secrets`. Where somebody has a key of their own, take its public half instead:
/// then the private one is nowhere but with them.
///
/// ```
/// use iac_core::random::SshKeyPair;
/// use iac_core::{Stack, StackError};
///
/// let stack = Stack::new("philotes", "dev")?;
/// let key = stack.add("admin-key", SshKeyPair::args().comment("admin@philotes"))?;
/// stack.export("admin_private_key", &key.private_key)?;
/// stack.export("admin_fingerprint", &key.fingerprint)?;
/// # Ok::<(), StackError>(())
/// ```
#[derive(Debug)]
pub struct SshKeyPair;

/// Inputs of an [`SshKeyPair`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Inputs)]
#[inputs(resource = SshKeyPair, crate = crate)]
pub struct SshKeyPairInputs {
    /// What stands behind the public key, for people; at most 255 characters on one line. Changing it
    /// keeps the key.
    #[field(unsettles(private_key, public_key))]
    pub comment: Option<String>,
    /// Any text; changing it makes a new key pair.
    #[field(replace)]
    pub rotate: Option<String>,
}

/// Outputs of an [`SshKeyPair`].
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, Outputs)]
#[outputs(crate = crate)]
pub struct SshKeyPairOutputs {
    /// The private key, `-----BEGIN OPENSSH PRIVATE KEY-----` and on, without a passphrase.
    #[field(stable)]
    pub private_key: Secret<String>,
    /// The public key as one line: `ssh-ed25519 AAAA… comment`.
    #[field(stable)]
    pub public_key: String,
    /// The public key's fingerprint as `ssh-keygen -l` shows it: `SHA256:…`.
    #[field(stable)]
    pub fingerprint: String,
}

/// Longest comment: everything that reads `authorized_keys` takes a line of that length.
const COMMENT_LENGTH_MAX: usize = 255;
/// Bytes of an Ed25519 seed.
const SEED_LENGTH: usize = 32;

lives_in_state!(
    SshKeyPair, "random:ssh_key_pair", SshKeyPairInputs, SshKeyPairOutputs,
    make: make, check: check, change: change
);

fn make(inputs: SshKeyPairInputs) -> Result<SshKeyPairOutputs> {
    let mut seed = Zeroizing::new([0; SEED_LENGTH]);
    fill(seed.as_mut())?;
    let pair = KeypairData::from(Ed25519Keypair::from_seed(&seed));
    outputs(&PrivateKey::new(pair, inputs.comment.unwrap_or_default()).map_err(|_| unwritable())?)
}

/// The same key with another comment.
fn change(change: Change<SshKeyPair>) -> Result<SshKeyPairOutputs> {
    let mut key = PrivateKey::from_openssh(change.outputs.private_key.expose()).map_err(|_| {
        Error::internal("the private key in the state is not an OpenSSH key")
            .hint("make a new one with `up --replace`")
    })?;
    key.set_comment(change.new.comment.unwrap_or_default());
    outputs(&key)
}

fn outputs(key: &PrivateKey) -> Result<SshKeyPairOutputs> {
    let private = key.to_openssh(LineEnding::LF).map_err(|_| unwritable())?;
    Ok(SshKeyPairOutputs {
        private_key: Secret::new(private.as_str().to_owned()),
        public_key: key.public_key().to_openssh().map_err(|_| unwritable())?,
        fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
    })
}

fn unwritable() -> Error {
    Error::internal("the key pair cannot be written in OpenSSH's format")
}

fn check(inputs: &Value) -> Vec<Fault> {
    let Some(comment) = inputs.get("comment").as_str() else { return Vec::new() };
    let length = comment.chars().count();
    let mut faults = Vec::new();
    if length > COMMENT_LENGTH_MAX {
        let message = format!("it has {length} characters, more than {COMMENT_LENGTH_MAX}; shorten it");
        faults.push(Fault::new("comment", message));
    }
    if comment.chars().any(char::is_control) || comment.trim() != comment {
        let message = "it holds a line break or another control character, or begins or ends with a blank; leave that out";
        faults.push(Fault::new("comment", message));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(comment: Option<&str>) -> SshKeyPairOutputs {
        make(SshKeyPairInputs { comment: comment.map(str::to_owned), rotate: None }).unwrap()
    }

    #[test]
    fn both_halves_belong_together_and_sign() {
        let made = pair(Some("admin@philotes"));
        let private = PrivateKey::from_openssh(made.private_key.expose()).unwrap();
        assert!(made.private_key.expose().starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
        assert!(made.private_key.expose().ends_with("-----END OPENSSH PRIVATE KEY-----\n"));
        assert!(!private.is_encrypted());
        let public = ssh_key::PublicKey::from_openssh(&made.public_key).unwrap();
        assert!(made.public_key.starts_with("ssh-ed25519 AAAA"), "{}", made.public_key);
        assert!(made.public_key.ends_with(" admin@philotes"), "{}", made.public_key);
        assert_eq!(public.key_data(), private.public_key().key_data());
        assert!(made.fingerprint.starts_with("SHA256:"));
        assert_eq!(made.fingerprint, public.fingerprint(HashAlg::Sha256).to_string());
        let signed = private.sign("file", HashAlg::Sha512, b"message").unwrap();
        assert!(public.verify("file", b"message", &signed).is_ok());
        assert!(public.verify("file", b"another", &signed).is_err());
        assert_ne!(made.public_key, pair(Some("admin@philotes")).public_key);
        assert_eq!(pair(None).public_key.split(' ').count(), 2);
    }

    #[test]
    fn another_comment_keeps_the_key() {
        let made = pair(Some("one"));
        let inputs = |comment: &str| SshKeyPairInputs { comment: Some(comment.to_owned()), rotate: None };
        let changed = change(Change {
            old: inputs("one"),
            new: inputs("two"),
            outputs: made.clone(),
            changed: Vec::new(),
        })
        .unwrap();
        assert_eq!(changed.fingerprint, made.fingerprint);
        assert_eq!(changed.public_key, made.public_key.replace(" one", " two"));
        assert_eq!(PrivateKey::from_openssh(changed.private_key.expose()).unwrap().comment(), "two");
    }

    #[test]
    fn a_comment_is_one_line() {
        let faults = |comment: &str| check(&Value::map([("comment", comment.into())])).len();
        assert_eq!(faults("admin@philotes"), 0);
        assert_eq!(faults("an admin of philotes"), 0);
        assert_eq!(faults("a\nssh-ed25519 AAAA another"), 1);
        assert_eq!(faults(" a"), 1);
        assert_eq!(faults(&"a".repeat(256)), 1);
        assert_eq!(check(&Value::map([("comment", Value::Unknown)])), []);
    }
}
