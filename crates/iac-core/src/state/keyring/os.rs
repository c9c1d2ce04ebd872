//! [`OsKeyring`]: a keyring whose key lies in the operating system's own. Knows nothing of files.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use super::raw::RawKey;
use super::{Keyring, KeyringError};
use crate::hash::hex;
use crate::state::codec::DataKey;
use crate::state::record::StackId;

/// The service under which the operating system files the keys.
const SERVICE: &str = "iac";
/// Longest name of an entry: every keyring takes it.
const NAME_LENGTH_MAX: usize = 200;

/// A keyring whose key lies in the operating system's keyring: the Secret Service on Linux and BSD
/// (GNOME Keyring, KWallet, KeePassXC), the Keychain on macOS, the Credential Manager on Windows.
///
/// The entry has the service `iac` and holds 64 hexadecimal digits. The same digits open the stack
/// from a key file or a variable as well. A machine without a desktop session has no such service as
/// a rule: use a [`KeyFile`](super::KeyFile) there.
///
/// Needs the feature `os-keyring`.
///
/// ```no_run
/// use iac_core::Engine;
/// use iac_core::state::{MemoryBackend, OsKeyring};
///
/// let keyring = OsKeyring::open_or_create("philotes")?;
/// let engine = Engine::builder().backend(MemoryBackend::new()).keyring(keyring).build();
/// # let _ = engine;
/// # Ok::<(), iac_core::state::KeyringError>(())
/// ```
#[derive(Debug, Clone)]
pub struct OsKeyring(RawKey);

impl OsKeyring {
    /// The key in the entry `name`.
    ///
    /// # Errors
    /// [`KeyringError::Unusable`]: no keyring service, a locked one, no such entry, no key in it.
    pub fn open(name: &str) -> Result<Self, KeyringError> {
        Self::open_in(&service(name)?, name)
    }

    /// The key in the entry `name`; where there is none, a new random key in a new entry.
    ///
    /// # Errors
    /// As [`open`](OsKeyring::open), and an entry that cannot be made.
    pub fn open_or_create(name: &str) -> Result<Self, KeyringError> {
        Self::open_or_create_in(&service(name)?, name)
    }

    fn open_in(store: &Arc<CredentialStore>, name: &str) -> Result<Self, KeyringError> {
        let digits = entry(store, name)?.get_password().map_err(|error| unusable(name, &error))?;
        RawKey::from_hex(describe(name), &Zeroizing::new(digits)).map(Self)
    }

    fn open_or_create_in(store: &Arc<CredentialStore>, name: &str) -> Result<Self, KeyringError> {
        let entry = entry(store, name)?;
        match entry.get_password() {
            Err(Error::NoEntry) => {
                let digits = Zeroizing::new(hex(DataKey::generate()?.expose()));
                entry.set_password(&digits).map_err(|error| unusable(name, &error))?;
            }
            Err(error) => return Err(unusable(name, &error)),
            Ok(digits) => drop(Zeroizing::new(digits)),
        }
        // Read back: if somebody else made one at the same moment, theirs may be the one that stayed.
        Self::open_in(store, name)
    }
}

fn entry(store: &Arc<CredentialStore>, name: &str) -> Result<Entry, KeyringError> {
    if name.is_empty() || name.len() > NAME_LENGTH_MAX || name.chars().any(char::is_control) {
        return Err(KeyringError::Unusable {
            keyring: "the operating system's keyring".into(),
            reason: format!("the name of an entry has 1 to {NAME_LENGTH_MAX} characters on one line"),
        });
    }
    store.build(SERVICE, name, None).map_err(|error| unusable(name, &error))
}

#[cfg(all(unix, not(target_os = "macos")))]
fn service(name: &str) -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(zbus_secret_service_keyring_store::Store::new().map_err(|error| unusable(name, &error))?)
}

#[cfg(target_os = "macos")]
fn service(name: &str) -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(apple_native_keyring_store::keychain::Store::new().map_err(|error| unusable(name, &error))?)
}

#[cfg(windows)]
fn service(name: &str) -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(windows_native_keyring_store::Store::new().map_err(|error| unusable(name, &error))?)
}

fn describe(name: &str) -> String {
    format!("the entry {name:?} of the operating system's keyring")
}

