//! Plan files on disk: read with a bound, written whole or not at all. Knows nothing of their
//! content.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::PlanFileError;
use super::layout::{MAGIC, PLAN_FILE_LENGTH_MAX, SealedPlan};
use crate::hash::random_token;

/// What a plan may be written over.
///
/// ```
/// use iac_core::{PlanFileError, Replacing, SealedPlan};
///
/// let directory = tempfile::tempdir()?;
/// let notes = directory.path().join("notes.txt");
/// std::fs::write(&notes, "notes")?;
/// let refused = SealedPlan::check_place(&notes, Replacing::Plans);
/// assert!(matches!(refused, Err(PlanFileError::Occupied { .. })));
/// SealedPlan::check_place(&notes, Replacing::AnyFile)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Replacing {
    /// An older plan, an empty file or nothing.
    #[default]
    Plans,
    /// Any ordinary file.
    AnyFile,
}

impl SealedPlan {
    /// Reads a plan file, as far as that goes without a key.
    ///
    /// # Errors
    /// The file cannot be read or is too large; what [`from_bytes`](SealedPlan::from_bytes) finds.
    pub fn read(path: &Path) -> Result<Self, PlanFileError> {
        let failed = |error: io::Error| file_error("read", path, &error);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(PlanFileError::NotAPlan { reason: "it is a directory".into() });
        }
        let mut file = file.take(PLAN_FILE_LENGTH_MAX + 1);
        let mut bytes = Vec::with_capacity(MAGIC.len());
        file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut bytes).map_err(failed)?;
        if bytes != MAGIC.as_bytes() {
            // Nothing more of it is worth reading.
            return Self::from_bytes(bytes);
        }
        file.read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > PLAN_FILE_LENGTH_MAX {
            return Err(PlanFileError::TooLarge { length: metadata.len().max(bytes.len() as u64) });
        }
        Self::from_bytes(bytes)
    }

    /// Writes the plan to `path`, readable by its owner alone: whole and durable, or not at all.
    ///
    /// # Errors
    /// The file cannot be written; something is there that `replacing` does not allow.
    pub fn write(&self, path: &Path, replacing: Replacing) -> Result<(), PlanFileError> {
        Self::check_place(path, replacing)?;
        let failed = |error: io::Error| file_error("write", path, &error);
        let temporary = temporary_beside(path)?;
        let written = create(&temporary, self.as_bytes())
            .and_then(|()| fs::rename(&temporary, path))
            .and_then(|()| sync_directory(path));
        written.map_err(|error| {
            // What is left of it would only be in the way.
            let _ = fs::remove_file(&temporary);
            failed(error)
        })
    }

    /// Whether [`write`](SealedPlan::write) may put a plan at `path`: to be asked before the work of
    /// planning.
    ///
    /// # Errors
    /// The directory is not there; something is there that `replacing` does not allow.
    pub fn check_place(path: &Path, replacing: Replacing) -> Result<(), PlanFileError> {
        let occupied = |found| Err(PlanFileError::Occupied { path: path.display().to_string(), found });
        let failed = |error: io::Error| file_error("write", path, &error);
        let directory = directory_of(path);
        if !fs::metadata(directory).map_err(failed)?.is_dir() {
            return Err(failed(io::ErrorKind::NotADirectory.into()));
        }
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        if !metadata.is_file() {
            return Err(failed(io::Error::other("it is not an ordinary file; choose another path")));
        }
        if metadata.len() == 0
            || replacing == Replacing::AnyFile
            || begins_like_a_plan(path).map_err(failed)?
        {
            return Ok(());
        }
        occupied("not a plan file")
    }
}

fn file_error(action: &'static str, path: &Path, error: &io::Error) -> PlanFileError {
    PlanFileError::File { action, path: path.display().to_string(), reason: error.to_string() }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name in the same directory, so that the rename stays within one file system.
fn temporary_beside(path: &Path) -> Result<PathBuf, PlanFileError> {
    let Some(name) = path.file_name() else {
        return Err(file_error("write", path, &io::Error::other("it does not name a file")));
    };
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", random_token()));
    Ok(directory_of(path).join(temporary))
}

fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the rename durable, where a directory can be flushed.
fn sync_directory(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(directory_of(path))?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn begins_like_a_plan(path: &Path) -> io::Result<bool> {
    let mut begin = Vec::with_capacity(MAGIC.len());
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut begin)?;
    Ok(begin == MAGIC.as_bytes())
}
