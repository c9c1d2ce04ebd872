//! [`Settings::change`]: one value of a settings file written anew, with comments and order kept.

use std::io::Write as _;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use iac_core::state::Keyring;
use iac_core::{Path, Secret};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use crate::check::SEALED;
use crate::document::{BYTE_ORDER_MARK, SEALING_KEY, SEALING_TABLE, parse};
use crate::fault::{Fault, Faults};
use crate::files::start_of;
use crate::load::is_secret_key;
use crate::outside::parse_key;
use crate::schema::Schema;
use crate::seal::Seal;
use crate::settings::{LoadOptions, Settings, Validate};
use crate::source::SECRET_BYTES_MAX;

/// A new value for one key of a settings file.
///
/// ```
/// use std::sync::Arc;
///
/// use iac_core::Secret;
/// use iac_core::state::EphemeralKeyring;
/// use iac_settings::{Change, LoadOptions, Settings, Validate, Variables};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Shop {
///     workers: u32,
///     token: Option<Secret<String>>,
/// }
/// impl Validate for Shop {}
///
/// # let directory = tempfile::tempdir()?;
/// let settings = Settings::<Shop>::new().directory(directory.path().join("settings"));
/// let options = LoadOptions::new("shop", "dev")
///     .variables(Variables::none())
///     .keyring(Arc::new(EphemeralKeyring::new()));
/// settings.change(&options, &Change::value("workers", "3"))?;
/// let changed = settings.change(&options, &Change::secret("token", Secret::from("hunter2")))?;
/// let text = std::fs::read_to_string(changed.file)?;
/// assert!(text.starts_with("workers = 3\ntoken = { sealed = \"v1:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct Change {
    key: String,
    content: NewContent,
    in_base: bool,
}

enum NewContent {
    /// Text as it would follow `--set key=`.
    Text(String),
    Secret(Secret<String>),
}

/// What [`Settings::change`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changed {
    /// The key.
    pub key: String,
    /// The file.
    pub file: PathBuf,
    /// Whether the file was made.
    pub created: bool,
}

impl Change {
    /// The value `text`, in the notation of `--set`.
    pub fn value(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self { key: key.into(), content: NewContent::Text(text.into()), in_base: false }
    }

    /// A secret, to be written encrypted.
    pub fn secret(key: impl Into<String>, content: Secret<String>) -> Self {
        Self { key: key.into(), content: NewContent::Secret(content), in_base: false }
    }

    /// In the file of all stacks, in place of the stack's own.
    pub fn in_base(mut self) -> Self {
        self.in_base = true;
        self
    }
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<T: JsonSchema> Settings<T> {
    /// Whether the value at `key` is a secret.
    ///
    /// # Errors
    /// There is no such key.
    pub fn is_secret(&self, key: &str) -> Result<bool, Fault> {
        let keys = parse_key(key).ok_or_else(|| {
            Fault::new(key, "is not a key").way_out("write it as in a settings file: `database.pool_size`")
        })?;
        let schema = Schema::of::<T>();
        is_secret_key(&schema, &keys).ok_or_else(|| {
            let known = schema.settled(schema.root());
            let known = Schema::properties(&known);
            let fault = Fault::new(key, "is not a known key");
            match crate::check::nearest(keys.first().map_or("", String::as_str), known.keys().copied()) {
                Some(near) if Some(near) != keys.first().map(String::as_str) => {
                    fault.way_out(format!("did you mean `{near}`?"))
                }
                _ => fault.way_out("`config schema` shows the keys there are"),
            }
        })
    }
}

impl<T: DeserializeOwned + JsonSchema + Validate> Settings<T> {
    /// Writes one value into the stack's settings file. A file that stands inside the program is
    /// written to disk with the change.
    ///
    /// # Errors
    /// A key that is not known, a secret that is given openly or a value that is given as a secret, a
    /// value that the program refuses, a file that cannot be read or written. Nothing is written then.
    pub fn change(&self, options: &LoadOptions, change: &Change) -> Result<Changed, Faults> {
        let one = |fault: Fault| Faults::new([fault]);
        let is_secret = self.is_secret(&change.key).map_err(one)?;
        let keys = parse_key(&change.key).unwrap_or_default();
        let found = if change.in_base { self.base_text() } else { self.stack_text(&options.stack.stack) };
        let (path, text) = found.map_err(one)?;
        let created = text.as_ref().is_none_or(|text| text.compiled_in);
        let name = path.display().to_string();
        let before = text.map(|text| text.text).unwrap_or_default();
        let mut document: DocumentMut = before.parse().map_err(|_| Faults::new(parse(&name, &before).1))?;

        let value = match &change.content {
            NewContent::Secret(content) => {
                self.sealed(options, change, is_secret, content, &mut document, &name).map_err(one)?
            }
            NewContent::Text(text) => {
                // The same road as `--set`, so that it is understood and refused alike.
                let trial = options.clone().assign(format!("{}={text}", change.key));
                let inspected = self.inspect(&trial);
                let about = |fault: &Fault| {
                    fault.key == change.key || matches!(&fault.origin, Some(crate::Origin::CommandLine(_)))
                };
                let faults: Vec<Fault> = inspected.faults.into_iter().filter(about).collect();
                if !faults.is_empty() {
                    return Err(Faults::new(faults));
                }
                self.written(options, change, text)
            }
        };
        put(&mut document, &keys, value)
            .map_err(|message| one(Fault::new(&change.key, message).at(&start_of(&name))))?;
        write(&path, &before, &document.to_string()).map_err(|error| one(unwritten(&name, &error)))?;
        Ok(Changed { key: change.key.clone(), file: path, created })
    }

