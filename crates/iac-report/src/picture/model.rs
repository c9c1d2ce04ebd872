//! [`Picture`] from plans, states and runs. Knows nothing of how it is drawn.

use std::collections::{BTreeMap, BTreeSet};

use iac_core::state::{ResourceRecord, StackId, Status, StepRecord};
use iac_core::{Graph, Plan, Snapshot, Urn};

use crate::action::Action;

/// One resource of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// What identifies it: its URN.
    pub urn: String,
    /// The component it is part of, outermost first; empty at the top.
    pub scope: Vec<String>,
    /// Its name within the component.
    pub name: String,
    /// The type's token.
    pub type_token: String,
    /// What happens to it, or how it is.
    pub action: Action,
    /// What it needs directly: positions in [`Picture::nodes`], ascending.
    pub needs: Vec<usize>,
}

impl Node {
    /// A resource that needs nothing yet.
    fn new(urn: &Urn, action: Action) -> Self {
        let mut scope: Vec<String> = urn.path().split('/').map(str::to_owned).collect();
        let name = scope.pop().unwrap_or_default();
        Self {
            urn: urn.as_str().to_owned(),
            scope,
            name,
            type_token: urn.type_token().to_owned(),
            action,
            needs: Vec::new(),
        }
    }

    /// The component and the name: `edge/web`.
    pub fn path(&self) -> String {
        let parts: Vec<&str> = self.scope.iter().chain([&self.name]).map(String::as_str).collect();
        parts.join("/")
    }
}

/// The resources of a stack, what each needs, and what happens to each.
///
/// [`to_dot`](Self::to_dot) is for Graphviz, [`to_mermaid`](Self::to_mermaid) for pages that draw
/// Mermaid (many code forges do), and [`to_svg`](Self::to_svg) is drawn already. An arrow goes from a
/// resource to what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Picture {
    title: String,
    nodes: Vec<Node>,
}

impl Picture {
    /// What `plan` does: every resource that the program declares or the state records. Edges are the
    /// declared dependencies; for a resource that leaves the program, the recorded ones.
    pub fn of_plan(graph: &Graph, snapshot: &Snapshot, plan: &Plan) -> Self {
        let mut actions: BTreeMap<&Urn, Action> = BTreeMap::new();
        for step in &plan.steps {
            let action = Action::of_op(step.op);
            let strongest = actions.entry(&step.urn).or_insert(action);
            *strongest = action.max(*strongest);
        }
        let recorded = recorded(snapshot);
        let declared: BTreeSet<&Urn> = if plan.destroy { BTreeSet::new() } else { graph.urns().collect() };
        let every: BTreeSet<&Urn> =
            declared.iter().chain(recorded.keys()).chain(actions.keys()).copied().collect();
        let unplanned = |urn: &Urn| match recorded.get(urn) {
            Some(_) => Action::Same,
            None if graph.is_read(urn) => Action::Read,
            None => Action::LeftOut,
        };
        let nodes = every
            .iter()
            .map(|urn| Node::new(urn, actions.get(urn).copied().unwrap_or_else(|| unplanned(urn))));
        let needs = |urn: &Urn| -> Vec<Urn> {
            if declared.contains(urn) {
                return graph.dependencies(urn).cloned().collect();
            }
            recorded.get(urn).map(|row| row.dependencies.clone()).unwrap_or_default()
        };
        let title = format!("{} {}", if plan.destroy { "Plan to destroy" } else { "Plan for" }, plan.stack);
        Self { title, nodes: nodes.collect() }.connected(&every, needs)
    }

    /// What the state of `stack` has, with its recorded dependencies.
    pub fn of_state(stack: &StackId, snapshot: &Snapshot) -> Self {
        Self::of_rows(format!("State of {stack}"), snapshot, &BTreeMap::new(), status)
    }