fn unusable(name: &str, error: &Error) -> KeyringError {
    // Some of these errors hold what was read, so none is shown as it is.
    let reason = match error {
        Error::NoEntry => format!("there is no such entry; its service is {SERVICE:?}"),
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => format!(
            "the service does not answer or is locked ({cause}); start and unlock it, or use a key file or a \
             passphrase in its place"
        ),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "it does not hold text".into(),
        Error::Ambiguous(_) => "there are several of that name; delete all but the right one".into(),
        Error::TooLong(..) | Error::Invalid(..) => "the service refuses its name; choose another".into(),
        _ => "the service refused; use a key file or a passphrase in its place".into(),
    };
    KeyringError::Unusable { keyring: describe(name), reason }
}

impl Keyring for OsKeyring {
    fn wrap(&self, key: &DataKey, stack: &StackId) -> Result<String, KeyringError> {
        self.0.wrap(key, stack)
    }
    fn unwrap(&self, envelope: &str, stack: &StackId) -> Result<DataKey, KeyringError> {
        self.0.unwrap(envelope, stack)
    }
    fn describe(&self) -> String {
        self.0.describe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mock() -> Arc<CredentialStore> {
        keyring_core::mock::Store::new().unwrap()
    }

    fn stack() -> StackId {
        StackId::new("p", "s")
    }

    #[test]
    fn an_entry_is_made_once_and_opens_what_it_locked() {
        let store = mock();
        let error = OsKeyring::open_in(&store, "philotes").unwrap_err().to_string();
        assert!(error.contains("\"philotes\"") && error.contains("no such entry"), "{error}");
        let key = DataKey::generate().unwrap();
        let made = OsKeyring::open_or_create_in(&store, "philotes").unwrap();
        let envelope = made.wrap(&key, &stack()).unwrap();
        for again in [
            OsKeyring::open_in(&store, "philotes").unwrap(),
            OsKeyring::open_or_create_in(&store, "philotes").unwrap(),
        ] {
            assert_eq!(again.unwrap(&envelope, &stack()).unwrap().expose(), key.expose());
        }
        let other = OsKeyring::open_or_create_in(&store, "other").unwrap();
        assert!(matches!(other.unwrap(&envelope, &stack()), Err(KeyringError::Wrong { .. })));
        let digits = store.build(SERVICE, "philotes", None).unwrap().get_password().unwrap();
        let variable = RawKey::from_hex("the variable", &digits).unwrap();
        assert!(variable.unwrap(&envelope, &stack()).is_ok(), "the same digits open it from anywhere");
        assert!(!format!("{made:?}").contains(&digits));
    }

    #[test]
    fn what_is_no_key_is_told_and_never_shown() {
        let store = mock();
        store.build(SERVICE, "philotes", None).unwrap().set_password("hunter2").unwrap();
        let error = OsKeyring::open_or_create_in(&store, "philotes").unwrap_err().to_string();
        assert!(error.contains("64 hexadecimal digits") && !error.contains("hunter2"), "{error}");
        store.build(SERVICE, "bytes", None).unwrap().set_secret(&[0xff, 0xfe]).unwrap();
        let error = OsKeyring::open_in(&store, "bytes").unwrap_err().to_string();
        assert!(error.contains("does not hold text"), "{error}");
        assert!(OsKeyring::open_in(&store, "").is_err());
    }

    #[test]
    fn a_locked_or_missing_service_is_told_with_the_way_out() {
        let store = mock();
        let entry = store.build(SERVICE, "philotes", None).unwrap();
        entry.set_password(&"5f".repeat(32)).unwrap();
        let mock: &keyring_core::mock::Cred = entry.as_any().downcast_ref().unwrap();
        mock.set_error(Error::NoStorageAccess("it is locked".into()));
        let error = OsKeyring::open_in(&store, "philotes").unwrap_err().to_string();
        assert!(error.contains("it is locked") && error.contains("use a key file"), "{error}");
        assert!(OsKeyring::open_in(&store, "philotes").is_ok());
    }

    /// Whether there is a service differs from machine to machine; both answers are clear ones.
    #[test]
    fn the_real_service_opens_nothing_that_is_not_there() {
        let error = OsKeyring::open("iac-test-entry-that-nobody-made").unwrap_err().to_string();
        assert!(error.contains("no such entry") || error.contains("use a key file"), "{error}");
    }
}
