//! [`Gate`]: holds calls until a test lets them go. Knows nothing of what the calls do.

use std::sync::Arc;

use tokio::sync::watch;

use super::call::{Matcher, Moment};

#[derive(Debug, Clone, Copy, Default)]
struct Held {
    arrived: usize,
    waiting: usize,
    open: bool,
}

/// Holds every call that matches, at one moment, until it is opened. Clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate {
    pub(super) matcher: Matcher,
    pub(super) moment: Moment,
    state: Arc<watch::Sender<Held>>,
}

impl Gate {
    pub(super) fn new(matcher: Matcher, moment: Moment) -> Self {
        Self { matcher, moment, state: Arc::new(watch::Sender::new(Held::default())) }
    }

    /// Waits until `count` calls have arrived at the gate since it was made.
    pub async fn reached(&self, count: usize) {
        let mut state = self.state.subscribe();
        state.wait_for(|held| held.arrived >= count).await.expect("the gate holds its own sender");
    }

    /// How many calls wait at the gate now.
    pub fn waiting(&self) -> usize {
        self.state.borrow().waiting
    }

    /// Lets all calls go, now and from now on.
    pub fn open(&self) {
        self.state.send_modify(|held| held.open = true);
    }

    pub(super) async fn pass(&self) {
        let mut state = self.state.subscribe();
        self.state.send_modify(|held| {
            held.arrived += 1;
            held.waiting += 1;
        });
        let leave = Leave(self);
        state.wait_for(|held| held.open).await.expect("the gate holds its own sender");
        drop(leave);
    }
}

/// A call that is dropped at the gate waits no more.
struct Leave<'a>(&'a Gate);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.state.send_modify(|held| held.waiting -= 1);
    }
}
