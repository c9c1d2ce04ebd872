//! [`Plans`]: plans that were made and may be applied, held in memory: what is applied is what was
//! shown. Knows nothing of how they are made.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iac::state::StackId;
use iac::{Graph, Plan};

/// Plans that are held; the oldest goes when there are more.
const PLANS_MAX: usize = 100;

/// A plan with what it was made of.
pub(crate) struct Planned {
    pub(crate) id: String,
    pub(crate) stack: StackId,
    pub(crate) graph: Graph,
    pub(crate) plan: Plan,
    /// The run that applies it, once there is one: a plan is applied once.
    run: Mutex<Option<String>>,
}

impl Planned {
    pub(crate) fn new(id: String, stack: StackId, graph: Graph, plan: Plan) -> Self {
        Self { id, stack, graph, plan, run: Mutex::default() }
    }

    /// The run that applies it.
    pub(crate) fn run(&self) -> Option<String> {
        self.claimed().clone()
    }

    /// Takes the plan for `run`.
    ///
    /// # Errors
    /// The run that has it.
    pub(crate) fn claim(&self, run: &str) -> Result<(), String> {
        let mut claimed = self.claimed();
        match &*claimed {
            Some(other) => Err(other.clone()),
            None => {
                *claimed = Some(run.to_owned());
                Ok(())
            }
        }
    }

    /// Gives it back after a run that did not begin.
    pub(crate) fn give_back(&self) {
        *self.claimed() = None;
    }

    fn claimed(&self) -> MutexGuard<'_, Option<String>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The plans of this process, oldest first.
#[derive(Default)]
pub(crate) struct Plans(Mutex<VecDeque<Arc<Planned>>>);

impl Plans {
    pub(crate) fn add(&self, planned: Arc<Planned>) {
        let mut plans = self.all();
        if plans.len() == PLANS_MAX {
            plans.pop_front();
        }
        plans.push_back(planned);
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Planned>> {
        self.all().iter().find(|planned| planned.id == id).cloned()
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Arc<Planned>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
