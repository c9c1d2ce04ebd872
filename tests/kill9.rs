//! The compiled example against the simulated cloud, killed with SIGKILL at seeded requests: while it
//! creates, replaces, destroys, and while it recovers from the kill before. Each time the next run
//! must converge by itself. `IAC_KILLS` says how many kills; `IAC_KILL_SEED` repeats one sequence.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use iac::state::{Backend, SqliteBackend, StackId};
use iac_hetzner::sim::{self, HetznerSim, Pace, SimConfig};
use iac_testkit::sim::{Fault, SimOptions, SimServer, SplitMix64};

const KILLS_DEFAULT: u64 = 4;
const SEED_DEFAULT: u64 = 20_261_121;
/// Runs until one ends well; a run that is not killed must.
const RUNS_MAX: usize = 3;
/// No run sends more requests than this before it is killed.
const REQUESTS_MAX: u64 = 90;

/// What the program is asked for: each differs from the one before, so that there is work to kill.
const TASKS: [&[&str]; 6] = [
    &["up", "--yes"],
    &["up", "--yes", "--workers", "3"],
    &["up", "--yes", "--workers", "3", "--image", "debian-13"],
    &["up", "--yes", "--workers", "1", "--image", "debian-13", "--control-plane-type", "cx32"],
    // A server whose disk has grown with its type cannot shrink again, so the type stays.
    &[
        "up",
        "--yes",
        "--workers",
        "1",
        "--image",
        "debian-13",
        "--control-plane-type",
        "cx32",
        "--storage-gb",
        "90",
    ],
    &["destroy", "--yes", "--destroy-data", "dev"],
];

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The example, which `cargo test` builds beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("examples/philotes-hetzner");
    assert!(path.exists(), "{} is missing; run `cargo build --examples`", path.display());
    path
}

struct Site {
    cloud: SimServer,
    directory: tempfile::TempDir,
}

impl Site {
    /// Runs the program to its end, or kills it at request `kill_at`: before the request has an
    /// effect, or after.
    async fn run(&self, task: &[&str], kill_at: Option<(u64, bool)>) -> (ExitStatus, String) {
        let mut command = Command::new(program());
        command
            .args(task)
            .args(["--state", "state.sqlite", "--lease", "1", "--lease-wait", "20"])
            .current_dir(self.directory.path())
            .env("HCLOUD_ENDPOINT", format!("{}{}", self.cloud.url(), sim::BASE_PATH))
            .env("HCLOUD_TOKEN", "token")
            // A full or missing directory for temporary files is nobody's concern.
            .env("TMPDIR", "/nonexistent")
            .env("SQLITE_TMPDIR", "/nonexistent")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let victim: Arc<Mutex<Option<u32>>> = Arc::default();
        if let Some((kill_at, after)) = kill_at {
            let victim = Arc::clone(&victim);
            let mut seen = 0;
            self.cloud.set_interceptor(Box::new(move |_, _| {
                seen += 1;
                if seen != kill_at {
                    return None;
                }
                let pid = victim.lock().unwrap().expect("a request comes after the start");
                let killed = Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
                assert!(killed.success());
                Some(if after { Fault::DropAfter } else { Fault::DropBefore })
            }));
        }
        let child = {
            let mut slot = victim.lock().unwrap();
            let child = command.spawn().unwrap();
            *slot = Some(child.id());
            child
        };
        let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        self.cloud.clear_interceptor();
        let text = [ended.stdout, ended.stderr].concat();
        (ended.status, String::from_utf8_lossy(&text).into_owned())
    }

    /// Every object of the cloud that carries our marker belongs to one row, and the other way
    /// round; nothing is open.
    async fn check(&self) {
        let backend = SqliteBackend::open(self.directory.path().join("state.sqlite")).unwrap();
        let state = backend.load(&StackId::new("philotes", "dev")).await.unwrap();
        assert!(state.journal.is_empty(), "{} journal rows are open", state.journal.len());
        let inventory = self.cloud.with_cloud::<HetznerSim, _>(|cloud| cloud.inventory()).unwrap().unwrap();
        let mut marked: Vec<&String> =
            inventory.iter().filter_map(|item| item.labels.get("iac-token")).collect();
        marked.sort();
        let labelled = state.resources.iter().filter(|row| !row.id.contains('/'));
        let mut rows: Vec<&String> =
            labelled.filter(|row| !row.type_token.starts_with("random:")).map(|row| &row.token).collect();
        rows.sort();
        assert_eq!(marked, rows, "{inventory:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn killed_at_any_request_it_leaves_no_orphan_and_no_duplicate() {
    let (kills, seed) = (number("IAC_KILLS", KILLS_DEFAULT), number("IAC_KILL_SEED", SEED_DEFAULT));
    let config = SimConfig::new().pace(Pace::Instant).without_rate_limit();
    let cloud = sim::start(SimOptions::new(), config).await.unwrap();
    let site = Site { cloud, directory: tempfile::tempdir().unwrap() };
    let mut random = SplitMix64::new(seed);
    let (mut killed, mut during_recovery) = (0, 0);
    for round in 0.. {
        let task = TASKS[round % TASKS.len()];
        // A second kill hits the recovery from the first.
        for attempt in 0..2 {
            let kill_at = (1 + random.below(REQUESTS_MAX), random.chance(0.5));
            let (status, text) = site.run(task, Some(kill_at)).await;
            if status.success() {
                break;
            }
            assert_eq!(status.code(), None, "seed {seed}, round {round}: it failed by itself:\n{text}");
            killed += 1;
            during_recovery += attempt;
        }
        let mut last = String::new();
        let mut converged = false;
        for _ in 0..RUNS_MAX {
            let (status, text) = site.run(task, None).await;
            last = text;
            if status.success() {
                converged = true;
                break;
            }
        }
        assert!(converged, "seed {seed}, round {round}, {task:?} did not converge:\n{last}");
        site.check().await;
        if killed >= kills && round % TASKS.len() == TASKS.len() - 1 {
            break;
        }
    }
    let left = site.cloud.with_cloud::<HetznerSim, _>(|cloud| cloud.inventory()).unwrap().unwrap();
    assert!(left.is_empty(), "left in the cloud: {left:#?}");
    println!("{killed} kills ({during_recovery} during recovery): 0 orphans, 0 duplicates, seed {seed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_needs_a_directory_for_temporary_files() {
    let config = SimConfig::new().pace(Pace::Instant).without_rate_limit();
    let cloud = sim::start(SimOptions::new(), config).await.unwrap();
    let site = Site { cloud, directory: tempfile::tempdir().unwrap() };
    let tasks: [&[&str]; 6] = [
        &["plan", "--out", "first.plan"],
        &["apply", "first.plan"],
        // Rewrites the whole file.
        &["keys", "rotate"],
        &["state", "export", "--out", "state.json"],
        &["state", "check"],
        &["destroy", "--yes", "--destroy-data", "dev"],
    ];
    for task in tasks {
        let (status, text) = site.run(task, None).await;
        assert!(status.success(), "{task:?}: {text}");
    }
    site.check().await;
}
