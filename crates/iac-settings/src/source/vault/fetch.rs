//! Reading a secret from KV version 2. Facts are from
//! <https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2> and the status codes of
//! <https://developer.hashicorp.com/vault/api-docs>.

use std::collections::BTreeMap;

use async_trait::async_trait;
use iac_core::{Error, ErrorKind, Result, Secret};
use iac_http::http::{HeaderName, HeaderValue};
use iac_http::{Answer, Client, ErrorParts, Request, RetryAdvice, path_segment, secret_header};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Vault;
use crate::source::http::{decode, explained};
use crate::source::{Reference, SECRET_BYTES_MAX, SecretSource, SourceContext};

const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE_HEADER: HeaderName = HeaderName::from_static("x-vault-namespace");
/// Tells an agent in between that no browser was tricked into this request.
const REQUEST_HEADER: HeaderName = HeaderName::from_static("x-vault-request");
/// Longest file of certificates, in bytes.
const ROOTS_BYTES_MAX: u64 = 1024 * 1024;

#[derive(Deserialize)]
struct Place {
    mount: String,
    path: String,
    key: String,
    version: Option<u64>,
}

#[derive(Deserialize)]
struct Found {
    data: FoundVersion,
}

#[derive(Deserialize)]
struct FoundVersion {
    data: Option<BTreeMap<String, Json>>,
    /// What only a store of version 2 answers.
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    destroyed: bool,
}

impl Vault {
    fn client(&self, cx: &SourceContext) -> Result<Client> {
        let address = self.server_address(cx).ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, "Vault's address is not known")
                .hint("set VAULT_ADDR, for example to https://vault.example.org:8200")
        })?;
        if !address.starts_with("http://") && !address.starts_with("https://") {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("Vault's address {address:?} is no URL"),
            )
            .hint("write it with its scheme, for example https://vault.example.org:8200"));
        }
        // Some write the address with the version that every path begins with.
        let address = address.trim_end_matches('/').trim_end_matches("/v1");
        let builder = Client::builder(format!("{address}/v1")).decoder(refusal);
        let mut sending = self.sending.clone();
        if let (None, Some(path)) = (&sending.roots_pem, cx.variables.get("VAULT_CACERT")) {
            sending.roots_pem = Some(read_roots(&path)?);
        }
        sending.build(builder, "VAULT_ADDR")
    }

    /// The request with the namespace, where there is one.
    pub(super) fn in_namespace(&self, request: Request, cx: &SourceContext) -> Result<Request> {
        let Some(namespace) = self.namespace.clone().or_else(|| cx.variables.get("VAULT_NAMESPACE")) else {
            return Ok(request);
        };
        let value = HeaderValue::try_from(namespace)
            .map_err(|_| Error::new(ErrorKind::InvalidInput, "Vault's namespace is no header value"))?;
        Ok(request.header(NAMESPACE_HEADER, value))
    }

    /// An error of the request layers with what to do about it.
    pub(super) fn explained(&self, error: Error, cx: &SourceContext) -> Error {
        let never_answered = error.kind() == ErrorKind::Unavailable && error.http_status().is_none();
        let error = explained(error, "a Vault server");
        let is_trusted = self.sending.roots_pem.is_some() || cx.variables.get("VAULT_CACERT").is_some();
        let is_secure = self.server_address(cx).is_some_and(|address| address.starts_with("https://"));
        match error.way_out() {
            Some(way_out) if never_answered && is_secure && !is_trusted => {
                let way_out =
                    format!("{way_out}; VAULT_CACERT names the certificate of an authority of its own");
                error.hint(way_out)
            }
            _ => error,
        }
    }

    fn server_address(&self, cx: &SourceContext) -> Option<String> {
        self.address.clone().or_else(|| cx.variables.get("VAULT_ADDR"))
    }

    async fn read(
        &self,
        client: &Client,
        place: &Place,
        token: &Secret<String>,
        cx: &SourceContext,
    ) -> Result<Found> {
        let mut path = vec![place.mount.as_str(), "data"];
        path.extend(place.path.split('/').filter(|part| !part.is_empty()));
        let mut request = client
            .get(path_of(&path)?)
            .query_opt("version", place.version)
            .header(TOKEN_HEADER, secret_header(token.expose().trim())?)
            .header(REQUEST_HEADER, HeaderValue::from_static("true"))
            .sensitive(token.expose().as_str())
            .sensitive_response();
        request = self.in_namespace(request, cx)?;
        let answer = request.send_bytes().await.map_err(|error| self.explained(error, cx))?;
        decode(&answer.body, "Vault's KV version 2")
    }
}

#[async_trait]
impl SecretSource for Vault {
    fn name(&self) -> &str {
        "vault"
    }

    fn schema(&self) -> Json {
        let text = |what: &str| json!({ "type": "string", "minLength": 1, "description": what });
        json!({
            "type": "object",
            "properties": {
                "mount": text("Where the KV version 2 store is mounted, for example `secret`"),
                "path": text("The secret's path below it"),
                "key": text("The key in the secret"),
                "version": { "type": "integer", "minimum": 1, "description": "The newest unless given" },
            },
            "required": ["mount", "path", "key"],
            "additionalProperties": false,
        })
    }

