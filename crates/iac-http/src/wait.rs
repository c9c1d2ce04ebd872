//! Waits until something in the cloud is ready, by asking again and again within a bound.
//! Knows nothing of what is asked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use iac_core::{Error, ErrorKind, Result};
use tokio::time::Instant;

use crate::clock::{earlier, later};

/// Default time between two questions at the beginning.
pub const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Default longest time between two questions.
pub const POLL_INTERVAL_MAX: Duration = Duration::from_secs(10);
/// Default growth of the interval, in percent of the one before.
pub const POLL_BACKOFF_PERCENT: u32 = 150;
/// Default bound on the whole wait.
pub const POLL_WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// Questions in a row that may fail with [`ErrorKind::Unavailable`] or
/// [`ErrorKind::RateLimited`] before the wait fails: a long wait outlives a short outage.
pub const POLL_FAILURES_MAX: u32 = 3;

/// An answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Polled<T> {
    /// It is ready.
    Ready(T),
    /// Not yet.
    Pending {
        /// How far it is, 0 to 100, if the vendor says so.
        percent: Option<u8>,
        /// What state it is in, for example `initializing`.
        detail: Option<String>,
    },
}

impl<T> Polled<T> {
    /// Not yet, and nothing more is known.
    pub fn pending() -> Self {
        Self::Pending { percent: None, detail: None }
    }

    /// Not yet; it is in state `detail`.
    pub fn pending_in(detail: impl Into<String>) -> Self {
        Self::Pending { percent: None, detail: Some(detail.into()) }
    }

    /// Not yet; `percent` of it is done.
    pub fn pending_at(percent: u8) -> Self {
        Self::Pending { percent: Some(percent), detail: None }
    }
}

/// How far a wait is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitProgress {
    /// What is waited for.
    pub subject: String,
    /// Since when.
    pub waited: Duration,
    /// How far it is, 0 to 100, if known.
    pub percent: Option<u8>,
    /// What state it is in, if known.
    pub detail: Option<String>,
}

type OnProgress = Arc<dyn Fn(&WaitProgress) + Send + Sync>;

/// How to wait.
///
/// ```
/// use std::time::Duration;
/// use iac_http::{Polled, WaitOptions, poll_until};
///
/// # async fn example() -> iac_core::Result<()> {
/// let options = WaitOptions::new("action 7 (create_server)")
///     .interval(Duration::from_millis(1))
///     .wait_max(Duration::from_secs(60))
///     .on_progress(|progress| assert_eq!(progress.percent, Some(50)));
/// let mut asked = 0;
/// let server = poll_until(&options, || {
///     asked += 1;
///     let answer = if asked == 2 { Polled::Ready("server 42") } else { Polled::pending_at(50) };
///     async move { Ok(answer) }
/// })
/// .await?;
/// assert_eq!(server, "server 42");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
/// #     .block_on(example()).unwrap();
/// ```
#[derive(Clone)]
#[must_use]
pub struct WaitOptions {
    subject: String,
    interval: Duration,
    interval_max: Duration,
    backoff_percent: u32,
    wait_max: Duration,
    deadline: Option<Instant>,
    on_progress: Option<OnProgress>,
}

impl WaitOptions {
    /// Waits for `subject`, which messages name.
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            interval: POLL_INTERVAL,
            interval_max: POLL_INTERVAL_MAX,
            backoff_percent: POLL_BACKOFF_PERCENT,
            wait_max: POLL_WAIT_MAX,
            deadline: None,
            on_progress: None,
        }
    }

    /// The first interval. Default [`POLL_INTERVAL`].
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The longest interval. Default [`POLL_INTERVAL_MAX`].
    pub fn interval_max(mut self, interval: Duration) -> Self {
        self.interval_max = interval;
        self
    }

    /// The next interval in percent of the one before, at least 100. Default
    /// [`POLL_BACKOFF_PERCENT`].
    pub fn backoff_percent(mut self, percent: u32) -> Self {
        self.backoff_percent = percent.max(100);
        self
    }

    /// The bound on the whole wait. Default [`POLL_WAIT_MAX`].
    pub fn wait_max(mut self, wait: Duration) -> Self {
        self.wait_max = wait;
        self
    }

    /// An end that holds even if the bound is later.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Called after every answer that is not ready.
    pub fn on_progress(mut self, f: impl Fn(&WaitProgress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(f));
        self
    }
}

