//! [`BuildId`]: which build of the program made a plan. Knows nothing of where programs are.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hash::hex;

/// Largest program that is hashed.
const PROGRAM_LENGTH_MAX: u64 = 4 << 30;
/// Bytes read at once.
const BUFFER_LENGTH: usize = 1 << 16;
/// Digits that tell two builds apart for people.
const SHOWN_LENGTH: usize = 12;

/// The identity of a build of the program: a digest.
///
/// A plan is applied by the build that made it, because another one may mean something else by the
/// same resources. The runner takes the digest of the running executable; an embedder may name its
/// builds, for example after a commit.
///
/// ```
/// use iac_core::BuildId;
///
/// let build = BuildId::named("deploy 4f2a9c1");
/// assert_eq!(build, BuildId::named("deploy 4f2a9c1"));
/// assert_ne!(build, BuildId::named("deploy 90b1e77"));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BuildId(String);

impl BuildId {
    /// The build that has this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(hex(&Sha256::digest(name.as_bytes())))
    }

    /// The build whose executable is at `path`, as a rule `std::env::current_exe()`. Reads the file
    /// once, from begin to end.
    ///
    /// # Errors
    /// The file cannot be read, or is larger than 4 GiB.
    pub fn of_executable(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?.take(PROGRAM_LENGTH_MAX + 1);
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; BUFFER_LENGTH];
        let mut length = 0;
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            length += read as u64;
            hasher.update(buffer.get(..read).unwrap_or_default());
        }
        if length > PROGRAM_LENGTH_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 4 GiB"));
        }
        Ok(Self(hex(&hasher.finalize())))
    }

    /// The whole digest, 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BuildId {
    /// Enough digits to tell two builds apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get(..SHOWN_LENGTH).unwrap_or(&self.0))
    }
}

impl fmt::Debug for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BuildId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executable_is_told_by_every_byte() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("program");
        let mut bytes = vec![7; BUFFER_LENGTH * 2 + 1];
        std::fs::write(&path, &bytes).unwrap();
        let first = BuildId::of_executable(&path).unwrap();
        assert_eq!(first.as_str(), crate::hash::long_hex(&bytes));
        *bytes.last_mut().unwrap() = 8;
        std::fs::write(&path, &bytes).unwrap();
        assert_ne!(BuildId::of_executable(&path).unwrap(), first);
        assert!(BuildId::of_executable(directory.path().join("nothing").as_path()).is_err());
    }
}
