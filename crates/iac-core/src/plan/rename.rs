//! Finds a delete and a create that are probably one renamed resource.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash as _, Hasher as _};

use super::diff::{differs, is_absent};
use super::fault::PlanFault;
use super::order::Draft;
use super::step::Op;
use crate::field::{Equality, FieldSpec};
use crate::graph::Graph;
use crate::provider::TypeSpec;
use crate::value::Value;

/// One fault for each suspected pair. Each deleted row is suspected once.
pub(crate) fn suspected_renames(graph: &Graph, drafts: &[Draft]) -> Vec<PlanFault> {
    let mut faults = Vec::new();
    let mut created = Created::new(graph, drafts);
    if created.by_likeness.is_empty() {
        return faults;
    }
    for deleted in drafts.iter().filter(|draft| matches!(draft.step.op, Op::Delete | Op::Forget)) {
        let Some(row) = &deleted.step.prior else { continue };
        let Some(driver) = graph.driver_for(&row.provider, &row.type_token) else { continue };
        if driver.spec().local {
            continue;
        }
        if let Some(created) = created.take(driver.spec(), &row.inputs) {
            let message = format!(
                "it looks like {} under a new name: same type, same inputs; this plan would delete that one and create a new one",
                row.urn
            );
            faults.push(PlanFault::new(&created.step.urn, message).way_out(format!(
                "to keep the object add `Options::new().alias({:?})` to it; to really replace it allow renames (`--allow-renames`)",
                row.urn.path()
            )));
        }
    }
    faults
}

/// The new resources of a plan, in groups outside of which nothing is alike: thousands of deletes and
/// creates are not compared each with each.
struct Created<'a> {
    drafts: &'a [Draft],
    by_likeness: HashMap<Likeness, BTreeSet<usize>>,
}

impl<'a> Created<'a> {
    fn new(graph: &Graph, drafts: &'a [Draft]) -> Self {
        let mut by_likeness: HashMap<Likeness, BTreeSet<usize>> = HashMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            let new = draft.node.filter(|_| draft.step.op == Op::Create && draft.step.prior.is_none());
            if let Some(driver) = new.and_then(|index| graph.node(index).driver()) {
                let likeness = Likeness::of(driver.spec(), &draft.step.inputs);
                by_likeness.entry(likeness).or_default().insert(at);
            }
        }
        Self { drafts, by_likeness }
    }

    /// The first one that is like a row with these inputs. Each is taken once.
    fn take(&mut self, spec: &TypeSpec, inputs: &Value) -> Option<&'a Draft> {
        let drafts = self.drafts;
        let fits = |at: &usize| {
            drafts.get(*at).is_some_and(|draft| {
                draft.step.type_token == spec.type_token && alike(spec, inputs, &draft.step.inputs)
            })
        };
        let groups = [Likeness::of(spec, inputs), Likeness::unknown(spec)];
        let in_group = |group: Likeness| {
            let at = self.by_likeness.get(&group)?.iter().copied().find(fits)?;
            Some((at, group))
        };
        let (at, group) = groups.into_iter().filter_map(in_group).min()?;
        self.by_likeness.get_mut(&group)?.remove(&at);
        drafts.get(at)
    }
}

/// A digest of the type and of the inputs that two alike resources have in common to the letter. Only
/// ever held in memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Likeness {
    /// Whether every such input is known.
    known: bool,
    digest: u64,
}

impl Likeness {
    /// Of a resource that may be like any other of its type.
    fn unknown(spec: &TypeSpec) -> Self {
        let mut hasher = DefaultHasher::new();
        spec.type_token.hash(&mut hasher);
        Self { known: false, digest: hasher.finish() }
    }

    fn of(spec: &TypeSpec, inputs: &Value) -> Self {
        let mut hasher = DefaultHasher::new();
        spec.type_token.hash(&mut hasher);
        for field in spec.inputs.iter().filter(|field| counts_to_the_letter(field)) {
            match inputs.get(field.name).peel() {
                value if value.has_unknown() => return Self::unknown(spec),
                value if is_absent(value) => 0_u8.hash(&mut hasher),
                Value::Bool(_) => 1_u8.hash(&mut hasher),
                Value::Int(number) => (2_u8, number).hash(&mut hasher),
                Value::String(text) => (3_u8, text).hash(&mut hasher),
                // Compared in full where the rest is the same.
                _ => 4_u8.hash(&mut hasher),
            }
        }
        Self { known: true, digest: hasher.finish() }
    }
}

/// Whether two values of this field are the same only if they are equal.
fn counts_to_the_letter(field: &FieldSpec) -> bool {
    field.equality == Equality::Exact && !field.default_from_api && field.auto_name_length_max.is_none()
}

/// Whether everything that is known of both is the same, apart from derived names.
fn alike(spec: &TypeSpec, old: &Value, new: &Value) -> bool {
    differs(spec, old, new).iter().all(|diff| {
        let derived = spec.input(diff.path.root()).is_some_and(|field| field.auto_name_length_max.is_some());
        derived || diff.new.has_unknown()
    })
}
