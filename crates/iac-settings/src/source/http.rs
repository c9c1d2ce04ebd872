//! What the sources behind HTTP share: bounds and the retry rules. Knows no vendor.

use std::time::Duration;

use iac_core::{Error, ErrorKind, Result};
use iac_http::{Client, ClientBuilder, RetryPolicy};
use serde::de::DeserializeOwned;

/// Longest answer read from a secret service, in bytes.
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Bound on one attempt. A secret is small: who needs longer is out of order.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Attempts of one request: a run waits for this before anything else is done.
const ATTEMPTS_MAX: u32 = 3;

/// How requests are sent; the same for every client of a source.
#[derive(Debug, Clone)]
pub(super) struct Sending {
    pub(super) timeout: Duration,
    pub(super) retry: RetryPolicy,
    pub(super) roots_pem: Option<Vec<u8>>,
    pub(super) cleartext_allowed: bool,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            timeout: REQUEST_TIMEOUT,
            retry: RetryPolicy::default().attempts_max(ATTEMPTS_MAX),
            roots_pem: None,
            cleartext_allowed: false,
        }
    }
}

impl Sending {
    /// Finishes a client under these bounds. `variable` is where its address comes from as a rule.
    pub(super) fn build(&self, builder: ClientBuilder, variable: &str) -> Result<Client> {
        let builder =
            builder.timeout(self.timeout).retry(self.retry.clone()).body_bytes_max(ANSWER_BYTES_MAX);
        let builder = if self.cleartext_allowed { builder.allow_cleartext() } else { builder };
        let built = match &self.roots_pem {
            Some(pem) => builder.trust_roots_pem(pem.clone()).build(),
            None => builder.build(),
        };
        built.map_err(|error| match error.way_out() {
            Some(_) => error,
            None => error.hint(format!("check {variable}: an address is written as https://host:port")),
        })
    }
}

/// Decodes an answer that may hold a secret: no error quotes any of it.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8], service: &str) -> Result<T> {
    serde_json::from_slice(body).map_err(|_| {
        Error::new(ErrorKind::Unavailable, format!("the answer is not what {service} promises"))
            .hint("check that the address is that of the service itself, not of a proxy or a login page")
    })
}

/// An error of the request layers, about a service whose address the user gave.
pub(super) fn explained(error: Error, service: &str) -> Error {
    if error.kind() == ErrorKind::Unavailable && error.way_out().is_none() {
        return error.hint(format!(
            "check that the address is that of {service}, with `http:` or `https:` as it speaks it"
        ));
    }
    if error.http_status().is_some_and(|status| (300..400).contains(&status)) {
        return Error::new(
            ErrorKind::Unavailable,
            "the server sends the request to another address, and credentials are not taken there",
        )
        .hint(format!(
            "give the address of {service} itself: with its scheme, of the active one of several, or of what stands              in front of them"
        ));
    }
    if error.kind() != ErrorKind::Internal {
        return error;
    }
    Error::new(ErrorKind::Unavailable, error.message().to_owned())
        .hint(format!("check that the address is that of {service}"))
}
