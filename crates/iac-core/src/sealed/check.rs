//! Whether an opened plan still holds: for this program, this state and what a new plan would say.
//! Pure: the engine brings what is compared.

use std::collections::{BTreeMap, BTreeSet};

use super::build_id::BuildId;
use super::content::{Rows, exports, rows};
use super::error::PlanFileError;
use super::fingerprint::{Prints, fingerprint};
use super::opened::OpenedPlan;
use crate::graph::Graph;
use crate::plan::{Plan, Step};
use crate::snapshot::Snapshot;
use crate::state::{Codec, RunKind, RunRecord, StepRecord};
use crate::urn::Urn;

impl OpenedPlan {
    /// Whether it is a plan of this program: the same stack, build and settings.
    pub(crate) fn hold_to_program(&self, graph: &Graph, running: &BuildId) -> Result<(), PlanFileError> {
        let (planned, wanted) = (self.header().stack.clone(), graph.stack_id());
        if planned != wanted {
            return Err(PlanFileError::OtherStack { planned, wanted });
        }
        let planned = &self.header().build;
        if planned != running {
            return Err(PlanFileError::OtherBuild { planned: planned.clone(), running: running.clone() });
        }
        let differs = differing_prints(&self.content.prints, &fingerprint(graph, &self.codec));
        if differs.is_empty() { Ok(()) } else { Err(PlanFileError::OtherProgram { differs }) }
    }

    /// Whether it was made for the accounts that the credentials are for.
    pub(crate) fn hold_to_accounts(&self, accounts: &BTreeMap<String, String>) -> Result<(), PlanFileError> {
        for (instance, planned) in self.plan().accounts.iter() {
            if let Some(found) = accounts.get(instance).filter(|found| *found != planned) {
                let (instance, planned, found) = (instance.clone(), planned.clone(), found.clone());
                return Err(PlanFileError::OtherAccount { instance, planned, found });
            }
        }
        Ok(())
    }

    /// Whether the state it is applied to is the one it was opened with; `None` has no key at all.
    pub(crate) fn hold_to_key(&self, codec: Option<&Codec>) -> Result<(), PlanFileError> {
        match codec.is_some_and(|codec| self.header().is_sealed_by(codec)) {
            true => Ok(()),
            false => Err(PlanFileError::OtherState { stack: self.header().stack.clone() }),
        }
    }

    /// What moved in the state since it was made. That rows were compared with the cloud again, and
    /// found as they were, is no move.
    pub(crate) fn moved(&self, snapshot: &Snapshot) -> Vec<String> {
        let mut differs = differing_rows(&self.content.rows, &rows(snapshot, &self.codec));
        if self.content.exports != exports(snapshot, &self.codec) {
            differs.push("the recorded outputs are other ones".to_owned());
        }
        differs
    }

    /// Whether `run`, with these steps, is an apply of it.
    pub(crate) fn is_applied_by(&self, run: &RunRecord, steps: &[StepRecord]) -> bool {
        let kind = if self.plan().destroy { RunKind::Destroy } else { RunKind::Apply };
        let same = |step: &StepRecord| {
            let planned = self.plan().step(step.key.step);
            let planned = planned.filter(|planned| planned.urn == step.urn && planned.op.as_str() == step.op);
            planned
                .is_some_and(|planned| step.after.as_ref().is_none_or(|after| planned.inputs.accepts(after)))
        };
        run.kind == kind
            && run.started_at >= self.header().created_at
            && !steps.is_empty()
            && steps.iter().all(same)
    }

    /// What `again`, a plan made from the same state by the same program, says otherwise.
    pub(crate) fn differing_from(&self, again: &Plan) -> Vec<String> {
        let mut differs: BTreeSet<String> = BTreeSet::new();
        let (planned, found) = (undated(&self.plan().steps), undated(&again.steps));
        for index in 0..planned.len().max(found.len()) {
            let (planned, found) = (planned.get(index), found.get(index));
            if planned != found {
                differs.extend([planned, found].into_iter().flatten().map(|step| step.urn.path().to_owned()));
            }
        }
        let outputs = |plan: &Plan| {
            let named = plan.outputs.iter().map(|output| (output.name.clone(), output.new.clone()));
            named.collect::<BTreeMap<_, _>>()
        };
        let (planned, found) = (outputs(self.plan()), outputs(again));
        let names = planned.keys().chain(found.keys());
        differs.extend(
            names.filter(|name| planned.get(*name) != found.get(*name)).map(|name| format!("output {name}")),
        );
        differs.into_iter().collect()
    }
}

/// Steps without the rows they start from, which are compared by themselves.
fn undated(steps: &[Step]) -> Vec<Step> {
    steps.iter().map(|step| Step { prior: None, read_at: None, ..step.clone() }).collect()
}

/// A name for people: the path of a URN, anything else as it is.
fn shown(name: &str) -> String {
    Urn::parse(name).map_or_else(|_| name.to_owned(), |urn| urn.path().to_owned())
}

fn differing_prints(planned: &Prints, found: &Prints) -> Vec<String> {
    let mut differs = Vec::new();
    for (name, print) in planned {
        match found.get(name) {
            None => differs.push(format!("{} is not declared any more", shown(name))),
            Some(now) if now.inputs != print.inputs => {
                differs.push(format!("{} has other inputs", shown(name)))
            }
            Some(now) if now.rest != print.rest => differs.push(format!("{} has other options", shown(name))),
            Some(_) => {}
        }
    }
    let added = found.keys().filter(|name| !planned.contains_key(*name));
    differs.extend(added.map(|name| format!("{} was not declared", shown(name))));
    // Outputs last: a resource explains them.
    differs.sort_by_key(|text| text.starts_with("output "));
    differs
}

fn differing_rows(planned: &Rows, found: &Rows) -> Vec<String> {
    let mut differs = Vec::new();
    for (urn, rows) in planned {
        match found.get(urn) {
            None => differs.push(format!("{} is not recorded any more", urn.path())),
            Some(now) if now.keys().ne(rows.keys()) => {
                differs.push(format!("{} is another object", urn.path()));
            }
            Some(now) if now != rows => differs.push(format!("{} changed", urn.path())),
            Some(_) => {}
        }
    }
    let added = found.keys().filter(|urn| !planned.contains_key(*urn));
    differs.extend(added.map(|urn| format!("{} is new", urn.path())));
    differs
}
