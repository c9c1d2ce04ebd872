//! Changes of the state alone: importing an object that exists, forgetting one, giving a lease
//! back. Never changes the cloud.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Engine;
use super::error::EngineError;
use super::known::KnownScope;
use super::prepare::recorded_hooks;
use super::session::{READ_TIMEOUT, Session, while_leased, within};
use crate::cost::PlanCost;
use crate::error::{Error, ErrorKind};
use crate::event::NoReporter;
use crate::graph::{Graph, GraphNode};
use crate::plan::{Facts, Plan, Summary, dependencies, wanted_inputs};
use crate::provider::{Driver, Observation};
use crate::state::{ResourceRecord, RunKind, RunStatus, StackId, Status, Write};
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
            let writes = session.forgetting(&session.recorded_urn(stack, resource)?);
            session.begin_run(RunKind::State).await?;
            let count = writes.len();
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
        writes.push(Write::Put(Box::new(self.imported_row(graph, node, &**driver, observation))));
        self.commit(writes).await
    }

    fn imported_row(
        &self,
        graph: &Graph,
        node: &GraphNode,
        driver: &dyn Driver,
        observation: Observation,
    ) -> ResourceRecord {
        let now = self.engine.clock.now_ms();
        let mut row = ResourceRecord {
            urn: node.urn.clone(),
            token: crate::hash::random_token(),
            type_token: driver.spec().type_token.to_owned(),
            provider: node.provider.to_string(),
            account: self.snapshot.accounts.get(&*node.provider).cloned().unwrap_or_default(),
            id: observation.id,
            status: Status::Ready,
            inputs: observation.inputs,
            outputs: observation.outputs,
            observed: None,
            missing: false,
            triggers: Value::Null,
            dependencies: dependencies(graph, node),
            protect: node.options.protect,
            retain: node.options.retain_on_delete,
            generation: 0,
            refreshed_at: now,
            modified_at: now,
            hooks: recorded_hooks(node, &[]),
        };
        // What the cloud does not show is taken to be as the program says.
        let known = KnownScope::new(graph, &self.snapshot, &nothing(graph));
        let raw = node.inputs.eval(&known).unwrap_or_default();
        let wanted = wanted_inputs(node, driver, &raw, Some(&row), 0).inputs;
        for field in driver.spec().inputs.iter().filter(|field| field.write_only) {
            let value = wanted.get(field.name);
            let value = if value.has_unknown() { Value::Null } else { value.clone() };
            row.inputs = row.inputs.with(field.name, value);
        }
        row
    }

    /// The URN that `resource` means, among the rows and the open attempts.
    fn recorded_urn(&self, stack: &StackId, resource: &str) -> Result<Urn, EngineError> {
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

    /// The writes that drop everything the state has of `urn`.
    fn forgetting(&self, urn: &Urn) -> Vec<Write> {
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

/// A plan without steps: everything that is recorded is known.
fn nothing(graph: &Graph) -> Plan {
    Plan {
        stack: graph.stack_id(),
        parent_serial: 0,
        destroy: false,
        refresh_only: false,
        steps: Vec::new(),
        recovered: Vec::new(),
        drift: Vec::new(),
        warnings: Vec::new(),
        outputs: Vec::new(),
        selection: Vec::new(),
        facts: Facts::default(),
        summary: Summary::default(),
        cost: PlanCost::default(),
        reads: Arc::default(),
        accounts: Arc::default(),
    }
}
