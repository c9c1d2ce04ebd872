//! [`SecretSource`]: where a secret is kept outside of the settings, and the sources there are.
//! Knows nothing of settings.

mod command;
mod doppler;
mod file;
mod http;
mod reference;
mod variable;
mod vault;

use async_trait::async_trait;
use iac_core::Secret;

pub use command::{COMMAND_TIMEOUT, Command};
pub use doppler::Doppler;
pub use file::File;
pub use http::ANSWER_BYTES_MAX;
pub use reference::{Reference, SourceContext};
pub use variable::Variable;
pub use vault::{KUBERNETES_TOKEN_FILE, Vault, VaultLogin};

/// Longest secret, in bytes.
pub const SECRET_BYTES_MAX: usize = 64 * 1024;

/// Where secrets are kept: a service, a program, a file. A field of a settings struct that is a
/// [`Secret`] refers to it by its name: `{ vault = { mount = "kv", path = "shop", key = "token" } }`.
///
/// A source is asked when settings are loaded, each time anew, once for equal references. It:
/// - MUST NOT keep a fetched secret anywhere but in memory;
/// - MUST NOT put a secret, a credential or an answer that may hold one into an error, a log or its
///   `Debug`;
/// - MUST bound how long it waits and how much it reads ([`SECRET_BYTES_MAX`]);
/// - MUST answer [`NotFound`](iac_core::ErrorKind::NotFound) for a secret that does not exist, and
///   name what it looked for.
///
/// ```
/// use async_trait::async_trait;
/// use iac_core::{Error, ErrorKind, Secret};
/// use iac_settings::{Reference, SecretSource, SourceContext};
/// use serde_json::{Value, json};
///
/// /// `{ keychain = "name" }`
/// struct Keychain;
///
/// #[async_trait]
/// impl SecretSource for Keychain {
///     fn name(&self) -> &str {
///         "keychain"
///     }
///     fn schema(&self) -> Value {
///         json!({ "type": "string", "minLength": 1 })
///     }
///     async fn fetch(&self, reference: &Reference, _: &SourceContext) -> iac_core::Result<Secret<String>> {
///         let name: String = reference.read()?;
///         Err(Error::new(ErrorKind::NotFound, format!("the keychain has no entry {name:?}")))
///     }
/// }
/// let settings = iac_settings::Settings::<()>::new().secret_source(Keychain);
/// ```
#[async_trait]
pub trait SecretSource: Send + Sync + 'static {
    /// The key by which settings refer to it. A source registered later replaces one of the same
    /// name.
    fn name(&self) -> &str;

    /// The JSON schema of its references, checked before anything is fetched.
    fn schema(&self) -> serde_json::Value;

    /// Fetches the secret that `reference` names.
    ///
    /// # Errors
    /// [`iac_core::ErrorKind`] says what happened: not found, refused, unreachable, too slow, not
    /// readable.
    async fn fetch(&self, reference: &Reference, cx: &SourceContext) -> iac_core::Result<Secret<String>>;
}
