//! Taking a stack's state out as one document and putting one in. Never changes the cloud.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::Engine;
use super::error::EngineError;
use super::history::StateStep;
use super::session::{Session, while_leased};
use crate::event::NoReporter;
use crate::state::{
    DocumentError, RunKind, RunStatus, StackId, StateDocument, StateRecord, Status, StoreReader, Write,
};
use crate::urn::Urn;
use crate::value::Value;

/// How to put a document in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct ImportOptions {
    /// Put it in the place of what is recorded; otherwise the stack must be empty.
    pub replace: bool,
    /// The serial that a state must have to be replaced; the document's own unless set.
    pub serial: Option<u64>,
    /// Take a document of another project or stack; its resources get the names of this one.
    pub as_stack: bool,
}

impl ImportOptions {
    /// Into an empty stack of the same name.
    pub fn new() -> Self {
        Self::default()
    }
    /// In the place of what is recorded.
    pub fn replace(mut self) -> Self {
        self.replace = true;
        self
    }
    /// Replaces the state of this serial.
    pub fn serial(mut self, serial: u64) -> Self {
        self.serial = Some(serial);
        self
    }
    /// Takes a document of another project or stack.
    pub fn as_stack(mut self) -> Self {
        self.as_stack = true;
        self
    }
}

impl Engine {
    /// The state of a stack as one document, taken under its lease: between runs, never inside one.
    ///
    /// # Errors
    /// Somebody else works on the stack; an interrupted run left a call open; unreadable state.
    pub async fn export_state(&self, stack: &StackId) -> Result<StateDocument, EngineError> {
        let session = Session::open(self, stack.clone(), &mut NoReporter).await?;
        let heartbeat = session.heartbeat();
        let exported = async {
            session.refuse_open(stack)?;
            let state = self.backend.load(stack).await?;
            StateDocument::new(stack, state, self.clock.now_ms()).map_err(|error| {
                let reason = format!("a stored value is no JSON ({error})");
                EngineError::Document(DocumentError::Malformed { reason })
            })
        };
        let exported = while_leased(heartbeat, exported).await;
        session.close(exported).await
    }

    /// Puts a document in, in one commit: rows and exported outputs, their secrets encrypted anew for
    /// `stack`. A stack that has no key yet keeps the document's, with all its recipients; under another
    /// name it gets one of its own. Answers how many rows there are now.
    ///
    /// # Errors
    /// [`DocumentError`]; the keyring does not open the document's secrets; an interrupted run left a call
    /// open. Nothing is written then.
    ///
    /// ```
    /// use iac_core::state::{MemoryBackend, StackId};
    /// use iac_core::{Engine, ImportOptions};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let (old, new) = (StackId::new("philotes", "dev"), StackId::new("philotes", "staging"));
    /// let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// let document = engine.export_state(&old).await?;
    /// assert!(engine.import_state(&new, &document, ImportOptions::new()).await.is_err());
    /// assert_eq!(engine.import_state(&new, &document, ImportOptions::new().as_stack()).await?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn import_state(
        &self,
        stack: &StackId,
        document: &StateDocument,
        options: ImportOptions,
    ) -> Result<usize, EngineError> {
        let found = document.stack();
        if found != *stack && !options.as_stack {
            return Err(DocumentError::OtherStack { found, wanted: stack.clone() }.into());
        }
        // Proves the key before anything is asked of the state.
        let reader = StoreReader::new(Arc::clone(&self.backend), self.keyring.clone());
        let mut state = reader.open(&found, document.state())?;
        if found != *stack {
            rename_all(&mut state, stack)?;
        }
        let mut session = Session::open(self, stack.clone(), &mut NoReporter).await?;
        let heartbeat = session.heartbeat();
        let imported = async {
            session.refuse_open(stack)?;
            session.refuse_occupied(stack, document, &options)?;
            let envelope = state.key_envelope.take().filter(|_| found == *stack);
            let kept = envelope.and_then(|envelope| session.store.keep_key(&envelope).transpose());
            let kept = kept.transpose()?;
            let count = state.resources.len();
            session.begin_run(RunKind::State).await?;
            let mut writes: Vec<Write> = kept.into_iter().collect();
            writes.extend(session.putting(state));
            session.commit(writes).await?;
            session.end_run(RunStatus::Succeeded).await?;
            Ok(count)
        };
        let imported = while_leased(heartbeat, imported).await;
        session.close(imported).await
    }
}

impl Session<'_> {
    fn refuse_occupied(
        &self,
        stack: &StackId,
        document: &StateDocument,
        options: &ImportOptions,
    ) -> Result<(), DocumentError> {
        let resources = self.rows().count();
        if resources > 0 && !options.replace {
            return Err(DocumentError::Occupied { stack: stack.clone(), resources });
        }
        let (found, expected) = (self.snapshot.serial, options.serial.unwrap_or(document.serial()));
        let checked = options.serial.is_some() || resources > 0;
        if checked && found != expected {
            return Err(DocumentError::Serial { stack: stack.clone(), found, expected });
        }
        Ok(())
    }

    /// The writes that put `state` in the place of everything recorded, each change with its step.
    fn putting(&self, state: StateRecord) -> Vec<Write> {
        let mut before: BTreeMap<Urn, Value> = BTreeMap::new();
        let kept: HashSet<(&Urn, &str)> =
            state.resources.iter().map(|row| (&row.urn, row.token.as_str())).collect();
        let mut writes = Vec::new();
        for row in self.rows() {
            if row.status != Status::PendingDelete {
                before.insert(row.urn.clone(), row.inputs.clone());
            }
            if !kept.contains(&(&row.urn, row.token.as_str())) {
                writes.push(Write::Remove { urn: row.urn.clone(), token: row.token.clone() });
            }
        }
        let mut steps = Vec::new();
        for row in state.resources.iter().filter(|row| row.status != Status::PendingDelete) {
            let (urn, after) = (row.urn.clone(), Some(row.inputs.clone()));
            steps.push(StateStep { before: before.remove(&urn), urn, op: "import", after });
        }
        let forgotten = before.into_iter();
        steps.extend(forgotten.map(|(urn, inputs)| StateStep {
            urn,
            op: "forget",
            before: Some(inputs),
            after: None,
        }));
        writes.extend(state.resources.into_iter().map(|row| Write::Put(Box::new(row))));
        writes.push(Write::Exports(state.exports));
        writes.extend(self.recording(0, steps));
        writes
    }
}

/// Gives every row the name it has in `stack`.
fn rename_all(state: &mut StateRecord, stack: &StackId) -> Result<(), EngineError> {
    let renamed = |urn: &Urn| {
        let parts: Vec<&str> = urn.path().split('/').collect();
        let (name, scope) = parts.split_last().expect("split yields at least one part");
        Urn::new(&stack.project, &stack.stack, urn.type_token(), scope, name)
            .map_err(|error| EngineError::NoSuchResource(error.to_string()))
    };
    for row in &mut state.resources {
        row.urn = renamed(&row.urn)?;
        row.dependencies = row.dependencies.iter().map(renamed).collect::<Result<_, _>>()?;
        row.dependencies.sort_unstable();
    }
    Ok(())
}
