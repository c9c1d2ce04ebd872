//! What expressions see during an apply: real outputs as soon as they exist.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::expr::{NodeRef, Scope};
use crate::graph::Graph;
use crate::plan::{Op, Plan, stack_output};
use crate::snapshot::Snapshot;
use crate::state::ResourceRecord;
use crate::value::{Value, ValueError};

/// What is known of one node.
#[derive(Clone, Default)]
pub(super) enum Known {
    /// Its step is not done.
    #[default]
    Nothing,
    Row(Arc<ResourceRecord>),
    Data(Value),
}

/// The nodes of a graph as far as the run has come.
pub(super) struct KnownScope<'a> {
    graph: &'a Graph,
    snapshot: &'a Snapshot,
    /// The nodes that the plan makes; any other is as the snapshot has it.
    made: HashMap<u32, Known>,
}

impl<'a> KnownScope<'a> {
    /// Before the first step: what has no step is known already.
    pub(super) fn new(graph: &'a Graph, snapshot: &'a Snapshot, plan: &Plan) -> Self {
        let made =
            plan.steps.iter().filter(|step| !step.op.deletes() && !matches!(step.op, Op::Forget | Op::Hook));
        let made = made.filter_map(|step| graph.by_urn.get(&step.urn));
        Self { graph, snapshot, made: made.map(|index| (*index, Known::Nothing)).collect() }
    }

    /// Outside of a run: everything that is recorded is known.
    pub(super) fn recorded(graph: &'a Graph, snapshot: &'a Snapshot) -> Self {
        Self { graph, snapshot, made: HashMap::new() }
    }

    pub(super) fn learn(&mut self, index: u32, known: Known) {
        self.made.insert(index, known);
    }

    /// The texts of every secret that the run knows so far.
    pub(super) fn secret_texts(&self, into: &mut Vec<String>) {
        self.snapshot.secret_texts(into);
        for known in self.made.values() {
            match known {
                Known::Row(row) => row.secret_texts(into),
                Known::Data(data) => data.secret_texts(into),
                Known::Nothing => {}
            }
        }
    }

    /// What is known of the node at `index`.
    pub(super) fn node(&self, index: u32) -> Cow<'_, Known> {
        if let Some(known) = self.made.get(&index) {
            return Cow::Borrowed(known);
        }
        let urn = &self.graph.node(index).urn;
        Cow::Owned(match (self.snapshot.resources.get(urn), self.snapshot.reads.get(urn)) {
            (Some(row), _) if !row.missing => Known::Row(Arc::clone(row)),
            (_, Some(data)) => Known::Data(data.clone()),
            _ => Known::Nothing,
        })
    }
}

impl Scope for KnownScope<'_> {
    fn id(&self, node: &NodeRef) -> Result<Value, ValueError> {
        Ok(match &*self.node(node.frozen()?) {
            Known::Row(row) => row.id.as_str().into(),
            Known::Data(_) | Known::Nothing => Value::Unknown,
        })
    }
    fn attribute(&self, node: &NodeRef, name: &str) -> Result<Value, ValueError> {
        Ok(match &*self.node(node.frozen()?) {
            // Adopted by its id, and nothing else is known of it.
            Known::Row(row) if row.is_unread() => Value::Unknown,
            Known::Row(row) => row.outputs.get(name).clone(),
            Known::Data(data) => data.get(name).clone(),
            Known::Nothing => Value::Unknown,
        })
    }
    fn stack_output(&self, stack: &str, name: &str) -> Result<Value, ValueError> {
        stack_output(self.graph, self.snapshot, stack, name)
    }
}
