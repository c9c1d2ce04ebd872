//! The provider: its endpoint, its token and what all its calls share.
//! Knows nothing of any resource type but the list of them.

use std::fmt;
use std::time::{Duration, Instant, UNIX_EPOCH};

use async_trait::async_trait;
use iac_core::cost::PriceList;
use iac_core::provider::Probe;
use iac_core::{Cx, Error, ErrorKind, Provider, Result, Types};
use iac_http::{Bearer, Client, ClientBuilder, ExposeSecret, Limits, QuotaStyle, Response, SecretString};

use crate::cost;
use crate::decode::ApiErrors;
use crate::lock::Locks;

/// The public endpoint.
pub const ENDPOINT: &str = "https://api.hetzner.cloud/v1";
/// First time between two looks at a running action; also the first wait when an object is busy.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Longest time between two looks at a running action; also the longest wait when it is busy.
const POLL_INTERVAL_MAX: Duration = Duration::from_secs(5);

/// A project of the Hetzner Cloud. A token belongs to one project.
///
/// ```
/// use iac_hetzner::Hetzner;
///
/// let token = std::env::var("HCLOUD_TOKEN").unwrap_or_else(|_| "none".into());
/// let provider = Hetzner::builder().token(token).project("philotes-production").build()?;
/// # let _ = provider;
/// # Ok::<(), iac_core::Error>(())
/// ```
pub struct Hetzner {
    http: Client,
    account: String,
    pub(crate) poll_interval: Duration,
    pub(crate) poll_interval_max: Duration,
    /// One changing call at a time on one server: the API refuses a second one as `locked`.
    pub(crate) servers: Locks,
}

impl Hetzner {
    /// A project at `endpoint`, for example a simulator's.
    ///
    /// # Errors
    /// As [`HetznerBuilder::build`].
    pub fn new(endpoint: impl Into<String>, token: impl Into<SecretString>) -> Result<Self> {
        Self::builder().endpoint(endpoint).token(token).build()
    }

    /// Starts a provider; only the token has no default.
    pub fn builder() -> HetznerBuilder {
        HetznerBuilder {
            endpoint: ENDPOINT.to_owned(),
            token: None,
            project: None,
            poll_interval: POLL_INTERVAL,
            poll_interval_max: POLL_INTERVAL_MAX,
            http: Box::new(|http| http),
        }
    }

    /// One cheap request that needs the token.
    async fn ask(&self) -> Result<Response<()>> {
        let asked = self.http.get("/locations").query(&[("per_page", 1)]).send_empty().await;
        asked.map_err(|error| match error.kind() {
            ErrorKind::Unauthenticated => error.hint(
                "make an API token in the project's console (Security, API tokens) and check that it \
                 is complete and not deleted",
            ),
            _ => error,
        })
    }

    /// The HTTP client for one call.
    pub(crate) fn http(&self, cx: &Cx<'_, Self>) -> Client {
        self.http.for_call(cx)
    }
}

impl fmt::Debug for Hetzner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hetzner").field("account", &self.account).finish_non_exhaustive()
    }
}

#[async_trait]
impl Provider for Hetzner {
    const NAME: &'static str = "hetzner";

    fn types() -> Types {
        Types::new()
            .resource::<crate::SshKey>()
            .resource::<crate::Network>()
            .resource::<crate::Subnet>()
            .resource::<crate::Route>()
            .resource::<crate::Firewall>()
            .resource::<crate::FirewallAttachment>()
            .resource::<crate::PlacementGroup>()
            .resource::<crate::Server>()
            .resource::<crate::ServerNetworkAttachment>()
            .resource::<crate::Volume>()
            .resource::<crate::PrimaryIp>()
            .resource::<crate::FloatingIp>()
            .resource::<crate::LoadBalancer>()
            .resource::<crate::LoadBalancerService>()
            .resource::<crate::LoadBalancerTarget>()
            .resource::<crate::Certificate>()
            .resource::<crate::Zone>()
            .resource::<crate::RecordSet>()
            .data::<crate::Image>()
            .data::<crate::Location>()
            .data::<crate::ServerType>()
            .data::<crate::LoadBalancerType>()
            .foreign(crate::foreign::FOREIGN_TYPES.iter().copied())
            .prices(crate::prices())
    }

    /// The net prices of today, from `GET /pricing`, in the currency of the project's owner.
    async fn prices(&self, today: &str) -> Result<PriceList> {
        cost::read(&self.http, today).await
    }

    /// Checks the token with one cheap request.
    ///
    /// The API does not say which project a token belongs to. A hash of the token would change
    /// with every rotation, and state would then refuse the new token; so the account is the name
    /// given to [`HetznerBuilder::project`], or else the endpoint's host.
    async fn account(&self) -> Result<String> {
        self.ask().await?;
        Ok(self.account.clone())
    }

    /// The request of [`account`](Self::account), with what its answer's headers tell.
    async fn probe(&self) -> Result<Probe> {
        let begin = Instant::now();
        let answer = self.ask().await?;
        let probe = Probe::new(&self.account).endpoint(self.http.base_url()).latency(begin.elapsed());
        let time = answer.server_time().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(match time.and_then(|since| i64::try_from(since.as_millis()).ok()) {
            Some(time) => probe.server_time(time),
            None => probe,
        })
    }
}

