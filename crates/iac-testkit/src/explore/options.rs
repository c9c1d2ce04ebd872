//! [`Explore`]: what to explore and how thoroughly. Does nothing.

use std::sync::Arc;

use iac_core::{Stack, StackError};

use super::backend::Durability;
use super::trouble::Trouble;
use super::world::World;

/// A program: what declares a stack.
pub(super) type Program = Arc<dyn Fn(&Stack) -> Result<(), StackError> + Send + Sync>;

/// Runs with two cuts in each phase, unless the options say otherwise.
const SECOND_CUTS_MAX_DEFAULT: usize = 24;
/// Failures after which no further run is begun, unless the options say otherwise.
const FAILURES_MAX_DEFAULT: usize = 5;
/// The seed, unless the options say otherwise.
const SEED_DEFAULT: u64 = 1;
/// Threads at most, unless the options say otherwise.
const THREADS_MAX_DEFAULT: usize = 4;

/// Where a phase goes.
#[derive(Clone)]
pub(super) enum Goal {
    /// Towards the program that is explored.
    Up,
    /// Towards another program.
    Change(Program),
    /// Towards nothing.
    Destroy,
}

/// What an exploration does.
///
/// ```
/// use iac_testkit::explore::{Explore, FakeWorld};
///
/// let options = Explore::new().cloud(FakeWorld).up().destroy().seed(7).every(3).second_cuts(10);
/// # let _ = options;
/// ```
#[derive(Clone)]
#[must_use]
pub struct Explore {
    pub(super) worlds: Vec<Arc<dyn World>>,
    pub(super) phases: Vec<(String, Goal)>,
    pub(super) project: String,
    pub(super) stack: String,
    pub(super) name: Option<String>,
    pub(super) seed: u64,
    pub(super) every: usize,
    pub(super) second_cuts_max: usize,
    pub(super) troubles: Vec<Trouble>,
    pub(super) durability: Durability,
    pub(super) parallelism_max: Option<usize>,
    pub(super) threads: usize,
    pub(super) failures_max: usize,
    pub(super) uncertain_may_stop: bool,
    pub(super) only: Option<String>,
}

impl Default for Explore {
    fn default() -> Self {
        Self::new()
    }
}

impl Explore {
    /// No clouds, no phases; every boundary, every trouble, some pairs of cuts.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            worlds: Vec::new(),
            phases: Vec::new(),
            project: "explore".to_owned(),
            stack: "crash".to_owned(),
            name: None,
            seed: SEED_DEFAULT,
            every: 1,
            second_cuts_max: SECOND_CUTS_MAX_DEFAULT,
            troubles: Trouble::ALL.to_vec(),
            durability: Durability::Kept,
            parallelism_max: None,
            threads: cores.min(THREADS_MAX_DEFAULT),
            failures_max: FAILURES_MAX_DEFAULT,
            uncertain_may_stop: false,
            only: None,
        }
    }

    /// Adds a simulated cloud; its providers are registered with every stack.
    pub fn cloud(mut self, world: impl World) -> Self {
        self.worlds.push(Arc::new(world));
        self
    }

    /// Adds a phase towards the program itself: from nothing at first, or back from a change.
    pub fn up(self) -> Self {
        self.phase("up", Goal::Up)
    }

    /// Adds a phase towards another program: what an edit of the program would do.
    pub fn change(self, program: impl Fn(&Stack) -> Result<(), StackError> + Send + Sync + 'static) -> Self {
        self.phase("change", Goal::Change(Arc::new(program)))
    }

    /// Adds a phase towards nothing.
    pub fn destroy(self) -> Self {
        self.phase("destroy", Goal::Destroy)
    }

    /// The names of project and stack. Default `explore` and `crash`.
    pub fn stack(mut self, project: impl Into<String>, stack: impl Into<String>) -> Self {
        self.project = project.into();
        self.stack = stack.into();
        self
    }

    /// The name in reports and reproductions. Default the name of the thread, which is the test's.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What the order of concurrent requests, the jitter of retries and the choice of pairs of cuts
    /// come from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Makes only every `nth` of the cuts and of the troubles; which ones, the seed says.
    pub fn every(mut self, nth: usize) -> Self {
        self.every = nth.max(1);
        self
    }

    /// In how many runs of each phase the recovering process is cut off as well. Default 24.
    pub fn second_cuts(mut self, runs_max: usize) -> Self {
        self.second_cuts_max = runs_max;
        self
    }

    /// What can go wrong with requests while the process lives. Default all of it.
    pub fn troubles(mut self, troubles: impl IntoIterator<Item = Trouble>) -> Self {
        self.troubles = troubles.into_iter().collect();
        self
    }

    /// What the state's answers are worth in a process that is cut off: to see that the exploration
    /// finds what it must.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// For stacks with types that declare [`Recovery::Uncertain`](iac_core::Recovery): a run that
    /// stops and names the candidates is counted and no failure, as long as nothing was created in
    /// excess.
    pub fn uncertain_may_stop(mut self) -> Self {
        self.uncertain_may_stop = true;
        self
    }

    /// Steps at once. Default the engine's.
    pub fn parallelism_max(mut self, steps: usize) -> Self {
        self.parallelism_max = Some(steps);
        self
    }

    /// Threads that make runs; at least 1. Each run has one thread. Default one for each core, at
    /// most 4.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Failures after which no further run is begun; at least 1. Default 5.
    pub fn failures_max(mut self, failures: usize) -> Self {
        self.failures_max = failures.max(1);
        self
    }

    /// Makes only the run that a report printed, as the environment variable `IAC_EXPLORE` does.
    pub fn only(mut self, reproduction: impl Into<String>) -> Self {
        self.only = Some(reproduction.into());
        self
    }

    fn phase(mut self, kind: &str, goal: Goal) -> Self {
        let earlier = self.phases.iter().filter(|(name, _)| name.starts_with(kind)).count();
        let name = if earlier == 0 { kind.to_owned() } else { format!("{kind}-{}", earlier + 1) };
        self.phases.push((name, goal));
        self
    }
}
