//! Owns what a simulated account allows and how fast it works. Does nothing.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The id of the simulated account, unless [`SimConfig::account`] sets others.
pub const ACCOUNT_ID: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
const ACCOUNT_NAME: &str = "Simulated account";
const REQUESTS_MAX: u32 = 1_200;
const REQUESTS_WINDOW: Duration = Duration::from_secs(5 * 60);
const SEED: u64 = 1;

/// How long what is asynchronous takes: the activation of a zone, a certificate, a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Pace {
    /// Done in the answer that starts it.
    Instant,
    /// Done when the object has been read this many times.
    Polls(u32),
    /// Done when the simulator's clock has gone on this long.
    Takes(Duration),
}

/// What a simulated account allows and how fast it works.
///
/// ```
/// use iac_cloudflare::sim::{Pace, SimConfig};
/// use std::time::Duration;
///
/// let config = SimConfig::new()
///     .token("secret")
///     .read_only_token("looks only")
///     .quota("cloudflare:zone", 3)
///     .pace(Pace::Takes(Duration::from_secs(8)))
///     .without_rate_limit();
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SimConfig {
    pub(crate) tokens: Vec<String>,
    pub(crate) read_only_tokens: Vec<String>,
    pub(crate) accounts: Vec<(String, String)>,
    pub(crate) quotas: BTreeMap<String, u32>,
    pub(crate) pace: Pace,
    pub(crate) rate_limit: Option<(u32, Duration)>,
    pub(crate) seed: u64,
    pub(crate) paid: bool,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            read_only_tokens: Vec::new(),
            accounts: vec![(ACCOUNT_ID.to_owned(), ACCOUNT_NAME.to_owned())],
            quotas: BTreeMap::new(),
            pace: Pace::Polls(2),
            rate_limit: Some((REQUESTS_MAX, REQUESTS_WINDOW)),
            seed: SEED,
            paid: false,
        }
    }
}

impl SimConfig {
    /// Any token, one account on free plans, what is asynchronous takes two looks, 1,200 requests
    /// in five minutes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts this token, and from now on only tokens that were named.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.tokens.push(token.into());
        self
    }

    /// Accepts this token for GET only.
    pub fn read_only_token(mut self, token: impl Into<String>) -> Self {
        self.read_only_tokens.push(token.into());
        self
    }

    /// Adds an account that every token can see.
    pub fn account(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.accounts.push((id.into(), name.into()));
        self
    }

    /// How many objects of a type, such as `cloudflare:zone`, there may be.
    pub fn quota(mut self, type_token: impl Into<String>, objects_max: u32) -> Self {
        self.quotas.insert(type_token.into(), objects_max);
        self
    }

    /// How long what is asynchronous takes.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// How many requests each window takes.
    pub fn rate_limit(mut self, requests_max: u32, window: Duration) -> Self {
        self.rate_limit = Some((requests_max, window));
        self
    }

    /// No limit of requests and no `Ratelimit` headers.
    pub fn without_rate_limit(mut self) -> Self {
        self.rate_limit = None;
        self
    }

    /// The seed of ids and of everything that the vendor makes up.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Everything that needs a paid plan is allowed.
    pub fn paid(mut self) -> Self {
        self.paid = true;
        self
    }
}
