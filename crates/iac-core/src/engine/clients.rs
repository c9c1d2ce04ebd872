//! Which client calls for which resource, and whose account it is for. A client that resources of
//! the stack configure is built from what is recorded of them, and during an apply from what they
//! turn out to be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::EngineError;
use super::known::KnownScope;
use super::session::{Owners, READ_TIMEOUT, Session, within};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{NodeRef, Scope};
use crate::graph::Graph;
use crate::plan::{Op, Plan, PlanError, alias_urn, other_account, stack_output};
use crate::provider::{Client, Context, Deferred, ProviderInstance, Source};
use crate::snapshot::Snapshot;
use crate::state::ResourceRecord;
use crate::urn::Urn;
use crate::value::{Value, ValueError};

/// The clients that can be had from what is recorded, by provider instance.
pub(super) type Clients = BTreeMap<String, Arc<dyn Client>>;

/// What is recorded, whatever the plan makes of it.
struct RecordedScope<'a> {
    graph: &'a Graph,
    snapshot: &'a Snapshot,
}

impl RecordedScope<'_> {
    fn row(&self, node: &NodeRef) -> Option<&ResourceRecord> {
        recorded_row(self.graph, self.snapshot, node).filter(|row| !row.missing)
    }
}

impl Scope for RecordedScope<'_> {
    fn id(&self, node: &NodeRef) -> std::result::Result<Value, ValueError> {
        Ok(self.row(node).map_or(Value::Unknown, |row| row.id.as_str().into()))
    }
    fn attribute(&self, node: &NodeRef, name: &str) -> std::result::Result<Value, ValueError> {
        let data = self.snapshot.reads.get(node.urn());
        let values = self.row(node).map(|row| &row.outputs).or(data);
        Ok(values.map_or(Value::Unknown, |values| values.get(name).clone()))
    }
    fn stack_output(&self, stack: &str, name: &str) -> std::result::Result<Value, ValueError> {
        stack_output(self.graph, self.snapshot, stack, name)
    }
}

/// The row of a node, also under an earlier name.
fn recorded_row<'a>(graph: &Graph, snapshot: &'a Snapshot, node: &NodeRef) -> Option<&'a ResourceRecord> {
    let rows = &snapshot.resources;
    let aliases = || {
        let declared = graph.by_urn.get(node.urn()).map(|index| graph.node(*index));
        let aliases = declared.into_iter().flat_map(|declared| &declared.options.aliases);
        aliases.filter_map(|alias| alias_urn(node.urn(), alias)).find_map(|urn| rows.get(&urn))
    };
    rows.get(node.urn()).or_else(aliases).map(|row| &**row)
}

/// The provider instances that rows belong to.
fn owners_of<'a>(rows: impl Iterator<Item = &'a ResourceRecord>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for row in rows {
        if !names.contains(&row.provider) {
            names.insert(row.provider.clone());
        }
    }
    names
}

