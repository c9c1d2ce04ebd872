//! The state: its file, whether it is whole, whether the key opens it, and who works on it. Everything is
//! read in a way that leaves no trace.

use std::path::Path;
use std::sync::Arc;

use iac_core::state::{Backend, BackendError, SqliteBackend, StackId};
use iac_core::{Engine, Finding, FindingSeverity, FindingSubject};

use super::check::Check;
use super::files::{existing_directory, may_write, size, space};
use crate::place::restore_hint;

/// The name of the check of a state file.
const FILE: &str = "state file";
/// The name of the check of what is in it.
const STATE: &str = "state";

/// What was found of a state file.
pub(super) struct Looked {
    pub(super) checks: Vec<Check>,
    /// The file, opened for looking at it, where its format is the one this program works with.
    pub(super) backend: Option<Arc<dyn Backend>>,
}

/// Looks at the state file at `path`.
pub(super) fn look(path: &Path) -> Looked {
    let directory = existing_directory(path);
    if !path.exists() {
        let text = format!("there is none at {} yet; the first `up` makes it", path.display());
        let file = match may_write(&directory) {
            true => Check::ok(FILE, text),
            false => unwritable(&directory),
        };
        return Looked { checks: vec![file, space(&directory, 0)], backend: None };
    }
    let mut checks = Vec::new();
    let (mut backend, mut bytes) = (None, 0);
    match SqliteBackend::inspect(path) {
        Err(error) => checks.push(unreadable(path, &error)),
        Ok(file) => {
            bytes = file.bytes.saturating_add(file.wal_bytes);
            let mut text = format!("{}, format {}, {}", path.display(), file.format, size(file.bytes));
            if file.wal_bytes > 0 {
                text.push_str(&format!(" and {} in its -wal file", size(file.wal_bytes)));
            }
            checks.push(match (file.is_writable, may_write(&directory)) {
                (true, true) => Check::ok(FILE, text),
                (false, _) => Check::failed(FILE, format!("{text}; it is not writable for this user"))
                    .way_out("make it writable for the user who runs this program"),
                (true, false) => unwritable(&directory),
            });
            checks.extend(file.damage.iter().map(|damage| damaged(path, damage)));
            checks.extend(beside(path, &file));
            if file.format == file.format_supported && file.damage.is_empty() {
                match SqliteBackend::open_read_only(path) {
                    Ok(opened) => backend = Some(Arc::new(opened) as Arc<dyn Backend>),
                    Err(error) => checks.push(unreadable(path, &error)),
                }
            }
        }
    }
    checks.push(space(&directory, bytes));
    Looked { checks, backend }
}

/// What else is to be known of a file that can be read.
fn beside(path: &Path, file: &iac_core::state::StateFile) -> Vec<Check> {
    let mut checks = Vec::new();
    if file.format < file.format_supported {
        let text = format!(
            "format {} is older than {}, which this program writes",
            file.format, file.format_supported
        );
        checks.push(Check::warning(FILE, text).way_out(
            "nothing to do: the next run changes it, and leaves a backup beside it; an older program cannot read \
             it then",
        ));
    }
    if file.wal_left {
        let text = format!("{}-wal was not looked into: it was copied without its -shm file", path.display());
        checks.push(Check::warning(FILE, text).way_out("nothing to do: the next run takes in what is in it"));
    }
    if file.is_readable_by_others {
        let text =
            "others on this machine can read it; secrets in it are encrypted, names and addresses are not";
        checks.push(Check::warning(FILE, text).way_out(format!("`chmod 600 {}`", path.display())));
    }
    checks
}

fn unwritable(directory: &Path) -> Check {
    let text = format!("no file can be made in {}, and SQLite makes two while it works", directory.display());
    Check::failed(FILE, text).way_out("make the directory writable for this user, or pass another `--state`")
}

fn damaged(path: &Path, damage: &str) -> Check {
    Check::failed(FILE, format!("{} is damaged: {damage}", path.display())).way_out(restore_hint(path))
}

fn unreadable(path: &Path, error: &BackendError) -> Check {
    let way_out = match error {
        BackendError::Corrupt { .. } | BackendError::NotOurs { .. } => restore_hint(path),
        BackendError::Newer { .. } => "use the newer version of the program".to_owned(),
        _ => "make it readable for the user who runs this program, or pass another `--state`".to_owned(),
    };
    Check::failed(FILE, error.to_string()).way_out(way_out)
}

/// Whether what is recorded of `stack` is whole, and who works on it. `opens_values` says whether the key
/// is the right one: otherwise no value opens, and that is told of the key.
pub(super) async fn content(
    engine: &Engine,
    stack: &StackId,
    path: Option<&Path>,
    opens_values: bool,
) -> Vec<Check> {
    let health = match engine.check_state(stack).await {
        Ok(health) => health,
        Err(error) => {
            let check = Check::failed(STATE, error.to_string());
            return vec![match path {
                Some(path) => check.way_out(restore_hint(path)),
                None => check,
            }];
        }
    };
    let (lease, mut others): (Vec<&Finding>, Vec<&Finding>) =
        health.findings.iter().partition(|finding| finding.subject == FindingSubject::Lease);
    others.retain(|finding| opens_values || finding.subject != FindingSubject::Values);
    let mut checks: Vec<Check> = others.into_iter().map(|finding| of_finding(STATE, finding)).collect();
    if checks.is_empty() {
        let rows = crate::render::counted(health.resources, "resource");
        checks.push(Check::ok(STATE, format!("{stack} is whole: {rows}, serial {}", health.serial)));
    }
    checks.extend(lease.iter().map(|finding| of_finding("lease", finding)));
    if lease.is_empty() {
        checks.push(Check::ok("lease", format!("nobody works on {stack}")));
    }
    checks
}

fn of_finding(name: &str, finding: &Finding) -> Check {
    let check = match finding.severity {
        FindingSeverity::Damage => Check::failed(name, &*finding.message),
        _ => Check::warning(name, &*finding.message),
    };
    check.way_out(&*finding.way_out)
}
