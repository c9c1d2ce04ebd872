//! What expressions see at plan time: real outputs where a dependency stays, unknowns where it
//! does not.

use std::sync::Arc;

use crate::expr::{NodeRef, Scope};
use crate::graph::Graph;
use crate::provider::TypeSpec;
use crate::snapshot::Snapshot;
use crate::state::{ResourceRecord, StackId};
use crate::value::{Value, ValueError};

/// What will be known of one node while its dependants are planned.
#[derive(Clone, Default)]
pub(crate) enum Fate {
    /// Not planned yet, created or replaced: nothing is known.
    #[default]
    Unknown,
    /// Stays as it is.
    Same(Arc<ResourceRecord>),
    /// Changed in place: the id and stable attributes are known, but for those that the changed
    /// inputs unsettle.
    Updated(Arc<ResourceRecord>, Vec<&'static str>),
    /// Data that was read.
    Data(Value),
}

pub(crate) struct PlanScope<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) fates: Vec<Fate>,
}

impl PlanScope<'_> {
    /// Puts another fate in place; the one before.
    pub(super) fn set(&mut self, index: u32, fate: Fate) -> Fate {
        match self.fates.get_mut(index as usize) {
            Some(slot) => std::mem::replace(slot, fate),
            None => Fate::Unknown,
        }
    }
    pub(crate) fn fate(&self, index: u32) -> &Fate {
        self.fates.get(index as usize).unwrap_or(&Fate::Unknown)
    }
    fn spec(&self, index: u32) -> Option<&TypeSpec> {
        self.graph.node(index).driver().map(|driver| driver.spec())
    }
}

impl Scope for PlanScope<'_> {
    fn id(&self, node: &NodeRef) -> Result<Value, ValueError> {
        Ok(match self.fate(node.frozen()?) {
            Fate::Same(record) | Fate::Updated(record, _) => record.id.as_str().into(),
            Fate::Unknown | Fate::Data(_) => Value::Unknown,
        })
    }

    fn attribute(&self, node: &NodeRef, name: &str) -> Result<Value, ValueError> {
        let index = node.frozen()?;
        let output = self.spec(index).and_then(|spec| spec.output(name));
        Ok(match self.fate(index) {
            Fate::Same(record) => record.outputs.get(name).clone(),
            Fate::Updated(record, unsettled)
                if output.is_some_and(|output| output.stable) && !unsettled.contains(&name) =>
            {
                record.outputs.get(name).clone()
            }
            Fate::Data(data) => data.get(name).clone(),
            Fate::Unknown | Fate::Updated(..) => match output {
                Some(output) if output.secret => Value::secret(Value::Unknown),
                _ => Value::Unknown,
            },
        })
    }

    fn stack_output(&self, stack: &str, name: &str) -> Result<Value, ValueError> {
        stack_output(self.graph, self.snapshot, stack, name)
    }
}

/// An output of another stack; an error says what is missing and how to get it.
pub(crate) fn stack_output(
    graph: &Graph,
    snapshot: &Snapshot,
    stack: &str,
    name: &str,
) -> Result<Value, ValueError> {
    let id = StackId::new(graph.project(), stack);
    match snapshot.stack_outputs.get(&id).and_then(|outputs| outputs.get(name)) {
        Some(value) => Ok(value.clone()),
        None => Err(ValueError(format!(
            "stack {id} has no output {name:?} in this state; apply that stack first"
        ))),
    }
}
