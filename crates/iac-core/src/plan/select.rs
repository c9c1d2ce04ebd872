//! Targets and excludes: which part of the stack a plan may touch.

use std::collections::{BTreeSet, HashSet};

use super::fault::PlanFault;
use super::planner::PlanOptions;
use crate::graph::Graph;
use crate::snapshot::Snapshot;
use crate::urn::Urn;

/// The part of the stack that a plan leaves as it is.
pub(crate) struct Selection {
    held: HashSet<u32>,
    /// Rows that may be deleted; `None` for all.
    deletable: Option<BTreeSet<Urn>>,
    excluded: BTreeSet<Urn>,
}

impl Selection {
    pub(crate) fn new(
        graph: &Graph,
        snapshot: &Snapshot,
        options: &PlanOptions,
        faults: &mut Vec<PlanFault>,
    ) -> Self {
        for pattern in options.targets.iter().chain(&options.excludes).chain(&options.replace) {
            let known =
                graph.by_urn.keys().chain(snapshot.resources.keys()).any(|urn| Self::matches(pattern, urn));
            if !known {
                faults.push(PlanFault {
                    urn: None,
                    field: None,
                    message: format!("no resource of this stack is called {pattern:?}"),
                    way_out: Some("give a URN or a path as `state list` shows it".into()),
                });
            }
        }
        if options.targets.is_empty() && options.excludes.is_empty() {
            return Self { held: HashSet::new(), deletable: None, excluded: BTreeSet::new() };
        }
        let any = |patterns: &[String], urn: &Urn| patterns.iter().any(|pattern| Self::matches(pattern, urn));
        let all: HashSet<u32> = (0..graph.nodes.len() as u32).collect();
        let mut selected = all.clone();
        if !options.targets.is_empty() {
            selected = all.iter().copied().filter(|i| any(&options.targets, &graph.node(*i).urn)).collect();
            for index in graph.order.iter().rev() {
                if selected.contains(index) {
                    selected.extend(&graph.node(*index).dependencies);
                }
            }
        }
        let mut excluded: HashSet<u32> = HashSet::new();
        for index in &graph.order {
            let node = graph.node(*index);
            let needs_excluded = node.dependencies.iter().any(|on| excluded.contains(on));
            if needs_excluded || any(&options.excludes, &node.urn) {
                excluded.insert(*index);
            }
        }
        let held = all.into_iter().filter(|i| !selected.contains(i) || excluded.contains(i)).collect();
        let targeted = |urn: &Urn| any(&options.targets, urn);
        Self {
            held,
            deletable: (!options.targets.is_empty()).then(|| with_dependants(snapshot, targeted)),
            // A row that an excluded row needs cannot go either.
            excluded: with_needed(snapshot, |urn| any(&options.excludes, urn)),
        }
    }

    /// Whether the node stays as it is.
    pub(crate) fn holds(&self, index: u32) -> bool {
        self.held.contains(&index)
    }

    /// Whether a row that nothing continues may be deleted.
    pub(crate) fn wants_deleted(&self, urn: &Urn) -> bool {
        self.deletable.as_ref().is_none_or(|urns| urns.contains(urn)) && !self.excluded.contains(urn)
    }

    /// A pattern is a URN or a path (`edge/web`).
    pub(crate) fn matches(pattern: &str, urn: &Urn) -> bool {
        pattern == urn.as_str() || pattern == urn.path()
    }
}

fn with_dependants(snapshot: &Snapshot, chosen: impl Fn(&Urn) -> bool) -> BTreeSet<Urn> {
    let mut urns: BTreeSet<Urn> = snapshot.resources.keys().filter(|urn| chosen(urn)).cloned().collect();
    loop {
        let more: Vec<Urn> = snapshot
            .resources
            .values()
            .filter(|row| !urns.contains(&row.urn) && row.dependencies.iter().any(|on| urns.contains(on)))
            .map(|row| row.urn.clone())
            .collect();
        if more.is_empty() {
            return urns;
        }
        urns.extend(more);
    }
}

fn with_needed(snapshot: &Snapshot, chosen: impl Fn(&Urn) -> bool) -> BTreeSet<Urn> {
    let mut urns: BTreeSet<Urn> = snapshot.resources.keys().filter(|urn| chosen(urn)).cloned().collect();
    loop {
        let more: BTreeSet<Urn> = urns
            .iter()
            .filter_map(|urn| snapshot.resources.get(urn))
            .flat_map(|row| row.dependencies.iter().cloned())
            .filter(|on| !urns.contains(on))
            .collect();
        if more.is_empty() {
            return urns;
        }
        urns.extend(more);
    }
}
