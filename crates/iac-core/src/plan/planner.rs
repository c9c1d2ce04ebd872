//! [`plan`]: walks the graph once, compares each resource with its row, and collects steps.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::diff::{compare_inputs, differs, effective};
use super::drift::{drift, refresh_only};
use super::facts::Facts;
use super::fault::{PlanError, PlanFault, other_account, unregistered};
use super::field_path::option_faults;
use super::follow::Endings;
use super::hooks::{deletion_hooks, hook_drafts, owed_after_deletion, still_owed};
use super::import::{Import, plan_import, unread};
use super::name::TakenNames;
use super::order::{Draft, arrange};
use super::protection::is_protected;
use super::rename::suspected_renames;
use super::scope::{Fate, PlanScope};
use super::select::{Selection, unknown_names};
use super::step::{FieldDiff, Op, OutputChange, Plan, Summary, Warning};
use super::wanted::{dependencies, trigger_count, trigger_values, triggered, wanted_inputs};
use crate::cost::{self, PlanCost, Prices};
use crate::graph::{Graph, GraphNode, Maker};
use crate::policy::judge;
use crate::provider::Driver;
use crate::resource::{OnChange, ReplaceOrder, scrubbed};
use crate::snapshot::Snapshot;
use crate::state::{ResourceRecord, StackId, Status};
use crate::urn::Urn;
use crate::value::{Path, Value};

/// What to plan, beyond graph and snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanOptions {
    /// Plan towards nothing.
    pub destroy: bool,
    /// Plan only these resources and what they need (URN or path); empty for all. When
    /// destroying: these and what needs them.
    pub targets: Vec<String>,
    /// Leave these resources and what needs them as they are (URN or path).
    pub excludes: Vec<String>,
    /// Replace these resources although nothing differs (URN or path).
    pub replace: Vec<String>,
    /// Accept a delete and a create that look like a rename.
    pub allow_renames: bool,
    /// Plan nothing but to take what the cloud has as the recorded state: changed values are
    /// accepted, and what is gone is dropped. Targets and excludes then mean exactly the resources
    /// they name.
    pub refresh_only: bool,
    /// What providers ask, in place of their own lists.
    pub prices: Prices,
}

impl PlanOptions {
    /// Plan everything towards the program.
    pub fn new() -> Self {
        Self::default()
    }
    /// Take these prices in place of the providers' own lists.
    #[must_use]
    pub fn prices(mut self, prices: Prices) -> Self {
        self.prices = prices;
        self
    }
    /// Plan towards nothing.
    #[must_use]
    pub fn destroy(mut self) -> Self {
        self.destroy = true;
        self
    }
    /// Plan nothing but to take what the cloud has as the recorded state.
    ///
    /// ```
    /// use iac_core::{PlanOptions, Snapshot, Stack, StackError, plan, random::RandomToken};
    ///
    /// let stack = Stack::new("philotes", "dev")?;
    /// stack.add("token", RandomToken::args().bytes(16u32))?;
    /// let plan = plan(&stack.freeze()?, &Snapshot::default(), &PlanOptions::new().refresh_only()).unwrap();
    /// // What is new is no business of a refresh.
    /// assert!(!plan.has_changes());
    /// # Ok::<(), StackError>(())
    /// ```
    #[must_use]
    pub fn refresh_only(mut self) -> Self {
        self.refresh_only = true;
        self
    }
}

/// Finds the steps that lead from `snapshot` to `graph`.
///
/// It does no IO, reads no clock and uses no randomness: the same arguments give the same plan.
///
/// ```
/// use iac_core::{PlanOptions, Snapshot, Stack, StackError, plan, random::RandomToken};
///
/// let stack = Stack::new("philotes", "dev")?;
/// stack.add("token", RandomToken::args().bytes(16u32))?;
/// let plan = plan(&stack.freeze()?, &Snapshot::default(), &PlanOptions::new()).unwrap();
/// assert_eq!(plan.summary.create, 1);
/// # Ok::<(), StackError>(())
/// ```
///
/// # Errors
/// [`PlanError`] with every fault: invalid inputs, protected resources that would be deleted,
/// credentials of another account, suspected renames.
pub fn plan(graph: &Graph, snapshot: &Snapshot, options: &PlanOptions) -> Result<Plan, PlanError> {
    plan_with_late_reads(graph, snapshot, options).map(|(plan, _)| plan)
}

