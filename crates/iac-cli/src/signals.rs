//! Ctrl-C and termination: what they stop, and how gently. Knows nothing of what is stopped.

use std::future::{Future, pending};
use std::io;

use iac_core::Cancel;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::layout::{BAD, Page};
use crate::screen::Screen;

/// The signals that have come since the run began. None is lost, whenever it comes.
pub(crate) struct Signals {
    count: watch::Receiver<u32>,
    listener: Option<JoinHandle<()>>,
}

impl Signals {
    /// Listens, if `enabled`; must be called in the runtime.
    pub(crate) fn listen(enabled: bool) -> Self {
        let (sender, count) = watch::channel(0u32);
        let listener = enabled.then(|| {
            tokio::spawn(async move {
                let Ok(mut source) = Source::new() else { return pending().await };
                loop {
                    source.next().await;
                    sender.send_modify(|count| *count = count.saturating_add(1));
                }
            })
        });
        Self { count, listener }
    }

    /// Does `work` unless a signal comes first; it is dropped then.
    pub(crate) async fn or_stop<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.reaches(1) => None,
        }
    }

    /// Does `work` to its end; the first two signals each make a request of `cancel`.
    pub(crate) async fn or_cancel<T>(
        &self,
        work: impl Future<Output = T>,
        cancel: &Cancel,
        screen: &Screen,
    ) -> T {
        let requests = async {
            self.reaches(1).await;
            cancel.request();
            self.reaches(2).await;
            let mut page = Page::new(screen.width);
            let text = "the steps that run are abandoned; the next run looks first at what became of them";
            page.item(0, "stop:", BAD, text, 2);
            screen.err(&page.finish());
            cancel.request();
            pending::<T>().await
        };
        tokio::select! {
            biased;
            done = work => done,
            never = requests => never,
        }
    }

    async fn reaches(&self, wanted: u32) {
        // Without a listener the count never grows.
        if self.count.clone().wait_for(|count| *count >= wanted).await.is_err() {
            pending().await
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

/// Tells when the process goes on after it was suspended: the shell has written to the terminal then.
pub(crate) struct Resumed {
    #[cfg(target_os = "linux")]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Resumed {
    /// Must be called in the runtime.
    pub(crate) fn listen() -> Self {
        #[cfg(target_os = "linux")]
        {
            use tokio::signal::unix::{SignalKind, signal};

            /// SIGCONT on Linux, but for MIPS and SPARC: <https://man7.org/linux/man-pages/man7/signal.7.html>
            const CONTINUED: i32 = 18;
            Self { signal: signal(SignalKind::from_raw(CONTINUED)).ok() }
        }
        #[cfg(not(target_os = "linux"))]
        Self {}
    }

    /// Waits for that; for ever where it cannot be known.
    pub(crate) async fn next(&mut self) {
        #[cfg(target_os = "linux")]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        pending().await
    }
}

#[cfg(unix)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            Some(()) = self.interrupt.recv() => {}
            Some(()) = self.terminate.recv() => {}
            else => pending().await,
        }
    }
}

#[cfg(not(unix))]
struct Source;

#[cfg(not(unix))]
impl Source {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            pending().await
        }
    }
}
