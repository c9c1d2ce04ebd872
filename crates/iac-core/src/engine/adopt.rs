//! Changes of the state alone: importing an object that exists, forgetting one, giving a lease
//! back. Never changes the cloud.

use std::collections::BTreeSet;

use super::Engine;
use super::error::EngineError;
use super::history::StateStep;
use super::known::KnownScope;
use super::session::{READ_TIMEOUT, Session, while_leased, within};
use crate::error::{Error, ErrorKind};
use crate::event::NoReporter;
use crate::graph::{Graph, GraphNode};
use crate::plan::{
    compare_inputs, fill_write_only, imported_row, merge_observed, wanted_inputs, worth_keeping,
};
use crate::provider::{Driver, Observation};
use crate::snapshot::Snapshot;
use crate::state::{ResourceRecord, RunKind, RunStatus, StackId, Write};
use crate::urn::Urn;
use crate::value::Value;

impl Engine {
    /// Records the object `id` as the resource `urn` of the program, and settles an open attempt to
    /// create it. The next plan shows what differs.
    ///
    /// # Errors
    /// The program does not declare the resource; it is recorded already; there is no such object.
    pub async fn import(&self, graph: &Graph, urn: &Urn, id: &str) -> Result<(), EngineError> {
        let mut session = Session::open(self, graph.stack_id(), &mut NoReporter).await?;
        let heartbeat = session.heartbeat();
        let imported = async {
            session.read_accounts(graph).await?;
            session.begin_run(RunKind::State).await?;
            let imported = session.import(graph, urn, id).await;
            let status = if imported.is_ok() { RunStatus::Succeeded } else { RunStatus::Failed };
            session.end_run(status).await?;
            imported
        };
        let imported = while_leased(heartbeat, imported).await;
        session.close(imported).await
    }

    /// Drops every row of `resource` (a URN, or a path as `edge/web`), and every open attempt on it,
    /// from the state. The object stays in the cloud. Answers how many rows and attempts were
    /// dropped.
    ///
    /// # Errors
    /// The state knows no such resource, or several of different types.
    pub async fn forget(&self, stack: &StackId, resource: &str) -> Result<usize, EngineError> {
        let mut session = Session::open(self, stack.clone(), &mut NoReporter).await?;
        let heartbeat = session.heartbeat();
        let forgotten = async {
            let urn = session.recorded_urn(stack, resource)?;
            let mut writes = session.forgetting(&urn);
            session.begin_run(RunKind::State).await?;
            let count = writes.len();
            writes.extend(session.no_longer_needing(&urn));
            let before = session.snapshot.resources.get(&urn).map(|row| row.inputs.clone());
            writes.extend(session.recording(0, vec![StateStep { urn, op: "forget", before, after: None }]));
            session.commit(writes).await?;
            session.end_run(RunStatus::Succeeded).await?;
            Ok(count)
        };
        let forgotten = while_leased(heartbeat, forgotten).await;
        session.close(forgotten).await
    }

    /// Gives back the lease of a call whose future was dropped; without this it expires by itself.
    ///
    /// # Errors
    /// Another call of this engine is working on the stack, or another engine holds the lease.
    pub async fn release(&self, stack: &StackId) -> Result<(), EngineError> {
        let session = Session::open(self, stack.clone(), &mut NoReporter).await?;
        session.close(Ok(())).await
    }
}

