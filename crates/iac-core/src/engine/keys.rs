//! The keys to a stack's secrets: who opens them, and a new data key for all of them. Never asks a
//! cloud.

use std::sync::Arc;

use super::Engine;
use super::error::EngineError;
use super::session::{Session, while_leased};
use crate::event::NoReporter;
use crate::state::{
    KeyRecipient, Keyring, KeyringError, Rekeyed, RunKind, RunStatus, StackId, StateError, recipients,
};

/// How to make a new data key. Build it with the methods.
///
/// ```
/// use iac_core::RotateKeys;
/// use iac_core::state::EphemeralKeyring;
///
/// let options = RotateKeys::new().keep(EphemeralKeyring::new()).drop_others();
/// # let _ = options;
/// ```
#[derive(Clone, Default)]
#[must_use]
#[non_exhaustive]
pub struct RotateKeys {
    kept: Vec<Arc<dyn Keyring>>,
    drops_others: bool,
}

impl RotateKeys {
    /// Keeps the engine's own keyring, and fails if there are other recipients.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps another recipient: a new data key can only be wrapped where the recipient's own key is at
    /// hand. It MUST be a recipient already.
    pub fn keep(mut self, keyring: impl Keyring + 'static) -> Self {
        self.kept.push(Arc::new(keyring));
        self
    }

    /// Drops every recipient whose keyring is not given.
    pub fn drop_others(mut self) -> Self {
        self.drops_others = true;
        self
    }
}

/// What a new data key changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct KeyRotation {
    /// How many stored values were sealed anew: of resources, open calls, outputs and the history.
    pub values: usize,
    /// Who opens them now.
    pub kept: Vec<KeyRecipient>,
    /// Who did before and does no more.
    pub dropped: Vec<KeyRecipient>,
    /// Whether nothing sealed with the old key is left in the storage. `false` means that another
    /// process has it open; the next opening without one drops what is left.
    pub compacted: bool,
}

impl Engine {
    /// Who opens the secrets of a stack, oldest first; nobody if it never held one. Needs no key.
    ///
    /// # Errors
    /// Unreadable state, a damaged envelope.
    pub async fn key_recipients(&self, stack: &StackId) -> Result<Vec<KeyRecipient>, EngineError> {
        match self.backend.exports(stack).await?.0 {
            Some(envelope) => Ok(recipients(&envelope, stack).map_err(StateError::from)?),
            None => Ok(Vec::new()),
        }
    }

    /// Lets `keyring` open the secrets of a stack as well. `label` says for people what it is; the
    /// keyring describes itself unless there is one.
    ///
    /// # Errors
    /// The engine's own keyring does not open them; the stack has none yet; the new one opens them
    /// already; [`RECIPIENTS_MAX`](crate::state::RECIPIENTS_MAX).
    pub async fn add_key(
        &self,
        stack: &StackId,
        keyring: &dyn Keyring,
        label: Option<&str>,
    ) -> Result<KeyRecipient, EngineError> {
        let (session, now) = (self.key_session(stack).await?, self.clock.now_ms());
        let heartbeat = session.heartbeat();
        let added = async { Ok(session.store.add_recipient(keyring, label, now).await?) };
        let added = while_leased(heartbeat, added).await;
        session.close(added).await
    }

    /// Takes a recipient out, by its id. It may have kept the data key and old copies of the state:
    /// only [`rotate_keys`](Engine::rotate_keys) makes what is sealed from then on unreadable to it,
    /// and only a new password makes the old one worthless.
    ///
    /// # Errors
    /// The engine's own keyring does not open the secrets; no such recipient; none would be left.
    pub async fn remove_key(&self, stack: &StackId, id: &str) -> Result<KeyRecipient, EngineError> {
        let session = self.key_session(stack).await?;
        let heartbeat = session.heartbeat();
        let removed = async { Ok(session.store.remove_recipient(id).await?) };
        let removed = while_leased(heartbeat, removed).await;
        session.close(removed).await
    }

    /// Which recipient `keyring` is.
    ///
    /// # Errors
    /// It is none; the stack has none yet.
    pub async fn key_recipient(
        &self,
        stack: &StackId,
        keyring: &dyn Keyring,
    ) -> Result<KeyRecipient, EngineError> {
        let envelope = self.backend.exports(stack).await?.0;
        let envelope = envelope.ok_or_else(|| KeyringError::NoKey { stack: stack.clone() });
        let found = envelope.and_then(|envelope| crate::state::recipient_of(&envelope, stack, keyring));
        Ok(found.map_err(StateError::from)?)
    }

    /// Makes a new data key and seals every secret of a stack anew with it, those of the history
    /// included, in one commit: a process that dies leaves all of it with the old key or all of it
    /// with the new one. Afterwards the storage is rewritten, so that nothing sealed with the old key
    /// is left in it. Backups and snapshots of the file keep what they hold, and a plan that was made
    /// before is stale.
    ///
    /// ```
    /// use iac_core::random::RandomToken;
    /// use iac_core::state::{EphemeralKeyring, MemoryBackend};
    /// use iac_core::{ApplyOptions, Engine, NoReporter, PlanOptions, RotateKeys, Stack};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let stack = Stack::new("philotes", "dev")?;
    /// stack.add("token", RandomToken::args().bytes(16u32))?;
    /// let graph = stack.freeze()?;
    /// let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
    /// engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await?;
    ///
    /// let ci = EphemeralKeyring::new();
    /// engine.add_key(&graph.stack_id(), &ci, Some("CI")).await?;
    /// let rotated = engine.rotate_keys(&graph.stack_id(), RotateKeys::new().keep(ci)).await?;
    /// // The token in its row, and in what the history keeps of the row.
    /// assert_eq!((rotated.kept.len(), rotated.values), (2, 2));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The engine's keyring, or one that shall be kept, is no recipient; a recipient would be locked
    /// out; a value does not open. Nothing is changed then.
    pub async fn rotate_keys(
        &self,
        stack: &StackId,
        options: RotateKeys,
    ) -> Result<KeyRotation, EngineError> {
        let mut session = self.key_session(stack).await?;
        let heartbeat = session.heartbeat();
        let rotated = async {
            session.begin_run(RunKind::State).await?;
            let kept: Vec<&dyn Keyring> = options.kept.iter().map(|keyring| &**keyring).collect();
            let rotated = session.store.rekey(&kept, options.drops_others).await;
            let status = if rotated.is_ok() { RunStatus::Succeeded } else { RunStatus::Failed };
            session.end_run(status).await?;
            let Rekeyed { values, kept, dropped, compacted } = rotated?;
            Ok(KeyRotation { values, kept, dropped, compacted })
        };
        let rotated = while_leased(heartbeat, rotated).await;
        session.close(rotated).await
    }

    /// Takes the lease and opens the state, which proves that the engine's keyring opens it.
    async fn key_session(&self, stack: &StackId) -> Result<Session<'_>, EngineError> {
        if self.backend.exports(stack).await?.0.is_none() {
            return Err(StateError::from(KeyringError::NoKey { stack: stack.clone() }).into());
        }
        Session::open(self, stack.clone(), &mut NoReporter).await
    }
}
