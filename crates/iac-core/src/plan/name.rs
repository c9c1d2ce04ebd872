//! Physical names that the engine derives. Knows nothing of any API's further rules.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::graph::{Graph, GraphNode};
use crate::hash::short_hex;
use crate::provider::Driver;
use crate::snapshot::Snapshot;
use crate::urn::Urn;
use crate::value::Value;

/// Digits of the hash that keeps a shortened name unique.
const HASH_LENGTH: usize = 8;

/// `<project>-<stack>-<path>`, lower case, letters, digits and `-` only, at most `length_max`
/// characters; from the second generation on with a suffix, so that the new half of a replacement
/// can exist beside the old one.
pub(crate) fn physical_name(urn: &Urn, generation: u32, length_max: usize) -> String {
    let suffix = if generation == 0 { String::new() } else { format!("-r{generation}") };
    let full = clean(&format!("{}-{}-{}", urn.project(), urn.stack(), urn.path()));
    if full.len() + suffix.len() <= length_max {
        return full + &suffix;
    }
    let hash: String = short_hex(urn.as_str().as_bytes()).chars().take(HASH_LENGTH).collect();
    let room = length_max.saturating_sub(suffix.len() + HASH_LENGTH + 1);
    let head: String = full.chars().take(room).collect();
    format!("{}-{hash}{suffix}", head.trim_end_matches('-'))
}

/// The names that the rows of a snapshot hold in fields the engine can derive: type, field, name.
/// An old half that still waits for its deletion holds one, and so does a renamed resource. Looked for
/// when the first name is derived: most applies derive none.
pub(crate) struct TakenNames<'a> {
    graph: &'a Graph,
    snapshot: &'a Snapshot,
    names: OnceLock<HashSet<(&'a str, &'static str, &'a str)>>,
}

impl<'a> TakenNames<'a> {
    pub(crate) fn new(graph: &'a Graph, snapshot: &'a Snapshot) -> Self {
        Self { graph, snapshot, names: OnceLock::new() }
    }

    fn names(&self) -> &HashSet<(&'a str, &'static str, &'a str)> {
        self.names.get_or_init(|| {
            let mut taken = HashSet::new();
            for row in self.snapshot.resources.values().chain(&self.snapshot.pending_deletes) {
                let Some(driver) = self.graph.driver_for(&row.provider, &row.type_token) else { continue };
                for field in driver.spec().inputs.iter().filter(|field| field.auto_name_length_max.is_some())
                {
                    let name = row.inputs.get(field.name).as_str();
                    taken.extend(name.map(|name| (&*row.type_token, field.name, name)));
                }
            }
            taken
        })
    }

    /// The first generation from `first` on whose derived names no row holds.
    pub(crate) fn free_generation(
        &self,
        node: &GraphNode,
        driver: &dyn Driver,
        raw: &Value,
        first: u32,
    ) -> u32 {
        let type_token = driver.spec().type_token;
        let derived = || {
            let fields = driver.spec().inputs.iter().filter(|field| *raw.get(field.name) == Value::Null);
            fields.filter_map(|field| Some((field.name, field.auto_name_length_max?)))
        };
        let free = |generation: &u32| {
            derived().all(|(field, length_max)| {
                let name = physical_name(&node.urn, *generation, length_max);
                !self.names().contains(&(type_token, field, name.as_str()))
            })
        };
        (first..).find(free).unwrap_or(first)
    }
}

fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for letter in text.chars().map(|letter| letter.to_ascii_lowercase()) {
        let letter = if letter.is_ascii_alphanumeric() { letter } else { '-' };
        if letter != '-' || !clean.ends_with('-') {
            clean.push(letter);
        }
    }
    clean.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_clean_unique_and_short_enough() {
        let urn = Urn::new("My_Project", "dev", "a:b", &["edge"], "web.1").unwrap();
        assert_eq!(physical_name(&urn, 0, 63), "my-project-dev-edge-web-1");
        assert_eq!(physical_name(&urn, 2, 63), "my-project-dev-edge-web-1-r2");
        let long = |name: &str| Urn::new("project", "stack", "a:b", &[], &(name.repeat(90))).unwrap();
        let (a, b) = (physical_name(&long("a"), 1, 40), physical_name(&long("ab"), 1, 40));
        assert!(a.len() <= 40 && a.ends_with("-r1"), "{a}");
        assert_ne!(a, b);
    }
}