    async fn fetch(&self, reference: &Reference, cx: &SourceContext) -> Result<Secret<String>> {
        let place: Place = reference.read()?;
        let client = self.client(cx)?;
        let token = self.log_in(&client, cx, false).await?;
        let mut found = self.read(&client, &place, &token.token, cx).await;
        // Vault answers an expired token as it answers a missing permission.
        if token.renewable && matches!(&found, Err(error) if error.kind() == ErrorKind::PermissionDenied) {
            let token = self.log_in(&client, cx, true).await?;
            found = self.read(&client, &place, &token.token, cx).await;
        }
        let what = format!("{}/{} in Vault", place.mount, place.path);
        let version = found?.data;
        let metadata = version.metadata.ok_or_else(|| not_versioned(&what))?;
        let mut values = version.data.ok_or_else(|| gone(&what, metadata.destroyed))?;
        match values.remove(&place.key) {
            Some(Json::String(value)) if value.len() > SECRET_BYTES_MAX => Err(Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "{} of {what} is longer than the {SECRET_BYTES_MAX} bytes a secret may have",
                    place.key
                ),
            )),
            Some(Json::String(value)) if value.is_empty() => {
                Err(Error::new(ErrorKind::NotFound, format!("{} of {what} is empty", place.key))
                    .hint("write a version that holds the secret"))
            }
            Some(Json::String(value)) => Ok(Secret::new(value)),
            Some(_) => {
                Err(Error::new(ErrorKind::InvalidInput, format!("{} of {what} is not text", place.key))
                    .hint("store it as text"))
            }
            None => {
                let keys: Vec<&str> = values.keys().map(String::as_str).collect();
                Err(Error::new(ErrorKind::NotFound, format!("{what} has no key {:?}", place.key))
                    .hint(format!("its keys are {}", keys.join(", "))))
            }
        }
    }
}

/// The path has an answer, and it is not that of a store of version 2: one of version 1 takes `data` for
/// a part of the path.
fn not_versioned(what: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("{what} is not in a KV version 2 store"))
        .hint("name the mount of a KV version 2 store, or upgrade this one: `vault kv enable-versioning`")
}

fn gone(what: &str, is_destroyed: bool) -> Error {
    let (how, way_out) = way_back(is_destroyed);
    Error::new(ErrorKind::NotFound, format!("that version of {what} was {how}")).hint(way_out)
}

/// How a version went, and what to do.
fn way_back(is_destroyed: bool) -> (&'static str, &'static str) {
    match is_destroyed {
        true => ("destroyed", "write a new version, or name another one with `version`"),
        false => ("deleted", "write a new version, undelete this one, or name another one with `version`"),
    }
}

/// A path of segments; each keeps its meaning whatever its characters.
pub(super) fn path_of(segments: &[&str]) -> Result<String> {
    let mut path = String::new();
    // A mount may have several segments itself.
    for segment in segments.iter().flat_map(|segment| segment.split('/')).filter(|part| !part.is_empty()) {
        path.push('/');
        path.push_str(&path_segment(segment)?);
    }
    Ok(path)
}

fn read_roots(path: &str) -> Result<Vec<u8>> {
    let read = || {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(
            &mut std::io::Read::take(std::fs::File::open(path)?, ROOTS_BYTES_MAX),
            &mut bytes,
        )?;
        Ok::<_, std::io::Error>(bytes)
    };
    read().map_err(|error| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("VAULT_CACERT: the file {path} cannot be read: {}", error.kind()),
        )
        .hint("name a file with certificates in PEM that this user may read")
    })
}

/// Vault's error body: `{"errors":["…"]}`, empty for what does not exist. A deleted version is
/// answered with 404 and its metadata.
fn refusal(answer: &Answer<'_>) -> Option<ErrorParts> {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(default)]
        errors: Vec<String>,
        data: Option<Json>,
    }
    let refusal: Refusal = serde_json::from_slice(answer.body).ok()?;
    let told: Vec<&str> = refusal.errors.iter().map(|text| text.trim()).collect();
    let told = told.join("; ").replace(['\n', '\t'], " ");
    let is_destroyed = |data: &Json| data.pointer("/metadata/destroyed") == Some(&Json::Bool(true));
    let went = refusal.data.as_ref().map(|data| way_back(is_destroyed(data)));
    let message = match answer.status {
        404 if went.is_some() => {
            format!("that version of the secret was {}", went.map(|(how, _)| how).unwrap_or_default())
        }
        404 if told.is_empty() => "there is no such secret".to_owned(),
        _ if told.is_empty() => return None,
        _ => told.clone(),
    };
    let parts = ErrorParts::new().message(message);
    Some(match answer.status {
        403 => parts.hint("use a token that is valid, and whose policy may read this path in this namespace"),
        404 => parts.hint(went.map_or(
            "check mount, path and namespace; the mount must be a KV version 2 store",
            |(_, way_out)| way_out,
        )),
        501 => parts.hint("initialize the server, or check its address"),
        503 if told.contains("sealed") => {
            parts.hint("unseal the server, then run again").retry(RetryAdvice::Never)
        }
        _ => parts,
    })
}
