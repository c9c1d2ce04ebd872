//! Objects that exist and have no row yet: what their rows are, and what planning makes of one that
//! the program imports. Pure; knows nothing of how objects are read.

use std::sync::Arc;

use super::diff::compare_inputs;
use super::fault::PlanFault;
use super::hooks::deletion_hooks;
use super::order::Draft;
use super::planner::changed_fields;
use super::scope::Fate;
use super::step::Op;
use super::wanted::{dependencies, wanted_inputs};
use crate::graph::{Graph, GraphNode};
use crate::hook::RecordedHooks;
use crate::provider::{Driver, Observation};
use crate::resource::OnChange;
use crate::snapshot::Snapshot;
use crate::state::{ResourceRecord, Status};
use crate::value::Value;

/// The row of an object that was found, but for its token and times. What the cloud does not show
/// is still missing in it: see [`fill_write_only`].
pub(crate) fn imported_row(
    graph: &Graph,
    node: &GraphNode,
    driver: &dyn Driver,
    found: Observation,
    account: String,
) -> ResourceRecord {
    ResourceRecord {
        urn: node.urn.clone(),
        token: String::new(),
        type_token: driver.spec().type_token.to_owned(),
        provider: node.provider.to_string(),
        account,
        id: found.id,
        status: Status::Ready,
        inputs: found.inputs,
        outputs: found.outputs,
        observed: None,
        missing: false,
        triggers: Value::list([]),
        dependencies: dependencies(graph, node),
        protect: node.options.protect,
        retain: node.options.retain_on_delete,
        generation: 0,
        refreshed_at: 0,
        modified_at: 0,
        hooks: RecordedHooks { deletion: deletion_hooks(node), ..RecordedHooks::default() },
    }
}

/// Takes what the cloud does not show to be as the program says, as far as that is known.
pub(crate) fn fill_write_only(driver: &dyn Driver, row: &mut ResourceRecord, wanted: &Value) {
    for field in driver.spec().inputs.iter().filter(|field| field.write_only) {
        let value = wanted.get(field.name);
        let value = if value.has_unknown() { Value::Null } else { value.clone() };
        row.inputs = row.inputs.with(field.name, value);
    }
}

/// Whether the row a step starts from is not in the state yet: the step imports its object.
pub(crate) fn unrecorded(row: &ResourceRecord) -> bool {
    row.token.is_empty()
}

/// The fault of a row that was adopted and must be read before anything can be said of it.
pub(super) fn unread(row: &ResourceRecord) -> PlanFault {
    PlanFault::new(&row.urn, format!("it was adopted as {} and never read", row.id))
        .way_out("refresh the state first: `Engine::plan` and `Engine::refresh` do")
}

/// One resource without a row that the program imports.
pub(super) struct Import<'a> {
    pub(super) graph: &'a Graph,
    pub(super) snapshot: &'a Snapshot,
    pub(super) index: u32,
    pub(super) node: &'a GraphNode,
    pub(super) driver: &'a dyn Driver,
    pub(super) raw: &'a Value,
    pub(super) id: &'a str,
    /// Whether its replacement was asked for.
    pub(super) replace: bool,
}

/// The step that imports: of the state alone if nothing differs, else an update.
pub(super) fn plan_import(import: &Import<'_>) -> Result<(Draft, Fate), PlanFault> {
    let Import { graph, snapshot, index, node, driver, raw, id, .. } = *import;
    let fault = |message: String| PlanFault::new(&node.urn, message);
    if let Some(other) = taken_by(import) {
        return Err(fault(format!("it shall be imported from {id}, which is {other} already"))
            .way_out("give each resource an object of its own"));
    }
    let Some(found) = snapshot.imports.get(&node.urn) else {
        return Err(fault(format!("it shall be imported from {id}, and there is no such object")).way_out(
            "check the id and that the credentials are for its account; without `import` it is created",
        ));
    };
    let account = snapshot.accounts.get(&*node.provider).cloned().unwrap_or_default();
    let mut row = imported_row(graph, node, driver, found.clone(), account);
    let wanted = wanted_inputs(node, driver, raw, Some(&row), row.generation).inputs;
    fill_write_only(driver, &mut row, &wanted);
    let hidden = driver.spec().inputs.iter().filter(|field| field.write_only);
    let ignored: Vec<String> =
        hidden.map(|field| field.name.to_owned()).chain(node.options.ignore_changes.clone()).collect();
    let comparison = compare_inputs(driver, &row.inputs, &wanted, &node.options.replace_on_changes, &ignored);
    if comparison.effect == Some(OnChange::Replace) {
        let fixed = comparison.diff.iter().filter(|field| field.replaces);
        let why = changed_fields(fixed, "cannot change in place", "cannot change in place");
        return Err(fault(format!("importing {id} would replace it, because {why}"))
            .way_out("correct the program so that it describes the object, or import another one"));
    }
    if import.replace {
        return Err(fault(format!("it is imported from {id} by this plan, and cannot be replaced by it"))
            .way_out("apply the import first"));
    }
    let row = Arc::new(row);
    let draft = |op, reason| {
        let mut draft = Draft::of_node(index, node, op, wanted.clone(), vec![reason]);
        draft.step.prior = Some(Arc::clone(&row));
        draft
    };
    if comparison.diff.is_empty() {
        let draft = draft(Op::Import, format!("the program imports {id}, which is as wanted"));
        return Ok((draft, Fate::Same(row)));
    }
    let why = changed_fields(&comparison.diff, "changes", "change");
    let mut draft = draft(Op::Update, format!("the program imports {id} first, then {why}"));
    let changed = comparison.diff.iter().filter_map(|diff| driver.spec().input(diff.path.root()));
    let unsettled = changed.flat_map(|field| field.unsettles.iter().copied()).collect();
    draft.step.diff = comparison.diff;
    Ok((draft, Fate::Updated(row, unsettled)))
}

/// Who has the object already: a row of the state, or an earlier resource of the program.
fn taken_by(import: &Import<'_>) -> Option<crate::Urn> {
    let Import { graph, snapshot, node, id, .. } = *import;
    let type_token = node.urn.type_token();
    let rows = snapshot.resources.values().chain(&snapshot.pending_deletes);
    let mut rows = rows.filter(|row| row.type_token == type_token && row.provider == *node.provider);
    if let Some(row) = rows.find(|row| row.id == id && !row.missing) {
        return Some(row.urn.clone());
    }
    let twin = |other: &&GraphNode| {
        other.urn < node.urn
            && other.urn.type_token() == type_token
            && other.provider == node.provider
            && other.options.import.as_deref() == Some(id)
    };
    graph.nodes.iter().find(twin).map(|other| other.urn.clone())
}
