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
    root.walk(&Path::default(), &mut |path, node| {
        let value = match &node.content {
            Content::Table(entries) if !entries.is_empty() => return,
            Content::List(items) if items.iter().any(|item| holds_secret(item)) => return,
            Content::List(_) | Content::Table(_) => node.to_json(path, &|_| String::new()),
            Content::Secret(secret) => {
                let kind = match secret {
                    SecretContent::Plain(_) => "variable".to_owned(),
                    SecretContent::Sealed(_) => "sealed".to_owned(),
                    SecretContent::Elsewhere { source, .. } => source.clone(),
                };
                found.insert(path.as_str().to_owned(), (EntryValue::Secret(kind), node.origin.clone()));
                return;
            }
            _ => node.to_json(path, &|_| String::new()),
        };
        let inside_list = found.keys().any(|key: &String| path.as_str().starts_with(&format!("{key}[")));
        if !inside_list && !path.as_str().is_empty() {
            // What did not pass the check stands there unread: it may be a secret in the wrong place.
            let known = is_known(schema, root, path);
            let value = if known { EntryValue::Plain(value) } else { EntryValue::Hidden };
            found.insert(path.as_str().to_owned(), (value, node.origin.clone()));
        }
    });
    defaults(schema, schema.root(), Some(root), &Path::default(), 0, &mut found);
    let entry = |(key, (value, origin))| Entry { key, value, origin };
    found.into_iter().map(entry).collect()
}

fn holds_secret(node: &Node) -> bool {
    let mut holds = false;
    node.walk(&Path::default(), &mut |_, node| holds |= matches!(node.content, Content::Secret(_)));
    holds
}

/// Whether the schema knows the key and does not call it a secret: a secret that was read is a
/// secret by now.
fn is_known(schema: &Schema, root: &Node, path: &Path) -> bool {
    let (mut at, mut node, mut here) = (Some(schema.root().clone()), root, Path::default());
    while here.as_str() != path.as_str() {
        let Content::Table(entries) = &node.content else { break };
        let next = entries.iter().find(|(key, _)| {
            let inner = here.key(key);
            path.starts_with(inner.as_str())
        });
        let Some((key, inner)) = next else { break };
        at = at.and_then(|at| schema.entry(&at, key).cloned());
        here = here.key(key);
        node = inner;
        if at.as_ref().is_none_or(|at| schema.is_secret(at)) {
            return false;
        }
    }
    let Some(at) = at else { return false };
    let is_structure = matches!(node.content, Content::Table(_) | Content::List(_));
    is_structure || !wants_structure(&schema.settled(&at))
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
                    None if is_table => defaults(schema, property, None, &path, depth + 1, found),
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
