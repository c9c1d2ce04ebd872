//! What runs leave in the history: which rows they changed, the steps of runs that change the state
//! alone, how much is kept. Knows nothing of how rollbacks are made from it.

use super::session::Session;
use crate::plan::FieldDiff;
use crate::state::{JournalKey, ResourceRecord, Status, StepRecord, Write};
use crate::urn::Urn;
use crate::value::{Path, Value};

/// Runs kept in the history unless the engine is told otherwise.
pub const HISTORY_RUNS_DEFAULT: u64 = 1000;

/// `writes`, and that the rows they change are from now on what they are after `run`. `renamed` says
/// which resource was called what until then, and what it is called now.
pub(super) fn remembered(run: u64, writes: Vec<Write>, renamed: Option<(&Urn, &Urn)>) -> Vec<Write> {
    let memory = |urn: &Urn, token: &str, continues: bool| {
        let from = renamed.filter(|(_, to)| continues && *to == urn).map(|(from, _)| from.clone());
        Write::Remember { run, urn: urn.clone(), token: token.to_owned(), renamed_from: from }
    };
    let memories: Vec<Write> = writes
        .iter()
        .filter_map(|write| match write {
            Write::Put(row) => Some(memory(&row.urn, &row.token, row.status != Status::PendingDelete)),
            Write::Remove { urn, token } => Some(memory(urn, token, false)),
            Write::Exports(_) => Some(Write::RememberExports { run }),
            _ => None,
        })
        .collect();
    writes.into_iter().chain(memories).collect()
}

/// A change of one resource's record, for the history.
pub(super) struct StateStep {
    pub(super) urn: Urn,
    pub(super) op: &'static str,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

impl StateStep {
    /// What `writes` make of the inputs of `row`, which were `before`.
    pub(super) fn of(
        row: &ResourceRecord,
        op: &'static str,
        before: Option<Value>,
        writes: &[Write],
    ) -> Self {
        let mut after = before.clone();
        for write in writes {
            match write {
                Write::Put(put) if put.token == row.token => after = Some(put.inputs.clone()),
                Write::Remove { token, .. } if *token == row.token => after = None,
                _ => {}
            }
        }
        Self { urn: row.urn.clone(), op, before, after }
    }
}

impl Session<'_> {
    /// The writes that record `steps` of the current run, numbered from `first`.
    pub(super) fn recording(&self, first: u32, steps: Vec<StateStep>) -> Vec<Write> {
        // Without a run there is no history to write.
        let Some(run) = self.remembering else { return Vec::new() };
        let now = self.engine.clock.now_ms();
        let record = |(step, state): (u32, StateStep)| {
            Write::Step(Box::new(StepRecord {
                key: JournalKey { run, step },
                urn: state.urn,
                op: state.op.to_owned(),
                started_at: now,
                ended_at: now,
                error: None,
                before: state.before,
                after: state.after,
            }))
        };
        (first..).zip(steps).map(record).collect()
    }

    /// Drops what is too old when `run` begins. A run with open calls is never too old.
    pub(super) fn pruning(&self, run: u64) -> Option<Write> {
        let kept = run.saturating_sub(self.engine.history_runs_max.saturating_sub(1));
        let open = self.journal.iter().map(|entry| entry.key.run).min();
        let before = kept.min(open.unwrap_or(kept));
        (before > 1).then_some(Write::Prune { before })
    }
}

impl StepRecord {
    /// The fields that the step changed; secrets stay secrets. A resource that was made or deleted
    /// shows each of its fields.
    ///
    /// ```
    /// # use iac_core::random::RandomToken;
    /// # use iac_core::state::{MemoryBackend, StackId};
    /// # use iac_core::{ApplyOptions, Engine, NoReporter, PlanOptions, Stack, Value};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let stack = Stack::new("philotes", "dev")?;
    /// # stack.add("token", RandomToken::args().bytes(16u32))?;
    /// # let graph = stack.freeze()?;
    /// # let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// # let plan = engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await?;
    /// # let _ = engine.apply(&graph, &plan, ApplyOptions::new(), &mut NoReporter).await?;
    /// let steps = engine.steps(&StackId::new("philotes", "dev"), 1).await?;
    /// let made = steps[0].diff();
    /// assert_eq!((made[0].path.to_string(), made[0].new.clone()), ("bytes".into(), Value::Int(16)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn diff(&self) -> Vec<FieldDiff> {
        // A failed step changed nothing that is known.
        let empty = Value::map::<&str>([]);
        let side = |value: &Option<Value>| value.clone().unwrap_or_else(|| empty.clone());
        let mut found = Vec::new();
        changes(&Path::default(), &side(&self.before), &side(&self.after), &mut found);
        found
    }
}

/// Every place where `old` and `new` differ. A secret is one place, whatever is in it.
fn changes(path: &Path, old: &Value, new: &Value, found: &mut Vec<FieldDiff>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Value::Map(a), Value::Map(b)) => {
            let mut keys: Vec<_> = a.keys().chain(b.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                changes(&path.key(key), old.get(key), new.get(key), found);
            }
        }
        (Value::List(a), Value::List(b)) => {
            for index in 0..a.len().max(b.len()) {
                let item = |items: &[Value]| items.get(index).cloned().unwrap_or_default();
                changes(&path.index(index), &item(a), &item(b), found);
            }
        }
        _ => {
            found.push(FieldDiff { path: path.clone(), old: old.clone(), new: new.clone(), replaces: false })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_place_however_much_is_in_it() {
        let with = |password: &str, size: i64| {
            let inner = Value::map([("user", "ann".into()), ("password", password.into())]);
            Value::map([("login", Value::secret(inner)), ("ports", Value::list([size.into(), 2u32.into()]))])
        };
        let mut found = Vec::new();
        changes(&Path::default(), &with("hunter2", 1), &with("hunter3", 3), &mut found);
        let shown = format!("{found:?}");
        assert!(!shown.contains("hunter") && !shown.contains("ann"), "{shown}");
        let paths: Vec<String> = found.iter().map(|diff| diff.path.to_string()).collect();
        assert_eq!(paths, ["login", "ports[0]"]);
    }
}
