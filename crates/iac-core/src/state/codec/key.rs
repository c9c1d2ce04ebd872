//! [`DataKey`]: the key that encrypts a stack's secrets, and the authenticated encryption itself.
//! Knows nothing of values or of how the key is kept.

use std::fmt;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Bytes of a key.
const KEY_LENGTH: usize = 32;
/// Bytes of a nonce: long enough to be drawn at random for every message.
pub(super) const NONCE_LENGTH: usize = 24;
/// Bytes of the authentication tag at the end of a ciphertext.
pub(super) const TAG_LENGTH: usize = 16;
/// SHA-256's block, which HMAC pads its key to.
const HASH_BLOCK_LENGTH: usize = 64;

/// The key that encrypts the secrets of one stack. Cleared from memory when dropped; never shown.
///
/// A [`Keyring`](crate::state::Keyring) wraps it for storage.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; KEY_LENGTH]>);

/// The operating system gave no random bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}")]
pub struct RandomError(String);

impl DataKey {
    /// A new random key.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn generate() -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        fill_random(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    /// A key from its bytes.
    pub fn from_bytes(bytes: [u8; KEY_LENGTH]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes. Whoever calls this must keep them out of messages and files.
    pub fn expose(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }

    /// HMAC-SHA-256 of `message` for one purpose.
    pub(super) fn authenticate(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let mut inner_pad = Zeroizing::new([0x36u8; HASH_BLOCK_LENGTH]);
        let mut outer_pad = Zeroizing::new([0x5cu8; HASH_BLOCK_LENGTH]);
        for ((inner, outer), byte) in inner_pad.iter_mut().zip(outer_pad.iter_mut()).zip(self.0.iter()) {
            *inner ^= byte;
            *outer ^= byte;
        }
        let inner = Sha256::new()
            .chain_update(inner_pad.as_slice())
            .chain_update(purpose.as_bytes())
            .chain_update([0])
            .chain_update(message)
            .finalize();
        Sha256::new().chain_update(outer_pad.as_slice()).chain_update(inner).finalize().into()
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[data key]")
    }
}

pub(in crate::state) fn fill_random(into: &mut [u8]) -> Result<(), RandomError> {
    getrandom::fill(into).map_err(|error| RandomError(error.to_string()))
}

/// What a ciphertext is bound to: a list of parts, each with its length before it, so that no two
/// lists are the same bytes.
pub(in crate::state) struct Associated(Vec<u8>);

impl Associated {
    /// Starts with what the ciphertext is for and its format.
    pub(in crate::state) fn new(purpose: &str, format: u32) -> Self {
        Self(Vec::with_capacity(256)).part(purpose.as_bytes()).part(&format.to_be_bytes())
    }

    #[must_use]
    pub(in crate::state) fn part(mut self, part: &[u8]) -> Self {
        self.push(part);
        self
    }

    pub(in crate::state) fn push(&mut self, part: &[u8]) {
        self.0.extend_from_slice(&(part.len() as u64).to_be_bytes());
        self.0.extend_from_slice(part);
    }
}

/// Encrypts `plain` in place; answers nonce and ciphertext together.
pub(in crate::state) fn encrypt(
    key: &DataKey,
    bound_to: &Associated,
    plain: &mut Zeroizing<Vec<u8>>,
) -> Result<Vec<u8>, RandomError> {
    let mut nonce = [0; NONCE_LENGTH];
    fill_random(&mut nonce)?;
    let plain: &mut Vec<u8> = plain;
    cipher(key)
        .encrypt_in_place(&XNonce::from(nonce), &bound_to.0, plain)
        .expect("a text in memory is far below the cipher's 256 GiB");
    Ok([nonce.as_slice(), plain].concat())
}

/// Opens what [`encrypt`] made; nothing when it does not authenticate.
pub(in crate::state) fn decrypt(
    key: &DataKey,
    bound_to: &Associated,
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let plain: &mut Vec<u8> = &mut buffer;
    cipher(key).decrypt_in_place(&XNonce::from(*nonce), &bound_to.0, plain).ok()?;
    Some(buffer)
}

fn cipher(key: &DataKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyed_digest_is_hmac_sha256() {
        // RFC 4231's construction, checked against an independent implementation:
        // HMAC-SHA-256(key = 0x0b * 32, "p" || 0 || "m").
        let key = DataKey::from_bytes([0x0b; 32]);
        assert_eq!(
            crate::hash::hex(&key.authenticate("p", b"m")),
            "51894b9cc17f0e739db20cd32eaf2fb689efef40482508466d338c715a695e9f"
        );
    }

    #[test]
    fn a_key_is_never_shown() {
        assert_eq!(format!("{:?}", DataKey::from_bytes([7; 32])), "[data key]");
    }
}
