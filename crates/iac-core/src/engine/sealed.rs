//! Seals plans, opens them, and checks during an apply that an opened one still holds. Knows
//! nothing of files.

use super::Engine;
use super::error::EngineError;
use super::execute::{ApplyOptions, Outcome};
use super::session::{Session, while_leased};
use crate::event::{NoReporter, Reporter};
use crate::graph::Graph;
use crate::plan::{Plan, PlanError, PlanOptions, other_accounts, plan};
use crate::sealed::{BuildId, Content, OpenedPlan, PlanFileError, SealError, SealedPlan};
use crate::state::{Codec, StackId, StateError};

/// Newest runs among which the one that applied a plan is looked for.
const RUNS_LOOKED_AT_MAX: u32 = 50;

impl Engine {
    /// Seals `plan`, which was made from `graph` with `options`, so that it can be stored, shown and
    /// applied by another process. `build` is the build of the running program.
    ///
    /// The plan is encrypted under the stack's data key; a stack without one gets one.
    ///
    /// ```
    /// use iac_core::random::RandomToken;
    /// use iac_core::state::{MemoryBackend, RawKey};
    /// use iac_core::{ApplyOptions, BuildId, Engine, NoReporter, PlanOptions, SealedPlan, Stack};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let stack = Stack::new("philotes", "dev")?;
    /// stack.add("token", RandomToken::args().bytes(16u32))?;
    /// let graph = stack.freeze()?;
    /// let key = RawKey::new("the example's key", [7; 32]);
    /// let engine = Engine::builder().backend(MemoryBackend::new()).keyring(key).build();
    ///
    /// let (options, build) = (PlanOptions::new(), BuildId::named("example 1"));
    /// let plan = engine.plan(&graph, &options, true, &mut NoReporter).await?;
    /// let sealed = engine.seal_plan(&graph, &plan, &options, &build).await?;
    ///
    /// // Later, perhaps elsewhere:
    /// let sealed = SealedPlan::from_bytes(sealed.as_bytes().to_vec())?;
    /// let opened = engine.open_plan(&graph.stack_id(), &sealed).await?;
    /// assert_eq!(opened.plan(), &plan);
    /// let options = ApplyOptions::new();
    /// let outcome = engine.apply_opened(&graph, &opened, &build, options, &mut NoReporter).await?;
    /// assert!(outcome.succeeded());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// No keyring, or one that ends with this process; the state moved on already; a lease somebody
    /// else holds.
    pub async fn seal_plan(
        &self,
        graph: &Graph,
        plan: &Plan,
        options: &PlanOptions,
        build: &BuildId,
    ) -> Result<SealedPlan, EngineError> {
        let stack = graph.stack_id();
        if plan.stack != stack {
            return Err(PlanFileError::OtherStack { planned: plan.stack.clone(), wanted: stack }.into());
        }
        self.check_key_lasts(&stack)?;
        let session = Session::open(self, stack, &mut NoReporter).await?;
        let heartbeat = session.heartbeat();
        let sealed = async {
            if session.snapshot.serial != plan.parent_serial {
                let (planned, found) = (plan.parent_serial, session.snapshot.serial);
                return Err(EngineError::StalePlan { planned, found });
            }
            let codec = session.store.keyed().await?;
            let content = Content::new(graph, &session.snapshot, plan, options, codec);
            let sealed = SealedPlan::seal(codec, &content, build, self.clock.now_ms());
            sealed.map_err(|error| match error {
                SealError::File(error) => error.into(),
                SealError::Codec(error) => StateError::from(error).into(),
            })
        };
        let sealed = while_leased(heartbeat, sealed).await;
        // What a crash left open is not kept, so the next call must load it again.
        if session.journal.is_empty() {
            session.close_and_keep(sealed).await
        } else {
            session.close(sealed).await
        }
    }

    /// Decrypts and authenticates a sealed plan of `stack`. Whether it still holds is checked when it
    /// is applied. For an example see [`seal_plan`](Engine::seal_plan).
    ///
    /// # Errors
    /// A plan of another stack or another state, an altered one, a wrong key.
    pub async fn open_plan(&self, stack: &StackId, sealed: &SealedPlan) -> Result<OpenedPlan, EngineError> {
        let planned = &sealed.header().stack;
        if planned != stack {
            let (planned, wanted) = (planned.clone(), stack.clone());
            return Err(PlanFileError::OtherStack { planned, wanted }.into());
        }
        if self.keyring.is_none() {
            return Err(no_key("opened", stack, "the engine has no keyring"));
        }
        let codec: Codec = self.reader().keyed(stack).await?;
        Ok(sealed.open(codec)?)
    }

