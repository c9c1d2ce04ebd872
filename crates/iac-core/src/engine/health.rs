//! Whether a stack's state is whole: what the backend finds, whether every value opens, what is open or
//! held. Changes nothing and takes no lease.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Engine;
use super::error::EngineError;
use crate::clock::utc;
use crate::state::{
    Codec, CodecError, HeldLease, JournalOp, JournalRecord, KeyringError, ResourceRecord, RunStatus, Sealed,
    StackId, StateRecord,
};
use crate::urn::Urn;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingSeverity {
    /// Something is as it may be, and good to know.
    Note,
    /// Something could not be looked at, so nothing is known of it.
    Unchecked,
    /// The state cannot be trusted.
    Damage,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingSubject {
    /// Where the state is kept, and its rows.
    Storage,
    /// The key to the state's secrets, and the values under it.
    Values,
    /// A call of an earlier run that has not ended.
    OpenCall,
    /// Who works on the stack.
    Lease,
}

/// One thing that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: FindingSeverity,
    /// What was found, as a lowercase fragment.
    pub message: String,
    /// What to do about it.
    pub way_out: String,
    /// What it is about.
    #[serde(skip)]
    pub subject: FindingSubject,
}

impl Finding {
    fn note(message: String, way_out: impl Into<String>) -> Self {
        let (severity, subject) = (FindingSeverity::Note, FindingSubject::Storage);
        Self { severity, message, way_out: way_out.into(), subject }
    }
    fn damage(message: String, way_out: impl Into<String>) -> Self {
        Self { severity: FindingSeverity::Damage, ..Self::note(message, way_out) }
    }
    fn about(self, subject: FindingSubject) -> Self {
        Self { subject, ..self }
    }
}

/// The result of [`Engine::check_state`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The state's serial.
    pub serial: u64,
    /// Rows that were looked at.
    pub resources: usize,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

impl Health {
    /// Whether everything was looked at and nothing is damaged.
    pub fn is_whole(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == FindingSeverity::Note)
    }

    /// Whether anything is damaged.
    pub fn is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == FindingSeverity::Damage)
    }
}

/// The way back from what no run can mend.
const RESTORE: &str =
    "restore a backup of the state, or put in an export with `state import --replace`; then `refresh`";

