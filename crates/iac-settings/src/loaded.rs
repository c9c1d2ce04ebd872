//! [`Loaded`]: settings that were checked, and where each value comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use iac_core::Path;
use serde_json::Value as Json;

use crate::check::wants_structure;
use crate::load::Joined;
use crate::node::{Content, Node, SecretContent};
use crate::origin::Origin;
use crate::schema::Schema;

/// Deepest nesting of defaults that is listed.
const DEPTH_MAX: usize = 16;

/// Checked settings. Derefs to the program's own type.
pub struct Loaded<T> {
    value: T,
    entries: Vec<Entry>,
}

/// One value of the settings and where it comes from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The key with its sections.
    pub key: String,
    /// What it is.
    pub value: EntryValue,
    /// Where it comes from.
    pub origin: Origin,
}

/// What can be shown of a value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EntryValue {
    /// An ordinary value.
    Plain(Json),
    /// A secret, and what is known of where it is: `sealed`, `vault`, `variable`.
    Secret(String),
    /// A value under a key that is not known, or of a form that is not the key's: it may be a secret.
    Hidden,
    /// Nothing is set, and there is no default that can be shown.
    Unset,
}

impl<T> Loaded<T> {
    pub(crate) fn new(value: T, joined: &Joined) -> Self {
        Self { value, entries: entries(&joined.schema, &joined.root) }
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Every value that is set or has a default, sorted by key.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Where the value at `key` comes from.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.origin)
    }
}

impl<T> Deref for Loaded<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> fmt::Debug for Loaded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The entries rather than the value: a type of the user's may show what it should not.
        f.debug_struct("Loaded").field("entries", &self.entries).finish_non_exhaustive()
    }
}

impl fmt::Display for EntryValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => write!(f, "{value}"),
            Self::Secret(_) => f.write_str("[secret]"),
            Self::Hidden => f.write_str("[not shown]"),
            Self::Unset => f.write_str("(not set)"),
        }
    }
}

/// Every value of a tree, and the defaults of what it leaves out.
pub(crate) fn entries(schema: &Schema, root: &Node) -> Vec<Entry> {
    let mut found = BTreeMap::new();
    list(schema, Some(schema.root()), root, &Path::default(), &mut found);
    defaults(schema, schema.root(), Some(root), &Path::default(), 0, &mut found);
    let entry = |(key, (value, origin))| Entry { key, value, origin };
    found.into_iter().map(entry).collect()
}

/// Lists what is set. What did not pass the check is not shown: under a misspelled key or in the
/// wrong form it may be a secret.
fn list(schema: &Schema, at: Option<&Json>, node: &Node, path: &Path, found: &mut Found) {
    let value = match &node.content {
        Content::Table(entries) if !entries.is_empty() => {
            for (key, entry) in entries {
                let inner = at.and_then(|at| schema.entry(at, key));
                list(schema, inner, entry, &path.key(key), found);
            }
            return;
        }
        Content::List(items) if !is_shown(schema, at, node) => {
            for (index, item) in items.iter().enumerate() {
                let inner = at.and_then(|at| schema.item(at, index));
                list(schema, inner, item, &path.index(index), found);
            }
            return;
        }
        Content::Secret(secret) => EntryValue::Secret(match secret {
            SecretContent::Plain(_) => "variable".to_owned(),
            SecretContent::Sealed(_) => "sealed".to_owned(),
            SecretContent::Elsewhere { source, .. } => source.clone(),
        }),
        _ if path.as_str().is_empty() => return,
        _ if is_shown(schema, at, node) => EntryValue::Plain(node.to_json(path, &|_| String::new())),
        _ => EntryValue::Hidden,
    };
    found.insert(path.as_str().to_owned(), (value, node.origin.clone()));
}

/// Whether the schema knows the value and all in it, and nothing in it is or could be a secret.
fn is_shown(schema: &Schema, at: Option<&Json>, node: &Node) -> bool {
    let Some(at) = at else { return false };
    match &node.content {
        Content::Table(entries) => {
            entries.iter().all(|(key, entry)| is_shown(schema, schema.entry(at, key), entry))
        }
        Content::List(items) => {
            let mut items = items.iter().enumerate();
            items.all(|(index, item)| is_shown(schema, schema.item(at, index), item))
        }
        Content::Secret(_) => false,
        // A text where a table with a secret should stand may be that secret.
        _ => !wants_structure(&schema.settled(at)) && !schema.holds_secret(at),
    }
}

type Found = BTreeMap<String, (EntryValue, Origin)>;

/// Lists what is set nowhere.
fn defaults(schema: &Schema, at: &Json, node: Option<&Node>, path: &Path, depth: usize, found: &mut Found) {
    if depth > DEPTH_MAX {
        return;
    }
    let facets = schema.settled(at);
    // A table whose kind is chosen by its content has no defaults before it is chosen.
    if facets.iter().any(|facet| Schema::branches(facet).is_some_and(|branches| branches.len() > 1)) {
        return;
    }
    for (name, property) in Schema::properties(&facets) {
        let path = path.key(name);
        let entries = match node.map(|node| &node.content) {
            Some(Content::Table(entries)) => Some(entries),
            _ => None,
        };
        let inner_facets = schema.settled(property);
        let is_table = !Schema::properties(&inner_facets).is_empty();
        match entries.and_then(|entries| entries.get(name)) {
            Some(inner) if is_table && matches!(inner.content, Content::Table(_)) => {
                defaults(schema, property, Some(inner), &path, depth + 1, found)
            }
            Some(_) => {}
            None => {
                let default = property.get("default").filter(|default| !default.is_null());
                match default {
                    Some(Json::Object(fields)) if is_table => {
                        spread(fields, &path, found);
                    }
                    Some(value) => {
                        let value = EntryValue::Plain(value.clone());
                        found.insert(path.as_str().to_owned(), (value, Origin::Default));
                    }
                    None if is_table && !Schema::is_optional(property) => {
                        defaults(schema, property, None, &path, depth + 1, found)
                    }
                    None => {
                        found.insert(path.as_str().to_owned(), (EntryValue::Unset, Origin::Default));
                    }
                }
            }
        }
    }
}

fn spread(fields: &serde_json::Map<String, Json>, path: &Path, found: &mut Found) {
    for (name, value) in fields {
        let path = path.key(name);
        match value {
            Json::Object(inner) if !inner.is_empty() => spread(inner, &path, found),
            Json::Null => {}
            value => {
                let value = EntryValue::Plain(value.clone());
                found.insert(path.as_str().to_owned(), (value, Origin::Default));
            }
        }
    }
}