    /// Does what an opened plan says, and nothing stronger, if it still holds: made by this `build`
    /// of the program with the same settings, for the same accounts, from the state as it is.
    ///
    /// That the state's rows were compared with the cloud since, and found unchanged, does not make
    /// a plan stale. For an example see [`seal_plan`](Engine::seal_plan).
    ///
    /// # Errors
    /// [`EngineError::PlanFile`] with the check that failed, before anything was changed; the errors
    /// of [`apply`](Engine::apply).
    pub async fn apply_opened(
        &self,
        graph: &Graph,
        opened: &OpenedPlan,
        build: &BuildId,
        options: ApplyOptions,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<Outcome, EngineError> {
        opened.hold_to_program(graph, build)?;
        self.apply_held(graph, opened.plan(), Some(opened), options, reporter).await
    }

    fn check_key_lasts(&self, stack: &StackId) -> Result<(), EngineError> {
        match &self.keyring {
            None => Err(no_key("sealed", stack, "the engine has no keyring")),
            Some(keyring) if !keyring.is_durable() => {
                Err(no_key("sealed", stack, "the only key there is ends with this process"))
            }
            Some(_) => Ok(()),
        }
    }
}

fn no_key(action: &'static str, stack: &StackId, reason: &'static str) -> EngineError {
    let way_out = "give the engine a key that lasts: a key file, a passphrase or a raw key";
    PlanFileError::NoKey { action, stack: stack.clone(), reason, way_out }.into()
}

impl Session<'_> {
    /// Refuses a plan that was made for other accounts.
    pub(super) fn hold_to_accounts(
        &self,
        plan: &Plan,
        opened: Option<&OpenedPlan>,
    ) -> Result<(), EngineError> {
        let accounts = &self.snapshot.accounts;
        if let Some(opened) = opened {
            return Ok(opened.hold_to_accounts(accounts)?);
        }
        let faults = other_accounts(accounts, plan);
        if faults.is_empty() { Ok(()) } else { Err(PlanError { faults }.into()) }
    }

    /// Refuses a plan that the state has moved away from. `opened` is where the plan came from, if
    /// that was a file.
    pub(super) async fn hold_to_state(
        &self,
        plan: &Plan,
        opened: Option<&OpenedPlan>,
    ) -> Result<(), EngineError> {
        let (planned, found) = (plan.parent_serial, self.snapshot.serial);
        let Some(opened) = opened else {
            return if planned == found { Ok(()) } else { Err(EngineError::StalePlan { planned, found }) };
        };
        opened.hold_to_key(self.store.codec())?;
        let differs = opened.moved(&self.snapshot);
        if differs.is_empty() {
            return Ok(());
        }
        self.find_apply_of(opened).await?;
        Err(PlanFileError::Stale { planned, found, differs }.into())
    }

    /// An error if a run has applied `opened` already.
    async fn find_apply_of(&self, opened: &OpenedPlan) -> Result<(), EngineError> {
        let stack = &opened.header().stack;
        for run in self.engine.runs(stack, RUNS_LOOKED_AT_MAX).await? {
            if run.started_at < opened.header().created_at {
                break;
            }
            let steps = self.engine.steps(stack, run.run).await?;
            if opened.is_applied_by(&run, &steps) {
                let (run, at, status) = (run.run, run.started_at, run.status);
                return Err(PlanFileError::AlreadyApplied { run, at, status }.into());
            }
        }
        Ok(())
    }

    /// Refuses an opened plan that is not what would be planned now from the same state and data.
    pub(super) async fn hold_to_replan(
        &mut self,
        graph: &Graph,
        opened: &OpenedPlan,
    ) -> Result<(), EngineError> {
        if !opened.options().destroy {
            self.read_imports(graph).await?;
        }
        let again = plan(graph, &self.snapshot, opened.options())?;
        let differs = opened.differing_from(&again);
        if differs.is_empty() { Ok(()) } else { Err(PlanFileError::OtherPlan { differs }.into()) }
    }
}
