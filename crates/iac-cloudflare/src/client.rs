//! The provider: its endpoint, its token, its account and what all its calls share.
//! Knows nothing of any resource type; `types` has the list of them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use iac_core::{Cx, Error, ErrorKind, Provider, Result, Types};
use iac_http::{Bearer, Client, ClientBuilder, ExposeSecret, Limits, QuotaStyle, SecretString, WaitOptions};
use serde::Deserialize;
use tokio::sync::OnceCell;

use crate::api_token::Rolled;
use crate::decode::ApiErrors;
use crate::list::Turns;
use crate::{account, envelope, types};

/// The public endpoint.
pub const ENDPOINT: &str = "https://api.cloudflare.com/client/v4";
/// First time between two looks at something that is not ready yet.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Longest time between two looks.
const POLL_INTERVAL_MAX: Duration = Duration::from_secs(15);
/// Names of zones that are remembered at most.
const ZONE_NAMES_MAX: usize = 1_000;

/// A Cloudflare account, with an API token for it.
///
/// Zones belong to an account, and most other objects (workers, buckets, namespaces) live in one
/// without a zone. One provider is for one account: the one given to
/// [`account`](CloudflareBuilder::account), or the only one that the token can see.
///
/// ```
/// use iac_cloudflare::Cloudflare;
///
/// let token = std::env::var("CLOUDFLARE_API_TOKEN").unwrap_or_else(|_| "none".into());
/// let provider =
///     Cloudflare::builder().token(token).account("023e105f4ecef8ad9ca31a8372d0c353").build()?;
/// # let _ = provider;
/// # Ok::<(), iac_core::Error>(())
/// ```
pub struct Cloudflare {
    http: Client,
    account: Option<String>,
    discovered: OnceCell<String>,
    zone_names: Mutex<HashMap<String, String>>,
    poll_interval: Duration,
    poll_interval_max: Duration,
    /// The API changes the items of one list of an account at a time.
    pub(crate) list_turns: Turns,
    /// Values of tokens that no answer told.
    pub(crate) rolled_tokens: Rolled,
}

impl Cloudflare {
    /// An account at `endpoint`, for example a simulator's; the token sees only one.
    ///
    /// # Errors
    /// As [`CloudflareBuilder::build`].
    pub fn new(endpoint: impl Into<String>, token: impl Into<SecretString>) -> Result<Self> {
        Self::builder().endpoint(endpoint).token(token).build()
    }

    /// Starts a provider; only the token has no default.
    pub fn builder() -> CloudflareBuilder {
        CloudflareBuilder {
            endpoint: ENDPOINT.to_owned(),
            token: None,
            account: None,
            poll_interval: POLL_INTERVAL,
            poll_interval_max: POLL_INTERVAL_MAX,
            http: Box::new(|http| http),
        }
    }

    /// The HTTP client, whose requests end at the call's deadline.
    pub(crate) fn http(&self, cx: &Cx<'_, Self>) -> Client {
        self.http.for_call(cx)
    }

    /// The account that all objects of this provider live in: the one given, or the only one.
    ///
    /// # Errors
    /// The token sees no account or several, and none was given.
    pub(crate) async fn account_id(&self, cx: &Cx<'_, Self>) -> Result<&str> {
        match &self.account {
            Some(id) => Ok(id),
            None => {
                let http = self.http(cx);
                Ok(self.discovered.get_or_try_init(|| account::only_one(&http)).await?)
            }
        }
    }

    /// The account if it was given: a filter for listings, which a token for a single zone may not
    /// be able to find out.
    pub(crate) fn given_account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The name of a zone, asked for once: it never changes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] of the field `zone` if there is no such zone.
    pub(crate) async fn zone_name(&self, cx: &Cx<'_, Self>, zone: &str) -> Result<String> {
        if let Some(name) = self.names().get(zone) {
            return Ok(name.clone());
        }
        let request = self.http(cx).get("/zones/{zone}").segment("zone", zone);
        let found: Option<ZoneName> = envelope::get(request).await?;
        let Some(ZoneName { name }) = found else {
            return Err(Error::invalid("zone", format!("there is no zone {zone}"))
                .hint("declare the zone in this stack, or give its id; the token must be for its account"));
        };
        let mut names = self.names();
        if names.len() >= ZONE_NAMES_MAX {
            names.clear();
        }
        names.insert(zone.to_owned(), name.clone());
        Ok(name)
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.zone_names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How to wait for `subject`: until the call's deadline, telling how it goes.
    pub(crate) fn wait(&self, cx: &Cx<'_, Self>, subject: impl Into<String>) -> WaitOptions {
        WaitOptions::new(subject)
            .interval(self.poll_interval)
            .interval_max(self.poll_interval_max)
            .deadline(cx.deadline())
    }
}