/// The plan, and the data reads in it that must wait for the apply although their query is known:
/// what configures their provider is not what it will be.
pub(crate) fn plan_with_late_reads(
    graph: &Graph,
    snapshot: &Snapshot,
    options: &PlanOptions,
) -> Result<(Plan, HashSet<Urn>), PlanError> {
    if options.refresh_only {
        return Ok((refresh_only(graph, snapshot, options)?, HashSet::new()));
    }
    let mut selection = Selection::new(graph, snapshot, options);
    loop {
        let mut planner = Planner::new(graph, snapshot, options, selection);
        if !options.destroy {
            for index in &graph.order {
                planner.node(*index);
            }
        }
        planner.leftovers();
        if !planner.needs_another_round() {
            let late_reads = std::mem::take(&mut planner.late_reads);
            return Ok((planner.finish()?, late_reads));
        }
        selection = planner.selection;
    }
}

pub(super) struct Planner<'a> {
    pub(super) options: &'a PlanOptions,
    pub(super) scope: PlanScope<'a>,
    pub(super) selection: Selection,
    taken: TakenNames<'a>,
    /// Rows that a node of the program continues, by the row's URN.
    pub(super) claimed: HashMap<Urn, u32>,
    pub(super) drafts: Vec<Draft>,
    late_reads: HashSet<Urn>,
    /// URNs whose replacement deletes first.
    delete_first: BTreeSet<Urn>,
    pub(super) endings: Endings,
    /// Whether something was drawn in that came earlier in the order.
    pub(super) another_round: bool,
    pub(super) faults: Vec<PlanFault>,
    warnings: Vec<Warning>,
    summary: Summary,
}

impl<'a> Planner<'a> {
    fn new(graph: &'a Graph, snapshot: &'a Snapshot, options: &'a PlanOptions, selection: Selection) -> Self {
        Self {
            options,
            scope: PlanScope { graph, snapshot, fates: vec![Fate::Unknown; graph.len()] },
            selection,
            taken: TakenNames::new(graph, snapshot),
            claimed: HashMap::new(),
            drafts: Vec::new(),
            late_reads: HashSet::new(),
            delete_first: BTreeSet::new(),
            endings: Endings::default(),
            another_round: false,
            faults: unknown_names(graph, snapshot, options),
            warnings: Vec::new(),
            summary: Summary::default(),
        }
    }

    fn settle(&mut self, index: u32, fate: Fate) {
        if let Some(slot) = self.scope.fates.get_mut(index as usize) {
            *slot = fate;
        }
    }

    fn node(&mut self, index: u32) {
        let graph = self.scope.graph;
        let node = graph.node(index);
        let prior = self.prior(node);
        if let Some(prior) = &prior {
            self.claimed.insert(prior.urn.clone(), index);
        }
        if self.selection.holds(index) && !self.draws_in(index, node, prior.as_deref()) {
            if let Some(prior) = prior.filter(|prior| !prior.missing) {
                self.summary.same += 1;
                self.settle(index, Fate::Same(prior));
            }
            return;
        }
        let raw = match node.inputs.eval(&self.scope) {
            Ok(raw) => raw,
            Err(error) => return self.faults.push(PlanFault::new(&node.urn, error.to_string())),
        };
        match &node.maker {
            Maker::Reader(_) => self.read(index, node, raw),
            Maker::Driver(driver) => self.resource(index, node, &**driver, raw, prior),
        }
    }

    /// The row this node continues: its own, or one under an earlier name that nobody else uses.
    pub(super) fn prior(&self, node: &GraphNode) -> Option<Arc<ResourceRecord>> {
        let rows = &self.scope.snapshot.resources;
        let free = |urn: &Urn| {
            !self.scope.graph.by_urn.contains_key(urn)
                && self.claimed.get(urn).is_none_or(|by| self.scope.graph.node(*by).urn == node.urn)
        };
        let mut earlier = node.options.aliases.iter().filter_map(|alias| alias_urn(&node.urn, alias));
        rows.get(&node.urn).or_else(|| earlier.find_map(|urn| rows.get(&urn).filter(|_| free(&urn)))).cloned()
    }

