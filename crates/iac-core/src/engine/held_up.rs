//! Brings to the reporters what holds calls up: the way for calls that are no step, and the events of
//! both kinds. Knows nothing of what is called.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::Stream;
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::error::Result;
use crate::event::{Event, Reporter};
use crate::plan::StepIndex;
use crate::provider::{Delay, Progress, StepPort};
use crate::scrub::Scrub;
use crate::snapshot::Snapshot;
use crate::state::TimestampMs;
use crate::urn::Urn;

/// Delays that wait to be reported; more are dropped.
const TOLD_MAX: usize = 256;

/// The event of one delay.
pub(super) fn event(
    step: Option<StepIndex>,
    urn: Urn,
    provider: &str,
    delay: Delay,
    at: TimestampMs,
) -> Event {
    let provider = provider.to_owned();
    match delay {
        Delay::Retried { operation, attempt, reason, after_ms } => {
            Event::CallRetried { step, urn, provider, operation, attempt, reason, after_ms, at }
        }
        Delay::Paused { operation, reason, for_ms } => {
            Event::Paused { step, urn, provider, operation, reason, for_ms, at }
        }
    }
}

/// Where the calls of a session that are no step tell what holds them up.
pub(super) struct Ear {
    sender: mpsc::Sender<Event>,
    receiver: mpsc::Receiver<Event>,
}

impl Ear {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(TOLD_MAX);
        Self { sender, receiver }
    }

    /// The port of one such call, with the secrets that it is given and that are not recorded.
    pub(super) fn port(&self, provider: &str, clock: &Arc<dyn Clock>, secrets: Vec<String>) -> ReadPort {
        let (provider, clock) = (provider.to_owned(), Arc::clone(clock));
        ReadPort { provider, clock, secrets, told: self.sender.clone() }
    }

    /// The next item of `work`, while what is told meanwhile goes to `reporter`.
    pub(super) async fn next<S: Stream + Unpin>(
        &mut self,
        work: &mut S,
        snapshot: &Snapshot,
        reporter: &mut (dyn Reporter + Send),
    ) -> Option<S::Item> {
        self.during(work.next(), snapshot, reporter).await
    }

    /// What `work` answers, while what is told meanwhile goes to `reporter`.
    pub(super) async fn during<T>(
        &mut self,
        work: impl Future<Output = T>,
        snapshot: &Snapshot,
        reporter: &mut (dyn Reporter + Send),
    ) -> T {
        let mut secrets = None;
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                // The sender lives in here, so this ends only with an event.
                Some(mut event) = self.receiver.recv() => {
                    let secrets = secrets.get_or_insert_with(|| {
                        let mut texts = Vec::new();
                        snapshot.secret_texts(&mut texts);
                        texts
                    });
                    scrub(&mut event, secrets);
                    reporter.report(&event);
                }
                done = &mut work => return done,
            }
        }
    }
}

/// Takes `secrets` out of what a provider said.
fn scrub(event: &mut Event, secrets: &[String]) {
    if let Event::CallRetried { operation, reason, .. } | Event::Paused { operation, reason, .. } = event {
        let scrub = Scrub::new(secrets);
        scrub.clean(operation);
        scrub.clean(reason);
    }
}

/// For calls that change nothing: they have nothing to checkpoint, and nobody watches their progress.
pub(super) struct ReadPort {
    provider: String,
    clock: Arc<dyn Clock>,
    secrets: Vec<String>,
    told: mpsc::Sender<Event>,
}

#[async_trait]
impl StepPort for ReadPort {
    async fn checkpoint(&self, _: &str) -> Result<()> {
        Ok(())
    }
    fn progress(&self, _: Progress) {}
    fn delayed(&self, urn: &Urn, delay: Delay) {
        let mut event = event(None, urn.clone(), &self.provider, delay, self.clock.now_ms());
        scrub(&mut event, &self.secrets);
        // For people: dropped where nobody keeps up.
        let _ = self.told.try_send(event);
    }
}
