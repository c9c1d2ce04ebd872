//! Layers to one tree: later values win, tables are joined. Pure.

use std::collections::BTreeMap;

use iac_core::Path;
use serde_json::Value as Json;

use crate::check::variant;
use crate::fault::Fault;
use crate::node::{Content, Node};
use crate::schema::Schema;

/// Lays `over` on `under`.
pub(crate) fn merge(schema: &Schema, under: Node, over: Node, faults: &mut Vec<Fault>) -> Node {
    Merge { schema, faults }.nodes(Some(schema.root()), under, over, &Path::default())
}

struct Merge<'a> {
    schema: &'a Schema,
    faults: &'a mut Vec<Fault>,
}

impl Merge<'_> {
    fn nodes(&mut self, schema: Option<&Json>, under: Node, over: Node, path: &Path) -> Node {
        // The forms of a secret exclude each other, and so do the variants of an enum.
        if schema.is_some_and(|schema| {
            self.schema.may_be_secret(schema) || self.is_other_variant(schema, &under, &over)
        }) {
            return over;
        }
        let origin = over.origin.clone();
        match (under.content, over.content) {
            (Content::Table(below), Content::Table(above)) => {
                // A table that a variable adds to is still at home in its file.
                let origin = if origin.position().is_some() { origin } else { under.origin };
                Node { content: Content::Table(self.tables(schema, below, above, path)), origin }
            }
            (below, above) => {
                let under = Node { content: below, origin: under.origin };
                let over = Node { content: above, origin };
                self.compare(schema, &under, &over, path);
                over
            }
        }
    }

    fn tables(
        &mut self,
        schema: Option<&Json>,
        mut below: BTreeMap<String, Node>,
        above: BTreeMap<String, Node>,
        path: &Path,
    ) -> BTreeMap<String, Node> {
        for (key, over) in above {
            let merged = match below.remove(&key) {
                Some(under) => {
                    let entry = schema.and_then(|schema| self.schema.entry(schema, &key));
                    let entry = entry.cloned();
                    self.nodes(entry.as_ref(), under, over, &path.key(&key))
                }
                None => over,
            };
            below.insert(key, merged);
        }
        below
    }

    fn is_other_variant(&self, schema: &Json, under: &Node, over: &Node) -> bool {
        let facets = self.schema.settled(schema);
        let branches =
            facets.iter().filter_map(|facet| Schema::branches(facet)).find(|found| found.len() > 1);
        let Some(branches) = branches else { return false };
        match variant(self.schema, &branches, over) {
            Some(named) => variant(self.schema, &branches, under) != Some(named),
            // A text is a variant without data, or a shape of its own.
            None => !matches!(over.content, Content::Table(_)) || !matches!(under.content, Content::Table(_)),
        }
    }

    /// A table in one layer and a value in another is a mistake, unless the schema takes both.
    fn compare(&mut self, schema: Option<&Json>, under: &Node, over: &Node, path: &Path) {
        let is_table = |node: &Node| matches!(node.content, Content::Table(_));
        let is_text = |node: &Node| matches!(node.content, Content::Text(_));
        if is_table(under) == is_table(over) || is_text(over) || is_text(under) || schema.is_none() {
            return;
        }
        let message = format!(
            "is {} here and {} at {}; one key cannot be both",
            over.kind(),
            under.kind(),
            under.origin
        );
        let fault = Fault::new(path.as_str(), message).at(&over.origin);
        self.faults.push(fault.way_out("remove one of the two, or write both the same way"));
    }
}
