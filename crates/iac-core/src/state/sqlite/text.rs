//! Rows' enums and lists as the text their columns hold, and back.

use std::collections::HashMap;

use rusqlite::types::ValueRef;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as TextError, StrDeserializer};

use super::trouble::Trouble;
use crate::hook::RecordedHooks;
use crate::state::record::{JournalOp, RunKind, RunStatus, Status};
use crate::urn::Urn;

pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Ready => "ready",
        Status::Incomplete => "incomplete",
        Status::PendingDelete => "pending_delete",
        Status::Gone => "gone",
    }
}

pub(super) fn journal_op(op: JournalOp) -> &'static str {
    match op {
        JournalOp::Create => "create",
        JournalOp::Update => "update",
        JournalOp::Delete => "delete",
        JournalOp::Hook => "hook",
    }
}

pub(super) fn run_kind(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Apply => "apply",
        RunKind::Destroy => "destroy",
        RunKind::Refresh => "refresh",
        RunKind::State => "state",
        RunKind::Rollback => "rollback",
    }
}

pub(super) fn run_status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "running",
        RunStatus::Succeeded => "succeeded",
        RunStatus::Failed => "failed",
        RunStatus::Cancelled => "cancelled",
    }
}

/// Reads what the functions above wrote, and any other enum by its serialised name.
pub(super) fn parse<'de, T: Deserialize<'de>>(text: &'de str, column: &str) -> Result<T, Trouble> {
    let reader: StrDeserializer<'de, TextError> = text.into_deserializer();
    T::deserialize(reader).map_err(|_| Trouble::Row(format!("column {column} holds an unknown word")))
}

/// `None` where there is nothing to remember, which is nearly everywhere.
pub(super) fn hooks(hooks: &RecordedHooks) -> Option<String> {
    (!hooks.is_empty()).then(|| serde_json::to_string(hooks).expect("names and phases are plain text"))
}

/// Reads what [`hooks`] wrote.
pub(super) fn recorded_hooks(column: ValueRef<'_>) -> Result<RecordedHooks, Trouble> {
    let unreadable = || Trouble::Row("column hooks holds no hooks".into());
    match column.as_str_or_null().map_err(|_| unreadable())? {
        Some(text) => serde_json::from_str(text).map_err(|_| unreadable()),
        None => Ok(RecordedHooks::default()),
    }
}

pub(super) fn urns(urns: &[Urn]) -> String {
    serde_json::to_string(urns).expect("URNs are plain text")
}

/// The URNs of one load, each read and stored once: most stand in several rows.
#[derive(Default)]
pub(super) struct Urns(HashMap<String, Urn>);

impl Urns {
    /// The list of a column.
    pub(super) fn parse(&mut self, text: &str) -> Result<Vec<Urn>, Trouble> {
        let no_list = || Trouble::Row("column dependencies is no list of URNs".into());
        // A URN needs no escapes, so its text can be borrowed.
        let texts: Vec<&str> = serde_json::from_str(text).map_err(|_| no_list())?;
        texts.into_iter().map(|text| self.one(text).ok_or_else(no_list)).collect()
    }

    fn one(&mut self, text: &str) -> Option<Urn> {
        if let Some(urn) = self.0.get(text) {
            return Some(urn.clone());
        }
        let urn = Urn::parse(text).ok()?;
        self.0.insert(text.to_owned(), urn.clone());
        Some(urn)
    }
}

pub(super) fn parse_urn(text: &str) -> Result<Urn, Trouble> {
    Urn::parse(text).map_err(|_| Trouble::Row("column urn holds no URN".into()))
}

/// A count as SQLite's only integer.
pub(super) fn integer(count: u64) -> Result<i64, Trouble> {
    i64::try_from(count).map_err(|_| Trouble::Row(format!("the number {count} is too large to store")))
}

/// A count from SQLite's only integer.
pub(super) fn count(integer: i64) -> Result<u64, Trouble> {
    u64::try_from(integer).map_err(|_| Trouble::Row("a count is negative".into()))
}
