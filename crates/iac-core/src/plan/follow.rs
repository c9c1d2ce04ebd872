//! Dependants of what a partial plan changes: which must follow, which stay behind, and the report
//! of both. Knows nothing of how a resource is compared.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::diff::{compare_inputs, effective};
use super::fault::PlanFault;
use super::planner::Planner;
use super::scope::Fate;
use super::select::{Selection, needed_by};
use super::selected::{Part, Selected};
use super::step::Op;
use super::wanted::wanted_inputs;
use crate::graph::{GraphNode, Maker};
use crate::state::ResourceRecord;
use crate::urn::Urn;

/// Objects that end with a plan, by the URN of their row: whoever points at one must move on.
#[derive(Default)]
pub(super) struct Endings {
    /// Replaced, or gone already: with the node that makes the new one.
    replaced: BTreeMap<Urn, Replaced>,
    /// Deleted, because the program has them no more.
    deleted: BTreeSet<Urn>,
    /// Old halves of earlier replacements: the row of their URN points at the new half.
    halves: BTreeSet<Urn>,
}

struct Replaced {
    by: u32,
    /// What becomes of it, as it is told to whoever needs it.
    what: &'static str,
}

impl Endings {
    /// The object of `row` makes room for another one.
    pub(super) fn replaced(&mut self, row: &Urn, by: u32) {
        self.replaced.insert(row.clone(), Replaced { by, what: "which this plan replaces" });
    }
    /// The object of `row` is gone already.
    pub(super) fn made_again(&mut self, row: &Urn, by: u32) {
        self.replaced.insert(row.clone(), Replaced { by, what: "which is gone and made again" });
    }
    pub(super) fn deleted(&mut self, row: &Urn, op: Op) {
        match op {
            Op::DeleteReplaced => self.halves.insert(row.clone()),
            // What is only forgotten stays in the cloud, and so does whoever points at it.
            Op::Delete => self.deleted.insert(row.clone()),
            _ => false,
        };
    }
}

