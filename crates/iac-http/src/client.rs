//! The client and its configuration: one base URL, one account, one set of limits.
//! Knows nothing of how an attempt runs; `request` builds requests and `send` runs them.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use http::Method;
use iac_core::provider::Delays;
use iac_core::{Cx, Error, ErrorKind, Result};
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::{Host, Url};

use crate::auth::{Anonymous, Auth};
use crate::breaker::{Breaker, BreakerPolicy};
use crate::decode::{ErrorDecoder, JsonErrors};
use crate::limit::{Limiter, Limits};
use crate::network::{Network, NetworkOptions};
use crate::observe::Observer;
use crate::request::Request;
use crate::retry::{Jitter, RetryPolicy};
use crate::transport::Transport;

/// Default bound on one attempt, from the first byte sent to the last byte read.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Default bound on opening a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Default bound on an answer's body, in bytes.
pub const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

const USER_AGENT: &str = concat!("iac/", env!("CARGO_PKG_VERSION"));

/// Sends requests to one API with one account. Cloning is cheap, and clones share the
/// connections, limits, quota knowledge and circuit breaker.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
    /// In place of the configured credentials.
    pub(crate) auth: Option<Arc<dyn Auth>>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    /// Where the requests of one call tell what holds them up.
    pub(crate) delays: Option<Delays>,
}

pub(crate) struct Shared {
    /// Without a slash at its end.
    pub(crate) base_url: String,
    /// Scheme, host and port, for messages.
    pub(crate) endpoint: String,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) auth: Arc<dyn Auth>,
    pub(crate) decoder: Arc<dyn ErrorDecoder>,
    pub(crate) limiter: Limiter,
    pub(crate) rate_wait_max: Duration,
    pub(crate) breaker: Breaker,
    pub(crate) retry: RetryPolicy,
    pub(crate) jitter: Jitter,
    pub(crate) timeout: Duration,
    pub(crate) body_bytes_max: usize,
    pub(crate) secrets: Vec<SecretString>,
    pub(crate) clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    /// One credential refresh at a time.
    pub(crate) refresh: Semaphore,
    /// How often the credentials were refreshed.
    pub(crate) credentials_generation: AtomicU64,
}

impl Client {
    /// Starts a client for the API at `base_url`, for example `https://api.hetzner.cloud/v1`.
    pub fn builder(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url.into())
    }

    /// A request with any method. `path` begins with `/` and is appended to the base URL; it can
    /// have placeholders (`/servers/{id}`) that [`Request::segment`] fills.
    pub fn request(&self, method: Method, path: impl Into<String>) -> Request {
        Request::new(self.clone(), method, path.into())
    }

    /// A GET request.
    pub fn get(&self, path: impl Into<String>) -> Request {
        self.request(Method::GET, path)
    }

    /// A POST request.
    pub fn post(&self, path: impl Into<String>) -> Request {
        self.request(Method::POST, path)
    }

    /// A PUT request.
    pub fn put(&self, path: impl Into<String>) -> Request {
        self.request(Method::PUT, path)
    }

    /// A PATCH request.
    pub fn patch(&self, path: impl Into<String>) -> Request {
        self.request(Method::PATCH, path)
    }

    /// A DELETE request.
    pub fn delete(&self, path: impl Into<String>) -> Request {
        self.request(Method::DELETE, path)
    }

    /// The same client, whose requests end at `deadline` at the latest.
    #[must_use]
    pub fn with_deadline(&self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// The same client for one call of a provider: its requests end at the call's deadline, and tell
    /// the run when they are repeated or wait for the vendor's quota. An observer is told as before.
    ///
    /// ```
    /// use iac_core::provider::Cx;
    /// use iac_http::Client;
    ///
    /// struct Cloud {
    ///     http: Client,
    /// }
    ///
    /// impl Cloud {
    ///     fn http(&self, cx: &Cx<'_, Self>) -> Client {
    ///         self.http.for_call(cx)
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn for_call<P>(&self, cx: &Cx<'_, P>) -> Self {
        Self { deadline: Some(cx.deadline()), delays: Some(cx.delays()), ..self.clone() }
    }

    /// The same client with other credentials in place of its own, such as a short-lived token that
    /// the vendor gives out for one upload. Connections, limits and quota stay shared.
    #[must_use]
    pub fn with_auth(&self, auth: impl Auth) -> Self {
        Self { auth: Some(Arc::new(auth)), ..self.clone() }
    }

    /// The credentials of its requests.
    pub(crate) fn auth(&self) -> &dyn Auth {
        self.auth.as_deref().unwrap_or(&*self.shared.auth)
    }

    /// The same client, whose requests tell `observer` what happens.
    #[must_use]
    pub fn with_observer(&self, observer: Arc<dyn Observer>) -> Self {
        Self { observer: Some(observer), ..self.clone() }
    }

    /// The time at which requests of this client end at the latest, if one is set.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The base URL without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.shared.base_url).finish_non_exhaustive()
    }
}

/// Configures a [`Client`].
#[must_use]
pub struct ClientBuilder {
    base_url: String,
    auth: Arc<dyn Auth>,
    decoder: Arc<dyn ErrorDecoder>,
    transport: Option<Arc<dyn Transport>>,
    observer: Option<Arc<dyn Observer>>,
    limits: Limits,
    retry: RetryPolicy,
    breaker: BreakerPolicy,
    timeout: Duration,
    connect_timeout: Duration,
    user_agent: String,
    body_bytes_max: usize,
    secrets: Vec<SecretString>,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    roots_pem: Option<Vec<u8>>,
    cleartext_allowed: bool,
}

