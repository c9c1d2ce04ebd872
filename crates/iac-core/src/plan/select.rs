//! Targets and excludes: which part of the stack a plan may touch.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::fault::PlanFault;
use super::planner::PlanOptions;
use crate::graph::Graph;
use crate::snapshot::Snapshot;
use crate::state::ResourceRecord;
use crate::urn::Urn;

/// The part of the stack that a plan leaves as it is.
#[derive(Default)]
pub(crate) struct Selection {
    targets: Vec<String>,
    excludes: Vec<String>,
    held: HashSet<u32>,
    /// Held nodes that must not be drawn in: excluded ones, and what needs them.
    excluded_nodes: HashSet<u32>,
    /// Nodes that are planned although nobody named them, and why.
    drawn_in: BTreeMap<u32, String>,
    /// Rows that may be deleted; `None` for all.
    deletable: Option<BTreeSet<Urn>>,
    /// Rows that stay because an excluded row needs them, and which; excluded rows themselves.
    excluded: BTreeMap<Urn, Option<Urn>>,
}

impl Selection {
    pub(crate) fn new(graph: &Graph, snapshot: &Snapshot, options: &PlanOptions) -> Self {
        if options.targets.is_empty() && options.excludes.is_empty() {
            return Self::default();
        }
        let mut selection =
            Self { targets: options.targets.clone(), excludes: options.excludes.clone(), ..Self::default() };
        let all = 0..u32::try_from(graph.nodes.len()).unwrap_or(u32::MAX);
        let mut selected: HashSet<u32> = all.clone().collect();
        if !options.targets.is_empty() {
            let is_target = |index: u32| any(&options.targets, &graph.node(index).urn);
            selected.retain(|index| is_target(*index));
            for index in graph.order.iter().rev() {
                if !selected.contains(index) {
                    continue;
                }
                let node = graph.node(*index);
                for on in node.dependencies.iter().copied() {
                    selected.insert(on);
                    if !is_target(on) {
                        selection.draw_in(on, needed_by(&node.urn));
                    }
                }
            }
        }
        for index in &graph.order {
            let node = graph.node(*index);
            let needs_excluded = node.dependencies.iter().any(|on| selection.excluded_nodes.contains(on));
            if needs_excluded || any(&options.excludes, &node.urn) {
                selection.excluded_nodes.insert(*index);
            }
        }
        let excluded = &selection.excluded_nodes;
        selection.held = all.filter(|i| !selected.contains(i) || excluded.contains(i)).collect();
        let targeted = |urn: &Urn| any(&options.targets, urn);
        selection.deletable = (!options.targets.is_empty()).then(|| with_dependants(snapshot, targeted));
        // A row that an excluded row needs cannot go either.
        selection.excluded = with_needed(snapshot, |urn| any(&options.excludes, urn));
        selection
    }

    /// Whether anything is left out at all.
    pub(crate) fn is_partial(&self) -> bool {
        !self.targets.is_empty() || !self.excludes.is_empty()
    }

    /// Whether the node stays as it is.
    pub(crate) fn holds(&self, index: u32) -> bool {
        self.held.contains(&index)
    }

    /// Whether a row that nothing continues may be deleted.
    pub(crate) fn wants_deleted(&self, urn: &Urn) -> bool {
        self.deletable.as_ref().is_none_or(|urns| urns.contains(urn)) && !self.excluded.contains_key(urn)
    }

    /// Whether an exclude holds the node, or one of something that it needs.
    pub(super) fn is_excluded(&self, index: u32) -> bool {
        self.excluded_nodes.contains(&index)
    }

    /// Whether a target or an exclude is about this resource by name.
    pub(super) fn is_named(&self, urn: &Urn) -> bool {
        any(&self.targets, urn) || any(&self.excludes, urn)
    }

    /// Plans a held node after all. Of several reasons the first one in the alphabet is told, so that
    /// the order of a program's lines means nothing.
    pub(super) fn draw_in(&mut self, index: u32, why: String) {
        self.held.remove(&index);
        let told = self.drawn_in.entry(index).or_insert_with(|| why.clone());
        if why < *told {
            *told = why;
        }
    }

    /// Lets a row be deleted that nobody named; answers whether no exclude holds it.
    pub(super) fn allow_delete(&mut self, urn: &Urn) -> bool {
        let free = !self.excluded.contains_key(urn);
        if let (true, Some(deletable)) = (free, &mut self.deletable) {
            deletable.insert(urn.clone());
        }
        free
    }

    /// The nodes that are planned although nobody named them, and why.
    pub(super) fn drawn_in(&self) -> &BTreeMap<u32, String> {
        &self.drawn_in
    }

    /// The resource with which a row goes that no target names.
    pub(super) fn deleted_with<'a>(&self, row: &'a ResourceRecord) -> Option<&'a Urn> {
        let deletable = self.deletable.as_ref().filter(|_| !any(&self.targets, &row.urn))?;
        row.dependencies.iter().find(|on| deletable.contains(*on) || any(&self.targets, on))
    }

    /// The excluded row that needs this one, if it stays for that.
    pub(super) fn kept_for(&self, urn: &Urn) -> Option<&Urn> {
        self.excluded.get(urn)?.as_ref()
    }

    /// A pattern is a URN or a path (`edge/web`).
    pub(crate) fn matches(pattern: &str, urn: &Urn) -> bool {
        pattern == urn.as_str() || pattern == urn.path()
    }
}

/// Why something is drawn in that nobody named.
pub(super) fn needed_by(urn: &Urn) -> String {
    format!("{} needs it", urn.path())
}

fn any(patterns: &[String], urn: &Urn) -> bool {
    patterns.iter().any(|pattern| Selection::matches(pattern, urn))
}

/// A fault for each name in the options that neither the program nor the state has.
pub(crate) fn unknown_names(graph: &Graph, snapshot: &Snapshot, options: &PlanOptions) -> Vec<PlanFault> {
    let names = options.targets.iter().chain(&options.excludes).chain(&options.replace);
    let known = |pattern: &str| {
        graph.by_urn.keys().chain(snapshot.resources.keys()).any(|urn| Selection::matches(pattern, urn))
    };
    names
        .filter(|pattern| !known(pattern))
        .map(|pattern| PlanFault {
            urn: None,
            field: None,
            message: format!("no resource of this stack is called {pattern:?}"),
            way_out: Some("give a URN or a path as `state list` shows it".into()),
        })
        .collect()
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

/// The chosen rows, and each row that one of them needs with the one that needs it.
fn with_needed(snapshot: &Snapshot, chosen: impl Fn(&Urn) -> bool) -> BTreeMap<Urn, Option<Urn>> {
    let mut urns: BTreeMap<Urn, Option<Urn>> =
        snapshot.resources.keys().filter(|urn| chosen(urn)).map(|urn| (urn.clone(), None)).collect();
    let mut open: Vec<Urn> = urns.keys().cloned().collect();
    while let Some(urn) = open.pop() {
        let Some(row) = snapshot.resources.get(&urn) else { continue };
        for on in &row.dependencies {
            if !urns.contains_key(on) {
                urns.insert(on.clone(), Some(urn.clone()));
                open.push(on.clone());
            }
        }
    }
    urns
}
