//! Rolling back: the stack as it was after an earlier run, as a graph to plan and apply like any other.

use super::Engine;
use super::error::EngineError;
use super::rebuild::rebuild;
use crate::graph::Graph;
use crate::plan::PlanOptions;
use crate::state::{RunRecord, RunStatus, Status};
use crate::urn::Urn;

/// A way back, made by [`Engine::rollback`].
#[derive(Debug)]
#[non_exhaustive]
#[must_use]
pub struct Rollback {
    /// What the stack was: plan and apply it as a program's graph. Its runs are recorded as rollbacks.
    pub graph: Graph,
    /// The run it leads back to.
    pub run: RunRecord,
    /// Resources whose creation had failed halfway then. They are not part of the graph.
    pub incomplete: Vec<Urn>,
}

impl Rollback {
    /// How to plan it: a delete beside a create is no suspected rename here, because the history knows
    /// which object is which.
    #[must_use]
    pub fn options(&self) -> PlanOptions {
        let mut options = PlanOptions::new();
        options.allow_renames = true;
        options
    }
}

impl Engine {
    /// The way back to what the stack of `program` was after `run` ended, however it ended.
    ///
    /// Inputs, exports, provider instances, triggers and dependencies are the recorded ones. What was
    /// the id or a stable output of another resource is a reference again, so what depends on an object
    /// that has to be created anew gets the new one's. The drivers come from `program`; where it
    /// declares the same resource, so do `ignore_changes`, `replace_on_changes`,
    /// `delete_before_replace` and `timeout`. What is protected now stays protected.
    ///
    /// The program is not changed: the next plan of it leads forward again.
    ///
    /// # Errors
    /// [`EngineError::NoRollback`]: an unknown run, one that is older than the history, one that never
    /// ended, a provider instance that the program does not register. Unreadable state.
    ///
    /// ```
    /// use iac_core::random::RandomToken;
    /// use iac_core::state::MemoryBackend;
    /// use iac_core::{ApplyOptions, Engine, NoReporter, PlanOptions, Stack};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let program = |bytes: u32| -> Result<_, Box<dyn std::error::Error>> {
    ///     let stack = Stack::new("philotes", "dev")?;
    ///     stack.add("token", RandomToken::args().bytes(bytes))?;
    ///     Ok(stack.freeze()?)
    /// };
    /// let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// for bytes in [16, 32] {
    ///     let graph = program(bytes)?;
    ///     let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
    ///     assert!(engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await?.succeeded());
    /// }
    ///
    /// let back = engine.rollback(&program(32)?, 1).await?;
    /// let plan = engine.plan(&back.graph, &back.options(), true, &mut NoReporter).await?;
    /// assert_eq!(plan.summary.replace, 1);
    /// assert!(engine.apply(&back.graph, &plan, ApplyOptions::new(), &mut NoReporter).await?.succeeded());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rollback(&self, program: &Graph, run: u64) -> Result<Rollback, EngineError> {
        let stack = program.stack_id();
        let refuse = |reason: String| EngineError::NoRollback { run, reason };
        let past = self.reader().past(&stack, run).await?;
        let Some(record) = past.run.clone() else {
            return Err(refuse(match (past.first_run, past.last_run) {
                (0, _) => format!("stack {stack} has no runs yet"),
                (first, last) if run > last => {
                    format!("there is no such run; the last one is {last}, the first one {first}")
                }
                (first, _) if run == 0 => format!("runs are counted from 1; the first one is {first}"),
                (first, _) => format!("the history begins with run {first}; older runs were dropped from it"),
            }));
        };
        if record.status == RunStatus::Running {
            return Err(refuse(
                "it never ended: it is still running, or it was interrupted and nobody knows what it left; \
                 choose the run before it, or the one after it that found out"
                    .to_owned(),
            ));
        }
        let current = self.snapshot(&stack).await?;
        let incomplete = past.resources.iter().filter(|row| row.status == Status::Incomplete);
        let incomplete = incomplete.map(|row| row.urn.clone()).collect();
        Ok(Rollback { graph: rebuild(program, &past, &current, run)?, run: record, incomplete })
    }
}
