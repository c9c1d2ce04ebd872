//! What a command works with.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use iac_core::state::{StackId, TimestampMs};
use iac_core::{BuildId, Cancel, Engine, EngineError, Graph};

use crate::again::Again;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::signals::Signals;
use crate::watch::Mode;

/// For commands that run the program.
pub(crate) struct Work<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) graph: &'a Graph,
    pub(crate) stack: &'a StackId,
    pub(crate) screen: &'a Arc<Screen>,
    pub(crate) cancel: &'a Cancel,
    pub(crate) signals: &'a Signals,
    /// Whether the program has approved whatever is planned.
    pub(crate) approved: bool,
    /// How progress is shown.
    pub(crate) mode: Mode,
    /// The command line once more.
    pub(crate) again: &'a Again,
    /// The build of the program, where it is not to be found out.
    pub(crate) build: Option<&'a BuildId>,
}

impl Work<'_> {
    /// Does `work`, which holds the lease and changes nothing in the cloud, unless a signal comes.
    pub(crate) async fn or_stop<T>(
        &self,
        action: &str,
        work: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, Failure> {
        match self.signals.or_stop(work).await {
            Some(done) => done.map_err(|error| Failure::engine(action, error)),
            None => {
                // Best effort: a lease that stays expires by itself.
                let _ = self.engine.release(self.stack).await;
                Err(Failure::stopped(action))
            }
        }
    }
}

/// For commands that only read the state.
pub(crate) struct Look<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) stack: &'a StackId,
    pub(crate) screen: &'a Screen,
    pub(crate) now: TimestampMs,
    /// How progress is shown.
    pub(crate) mode: Mode,
    /// The state's file, if it is kept in one.
    pub(crate) state_file: Option<&'a Path>,
}
