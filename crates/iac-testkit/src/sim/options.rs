//! Owns what may be set on a simulated cloud's server. Does nothing.
use super::{FaultScript, SimClock};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

const EXCHANGES_MAX_DEFAULT: usize = 100_000;
const CONNECTIONS_MAX_DEFAULT: usize = 256;
const REQUEST_BODY_BYTES_MAX_DEFAULT: usize = 32 * 1024 * 1024;

/// How a [`SimServer`](super::SimServer) listens, remembers and misbehaves.
///
/// ```
/// use iac_testkit::sim::{SimClock, SimOptions, SimTime};
///
/// let clock = SimClock::manual(SimTime::from_unix_seconds(1_767_225_600));
/// let options = SimOptions::new().clock(clock.clone()).data("cloud.json");
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SimOptions {
    pub(super) listen: SocketAddr,
    pub(super) clock: SimClock,
    pub(super) data: Option<PathBuf>,
    pub(super) log_file: Option<PathBuf>,
    pub(super) faults: FaultScript,
    pub(super) exchanges_max: usize,
    pub(super) connections_max: usize,
    pub(super) request_body_bytes_max: usize,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: SimClock::system(),
            data: None,
            log_file: None,
            faults: FaultScript::default(),
            exchanges_max: EXCHANGES_MAX_DEFAULT,
            connections_max: CONNECTIONS_MAX_DEFAULT,
            request_body_bytes_max: REQUEST_BODY_BYTES_MAX_DEFAULT,
        }
    }
}

impl SimOptions {
    /// A free port on 127.0.0.1, the system's clock, no data file, no faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The address to listen on; port 0 takes a free one.
    pub fn listen(mut self, listen: SocketAddr) -> Self {
        self.listen = listen;
        self
    }

    /// Where the cloud's time comes from.
    pub fn clock(mut self, clock: SimClock) -> Self {
        self.clock = clock;
        self
    }

    /// The file that keeps the cloud's state between processes. It is created when missing;
    /// beside it stands a file with `.lock` appended, held while the server runs.
    pub fn data(mut self, path: impl Into<PathBuf>) -> Self {
        self.data = Some(path.into());
        self
    }

    /// A file that gets one line of JSON for every exchange, credentials and secrets redacted.
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.log_file = Some(path.into());
        self
    }

    /// The faults to inject.
    pub fn faults(mut self, faults: FaultScript) -> Self {
        self.faults = faults;
        self
    }

    /// How many exchanges are remembered (default 100 000); older ones are forgotten.
    pub fn exchanges_max(mut self, exchanges_max: usize) -> Self {
        self.exchanges_max = exchanges_max;
        self
    }

    /// How many connections are served at once (default 256, at least 1); others wait.
    pub fn connections_max(mut self, connections_max: usize) -> Self {
        self.connections_max = connections_max.max(1);
        self
    }

    /// The largest accepted request body in bytes (default 32 MiB); a larger one gets status 413.
    pub fn request_body_bytes_max(mut self, request_body_bytes_max: usize) -> Self {
        self.request_body_bytes_max = request_body_bytes_max;
        self
    }
}
