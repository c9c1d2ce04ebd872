//! The provider: its endpoint, its token, and what the API's errors mean. Knows nothing of any one type
//! but the list of them.

use std::fmt;
use std::time::{Instant, UNIX_EPOCH};

use async_trait::async_trait;
use iac_core::provider::Probe;
use iac_core::{Cx, Error, ErrorKind, Provider, Result, Types};
use iac_http::{Answer, Bearer, Client, ClientBuilder, ErrorParts, ExposeSecret, Response, SecretString};
use serde::Deserialize;

/// An account.
pub struct {{Provider}} {
    http: Client,
}

#[derive(Deserialize)]
struct Account {
    id: String,
}

impl {{Provider}} {
    /// The account that `token` is of, at `endpoint`.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub fn new(endpoint: impl Into<String>, token: impl Into<SecretString>) -> Result<Self> {
        Self::with(endpoint, token, |http| http)
    }

    /// The same, with a change of how requests are sent: retries, limits, transport.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] without a token, [`ErrorKind::InvalidInput`] for an endpoint that
    /// is not `https` (or `http` to this machine).
    pub fn with(
        endpoint: impl Into<String>,
        token: impl Into<SecretString>,
        change: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self> {
        let token = token.into();
        if token.expose_secret().trim().is_empty() {
            return Err(Error::new(ErrorKind::Unauthenticated, "there is no token")
                .hint("give an API token to `{{Provider}}::new`"));
        }
        let http = Client::builder(endpoint).auth(Bearer::new(token)).decoder(decode);
        Ok(Self { http: change(http).build()? })
    }

    /// The HTTP client for one call.
    pub(crate) fn http(&self, cx: &Cx<'_, Self>) -> Client {
        self.http.for_call(cx)
    }

    async fn ask(&self) -> Result<Response<Account>> {
        self.http.get("/account").send().await
    }
}

#[async_trait]
impl Provider for {{Provider}} {
    const NAME: &'static str = "{{provider}}";

    fn types() -> Types {
        Types::new().resource::<crate::Shelf>()
    }

    async fn account(&self) -> Result<String> {
        Ok(self.ask().await?.into_body().id)
    }

    async fn probe(&self) -> Result<Probe> {
        let begin = Instant::now();
        let answer = self.ask().await?;
        let time = answer.server_time().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let time = time.and_then(|since| i64::try_from(since.as_millis()).ok());
        let probe = Probe::new(answer.into_body().id).endpoint(self.http.base_url());
        let probe = probe.latency(begin.elapsed());
        Ok(match time {
            Some(time) => probe.server_time(time),
            None => probe,
        })
    }
}

impl fmt::Debug for {{Provider}} {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("{{Provider}}").field("endpoint", &self.http.base_url()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetails,
}

#[derive(Deserialize)]
struct ErrorDetails {
    code: String,
    message: String,
    field: Option<String>,
}

/// Reads `{"error": {"code", "message", "field"}}`. A code that is not known leaves the kind to the status.
fn decode(answer: &Answer<'_>) -> Option<ErrorParts> {
    let error = serde_json::from_slice::<ErrorBody>(answer.body).ok()?.error;
    let parts = ErrorParts::new().message(error.message);
    let parts = match error.code.as_str() {
        "unauthorized" => parts.kind(ErrorKind::Unauthenticated).hint("check the API token"),
        "invalid" => parts.kind(ErrorKind::InvalidInput),
        "name_taken" => parts.kind(ErrorKind::AlreadyExists).hint("choose another name"),
        "not_found" => parts.kind(ErrorKind::NotFound),
        _ => parts,
    };
    let parts = parts.code(error.code);
    Some(match error.field {
        Some(field) => parts.field(field),
        None => parts,
    })
}