impl Session<'_> {
    /// Asks every provider instance in use whose account its credentials are for. Comes before
    /// anything else is asked: in another account every object would seem to be gone, and what a
    /// crash left open would seem never to have happened.
    ///
    /// An instance that resources configure which do not exist yet is left out.
    ///
    /// # Errors
    /// A row belongs to another account.
    pub(super) async fn read_accounts(&mut self, graph: &Graph) -> std::result::Result<(), EngineError> {
        let rows = || {
            let recorded = self.snapshot.resources.values().chain(&self.snapshot.pending_deletes);
            recorded.map(|row| &**row).chain(self.journal.iter().map(|entry| &entry.resource))
        };
        let known = self.owners.take();
        let owners = match &known {
            Some(owners) => owners.providers.clone(),
            None => owners_of(rows()),
        };
        let in_program = graph.providers_used().iter().map(|name| &**name);
        let names: BTreeSet<&str> = in_program.chain(owners.iter().map(String::as_str)).collect();
        let (mut accounts, mut clients) = (BTreeMap::new(), Clients::new());
        for name in names {
            let Some(instance) = graph.providers.get(name) else { continue };
            let failed = |error| EngineError::Provider { instance: name.to_owned(), error };
            let client = recorded_client(graph, &self.snapshot, instance).map_err(failed)?;
            let Some(client) = client else { continue };
            let account = within(READ_TIMEOUT, client.account()).await.map_err(failed)?;
            accounts.insert(name.to_owned(), account);
            clients.insert(name.to_owned(), client);
        }
        // Rows that were compared with the same accounts, and that nobody changed since, still match.
        if known.is_none_or(|known| known.accounts != accounts) {
            let faults: Vec<_> = rows().filter_map(|row| other_account(&accounts, row)).collect();
            if !faults.is_empty() {
                return Err(PlanError { faults }.into());
            }
        }
        self.owners = Some(Owners { providers: owners, accounts: accounts.clone() });
        self.snapshot.accounts = accounts;
        self.clients = clients;
        Ok(())
    }

    /// The context of a read, a listing or a look-up.
    pub(super) fn read_context(&self, provider: &str, urn: &Urn, token: &str) -> Result<Context> {
        self.read_context_with(provider, urn, token, Vec::new())
    }

    /// The same for a call that is given `secrets` that are not recorded.
    pub(super) fn read_context_with(
        &self,
        provider: &str,
        urn: &Urn,
        token: &str,
        secrets: Vec<String>,
    ) -> Result<Context> {
        match self.clients.get(provider) {
            Some(client) => {
                let port = Arc::new(self.ear.port(provider, &self.engine.clock, secrets));
                Ok(Context::new(urn, token, Arc::clone(client), port, READ_TIMEOUT))
            }
            None => Err(unconfigured(provider)),
        }
    }

    /// Whether something that `instance` is configured by is gone, and with it all that lives in it.
    pub(super) fn lost_its_ground(&self, graph: &Graph, instance: &ProviderInstance) -> bool {
        configured_by(instance)
            .iter()
            .any(|node| recorded_row(graph, &self.snapshot, node).is_some_and(|row| row.missing))
    }

    /// How many other instances must be compared with the cloud before this one.
    pub(super) fn depth(&self, graph: &Graph, provider: &str) -> usize {
        self.depth_below(graph, provider, graph.providers.len())
    }

    fn depth_below(&self, graph: &Graph, provider: &str, rounds: usize) -> usize {
        let nodes = graph.providers.get(provider).map(configured_by).unwrap_or_default();
        let rows = nodes.iter().filter_map(|node| recorded_row(graph, &self.snapshot, node));
        match rounds.checked_sub(1) {
            Some(left) if !nodes.is_empty() => {
                rows.map(|row| self.depth_below(graph, &row.provider, left)).max().unwrap_or(0) + 1
            }
            _ => 0,
        }
    }
}

fn configured_by(instance: &ProviderInstance) -> Vec<NodeRef> {
    instance.deferred_source().map(Deferred::nodes).unwrap_or_default()
}

fn unconfigured(provider: &str) -> Error {
    let text = format!("provider instance {provider:?} is configured by resources that do not exist");
    Error::new(ErrorKind::Unavailable, text)
        .hint("apply what configures it first; or forget what lives in it with `state rm`")
}

/// The client as far as it can be had from what is recorded.
pub(super) fn recorded_client(
    graph: &Graph,
    snapshot: &Snapshot,
    instance: &ProviderInstance,
) -> Result<Option<Arc<dyn Client>>> {
    match &instance.source {
        Source::Ready(client) => Ok(Some(Arc::clone(client))),
        Source::Deferred(deferred) => built(deferred, &RecordedScope { graph, snapshot }),
    }
}

fn built(deferred: &Deferred, scope: &dyn Scope) -> Result<Option<Arc<dyn Client>>> {
    let config = deferred
        .config()
        .eval(scope)
        .map_err(|error| Error::new(ErrorKind::InvalidInput, format!("its configuration: {error}")))?;
    if config.has_unknown() { Ok(None) } else { deferred.client(&config).map(Some) }
}

/// The client of one step, and the account for what it creates where that is not known before.
pub(super) struct StepClient {
    pub(super) client: Arc<dyn Client>,
    pub(super) asks_account: bool,
}

/// The client for `step`: what resources configure may have changed since the run began.
pub(super) fn step_client(
    graph: &Graph,
    plan: &Plan,
    recorded: &Clients,
    known: &KnownScope<'_>,
    provider: &str,
    ends_object: bool,
) -> Result<StepClient> {
    let Some(instance) = graph.providers.get(provider) else {
        return Err(Error::internal(format!("provider instance {provider:?} is not registered")));
    };
    let before = recorded.get(provider);
    let deferred = match &instance.source {
        Source::Ready(client) => {
            return Ok(StepClient { client: Arc::clone(client), asks_account: false });
        }
        Source::Deferred(deferred) => deferred,
    };
    let anew = |node: &NodeRef| {
        let made = |op| matches!(op, Op::Create | Op::CreateReplacement);
        plan.steps.iter().any(|step| made(step.op) && step.urn == *node.urn())
    };
    // What is to end lives where it was made, also when that is made anew meanwhile.
    let of_before = ends_object && (graph.is_empty() || deferred.nodes().iter().any(anew));
    let now = if of_before { None } else { built(deferred, known)? };
    match now.as_ref().or(before) {
        Some(client) => Ok(StepClient { client: Arc::clone(client), asks_account: true }),
        None => Err(unconfigured(provider)),
    }
}
