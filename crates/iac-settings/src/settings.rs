//! [`Settings`]: which layers a program's settings have. Knows nothing of how they are read.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;

use iac_core::state::{Keyring, StackId};
use schemars::JsonSchema;
use serde_json::Value as Json;

use crate::fault::Fault;
use crate::outside::Variables;
use crate::schema::Schema;
use crate::source::{Command, Doppler, File, SecretSource, Variable, Vault};

/// Where settings files are unless [`Settings::directory`] says otherwise.
pub const DIRECTORY_DEFAULT: &str = "settings";
/// The file of all stacks, in the directory.
pub(crate) const BASE_FILE: &str = "base.toml";
/// The same beside the directory, for programs with one small file.
pub(crate) const BASE_FILE_ALONE: &str = "Settings.toml";

/// What a program checks of its settings beyond their types.
///
/// ```
/// use iac_settings::{Fault, Validate};
///
/// struct Shop {
///     workers: u32,
///     spare: u32,
/// }
///
/// impl Validate for Shop {
///     fn check(&self) -> Vec<Fault> {
///         let mut faults = Vec::new();
///         if self.spare > self.workers {
///             faults.push(Fault::new("spare", "must not be more than `workers`"));
///         }
///         faults
///     }
/// }
/// ```
pub trait Validate {
    /// Everything that is wrong, each with its key; where the key was written is added. A message
    /// MUST NOT hold a secret.
    fn check(&self) -> Vec<Fault> {
        Vec::new()
    }
}

impl Validate for () {}

/// The settings `T` of a program: their layers, and where their secrets may be.
///
/// Later layers win: defaults of the type, `settings/base.toml` (or `Settings.toml`),
/// `settings/<stack>.toml`, variables that start with the prefix, `--set`.
///
/// ```
/// use iac_core::Secret;
/// use iac_settings::{LoadOptions, Settings, Validate, Variables};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
///
/// #[derive(Debug, Deserialize, JsonSchema)]
/// struct Shop {
///     region: String,
///     #[serde(default = "two")]
///     workers: u32,
///     token: Secret<String>,
/// }
/// fn two() -> u32 {
///     2
/// }
/// impl Validate for Shop {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let settings = Settings::<Shop>::new()
///     .without_directory()
///     .compiled_in("settings/dev.toml", "region = \"nbg1\"\ntoken = { env = \"TOKEN\" }\n")
///     .variable_prefix("SHOP");
/// let variables = Variables::of([("TOKEN", "hunter2"), ("SHOP_WORKERS", "3")]);
/// let loaded = settings.load(&LoadOptions::new("shop", "dev").variables(variables)).await?;
/// assert_eq!((loaded.region.as_str(), loaded.workers), ("nbg1", 3));
/// assert_eq!(loaded.token.expose(), "hunter2");
/// assert_eq!(loaded.origin("workers").unwrap().to_string(), "variable SHOP_WORKERS");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Settings<T> {
    pub(crate) directory: Option<PathBuf>,
    pub(crate) compiled_in: BTreeMap<String, String>,
    pub(crate) prefix: Option<String>,
    pub(crate) ignored: Vec<String>,
    pub(crate) sources: BTreeMap<String, Arc<dyn SecretSource>>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Default for Settings<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Settings<T> {
    /// Files in the directory `settings`, no variables, and the secret sources `env`, `file`,
    /// `command`, `doppler` and `vault`.
    pub fn new() -> Self {
        let settings = Self {
            directory: Some(DIRECTORY_DEFAULT.into()),
            compiled_in: BTreeMap::new(),
            prefix: None,
            ignored: Vec::new(),
            sources: BTreeMap::new(),
            kind: PhantomData,
        };
        settings
            .secret_source(Variable)
            .secret_source(File)
            .secret_source(Command)
            .secret_source(Doppler::new())
            .secret_source(Vault::new())
    }

    /// The directory with `base.toml` and `<stack>.toml`, in place of `settings` in the current
    /// directory. `Settings.toml` beside it does for `base.toml`.
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.directory = Some(path.into());
        self
    }

    /// Reads no files.
    pub fn without_directory(mut self) -> Self {
        self.directory = None;
        self
    }

    /// A settings file inside the program: `.compiled_in("settings/dev.toml", include_str!("…"))`. The
    /// name's last part says which file it stands for; a file of that name on disk is read in its
    /// place.
    pub fn compiled_in(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.compiled_in.insert(name.into(), text.into());
        self
    }

    /// Takes settings from variables that start with `prefix_`, with `__` between sections:
    /// `SHOP_DATABASE__POOL_SIZE` is `database.pool_size`. A variable that no key fits is a fault.
    pub fn variable_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Whether a prefix was chosen.
    pub fn has_variable_prefix(&self) -> bool {
        self.prefix.is_some()
    }

    /// A variable that starts with the prefix and is something else.
    pub fn ignore_variable(mut self, name: impl Into<String>) -> Self {
        self.ignored.push(name.into());
        self
    }

    /// A place where secrets may be, in place of one of the same name.
    pub fn secret_source(mut self, source: impl SecretSource) -> Self {
        self.sources.insert(source.name().to_owned(), Arc::new(source));
        self
    }
}

impl<T: JsonSchema> Settings<T> {
    /// The JSON schema of a settings file, for editors and for people. It says what may stand in one
    /// file: what is missing in it may stand in another layer, so only variants and items of lists have
    /// keys that are required.
    pub fn json_schema(&self) -> Json {
        let forms = self.sources.iter().map(|(name, source)| (name.clone(), source.schema())).collect();
        Schema::of::<T>().printed(&forms)
    }
}

/// What one loading of settings is for.
#[derive(Clone)]
#[must_use]
#[non_exhaustive]
pub struct LoadOptions {
    pub(crate) stack: StackId,
    pub(crate) variables: Variables,
    pub(crate) assignments: Vec<String>,
    pub(crate) keyring: Option<Arc<dyn Keyring>>,
}

impl LoadOptions {
    /// The settings of `stack` in `project`, with the process's environment.
    pub fn new(project: impl Into<String>, stack: impl Into<String>) -> Self {
        Self {
            stack: StackId { project: project.into(), stack: stack.into() },
            variables: Variables::process(),
            assignments: Vec::new(),
            keyring: None,
        }
    }

    /// The same for another stack of the project.
    pub fn for_stack(mut self, stack: impl Into<String>) -> Self {
        self.stack.stack = stack.into();
        self
    }

    /// The environment to read, in place of the process's.
    pub fn variables(mut self, variables: Variables) -> Self {
        self.variables = variables;
        self
    }

    /// Sets a value above all other layers, as `--set` does: `key=value`.
    pub fn assign(mut self, assignment: impl Into<String>) -> Self {
        self.assignments.push(assignment.into());
        self
    }

    /// What opens sealed values.
    pub fn keyring(mut self, keyring: Arc<dyn Keyring>) -> Self {
        self.keyring = Some(keyring);
        self
    }
}

impl std::fmt::Debug for LoadOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // An assignment may hold a secret that is about to be refused.
        f.debug_struct("LoadOptions").field("stack", &self.stack).finish_non_exhaustive()
    }
}
