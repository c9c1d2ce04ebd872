//! Owns the order of what happens in a check: requests, checkpoints and progress; and cuts
//! connections at a given place of it. Knows no provider.
use crate::sim::{Fault, Interceptor, Method, SimRequest};
use async_trait::async_trait;
use iac_core::Progress;
use iac_core::Result;
use iac_core::provider::StepPort;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A request that changes nothing.
    Look(String),
    /// A request that may change something.
    Write(String),
    /// An id was made durable.
    Checkpoint(String),
}

/// Which connections are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The answer of the next writing request.
    NextWrite,
    /// Every request that follows the next writing one, before it has an effect.
    AfterNextWrite,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    progress: Vec<String>,
    cut: Option<Cut>,
    is_cut: bool,
}

/// The recording. Also the port that a driver's calls report to.
#[derive(Clone, Default)]
pub(super) struct Tape(Arc<Mutex<State>>);

impl Tape {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records requests; one that `prepares` makes no object, whatever its method.
    pub(super) fn interceptor(&self, prepares: fn(&SimRequest) -> bool) -> Interceptor {
        let tape = self.clone();
        Box::new(move |request, _| tape.request(request, prepares(request)))
    }

    fn request(&self, request: &SimRequest, prepares: bool) -> Option<Fault> {
        let mut state = self.lock();
        let line = format!("{} {}", request.method, request.path);
        if state.is_cut {
            return Some(Fault::DropBefore);
        }
        if prepares || matches!(request.method, Method::GET | Method::HEAD) {
            state.entries.push(Entry::Look(line));
            return None;
        }
        state.entries.push(Entry::Write(line));
        match state.cut.take() {
            Some(Cut::NextWrite) => Some(Fault::DropAfter),
            Some(Cut::AfterNextWrite) => {
                state.is_cut = true;
                None
            }
            None => None,
        }
    }

    /// Forgets what happened.
    pub(super) fn rewind(&self) {
        self.lock().entries.clear();
    }

    pub(super) fn cut(&self, cut: Cut) {
        self.lock().cut = Some(cut);
    }

    /// Ends all cutting; whether a cut was made.
    pub(super) fn mend(&self) -> bool {
        let mut state = self.lock();
        state.is_cut = false;
        state.cut.take().is_none()
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.lock().entries.clone()
    }

    /// The last checkpoint.
    pub(super) fn checkpoint(&self) -> Option<String> {
        self.lock().entries.iter().rev().find_map(|entry| match entry {
            Entry::Checkpoint(id) => Some(id.clone()),
            _ => None,
        })
    }

    /// The texts of all progress.
    pub(super) fn progress_texts(&self) -> Vec<String> {
        self.lock().progress.clone()
    }
}

#[async_trait]
impl StepPort for Tape {
    async fn checkpoint(&self, id: &str) -> Result<()> {
        self.lock().entries.push(Entry::Checkpoint(id.to_owned()));
        Ok(())
    }

    fn progress(&self, progress: Progress) {
        self.lock().progress.push(progress.what);
    }
}
