//! [`OsKeyring`]: a keyring whose key lies in the operating system's own. Knows nothing of files.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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
/// How long the service may take to answer. Some ask their user for a password in between.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// What else opens a stack, for errors.
const OTHERWISE: &str = "use another key of the stack: a key file, a passphrase or a variable";

/// Held while an entry is looked for and made: no keyring can do both at once, so two threads would
/// each make a key, and what one of them locked would not open any more.
static MAKING: Mutex<()> = Mutex::new(());

/// A keyring whose key lies in the operating system's keyring: the Secret Service on Linux and BSD
/// (GNOME Keyring, KWallet, KeePassXC), the Keychain on macOS, the Credential Manager on Windows.
///
/// The entry has the service `iac` and holds 64 hexadecimal digits. The same digits open the stack
/// from a key file or a variable as well. A machine without a desktop session has no such service as
/// a rule: use a [`KeyFile`](super::KeyFile) there.
///
/// A locked service may ask its user for a password; it is waited for two minutes, with the calling
/// thread. Where two processes make the same entry at the same moment, the later one replaces the
/// key of the other: make it with one process before several use it.
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
pub struct OsKeyring {
    key: RawKey,
    is_new: bool,
}

impl OsKeyring {
    /// The key in the entry `name`.
    ///
    /// # Errors
    /// [`KeyringError::Unusable`]: no keyring service, a locked one, no such entry, no key in it, no
    /// answer within two minutes.
    pub fn open(name: &str) -> Result<Self, KeyringError> {
        let owned = name.to_owned();
        within(ANSWER_TIMEOUT, name, move || Self::open_in(&service(&owned)?, &owned))
    }

    /// The key in the entry `name`; where there is none, a new random key in a new entry.
    ///
    /// # Errors
    /// As [`open`](OsKeyring::open), and an entry that cannot be made.
    pub fn open_or_create(name: &str) -> Result<Self, KeyringError> {
        let owned = name.to_owned();
        within(ANSWER_TIMEOUT, name, move || Self::open_or_create_in(&service(&owned)?, &owned))
    }

    fn open_in(store: &Arc<CredentialStore>, name: &str) -> Result<Self, KeyringError> {
        let digits = entry(store, name)?.get_password().map_err(|error| unusable(name, &error))?;
        let key = RawKey::from_hex(describe(name), &Zeroizing::new(digits))?;
        Ok(Self { key, is_new: false })
    }

    fn open_or_create_in(store: &Arc<CredentialStore>, name: &str) -> Result<Self, KeyringError> {
        let entry = entry(store, name)?;
        let mut is_new = false;
        let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        match entry.get_password() {
            Err(Error::NoEntry) => {
                let digits = Zeroizing::new(hex(DataKey::generate()?.expose()));
                entry.set_password(&digits).map_err(|error| unusable(name, &error))?;
                is_new = true;
            }
            Err(error) => return Err(unusable(name, &error)),
            Ok(digits) => drop(Zeroizing::new(digits)),
        }
        // Read back: if another process made one at the same moment, theirs may be the one that stayed.
        Ok(Self { is_new, ..Self::open_in(store, name)? })
    }

    /// Whether [`open_or_create`](OsKeyring::open_or_create) made the entry: who did not choose its
    /// key should be told to keep another one.
    pub fn is_new(&self) -> bool {
        self.is_new
    }
}

/// Asks the service on a thread of its own. A service that hangs keeps that thread, and nobody else.
fn within<T: Send + 'static>(
    timeout: Duration,
    name: &str,
    ask: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    let refused = |reason: String| KeyringError::Unusable { keyring: describe(name), reason };
    let (tell, told) = sync_channel(1);
    let thread = std::thread::Builder::new().name("os-keyring".into()).spawn(move || {
        // Nobody listens any more where the answer came too late.
        let _ = tell.send(ask());
    });
    let thread = thread.map_err(|error| refused(format!("no thread can be started to ask it: {error}")))?;
    match told.recv_timeout(timeout) {
        Ok(answer) => {
            // It has sent its answer and ends at once; the answer is what counts.
            let _ = thread.join();
            answer
        }
        Err(RecvTimeoutError::Timeout) => Err(refused(format!(
            "its service gave no answer within {timeout:?}; see whether it waits for a password, restart it, or \
             {OTHERWISE}"
        ))),
        Err(RecvTimeoutError::Disconnected) => {
            Err(refused(format!("the library that asks its service failed; {OTHERWISE}")))
        }
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
    Ok(zbus_secret_service_keyring_store::Store::new().map_err(|error| unreachable(name, &error))?)
}

