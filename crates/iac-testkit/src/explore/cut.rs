//! [`CutPoint`]: counts boundaries and says where the process dies. Knows nothing of what a
//! boundary is about.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::boundary::Boundary;

/// Boundaries that are remembered; later ones are only counted.
const LOG_LENGTH_MAX: usize = 50_000;

/// A counter of everything that can be the last thing a process does. The call that reaches the
/// chosen number hangs, and the test drops the engine. Clones share the count.
///
/// ```
/// use iac_testkit::explore::CutPoint;
///
/// let cut = CutPoint::new(1);
/// assert!(!cut.dies());
/// assert!(cut.dies());
/// assert!(cut.dies(), "after that it dies everywhere");
/// ```
#[derive(Debug, Clone)]
pub struct CutPoint {
    log: Arc<Mutex<Log>>,
    cut_at: usize,
    reached: Arc<watch::Sender<bool>>,
}

#[derive(Debug, Default)]
struct Log {
    passed: usize,
    boundaries: Vec<Boundary>,
}

/// What a boundary means for the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Fate {
    /// It goes on.
    Lives,
    /// It dies at this very boundary.
    DiesHere,
    /// It is dead already.
    IsDead,
}

impl CutPoint {
    /// Cuts at boundary number `cut_at`, from 0; `usize::MAX` only counts.
    pub fn new(cut_at: usize) -> Self {
        Self { log: Arc::default(), cut_at, reached: Arc::new(watch::Sender::new(false)) }
    }

    /// How many boundaries were passed, the one of the cut among them.
    pub fn passed(&self) -> usize {
        self.lock().passed
    }

    /// The boundaries that were passed under a name, in order.
    pub fn boundaries(&self) -> Vec<Boundary> {
        self.lock().boundaries.clone()
    }

    /// Passes one boundary without a name; answers whether the process dies here. After that it
    /// dies everywhere.
    pub fn dies(&self) -> bool {
        self.count(None) != Fate::Lives
    }

    /// Passes `boundary`; answers whether the process dies here or is dead already.
    pub fn dies_at(&self, boundary: Boundary) -> bool {
        self.count(Some(boundary)) != Fate::Lives
    }

    /// Passes `boundary`.
    pub(super) fn pass(&self, boundary: Boundary) -> Fate {
        self.count(Some(boundary))
    }

    /// Waits until the chosen boundary is reached.
    pub async fn reached(&self) {
        let mut reached = self.reached.subscribe();
        reached.wait_for(|reached| *reached).await.expect("the point holds its own sender");
    }

    fn count(&self, boundary: Option<Boundary>) -> Fate {
        let number = {
            let mut log = self.lock();
            // What a dead process would have gone on to do is no part of its log.
            if log.passed <= self.cut_at && log.boundaries.len() < LOG_LENGTH_MAX {
                log.boundaries.extend(boundary);
            }
            log.passed += 1;
            log.passed - 1
        };
        if number < self.cut_at {
            return Fate::Lives;
        }
        self.reached.send_replace(true);
        if number == self.cut_at { Fate::DiesHere } else { Fate::IsDead }
    }

    /// A panic elsewhere leaves the count whole.
    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
