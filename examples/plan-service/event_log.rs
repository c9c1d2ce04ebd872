//! [`EventLog`]: the events of one run, for everybody who reads along, from the first on. The log is the
//! only buffer: a slow reader holds nothing up and costs nothing. Knows nothing of HTTP.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::Stream;
use futures_util::stream;
use iac::Event;
use tokio::sync::watch;

/// Events of one run that are kept. From half of it on only those are that tell what was done.
const EVENTS_MAX: usize = 10_000;

/// One event.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its place, from 1 on.
    pub(crate) number: usize,
    /// What kind of event it is.
    pub(crate) kind: String,
    /// Its JSON.
    pub(crate) data: String,
}

/// The events of a run.
pub(crate) struct EventLog {
    kept: Mutex<Kept>,
    /// Wakes readers; its value says nothing.
    news: watch::Sender<()>,
}

#[derive(Default)]
struct Kept {
    entries: Vec<Arc<Entry>>,
    left_out: usize,
    ended: bool,
}

impl EventLog {
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::default(), news: watch::Sender::new(()) }
    }

    /// Takes one event. Does not wait.
    pub(crate) fn push(&self, event: &Event) {
        let Ok(json) = serde_json::to_value(event) else { return };
        let kind = json.get("event").and_then(|kind| kind.as_str()).unwrap_or("event").to_owned();
        let mut kept = self.kept();
        let room = if tells_what_was_done(event) { EVENTS_MAX } else { EVENTS_MAX / 2 };
        if kept.entries.len() < room {
            kept.add(kind, json.to_string());
        } else {
            kept.left_out += 1;
        }
        drop(kept);
        self.news.send_replace(());
    }

    /// Adds the last entry, made from how many events were left out; later ones are not taken.
    pub(crate) fn end(&self, kind: &str, data: impl FnOnce(usize) -> serde_json::Value) {
        let mut kept = self.kept();
        if !kept.ended {
            let data = data(kept.left_out).to_string();
            kept.add(kind.to_owned(), data);
            kept.ended = true;
        }
        drop(kept);
        self.news.send_replace(());
    }

    /// Everything after entry number `after`, as it comes, to the end of the run. `held` is kept as long
    /// as somebody reads.
    pub(crate) fn read<H: Send + 'static>(
        self: Arc<Self>,
        after: usize,
        held: H,
    ) -> impl Stream<Item = Arc<Entry>> {
        let news = self.news.subscribe();
        stream::unfold((self, after, news, held), |(log, after, mut news, held)| async move {
            loop {
                // Before the look, so that what comes after it wakes.
                news.mark_unchanged();
                let (next, ended) = {
                    let kept = log.kept();
                    (kept.entries.get(after).cloned(), kept.ended)
                };
                match next {
                    Some(entry) => return Some((entry, (log, after + 1, news, held))),
                    None if ended => return None,
                    // The sender lives in the log that is held here.
                    None => news.changed().await.ok()?,
                }
            }
        })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn add(&mut self, kind: String, data: String) {
        if !self.ended {
            let number = self.entries.len() + 1;
            self.entries.push(Arc::new(Entry { number, kind, data }));
        }
    }
}

/// Whether an event tells of a beginning or an end, rather than of something in between.
fn tells_what_was_done(event: &Event) -> bool {
    matches!(
        event,
        Event::RunStarted { .. }
            | Event::StepStarted { .. }
            | Event::StepFinished { .. }
            | Event::StepFailed { .. }
            | Event::StepSkipped { .. }
            | Event::RunFinished { .. }
    )
}