#[derive(Deserialize)]
struct ZoneName {
    name: String,
}

impl fmt::Debug for Cloudflare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloudflare").field("account", &self.account).finish_non_exhaustive()
    }
}

#[async_trait]
impl Provider for Cloudflare {
    const NAME: &'static str = "cloudflare";

    fn types() -> Types {
        types::all()
    }

    /// The account's id. With an account given, the token is verified with one cheap request, which
    /// needs no permission; without one, the accounts that it can see are listed.
    async fn account(&self) -> Result<String> {
        match &self.account {
            Some(id) => {
                account::verify(&self.http, id).await?;
                Ok(id.clone())
            }
            None => Ok(self.discovered.get_or_try_init(|| account::only_one(&self.http)).await?.clone()),
        }
    }
}

/// Configures a [`Cloudflare`].
#[must_use]
pub struct CloudflareBuilder {
    endpoint: String,
    token: Option<SecretString>,
    account: Option<String>,
    poll_interval: Duration,
    poll_interval_max: Duration,
    http: Box<dyn FnOnce(ClientBuilder) -> ClientBuilder + Send>,
}

impl CloudflareBuilder {
    /// The API's base URL. Default [`ENDPOINT`].
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// An API token (not the global API key) of a user or of the account, with the permissions that
    /// the stack's types need. White space at its ends is cut off: a token from a file often has a
    /// line break.
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.token = Some(token.into().expose_secret().trim().into());
        self
    }

    /// The account's id, 32 hexadecimal digits: the dashboard shows it on the account's start page.
    /// Needed where the token can see several accounts or may not list them. State remembers it, so
    /// that a program that is configured for another account stops instead of planning everything
    /// anew.
    pub fn account(mut self, id: impl Into<String>) -> Self {
        self.account = Some(id.into());
        self
    }

    /// How long to wait between two looks at something that is not ready yet: `first` at first,
    /// growing to `max`. Default one second to fifteen.
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
    /// [`ErrorKind::Unauthenticated`] without a token; [`ErrorKind::InvalidInput`] for an account
    /// that is no id, and for an endpoint that is not `https` (or `http` to this machine).
    pub fn build(self) -> Result<Cloudflare> {
        let token = self.token.filter(|token| !token.expose_secret().is_empty()).ok_or_else(|| {
            Error::new(ErrorKind::Unauthenticated, "there is no Cloudflare API token")
                .hint("give an API token of the account to `Cloudflare::builder().token(…)`")
        })?;
        if let Some(id) = self.account.as_deref().filter(|id| !account::is_id(id)) {
            return Err(Error::invalid(
                "account",
                format!("`{id}` is no account id: it has 32 hexadecimal digits"),
            )
            .hint("the dashboard shows the id on the account's start page"));
        }
        let http = Client::builder(self.endpoint)
            .auth(Bearer::new(token))
            .decoder(ApiErrors)
            .limit(Limits::default().quota_style(QuotaStyle::Window));
        let http = (self.http)(http).build()?;
        Ok(Cloudflare {
            http,
            account: self.account,
            discovered: OnceCell::new(),
            zone_names: Mutex::default(),
            poll_interval: self.poll_interval,
            poll_interval_max: self.poll_interval_max,
            list_turns: Turns::default(),
            rolled_tokens: Rolled::default(),
        })
    }
}

impl fmt::Debug for CloudflareBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudflareBuilder").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_token_says_where_it_goes() {
        for builder in [Cloudflare::builder(), Cloudflare::builder().token("  \n")] {
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(error.way_out().unwrap().contains("token("));
        }
    }

    #[test]
    fn an_account_is_an_id_and_no_name() {
        let build = |id: &str| Cloudflare::builder().token("t").account(id).build();
        assert_eq!(build("my account").unwrap_err().input_field(), Some("account"));
        assert!(build("023e105f4ecef8ad9ca31a8372d0c353").is_ok());
    }

    #[test]
    fn debug_shows_no_token() {
        let provider = Cloudflare::builder().token("a-secret-token").build().unwrap();
        assert!(!format!("{provider:?}").contains("a-secret-token"));
    }
}
