//! Owns the simulated project: its state, its clock reading and the way of a request to its
//! handler. Knows no resource.
use super::config::SimConfig;
use super::error::{is_refused_by_state, method_not_allowed, rate_limited, unknown_path};
use super::routes::{PATHS, ROUTER};
use super::state::State;
use super::token;
use iac_testkit::sim::{
    Cloud, Method, RateLimit, RateLimitState, RouteMiss, SimOptions, SimRequest, SimResponse, SimServer,
    SimTime,
};
use serde_json::Value;
use std::io;

/// The path below which every route lies; a client's base address ends with it.
pub const BASE_PATH: &str = "/v1";

/// The version of the stored state.
const STATE_VERSION: u32 = 1;

/// A simulated Hetzner Cloud project.
#[derive(Debug)]
pub struct HetznerSim {
    pub(crate) config: SimConfig,
    pub(crate) state: State,
    /// The moment of the request being answered.
    pub(crate) now: SimTime,
    /// Full at the first request, since only then the time is known.
    requests: Option<RateLimit>,
    /// Failures ordered by a test: the next action of a command ends with this code and message.
    pub(crate) failures: Vec<(String, String, String)>,
}

/// Starts a simulated project as an HTTP server.
///
/// # Errors
/// When the address cannot be bound, or the data file is in use, unreadable or not this cloud's.
pub async fn start(options: SimOptions, config: SimConfig) -> io::Result<SimServer> {
    SimServer::start(HetznerSim::new(config), options).await
}

impl Default for HetznerSim {
    fn default() -> Self {
        Self::new(SimConfig::new())
    }
}

impl HetznerSim {
    /// An empty project.
    pub fn new(config: SimConfig) -> Self {
        Self {
            config,
            state: State::default(),
            now: SimTime::default(),
            requests: None,
            failures: Vec::new(),
        }
    }

    /// Goes on under another configuration: what is running keeps its pace, the rate limit begins
    /// anew.
    pub fn reconfigure(&mut self, config: SimConfig) {
        self.config = config;
        self.requests = None;
    }

    fn take_request(&mut self) -> Option<RateLimitState> {
        let (requests_max, refill_per_second) = self.config.rate_limit?;
        let now = self.now;
        let bucket =
            self.requests.get_or_insert_with(|| RateLimit::new(requests_max, refill_per_second, now));
        Some(bucket.take(now))
    }

    fn answer(&mut self, request: &SimRequest) -> SimResponse {
        // The real API knows its paths before it looks at the token.
        match PATHS.dispatch(&mut (), request) {
            Err(RouteMiss::NoMethod { .. }) => return method_not_allowed(),
            Err(_) => return unknown_path(),
            Ok(_) => {}
        }
        if let Err(refusal) = token::check(&self.config, request) {
            return refusal;
        }
        self.settle();
        if request.method == Method::GET {
            self.observe(request);
        }
        let response = ROUTER.dispatch(self, request).unwrap_or_else(|_| unknown_path());
        if is_refused_by_state(&response) {
            self.observe_all();
        }
        response
    }
}

impl Cloud for HetznerSim {
    fn name(&self) -> &'static str {
        "hetzner"
    }

    fn version(&self) -> u32 {
        STATE_VERSION
    }

    fn handle(&mut self, request: &SimRequest, now: SimTime) -> SimResponse {
        self.now = now;
        let limit = self.take_request();
        let mut response = match limit {
            Some(limit) if !limit.allowed => rate_limited(),
            _ => self.answer(request),
        };
        if let Some(limit) = limit {
            response.set_header("ratelimit-limit", limit.limit);
            response.set_header("ratelimit-remaining", limit.remaining);
            response.set_header("ratelimit-reset", limit.reset_at.unix_seconds());
        }
        response
    }

    fn save(&self) -> Value {
        serde_json::to_value(&self.state).expect("the state has only string and integer keys")
    }

    fn load(&mut self, saved: Value) -> Result<(), String> {
        self.state = serde_json::from_value(saved).map_err(|error| error.to_string())?;
        Ok(())
    }
}
