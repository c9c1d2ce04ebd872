//! From layers to a checked value: read, join, check, fetch secrets, build, ask the program. Knows
//! nothing of terminals.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use iac_core::Path;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::check::Check;
use crate::deserialize::{self, Secrets, place};
use crate::document::{SEALING_TABLE, parse_as};
use crate::fault::{Fault, Faults, NOTHING};
use crate::loaded::{Entry, Loaded, entries};
use crate::merge::merge;
use crate::node::{Content, Node};
use crate::origin::Origin;
use crate::outside::{from_assignments, from_variables};
use crate::resolve::resolve;
use crate::schema::Schema;
use crate::settings::{LoadOptions, Settings, Validate};

/// All layers joined and checked; no secret is fetched yet.
pub(crate) struct Joined {
    pub(crate) schema: Schema,
    pub(crate) root: Node,
    /// The envelopes of the files' keys, by file.
    pub(crate) envelopes: BTreeMap<Arc<str>, Arc<str>>,
    pub(crate) faults: Vec<Fault>,
}

/// What settings say without asking for a secret: see [`Settings::inspect`].
///
/// ```
/// use iac_settings::{LoadOptions, Settings, Validate, Variables};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Shop {
///     workers: u32,
///     token: iac_core::Secret<String>,
/// }
/// impl Validate for Shop {}
///
/// let settings = Settings::<Shop>::new()
///     .without_directory()
///     .compiled_in("base.toml", "workers = 3\ntoken = { env = \"TOKEN\" }\n");
/// let inspection = settings.inspect(&LoadOptions::new("shop", "dev").variables(Variables::none()));
/// let shown: Vec<String> = inspection
///     .entries
///     .iter()
///     .map(|entry| format!("{} = {} from {}", entry.key, entry.value, entry.origin))
///     .collect();
/// assert_eq!(shown, ["token = [secret] from base.toml:2:1", "workers = 3 from base.toml:1:1"]);
/// assert!(inspection.faults.is_empty());
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// Every value that is set or has a default, by key.
    pub entries: Vec<Entry>,
    /// What is wrong.
    pub faults: Faults,
}

impl<T: JsonSchema> Settings<T> {
    pub(crate) fn join(&self, options: &LoadOptions) -> Joined {
        let schema = Schema::of::<T>();
        let mut faults = reserved(&schema);
        let mut layers = Vec::new();
        let mut envelopes = BTreeMap::new();
        for file in self.texts(&options.stack.stack, &mut faults) {
            let (document, found) = parse_as(&file.name, &file.text, file.compiled_in);
            faults.extend(found);
            if let Some(envelope) = document.envelope {
                envelopes.insert(Arc::from(file.name.as_str()), envelope);
            }
            layers.push(document.root);
        }
        if let Some(prefix) = &self.prefix {
            layers.push(from_variables(&schema, prefix, &options.variables, &self.ignored, &mut faults));
        }
        layers.push(from_assignments(&options.assignments, &mut faults));
        let is_readable = faults.is_empty();
        let first = Node::table(layers.iter().rev().find_map(origin_of_file).unwrap_or(Origin::Default));
        let start = first.origin.clone();
        let mut root = layers.into_iter().fold(first, |under, over| merge(&schema, under, over, &mut faults));
        root.origin = start;
        let sources = self.sources.iter();
        let sources =
            sources.map(|(name, source)| (name.clone(), Schema::from_json(source.schema()))).collect();
        let mut found = Check::new(&schema, Some(&sources)).root(&mut root, &Path::default());
        if !is_readable {
            // What a broken file leaves out is not missing, and a broken line is only told once.
            found.retain(|fault| fault.found.as_deref() != Some(NOTHING) && !on_a_line_of(fault, &faults));
        }
        faults.extend(found);
        Joined { schema, root, envelopes, faults }
    }
}

impl<T: DeserializeOwned + JsonSchema + Validate> Settings<T> {
    /// Reads all layers, checks them, fetches the secrets, builds the value and asks it for faults of
    /// its own.
    ///
    /// # Errors
    /// Everything that is wrong, at once. Secrets are fetched only if nothing is wrong before.
    pub async fn load(&self, options: &LoadOptions) -> Result<Loaded<T>, Faults> {
        let joined = self.structure(options)?;
        let (secrets, mut faults) = resolve(&joined, &self.sources, options).await;
        let value = deserialize::with_secrets::<T>(&joined.root, &secrets);
        if !faults.is_empty() {
            // The program's own check runs nevertheless, except on what is not known.
            faults.extend(checks_without_secrets::<T>(&joined.root));
            return Err(Faults::new(faults));
        }
        let value = value.map_err(|fault| Faults::new([fault]))?;
        let found = placed(value.check(), &joined.root);
        if !found.is_empty() {
            return Err(Faults::new(found));
        }
        Ok(Loaded::new(value, &joined))
    }

    /// The same for settings that refer to no secret: nothing but the files is read.
    ///
    /// # Errors
    /// As [`load`](Settings::load); and a fault for every secret that would have to be fetched or
    /// opened.
    pub fn load_without_secrets(&self, options: &LoadOptions) -> Result<Loaded<T>, Faults> {
        let joined = self.structure(options)?;
        let mut faults = Vec::new();
        joined.root.walk(&Path::default(), &mut |path, node| {
            if matches!(node.content, Content::Secret(_)) {
                let fault = Fault::new(path.as_str(), "is a secret, and this loading takes none");
                faults.push(fault.at(&node.origin).way_out("load the settings with `load`"));
            }
        });
        if !faults.is_empty() {
            return Err(Faults::new(faults));
        }
        let value = deserialize::with_secrets::<T>(&joined.root, &Secrets::new());
        let value = value.map_err(|fault| Faults::new([fault]))?;
        let found = placed(value.check(), &joined.root);
        if found.is_empty() { Ok(Loaded::new(value, &joined)) } else { Err(Faults::new(found)) }
    }

