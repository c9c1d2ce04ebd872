//! One changing call at a time on one object. Knows nothing of what the calls do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use iac_core::{Error, ErrorKind, Result};
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

/// Above this many entries those that nobody holds are swept out before another is added.
const SWEEP_AT: usize = 256;

/// A lock for each object, by id. Entries live as long as somebody holds or awaits the lock, so
/// their number is bounded by the calls in flight plus [`SWEEP_AT`].
#[derive(Default)]
pub(crate) struct Locks(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl Locks {
    /// Waits for the object `id`. The guard is meant to be held across awaits: it covers the
    /// request and the action that it starts.
    ///
    /// A task MUST NOT ask for a second lock while it holds one.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] at the deadline.
    pub(crate) async fn lock(&self, id: &str, deadline: Instant) -> Result<OwnedMutexGuard<()>> {
        let lock = self.entry(id);
        tokio::time::timeout_at(deadline, lock.lock_owned()).await.map_err(|_| {
            Error::new(ErrorKind::Timeout, format!("waited for the other changes of object {id}"))
                .hint("run again: the next run goes on from where this one stopped waiting")
        })
    }

    fn entry(&self, id: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(id).and_then(Weak::upgrade) {
            return lock;
        }
        if locks.len() >= SWEEP_AT {
            locks.retain(|_, lock| lock.strong_count() > 0);
        }
        let lock = Arc::default();
        locks.insert(id.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn one_at_a_time_for_one_object() {
        let locks = Locks::default();
        let later = Instant::now() + Duration::from_secs(60);
        let held = locks.lock("1", later).await.unwrap();
        let other = locks.lock("2", later).await.unwrap();
        let error = locks.lock("1", Instant::now()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        drop((held, other));
        locks.lock("1", later).await.unwrap();
    }

    #[test]
    fn unheld_entries_are_swept() {
        let locks = Locks::default();
        let held = locks.entry("held");
        for number in 0..10 * SWEEP_AT {
            let _ = locks.entry(&number.to_string());
        }
        assert!(locks.0.lock().unwrap().len() <= SWEEP_AT);
        assert!(Arc::ptr_eq(&held, &locks.entry("held")));
    }
}
