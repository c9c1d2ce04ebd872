//! What a program declares, as far as it can be known outside of a plan: what other tools' objects
//! are matched with. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::known::KnownScope;
use crate::graph::Graph;
use crate::plan::{imported_row, wanted_inputs};
use crate::provider::{Driver, Observation};
use crate::snapshot::Snapshot;
use crate::urn::Urn;
use crate::value::Value;

/// A resource as the program declares it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Declared {
    /// The resource.
    pub urn: Urn,
    /// The provider instance it lives in.
    pub provider: String,
    /// Its type.
    pub driver: Arc<dyn Driver>,
    /// The inputs that the program gives, unknown where another resource decides.
    pub given: Value,
    /// The inputs with defaults and the derived name of a new object.
    pub inputs: Value,
    /// Whether the state has a row for it whose object exists.
    pub recorded: bool,
}

impl Graph {
    /// The declared resources, each after what it needs. References to what `snapshot` records, and
    /// to `objects` by the ids given there, are known; every other one is unknown.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use iac_core::random::RandomToken;
    /// use iac_core::{Snapshot, Stack, StackError};
    ///
    /// let stack = Stack::new("philotes", "dev")?;
    /// stack.add("token", RandomToken::args().bytes(16u32))?;
    /// let declared = stack.freeze()?.declared(&Snapshot::default(), &BTreeMap::new());
    /// assert_eq!(declared[0].urn.path(), "token");
    /// # Ok::<(), StackError>(())
    /// ```
    pub fn declared(&self, snapshot: &Snapshot, objects: &BTreeMap<Urn, String>) -> Vec<Declared> {
        let mut known = snapshot.clone();
        for (urn, id) in objects {
            let node = self.by_urn.get(urn).map(|index| self.node(*index));
            if let Some((node, driver)) = node.and_then(|node| Some((node, node.driver()?))) {
                let found = Observation::new(id, Value::map::<&str>([]), Value::Null);
                let row = imported_row(self, node, &**driver, found, String::new());
                known.resources.entry(urn.clone()).or_insert_with(|| Arc::new(row));
            }
        }
        let scope = KnownScope::recorded(self, &known);
        let nodes = self.order.iter().map(|index| self.node(*index));
        let declared = nodes.filter_map(|node| {
            let driver = Arc::clone(node.driver()?);
            let given = node.inputs.eval(&scope).unwrap_or(Value::Unknown);
            let inputs = wanted_inputs(node, &*driver, &given, None, 0).inputs;
            let row = snapshot.resources.get(&node.urn);
            Some(Declared {
                urn: node.urn.clone(),
                provider: node.provider.to_string(),
                driver,
                given,
                inputs,
                recorded: row.is_some_and(|row| !row.missing),
            })
        });
        declared.collect()
    }
}
