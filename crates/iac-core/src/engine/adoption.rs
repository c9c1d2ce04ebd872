//! Objects that are known by their id alone: rows written without a request, their first read, and
//! the objects that a program imports. Never changes the cloud.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::Engine;
use super::adopt::complete;
use super::error::EngineError;
use super::session::{READ_TIMEOUT, Session, while_leased, within};
use crate::event::{NoReporter, Reporter};
use crate::graph::{Graph, GraphNode};
use crate::plan::{PlanOptions, imported_row};
use crate::provider::{Driver, Observation};
use crate::state::{JournalKey, ResourceRecord, RunKind, RunStatus, StepRecord, Write};
use crate::urn::Urn;
use crate::value::Value;

/// An object that shall be recorded as a resource of the program without being looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Adoption {
    /// The resource, which the program declares.
    pub urn: Urn,
    /// The physical id of the object that it is.
    pub id: String,
}

impl Adoption {
    /// The object `id` is `urn`.
    pub fn new(urn: Urn, id: impl Into<String>) -> Self {
        Self { urn, id: id.into() }
    }
}

impl Engine {
    /// Records objects as resources of the program by their ids alone, without any request: how the
    /// state of another tool is taken over. The next plan reads every one of them, also where it is
    /// told not to refresh, and shows what differs.
    ///
    /// Answers the resources that were recorded; one that is recorded with the same id already is
    /// left alone.
    ///
    /// ```
    /// use iac_core::random::RandomToken;
    /// use iac_core::state::MemoryBackend;
    /// use iac_core::{Adoption, Engine, Stack};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let stack = Stack::new("philotes", "dev")?;
    /// let token = stack.add("token", RandomToken::args().bytes(16u32))?;
    /// let engine = Engine::builder().backend(MemoryBackend::new()).build();
    /// let adoption = Adoption::new(token.urn().clone(), "4711");
    /// // What lives in the state alone cannot be anywhere else.
    /// assert!(engine.adopt(&stack.freeze()?, vec![adoption]).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The program does not declare a resource; it is recorded with another id, or lives in the state
    /// alone; two resources have one object. Nothing is written then.
    pub async fn adopt(&self, graph: &Graph, adoptions: Vec<Adoption>) -> Result<Vec<Urn>, EngineError> {
        let mut session = Session::open(self, graph.stack_id(), &mut NoReporter).await?;
        let heartbeat = session.heartbeat();
        let adopted = async {
            let mut writes = session.adopting(graph, adoptions)?;
            let rows = writes.iter().filter_map(|write| match write {
                Write::Put(row) => Some((**row).clone()),
                _ => None,
            });
            let rows: Vec<ResourceRecord> = rows.collect();
            let urns = rows.iter().map(|row| row.urn.clone()).collect();
            if !rows.is_empty() {
                let run = session.begin_run(RunKind::State).await?;
                let steps = (0..)
                    .zip(&rows)
                    .map(|(step, row)| step_record(JournalKey { run, step }, row, ADOPT, row.modified_at));
                writes.extend(steps);
                session.commit(writes).await?;
                session.end_run(RunStatus::Succeeded).await?;
            }
            Ok(urns)
        };
        let adopted = while_leased(heartbeat, adopted).await;
        session.close(adopted).await
    }
}

/// What the history calls a row that was written without a look at its object.
const ADOPT: &str = "adopt";

/// The history's record of a row that was written at once.
pub(super) fn step_record(key: JournalKey, row: &ResourceRecord, op: &str, at: i64) -> Write {
    Write::Step(Box::new(StepRecord {
        key,
        urn: row.urn.clone(),
        op: op.to_owned(),
        started_at: at,
        ended_at: at,
        error: None,
        before: None,
        after: Some(row.inputs.clone()),
    }))
}

/// The node of a declared resource, with its driver.
pub(super) fn declared<'a>(graph: &'a Graph, urn: &Urn) -> Option<(&'a GraphNode, &'a Arc<dyn Driver>)> {
    let node = graph.node(*graph.by_urn.get(urn)?);
    Some((node, node.driver()?))
}