    /// Every value and where it comes from, and what is wrong as far as that can be said without
    /// asking for a secret.
    pub fn inspect(&self, options: &LoadOptions) -> Inspection {
        let mut joined = self.join(options);
        if joined.faults.is_empty() {
            joined.faults = checks_without_secrets::<T>(&joined.root);
        }
        Inspection { entries: entries(&joined.schema, &joined.root), faults: Faults::new(joined.faults) }
    }

    /// The joined layers, if they have the form that the type asks for.
    fn structure(&self, options: &LoadOptions) -> Result<Joined, Faults> {
        let joined = self.join(options);
        if !joined.faults.is_empty() {
            return Err(Faults::new(joined.faults));
        }
        match deserialize::without_secrets::<T>(&joined.root) {
            Err(Some(fault)) => Err(Faults::new([fault])),
            _ => Ok(joined),
        }
    }
}

/// Checks a settings text as `load` would, without reading or fetching anything: the schema, the
/// type, and the program's own check with placeholders for secrets. Pure, for tests and fuzzing.
///
/// ```
/// use schemars::JsonSchema;
///
/// #[derive(serde::Deserialize, JsonSchema)]
/// struct Shop {
///     workers: u32,
/// }
/// impl iac_settings::Validate for Shop {}
///
/// let faults = iac_settings::check_text::<Shop>("dev.toml", "workers = \"three\"\nregoin = 1\n");
/// assert_eq!(faults.len(), 2);
/// ```
pub fn check_text<T: DeserializeOwned + JsonSchema + Validate>(name: &str, text: &str) -> Faults {
    let settings = Settings::<T>::new().without_directory().compiled_in("check.toml", "");
    let schema = Schema::of::<T>();
    let (document, mut faults) = parse_as(name, text, false);
    let mut root = document.root;
    let sources = settings.sources.iter();
    let sources = sources.map(|(name, source)| (name.clone(), Schema::from_json(source.schema()))).collect();
    let found = Check::new(&schema, Some(&sources)).root(&mut root, &Path::default());
    faults.extend(found);
    if faults.is_empty() {
        faults = checks_without_secrets::<T>(&root);
    }
    Faults::new(faults)
}

/// What the type and the program's own check find where every secret is a placeholder.
fn checks_without_secrets<T: DeserializeOwned + Validate>(root: &Node) -> Vec<Fault> {
    let found = match deserialize::without_secrets::<T>(root) {
        Ok(value) => placed(value.check(), root),
        Err(fault) => fault.into_iter().collect(),
    };
    let mut secrets = BTreeSet::new();
    root.walk(&Path::default(), &mut |path, node| {
        if matches!(node.content, Content::Secret(_)) {
            secrets.insert(path.as_str().to_owned());
        }
    });
    // What a placeholder is refused for says nothing about the secret.
    found.into_iter().filter(|fault| !secrets.contains(&fault.key)).collect()
}

/// The program's faults with where their keys were written.
fn placed(faults: Vec<Fault>, root: &Node) -> Vec<Fault> {
    let at = |fault: &Fault| {
        let mut found: Option<(usize, &Node)> = None;
        root.walk(&Path::default(), &mut |path, node| {
            let (path, key) = (path.as_str(), fault.key.as_str());
            let around = path.is_empty() || Path::field(key).starts_with(path);
            if around && found.is_none_or(|(best, _)| path.len() >= best) {
                found = Some((path.len(), node));
            }
        });
        // A key that is set nowhere has its default; here is where to set it.
        found.map_or(Origin::Default, |(_, node)| node.origin.clone())
    };
    faults
        .into_iter()
        .map(|fault| {
            if fault.origin.is_some() {
                fault
            } else {
                let origin = at(&fault);
                fault.at(&origin)
            }
        })
        .collect()
}

/// Whether a fault is on the line of one that was found before.
fn on_a_line_of(fault: &Fault, others: &[Fault]) -> bool {
    let line = |fault: &Fault| {
        let place = fault.origin.as_ref()?.position()?;
        Some((Arc::clone(&place.file), place.line))
    };
    line(fault).is_some_and(|at| others.iter().any(|other| line(other).as_ref() == Some(&at)))
}

/// Where the file of a layer begins.
fn origin_of_file(layer: &Node) -> Option<Origin> {
    layer.origin.position().map(|_| layer.origin.clone())
}

/// A type must leave the reserved table alone.
fn reserved(schema: &Schema) -> Vec<Fault> {
    let facets = schema.settled(schema.root());
    let takes = Schema::properties(&facets).contains_key(SEALING_TABLE);
    let fault =
        Fault::new(SEALING_TABLE, "is the name of a field of the program's settings, and is reserved");
    takes.then(|| fault.at(&Origin::Default).way_out("rename the field")).into_iter().collect()
}

/// Whether the value at `path` of settings `T` is a secret; `None` if there is no such key.
pub(crate) fn is_secret_key(schema: &Schema, keys: &[String]) -> Option<bool> {
    let mut at = schema.root();
    for key in keys {
        at = schema.entry(at, key)?;
    }
    Some(schema.may_be_secret(at))
}

impl Joined {
    /// The origin of the value at a path, or of what is around it.
    pub(crate) fn origin(&self, path: &Path) -> Origin {
        place(&self.root, path).map_or(Origin::Default, |node| node.origin.clone())
    }
}
