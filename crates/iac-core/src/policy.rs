//! Policies: rules of the program over a finished plan. Knows nothing of how plans are made, and does
//! no IO.

use std::fmt;
use std::sync::Arc;

use crate::caught::catch;
use crate::graph::Graph;
use crate::plan::{Op, Plan, PlanFault, Warning, alias_urn};
use crate::provider::TypeSpec;
use crate::resource::Resource;
use crate::scrub::Scrub;
use crate::snapshot::Snapshot;
use crate::stack::{Stack, StackError};
use crate::state::ResourceRecord;
use crate::urn::{Urn, check_name};
use crate::value::Value;

/// A rule: what it finds in a plan.
pub(crate) type Rule = Arc<dyn Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync>;

/// Whether a violation stops the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// It is shown with the plan.
    Warn,
    /// There is no plan.
    Deny,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Whether it stops the plan.
    pub severity: Severity,
    /// The resource; none for a fault of the plan as a whole.
    pub urn: Option<Urn>,
    /// The field, as a path.
    pub field: Option<String>,
    /// What is wrong, a lowercase sentence.
    pub message: String,
}

impl Violation {
    /// A violation that stops the plan.
    pub fn deny(message: impl Into<String>) -> Self {
        Self { severity: Severity::Deny, urn: None, field: None, message: message.into() }
    }

    /// A violation that is only shown.
    pub fn warn(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warn, ..Self::deny(message) }
    }

    /// Names the resource.
    #[must_use]
    pub fn of(mut self, resource: &PlannedResource<'_>) -> Self {
        self.urn = Some(resource.urn.clone());
        self
    }

    /// Names the field, as a path (`rules[0].port`).
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

/// A resource as it will be when the plan is applied, or as it was when the plan ends it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PlannedResource<'a> {
    /// The logical name.
    pub urn: &'a Urn,
    /// What the plan does to it; none if it stays as it is.
    pub op: Option<Op>,
    /// The inputs; parts are [`Value::Unknown`] that only the apply decides, and secret ones are
    /// marked.
    pub inputs: &'a Value,
    /// Whether it is protected.
    pub protect: bool,
    /// What is known of its type; none where its provider does not register the type any more.
    pub spec: Option<&'a TypeSpec>,
}

impl PlannedResource<'_> {
    /// Whether it is of type `R`.
    pub fn is<R: Resource>(&self) -> bool {
        self.urn.type_token() == R::TYPE
    }

    /// Whether the plan ends it without putting another in its place.
    pub fn is_deleted(&self) -> bool {
        matches!(self.op, Some(Op::Delete | Op::Forget))
    }
}

/// A plan and everything it leaves, as rules see them.
pub struct PolicyView<'a> {
    plan: &'a Plan,
    resources: Vec<PlannedResource<'a>>,
}

impl<'a> PolicyView<'a> {
    pub(crate) fn new(graph: &'a Graph, snapshot: &'a Snapshot, plan: &'a Plan) -> Self {
        let steps =
            plan.steps.iter().filter(|step| !matches!(step.op, Op::Hook | Op::Read | Op::DeleteReplaced));
        let by_urn: std::collections::HashMap<&Urn, _> = steps.map(|step| (&step.urn, step)).collect();
        let mut resources: Vec<PlannedResource<'a>> = Vec::with_capacity(graph.len());
        for node in &graph.nodes {
            let Some(driver) = node.driver() else { continue };
            let (op, inputs) = match by_urn.get(&node.urn) {
                Some(step) if !matches!(step.op, Op::Delete | Op::Forget) => (Some(step.op), &step.inputs),
                _ => match row_of(snapshot, &node.urn, &node.options.aliases) {
                    Some(row) if !plan.destroy => (None, &row.inputs),
                    // A part of the stack that this plan leaves out and that does not exist yet.
                    _ => continue,
                },
            };
            let (protect, spec) = (node.options.protect, Some(driver.spec()));
            resources.push(PlannedResource { urn: &node.urn, op, inputs, protect, spec });
        }
        let ended = plan.steps.iter().filter(|step| matches!(step.op, Op::Delete | Op::Forget));
        resources.extend(ended.filter_map(|step| {
            let row = step.prior.as_ref()?;
            let (urn, inputs, protect) = (&row.urn, &row.inputs, row.protect);
            let types = graph.providers.get(&*row.provider).map(|instance| instance.types());
            let driver = types.and_then(|types| types.drivers.get(urn.type_token()));
            let spec = driver.map(|driver| driver.spec());
            Some(PlannedResource { urn, op: Some(step.op), inputs, protect, spec })
        }));
        Self { plan, resources }
    }

