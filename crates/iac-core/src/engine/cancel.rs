//! Stopping a run from outside: first gently, then at once.

use std::sync::Arc;

use tokio::sync::watch;

/// How urgently a run shall stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    Run,
    Drain,
    Abandon,
}

/// A handle that stops a run. Clones stop the same run.
///
/// The first [`request`](Cancel::request) starts nothing new and lets running steps end. The
/// second abandons them; the next run finds out what became of them.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<watch::Sender<Urgency>>);

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

impl Cancel {
    /// A handle that has not been used.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Urgency::Run)))
    }

    /// Asks the run to stop; a second time, to stop at once.
    pub fn request(&self) {
        self.0.send_modify(|urgency| {
            *urgency = if *urgency == Urgency::Run { Urgency::Drain } else { Urgency::Abandon };
        });
    }

    /// Whether a stop was requested.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() != Urgency::Run
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Urgency> {
        self.0.subscribe()
    }
}
