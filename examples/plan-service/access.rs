//! Who may call: one token for all callers, compared in constant time. Knows nothing of what is called.

use std::fmt::Write as _;

use axum::http::{HeaderMap, header};
use iac::Secret;
use subtle::ConstantTimeEq as _;

/// Shorter tokens are refused: they could be guessed.
const TOKEN_BYTES_MIN: usize = 16;
/// Random bytes of a token that is made.
const TOKEN_RANDOM_BYTES: usize = 24;

/// What callers must show.
#[derive(Clone)]
pub(crate) struct Token(Secret<String>);

impl Token {
    /// # Errors
    /// A token that is too short.
    pub(crate) fn new(token: String) -> Result<Self, String> {
        match token.len() {
            0..TOKEN_BYTES_MIN => Err(format!("the token must have at least {TOKEN_BYTES_MIN} bytes")),
            _ => Ok(Self(Secret::new(token))),
        }
    }

    /// # Errors
    /// The operating system has no random source.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN_RANDOM_BYTES];
        getrandom::fill(&mut bytes)?;
        let mut digits = String::with_capacity(2 * TOKEN_RANDOM_BYTES);
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Ok(Self(Secret::new(digits)))
    }

    /// The token, for who starts the service.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether `headers` have `Authorization: Bearer` with this token. How long that takes tells the
    /// token's length at most.
    pub(crate) fn is_shown_in(&self, headers: &HeaderMap) -> bool {
        let value = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
        let shown = value.and_then(|value| {
            let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
            scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
        });
        shown.is_some_and(|shown| shown.ct_eq(self.expose().as_bytes()).into())
    }
}
