//! Kills: whatever was answered is there afterwards, and nothing is there by half.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use iac_core::state::{Backend, Lease, Sealed, SqliteBackend, Write};

use crate::rows::*;

/// Commit `n` of a history in which every commit leaves its number in four tables.
async fn commit(backend: &dyn Backend, lease: &Lease, number: u64) {
    let writes: Vec<Write<Sealed>> = vec![
        Write::RunBegin(run(number)),
        put(&format!("r{number:04}")),
        Write::Begin(Box::new(begin(number, 0))),
        Write::Exports(vec![export("last", &number.to_string())]),
    ];
    assert_eq!(backend.commit(lease, writes).await.unwrap(), number);
}

/// The number of whole commits in a file; fails if there is part of another.
async fn whole_commits(path: &Path) -> u64 {
    let backend = SqliteBackend::open(path).unwrap();
    assert_eq!(backend.check().await.unwrap(), Vec::<String>::new());
    let state = backend.load(&stack()).await.unwrap();
    let count = state.serial;
    let names: Vec<_> = state.resources.iter().map(|row| row.urn.name().to_owned()).collect();
    assert_eq!(names, (1..=count).map(|number| format!("r{number:04}")).collect::<Vec<_>>());
    assert_eq!(
        state.journal.iter().map(|row| row.key.run).collect::<Vec<_>>(),
        (1..=count).collect::<Vec<_>>()
    );
    assert_eq!(state.last_run, count);
    let last = state.exports.first().map(|row| row.value.as_str().to_owned());
    assert_eq!(last, (count > 0).then(|| count.to_string()));
    count
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A small generator with a fixed seed: the same cuts every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

const COMMITS: u64 = 40;

#[tokio::test]
async fn a_torn_log_leaves_a_prefix_of_the_commits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let backend = SqliteBackend::open(&path).unwrap();
    let lease = lease(&backend).await;
    for number in 1..=COMMITS {
        commit(&backend, &lease, number).await;
    }
    // What a kill leaves: both files as they are, without a close.
    let (database, log) = (std::fs::read(&path).unwrap(), std::fs::read(beside(&path, "-wal")).unwrap());
    assert!(log.len() > 100_000, "all commits are still in the log: {}", log.len());

    let killed = |name: &str, log: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, &database).unwrap();
        std::fs::write(beside(&path, "-wal"), log).unwrap();
        path
    };
    assert_eq!(whole_commits(&killed("whole", &log)).await, COMMITS);
    assert_eq!(whole_commits(&killed("none", &[])).await, 0);

    let mut random = Random(0x5eed);
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..40 {
        let cut = random.below(log.len());
        let survived = whole_commits(&killed(&format!("cut{round}"), &log[..cut])).await;
        let mut flipped = log.clone();
        flipped[cut] ^= 1 << random.below(8);
        let before_damage = whole_commits(&killed(&format!("flip{round}"), &flipped)).await;
        assert!(survived <= COMMITS && before_damage <= COMMITS);
        seen.insert(survived);
    }
    assert!(seen.len() > 10, "the cuts fell at many places: {seen:?}");
}

#[tokio::test]
async fn a_backend_that_is_never_closed_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let backend = SqliteBackend::open(&path).unwrap();
    let lease = lease(&backend).await;
    for number in 1..=5 {
        commit(&backend, &lease, number).await;
    }
    std::mem::forget(backend);
    assert_eq!(whole_commits(&path).await, 5);
}

#[tokio::test]
async fn a_closed_backend_is_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let backend = SqliteBackend::open(&path).unwrap();
    let lease = lease(&backend).await;
    commit(&backend, &lease, 1).await;
    assert!(beside(&path, "-wal").exists());
    drop(backend);
    assert!(!beside(&path, "-wal").exists() && !beside(&path, "-shm").exists());
    assert_eq!(whole_commits(&path).await, 1);
}

const CHILD_PATH: &str = "IAC_TEST_CRASH_CHILD";

/// Not a test by itself: the process that the next one kills.
#[tokio::test]
async fn child_that_writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD_PATH) else { return };
    let backend = SqliteBackend::open(path).unwrap();
    let lease = lease(&backend).await;
    for number in backend.load(&stack()).await.unwrap().serial + 1..10_000 {
        commit(&backend, &lease, number).await;
        println!("\nanswered {number}");
    }
}

#[tokio::test]
async fn a_killed_process_leaves_every_answered_commit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let mut random = Random(0xdead);
    let mut before = 0;
    for _ in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_writes_until_it_is_killed", "--nocapture"])
            .env(CHILD_PATH, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let wanted = before + 1 + random.below(60) as u64;
        let answered = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .filter_map(|line| line.ok()?.strip_prefix("answered ")?.parse::<u64>().ok())
            .find(|number| *number >= wanted)
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        before = whole_commits(&path).await;
        assert!(before >= answered, "{before} of {answered} answered commits are left");
    }
}