    fn read(&mut self, index: u32, node: &GraphNode, query: Value) {
        if let Some(data) = self.scope.snapshot.reads.get(&node.urn) {
            return self.settle(index, Fate::Data(data.clone()));
        }
        self.summary.read += 1;
        let source = self.scope.graph.providers.get(&node.provider).and_then(|one| one.deferred_source());
        let is_late = source.is_some_and(|source| {
            source.config().eval(&self.scope).map_or(true, |config| config.has_unknown())
        });
        if is_late {
            self.late_reads.insert(node.urn.clone());
        }
        let reason = if is_late {
            "its provider is only configured during the apply"
        } else if query.has_unknown() {
            "its query is only known during the apply"
        } else {
            "it has not been read yet"
        };
        self.drafts.push(Draft::of_node(index, node, Op::Read, query, vec![reason.into()]));
    }

    fn resource(
        &mut self,
        index: u32,
        node: &GraphNode,
        driver: &dyn Driver,
        raw: Value,
        prior: Option<Arc<ResourceRecord>>,
    ) {
        let faults = option_faults(node, driver.spec());
        if !faults.is_empty() {
            return self.faults.extend(faults);
        }
        let triggers = match trigger_values(node, &self.scope) {
            Ok(triggers) => triggers,
            Err(error) => return self.faults.push(PlanFault::new(&node.urn, error.to_string())),
        };
        let Some(prior) = prior else {
            return match &node.options.import {
                Some(id) => self.import(index, node, driver, &raw, id),
                None => self.create(index, node, driver, &raw, None),
            };
        };
        if prior.is_unread() {
            return self.faults.push(unread(&prior));
        }
        self.check_account(&prior);
        if prior.missing {
            return self.create(index, node, driver, &raw, Some(prior));
        }
        let wanted = wanted_inputs(node, driver, &raw, Some(&prior), prior.generation);
        if !self.check(node, driver, &wanted.inputs) {
            return;
        }
        let old = effective(&prior.inputs, prior.observed.as_ref());
        let options = &node.options;
        let comparison =
            compare_inputs(driver, old, &wanted.inputs, &options.replace_on_changes, &options.ignore_changes);
        let forced = self.forced_replacement(node, &prior, &triggers);
        if forced.is_empty() && comparison.effect != Some(OnChange::Replace) {
            if comparison.diff.is_empty() {
                self.same(index, node, driver, &wanted.inputs, &triggers, prior);
            } else {
                self.update(index, node, wanted.inputs, comparison.diff, prior);
            }
        } else {
            self.replace(index, node, driver, &raw, comparison.diff, forced, prior);
        }
    }

    /// Reasons to replace that no field shows.
    fn forced_replacement(&self, node: &GraphNode, prior: &ResourceRecord, triggers: &Value) -> Vec<String> {
        let mut reasons = Vec::new();
        if prior.status == Status::Incomplete {
            reasons.push("its creation failed halfway".to_owned());
        }
        if triggered(&prior.triggers, triggers) {
            reasons.push(TRIGGERED.to_owned());
        }
        if prior.provider != *node.provider {
            reasons
                .push(format!("it moves from provider instance {:?} to {:?}", prior.provider, node.provider));
        }
        if let Some(on) = self.lost_ground(node) {
            reasons.push(format!(
                "provider instance {:?}, which it lives in, is configured by {on}, which is made anew",
                node.provider
            ));
        }
        if self.options.replace.iter().any(|pattern| Selection::matches(pattern, &node.urn)) {
            reasons.push("its replacement was asked for".to_owned());
        }
        reasons
    }

    /// A resource that configures the node's provider and is made anew by this plan.
    pub(super) fn lost_ground(&self, node: &GraphNode) -> Option<Urn> {
        let source = self.scope.graph.providers.get(&node.provider)?.deferred_source()?;
        source.nodes().into_iter().find_map(|on| {
            let index = on.index()?;
            let anew = matches!(self.scope.fate(index), Fate::Unknown);
            (anew && self.scope.graph.node(index).driver().is_some()).then(|| on.urn().clone())
        })
    }

