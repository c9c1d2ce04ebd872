//! A value as one ciphertext, behind a text in the clear that it is bound to. Unknowns survive.
//! Knows nothing of what the value or the text mean.

use zeroize::Zeroizing;

use super::key::{Associated, NONCE_LENGTH, TAG_LENGTH, decrypt, encrypt};
use super::place::{Place, Segment};
use super::{Codec, CodecError, read, write};
use crate::hash::hex;
use crate::value::Value;

/// Bytes of a key check: enough to tell two keys apart, and of no use for anything else.
const KEY_CHECK_LENGTH: usize = 8;

/// What a whole is for, and the version of its form.
#[derive(Clone, Copy)]
pub(crate) struct Purpose {
    pub(crate) name: &'static str,
    pub(crate) format: u32,
}

impl Codec {
    /// Encrypts the whole of `value`, plain parts included, and puts `clear` before it, which gets
    /// the length of the ciphertext. The ciphertext is bound to every byte of that text.
    ///
    /// # Errors
    /// No key; no random bytes; nested too deep.
    pub(crate) fn seal_whole(
        &self,
        purpose: Purpose,
        value: &Value,
        clear: impl FnOnce(usize) -> Vec<u8>,
    ) -> Result<Vec<u8>, CodecError> {
        let place = Place { stack: &self.stack, urn: purpose.name, column: "content" };
        let root = &Segment::Root;
        let error = |make: fn(String, String) -> CodecError| place.error(root, make);
        let key =
            self.key.as_ref().ok_or_else(|| error(|urn, field| CodecError::KeyMissing { urn, field }))?;
        let mut plain = write::whole(&place, value)?;
        let mut sealed = clear(NONCE_LENGTH + plain.len() + TAG_LENGTH);
        let bound_to = self.bound_whole(purpose, &sealed);
        let ciphertext = encrypt(key, &bound_to, &mut plain)
            .map_err(|reason| place.error(root, |urn, field| CodecError::Random { urn, field, reason }))?;
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    /// Opens what [`seal_whole`](Codec::seal_whole) made. Nothing if it does not authenticate: another
    /// key, another stack, or any changed byte.
    pub(crate) fn open_whole(
        &self,
        purpose: Purpose,
        clear: &[u8],
        ciphertext: &[u8],
    ) -> Option<Result<Value, CodecError>> {
        let place = Place { stack: &self.stack, urn: purpose.name, column: "content" };
        let plain: Zeroizing<Vec<u8>> =
            decrypt(self.key.as_ref()?, &self.bound_whole(purpose, clear), ciphertext)?;
        Some(read::whole(&place, &plain))
    }

    /// Tells two data keys apart without saying anything else about them; nothing without a key.
    pub(crate) fn key_check(&self, purpose: Purpose) -> Option<String> {
        let tag = self.key.as_ref()?.authenticate(purpose.name, b"key check");
        Some(hex(tag.get(..KEY_CHECK_LENGTH).unwrap_or_default()))
    }

    fn bound_whole(&self, purpose: Purpose, clear: &[u8]) -> Associated {
        Associated::new(purpose.name, purpose.format)
            .part(self.stack.project.as_bytes())
            .part(self.stack.stack.as_bytes())
            .part(clear)
    }
}