impl fmt::Debug for WaitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitOptions")
            .field("subject", &self.subject)
            .field("wait_max", &self.wait_max)
            .finish_non_exhaustive()
    }
}

/// Asks at once and then at growing intervals until the answer is [`Polled::Ready`].
///
/// # Errors
/// [`ErrorKind::Timeout`] at the bound or the deadline, also in the middle of a question; the
/// error of a question that failed for another reason than a short outage.
pub async fn poll_until<T, F, Fut>(options: &WaitOptions, mut ask: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Polled<T>>>,
{
    let start = Instant::now();
    let end = earlier(later(start, options.wait_max), options.deadline);
    let mut interval = options.interval.min(options.interval_max);
    let mut failures = 0;
    let mut last: Option<WaitProgress> = None;
    loop {
        let Ok(answer) = tokio::time::timeout_at(end, ask()).await else {
            return Err(timed_out(options, start, last.as_ref()));
        };
        match answer {
            Ok(Polled::Ready(value)) => return Ok(value),
            Ok(Polled::Pending { percent, detail }) => {
                failures = 0;
                let subject = options.subject.clone();
                let progress = WaitProgress { subject, waited: start.elapsed(), percent, detail };
                if let Some(on_progress) = &options.on_progress {
                    on_progress(&progress);
                }
                last = Some(progress);
            }
            Err(error) if is_short_outage(&error) && failures < POLL_FAILURES_MAX => failures += 1,
            Err(error) => return Err(error),
        }
        // A question at the very end could not be answered in time.
        if later(Instant::now(), interval) >= end {
            tokio::time::sleep_until(end).await;
            return Err(timed_out(options, start, last.as_ref()));
        }
        tokio::time::sleep(interval).await;
        let grown = interval.saturating_mul(options.backoff_percent) / 100;
        interval = grown.min(options.interval_max);
    }
}

fn is_short_outage(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::RateLimited)
}

fn timed_out(options: &WaitOptions, start: Instant, last: Option<&WaitProgress>) -> Error {
    let mut message = format!("waited {:?} for {}", start.elapsed(), options.subject);
    if let Some(last) = last {
        if let Some(percent) = last.percent {
            message.push_str(&format!(", last at {percent} %"));
        }
        if let Some(detail) = &last.detail {
            message.push_str(&format!(", last in state `{detail}`"));
        }
    }
    Error::new(ErrorKind::Timeout, message)
        .hint("run again: the next run goes on from where this one stopped waiting")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn options() -> WaitOptions {
        WaitOptions::new("action 7").wait_max(Duration::from_secs(20))
    }

    #[tokio::test(start_paused = true)]
    async fn asks_at_growing_intervals_and_tells_progress() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let options = options()
            .backoff_percent(200)
            .interval_max(Duration::from_secs(4))
            .on_progress(move |p| listener.lock().unwrap().push((p.waited.as_secs(), p.percent)));
        let mut asked = 0_u8;
        let result = poll_until(&options, || {
            asked += 1;
            std::future::ready(Ok(match asked {
                5 => Polled::Ready(asked),
                _ => Polled::pending_at(asked),
            }))
        });
        assert_eq!(result.await.unwrap(), 5);
        let expected = [(0, Some(1)), (1, Some(2)), (3, Some(3)), (7, Some(4))];
        assert_eq!(*told.lock().unwrap(), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn the_bound_names_what_it_waited_for() {
        let start = Instant::now();
        let options = options();
        let result = poll_until(&options, async || Ok(Polled::<()>::pending_in("starting")));
        let error = result.await.unwrap_err();
        assert_eq!(start.elapsed(), Duration::from_secs(20));
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.message(), "waited 20s for action 7, last in state `starting`");

        let deadline = Instant::now() + Duration::from_secs(3);
        let options = options.deadline(deadline);
        let silent = poll_until(&options, std::future::pending::<Result<Polled<()>>>);
        assert_eq!(silent.await.unwrap_err().message(), "waited 3s for action 7");
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_outage_is_endured_and_a_verdict_is_not() {
        for (kind, expected) in [(ErrorKind::Unavailable, POLL_FAILURES_MAX + 1), (ErrorKind::NotFound, 1)] {
            let mut asked = 0;
            let options = options();
            let result = poll_until(&options, || {
                asked += 1;
                std::future::ready(Err::<Polled<()>, _>(Error::new(kind, "x")))
            });
            assert_eq!(result.await.unwrap_err().kind(), kind);
            assert_eq!(asked, expected);
        }
    }
}