    fn create(
        &mut self,
        index: u32,
        node: &GraphNode,
        driver: &dyn Driver,
        raw: &Value,
        gone: Option<Arc<ResourceRecord>>,
    ) {
        let generation = match &gone {
            Some(row) => row.generation,
            None => self.taken.free_generation(node, driver, raw, 0),
        };
        let wanted = wanted_inputs(node, driver, raw, gone.as_deref(), generation);
        if !self.check(node, driver, &wanted.inputs) {
            return;
        }
        self.summary.create += 1;
        if let Some(row) = &gone {
            self.endings.made_again(&row.urn, index);
        }
        let reason = match &gone {
            Some(_) => "it was deleted outside of this program",
            None => "it is new",
        };
        let mut draft = Draft::of_node(index, node, Op::Create, wanted.inputs, vec![reason.into()]);
        draft.step.prior = gone;
        self.drafts.push(draft);
    }

    /// Continues an object that exists and has no row yet.
    fn import(&mut self, index: u32, node: &GraphNode, driver: &dyn Driver, raw: &Value, id: &str) {
        let (graph, snapshot) = (self.scope.graph, self.scope.snapshot);
        let replace = self.options.replace.iter().any(|pattern| Selection::matches(pattern, &node.urn));
        let import = Import { graph, snapshot, index, node, driver, raw, id, replace };
        match plan_import(&import) {
            Ok((draft, fate)) if self.check(node, driver, &draft.step.inputs) => {
                match draft.step.op {
                    Op::Import => self.summary.import += 1,
                    _ => self.summary.update += 1,
                }
                self.drafts.push(draft);
                self.settle(index, fate);
            }
            Ok(_) => {}
            Err(fault) => self.faults.push(fault),
        }
    }

    fn same(
        &mut self,
        index: u32,
        node: &GraphNode,
        driver: &dyn Driver,
        inputs: &Value,
        triggers: &Value,
        prior: Arc<ResourceRecord>,
    ) {
        let mut reasons = self.record_reasons(node, driver, inputs, &prior);
        if trigger_count(&prior.triggers) != trigger_count(triggers) {
            reasons.push("its replace triggers are other ones than before".to_owned());
        }
        if reasons.is_empty() {
            self.summary.same += 1;
        } else {
            self.summary.record += 1;
            let mut draft = Draft::of_node(index, node, Op::Record, inputs.clone(), reasons);
            draft.step.prior = Some(Arc::clone(&prior));
            self.drafts.push(draft);
        }
        self.settle(index, Fate::Same(prior));
    }

    /// What differs between row and program although the cloud is as wanted.
    fn record_reasons(
        &self,
        node: &GraphNode,
        driver: &dyn Driver,
        inputs: &Value,
        prior: &ResourceRecord,
    ) -> Vec<String> {
        let mut reasons = Vec::new();
        if prior.urn != node.urn {
            reasons.push(format!("it was renamed from {}", prior.urn));
        }
        match (prior.protect, node.options.protect) {
            (true, false) => reasons.push("its protection is lifted".to_owned()),
            (false, true) => reasons.push("it becomes protected".to_owned()),
            _ => {}
        }
        if prior.retain != node.options.retain_on_delete {
            reasons.push("what a delete does to it changes".to_owned());
        }
        if !differs(driver.spec(), &prior.inputs, inputs).is_empty() {
            reasons.push("the cloud has the wanted values already".to_owned());
        }
        if prior.dependencies != dependencies(self.scope.graph, node) {
            reasons.push("it depends on other resources than before".to_owned());
        }
        if prior.hooks.deletion != deletion_hooks(node) {
            reasons.push("the hooks of its deletion are other ones than before".to_owned());
        }
        let owed = still_owed(node, prior);
        reasons.extend(owed.iter().map(|used| format!("{used} is still owed")));
        if owed.len() < prior.hooks.owed.len() {
            reasons.push("a hook that was still owed is not attached any more".to_owned());
        }
        reasons
    }

