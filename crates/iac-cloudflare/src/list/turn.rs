//! One change of lists at a time. Knows nothing of what a change does.

use std::sync::Arc;

use iac_core::{Error, ErrorKind, Result};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

/// Whose turn it is to change a list of the account.
#[derive(Debug, Default)]
pub(crate) struct Turns(Arc<Mutex<()>>);

impl Turns {
    /// Waits for a turn. The guard is meant to be held across awaits: it covers the request and the
    /// operation that it starts.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] at the deadline.
    pub(super) async fn take(&self, deadline: Instant) -> Result<OwnedMutexGuard<()>> {
        let turn = Arc::clone(&self.0).lock_owned();
        tokio::time::timeout_at(deadline, turn).await.map_err(|_| {
            Error::new(ErrorKind::Timeout, "waited for the changes of other lists of the account")
                .hint("run again: the next run goes on from where this one stopped waiting")
        })
    }
}
