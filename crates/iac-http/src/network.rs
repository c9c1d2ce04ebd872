//! The transport over real sockets: reqwest with rustls, ring and the platform's trust roots.
//! Knows nothing of retries, errors or vendors.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use iac_core::{Error, ErrorKind, Result};

use crate::transport::{Transport, TransportError, WireRequest, WireResponse};

/// An idle connection is closed before the vendor closes it: a POST that meets a connection at its
/// end would be ambiguous for nothing. Shorter than what vendors' proxies commonly allow (60 s).
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct Network(reqwest::Client);

pub(crate) struct NetworkOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) user_agent: String,
    /// The base URL is `http`: no trust roots are loaded, so that a machine without any works.
    pub(crate) cleartext: bool,
    /// The base URL is on this machine: a proxy from the environment does not apply.
    pub(crate) loopback: bool,
    /// Trust these roots (PEM) instead of the platform's.
    pub(crate) roots_pem: Option<Vec<u8>>,
}

impl Network {
    pub(crate) fn new(options: NetworkOptions) -> Result<Self> {
        // An error means that the program installed its own provider before; that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // reqwest itself repeats only what HTTP/2 declares as never processed (REFUSED_STREAM).
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .connect_timeout(options.connect_timeout)
            .user_agent(options.user_agent);
        if options.loopback {
            builder = builder.no_proxy();
        }
        if options.cleartext {
            builder = builder.tls_certs_only([]);
        } else if let Some(pem) = options.roots_pem {
            builder = builder.tls_certs_only(read_roots(&pem)?);
        }
        let client = builder.build().map_err(|error| {
            Error::new(ErrorKind::Unavailable, format!("the TLS client cannot start: {}", chain(&error)))
                .hint("install the system's CA certificates, or give the client trust roots")
        })?;
        Ok(Self(client))
    }
}

fn read_roots(pem: &[u8]) -> Result<Vec<reqwest::Certificate>> {
    let refuse = |problem: &str| {
        Error::new(ErrorKind::InvalidInput, format!("the trust roots {problem}"))
            .hint("give certificates in PEM, each from BEGIN CERTIFICATE to END CERTIFICATE")
    };
    match reqwest::Certificate::from_pem_bundle(pem) {
        Ok(roots) if roots.is_empty() => Err(refuse("hold no certificate")),
        Ok(roots) => Ok(roots),
        Err(error) => Err(refuse(&format!("cannot be read: {}", chain(&error)))),
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let body_bytes_max = request.body_bytes_max;
        let mut builder = self.0.request(request.method, request.url).headers(request.headers);
        if !request.body.is_empty() {
            builder = builder.body(request.body);
        }
        let response = builder.send().await.map_err(|error| head_error(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = read_body(response, body_bytes_max).await?;
        Ok(WireResponse { status, headers, body })
    }
}

async fn read_body(mut response: reqwest::Response, body_bytes_max: usize) -> Result<Bytes, TransportError> {
    let status = response.status().as_u16();
    let too_large = TransportError::TooLarge { status, body_bytes_max };
    let announced = response.content_length().unwrap_or(0);
    if usize::try_from(announced).map_or(true, |length| length > body_bytes_max) {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if chunk.len() > body_bytes_max - body.len() => return Err(too_large),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) => {
                return Err(TransportError::Truncated { status, reason: chain(&error) });
            }
        }
    }
}

fn head_error(error: &reqwest::Error) -> TransportError {
    if is_tls(error) {
        TransportError::Tls(chain(error))
    } else if error.is_connect() {
        TransportError::Connect(chain(error))
    } else if error.is_builder() {
        TransportError::Invalid(chain(error))
    } else {
        TransportError::Broken(chain(error))
    }
}

/// A certificate problem or another refusal by TLS, as opposed to a network that failed.
fn is_tls(error: &reqwest::Error) -> bool {
    if !error.is_connect() {
        return false;
    }
    let mut source: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(current) = source {
        if is_rustls(current) {
            return true;
        }
        source = current.source();
    }
    false
}

/// An `io::Error` hides what it wraps from `source`, and can wrap another `io::Error`.
fn is_rustls(mut error: &(dyn StdError + 'static)) -> bool {
    while let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        error = inner;
    }
    error.is::<rustls::Error>()
}

/// The causes without the outermost text, which would repeat the URL with its query.
fn chain(error: &reqwest::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(current) = source {
        let text = current.to_string();
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        source = current.source();
    }
    if causes.is_empty() { "no details".to_owned() } else { causes.join(": ") }
}
