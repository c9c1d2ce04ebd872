//! Hashes and random tokens as hexadecimal text. Knows nothing of what they identify.

use sha2::{Digest, Sha256};

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// SHA-256 as 64 hexadecimal digits.
pub(crate) fn long_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The first 64 bits of SHA-256 as 16 hexadecimal digits.
pub(crate) fn short_hex(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).get(..8).unwrap_or_default())
}

/// 128 random bits as 32 hexadecimal digits.
///
/// # Panics
/// When the operating system has no random source; nothing safe can be done then.
pub(crate) fn random_token() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system has a random source");
    hex(&bytes)
}
