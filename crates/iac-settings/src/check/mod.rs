//! Values against a schema: every fault at once. Pure. Knows nothing of where secrets are kept.

mod scalar;
mod secret;
mod table;
mod union;

pub(crate) use scalar::wants_structure;
pub(crate) use secret::SEALED;
pub(crate) use union::variant;

use std::collections::BTreeMap;

use iac_core::Path;
use serde_json::Value as Json;

use crate::fault::Fault;
use crate::node::{Content, Node};
use crate::schema::{Facets, Schema, marks_secret};

/// Deepest nesting that is checked.
const DEPTH_MAX: usize = 64;
/// Most faults of one check: more of them help nobody.
pub(crate) const FAULTS_MAX: usize = 200;

/// One check: of settings, or of a reference to a secret.
pub(crate) struct Check<'s> {
    pub(crate) schema: &'s Schema,
    /// What the references of each secret source may say; `None` inside of one.
    pub(crate) sources: Option<&'s BTreeMap<String, Schema>>,
    pub(crate) faults: Vec<Fault>,
    /// Whether the value at hand may be meant as a secret, so that no fault may show it.
    hides: bool,
}

impl<'s> Check<'s> {
    pub(crate) fn new(schema: &'s Schema, sources: Option<&'s BTreeMap<String, Schema>>) -> Self {
        Self { schema, sources, faults: Vec::new(), hides: false }
    }

    /// Checks the value of a whole file or reference, and gives texts from outside their types.
    pub(crate) fn root(mut self, node: &mut Node, path: &Path) -> Vec<Fault> {
        self.value(node, self.schema.root(), path, 0);
        self.faults
    }

    fn fault(&mut self, fault: Fault, node: &Node) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault.at(&node.origin));
        }
    }

    fn value(&mut self, node: &mut Node, schema: &'s Json, path: &Path, depth: usize) {
        self.with_facets(node, self.schema.settled(schema), path, depth);
    }

    fn with_facets(&mut self, node: &mut Node, mut facets: Facets<'s>, path: &Path, depth: usize) {
        // Alternatives that lead to themselves count, too.
        if depth > DEPTH_MAX {
            let fault = Fault::new(path.as_str(), format!("is nested deeper than {DEPTH_MAX} levels"));
            return self.fault(fault, node);
        }
        if facets.iter().any(|facet| marks_secret(facet)) {
            return self.secret(node, path);
        }
        if let Some(branches) =
            facets.iter().filter_map(|facet| Schema::branches(facet)).find(|branches| branches.len() > 1)
        {
            if let Some(allowed) = union::texts(&branches) {
                return self.one_of(node, &allowed, path);
            }
            // The one facet with alternatives is used up by choosing.
            facets.retain(|facet| Schema::branches(facet).is_none_or(|found| found.len() <= 1));
            return self.choose(node, &facets, &branches, path, depth);
        }
        if facets.contains(&&Json::Bool(false)) {
            return self.fault(Fault::new(path.as_str(), "can have no value"), node);
        }
        if !self.has_type(node, &facets, path) {
            return;
        }
        match &node.content {
            Content::Table(_) => self.table(node, &facets, path, depth),
            Content::List(_) => self.list(node, &facets, path, depth),
            _ => self.scalar(node, &facets, path),
        }
    }

    fn list(&mut self, node: &mut Node, facets: &Facets<'s>, path: &Path, depth: usize) {
        let Content::List(items) = &mut node.content else { return };
        let prefix = facets.iter().find_map(|facet| facet.get("prefixItems")?.as_array());
        let every = facets.iter().find_map(|facet| facet.get("items"));
        for (index, item) in items.iter_mut().enumerate() {
            let schema = prefix.and_then(|prefix| prefix.get(index)).or(every);
            if let Some(schema) = schema.filter(|schema| !schema.is_boolean()) {
                self.value(item, schema, &path.index(index), depth + 1);
            }
        }
        let count = items.len() as u64;
        let bound = |keyword: &str| facets.iter().find_map(|facet| facet.get(keyword)?.as_u64());
        let (least, most) = (bound("minItems"), bound("maxItems"));
        let expected = match (least, most) {
            (Some(least), Some(most)) if least == most => format!("a list of {least}"),
            (Some(least), _) if count < least => format!("a list of at least {least}"),
            (_, Some(most)) => format!("a list of at most {most}"),
            (_, None) => return,
        };
        if least.is_some_and(|least| count < least) || most.is_some_and(|most| count > most) {
            self.fault(Fault::mismatch(path.as_str(), expected, format!("a list of {count}")), node);
        }
    }
}

/// The nearest of the known names, if one is near enough to be meant.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    /// As alike as a name with a letter or two wrong.
    const LIKENESS_MIN: f64 = 0.75;
    let scored = known.into_iter().map(|known| (strsim::jaro_winkler(name, known), known));
    let best = scored.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(likeness, _)| *likeness >= LIKENESS_MIN).map(|(_, known)| known)
}