    /// Everything the stack has or gets, then what the plan ends.
    pub fn resources(&self) -> impl Iterator<Item = &PlannedResource<'a>> {
        self.resources.iter()
    }

    /// What the stack has or gets of type `R`.
    pub fn of<R: Resource>(&self) -> impl Iterator<Item = &PlannedResource<'a>> {
        self.resources.iter().filter(|resource| resource.is::<R>() && !resource.is_deleted())
    }

    /// The plan itself.
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }
}

fn row_of<'a>(snapshot: &'a Snapshot, urn: &Urn, aliases: &[String]) -> Option<&'a ResourceRecord> {
    let earlier = || aliases.iter().filter_map(|alias| alias_urn(urn, alias));
    let row = snapshot.resources.get(urn);
    row.or_else(|| earlier().find_map(|urn| snapshot.resources.get(&urn))).map(|row| &**row)
}

impl Stack {
    /// Adds a rule over every plan of this stack. A violation that denies is a fault of the plan,
    /// like any other; one that warns is shown with it. Rules MUST be pure.
    ///
    /// ```
    /// # use iac_core::{Stack, StackError, Violation, random::RandomToken};
    /// # fn program(stack: &Stack) -> Result<(), StackError> {
    /// stack.policy("long-tokens", |plan| {
    ///     let short = plan.of::<RandomToken>().filter(|token| token.inputs.get("bytes").as_int() < Some(16));
    ///     short.map(|token| Violation::deny("has less than 16 bytes").of(token).field("bytes")).collect()
    /// })?;
    /// # Ok(())
    /// # }
    /// # program(&Stack::new("philotes", "dev")?)?;
    /// # Ok::<(), StackError>(())
    /// ```
    ///
    /// # Errors
    /// A name that cannot be part of a URN, or a taken one.
    pub fn policy<F>(&self, name: &str, rule: F) -> Result<(), StackError>
    where
        F: Fn(&PolicyView<'_>) -> Vec<Violation> + Send + Sync + 'static,
    {
        check_name("policy", name)?;
        let mut inner = self.lock();
        if inner.policies.contains_key(name) {
            return Err(StackError::DuplicatePolicy(name.to_owned()));
        }
        inner.policies.insert(name.into(), Arc::new(rule));
        Ok(())
    }
}

/// What the rules of a program say of a plan: faults, and warnings.
pub(crate) fn judge(graph: &Graph, snapshot: &Snapshot, plan: &Plan) -> (Vec<PlanFault>, Vec<Warning>) {
    let (mut faults, mut warnings) = (Vec::new(), Vec::new());
    if graph.policies.is_empty() {
        return (faults, warnings);
    }
    let view = PolicyView::new(graph, snapshot, plan);
    let scrub = scrub(plan, snapshot);
    for (name, rule) in &graph.policies {
        let said = catch(|| rule(&view)).unwrap_or_else(|text| vec![Violation::deny(text)]);
        for mut violation in said {
            scrub.clean(&mut violation.message);
            violation.field.iter_mut().for_each(|field| scrub.clean(field));
            let message = format!("policy {name:?}: {}", violation.message);
            let urn = violation.urn;
            match (violation.severity, urn) {
                (Severity::Warn, urn) => {
                    warnings.push(Warning { urn, field: violation.field, message, loses_data: false });
                }
                (Severity::Deny, urn) => faults.push(PlanFault {
                    urn,
                    field: violation.field,
                    message,
                    way_out: Some("change the program so that the policy holds, or change the policy".into()),
                }),
            }
        }
    }
    (faults, warnings)
}

/// Removes every secret that a rule can look at, whatever resource its message is about: what is to be
/// and what is.
fn scrub(plan: &Plan, snapshot: &Snapshot) -> Scrub {
    let mut secrets = Vec::new();
    plan.steps.iter().for_each(|step| step.inputs.secret_texts(&mut secrets));
    snapshot.secret_texts(&mut secrets);
    Scrub::new(&secrets)
}

impl fmt::Debug for PolicyView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolicyView({} resources)", self.resources.len())
    }
}
