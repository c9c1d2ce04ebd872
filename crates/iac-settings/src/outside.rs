//! Layers from outside of files: environment variables and `--set`. Knows nothing of files.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use iac_core::{Error, ErrorKind};
use serde_json::Value as Json;

use crate::fault::Fault;
use crate::node::{Content, Node};
use crate::origin::Origin;
use crate::schema::Schema;

/// Stands between the sections of a key in a variable's name.
const SECTION_MARK: &str = "__";

/// The environment that settings and secret sources see. By default it is the process's own.
///
/// ```
/// let variables = iac_settings::Variables::of([("SHOP_WORKERS", "3")]);
/// assert_eq!(variables.get("SHOP_WORKERS").as_deref(), Some("3"));
/// ```
#[derive(Clone, Default)]
pub struct Variables(Option<BTreeMap<OsString, OsString>>);

impl Variables {
    /// The process's own.
    pub fn process() -> Self {
        Self(None)
    }

    /// None at all.
    pub fn none() -> Self {
        Self(Some(BTreeMap::new()))
    }

    /// These and no others.
    pub fn of<N: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(Some(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }

    /// The variable, unless it is unset, empty or not UTF-8.
    pub fn get(&self, name: &str) -> Option<String> {
        self.raw(name)?.into_string().ok().filter(|value| !value.is_empty())
    }

    /// Whether the variable is set to something that is not UTF-8, and so to nothing that can be used.
    fn is_unreadable(&self, name: &str) -> bool {
        self.raw(name).is_some_and(|value| value.to_str().is_none())
    }

    /// The variable, unless it is unset or empty.
    pub(crate) fn text(&self, name: &str) -> iac_core::Result<Option<String>> {
        if self.is_unreadable(name) {
            let message = format!("the variable {name} is set to what is not UTF-8 text");
            return Err(Error::new(ErrorKind::InvalidInput, message).hint("set it anew and run again"));
        }
        Ok(self.get(name))
    }

    fn raw(&self, name: &str) -> Option<OsString> {
        match &self.0 {
            None => std::env::var_os(name),
            Some(given) => given.get(OsStr::new(name)).cloned(),
        }
    }

    /// Those that are not empty; no value for one that is not UTF-8.
    fn starting_with(&self, prefix: &str) -> BTreeMap<String, Option<String>> {
        let fits = |(name, value): (OsString, OsString)| {
            let name = name.into_string().ok().filter(|name| name.starts_with(prefix))?;
            (!value.is_empty()).then(|| (name, value.into_string().ok()))
        };
        match &self.0 {
            Some(given) => given.clone().into_iter().filter_map(fits).collect(),
            None => std::env::vars_os().filter_map(fits).collect(),
        }
    }
}

impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Any of them may be a secret.
        f.write_str("Variables([hidden])")
    }
}

/// The values of the variables that start with `prefix_`.
pub(crate) fn from_variables(
    schema: &Schema,
    prefix: &str,
    variables: &Variables,
    ignored: &[String],
    faults: &mut Vec<Fault>,
) -> Node {
    let mut root = Node::table(Origin::Default);
    for (name, value) in variables.starting_with(&format!("{prefix}_")) {
        if ignored.contains(&name) {
            continue;
        }
        let origin = Origin::Variable(name.clone());
        let words = name.get(prefix.len() + 1..).unwrap_or_default().split(SECTION_MARK);
        let mut keys = Vec::new();
        let mut at: Option<Json> = Some(schema.root().clone());
        for word in words {
            let key =
                at.as_ref().and_then(|at| schema.spelled(at, word)).unwrap_or_else(|| word.to_lowercase());
            at = at.and_then(|at| schema.entry(&at, &key).cloned());
            keys.push(key);
        }
        let Some(value) = value else {
            let fault = Fault::new(keys.join("."), "is set to what is not UTF-8 text").at(&origin);
            faults.push(fault.way_out("set the variable anew, or unset it"));
            continue;
        };
        if !put(&mut root, &keys, value, &origin) {
            let fault = Fault::new(keys.join("."), "is set by another variable as a whole").at(&origin);
            faults.push(fault.way_out("unset one of the two"));
        }
    }
    root
}

/// The values of `--set key=value`.
pub(crate) fn from_assignments(assignments: &[String], faults: &mut Vec<Fault>) -> Node {
    let mut root = Node::table(Origin::Default);
    for assignment in assignments {
        let parsed = assignment.split_once('=').and_then(|(key, value)| Some((parse_key(key)?, key, value)));
        let Some((keys, key, value)) = parsed else {
            // The text is not shown: its value may be a secret.
            let key = assignment.split_once('=').map_or("", |(key, _)| key);
            let fault = Fault::new(
                "",
                "cannot be understood: it must be key=value, with a key as in a settings file",
            );
            faults.push(
                fault.at(&Origin::CommandLine(key.to_owned())).way_out("for example `--set workers=3`"),
            );
            continue;
        };
        let origin = Origin::CommandLine(key.trim().to_owned());
        if !put(&mut root, &keys, value.to_owned(), &origin) {
            let fault = Fault::new(keys.join("."), "is set twice on the command line").at(&origin);
            faults.push(fault.way_out("pass one `--set` for each key"));
        }
    }
    root
}

/// The sections of a key as TOML writes them: `database.pool_size`, `labels."a.b"`.
pub(crate) fn parse_key(text: &str) -> Option<Vec<String>> {
    let keys = toml_edit::Key::parse(text.trim()).ok()?;
    Some(keys.iter().map(|key| key.get().to_owned()).collect())
}

/// Puts a text at a path; `false` if there is a value already or on the way.
fn put(root: &mut Node, keys: &[String], text: String, origin: &Origin) -> bool {
    let Some((last, sections)) = keys.split_last() else { return false };
    let mut at = root;
    for section in sections {
        let Content::Table(entries) = &mut at.content else { return false };
        at = entries.entry(section.clone()).or_insert_with(|| Node::table(origin.clone()));
    }
    let Content::Table(entries) = &mut at.content else { return false };
    if entries.contains_key(last) {
        return false;
    }
    entries.insert(last.clone(), Node { content: Content::Text(text), origin: origin.clone() });
    true
}