/// Configures a [`Hetzner`].
#[must_use]
pub struct HetznerBuilder {
    endpoint: String,
    token: Option<SecretString>,
    project: Option<String>,
    poll_interval: Duration,
    poll_interval_max: Duration,
    http: Box<dyn FnOnce(ClientBuilder) -> ClientBuilder + Send>,
}

impl HetznerBuilder {
    /// The API's base URL. Default [`ENDPOINT`].
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// The project's API token, with permission to read and write. White space at its ends is cut
    /// off: a token from a file often has a line break.
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.token = Some(token.into().expose_secret().trim().into());
        self
    }

    /// A name for the project. State remembers it, so that a program that is configured for
    /// another project stops instead of planning everything anew. It is not checked against the
    /// token: the API does not tell a token's project.
    pub fn project(mut self, name: impl Into<String>) -> Self {
        self.project = Some(name.into());
        self
    }

    /// How long to wait between two looks at a running action, and before a call on a busy object
    /// is repeated: `first` at first, growing to `max`. Default half a second to five.
    pub fn poll_interval(mut self, first: Duration, max: Duration) -> Self {
        self.poll_interval = first;
        self.poll_interval_max = max;
        self
    }

    /// Changes how requests are sent: retries, limits, observer, transport. Runs after the
    /// provider's own settings.
    pub fn http(mut self, f: impl FnOnce(ClientBuilder) -> ClientBuilder + Send + 'static) -> Self {
        self.http = Box::new(f);
        self
    }

    /// The provider. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] without a token; [`ErrorKind::InvalidInput`] for an endpoint
    /// that is not `https` (or `http` to this machine).
    pub fn build(self) -> Result<Hetzner> {
        let token = self.token.filter(|token| !token.expose_secret().is_empty()).ok_or_else(|| {
            Error::new(ErrorKind::Unauthenticated, "there is no Hetzner Cloud token")
                .hint("give an API token of the project to `Hetzner::builder().token(…)`")
        })?;
        let http = Client::builder(self.endpoint)
            .auth(Bearer::new(token))
            .decoder(ApiErrors::new(self.poll_interval, self.poll_interval_max))
            .limit(Limits::default().quota_style(QuotaStyle::Refill));
        let http = (self.http)(http).build()?;
        let account = self.project.unwrap_or_else(|| host(http.base_url()).to_owned());
        Ok(Hetzner {
            http,
            account,
            poll_interval: self.poll_interval,
            poll_interval_max: self.poll_interval_max,
            servers: Locks::default(),
        })
    }
}

impl fmt::Debug for HetznerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HetznerBuilder").finish_non_exhaustive()
    }
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_token_says_where_it_goes() {
        for builder in [Hetzner::builder(), Hetzner::builder().token("  \n")] {
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(error.way_out().unwrap().contains("token("));
        }
    }

    #[test]
    fn the_account_survives_a_new_token() {
        let account = |token: &str| Hetzner::builder().token(token).build().unwrap().account;
        assert_eq!(account("a"), account("b"));
        assert_eq!(account("a"), "api.hetzner.cloud");
        let named = Hetzner::builder().token("a").project("prod").build().unwrap();
        assert_eq!(named.account, "prod");
    }

    /// Answers every request alike.
    struct Answers(u16, &'static [(&'static str, &'static str)]);

    #[async_trait]
    impl iac_http::Transport for Answers {
        async fn send(
            &self,
            _: iac_http::WireRequest,
        ) -> std::result::Result<iac_http::WireResponse, iac_http::TransportError> {
            let headers = self.1.iter().map(|(name, value)| {
                let name = iac_http::http::HeaderName::from_static(name);
                (name, iac_http::http::HeaderValue::from_static(value))
            });
            Ok(iac_http::WireResponse {
                status: iac_http::http::StatusCode::from_u16(self.0).unwrap(),
                headers: headers.collect(),
                body: iac_http::Bytes::from_static(b"{}"),
            })
        }
    }

    async fn probed(answers: Answers) -> Result<Probe> {
        let builder = Hetzner::builder().token("t").project("prod");
        builder.http(|http| http.transport(answers)).build()?.probe().await
    }

    #[tokio::test]
    async fn a_probe_tells_the_time_of_the_api() {
        let probe = probed(Answers(200, &[("date", "Sat, 21 Nov 2026 12:38:08 GMT")])).await.unwrap();
        assert_eq!((probe.account.as_str(), probe.server_time), ("prod", Some(1_795_264_688_000)));
        assert_eq!(probe.endpoint.as_deref(), Some(ENDPOINT));
        assert!(probe.latency.is_some());
        assert_eq!(probed(Answers(200, &[("date", "yesterday")])).await.unwrap().server_time, None);
        let refused = probed(Answers(401, &[])).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unauthenticated);
        assert!(refused.way_out().unwrap().contains("API token"));
    }

    #[test]
    fn debug_shows_no_token() {
        let provider = Hetzner::new(ENDPOINT, "canary-token-1").unwrap();
        assert!(!format!("{provider:?}").contains("canary"));
    }
}
