//! [`Timer`]: waits that end within a fraction of a millisecond, on a thread of their own, as the answers of
//! a cloud come from elsewhere. The runtime's own timer counts in whole milliseconds, and a busy engine would
//! delay it. Knows nothing of calls.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// The thread; it ends with the last clone.
#[derive(Debug, Clone)]
pub(crate) struct Timer {
    waits: Sender<Wait>,
}

impl Timer {
    pub(crate) fn new() -> Self {
        let (waits, received) = channel();
        std::thread::Builder::new()
            .name("cloud".into())
            .spawn(move || run(&received))
            .expect("a thread starts");
        Self { waits }
    }

    /// Ends `time` from now.
    pub(crate) async fn wait(&self, time: Duration) {
        let (done, ended) = oneshot::channel();
        let wait = Wait { until: Instant::now() + time, done };
        self.waits.send(wait).expect("the thread lives as long as this");
        ended.await.expect("the thread ends every wait");
    }
}

struct Wait {
    until: Instant,
    done: oneshot::Sender<()>,
}

impl PartialEq for Wait {
    fn eq(&self, other: &Self) -> bool {
        self.until == other.until
    }
}

impl Eq for Wait {}

impl PartialOrd for Wait {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Wait {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.until.cmp(&other.until)
    }
}

fn run(received: &Receiver<Wait>) {
    let mut waits: BinaryHeap<Reverse<Wait>> = BinaryHeap::new();
    loop {
        let next = waits.peek().map(|wait| wait.0.until);
        let more = match next {
            Some(until) => received.recv_timeout(until.saturating_duration_since(Instant::now())),
            None => received.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match more {
            Ok(wait) => waits.push(Reverse(wait)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while waits.peek().is_some_and(|wait| wait.0.until <= Instant::now()) {
            if let Some(Reverse(wait)) = waits.pop() {
                // Whoever waited may have given up.
                let _ = wait.done.send(());
            }
        }
    }
}
