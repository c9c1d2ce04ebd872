//! Owns the simulated account: its state, its clock reading and the way of a request to its
//! handler. Knows no resource.
use super::config::SimConfig;
use super::edge;
use super::routes::{PATHS, ROUTER};
use super::state::State;
use super::{answer, token};
use iac_testkit::sim::{Cloud, RouteMiss, SimOptions, SimRequest, SimResponse, SimServer, SimTime};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::io;
use std::time::Duration;

/// The path below which every route lies; a client's base address ends with it.
pub const BASE_PATH: &str = "/client/v4";

/// The version of the stored state.
const STATE_VERSION: u32 = 1;
/// Hexadecimal digits of an id.
const ID_LENGTH: usize = 32;

/// A simulated Cloudflare account.
#[derive(Debug)]
pub struct CloudflareSim {
    pub(crate) config: SimConfig,
    pub(crate) state: State,
    /// The moment of the request being answered.
    pub(crate) now: SimTime,
    /// The five minutes that requests are counted in; none before the first request.
    window: Option<Window>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    begun: SimTime,
    requests: u32,
}

/// What the limit says to one request.
struct Limit {
    allowed: bool,
    requests_max: u32,
    remaining: u32,
    window: Duration,
    left: Duration,
}

/// Starts a simulated account as an HTTP server.
///
/// # Errors
/// When the address cannot be bound, or the data file is in use, unreadable or not this cloud's.
pub async fn start(options: SimOptions, config: SimConfig) -> io::Result<SimServer> {
    SimServer::start(CloudflareSim::new(config), options).await
}

impl Default for CloudflareSim {
    fn default() -> Self {
        Self::new(SimConfig::new())
    }
}

impl CloudflareSim {
    /// An empty account.
    pub fn new(config: SimConfig) -> Self {
        Self { config, state: State::default(), now: SimTime::default(), window: None }
    }

    /// Goes on under another configuration; the rate limit begins anew.
    pub fn reconfigure(&mut self, config: SimConfig) {
        self.config = config;
        self.window = None;
    }

    /// A new id, never given before.
    pub(crate) fn next_id(&mut self) -> String {
        self.hex("id", ID_LENGTH)
    }

    /// Hexadecimal digits that look random, never given before: ids, and what the vendor makes up.
    pub(crate) fn hex(&mut self, purpose: &str, digits: usize) -> String {
        self.state.ids_given += 1;
        let seed = format!("{}/{purpose}/{}", self.config.seed, self.state.ids_given);
        let mut text = String::new();
        let mut round = 0_u32;
        while text.len() < digits {
            let digest = Sha256::digest(format!("{seed}/{round}"));
            text.extend(digest.iter().map(|byte| format!("{byte:02x}")));
            round += 1;
        }
        text.truncate(digits);
        text
    }

    /// The moment of the request, as the API writes it.
    pub(crate) fn timestamp(&self) -> String {
        self.now.to_rfc3339_ms()
    }

    /// Whether there is room for one more object of a type.
    pub(crate) fn has_room(&self, type_token: &str, objects: usize) -> bool {
        self.config.quotas.get(type_token).is_none_or(|most| objects < *most as usize)
    }

    fn take_request(&mut self) -> Option<Limit> {
        let (requests_max, length) = self.config.rate_limit?;
        let now = self.now;
        let window = self.window.get_or_insert(Window { begun: now, requests: 0 });
        if now.since(window.begun) >= length {
            *window = Window { begun: now, requests: 0 };
        }
        let allowed = window.requests < requests_max;
        window.requests += u32::from(allowed);
        let left = length.saturating_sub(now.since(window.begun));
        let remaining = requests_max - window.requests;
        Some(Limit { allowed, requests_max, remaining, window: length, left })
    }

    fn answer(&mut self, request: &SimRequest) -> SimResponse {
        // The gateway knows its paths before it looks at the token.
        match PATHS.dispatch(&mut (), request) {
            Err(RouteMiss::NoMethod { .. }) => return answer::method_not_allowed(),
            Err(_) => return answer::no_route(request),
            Ok(_) => {}
        }
        if let Err(refusal) = token::check(&self.config, request) {
            return refusal;
        }
        ROUTER.dispatch(self, request).unwrap_or_else(|_| answer::no_route(request))
    }
}

impl Cloud for CloudflareSim {
    fn name(&self) -> &'static str {
        "cloudflare"
    }

    fn version(&self) -> u32 {
        STATE_VERSION
    }

    fn handle(&mut self, request: &SimRequest, now: SimTime) -> SimResponse {
        self.now = now;
        if !request.path.starts_with(BASE_PATH) {
            return edge::answer(self, request);
        }
        let limit = self.take_request();
        let mut response = match &limit {
            Some(limit) if !limit.allowed => answer::rate_limited(limit.left),
            _ => self.answer(request),
        };
        if let Some(limit) = limit {
            let left = limit.left.as_millis().div_ceil(1_000);
            response.set_header("ratelimit", format!("\"default\";r={};t={left}", limit.remaining));
            let policy = format!("\"default\";q={};w={}", limit.requests_max, limit.window.as_secs());
            response.set_header("ratelimit-policy", policy);
        }
        response
    }

    fn save(&self) -> Value {
        serde_json::to_value(&self.state).expect("the state has only string keys")
    }

    fn load(&mut self, saved: Value) -> Result<(), String> {
        self.state = serde_json::from_value(saved).map_err(|error| error.to_string())?;
        Ok(())
    }
}
