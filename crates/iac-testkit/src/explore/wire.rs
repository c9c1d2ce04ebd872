//! [`Wire`]: what every simulated cloud of a run shares: the clock, the seed, and what befalls the
//! process and its requests. Knows nothing of any cloud.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::boundary::{Boundary, BoundaryKind};
use super::clock::VirtualClock;
use super::cut::{CutPoint, Fate};
use super::trouble::Trouble;
use crate::sim::SplitMix64;

/// Longest way of a request to its cloud, and of an answer back.
const LATENCY_MAX_MS: u64 = 40;
/// Longest flush of the state's disk.
const FLUSH_MAX_MS: u64 = 4;

/// What a simulated cloud asks at every boundary of its calls. Clones are the same wire.
///
/// A cloud written on the simulator kit need not know it: [`SimWorld`](super::SimWorld) does the
/// asking. One of another kind MUST call [`request`](Wire::request) once for each call, and
/// [`pass`](Wire::pass) or [`dies_at`](Wire::dies_at) before the call, after its effect and after
/// its answer.
#[derive(Clone)]
pub struct Wire {
    clock: VirtualClock,
    seed: u64,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    random: SplitMix64,
    process: Process,
}

/// The process that lives now. A later one on the same clouds has its own count.
struct Process {
    cut: CutPoint,
    /// The number of a request, from 0, and what goes wrong with it.
    trouble: Option<(usize, Trouble)>,
    requests: Vec<RequestNote>,
}

/// What is known of one request of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestNote {
    pub(super) subject: String,
    pub(super) mutates: bool,
    pub(super) can: &'static [Trouble],
}

impl Wire {
    pub(super) fn new(clock: VirtualClock, seed: u64) -> Self {
        let process = Process { cut: CutPoint::new(usize::MAX), trouble: None, requests: Vec::new() };
        let shared = Shared { random: SplitMix64::new(seed), process };
        Self { clock, seed, shared: Arc::new(Mutex::new(shared)) }
    }

    /// From now on another process talks to the clouds.
    pub(super) fn begin_process(&self, cut: CutPoint, trouble: Option<(usize, Trouble)>) {
        self.lock().process = Process { cut, trouble, requests: Vec::new() };
    }

    pub(super) fn requests(&self) -> Vec<RequestNote> {
        self.lock().process.requests.clone()
    }

    /// The clock of the run.
    pub fn clock(&self) -> VirtualClock {
        self.clock
    }

    /// The seed of the run, for what a client does at random.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Counts a request, and answers what goes wrong with it: one of `can`, or nothing.
    pub fn request(
        &self,
        subject: impl Into<String>,
        mutates: bool,
        can: &'static [Trouble],
    ) -> Option<Trouble> {
        let mut shared = self.lock();
        let process = &mut shared.process;
        let number = process.requests.len();
        process.requests.push(RequestNote { subject: subject.into(), mutates, can });
        let trouble = process.trouble.filter(|(at, _)| *at == number).map(|(_, trouble)| trouble);
        trouble.filter(|trouble| can.contains(trouble))
    }

    /// Passes a boundary, and never returns if the process dies there.
    pub async fn pass(&self, kind: BoundaryKind, subject: &str) {
        if self.dies_at(kind, subject) {
            std::future::pending::<()>().await;
        }
    }

    /// Passes a boundary; whether the process dies there. The caller MUST then neither go on nor
    /// return.
    #[must_use]
    pub fn dies_at(&self, kind: BoundaryKind, subject: &str) -> bool {
        self.fate_at(kind, subject) != Fate::Lives
    }

    pub(super) fn fate_at(&self, kind: BoundaryKind, subject: &str) -> Fate {
        let cut = self.lock().process.cut.clone();
        cut.pass(Boundary::new(kind, subject))
    }

    /// How long the next message is under way: random, from the seed.
    pub fn latency(&self) -> Duration {
        Duration::from_millis(1 + self.lock().random.below(LATENCY_MAX_MS))
    }

    pub(super) fn flush_time(&self) -> Duration {
        Duration::from_millis(self.lock().random.below(FLUSH_MAX_MS + 1))
    }

    /// A panic elsewhere leaves this whole.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
