//! How a token of Vault comes about: given, in a file, or by the login of a Kubernetes service
//! account. Facts are from <https://developer.hashicorp.com/vault/api-docs/auth/kubernetes>.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;

use iac_core::{Error, ErrorKind, Result, Secret};
use iac_http::{Client, Idempotency, Request};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::Vault;
use super::fetch::path_of;
use crate::source::SourceContext;
use crate::source::file::read_file;
use crate::source::http::decode;

/// Where Kubernetes puts the token of a pod's service account.
pub const KUBERNETES_TOKEN_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/// The mount of the Kubernetes method unless said otherwise.
const KUBERNETES_MOUNT: &str = "kubernetes";
/// What to do about a file with a token.
const OF_TOKEN: &str = "run `vault login`, name another file in VAULT_TOKEN_FILE, or set VAULT_TOKEN";
/// What to do about the file with a service account's token.
const OF_ACCOUNT: &str = "in a pod it is mounted, unless that is switched off; VAULT_K8S_TOKEN_FILE names another, and \
                          outside of Kubernetes set VAULT_TOKEN in place of VAULT_K8S_ROLE";
/// A login is not used in its last seconds: the request could arrive after its end.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// How to log in to Vault. Its `Debug` shows no token.
///
/// ```
/// use iac_settings::VaultLogin;
///
/// let login = VaultLogin::Token("hvs.xxxx".into());
/// assert_eq!(format!("{login:?}"), "Token([secret])");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum VaultLogin {
    /// With this token.
    Token(Secret<String>),
    /// With the token in this file, as an agent keeps it.
    TokenFile(PathBuf),
    /// With a Kubernetes service account.
    Kubernetes {
        /// The role in Vault.
        role: String,
        /// Where the method is mounted.
        mount: String,
        /// The file with the service account's token.
        token_file: PathBuf,
    },
}

impl VaultLogin {
    /// With the pod's own service account, at the usual mount.
    pub fn kubernetes(role: impl Into<String>) -> Self {
        Self::Kubernetes {
            role: role.into(),
            mount: KUBERNETES_MOUNT.to_owned(),
            token_file: KUBERNETES_TOKEN_FILE.into(),
        }
    }

    fn from_variables(cx: &SourceContext) -> Result<Self> {
        let variable = |name: &str| cx.variables.get(name);
        if let Some(token) = cx.variables.text("VAULT_TOKEN")? {
            return Ok(Self::Token(Secret::new(token)));
        }
        if let Some(role) = variable("VAULT_K8S_ROLE") {
            return Ok(Self::Kubernetes {
                role,
                mount: variable("VAULT_K8S_MOUNT").unwrap_or_else(|| KUBERNETES_MOUNT.to_owned()),
                token_file: variable("VAULT_K8S_TOKEN_FILE")
                    .map_or_else(|| KUBERNETES_TOKEN_FILE.into(), PathBuf::from),
            });
        }
        let home = variable("HOME").map(|home| PathBuf::from(home).join(".vault-token"));
        let file = variable("VAULT_TOKEN_FILE").map(PathBuf::from);
        file.or_else(|| home.filter(|path| path.exists())).map(Self::TokenFile).ok_or_else(|| {
            Error::new(ErrorKind::Unauthenticated, "there is no token for Vault")
                .hint("set VAULT_TOKEN, or VAULT_K8S_ROLE inside of Kubernetes, or run `vault login`")
        })
    }
}

/// A login that lasts until it ends.
#[derive(Debug)]
pub(super) struct Session {
    token: Secret<String>,
    ends: Option<Instant>,
}

/// A token, and whether another login could give a better one.
pub(super) struct Token {
    pub(super) token: Secret<String>,
    pub(super) renewable: bool,
}

impl Vault {
    /// A token: of the last login if that lasts, of a new one otherwise. `fresh` asks for a new one.
    pub(super) async fn log_in(&self, client: &Client, cx: &SourceContext, fresh: bool) -> Result<Token> {
        let login = match &self.login {
            Some(login) => login.clone(),
            None => VaultLogin::from_variables(cx)?,
        };
        let (role, mount, token_file) = match login {
            VaultLogin::Token(token) => return Ok(Token { token, renewable: false }),
            VaultLogin::TokenFile(path) => {
                return Ok(Token { token: read_token(&path, OF_TOKEN).await?, renewable: false });
            }
            VaultLogin::Kubernetes { role, mount, token_file } => (role, mount, token_file),
        };
        if !fresh && let Some(token) = self.kept() {
            return Ok(Token { token, renewable: true });
        }
        let request = client.post(path_of(&["auth", &mount, "login"])?);
        let request = self.in_namespace(request, cx)?;
        let account_token = read_token(&token_file, OF_ACCOUNT).await?;
        let session =
            with_service_account(request, &role, &mount, &account_token, |error| self.explained(error, cx));
        let session = session.await?;
        let token = session.token.clone();
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
        Ok(Token { token, renewable: true })
    }

    fn kept(&self) -> Option<Secret<String>> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let lasts = |session: &&Session| session.ends.is_none_or(|ends| ends > Instant::now() + LEASE_MARGIN);
        session.as_ref().filter(lasts).map(|session| session.token.clone())
    }
}

/// A token in a file that no settings file names.
async fn read_token(path: &Path, way_out: &'static str) -> Result<Secret<String>> {
    read_file(path).await.map_err(|error| error.hint(way_out))
}

async fn with_service_account(
    request: Request,
    role: &str,
    mount: &str,
    account_token: &Secret<String>,
    explained: impl Fn(Error) -> Error,
) -> Result<Session> {
    #[derive(Deserialize)]
    struct Answer {
        auth: Auth,
    }
    #[derive(Deserialize)]
    struct Auth {
        client_token: String,
        #[serde(default)]
        lease_duration: u64,
    }
    let body = json!({ "role": role, "jwt": account_token.expose() });
    let answer = request
        .json_body(&body)
        .sensitive(account_token.expose().as_str())
        .sensitive_response()
        // Logging in twice leaves one token more that expires by itself.
        .idempotency(Idempotency::Safe)
        .send_bytes()
        .await
        .map_err(|error| {
            let hint = match error.kind() {
                ErrorKind::PermissionDenied | ErrorKind::InvalidInput => Some(format!(
                    "check that Vault's role {role:?} at auth/{mount} allows this service account and namespace"
                )),
                _ => None,
            };
            let error = explained(error);
            match hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })?;
    let Answer { auth } = decode(&answer.body, "Vault")?;
    let lease = Duration::from_secs(auth.lease_duration);
    // A lease of 0 does not end. One that ends after the clock does not, either.
    let ends = if lease.is_zero() { None } else { Instant::now().checked_add(lease) };
    Ok(Session { token: Secret::new(auth.client_token), ends })
}
