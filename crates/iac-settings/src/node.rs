//! [`Node`]: a value and where it was written. Knows nothing of files or schemas.

use std::collections::BTreeMap;

use iac_core::{Path, Secret};
use serde_json::Value as Json;

use crate::origin::Origin;
use crate::source::Reference;

/// A value with its origin. It has no `Debug`: what is not checked yet may be a secret.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) origin: Origin,
}

/// The value itself.
#[derive(Clone)]
pub(crate) enum Content {
    /// From a variable or the command line: its type is the schema's to say.
    Text(String),
    String(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    /// In RFC 3339's notation.
    Datetime(String),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
    Secret(SecretContent),
}

/// What stands for a secret.
#[derive(Clone)]
pub(crate) enum SecretContent {
    /// From a variable: the secret itself.
    Plain(Secret<String>),
    /// Encrypted in the file.
    Sealed(String),
    /// Elsewhere.
    Elsewhere { source: String, reference: Reference },
}

impl Node {
    pub(crate) fn table(origin: Origin) -> Self {
        Self { content: Content::Table(BTreeMap::new()), origin }
    }

    /// What it is, in a sentence.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Text(_) | Content::String(_) => "text",
            Content::Integer(_) => "a whole number",
            Content::Float(_) => "a number with a fraction",
            Content::Bool(_) => "true or false",
            Content::Datetime(_) => "a date",
            Content::List(_) => "a list",
            Content::Table(_) => "a table",
            Content::Secret(_) => "a secret",
        }
    }

    /// Every node with its path, tables and lists before what is in them.
    pub(crate) fn walk<'a>(&'a self, path: &Path, visit: &mut impl FnMut(&Path, &'a Node)) {
        visit(path, self);
        match &self.content {
            Content::Table(entries) => {
                entries.iter().for_each(|(key, node)| node.walk(&path.key(key), visit));
            }
            Content::List(items) => {
                items.iter().enumerate().for_each(|(index, node)| node.walk(&path.index(index), visit));
            }
            _ => {}
        }
    }

    /// The value as JSON; `secret` says what stands in place of the secret at a path.
    pub(crate) fn to_json(&self, path: &Path, secret: &impl Fn(&Path) -> String) -> Json {
        match &self.content {
            Content::Text(text) | Content::String(text) | Content::Datetime(text) => {
                Json::from(text.as_str())
            }
            Content::Integer(number) => Json::from(*number),
            Content::Float(number) => Json::from(*number),
            Content::Bool(value) => Json::from(*value),
            Content::List(items) => {
                let items = items.iter().enumerate();
                items.map(|(index, item)| item.to_json(&path.index(index), secret)).collect()
            }
            Content::Table(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, node)| (key.clone(), node.to_json(&path.key(key), secret)))
                    .collect(),
            ),
            Content::Secret(_) => Json::from(secret(path)),
        }
    }
}
