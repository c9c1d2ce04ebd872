//! Where the key to a stack's secrets comes from: a flag, a variable, or a file beside the state.

mod arguments;
mod source;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use iac_core::state::{DataKey, KeyFile, Keyring, KeyringError, Passphrase, RawKey, StackId};

use crate::console::Environment;
use crate::failure::{Failure, Problem};
use crate::layout::{HINT, Page};
use crate::screen::Screen;

pub(crate) use arguments::KeysTask;
pub(crate) use source::Source;

/// The variable with a passphrase.
pub(crate) const PASSPHRASE_VARIABLE: &str = "IAC_PASSPHRASE";
/// The variable with 64 hexadecimal digits.
pub(crate) const KEY_VARIABLE: &str = "IAC_KEY";

/// A keyring that is chosen at run time.
pub(crate) struct SharedKeyring(pub(crate) Arc<dyn Keyring>);

impl Keyring for SharedKeyring {
    fn wrap(&self, key: &DataKey, stack: &StackId) -> Result<String, KeyringError> {
        self.0.wrap(key, stack)
    }
    fn unwrap(&self, envelope: &str, stack: &StackId) -> Result<DataKey, KeyringError> {
        self.0.unwrap(envelope, stack)
    }
    fn describe(&self) -> String {
        self.0.describe()
    }
    fn is_durable(&self) -> bool {
        self.0.is_durable()
    }
}

/// Chooses: what a flag names, then a variable, then the file beside the state.
pub(crate) fn choose(
    named: Option<&Source>,
    state: &Path,
    environment: &Environment,
    screen: &Arc<Screen>,
) -> Result<SharedKeyring, Failure> {
    let file = |path: PathBuf| SharedKeyring(Arc::new(LazyKeyFile { path, screen: Arc::clone(screen) }));
    match named {
        None => {}
        Some(Source::File(path)) => return Ok(file(path.clone())),
        #[cfg(feature = "os-keyring")]
        Some(Source::Os(entry)) => {
            let entry = LazyEntry {
                name: entry.clone(),
                screen: Some(Arc::clone(screen)),
                directory: state.parent().map(Path::to_owned),
            };
            return Ok(SharedKeyring(Arc::new(entry)));
        }
        Some(variable) => return Ok(SharedKeyring(variable.open(environment)?)),
    }
    for variable in [KEY_VARIABLE, PASSPHRASE_VARIABLE] {
        source::check_text(environment, variable)?;
    }
    let unusable = |error: KeyringError| Failure::new("read the key of the state", error);
    match (environment.get(KEY_VARIABLE), environment.get(PASSPHRASE_VARIABLE)) {
        (Some(_), Some(_)) => Err(Problem::new(format!(
            "failed to choose a key: the variables {KEY_VARIABLE} and {PASSPHRASE_VARIABLE} are both set"
        ))
        .hint("unset one of them, or pass `--key-file`")
        .into()),
        (Some(digits), None) => {
            let key = RawKey::from_hex(format!("the variable {KEY_VARIABLE}"), &digits).map_err(unusable)?;
            Ok(SharedKeyring(Arc::new(key)))
        }
        (None, Some(words)) => Ok(SharedKeyring(Arc::new(Passphrase::new(words).map_err(unusable)?))),
        (None, None) => {
            let mut path = state.as_os_str().to_owned();
            path.push(".key");
            Ok(file(path.into()))
        }
    }
}

/// A key file that is made when a stack first needs a key, and never to open an existing one: a
/// new key could not.
struct LazyKeyFile {
    path: PathBuf,
    screen: Arc<Screen>,
}

impl Keyring for LazyKeyFile {
    fn wrap(&self, key: &DataKey, stack: &StackId) -> Result<String, KeyringError> {
        let is_new = !self.path.exists();
        if let Some(parent) = self.path.parent().filter(|_| is_new) {
            // What is wrong with it is told when the file cannot be made.
            let _ = std::fs::create_dir_all(parent);
        }
        let keyring = KeyFile::open_or_create(&self.path)?;
        if is_new {
            let what = keyring.describe();
            note(
                &self.screen,
                &format!(
                    "made {what} (mode 0600), which opens the secrets in the state; keep a copy of it away from \
                     the state"
                ),
            );
        }
        keyring.wrap(key, stack)
    }

    fn unwrap(&self, envelope: &str, stack: &StackId) -> Result<DataKey, KeyringError> {
        KeyFile::open(&self.path)?.unwrap(envelope, stack)
    }

    fn describe(&self) -> String {
        format!("the key file {}", self.path.display())
    }
}

fn note(screen: &Screen, text: &str) {
    let mut page = Page::new(screen.width);
    page.item(0, "note:", HINT, text, 2);
    screen.err(&page.finish());
}

/// An entry of the operating system's keyring that is made when a stack first needs a key. What is made
/// is told on the screen, where there is one.
#[cfg(feature = "os-keyring")]
struct LazyEntry {
    name: String,
    screen: Option<Arc<Screen>>,
    /// Where the state is, if one process after the other shall make the entry.
    directory: Option<PathBuf>,
}

/// Holds a directory against other processes that make an entry for stacks in it: two at the same moment
/// would each make a key, and the later one would replace that of the other. Where a file system has no
/// locks, it goes on without.
#[cfg(feature = "os-keyring")]
fn hold(directory: Option<&Path>) -> Option<std::fs::File> {
    let directory = directory.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let held = std::fs::File::open(directory).ok()?;
    held.lock().ok()?;
    Some(held)
}

#[cfg(feature = "os-keyring")]
impl Keyring for LazyEntry {
    fn wrap(&self, key: &DataKey, stack: &StackId) -> Result<String, KeyringError> {
        let held = hold(self.directory.as_deref());
        let keyring = iac_core::state::OsKeyring::open_or_create(&self.name)?;
        drop(held);
        if let Some(screen) = self.screen.as_ref().filter(|_| keyring.is_new()) {
            let what = keyring.describe();
            note(
                screen,
                &format!(
                    "made {what}, which opens the secrets in the state; `keys add` lets another key open them, for \
                     other machines and for when this one is lost"
                ),
            );
        }
        keyring.wrap(key, stack)
    }
    fn unwrap(&self, envelope: &str, stack: &StackId) -> Result<DataKey, KeyringError> {
        iac_core::state::OsKeyring::open(&self.name)?.unwrap(envelope, stack)
    }
    fn describe(&self) -> String {
        format!("the entry {:?} of the operating system's keyring", self.name)
    }
}
