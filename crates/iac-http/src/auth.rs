//! How a request proves who sends it: the `Auth` trait and the plain token schemes.
//! Knows nothing of retries or of any vendor; a signature scheme lives in its provider crate.

use std::fmt;
use std::time::SystemTime;

use async_trait::async_trait;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use iac_core::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};

/// What an [`Auth`] sees of one attempt: the exact bytes that go out.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct SignedParts<'a> {
    /// The method.
    pub method: &'a http::Method,
    /// The full URL with its query, percent-encoded exactly as sent.
    pub url: &'a url::Url,
    /// The body exactly as sent; empty if there is none.
    pub body: &'a [u8],
    /// The wall clock at this attempt.
    pub now: SystemTime,
}

impl fmt::Debug for SignedParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither path nor query nor body: each can hold secret values.
        f.debug_struct("SignedParts")
            .field("method", self.method)
            .field("host", &self.url.host_str())
            .field("body_length_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Adds credentials to requests.
///
/// The client calls [`headers`](Auth::headers) once for each attempt, after the URL and the body
/// are encoded, so that a signature with a timestamp is fresh after every wait. An implementation
/// MUST list everything secret in [`secrets`](Auth::secrets), otherwise an error message that
/// quotes the vendor can leak it, and MUST NOT show a secret in its `Debug`.
///
/// ```
/// use iac_http::http::{HeaderMap, HeaderValue};
/// use iac_http::{Auth, SecretString, SignedParts};
///
/// struct Signature(SecretString);
///
/// #[async_trait::async_trait]
/// impl Auth for Signature {
///     async fn headers(&self, parts: &SignedParts<'_>) -> iac_core::Result<HeaderMap> {
///         let signature = format!("{}+{}+{}", parts.method, parts.url, parts.body.len());
///         let value = HeaderValue::try_from(signature)
///             .map_err(|_| iac_core::Error::internal("the signature is no header value"))?;
///         Ok(HeaderMap::from_iter([("x-signature".parse().expect("a valid name"), value)]))
///     }
///     fn secrets(&self) -> Vec<SecretString> {
///         vec![self.0.clone()]
///     }
/// }
/// ```
#[async_trait]
pub trait Auth: Send + Sync + 'static {
    /// The headers that authenticate this attempt.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] if no usable credential is at hand. The request is then not
    /// sent.
    async fn headers(&self, parts: &SignedParts<'_>) -> Result<HeaderMap>;

    /// Every secret that could come back in an answer: tokens, keys, refresh tokens. Asked again
    /// for every error, so that a refreshed token is covered.
    fn secrets(&self) -> Vec<SecretString>;

    /// Called after an answer 401, at most once for each request and never twice at the same
    /// time. `true` means that the credential is new and that the request goes out again.
    ///
    /// # Errors
    /// Whatever stopped the refresh; the request then fails with it.
    async fn refresh(&self) -> Result<bool> {
        Ok(false)
    }
}

/// No credentials.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anonymous;

#[async_trait]
impl Auth for Anonymous {
    async fn headers(&self, _parts: &SignedParts<'_>) -> Result<HeaderMap> {
        Ok(HeaderMap::new())
    }
    fn secrets(&self) -> Vec<SecretString> {
        Vec::new()
    }
}

/// `Authorization: Bearer <token>`.
#[derive(Clone)]
pub struct Bearer(SecretString);

impl Bearer {
    /// A bearer token.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(token.into())
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer([secret])")
    }
}

#[async_trait]
impl Auth for Bearer {
    async fn headers(&self, _parts: &SignedParts<'_>) -> Result<HeaderMap> {
        let value = secret_header(&format!("Bearer {}", self.0.expose_secret()))?;
        Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
    }
    fn secrets(&self) -> Vec<SecretString> {
        vec![self.0.clone()]
    }
}

/// A token in a header of its own, for example `X-Auth-Token`.
#[derive(Clone)]
pub struct HeaderToken {
    name: HeaderName,
    token: SecretString,
}

impl HeaderToken {
    /// A token in the header `name`.
    pub fn new(name: HeaderName, token: impl Into<SecretString>) -> Self {
        Self { name, token: token.into() }
    }
}

impl fmt::Debug for HeaderToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderToken({}: [secret])", self.name)
    }
}

#[async_trait]
impl Auth for HeaderToken {
    async fn headers(&self, _parts: &SignedParts<'_>) -> Result<HeaderMap> {
        let value = secret_header(self.token.expose_secret())?;
        Ok(HeaderMap::from_iter([(self.name.clone(), value)]))
    }
    fn secrets(&self) -> Vec<SecretString> {
        vec![self.token.clone()]
    }
}

/// A header value that is marked as sensitive, so that neither its `Debug` nor HTTP/2's header
/// compression keeps it.
///
/// # Errors
/// [`ErrorKind::Unauthenticated`] if `value` has characters that a header cannot carry, typically
/// a line break at the end of a token that was read from a file.
pub fn secret_header(value: &str) -> Result<HeaderValue> {
    let mut header = HeaderValue::try_from(value).map_err(|_| {
        Error::new(
            ErrorKind::Unauthenticated,
            "the credential has characters that an HTTP header cannot carry",
        )
        .hint("check it for line breaks and spaces at its ends")
    })?;
    header.set_sensitive(true);
    Ok(header)
}
