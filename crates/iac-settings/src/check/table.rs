//! Tables: unknown and missing keys. Knows nothing of single values.

use iac_core::Path;

use super::{Check, nearest};
use crate::fault::{Fault, NOTHING};
use crate::node::{Content, Node};
use crate::schema::{Facets, Schema};

/// What a missing secret is called.
const SECRET: &str = "a secret";
/// Most known keys listed in a message.
const LISTED_MAX: usize = 12;

impl<'s> Check<'s> {
    pub(super) fn table(&mut self, node: &mut Node, facets: &Facets<'s>, path: &Path, depth: usize) {
        let properties = Schema::properties(facets);
        let closed = Schema::other(facets, "").is_none()
            && (!properties.is_empty()
                || facets
                    .iter()
                    .any(|facet| facet.get("additionalProperties").is_some_and(|open| open == false)));
        let Content::Table(entries) = &mut node.content else { return };
        for (key, entry) in entries.iter_mut() {
            let at = path.key(key);
            match properties.get(key.as_str()).copied().or_else(|| Schema::other(facets, key)) {
                Some(schema) => self.value(entry, schema, &at, depth + 1),
                // Its value is not shown: it may be a secret under a misspelled key.
                None if closed => {
                    self.fault(unknown(&at, path, key, properties.keys().copied()), entry);
                }
                None => {}
            }
        }
        let required = facets.iter().filter_map(|facet| facet.get("required")?.as_array()).flatten();
        let mut missing: Vec<&str> = required.filter_map(|name| name.as_str()).collect();
        missing.sort_unstable();
        missing.dedup();
        for name in missing.into_iter().filter(|name| !entries.contains_key(*name)).collect::<Vec<_>>() {
            let what = properties.get(name).map(|schema| self.described(schema)).unwrap_or_default();
            let key = path.key(name);
            // The command line is no place for a secret.
            let way_out = if what == SECRET {
                format!("write it with `config set --secret {key}`, or name a variable or a secret source")
            } else {
                "set it in a settings file, a variable or with `--set`".to_owned()
            };
            let mut fault = Fault::new(key.as_str(), format!("is missing{}", note(&what))).way_out(way_out);
            fault.expected = (!what.is_empty()).then(|| what.into());
            fault.found = Some(NOTHING.into());
            self.fault(fault, node);
        }
    }

    /// What a value of this schema is, for a message about one that is not there.
    fn described(&self, schema: &'s serde_json::Value) -> String {
        let facets = self.schema.settled(schema);
        if facets.iter().any(|facet| crate::schema::marks_secret(facet)) {
            return SECRET.to_owned();
        }
        if let Some(allowed) = super::scalar::enumeration(&facets) {
            return super::scalar::listed(&allowed);
        }
        super::scalar::type_names(&facets).map(|types| super::scalar::type_words(&types)).unwrap_or_default()
    }
}

fn note(what: &str) -> String {
    if what.is_empty() { String::new() } else { format!("; it must be {what}") }
}

fn unknown<'n>(at: &Path, parent: &Path, key: &str, known: impl Iterator<Item = &'n str> + Clone) -> Fault {
    let fault = Fault::new(at.as_str(), "is not a known key");
    if let Some(near) = nearest(key, known.clone()) {
        return fault.way_out(format!("did you mean `{}`?", parent.key(near)));
    }
    let names: Vec<&str> = known.collect();
    if names.is_empty() {
        return fault.way_out("remove it: nothing can stand here");
    }
    let more = names.len().saturating_sub(LISTED_MAX);
    let shown: Vec<&str> = names.into_iter().take(LISTED_MAX).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    fault.way_out(format!("known here: {}{rest}", shown.join(", ")))
}
