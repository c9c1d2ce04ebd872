//! A checked tree to the user's type. No error shows a secret: what is told comes from a reading in
//! which every secret is a placeholder.

use std::collections::BTreeMap;

use iac_core::{Path, Secret};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use serde_path_to_error::Segment;

use crate::fault::Fault;
use crate::node::{Content, Node};

/// Stands for every secret in a reading that may be told about.
const PLACEHOLDER: &str = "[secret]";

/// The secrets by their paths.
pub(crate) type Secrets = BTreeMap<Path, Secret<String>>;

/// The value without its secrets: a placeholder stands for each.
///
/// A fault of a secret's content cannot be known here, so none is told.
pub(crate) fn without_secrets<T: DeserializeOwned>(root: &Node) -> Result<T, Option<Fault>> {
    let json = root.to_json(&Path::default(), &|_| PLACEHOLDER.to_owned());
    read(json).map_err(|(path, message)| match place(root, &path) {
        Some(node) if matches!(node.content, Content::Secret(_)) => None,
        node => Some(fault(&path, message, node.unwrap_or(root))),
    })
}

/// The value.
pub(crate) fn with_secrets<T: DeserializeOwned>(root: &Node, secrets: &Secrets) -> Result<T, Fault> {
    let known = |path: &Path| secrets.get(path).map(|secret| secret.expose().clone()).unwrap_or_default();
    let json = root.to_json(&Path::default(), &known);
    read(json).map_err(|(path, _)| match without_secrets::<T>(root) {
        Err(Some(fault)) => fault,
        // Only the content of a secret makes the difference, and the message may quote it.
        _ => {
            let node = place(root, &path).unwrap_or(root);
            Fault::new(path.as_str(), "holds a secret whose content is not what the program takes")
                .way_out("look at the secret where it is kept; it is not shown here")
                .at(&node.origin)
        }
    })
}

fn read<T: DeserializeOwned>(json: Json) -> Result<T, (Path, String)> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        let mut path = Path::default();
        for segment in error.path() {
            path = match segment {
                Segment::Seq { index } => path.index(*index),
                Segment::Map { key } => path.key(key),
                Segment::Enum { .. } | Segment::Unknown => path,
            };
        }
        (path, error.into_inner().to_string())
    })
}

fn fault(path: &Path, message: String, node: &Node) -> Fault {
    Fault::new(path.as_str(), format!("is refused: {message}")).at(&node.origin)
}

/// The node at a path, or the nearest one around it.
pub(crate) fn place<'a>(root: &'a Node, path: &Path) -> Option<&'a Node> {
    let mut found: Option<(usize, &Node)> = None;
    root.walk(&Path::default(), &mut |at, node| {
        let length = at.as_str().len();
        let around = length == 0 || path.starts_with(at.as_str());
        if around && found.is_none_or(|(best, _)| length >= best) {
            found = Some((length, node));
        }
    });
    found.map(|(_, node)| node)
}