impl Planner<'_> {
    /// Whether a held node must be planned after all, because what its row points at ends with this
    /// plan. An excluded one is a fault.
    pub(super) fn draws_in(&mut self, index: u32, node: &GraphNode, prior: Option<&ResourceRecord>) -> bool {
        let asked = self.options.replace.iter().any(|pattern| Selection::matches(pattern, &node.urn));
        let ending = prior.filter(|row| !row.missing).and_then(|row| self.ending_of(node, row));
        let Some(ending) = ending else {
            if asked {
                let fault =
                    PlanFault::new(&node.urn, "its replacement was asked for, and this plan leaves it out");
                self.faults.push(fault.way_out("make it a target as well, or do not exclude it"));
            }
            return false;
        };
        let what = self.endings.replaced.get(&ending).map_or("", |replaced| replaced.what);
        self.follow(index, &ending, what)
    }

    /// Draws a held node in because of what becomes of `on`.
    fn follow(&mut self, index: u32, on: &Urn, what: &str) -> bool {
        let node = self.scope.graph.node(index);
        if self.selection.is_excluded(index) {
            let message = format!(
                "it needs {on}, {what}, and it is excluded: it would go on pointing at an object that is gone"
            );
            let way_out = format!("exclude {} as well, or exclude less", on.path());
            self.faults.push(PlanFault::new(&node.urn, message).way_out(way_out));
            return false;
        }
        self.selection.draw_in(index, format!("it needs {}, {what}", on.path()));
        self.draw_in_missing(index);
        true
    }

    /// Draws in what a drawn-in node needs and what is not there yet. What is there stays as it is.
    fn draw_in_missing(&mut self, index: u32) {
        let mut open = vec![index];
        while let Some(index) = open.pop() {
            let node = self.scope.graph.node(index);
            for on in &node.dependencies {
                let needed = self.scope.graph.node(*on);
                let is_there = match &needed.maker {
                    Maker::Driver(_) => self.prior(needed).is_some_and(|row| !row.missing),
                    Maker::Reader(_) => self.scope.snapshot.reads.contains_key(&needed.urn),
                };
                if self.selection.holds(*on) && !is_there {
                    self.selection.draw_in(*on, needed_by(&node.urn));
                    // It comes before in the order of the graph, so this round is too late for it.
                    self.another_round = true;
                    open.push(*on);
                }
            }
        }
    }

    /// The first replaced resource that `row` points at, if its node would point at another one.
    fn ending_of(&mut self, node: &GraphNode, row: &ResourceRecord) -> Option<Urn> {
        let ended: Vec<(Urn, u32)> = row
            .dependencies
            .iter()
            .filter_map(|on| Some((on.clone(), self.endings.replaced.get(on)?.by)))
            .collect();
        let first = ended.first()?.0.clone();
        // The program refers to something else by now, and the row does not.
        if let Some((on, _)) = ended.iter().find(|(_, by)| !node.dependencies.contains(by)) {
            return Some(on.clone());
        }
        // What lives in a provider that this plan makes anew is made anew with it.
        if self.lost_ground(node).is_some() {
            return Some(first);
        }
        let now = node.inputs.eval(&self.scope);
        let mut fates = Vec::with_capacity(ended.len());
        for (on, by) in &ended {
            let old = self.scope.snapshot.resources.get(on).cloned();
            fates.push((*by, self.scope.set(*by, old.map_or(Fate::Unknown, Fate::Same))));
        }
        let before = node.inputs.eval(&self.scope);
        for (by, fate) in fates {
            self.scope.set(by, fate);
        }
        // One that is only ordered after the other refers to nothing of it.
        let points_at_it = match (now, before) {
            (Ok(now), Ok(before)) => now != before,
            _ => true,
        };
        points_at_it.then_some(first)
    }

    /// Looks at the rows that point at what is deleted. Answers whether the plan must be made again
    /// for more of the stack; each time at least one resource more is in it.
    pub(super) fn needs_another_round(&mut self) -> bool {
        if self.options.destroy || !self.selection.is_partial() {
            return false;
        }
        let mut again = std::mem::take(&mut self.another_round);
        let rows: Vec<Arc<ResourceRecord>> = self.scope.snapshot.resources.values().cloned().collect();
        for row in rows.iter().filter(|row| !row.missing) {
            let claimed = self.claimed.get(&row.urn).copied();
            match claimed {
                Some(index) if self.selection.holds(index) => {
                    let deleted = row.dependencies.iter().find(|on| self.endings.deleted.contains(*on));
                    let half = || row.dependencies.iter().find(|on| self.endings.halves.contains(*on));
                    if let Some(on) = deleted {
                        again |= self.follow(index, on, "which this plan deletes");
                    } else if let Some(on) = half()
                        && self.lags_behind(index, row)
                    {
                        again |= self.follow(index, on, "whose old half this plan deletes");
                    }
                }
                Some(_) => {}
                None if self.selection.wants_deleted(&row.urn) => {}
                None => again |= self.goes_too(row),
            }
        }
        again
    }

    /// Whether the program wants something else of a held node than its row has.
    fn lags_behind(&self, index: u32, row: &ResourceRecord) -> bool {
        let node = self.scope.graph.node(index);
        let (Some(driver), Ok(raw)) = (node.driver(), node.inputs.eval(&self.scope)) else { return true };
        let wanted = wanted_inputs(node, &**driver, &raw, Some(row), row.generation).inputs;
        let old = effective(&row.inputs, row.observed.as_ref());
        !compare_inputs(&**driver, old, &wanted, &[], &node.options.ignore_changes).diff.is_empty()
    }

    /// A row that left the program and points at what ends: it ends as well.
    fn goes_too(&mut self, row: &ResourceRecord) -> bool {
        let ends = |on: &&Urn| self.endings.replaced.contains_key(*on) || self.endings.deleted.contains(*on);
        let Some(on) = row.dependencies.iter().find(ends).cloned() else { return false };
        if self.selection.allow_delete(&row.urn) {
            return true;
        }
        let message = format!("it needs {on}, which this plan deletes or replaces, and it is excluded");
        let way_out = format!("exclude {} as well, or exclude less", on.path());
        self.faults.push(PlanFault::new(&row.urn, message).way_out(way_out));
        false
    }

    /// What the selection draws in or leaves out although nobody named it.
    pub(super) fn selected(&self) -> Vec<Selected> {
        if !self.selection.is_partial() {
            return Vec::new();
        }
        let graph = self.scope.graph;
        let makes: HashMap<u32, Op> =
            self.drafts.iter().filter_map(|draft| Some((draft.node?, draft.step.op))).collect();
        let mut found: BTreeMap<(Part, Urn), String> = BTreeMap::new();
        if !self.options.destroy {
            for (index, why) in self.selection.drawn_in() {
                if makes.contains_key(index) {
                    found.insert((Part::DrawnIn, graph.node(*index).urn.clone()), why.clone());
                }
            }
            for (index, node) in (0..).zip(&graph.nodes) {
                if let Some(why) = self.left_out(index, node, &makes) {
                    found.insert((Part::LeftOut, node.urn.clone()), why);
                }
            }
        }
        for draft in self.drafts.iter().filter(|draft| matches!(draft.step.op, Op::Delete | Op::Forget)) {
            let row = draft.step.prior.as_deref().filter(|row| !self.is_replaced(row));
            if let Some((row, on)) = row.and_then(|row| Some((row, self.selection.deleted_with(row)?))) {
                let why = match self.options.destroy {
                    true => format!("it needs {}", on.path()),
                    false => {
                        format!("it needs {} and is not part of the program any more", on.path())
                    }
                };
                found.insert((Part::DrawnIn, row.urn.clone()), why);
            }
        }
        for row in self.scope.snapshot.resources.values().filter(|row| !self.claimed.contains_key(&row.urn)) {
            if let Some(by) = self.selection.kept_for(&row.urn) {
                found.insert(
                    (Part::LeftOut, row.urn.clone()),
                    format!("{} needs it and is excluded", by.path()),
                );
            }
        }
        found.into_iter().map(|((part, urn), why)| Selected { urn, part, why }).collect()
    }

    fn is_replaced(&self, row: &ResourceRecord) -> bool {
        self.endings.replaced.contains_key(&row.urn)
    }

    /// Why a held node stays behind, if it is worth telling.
    fn left_out(&self, index: u32, node: &GraphNode, makes: &HashMap<u32, Op>) -> Option<String> {
        if !self.selection.holds(index) || self.selection.is_named(&node.urn) {
            return None;
        }
        let path = |on: &u32| self.scope.graph.node(*on).urn.path();
        if self.selection.is_excluded(index) {
            let excluded = node.dependencies.iter().filter(|on| self.selection.is_excluded(**on));
            return excluded.map(|on| format!("it needs {}, which is excluded", path(on))).min();
        }
        let what = |op: &Op| match op {
            Op::Create => Some("creates"),
            Op::Update => Some("updates"),
            Op::CreateReplacement => Some("replaces"),
            _ => None,
        };
        let changed = node.dependencies.iter().filter_map(|on| Some((on, what(makes.get(on)?)?)));
        changed.map(|(on, what)| format!("it needs {}, which this plan {what}", path(on))).min()
    }
}
