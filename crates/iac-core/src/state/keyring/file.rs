//! [`KeyFile`]: a keyring whose key lies in a file that only its owner may read.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::raw::RawKey;
use super::{Keyring, KeyringError};
use crate::hash::hex;
use crate::state::codec::{DataKey, fill_random};
use crate::state::record::StackId;

/// Longest content read: a key, a line feed, and some room for white space.
const LENGTH_MAX: u64 = 256;

/// A keyring whose key lies in a file: 64 hexadecimal digits, readable by its owner alone.
///
/// Keep the file away from the state: whoever has both can read the secrets, and whoever loses the
/// file cannot read them any more.
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
    key: RawKey,
}

impl KeyFile {
    /// The key in an existing file.
    ///
    /// # Errors
    /// [`KeyringError::Unusable`]: the file cannot be read, others may read it, or it holds no key.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, KeyringError> {
        let path = path.into();
        let text = read(&path).map_err(|error| unusable(&path, &read_advice(&error)))?;
        Self::parse(path, &text)
    }

    /// The key in the file; where there is no file, a new random key in a new file with mode 0600.
    ///
    /// # Errors
    /// As [`open`](KeyFile::open), and a file that cannot be created.
    pub fn open_or_create(path: impl Into<PathBuf>) -> Result<Self, KeyringError> {
        let path = path.into();
        match read(&path) {
            Ok(text) => return Self::parse(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(&path, &read_advice(&error))),
        }
        let mut number = [0; 4];
        fill_random(&mut number)?;
        let text = Zeroizing::new(format!("{}\n", hex(DataKey::generate()?.expose())));
        match create(&path, &hex(&number), &text) {
            Ok(()) => Self::parse(path, &text),
            // Somebody else was faster; theirs is the key.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::open(path),
            Err(error) => {
                let reason =
                    format!("it cannot be created: {error}; create its directory and make it writable");
                Err(unusable(&path, &reason))
            }
        }
    }

    /// Where the key lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn parse(path: PathBuf, text: &str) -> Result<Self, KeyringError> {
        check_mode(&path)?;
        let key = RawKey::from_hex(describe(&path), text)?;
        Ok(Self { path, key })
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    // What is no regular file does not say how long it is, and may have no end.
    let mut text = Zeroizing::new(String::new());
    fs::File::open(path)?.take(LENGTH_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LENGTH_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too long for a key"));
    }
    Ok(text)
}

fn read_advice(error: &io::Error) -> String {
    format!("it cannot be read: {error}; pass the path of a file with 64 hexadecimal digits")
}

/// Makes the file with its whole content, or finds that there is one: who reads it at the same moment must
/// not see a half. `number` tells the draft from that of somebody else.
fn create(path: &Path, number: &str, text: &str) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{number}"));
    let draft = PathBuf::from(draft);
    write_new(&draft, text)?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        // A file system without links.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => write_new(path, text),
        done => done,
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key must not be found by the next run. It was never used.
        let _ = fs::remove_file(path);
    }
    written
}

#[cfg(unix)]
fn check_mode(path: &Path) -> Result<(), KeyringError> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = fs::metadata(path).map_err(|error| unusable(path, &read_advice(&error)))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let reason = format!(
        "others than its owner may read or change it (mode {:03o}); run `chmod 600 {}`, and make a new key if \
         others could have read it",
        mode & 0o777,
        path.display()
    );
    Err(unusable(path, &reason))
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> Result<(), KeyringError> {
    Ok(())
}

fn describe(path: &Path) -> String {
    format!("the key file {}", path.display())
}

fn unusable(path: &Path, reason: &str) -> KeyringError {
    KeyringError::Unusable { keyring: describe(path), reason: reason.to_owned() }
}

impl Keyring for KeyFile {
    fn wrap(&self, key: &DataKey, stack: &StackId) -> Result<String, KeyringError> {
        self.key.wrap(key, stack)
    }
    fn unwrap(&self, envelope: &str, stack: &StackId) -> Result<DataKey, KeyringError> {
        self.key.unwrap(envelope, stack)
    }
    fn describe(&self) -> String {
        self.key.describe()
    }
}
