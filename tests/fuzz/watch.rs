//! [`Watch`]: everything that the runs of a case tell and leave, searched for the secrets of its nodes.
//! Knows nothing of what the runs do.

use std::sync::{Mutex, MutexGuard, PoisonError};

use iac_core::{Event, Outcome, Plan, Reporter};

use crate::model::{PASSWORDS, password};
use crate::spelling::Hunt;

/// Searches at once; what it found is told by [`verdict`](Watch::verdict).
pub(crate) struct Watch(Mutex<Search>);

struct Search {
    hunt: Hunt,
    found: Vec<String>,
    /// Places where a secret was marked: without any, the search had nothing to find.
    marks: usize,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let mut hunt = Hunt::default();
        (0..PASSWORDS).for_each(|number| hunt.plant("a password", &password(number)));
        hunt.plant("an output", "token-of-");
        Self(Mutex::new(Search { hunt, found: Vec::new(), marks: 0 }))
    }

    fn lock(&self) -> MutexGuard<'_, Search> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn bytes(&self, what: &str, bytes: &[u8]) {
        let mut search = self.lock();
        let found = search.hunt.found(bytes);
        search.found.extend(found.into_iter().map(|one| format!("{what}: {one}")));
    }

    pub(crate) fn search(&self, what: &str, text: &str) {
        self.lock().marks += usize::from(text.contains("[secret]") || text.contains("$secret"));
        self.bytes(what, text.as_bytes());
    }

    pub(crate) fn plan(&self, plan: &Plan) {
        self.search("a plan", &format!("{plan:?}"));
        self.search("a plan as JSON", &serde_json::to_string(plan).unwrap_or_default());
    }

    pub(crate) fn outcome(&self, outcome: &Outcome) {
        self.search("an outcome", &format!("{outcome:?}"));
        self.search("an outcome as JSON", &serde_json::to_string(outcome).unwrap_or_default());
    }

    /// Searches every event.
    pub(crate) fn reporter(&self) -> Events<'_> {
        Events(self)
    }

    pub(crate) fn verdict(&self) -> Result<(), String> {
        match self.lock().found.as_slice() {
            [] => Ok(()),
            [first, ..] => Err(format!("a secret is in the open: {first}")),
        }
    }

    /// How many texts marked a secret.
    pub(crate) fn marks(&self) -> usize {
        self.lock().marks
    }
}

/// See [`Watch::reporter`].
pub(crate) struct Events<'a>(&'a Watch);

impl Reporter for Events<'_> {
    fn report(&mut self, event: &Event) {
        self.0.search("an event", &format!("{event:?}"));
        self.0.search("an event as JSON", &serde_json::to_string(event).unwrap_or_default());
    }
}
