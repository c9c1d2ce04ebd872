//! Owns the data file of a simulated cloud: header, lock, atomic writes. Knows nothing of what
//! is inside the state.
use super::Cloud;
use serde_json::{Value, json};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const FORMAT: &str = "iac-simulated-cloud";
const FORMAT_VERSION: u64 = 1;

/// An open data file; the lock beside it is held until this is dropped.
#[derive(Debug)]
pub(super) struct DataFile {
    path: PathBuf,
    written: Vec<u8>,
    _lock: File,
}

impl DataFile {
    /// Locks the file and, when it exists, loads it into the cloud.
    pub(super) fn open(path: &Path, cloud: &mut dyn Cloud) -> io::Result<Self> {
        let lock_path = beside(path, ".lock");
        let lock = OpenOptions::new().create(true).append(true).open(&lock_path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::WouldBlock,
                    format!(
                        "simulator data file {} is in use by another simulator; stop that one or \
                         choose another file",
                        path.display()
                    ),
                ));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let written = match fs::read(path) {
            Ok(bytes) => {
                load(&bytes, cloud).map_err(|reason| {
                    let text = format!("simulator data file {}: {reason}", path.display());
                    io::Error::new(io::ErrorKind::InvalidData, text)
                })?;
                bytes
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { path: path.to_owned(), written, _lock: lock })
    }

    /// Writes the cloud's state when it differs from what the file holds: a temporary file in the
    /// same directory, then a rename, so that a killed process leaves the old or the new state.
    pub(super) fn store(&mut self, cloud: &dyn Cloud) -> io::Result<()> {
        let document = json!({
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "cloud": cloud.name(),
            "cloud_version": cloud.version(),
            "state": cloud.save(),
        });
        let bytes = serde_json::to_vec(&document)?;
        if bytes == self.written {
            return Ok(());
        }
        let temporary = beside(&self.path, ".tmp");
        fs::write(&temporary, &bytes)?;
        fs::rename(&temporary, &self.path)?;
        self.written = bytes;
        Ok(())
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn load(bytes: &[u8], cloud: &mut dyn Cloud) -> Result<(), String> {
    let hint = "choose another file, or delete this one to start with an empty cloud";
    let mut document: Value = serde_json::from_slice(bytes)
        .map_err(|error| format!("not a simulator's data file ({error}); {hint}"))?;
    if document.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(format!("not a simulator's data file (no format {FORMAT:?}); {hint}"));
    }
    let expected = [
        ("format_version", json!(FORMAT_VERSION)),
        ("cloud", json!(cloud.name())),
        ("cloud_version", json!(cloud.version())),
    ];
    for (field, wanted) in expected {
        let found = document.get(field).unwrap_or(&Value::Null);
        if *found != wanted {
            return Err(format!("its {field} is {found}, this simulator reads {wanted}; {hint}"));
        }
    }
    let state = document.get_mut("state").map(Value::take).ok_or("it has no state")?;
    cloud.load(state).map_err(|reason| format!("its state cannot be read: {reason}; {hint}"))
}