impl Session<'_> {
    fn adopting(&self, graph: &Graph, adoptions: Vec<Adoption>) -> Result<Vec<Write>, EngineError> {
        let refused = |text: String| Err(EngineError::NoSuchResource(text));
        let mut objects: BTreeSet<(String, String, String)> = BTreeSet::new();
        let mut writes = Vec::new();
        for Adoption { urn, id } in adoptions {
            let Some((node, driver)) = declared(graph, &urn) else {
                return refused(format!(
                    "the program declares no resource {urn}; declare it first, then adopt it"
                ));
            };
            if driver.spec().local {
                return refused(format!("{urn} lives in the state alone; there is nothing to adopt"));
            }
            if id.is_empty() {
                return refused(format!("{urn} cannot be adopted without an id"));
            }
            let object = (node.provider.to_string(), urn.type_token().to_owned(), id.clone());
            if !objects.insert(object) {
                return refused(format!(
                    "{urn} and another resource would both be {id}; give each one its own object"
                ));
            }
            match self.snapshot.resources.get(&urn).filter(|row| !row.missing) {
                Some(row) if row.id == id => continue,
                Some(row) => {
                    let (known, path) = (&row.id, urn.path());
                    return refused(format!(
                        "{urn} is recorded as {known} already; forget it first with `state rm {path}`"
                    ));
                }
                None => {}
            }
            if let Some(row) = self.owner_of(&node.provider, urn.type_token(), &id) {
                return refused(format!("{id} is recorded as {row} already, and {urn} cannot be it as well"));
            }
            let nothing = Observation::new(id, Value::map::<&str>([]), Value::Null);
            let mut row = imported_row(graph, node, &**driver, nothing, String::new());
            row.token = crate::hash::random_token();
            row.modified_at = self.engine.clock.now_ms();
            writes.extend(self.forgetting(&urn));
            writes.push(Write::Put(Box::new(row)));
        }
        Ok(writes)
    }

    /// The resource that is recorded as an object.
    pub(super) fn owner_of(&self, provider: &str, type_token: &str, id: &str) -> Option<&Urn> {
        let rows = self.snapshot.resources.values().chain(&self.snapshot.pending_deletes);
        let mut same = rows.filter(|row| row.provider == provider && row.type_token == type_token);
        same.find(|row| row.id == id && !row.missing).map(|row| &row.urn)
    }

    /// Reads the rows that were adopted and never read.
    pub(super) async fn read_unread(
        &mut self,
        graph: &Graph,
        reporter: &mut (dyn Reporter + Send),
    ) -> Result<(), EngineError> {
        if self.snapshot.resources.values().any(|row| row.is_unread()) {
            let mut scope = PlanOptions::new();
            let unread = self.snapshot.resources.values().filter(|row| row.is_unread());
            scope.targets.extend(unread.map(|row| row.urn.to_string()));
            self.refresh(graph, &scope, reporter).await?;
        }
        Ok(())
    }

    /// The row of an adopted object that is not there.
    pub(super) fn never_found(&self, row: &ResourceRecord, now: i64) -> ResourceRecord {
        let account = self.snapshot.accounts.get(&row.provider).cloned().unwrap_or_default();
        ResourceRecord { account, missing: true, refreshed_at: now, ..row.clone() }
    }

    /// The rows of what was read for the first time: as the cloud has them, and as the program says
    /// where the cloud shows nothing.
    pub(super) fn first_reads<'a>(
        &self,
        graph: &Graph,
        seen: impl Iterator<Item = (&'a Arc<ResourceRecord>, &'a Observation)>,
        now: i64,
    ) -> BTreeMap<Urn, ResourceRecord> {
        let mut rows = BTreeMap::new();
        for (row, found) in seen.filter(|(row, _)| row.is_unread()) {
            let row = ResourceRecord {
                account: self.snapshot.accounts.get(&row.provider).cloned().unwrap_or_default(),
                id: found.id.clone(),
                inputs: found.inputs.clone(),
                outputs: found.outputs.clone(),
                missing: false,
                refreshed_at: now,
                ..(**row).clone()
            };
            rows.insert(row.urn.clone(), row);
        }
        if rows.is_empty() {
            return rows;
        }
        // What one of them says may come from another one.
        let mut known = self.snapshot.clone();
        known.resources.extend(rows.iter().map(|(urn, row)| (urn.clone(), Arc::new(row.clone()))));
        for row in rows.values_mut() {
            if let Some((node, driver)) = declared(graph, &row.urn) {
                complete(graph, &known, node, &**driver, row);
            }
        }
        rows
    }

    /// Reads the objects that resources without a row shall be imported from.
    pub(super) async fn read_imports(&mut self, graph: &Graph) -> Result<(), EngineError> {
        let wanted = graph.nodes.iter().filter(|node| !self.snapshot.resources.contains_key(&node.urn));
        let wanted = wanted.filter_map(|node| Some((node, node.driver()?, node.options.import.as_deref()?)));
        let read = async |(node, driver, id): (&GraphNode, &Arc<dyn Driver>, &str)| {
            let failed = |error| EngineError::Resource { urn: node.urn.clone(), error };
            let cx = self.read_context(&node.provider, &node.urn, "").map_err(failed)?;
            let found = within(READ_TIMEOUT, driver.read(&cx, id)).await.map_err(failed)?;
            Ok::<_, EngineError>(found.map(|found| (node.urn.clone(), found)))
        };
        let mut waiting = wanted.map(read);
        let mut running: FuturesUnordered<_> = waiting.by_ref().take(IMPORT_READS_MAX).collect();
        let mut found = BTreeMap::new();
        while let Some(read) = running.try_next().await? {
            found.extend(read);
            running.extend(waiting.next());
        }
        drop((running, waiting));
        self.snapshot.imports = found;
        Ok(())
    }
}

/// Most objects that are read at once to be imported.
const IMPORT_READS_MAX: usize = 10;