#[cfg(target_os = "macos")]
fn service(name: &str) -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(apple_native_keyring_store::keychain::Store::new().map_err(|error| unreachable(name, &error))?)
}

#[cfg(windows)]
fn service(name: &str) -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(windows_native_keyring_store::Store::new().map_err(|error| unreachable(name, &error))?)
}

fn describe(name: &str) -> String {
    format!("the entry {name:?} of the operating system's keyring")
}

/// What a library says is wrong, without the names that it gives its own parts.
fn said(cause: &dyn std::error::Error) -> String {
    let text = cause.to_string();
    let parts = ["SS error: ", "SS Error: ", "zbus error: ", "zbus fdo error: "];
    parts.iter().find_map(|part| text.strip_prefix(part)).unwrap_or(&text).to_owned()
}

/// Why the service cannot be asked at all.
fn unreachable(name: &str, error: &Error) -> KeyringError {
    let cause = match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => format!(" ({})", said(&**cause)),
        _ => String::new(),
    };
    let reason = format!(
        "no keyring service can be reached{cause}; a desktop session has one, which is found through D-Bus on \
         Linux, a server as a rule has none: start one, or {OTHERWISE}"
    );
    KeyringError::Unusable { keyring: describe(name), reason }
}

fn unusable(name: &str, error: &Error) -> KeyringError {
    // Some of these errors hold what was read, so none is shown as it is.
    let reason = match error {
        Error::NoEntry => format!(
            "there is no such entry, under the service {SERVICE:?}; check its name and whose keyring it is in, \
             or {OTHERWISE}"
        ),
        Error::NoStorageAccess(cause) => format!(
            "its keyring is locked and was not unlocked ({}); unlock it and run again, or {OTHERWISE}",
            said(&**cause)
        ),
        Error::PlatformFailure(cause) => {
            let cause = said(&**cause);
            format!("its service failed ({cause}); see whether it runs and is unlocked, or {OTHERWISE}")
        }
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            format!("it does not hold text; delete it if it is not yours, or {OTHERWISE}")
        }
        Error::Ambiguous(_) => "there are several of that name; delete all but the right one".into(),
        Error::TooLong(..) | Error::Invalid(..) => "the service refuses its name; choose another".into(),
        _ => format!("the service refused; {OTHERWISE}"),
    };
    KeyringError::Unusable { keyring: describe(name), reason }
}

impl Keyring for OsKeyring {
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
        assert!(made.is_new());
        let envelope = made.wrap(&key, &stack()).unwrap();
        for again in [
            OsKeyring::open_in(&store, "philotes").unwrap(),
            OsKeyring::open_or_create_in(&store, "philotes").unwrap(),
        ] {
            assert!(!again.is_new());
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
        assert!(error.contains("locked and was not unlocked (it is locked)"), "{error}");
        assert!(error.contains("a key file, a passphrase or a variable"), "{error}");
        assert!(OsKeyring::open_in(&store, "philotes").is_ok());
    }

    #[test]
    fn a_service_that_never_answers_is_not_waited_for() {
        let (hold, held) = sync_channel::<()>(0);
        let error = within(Duration::ZERO, "philotes", move || {
            let _ = held.recv();
            Ok(())
        });
        let error = error.unwrap_err().to_string();
        assert!(error.contains("no answer within 0ns") && error.contains("a key file"), "{error}");
        drop(hold);
        assert_eq!(within(ANSWER_TIMEOUT, "philotes", || Ok(7)).unwrap(), 7);
    }

    #[test]
    fn threads_that_make_an_entry_at_once_share_one_key() {
        let store = mock();
        let made = std::thread::scope(|scope| {
            let make = || OsKeyring::open_or_create_in(&store, "philotes").unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let key = DataKey::generate().unwrap();
        let envelope = made[0].wrap(&key, &stack()).unwrap();
        assert!(made.iter().all(|one| one.unwrap(&envelope, &stack()).is_ok()));
    }
}
