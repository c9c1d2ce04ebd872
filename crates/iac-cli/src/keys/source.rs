//! [`Source`]: where a key is, as it is written on the command line. Knows nothing of which one a
//! command needs.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use iac_core::state::{KeyFile, Keyring, KeyringError, Passphrase, RawKey};

use crate::console::Environment;
use crate::failure::{Failure, Problem};

/// Where a key is: `file:PATH`, `passphrase:VARIABLE`, `key:VARIABLE` or `os:ENTRY`.
///
/// Never the key itself: what stands on a command line is in the shell's history and in the list of
/// processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A key file.
    File(PathBuf),
    /// A variable with a passphrase.
    Passphrase(String),
    /// A variable with 64 hexadecimal digits.
    Key(String),
    /// An entry of the operating system's keyring.
    #[cfg(feature = "os-keyring")]
    Os(String),
}

/// The ways to write one, for help and errors.
pub(crate) const FORMS: &str = "file:PATH, passphrase:VARIABLE, key:VARIABLE or os:ENTRY";

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        if rest.is_empty() {
            return Err(format!("expected {FORMS}"));
        }
        match kind {
            "file" => Ok(Self::File(rest.into())),
            "passphrase" => Ok(Self::Passphrase(rest.to_owned())),
            "key" => Ok(Self::Key(rest.to_owned())),
            #[cfg(feature = "os-keyring")]
            "os" => Ok(Self::Os(rest.to_owned())),
            #[cfg(not(feature = "os-keyring"))]
            "os" => {
                Err("this program was built without the feature `os-keyring`; build it with that, or use \
                         file:PATH, passphrase:VARIABLE or key:VARIABLE"
                    .into())
            }
            _ => Err(format!("expected {FORMS}")),
        }
    }
}

impl Source {
    /// The keyring there, for a new recipient: a file or an entry may be made. An entry is made when
    /// everything else is right, as nobody would take it away again.
    pub(crate) fn open_to_add(&self, environment: &Environment) -> Result<Arc<dyn Keyring>, Failure> {
        match self {
            Self::File(path) => {
                let made = KeyFile::open_or_create(path);
                Ok(Arc::new(made.map_err(|error| Failure::new("read a key", error))?))
            }
            #[cfg(feature = "os-keyring")]
            Self::Os(entry) => {
                Ok(Arc::new(super::LazyEntry { name: entry.clone(), screen: None, directory: None }))
            }
            other => other.open(environment),
        }
    }

    /// The keyring there, which must be there already.
    pub(crate) fn open(&self, environment: &Environment) -> Result<Arc<dyn Keyring>, Failure> {
        let unusable = |error: KeyringError| Failure::new("read a key", error);
        Ok(match self {
            Self::File(path) => Arc::new(KeyFile::open(path).map_err(unusable)?),
            Self::Passphrase(variable) => {
                Arc::new(Passphrase::new(read(environment, variable)?).map_err(unusable)?)
            }
            Self::Key(variable) => {
                let digits = read(environment, variable)?;
                Arc::new(RawKey::from_hex(format!("the variable {variable}"), &digits).map_err(unusable)?)
            }
            #[cfg(feature = "os-keyring")]
            Self::Os(entry) => Arc::new(iac_core::state::OsKeyring::open(entry).map_err(unusable)?),
        })
    }
}

/// A variable that holds no text is no key, and is not the same as none.
pub(super) fn check_text(environment: &Environment, variable: &str) -> Result<(), Failure> {
    if !environment.is_unreadable(variable) {
        return Ok(());
    }
    let text = format!("failed to read a key: the variable {variable} is set to what is not UTF-8 text");
    Err(Problem::new(text).hint("set it anew, or unset it and name another key").into())
}

fn read(environment: &Environment, variable: &str) -> Result<String, Failure> {
    check_text(environment, variable)?;
    environment.get(variable).ok_or_else(|| {
        let text = format!("failed to read a key: the variable {variable} is not set");
        Problem::new(text)
            .hint("name a variable that holds the key; the key itself must not be an argument")
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_says_where_and_never_what() {
        assert_eq!("file:/etc/iac/key".parse(), Ok(Source::File("/etc/iac/key".into())));
        assert_eq!("passphrase:TEAM".parse(), Ok(Source::Passphrase("TEAM".into())));
        assert_eq!("key:CI_KEY".parse(), Ok(Source::Key("CI_KEY".into())));
        for bad in ["", "file", "file:", "env:X", "/etc/iac/key"] {
            assert_eq!(bad.parse::<Source>(), Err(format!("expected {FORMS}")), "{bad}");
        }
        let os = "os:philotes".parse::<Source>();
        assert_eq!(os.is_ok(), cfg!(feature = "os-keyring"), "{os:?}");
    }
}