impl Engine {
    /// Looks for damage: the backend's own checks in all stacks; then, in `stack`, whether every value
    /// opens with the key, whether rows need rows that are not there, which calls are open and why, and who
    /// holds the lease.
    ///
    /// # Errors
    /// The state cannot be read at all.
    ///
    /// ```
    /// use iac_core::Engine;
    /// use iac_core::state::{MemoryBackend, StackId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// let health = engine.check_state(&StackId::new("philotes", "dev")).await?;
    /// assert!(!health.is_damaged() && health.findings.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn check_state(&self, stack: &StackId) -> Result<Health, EngineError> {
        let found = self.backend.check().await?;
        let mut findings: Vec<Finding> =
            found.into_iter().map(|message| Finding::damage(message, RESTORE)).collect();
        let state = self.backend.load(stack).await?;
        let values = self.unopened(stack, &state).into_iter();
        findings.extend(values.map(|finding| finding.about(FindingSubject::Values)));
        findings.extend(unmet(&state));
        for entry in &state.journal {
            findings.push(self.open_call(stack, entry).await?.about(FindingSubject::OpenCall));
        }
        let lease = self.backend.lease(stack).await?;
        findings
            .extend(lease.map(|held| held_lease(&held, self.clock.now_ms()).about(FindingSubject::Lease)));
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Ok(Health { serial: state.serial, resources: state.resources.len(), findings })
    }

    /// The values that do not open.
    fn unopened(&self, stack: &StackId, state: &StateRecord<Sealed>) -> Vec<Finding> {
        let key = match (&state.key_envelope, &self.keyring) {
            (Some(envelope), Some(keyring)) => match keyring.unwrap(envelope, stack) {
                Ok(key) => Some(key),
                Err(error @ (KeyringError::Malformed { .. } | KeyringError::Recipients { .. })) => {
                    return vec![Finding::damage(error.to_string(), RESTORE)];
                }
                // Of a state under another key nothing is wrong, and nothing must be put in its place.
                Err(error) => {
                    let way_out = "check with the right key; if it is lost, the secrets in the state are";
                    let finding = Finding::note(format!("the secrets, as {error}"), way_out);
                    return vec![Finding { severity: FindingSeverity::Unchecked, ..finding }];
                }
            },
            _ => None,
        };
        let codec = Codec::new(stack.clone(), key);
        let mut errors: Vec<CodecError> = Vec::new();
        let rows = state.resources.iter().chain(state.journal.iter().map(|entry| &entry.resource));
        for row in rows {
            errors.extend(
                columns(row).filter_map(|(name, value)| codec.open(row.urn.as_str(), name, value).err()),
            );
        }
        errors.extend(
            state.exports.iter().filter_map(|export| {
                codec.open(crate::state::EXPORT_OWNER, &export.name, &export.value).err()
            }),
        );
        errors.into_iter().map(|error| Finding::damage(error.to_string(), RESTORE)).collect()
    }

    /// Why a call is open.
    async fn open_call(
        &self,
        stack: &StackId,
        entry: &JournalRecord<Sealed>,
    ) -> Result<Finding, EngineError> {
        let run = self.backend.past(stack, entry.key.run).await?.run;
        let (urn, number) = (&entry.resource.urn, entry.key.run);
        let what = match entry.op {
            JournalOp::Create => "create",
            JournalOp::Update => "update",
            JournalOp::Delete => "delete",
            JournalOp::Hook => "run a hook of",
        };
        let call = format!("run {number} began at {} to {what} {urn}", utc(entry.begun_at));
        let way_out = "the next run finds out first of all what became of it; `plan` is enough";
        Ok(match run.map(|run| run.status) {
            Some(RunStatus::Running) => {
                Finding::note(format!("{call}, and is still at it or was interrupted"), way_out)
            }
            Some(RunStatus::Failed | RunStatus::Cancelled) => {
                Finding::note(format!("{call} and ended without knowing whether it did"), way_out)
            }
            Some(RunStatus::Succeeded) => Finding::damage(
                format!("{call} and ended as if all was done, with the call still open"),
                way_out,
            ),
            None => Finding::damage(format!("{call}, and the history has no such run"), way_out),
        })
    }
}

fn columns(row: &ResourceRecord<Sealed>) -> impl Iterator<Item = (&'static str, &Sealed)> {
    let fixed = [("inputs", &row.inputs), ("outputs", &row.outputs), ("triggers", &row.triggers)];
    fixed.into_iter().chain(row.observed.iter().map(|value| ("observed", value)))
}

/// Rows that need what is not recorded.
fn unmet(state: &StateRecord<Sealed>) -> Vec<Finding> {
    let urns: BTreeSet<&Urn> = state.resources.iter().map(|row| &row.urn).collect();
    let needs = state.resources.iter().flat_map(|row| row.dependencies.iter().map(|on| (&row.urn, on)));
    needs
        .filter(|(_, on)| !urns.contains(on))
        .map(|(urn, on)| {
            let way_out = "nothing to do if it was imported before what it needs; the next `up` settles it";
            Finding::note(format!("{urn} needs {on}, which is not in the state"), way_out)
        })
        .collect()
}

fn held_lease(held: &HeldLease, now: i64) -> Finding {
    let holder = &held.holder;
    let who = format!("{} on {} (process {})", holder.name, holder.host, holder.pid);
    let (since, until) = (utc(held.acquired_at), utc(held.expires_at));
    if held.expires_at > now {
        return Finding::note(
            format!("the lease is held by {who} since {since}, until {until} unless it is renewed"),
            "a run is at work: wait for its end; a dead one's lease ends by itself",
        );
    }
    Finding::note(
        format!("the lease of {who}, taken {since}, expired at {until} without being given back"),
        "that run was interrupted; the next one takes over by itself",
    )
}