    fn update(
        &mut self,
        index: u32,
        node: &GraphNode,
        inputs: Value,
        diff: Vec<FieldDiff>,
        prior: Arc<ResourceRecord>,
    ) {
        self.summary.update += 1;
        let spec = node.driver().map(|driver| driver.spec());
        let changed = diff.iter().filter_map(|field| spec?.input(field.path.root()));
        let unsettled = changed.flat_map(|field| field.unsettles.iter().copied()).collect();
        let mut draft =
            Draft::of_node(index, node, Op::Update, inputs, vec![changed_fields(&diff, "changes", "change")]);
        draft.step.diff = diff;
        draft.step.prior = Some(Arc::clone(&prior));
        self.drafts.push(draft);
        self.settle(index, Fate::Updated(prior, unsettled));
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one decision")]
    fn replace(
        &mut self,
        index: u32,
        node: &GraphNode,
        driver: &dyn Driver,
        raw: &Value,
        diff: Vec<FieldDiff>,
        mut reasons: Vec<String>,
        prior: Arc<ResourceRecord>,
    ) {
        self.summary.replace += 1;
        self.endings.replaced(&prior.urn, index);
        let forced_by_state = reasons.iter().any(|reason| reason != TRIGGERED);
        let asked = |field: &&FieldDiff| {
            node.options.replace_on_changes.iter().any(|prefix| field.path.starts_with(prefix))
        };
        let (asked, fixed): (Vec<_>, Vec<_>) = diff.iter().filter(|field| field.replaces).partition(asked);
        if !fixed.is_empty() {
            reasons.push(changed_fields(fixed, "cannot change in place", "cannot change in place"));
        }
        if !asked.is_empty() {
            let and_so = "and the program asks for a replacement then";
            let (one, several) = (format!("changes, {and_so}"), format!("change, {and_so}"));
            reasons.push(changed_fields(asked, &one, &several));
        }
        let (order, why) = self.replace_order(node, driver, raw, &prior);
        reasons.extend(why);
        let generation = match order {
            ReplaceOrder::CreateFirst => {
                self.taken.free_generation(node, driver, raw, prior.generation.saturating_add(1))
            }
            ReplaceOrder::DeleteFirst => prior.generation,
        };
        let wanted = wanted_inputs(node, driver, raw, Some(&prior), generation);
        let old = effective(&prior.inputs, prior.observed.as_ref());
        let mut shown =
            compare_inputs(driver, old, &wanted.inputs, &node.options.replace_on_changes, &[]).diff;
        if let Some(name) = shown.iter().find(|field| is_auto_name(driver, raw, &field.path)) {
            reasons.push(format!("the new one is named {} while both exist", text(&name.new)));
        }
        shown.sort_by_key(|field| !field.replaces);

        let mut delete = Draft::of_row(&prior, Op::DeleteReplaced, reasons.clone());
        delete.step.replace_order = Some(order);
        let mut create = Draft::of_node(index, node, Op::CreateReplacement, wanted.inputs, reasons);
        create.step.forced = forced_by_state;
        create.step.replace_order = Some(order);
        create.step.diff = shown;
        create.step.prior = Some(Arc::clone(&prior));
        self.guard_deletion(&prior, driver);
        if prior.retain {
            delete.step.op = Op::Forget;
        } else if self.scope.graph.driver_for(&prior.provider, &prior.type_token).is_none() {
            self.faults.push(unregistered(&prior));
        }
        self.drafts.push(create);
        self.drafts.push(delete);
        if order == ReplaceOrder::DeleteFirst {
            self.delete_first.insert(prior.urn.clone());
        }
    }

    fn replace_order(
        &self,
        node: &GraphNode,
        driver: &dyn Driver,
        raw: &Value,
        prior: &ResourceRecord,
    ) -> (ReplaceOrder, Option<String>) {
        let first = |why: String| (ReplaceOrder::DeleteFirst, Some(why));
        if node.options.delete_before_replace {
            return first("the old one goes first, as the program asks".into());
        }
        if driver.spec().replace == ReplaceOrder::DeleteFirst {
            return first(format!(
                "the old one goes first: two {}s cannot exist at once",
                driver.spec().type_token
            ));
        }
        if let Some(on) = prior.dependencies.iter().find(|urn| self.delete_first.contains(*urn)) {
            return first(format!("the old one goes first, because {on} goes first"));
        }
        let old = effective(&prior.inputs, prior.observed.as_ref());
        for field in driver.spec().inputs.iter().filter(|field| field.unique) {
            let pinned = raw.get(field.name);
            if *pinned != Value::Null && old.get(field.name).accepts(pinned) {
                return first(format!(
                    "the old one goes first: the program fixes `{}` to {}, which must be unique",
                    field.name,
                    text(pinned)
                ));
            }
        }
        (ReplaceOrder::CreateFirst, None)
    }

    /// Rows that no node continues, and old halves of earlier replacements.
    fn leftovers(&mut self) {
        let snapshot = self.scope.snapshot;
        for row in snapshot.resources.values() {
            if self.claimed.contains_key(&row.urn) || !self.selection.wants_deleted(&row.urn) {
                continue;
            }
            let reason = if self.options.destroy {
                "the stack is destroyed"
            } else if row.status == Status::Incomplete {
                "its creation failed halfway and it is not part of the program"
            } else if self.scope.graph.rollback_to.is_some() {
                "it was not there then"
            } else {
                "it is not part of the program any more"
            };
            self.delete_row(row, Op::Delete, reason);
        }
        for row in &snapshot.pending_deletes {
            if self.selection.wants_deleted(&row.urn) {
                self.delete_row(row, Op::DeleteReplaced, "a new object has replaced it");
            }
        }
        for row in &snapshot.gone {
            if self.selection.wants_deleted(&row.urn) {
                self.settle_gone(row);
            }
        }
    }

    /// The hooks that are owed after a deletion.
    fn settle_gone(&mut self, row: &Arc<ResourceRecord>) {
        let mut first = None;
        for used in &row.hooks.owed {
            let draft = Draft::of_row(row, Op::Hook, vec![format!("{used} is still owed")]);
            match owed_after_deletion(self.scope.graph, draft, used, first) {
                Ok(draft) => {
                    first = first.or(Some(self.drafts.len()));
                    self.drafts.push(draft);
                }
                Err(fault) => self.faults.push(fault),
            }
        }
    }

    fn delete_row(&mut self, row: &Arc<ResourceRecord>, op: Op, reason: &str) {
        self.check_account(row);
        let Some(driver) = self.scope.graph.driver_for(&row.provider, &row.type_token) else {
            return self.faults.push(unregistered(row));
        };
        let mut draft = Draft::of_row(row, op, vec![reason.to_owned()]);
        if row.retain {
            draft.step.op = Op::Forget;
            draft.step.reasons.push("the object stays in the cloud".to_owned());
            self.summary.record += 1;
        } else {
            self.summary.delete += usize::from(op == Op::Delete);
            if op == Op::Delete {
                self.guard_deletion(row, &*driver);
            }
        }
        self.endings.deleted(&row.urn, draft.step.op);
        self.drafts.push(draft);
    }

    /// Refuses to delete what is protected and warns of lost data.
    fn guard_deletion(&mut self, row: &ResourceRecord, driver: &dyn Driver) {
        if is_protected(self.scope.graph, row) {
            let fault = PlanFault::new(&row.urn, "it is protected, and this plan would delete it");
            self.faults.push(fault.way_out(
                "keep it; or declare it without `protect()`, apply that, and then make this change",
            ));
        } else if driver.spec().holds_data && !row.retain {
            let message = format!("deletes {} {} and the data on it", driver.spec().type_token, row.id);
            let urn = Some(row.urn.clone());
            self.warnings.push(Warning { urn, field: None, message, loses_data: true });
        }
    }

    fn check_account(&mut self, row: &ResourceRecord) {
        self.faults.extend(other_account(&self.scope.snapshot.accounts, row));
    }

    fn check(&mut self, node: &GraphNode, driver: &dyn Driver, inputs: &Value) -> bool {
        let faults = scrubbed(driver.check(inputs), inputs);
        let good = faults.is_empty();
        self.faults.extend(faults.into_iter().map(|fault| PlanFault {
            urn: Some(node.urn.clone()),
            field: Some(fault.field),
            message: fault.message,
            way_out: None,
        }));
        good
    }

    fn finish(mut self) -> Result<Plan, PlanError> {
        if !self.options.allow_renames {
            self.faults.extend(suspected_renames(self.scope.graph, &self.drafts));
        }
        let outputs = self.outputs();
        let selection = self.selected();
        let hooks = hook_drafts(self.scope.graph, &self.drafts, &mut self.faults);
        self.drafts.extend(hooks);
        self.summary.hook = self.drafts.iter().filter(|draft| draft.step.op == Op::Hook).count();
        if !self.faults.is_empty() {
            return Err(PlanError { faults: self.faults });
        }
        let (graph, snapshot) = (self.scope.graph, self.scope.snapshot);
        let steps =
            arrange(graph, snapshot, self.drafts).map_err(|fault| PlanError { faults: vec![fault] })?;
        let cost =
            PlanCost::with_detail(graph, snapshot, &steps, &self.options.prices, cost::Detail::Changes);
        let mut plan = Plan {
            cost,
            stack: StackId::new(graph.project(), graph.stack()),
            parent_serial: snapshot.serial,
            destroy: self.options.destroy,
            refresh_only: false,
            steps,
            recovered: Vec::new(),
            drift: drift(graph, snapshot, |_| true),
            warnings: self.warnings,
            outputs,
            selection,
            facts: Facts::of(graph, snapshot, |urn| match self.claimed.get(urn) {
                Some(index) => !self.selection.holds(*index),
                None => self.selection.wants_deleted(urn),
            }),
            summary: self.summary,
            reads: Arc::new(snapshot.reads.clone()),
            accounts: Arc::new(snapshot.accounts.clone()),
        };
        let (faults, warnings) = judge(graph, snapshot, &plan);
        plan.warnings.extend(warnings);
        if faults.is_empty() { Ok(plan) } else { Err(PlanError { faults }) }
    }

    fn outputs(&mut self) -> Vec<OutputChange> {
        let mut wanted: BTreeMap<String, Value> = BTreeMap::new();
        if !self.options.destroy {
            for (name, expr) in &self.scope.graph.exports {
                match expr.eval(&self.scope) {
                    Ok(value) => wanted.extend([(name.clone(), value)]),
                    Err(error) => self.faults.push(PlanFault {
                        urn: None,
                        field: None,
                        message: format!("output {name:?}: {error}"),
                        way_out: None,
                    }),
                }
            }
        } else if !self.options.targets.is_empty() {
            return Vec::new();
        }
        let have = &self.scope.snapshot.exports;
        let names: BTreeSet<&String> = wanted.keys().chain(have.keys()).collect();
        let value = |map: &BTreeMap<String, Value>, name: &String| map.get(name).cloned().unwrap_or_default();
        names
            .into_iter()
            .map(|name| OutputChange {
                name: name.clone(),
                old: value(have, name),
                new: value(&wanted, name),
            })
            .filter(|change| change.old != change.new)
            .collect()
    }
}

/// The reason that is checked again when the triggers' values are known.
const TRIGGERED: &str = "a replace trigger changed";

/// The URN that an alias of `urn` means.
pub(crate) fn alias_urn(urn: &Urn, alias: &str) -> Option<Urn> {
    if alias.starts_with("urn:") {
        return Urn::parse(alias).ok();
    }
    let parts: Vec<&str> = alias.split('/').collect();
    let (name, scope) = parts.split_last()?;
    Urn::new(urn.project(), urn.stack(), urn.type_token(), scope, name).ok()
}

fn is_auto_name(driver: &dyn Driver, raw: &Value, path: &Path) -> bool {
    let field = driver.spec().input(path.root());
    field.is_some_and(|field| field.auto_name_length_max.is_some() && *raw.get(field.name) == Value::Null)
}

/// "`size` changes", "`name`, `size` change".
pub(super) fn changed_fields<'a>(
    diff: impl IntoIterator<Item = &'a FieldDiff>,
    singular: &str,
    plural: &str,
) -> String {
    let mut roots: Vec<&str> = diff.into_iter().map(|field| field.path.root()).collect();
    roots.dedup();
    let names: Vec<String> = roots.iter().map(|root| format!("`{root}`")).collect();
    format!("{} {}", names.join(", "), if names.len() == 1 { singular } else { plural })
}

/// A value in a sentence.
fn text(value: &Value) -> String {
    format!("{value:?}")
}
