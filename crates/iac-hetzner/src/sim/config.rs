//! Owns what may be set on a simulated project. Does nothing.
use super::kind::Kind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

const REQUESTS_PER_HOUR: u32 = 3_600;
const REQUESTS_REFILL_PER_SECOND: u32 = 1;
const SEED: u64 = 1;

/// The project's limits until a test sets its own: those of a new account, rounded.
const QUOTAS: [(Kind, u32); 11] = [
    (Kind::Server, 25),
    (Kind::SshKey, 100),
    (Kind::Network, 50),
    (Kind::Firewall, 50),
    (Kind::PlacementGroup, 50),
    (Kind::Volume, 50),
    (Kind::PrimaryIp, 50),
    (Kind::FloatingIp, 20),
    (Kind::LoadBalancer, 10),
    (Kind::Certificate, 50),
    (Kind::Zone, 25),
];

/// How long actions take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Pace {
    /// Finished in the answer that starts them.
    Instant,
    /// Finished when they, or an object they are about, have been read this many times. A refusal
    /// because of some object's state counts as a read too, so that a client that only retries
    /// gets on.
    Polls(u32),
    /// Finished when the simulator's clock has gone on this long.
    Takes(Duration),
}

/// What a simulated project allows and how fast it works.
///
/// ```
/// use iac_hetzner::sim::{Kind, Pace, SimConfig};
/// use std::time::Duration;
///
/// let config = SimConfig::new()
///     .token("secret")
///     .read_only_token("looks only")
///     .quota(Kind::Server, 3)
///     .pace_of("create_server", Pace::Takes(Duration::from_secs(8)))
///     .without_rate_limit();
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SimConfig {
    pub(crate) tokens: Vec<String>,
    pub(crate) read_only_tokens: Vec<String>,
    pub(crate) quotas: BTreeMap<Kind, u32>,
    pub(crate) pace: Option<Pace>,
    pub(crate) paces: BTreeMap<String, Pace>,
    pub(crate) rate_limit: Option<(u32, u32)>,
    pub(crate) seed: u64,
    pub(crate) datacenters: bool,
    pub(crate) sold_out: Vec<(String, String)>,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            read_only_tokens: Vec::new(),
            quotas: QUOTAS.into_iter().collect(),
            pace: None,
            paces: BTreeMap::new(),
            rate_limit: Some((REQUESTS_PER_HOUR, REQUESTS_REFILL_PER_SECOND)),
            seed: SEED,
            datacenters: false,
            sold_out: Vec::new(),
        }
    }
}

impl SimConfig {
    /// Any token, a new account's quotas, actions that take one to three reads, 3600 requests an
    /// hour.
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts this token, and from now on only tokens that were named.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.tokens.push(token.into());
        self
    }

    /// Accepts this token for GET only; other methods answer `token_readonly`.
    pub fn read_only_token(mut self, token: impl Into<String>) -> Self {
        self.read_only_tokens.push(token.into());
        self
    }

    /// How many objects of a type the project may have.
    pub fn quota(mut self, kind: Kind, objects_max: u32) -> Self {
        self.quotas.insert(kind, objects_max);
        self
    }

    /// How long every action takes that has no pace of its own.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = Some(pace);
        self
    }

    /// How long actions of one command, such as `create_server`, take.
    pub fn pace_of(mut self, command: impl Into<String>, pace: Pace) -> Self {
        self.paces.insert(command.into(), pace);
        self
    }

    /// The size of the bucket of requests and how many come back each second.
    pub fn rate_limit(mut self, requests_max: u32, refill_per_second: u32) -> Self {
        self.rate_limit = Some((requests_max, refill_per_second));
        self
    }

    /// No limit of requests and no `RateLimit-*` headers.
    pub fn without_rate_limit(mut self) -> Self {
        self.rate_limit = None;
        self
    }

    /// The seed of passwords.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Answers as before 2026-10-01: `/datacenters` lists, and servers and primary IPs carry a
    /// `datacenter`. For clients of that time, and for the published description.
    pub fn with_datacenters(mut self) -> Self {
        self.datacenters = true;
        self
    }

    /// A server type that is out of stock in a location: ordering it answers
    /// `resource_unavailable`.
    pub fn sold_out(mut self, server_type: impl Into<String>, location: impl Into<String>) -> Self {
        self.sold_out.push((server_type.into(), location.into()));
        self
    }

    /// How long an action of this command takes.
    pub(crate) fn pace_for(&self, command: &str) -> Pace {
        let default = || match command {
            "create_server" => Pace::Polls(3),
            "delete_server" | "rebuild_server" | "change_server_type" | "create_image" => Pace::Polls(2),
            _ => Pace::Polls(1),
        };
        self.paces.get(command).copied().or(self.pace).unwrap_or_else(default)
    }
}
