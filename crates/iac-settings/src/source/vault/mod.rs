//! [`Vault`]: secrets in HashiCorp Vault or OpenBao, `{ vault = { mount, path, key } }`.

mod fetch;
mod login;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use iac_core::Secret;
use iac_http::RetryPolicy;

use super::http::Sending;

pub use login::{KUBERNETES_TOKEN_FILE, VaultLogin};

/// Secrets in the versioned key-value store (KV version 2) of HashiCorp Vault or OpenBao:
/// `{ vault = { mount = "kv", path = "shop/production", key = "token" } }`, with `version = 3` for one
/// that is not the newest.
///
/// What is not given here comes from the variables of Vault's own command line: `VAULT_ADDR`,
/// `VAULT_TOKEN`, `VAULT_NAMESPACE`, `VAULT_CACERT`. Without a token, `VAULT_K8S_ROLE` logs in with the
/// pod's service account, and after that the file `~/.vault-token` is read.
///
/// ```
/// use iac_settings::{Settings, Vault, VaultLogin};
///
/// let vault = Vault::new().address("https://vault.example.org").login(VaultLogin::kubernetes("deployer"));
/// let settings = Settings::<()>::new().secret_source(vault);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Vault {
    address: Option<String>,
    namespace: Option<String>,
    login: Option<VaultLogin>,
    sending: Sending,
    /// The token of the last login, in memory only.
    session: Arc<Mutex<Option<login::Session>>>,
}

impl Vault {
    /// Everything from the environment.
    pub fn new() -> Self {
        Self::default()
    }

    /// The server's address, without `/v1`.
    pub fn address(mut self, url: impl Into<String>) -> Self {
        self.address = Some(url.into());
        self
    }

    /// The namespace, for servers that have them.
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.namespace = Some(name.into());
        self
    }

    /// How to log in.
    pub fn login(mut self, login: VaultLogin) -> Self {
        self.login = Some(login);
        self
    }

    /// Logs in with this token.
    pub fn token(self, token: impl Into<Secret<String>>) -> Self {
        self.login(VaultLogin::Token(token.into()))
    }

    /// Trusts only these certificates (PEM), for a server with an authority of its own.
    pub fn trust_roots_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.sending.roots_pem = Some(pem.into());
        self
    }

    /// Allows an address with `http:` on another machine, for a server in a private network: everyone on
    /// the way can then read the token and the secrets.
    pub fn allow_cleartext(mut self) -> Self {
        self.sending.cleartext_allowed = true;
        self
    }

    /// Bound on one attempt; 15 s by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.sending.timeout = timeout;
        self
    }

    /// When requests are repeated; three attempts by default.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.sending.retry = policy;
        self
    }
}
