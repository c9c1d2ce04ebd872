//! The compiled example and the simulated cloud it works on, whose actions end when the test says so.

use std::path::{Path, PathBuf};
use std::time::Duration;

use iac_hetzner::sim::{self, HetznerSim, Pace, SimConfig};
use iac_testkit::sim::{SimClock, SimOptions, SimServer, SimTime};

use crate::pane::Pane;

/// How long servers take on the cloud's clock, which stands still until it is moved.
const SERVER_TAKES: Duration = Duration::from_secs(3600);
/// 2026-11-21 12:38:08 UTC.
const START: SimTime = SimTime::from_unix_seconds(1_795_264_688);

pub(crate) struct Site {
    cloud: SimServer,
    clock: SimClock,
    endpoint: String,
    directory: tempfile::TempDir,
}

/// The example, which `cargo test` builds beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("examples/philotes-hetzner");
    assert!(path.exists(), "{} is missing; run `cargo build --examples`", path.display());
    path
}

impl Site {
    /// With servers that are created at once, or only when the test lets them.
    pub(crate) async fn new(holds_servers: bool) -> Self {
        let clock = SimClock::manual(START);
        let mut config = SimConfig::new().pace(Pace::Instant).without_rate_limit();
        if holds_servers {
            config = config.pace_of("create_server", Pace::Takes(SERVER_TAKES));
        }
        let cloud = sim::start(SimOptions::new().clock(clock.clone()), config).await.unwrap();
        let endpoint = format!("{}{}", cloud.url(), sim::BASE_PATH);
        Self { cloud, clock, endpoint, directory: tempfile::tempdir().unwrap() }
    }

    /// The example in a terminal.
    pub(crate) fn open(&self, size: (u16, u16), line: &[&str], variables: &[(&str, &str)]) -> Pane {
        let mut all = vec![("HCLOUD_ENDPOINT", self.endpoint.as_str()), ("HCLOUD_TOKEN", "token")];
        all.extend(variables);
        let words = line.iter().map(|word| (*word).to_owned());
        // A killed run holds others up for a second only.
        let words =
            words.chain(["--state", "state.sqlite", "--lease", "1", "--lease-wait", "20"].map(String::from));
        let mut program = vec![program().display().to_string()];
        program.extend(words);
        Pane::start(self.directory.path(), size, &program, &all)
    }

    /// The servers that are being created are done.
    pub(crate) fn let_servers_through(&self) {
        self.clock.advance(SERVER_TAKES);
    }

    /// How many objects there are.
    pub(crate) fn objects(&self) -> usize {
        self.cloud.with_cloud::<HetznerSim, _>(|cloud| cloud.inventory()).unwrap().unwrap().len()
    }
}