impl Session<'_> {
    async fn import(&mut self, graph: &Graph, urn: &Urn, id: &str) -> Result<(), EngineError> {
        let node = graph.by_urn.get(urn).map(|index| graph.node(*index));
        let Some((node, driver)) = node.and_then(|node| Some((node, node.driver()?))) else {
            let message = format!("the program declares no resource {urn}; declare it first, then import it");
            return Err(EngineError::NoSuchResource(message));
        };
        if let Some(row) = self.snapshot.resources.get(urn).filter(|row| !row.missing) {
            let message = format!(
                "{urn} is recorded as {} already; forget it first with `state rm {}`",
                row.id,
                urn.path()
            );
            return Err(EngineError::NoSuchResource(message));
        }
        let failed = |error| EngineError::Resource { urn: urn.clone(), error };
        let cx = self.read_context(&node.provider, urn, "").map_err(failed)?;
        let observation = within(READ_TIMEOUT, driver.read(&cx, id)).await.map_err(failed)?;
        let Some(observation) = observation else {
            let error = Error::new(ErrorKind::NotFound, format!("there is no object {id}"));
            return Err(failed(error.hint("check the id, and that the credentials are for its project")));
        };
        let mut writes = self.forgetting(urn);
        let row = self.imported_row(graph, node, &**driver, observation);
        let step =
            StateStep { urn: urn.clone(), op: "import", before: None, after: Some(row.inputs.clone()) };
        writes.push(Write::Put(Box::new(row)));
        writes.extend(self.recording(0, vec![step]));
        self.commit(writes).await
    }

    /// The row of an object that was found, with what is known now.
    pub(super) fn imported_row(
        &self,
        graph: &Graph,
        node: &GraphNode,
        driver: &dyn Driver,
        observation: Observation,
    ) -> ResourceRecord {
        let account = self.snapshot.accounts.get(&*node.provider).cloned().unwrap_or_default();
        let mut row = imported_row(graph, node, driver, observation, account);
        row.token = crate::hash::random_token();
        row.refreshed_at = self.engine.clock.now_ms();
        row.modified_at = row.refreshed_at;
        complete(graph, &self.snapshot, node, driver, &mut row);
        row
    }

    /// The URN that `resource` means, among the rows and the open attempts.
    pub(super) fn recorded_urn(&self, stack: &StackId, resource: &str) -> Result<Urn, EngineError> {
        let ended = self.snapshot.pending_deletes.iter().chain(&self.snapshot.gone);
        let rows = self.snapshot.resources.keys().chain(ended.map(|row| &row.urn));
        let known = rows.chain(self.journal.iter().map(|entry| &entry.resource.urn));
        let found: BTreeSet<&Urn> =
            known.filter(|urn| urn.as_str() == resource || urn.path() == resource).collect();
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(urn), None) => Ok(urn.clone()),
            (None, _) => {
                Err(EngineError::NoSuchResource(format!("the state of {stack} has no {resource:?}")))
            }
            (Some(a), Some(b)) => Err(EngineError::NoSuchResource(format!(
                "{resource:?} may mean {a} or {b}; give the whole URN"
            ))),
        }
    }

    /// The rows that need `urn`, without that need.
    fn no_longer_needing(&self, urn: &Urn) -> Vec<Write> {
        let rows = self.snapshot.resources.values().chain(&self.snapshot.pending_deletes);
        let needing = rows.filter(|row| row.urn != *urn && row.dependencies.contains(urn));
        needing
            .map(|row| {
                let mut row = (**row).clone();
                row.dependencies.retain(|on| on != urn);
                Write::Put(Box::new(row))
            })
            .collect()
    }

    /// The writes that drop everything the state has of `urn`.
    pub(super) fn forgetting(&self, urn: &Urn) -> Vec<Write> {
        let rows = self
            .snapshot
            .resources
            .get(urn)
            .into_iter()
            .chain(self.snapshot.pending_deletes.iter().filter(|row| row.urn == *urn))
            .chain(self.snapshot.gone.iter().filter(|row| row.urn == *urn));
        let removed = rows.map(|row| Write::Remove { urn: row.urn.clone(), token: row.token.clone() });
        let open = self.journal.iter().filter(|entry| entry.resource.urn == *urn);
        removed.chain(open.map(|entry| Write::End { key: entry.key })).collect()
    }
}

/// Adds what the cloud does not show to the row of a found object, as far as the program says it.
pub(super) fn complete(
    graph: &Graph,
    snapshot: &Snapshot,
    node: &GraphNode,
    driver: &dyn Driver,
    row: &mut ResourceRecord,
) {
    let raw = node.inputs.eval(&KnownScope::recorded(graph, snapshot)).unwrap_or_default();
    let wanted = wanted_inputs(node, driver, &raw, Some(row), row.generation).inputs;
    let found = row.inputs.clone();
    fill_write_only(driver, row, &wanted);
    as_the_program_says(node, driver, row, &wanted);
    let seen = merge_observed(driver.spec(), &row.inputs, &found);
    row.observed = worth_keeping(driver.spec(), &row.inputs, &seen).then_some(seen);
}

/// Records what means the same in the program's own words, so that the next plan has nothing to say
/// of it.
fn as_the_program_says(node: &GraphNode, driver: &dyn Driver, row: &mut ResourceRecord, wanted: &Value) {
    let comparison = compare_inputs(driver, &row.inputs, wanted, &[], &node.options.ignore_changes);
    let differs = |name: &str| comparison.diff.iter().any(|diff| diff.path.root() == name);
    for field in driver.spec().inputs {
        let value = wanted.get(field.name);
        if !value.has_unknown() && !differs(field.name) {
            row.inputs = row.inputs.with(field.name, value.clone());
        }
    }
}
