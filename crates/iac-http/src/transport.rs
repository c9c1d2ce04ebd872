//! What leaves and what comes back: one encoded request, one read answer, or how it failed.
//! Knows nothing of what a failure means for the caller; `classify` decides that.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

/// One attempt, complete with credentials.
#[non_exhaustive]
pub struct WireRequest {
    /// The method.
    pub method: Method,
    /// The full URL.
    pub url: Url,
    /// All headers, credentials among them.
    pub headers: HeaderMap,
    /// The body; empty if there is none.
    pub body: Bytes,
    /// The most bytes of the answer's body to read.
    pub body_bytes_max: usize,
}

impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireRequest")
            .field("method", &self.method)
            // A segment of the path can be a secret.
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

/// An answer that was read to its end.
pub struct WireResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireResponse")
            .field("status", &self.status)
            .field("body_length_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// How an attempt ended without a whole answer. The texts are redacted before anyone sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection came about (refused, name not found, no route): nothing was sent.
    Connect(String),
    /// The TLS handshake failed: nothing was sent, and trying again cannot help.
    Tls(String),
    /// No whole answer within this time; the request may have been carried out.
    Timeout(Duration),
    /// The connection broke before the answer's head; the request may have been carried out.
    Broken(String),
    /// The answer's head came with this status, its body not to its end.
    Truncated {
        /// The status that was read.
        status: u16,
        /// What the connection said.
        reason: String,
    },
    /// The answer's body is longer than the bound.
    TooLarge {
        /// The status that was read.
        status: u16,
        /// The bound in bytes.
        body_bytes_max: usize,
    },
    /// The request cannot be expressed in HTTP: nothing was sent.
    Invalid(String),
}

/// Carries one attempt. Implement it to test a provider without a socket, or to record.
///
/// An implementation MUST NOT retry and MUST NOT follow redirects: a repeated POST creates twice,
/// and a redirect takes the token elsewhere. It answers [`TransportError::Connect`] only if
/// nothing was sent.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends the request and reads the whole answer.
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError>;
}
