//! Renaming a resource in the state: its rows, and the rows that need it. Never changes the cloud.

use std::sync::Arc;

use super::Engine;
use super::error::EngineError;
use super::history::StateStep;
use super::session::{Session, while_leased};
use crate::event::NoReporter;
use crate::state::{ResourceRecord, RunKind, RunStatus, StackId, Write};
use crate::urn::Urn;

impl Engine {
    /// Renames what the state records as `from` (a URN, or a path as `edge/web`) to `to` (a URN of the
    /// same stack and type, or a path), the old half of a replacement included. Rows that need it follow,
    /// and secrets are encrypted anew for the new name. Answers both URNs.
    ///
    /// The program must declare the resource under the new name, or the next plan deletes it.
    ///
    /// # Errors
    /// The state knows no such resource, or several; `to` is no name, of another type, or taken; an
    /// interrupted run left a call open.
    ///
    /// ```
    /// # use iac_core::random::RandomToken;
    /// # use iac_core::state::{MemoryBackend, StackId};
    /// # use iac_core::{ApplyOptions, Engine, NoReporter, PlanOptions, Stack};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let program = |name: &str| -> Result<_, Box<dyn std::error::Error>> {
    /// #     let stack = Stack::new("philotes", "dev")?;
    /// #     stack.add(name, RandomToken::args().bytes(16u32))?;
    /// #     Ok(stack.freeze()?)
    /// # };
    /// # let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// # let graph = program("token")?;
    /// # let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
    /// # let _ = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await?;
    /// engine.rename(&StackId::new("philotes", "dev"), "token", "join-token").await?;
    /// let renamed = program("join-token")?;
    /// let plan = engine.plan(&renamed, &PlanOptions::new(), true, &mut NoReporter).await?;
    /// assert!(!plan.has_changes());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rename(&self, stack: &StackId, from: &str, to: &str) -> Result<(Urn, Urn), EngineError> {
        let mut session = Session::open(self, stack.clone(), &mut NoReporter).await?;
        let heartbeat = session.heartbeat();
        let renamed = async {
            session.refuse_open(stack)?;
            let from = session.recorded_urn(stack, from)?;
            let to = new_name(&from, to)?;
            if session.rows().any(|row| row.urn == to) {
                let message = format!(
                    "{to} is recorded already; forget it first with `state rm {}`, or choose another name",
                    to.path()
                );
                return Err(EngineError::NoSuchResource(message));
            }
            let mut writes = session.renaming(&from, &to);
            session.begin_run(RunKind::State).await?;
            let inputs = session.snapshot.resources.get(&from).map(|row| row.inputs.clone());
            let step = StateStep { urn: to.clone(), op: "rename", before: inputs.clone(), after: inputs };
            writes.extend(session.recording(0, vec![step]));
            session.commit_renamed(writes, Some((&from, &to))).await?;
            session.end_run(RunStatus::Succeeded).await?;
            Ok((from, to))
        };
        let renamed = while_leased(heartbeat, renamed).await;
        session.close(renamed).await
    }
}

impl Session<'_> {
    /// Every row, the old halves of replacements included.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Arc<ResourceRecord>> {
        self.snapshot.resources.values().chain(&self.snapshot.pending_deletes)
    }

    /// Refuses to work on rows whose objects may change under them.
    pub(super) fn refuse_open(&self, stack: &StackId) -> Result<(), EngineError> {
        if self.journal.is_empty() {
            return Ok(());
        }
        let urns = self.journal.iter().map(|entry| entry.resource.urn.clone()).collect();
        Err(EngineError::Open { stack: stack.clone(), urns })
    }

    /// The writes that make `from` to `to` in its own rows and in those that need it.
    fn renaming(&self, from: &Urn, to: &Urn) -> Vec<Write> {
        let mut writes = Vec::new();
        for row in self.rows().filter(|row| row.urn == *from || row.dependencies.contains(from)) {
            let mut renamed = (**row).clone();
            for on in renamed.dependencies.iter_mut().filter(|on| *on == from) {
                *on = to.clone();
            }
            renamed.dependencies.sort_unstable();
            if row.urn == *from {
                writes.push(Write::Remove { urn: row.urn.clone(), token: row.token.clone() });
                renamed.urn = to.clone();
            }
            writes.push(Write::Put(Box::new(renamed)));
        }
        writes
    }
}

/// The URN that `to` means for the resource `from`.
fn new_name(from: &Urn, to: &str) -> Result<Urn, EngineError> {
    let bad = |why: &dyn std::fmt::Display| {
        EngineError::NoSuchResource(format!("{to:?} is no new name for {from}: {why}"))
    };
    if !to.starts_with("urn:") {
        let parts: Vec<&str> = to.split('/').collect();
        let (name, scope) = parts.split_last().expect("split yields at least one part");
        let made = Urn::new(from.project(), from.stack(), from.type_token(), scope, name);
        return made.map_err(|error| bad(&error));
    }
    let urn = Urn::parse(to).map_err(|error| bad(&error))?;
    if urn.type_token() != from.type_token() {
        let why = format!("it is a {}, and a resource keeps its type", urn.type_token());
        return Err(bad(&why));
    }
    if (urn.project(), urn.stack()) != (from.project(), from.stack()) {
        return Err(bad(&"it belongs to another stack; `state export` and `state import` lead there"));
    }
    Ok(urn)
}
