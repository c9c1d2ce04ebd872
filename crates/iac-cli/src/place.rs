//! [`Place`]: where a run's state is, under which key, and the engine on it. Knows nothing of
//! commands.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use iac_core::state::{Backend, BackendError, Keyring, SqliteBackend};
use iac_core::{Clock, Engine};

use crate::again::Again;
use crate::arguments::Common;
use crate::console::Environment;
use crate::failure::Failure;
use crate::keys::{self, SharedKeyring};
use crate::screen::Screen;
use crate::watch::Mode;

/// Where the kernel keeps the host's name, on Linux.
const HOST_NAME_FILE: &str = "/proc/sys/kernel/hostname";

/// The engine on its state.
pub(crate) struct Place {
    pub(crate) engine: Engine,
    /// The state's file, if it is kept in one.
    pub(crate) state_file: Option<PathBuf>,
}

/// What the program chose in place of the command line.
pub(crate) struct Choice {
    pub(crate) backend: Option<Arc<dyn Backend>>,
    pub(crate) keyring: Option<Arc<dyn Keyring>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) history_runs_max: u64,
}

impl Place {
    /// The engine on the state; `creates` says whether state may be made.
    pub(crate) fn open(
        choice: Choice,
        process: &Process,
        common: &Common,
        creates: bool,
    ) -> Result<Self, Failure> {
        let backend = match &choice.backend {
            Some(backend) => Arc::clone(backend),
            None => Arc::new(open_file(&common.state, creates)?) as Arc<dyn Backend>,
        };
        let (name, host) = process.identity();
        let builder = Engine::builder()
            .shared_backend(Arc::clone(&backend))
            .clock(choice.clock)
            .holder(name, host)
            .lease(Duration::from_secs(common.lease))
            .lease_wait(Duration::from_secs(common.lease_wait))
            .history_runs_max(choice.history_runs_max);
        let keyring = match &choice.keyring {
            Some(keyring) => Some(SharedKeyring(Arc::clone(keyring))),
            // State that ends with the process needs no key from outside.
            None if !backend.is_durable() => None,
            None => {
                let named = common.named_key();
                Some(keys::choose(named.as_ref(), &common.state, &process.environment, &process.screen)?)
            }
        };
        let engine = match keyring {
            Some(keyring) => builder.keyring(keyring).build(),
            None => builder.build(),
        };
        let state_file = choice.backend.is_none().then(|| common.state.clone());
        Ok(Self { engine, state_file })
    }
}

/// What a run has of the process.
pub(crate) struct Process {
    pub(crate) environment: Environment,
    pub(crate) signals: bool,
    pub(crate) screen: Arc<Screen>,
    /// How progress is shown.
    pub(crate) mode: Mode,
    /// The command line once more.
    pub(crate) again: Again,
}

impl Process {
    /// Who runs this and on which host, for others who find the stack in use.
    fn identity(&self) -> (String, String) {
        let variable = |name| self.environment.get(name);
        let kernel = match &self.environment {
            Environment::Process => std::fs::read_to_string(HOST_NAME_FILE).ok(),
            Environment::Given(_) => None,
        };
        let host = kernel.map(|name| name.trim().to_owned()).or_else(|| variable("HOSTNAME"));
        let name = variable("USER").or_else(|| variable("USERNAME"));
        (name.unwrap_or_else(|| "somebody".into()), host.unwrap_or_else(|| "this host".into()))
    }
}

fn open_file(path: &Path, creates: bool) -> Result<SqliteBackend, Failure> {
    let failed = |cause: &dyn std::fmt::Display| Failure::new("open the state", cause);
    if !creates && !path.exists() {
        let cause = format!("there is no file {}", path.display());
        return Err(failed(&cause).hint("apply the stack first, or pass the path with `--state`"));
    }
    if let Some(parent) = path.parent().filter(|parent| creates && !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(|error| {
            failed(&format!("cannot create the directory {}: {error}", parent.display()))
                .hint("make the place writable, or pass another path with `--state`")
        })?;
    }
    SqliteBackend::open(path).map_err(|error| {
        let damaged = matches!(error, BackendError::Corrupt { .. } | BackendError::NotOurs { .. });
        let failure = failed(&error);
        let is_out_of_reach = matches!(error, BackendError::Unavailable { .. });
        match (damaged, is_out_of_reach) {
            (true, _) => failure.hint(restore_hint(path)),
            (_, true) => failure.or_hint(crate::failure::STATE_HINT),
            _ => failure,
        }
    })
}

/// The way back from a damaged state file.
pub(crate) fn restore_hint(path: &Path) -> String {
    let path_shown = path.display();
    match SqliteBackend::backups(path).last() {
        Some(newest) => format!(
            "if it is damaged: move {path_shown} and the -wal and -shm files beside it away, copy {} to {path_shown}, \
             and `refresh`",
            newest.display()
        ),
        None => format!(
            "if it is damaged: there is no backup beside {path_shown}; move it and the -wal and -shm files beside it \
             away, and put in an export with `state import`, or record what exists with `import`"
        ),
    }
}
