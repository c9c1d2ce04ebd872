//! What changed outside of the program, and the plan that takes it as the recorded state. Knows
//! nothing of how the cloud was asked.

use std::sync::Arc;

use super::diff::{drifted, worth_keeping};
use super::facts::Facts;
use super::fault::{PlanError, PlanFault};
use super::order::Draft;
use super::planner::PlanOptions;
use super::select::{Selection, unknown_names};
use super::step::{Drift, Op, Plan, Summary};
use crate::cost::PlanCost;
use crate::graph::Graph;
use crate::provider::Driver;
use crate::snapshot::Snapshot;
use crate::state::{ResourceRecord, StackId};
use crate::urn::Urn;

/// The rows that differ from the cloud, among those that `wanted` names.
pub(super) fn drift(graph: &Graph, snapshot: &Snapshot, wanted: impl Fn(&Urn) -> bool) -> Vec<Drift> {
    let rows = snapshot.resources.values().filter(|row| wanted(&row.urn));
    rows.filter_map(|row| {
        if row.missing {
            return Some(Drift { urn: row.urn.clone(), missing: true, diff: Vec::new() });
        }
        let driver = graph.driver_for(&row.provider, &row.type_token)?;
        let diff = drifted(&*driver, &row.inputs, row.observed.as_ref()?);
        (!diff.is_empty()).then(|| Drift { urn: row.urn.clone(), missing: false, diff })
    })
    .collect()
}

/// Whether a refresh of `options` is about `urn`: exactly the named resources, or all.
pub(crate) fn is_refreshed(options: &PlanOptions, urn: &Urn) -> bool {
    let any = |patterns: &[String]| patterns.iter().any(|pattern| Selection::matches(pattern, urn));
    (options.targets.is_empty() || any(&options.targets)) && !any(&options.excludes)
}

/// The plan that changes the state alone: it takes what the cloud has as recorded, and drops what is
/// gone.
pub(super) fn refresh_only(
    graph: &Graph,
    snapshot: &Snapshot,
    options: &PlanOptions,
) -> Result<Plan, PlanError> {
    let mut faults = unknown_names(graph, snapshot, options);
    if options.destroy || !options.replace.is_empty() {
        faults.push(PlanFault {
            urn: None,
            field: None,
            message: "a plan that only refreshes changes nothing in the cloud".into(),
            way_out: Some("plan the destroy or the replacement without `refresh_only`".into()),
        });
    }
    if !faults.is_empty() {
        return Err(PlanError { faults });
    }
    let wanted = |urn: &Urn| is_refreshed(options, urn);
    let drift = drift(graph, snapshot, wanted);
    let steps = drift.iter().zip(0..).filter_map(|(found, index)| {
        let row = snapshot.resources.get(&found.urn)?;
        let (op, reason) = match found.missing {
            true => (Op::Forget, "it was deleted outside of this program"),
            false => (Op::Accept, "it was changed outside of this program"),
        };
        let mut step = Draft::of_row(row, op, vec![reason.to_owned()]).step;
        step.index = index;
        step.read_at = Some(row.refreshed_at);
        step.diff.clone_from(&found.diff);
        Some(step)
    });
    let steps: Vec<_> = steps.collect();
    Ok(Plan {
        stack: StackId::new(graph.project(), graph.stack()),
        parent_serial: snapshot.serial,
        destroy: false,
        refresh_only: true,
        summary: Summary {
            record: steps.len(),
            same: snapshot.resources.keys().filter(|urn| wanted(urn)).count() - steps.len(),
            ..Summary::default()
        },
        steps,
        recovered: Vec::new(),
        drift,
        warnings: Vec::new(),
        outputs: Vec::new(),
        selection: Vec::new(),
        facts: Facts::of(graph, snapshot, wanted),
        cost: PlanCost::default(),
        reads: Arc::default(),
        accounts: Arc::new(snapshot.accounts.clone()),
    })
}

/// The row as the cloud has it: the recorded inputs are what was seen. What the program left to the
/// cloud stays left to it.
pub(crate) fn accepted(driver: &dyn Driver, row: &ResourceRecord) -> ResourceRecord {
    let mut accepted = row.clone();
    if let Some(observed) = &row.observed {
        for diff in drifted(driver, &row.inputs, observed) {
            let field = diff.path.root();
            accepted.inputs = accepted.inputs.with(field, observed.get(field).clone());
        }
        if !worth_keeping(driver.spec(), &accepted.inputs, observed) {
            accepted.observed = None;
        }
    }
    accepted
}