impl ClientBuilder {
    fn new(base_url: String) -> Self {
        Self {
            base_url,
            auth: Arc::new(Anonymous),
            decoder: Arc::new(JsonErrors),
            transport: None,
            observer: None,
            limits: Limits::default(),
            retry: RetryPolicy::default(),
            breaker: BreakerPolicy::default(),
            timeout: REQUEST_TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            user_agent: USER_AGENT.to_owned(),
            body_bytes_max: BODY_BYTES_MAX,
            secrets: Vec::new(),
            clock: Arc::new(SystemTime::now),
            roots_pem: None,
            cleartext_allowed: false,
        }
    }

    /// Credentials. Default [`Anonymous`].
    pub fn auth(mut self, auth: impl Auth) -> Self {
        self.auth = Arc::new(auth);
        self
    }

    /// Reads the vendor's error bodies. Default [`JsonErrors`].
    pub fn decoder(mut self, decoder: impl ErrorDecoder) -> Self {
        self.decoder = Arc::new(decoder);
        self
    }

    /// How many requests, how fast.
    pub fn limit(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// When requests are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Makes the waits before repetitions repeatable, for tests, and leaves the rest of the policy
    /// alone.
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.retry = self.retry.seed(seed);
        self
    }

    /// When the client stops sending to a host that fails.
    pub fn breaker(mut self, policy: BreakerPolicy) -> Self {
        self.breaker = policy;
        self
    }

    /// The bound on one attempt. Default [`REQUEST_TIMEOUT`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The bound on opening a connection. Default [`CONNECT_TIMEOUT`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The `User-Agent`.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The bound on an answer's body, in bytes. Default [`BODY_BYTES_MAX`].
    pub fn body_bytes_max(mut self, bytes: usize) -> Self {
        self.body_bytes_max = bytes;
        self
    }

    /// Another secret to remove from every error; those of the credentials are known already.
    pub fn redact(mut self, secret: impl Into<SecretString>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Hears of retries, pauses and ends.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Carries requests in place of the network, for tests.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The wall clock, for signatures and for times in headers.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Trusts only these certificates (PEM), for an API with a private authority, instead of the
    /// platform's.
    pub fn trust_roots_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots_pem = Some(pem.into());
        self
    }

    /// Allows `http` to another machine: everyone on the way can then read the credentials.
    pub fn allow_cleartext(mut self) -> Self {
        self.cleartext_allowed = true;
        self
    }

    /// The client. Opens no connection.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a base URL that is not `https` (or `http` to this machine)
    /// or that has user, query or fragment, and for unreadable trust roots;
    /// [`ErrorKind::Unavailable`] if the platform has no trust roots.
    pub fn build(self) -> Result<Client> {
        let url = check_base_url(&self.base_url, self.cleartext_allowed)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(Network::new(NetworkOptions {
                connect_timeout: self.connect_timeout,
                user_agent: self.user_agent,
                cleartext: url.scheme() == "http",
                loopback: is_loopback(&url),
                roots_pem: self.roots_pem,
            })?),
        };
        let shared = Shared {
            base_url: url.as_str().trim_end_matches('/').to_owned(),
            endpoint: url.origin().ascii_serialization(),
            transport,
            auth: self.auth,
            decoder: self.decoder,
            limiter: Limiter::new(&self.limits),
            rate_wait_max: self.limits.rate_wait(),
            breaker: Breaker::new(self.breaker),
            jitter: self.retry.jitter(),
            retry: self.retry,
            timeout: self.timeout,
            body_bytes_max: self.body_bytes_max,
            secrets: self.secrets,
            clock: self.clock,
            refresh: Semaphore::new(1),
            credentials_generation: AtomicU64::new(0),
        };
        Ok(Client {
            shared: Arc::new(shared),
            auth: None,
            deadline: None,
            observer: self.observer,
            delays: None,
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not even the base URL: until `build` checks it, it can hold a password.
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

fn check_base_url(text: &str, cleartext_allowed: bool) -> Result<Url> {
    let refuse = |problem: &str| Error::new(ErrorKind::InvalidInput, format!("the base URL {problem}"));
    let url = Url::parse(text).map_err(|error| refuse(&format!("is not a URL: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("has a user name or a password").hint("give credentials to `auth`"));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.has_host() {
        return Err(refuse("needs a host, and has no query and no fragment"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if cleartext_allowed || is_loopback(&url) => Ok(url),
        "http" => Err(refuse("would send credentials in clear text to another machine")
            .hint("use https, or allow clear text explicitly")),
        _ => Err(refuse("is neither https nor http")),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        for good in ["https://api.example.com/v1/", "http://127.0.0.1:8080", "http://localhost/x"] {
            assert!(check_base_url(good, false).is_ok(), "{good}");
        }
        for bad in [
            "api.example.com",
            "ftp://example.com",
            "http://example.com",
            "https://user:pw@example.com",
            "https://example.com/?a=b",
        ] {
            assert!(check_base_url(bad, false).is_err(), "{bad}");
        }
        assert!(check_base_url("http://example.com", true).is_ok());
    }

    #[test]
    fn a_seed_for_the_jitter_leaves_the_policy_alone() {
        let builder = Client::builder("https://api.example.com").retry(RetryPolicy::never()).jitter_seed(7);
        let shared = builder.build().unwrap().shared;
        assert_eq!(shared.retry.attempts_max, 1);
        let schedule = RetryPolicy::default().schedule(crate::retry::Cause::Lost);
        let same = RetryPolicy::never().seed(7).jitter();
        assert_eq!(shared.jitter.wait(schedule, 3), same.wait(schedule, 3));
    }
}