    /// The sealed form of a secret; the file gets a key if it has none.
    fn sealed(
        &self,
        options: &LoadOptions,
        change: &Change,
        is_secret: bool,
        content: &Secret<String>,
        document: &mut DocumentMut,
        name: &str,
    ) -> Result<Value, Fault> {
        let refuse = |message: &str, way_out: &str| Err(Fault::new(&change.key, message).way_out(way_out));
        if !is_secret {
            return refuse(
                "is not a secret in this program",
                "set it without `--secret`, or make its field a `Secret`",
            );
        }
        if change.in_base {
            return refuse(
                "cannot be sealed for all stacks: each has a key of its own",
                "set it for one stack at a time",
            );
        }
        if content.expose().is_empty() {
            return refuse("would be empty", "give the secret on standard input");
        }
        if content.expose().len() > SECRET_BYTES_MAX {
            return refuse(
                "is too long for a secret",
                "keep it in a file of its own and refer to that with `file`",
            );
        }
        let Some(keyring) = &options.keyring else {
            return refuse("needs a key", "pass a keyring with `LoadOptions::keyring`");
        };
        let seal = seal_of(document, options, keyring, name).map_err(|fault| {
            if fault.key.is_empty() { Fault { key: change.key.clone(), ..fault } } else { fault }
        })?;
        let keys = parse_key(&change.key).unwrap_or_default();
        let path = keys.iter().fold(Path::default(), |path, key| path.key(key));
        let mut form = InlineTable::new();
        form.insert(SEALED, seal.seal(&path, content)?.into());
        Ok(Value::InlineTable(form))
    }

    /// A value as TOML: with the type that the schema asks for.
    fn written(&self, options: &LoadOptions, change: &Change, text: &str) -> Value {
        let mut alone = options.clone();
        alone.assignments.clear();
        let joined = self.join(&alone.assign(format!("{}={text}", change.key)));
        let keys = parse_key(&change.key).unwrap_or_default();
        let path = keys.iter().fold(Path::default(), |path, key| path.key(key));
        let node = crate::deserialize::place(&joined.root, &path);
        let is_string = node.is_some_and(|node| matches!(node.content, crate::node::Content::String(_)));
        if is_string {
            return Value::from(text);
        }
        text.trim().parse().unwrap_or_else(|_| Value::from(text))
    }
}

/// The key of the file, made and written into it if there is none.
fn seal_of(
    document: &mut DocumentMut,
    options: &LoadOptions,
    keyring: &Arc<dyn Keyring>,
    name: &str,
) -> Result<Seal, Fault> {
    let known = document.get(SEALING_TABLE).map(|table| table.get(SEALING_KEY).and_then(Item::as_str));
    match known {
        Some(Some(envelope)) => Seal::open(&options.stack, keyring.as_ref(), &envelope.into()),
        Some(None) => Err(Fault::new(SEALING_TABLE, "has no text `key`")
            .at(&start_of(name))
            .way_out("restore it from the file's history: without it the sealed values cannot be read")),
        None => {
            let seal = Seal::create(&options.stack, keyring.as_ref())?;
            let mut table = Table::new();
            table.decor_mut().set_prefix("\n# The locked key to the sealed values of this file.\n");
            table.insert(SEALING_KEY, Item::Value(Value::from(seal.envelope())));
            document.insert(SEALING_TABLE, Item::Table(table));
            Ok(seal)
        }
    }
}

/// Puts the value at a path and keeps what stands around it.
fn put(document: &mut DocumentMut, keys: &[String], mut value: Value) -> Result<(), String> {
    let (last, sections) = keys.split_last().ok_or("is empty")?;
    let mut at: &mut dyn toml_edit::TableLike = document.as_table_mut();
    for section in sections {
        let next = at.entry(section).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        at = next
            .as_table_like_mut()
            .ok_or_else(|| format!("lies below `{section}`, which is no table in this file"))?;
    }
    if let Some(old) = at.get_mut(last) {
        // In place: the comments before the key and behind the value stay.
        if let Some(old) = old.as_value() {
            *value.decor_mut() = old.decor().clone();
        }
        *old = Item::Value(value);
        return Ok(());
    }
    at.insert(last, Item::Value(value));
    Ok(())
}

/// A file that could not be written.
pub(crate) fn unwritten(name: &str, error: &std::io::Error) -> Fault {
    Fault::new("", format!("cannot be written: {}", error.kind()))
        .at(&start_of(name))
        .way_out("make its directory writable for the user who runs the program; nothing was changed")
}

/// The text with the line ends and the mark at the beginning that the file had `before`: the rest of
/// it must not show up as changed.
fn as_before(before: &str, text: &str) -> String {
    let mark = if before.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.to_string() } else { String::new() };
    let first_end = before.find('\n').map(|at| before.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\r'));
    let lines = text.trim_start_matches(BYTE_ORDER_MARK).replace("\r\n", "\n");
    mark + &if first_end == Some(true) { lines.replace('\n', "\r\n") } else { lines }
}

/// Replaces the file as a whole or not at all. What a link leads to is replaced, not the link.
pub(crate) fn write(path: &FilePath, before: &str, text: &str) -> std::io::Result<()> {
    let text = as_before(before, text);
    let path = &if path.is_symlink() { path.canonicalize()? } else { path.to_owned() };
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(FilePath::new("."));
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        // Settings are read by a team and kept in version control, unlike other temporary files.
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).map_or(SETTINGS_MODE, |found| found.permissions().mode());
        file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The mode of a new settings file.
#[cfg(unix)]
const SETTINGS_MODE: u32 = 0o644;