    /// What a recorded run did, with the dependencies that are recorded now.
    pub(crate) fn of_run(title: String, snapshot: &Snapshot, steps: &[StepRecord]) -> Self {
        let mut actions: BTreeMap<&Urn, Action> = BTreeMap::new();
        for step in steps {
            let action = Action::of_recorded(&step.op);
            let strongest = actions.entry(&step.urn).or_insert(action);
            *strongest = action.max(*strongest);
        }
        Self::of_rows(title, snapshot, &actions, |_| Action::Same)
    }

    fn of_rows(
        title: String,
        snapshot: &Snapshot,
        actions: &BTreeMap<&Urn, Action>,
        otherwise: impl Fn(&ResourceRecord) -> Action,
    ) -> Self {
        let recorded = recorded(snapshot);
        let every: BTreeSet<&Urn> = recorded.keys().chain(actions.keys()).copied().collect();
        let action = |urn: &Urn| match (actions.get(urn), recorded.get(urn)) {
            (Some(action), _) => *action,
            (None, Some(row)) => otherwise(row),
            (None, None) => Action::Same,
        };
        let nodes = every.iter().map(|urn| Node::new(urn, action(urn))).collect();
        let needs = |urn: &Urn| recorded.get(urn).map(|row| row.dependencies.clone()).unwrap_or_default();
        Self { title, nodes }.connected(&every, needs)
    }

    fn connected(mut self, every: &BTreeSet<&Urn>, needs: impl Fn(&Urn) -> Vec<Urn>) -> Self {
        let at: BTreeMap<&Urn, usize> = every.iter().copied().zip(0..).collect();
        for (node, urn) in self.nodes.iter_mut().zip(every) {
            // What is in the picture only: a read that is done has no row.
            let found: BTreeSet<usize> =
                needs(urn).iter().filter_map(|needed| at.get(needed).copied()).collect();
            node.needs = found.into_iter().collect();
        }
        self
    }

    /// What it shows, in a few words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The resources, by URN.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// How many resources have which action, in the order of legends.
    pub fn counts(&self) -> Vec<(Action, usize)> {
        let count = |action| self.nodes.iter().filter(|node| node.action == action).count();
        let counts = Action::ALL.into_iter().map(|action| (action, count(action)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// A sentence for those who cannot see the picture.
    pub(crate) fn description(&self) -> String {
        let edges: usize = self.nodes.iter().map(|node| node.needs.len()).sum();
        let counts: Vec<String> =
            self.counts().iter().map(|(action, count)| format!("{count} {}", action.word())).collect();
        let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
        format!("Resources: {counts}. Dependencies: {edges}. An arrow goes from a resource to what it needs.")
    }

    #[cfg(test)]
    pub(crate) fn for_test(title: &str, nodes: Vec<(&str, &str, &str, Action, Vec<usize>)>) -> Self {
        let node = |(scope, name, type_token, action, needs): (&str, &str, &str, Action, Vec<usize>)| Node {
            urn: format!("urn:{scope}/{name}"),
            scope: scope.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            name: name.to_owned(),
            type_token: type_token.to_owned(),
            action,
            needs,
        };
        Self { title: title.to_owned(), nodes: nodes.into_iter().map(node).collect() }
    }
}

/// The row that stands for each URN: the one in use before the old half of a replacement.
fn recorded(snapshot: &Snapshot) -> BTreeMap<&Urn, &ResourceRecord> {
    let left = snapshot.gone.iter().chain(&snapshot.pending_deletes);
    left.chain(snapshot.resources.values()).map(|row| (&row.urn, &**row)).collect()
}

fn status(row: &ResourceRecord) -> Action {
    match row.status {
        Status::Gone => Action::Gone,
        _ if row.missing => Action::Missing,
        Status::Incomplete => Action::Incomplete,
        Status::PendingDelete => Action::Delete,
        Status::Ready => Action::Ready,
        // A status of later versions.
        _ => Action::Same,
    }
}
