//! Changes of who opens a stack's secrets, and of the data key itself. Knows nothing of how keyrings
//! get their keys.

use super::{EXPORT_OWNER, Store};
use crate::state::StateError;
use crate::state::codec::{Codec, DataKey};
use crate::state::keyring::{KeyRecipient, Keyring, KeyringError, Rewrapped, added, rewrapped, without};
use crate::state::record::{RowColumn, Sealed, SealedCell, StateRecord, StepColumn, TimestampMs, Write};

/// What a new data key changed.
pub(crate) struct Rekeyed {
    /// How many stored values were sealed anew.
    pub(crate) values: usize,
    /// Who opens them now.
    pub(crate) kept: Vec<KeyRecipient>,
    /// Who did and does no more.
    pub(crate) dropped: Vec<KeyRecipient>,
    /// Whether nothing of the old texts is left in the storage.
    pub(crate) compacted: bool,
}

impl Store {
    fn keyring(&self) -> Result<&dyn Keyring, KeyringError> {
        self.keyring.as_deref().ok_or_else(|| KeyringError::Unusable {
            keyring: "the engine".into(),
            reason: "it has no keyring; give it one that opens the stack".into(),
        })
    }

    async fn envelope(&self) -> Result<String, StateError> {
        let (envelope, _) = self.backend.exports(&self.lease.stack).await?;
        let stack = self.lease.stack.clone();
        Ok(envelope.ok_or(KeyringError::NoKey { stack })?)
    }

    async fn put_envelope(&self, envelope: String) -> Result<(), StateError> {
        self.backend.commit(&self.lease, vec![Write::KeyEnvelope(envelope)]).await?;
        Ok(())
    }

    /// Lets `keyring` open the stack's secrets as well.
    pub(crate) async fn add_recipient(
        &self,
        keyring: &dyn Keyring,
        label: Option<&str>,
        now: TimestampMs,
    ) -> Result<KeyRecipient, StateError> {
        let (stack, envelope) = (&self.lease.stack, self.envelope().await?);
        let key = self.keyring()?.unwrap(&envelope, stack)?;
        let (envelope, recipient) = added(&envelope, &key, stack, keyring, label, now)?;
        self.put_envelope(envelope).await?;
        Ok(recipient)
    }

    /// Takes a recipient out of the envelope. Who has read the data key keeps it.
    pub(crate) async fn remove_recipient(&self, id: &str) -> Result<KeyRecipient, StateError> {
        let (stack, envelope) = (&self.lease.stack, self.envelope().await?);
        // Only who can open it may change it.
        self.keyring()?.unwrap(&envelope, stack)?;
        let (envelope, recipient) = without(&envelope, stack, id)?;
        self.put_envelope(envelope).await?;
        self.compact().await;
        Ok(recipient)
    }

    /// Whether nothing of what was replaced is left. What was replaced stays replaced if not.
    async fn compact(&self) -> bool {
        self.backend.compact().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "old texts are left in the storage");
            false
        })
    }

    /// Makes a new data key and seals everything anew with it, history included, in one commit.
    pub(crate) async fn rekey(
        &self,
        kept: &[&dyn Keyring],
        drops_others: bool,
    ) -> Result<Rekeyed, StateError> {
        let stack = &self.lease.stack;
        let state = self.backend.load(stack).await?;
        let no_key = || KeyringError::NoKey { stack: stack.clone() };
        let envelope = state.key_envelope.as_deref().ok_or_else(no_key)?;
        let own = self.keyring()?;
        let old = Codec::new(stack.clone(), Some(own.unwrap(envelope, stack)?));
        let key = DataKey::generate().map_err(KeyringError::from)?;
        let keyrings: Vec<&dyn Keyring> = std::iter::once(own).chain(kept.iter().copied()).collect();
        let Rewrapped { envelope, kept, dropped } =
            rewrapped(envelope, &key, stack, &keyrings, drops_others)?;
        let mut resealing = Resealing { old, new: Codec::new(stack.clone(), Some(key)), writes: Vec::new() };
        resealing.state(&state)?;
        for run in 1..=state.last_run {
            for step in self.backend.steps(stack, run).await? {
                for column in StepColumn::ALL {
                    let cell = SealedCell::Step { key: step.key, column };
                    resealing.value(cell, step.urn.as_str(), column.name(), column.of(&step))?;
                }
            }
        }
        for (cell, value) in self.backend.past_values(stack).await? {
            let (owner, column) = match &cell {
                SealedCell::PastResource { urn, column, .. } => (urn.to_string(), column.name().to_owned()),
                SealedCell::PastExport { name, .. } => (EXPORT_OWNER.to_owned(), name.clone()),
                // Nothing else is of the past.
                _ => continue,
            };
            resealing.value(cell, &owner, &column, Some(&value))?;
        }
        let values = resealing.writes.len();
        let mut writes = resealing.writes;
        writes.push(Write::KeyEnvelope(envelope));
        self.backend.commit(&self.lease, writes).await?;
        let compacted = self.compact().await;
        Ok(Rekeyed { values, kept, dropped, compacted })
    }
}

/// Collects what has to be sealed anew.
struct Resealing {
    old: Codec,
    new: Codec,
    writes: Vec<Write<Sealed>>,
}

impl Resealing {
    fn state(&mut self, state: &StateRecord<Sealed>) -> Result<(), StateError> {
        for row in &state.resources {
            for column in RowColumn::ALL {
                let (urn, token) = (row.urn.clone(), row.token.clone());
                let cell = SealedCell::Resource { urn, token, column };
                self.value(cell, row.urn.as_str(), column.name(), column.of(row))?;
            }
        }
        for entry in &state.journal {
            let row = &entry.resource;
            for column in RowColumn::ALL {
                let cell = SealedCell::Journal { key: entry.key, column };
                self.value(cell, row.urn.as_str(), column.name(), column.of(row))?;
            }
        }
        for export in &state.exports {
            let cell = SealedCell::Export { name: export.name.clone() };
            self.value(cell, EXPORT_OWNER, &export.name, Some(&export.value))?;
        }
        Ok(())
    }

    /// Values without a secret stay as they are.
    fn value(
        &mut self,
        cell: SealedCell,
        urn: &str,
        column: &str,
        sealed: Option<&Sealed>,
    ) -> Result<(), StateError> {
        let Some(sealed) = sealed else { return Ok(()) };
        let value = self.old.open(urn, column, sealed)?;
        if value.has_secret() {
            let value = self.new.seal(urn, column, &value)?;
            self.writes.push(Write::Reseal { cell, value });
        }
        Ok(())
    }
}
