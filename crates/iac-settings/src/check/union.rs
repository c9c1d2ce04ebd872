//! Alternatives: enums with data, and types of several shapes. Knows nothing of single values.

use iac_core::Path;
use serde_json::Value as Json;

use super::{Check, scalar};
use crate::fault::Fault;
use crate::node::{Content, Node};
use crate::schema::{Facets, Schema};

impl<'s> Check<'s> {
    /// Checks against the alternative that the value is meant as.
    pub(super) fn choose(
        &mut self,
        node: &mut Node,
        shared: &Facets<'s>,
        branches: &[&'s Json],
        path: &Path,
        depth: usize,
    ) {
        let with = |schema: &'s Schema, branch: &'s Json| {
            let mut facets = shared.clone();
            facets.extend(schema.settled(branch));
            facets
        };
        if let Content::Text(text) = &node.content
            && !branches.iter().any(|branch| accepts_text(self.schema, branch))
            && let Some(read) = crate::document::parse_value(text.trim(), &node.origin)
        {
            node.content = read.content;
        }
        if let Some(branch) = branches.iter().find(|branch| is_meant(self.schema, branch, node)) {
            return self.with_facets(node, with(self.schema, branch), path, depth + 1);
        }
        let tags = tags(self.schema, branches);
        if !tags.is_empty()
            && matches!(node.content, Content::Table(_) | Content::String(_) | Content::Text(_))
        {
            return self.fault(unknown_variant(node, &tags, path), node);
        }
        // A key that is a secret in one shape may be a number in another.
        let hides = self.hides || branches.iter().any(|branch| self.schema.holds_secret(branch));
        let types = |branch: &&'s Json| scalar::type_names(&self.schema.settled(branch));
        if let Some(words) = no_type_fits(node, branches.iter().map(types)) {
            let found =
                if hides || words.has_structure { node.kind().to_owned() } else { scalar::shown(node) };
            return self.fault(Fault::mismatch(path.as_str(), words.text, found), node);
        }
        // Shapes without a name: of those with the right type, the one with the fewest faults is meant.
        let tried = branches.iter().map(|branch| {
            let mut trial = Check::new(self.schema, self.sources);
            trial.hides = hides;
            let mut copy = node.clone();
            trial.with_facets(&mut copy, with(self.schema, branch), path, depth + 1);
            let is_of = scalar::is_of(&copy.content, types(branch).as_deref());
            (is_of, trial.faults, copy)
        });
        let best = tried.min_by_key(|(is_of, faults, _)| (!is_of, faults.len()));
        if let Some((_, faults, checked)) = best {
            self.faults.extend(faults);
            *node = checked;
        }
    }
}

/// What a value of the wrong type should have been.
struct TypeWords {
    text: String,
    has_structure: bool,
}

/// The types of all alternatives, if the value has none of them. A text from outside may be read as any.
fn no_type_fits<'s>(node: &Node, all: impl Iterator<Item = Option<Vec<&'s str>>>) -> Option<TypeWords> {
    let mut types: Vec<&str> = all.collect::<Option<Vec<_>>>()?.concat();
    types.dedup();
    if types.is_empty()
        || matches!(node.content, Content::Text(_))
        || scalar::is_of(&node.content, Some(&types))
    {
        return None;
    }
    let has_structure = types.iter().any(|name| matches!(*name, "object" | "array"));
    Some(TypeWords { text: scalar::type_words(&types), has_structure })
}

/// The texts that stand for alternatives without data, if all are such.
pub(super) fn texts<'s>(branches: &[&'s Json]) -> Option<Vec<&'s Json>> {
    let mut all = Vec::new();
    for branch in branches {
        match (branch.get("const"), branch.get("enum")) {
            (Some(value), _) if value.is_string() => all.push(value),
            (_, Some(Json::Array(values))) if values.iter().all(Json::is_string) => all.extend(values),
            _ => return None,
        }
    }
    Some(all)
}

fn accepts_text(schema: &Schema, branch: &Json) -> bool {
    let facets = schema.settled(branch);
    scalar::type_names(&facets).is_none_or(|types| types.contains(&"string"))
}

/// The number of the alternative that a table names by its tag or its only key.
pub(crate) fn variant(schema: &Schema, branches: &[&Json], node: &Node) -> Option<usize> {
    branches
        .iter()
        .position(|branch| matches!(node.content, Content::Table(_)) && is_meant(schema, branch, node))
}

/// Whether the value names this alternative: by a tag, by its only key, by its text.
fn is_meant(schema: &Schema, branch: &Json, node: &Node) -> bool {
    let facets = schema.settled(branch);
    match &node.content {
        Content::Table(entries) => {
            let properties = Schema::properties(&facets);
            let mut tagged =
                properties.iter().filter_map(|(name, schema)| Some((name, schema.get("const")?)));
            if let Some((name, tag)) = tagged.next() {
                return entries.get(*name).is_some_and(|entry| scalar::equals(&entry.content, tag));
            }
            only_key(&facets).is_some_and(|key| entries.len() == 1 && entries.contains_key(key))
        }
        Content::Text(_) | Content::String(_) => scalar::enumeration(&facets)
            .is_some_and(|allowed| allowed.iter().any(|value| scalar::equals(&node.content, value))),
        _ => false,
    }
}

/// The key of an alternative that is written as a table with one entry.
fn only_key<'s>(facets: &Facets<'s>) -> Option<&'s str> {
    facets.iter().find_map(|facet| {
        let closed = facet.get("additionalProperties").is_some_and(|open| open == false);
        match facet.get("required")?.as_array()?.as_slice() {
            [Json::String(key)] if closed && entries(facet) == 1 => Some(key.as_str()),
            _ => None,
        }
    })
}

fn entries(facet: &Json) -> usize {
    facet.get("properties").and_then(Json::as_object).map_or(0, serde_json::Map::len)
}

/// How the alternatives are named: tags, only keys, texts.
fn tags<'s>(schema: &'s Schema, branches: &[&'s Json]) -> Vec<&'s str> {
    let mut tags = Vec::new();
    for branch in branches {
        let facets = schema.settled(branch);
        let allowed = scalar::enumeration(&facets).unwrap_or_default();
        let by_tag =
            Schema::properties(&facets).into_values().find_map(|schema| schema.get("const")?.as_str());
        let found = by_tag.or_else(|| only_key(&facets));
        tags.extend(allowed.into_iter().filter_map(Json::as_str).chain(found));
    }
    tags
}

fn unknown_variant(node: &Node, tags: &[&str], path: &Path) -> Fault {
    let names: Vec<String> = tags.iter().map(|tag| format!("{tag:?}")).collect();
    Fault::mismatch(
        path.as_str(),
        format!("one of {}", names.join(", ")),
        node.kind().to_owned() + " that names none of them",
    )
}
