//! [`Doppler`]: secrets in Doppler, `{ doppler = { project, config, name } }`. Facts about the API
//! are from <https://docs.doppler.com/reference/config-secret-get>.

use std::time::Duration;

use async_trait::async_trait;
use iac_core::{Error, ErrorKind, Result, Secret};
use iac_http::{Answer, Bearer, Client, ErrorParts, RetryPolicy};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::http::{Sending, decode, explained};
use super::{Reference, SECRET_BYTES_MAX, SecretSource, SourceContext};

const ENDPOINT: &str = "https://api.doppler.com";
/// The variables of Doppler's own command line.
const TOKEN_VARIABLE: &str = "DOPPLER_TOKEN";
const ENDPOINT_VARIABLE: &str = "DOPPLER_API_HOST";

/// Secrets in Doppler: `{ doppler = { project = "shop", config = "prd", name = "API_TOKEN" } }`.
///
/// The token is the one given here, or that in the variable `DOPPLER_TOKEN`; `DOPPLER_API_HOST` names
/// another endpoint. References to other secrets inside a value are followed by Doppler.
///
/// ```
/// use iac_settings::{Doppler, Settings};
///
/// let settings = Settings::<()>::new().secret_source(Doppler::new().token("dp.st.prd.xxxx"));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Doppler {
    token: Option<Secret<String>>,
    endpoint: Option<String>,
    sending: Sending,
}

#[derive(Deserialize)]
struct Place {
    project: String,
    config: String,
    name: String,
}

#[derive(Deserialize)]
struct Found {
    value: Option<FoundValue>,
}

#[derive(Deserialize)]
struct FoundValue {
    computed: Option<String>,
}

impl Doppler {
    /// Credentials and endpoint from the environment.
    pub fn new() -> Self {
        Self::default()
    }

    /// The token, in place of the variable's.
    pub fn token(mut self, token: impl Into<Secret<String>>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The API's address, without `/v3`.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
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

    fn client(&self, cx: &SourceContext) -> Result<Client> {
        let given = self.token.as_ref().map(|token| token.expose().clone());
        let found = match given {
            Some(given) => Some(given),
            None => cx.variables.text(TOKEN_VARIABLE)?,
        };
        let token = found.ok_or_else(|| {
            Error::new(ErrorKind::Unauthenticated, "there is no token for Doppler")
                .hint(format!("set {TOKEN_VARIABLE} to a service token of the config"))
        })?;
        let endpoint = self.endpoint.clone().or_else(|| cx.variables.get(ENDPOINT_VARIABLE));
        let builder = Client::builder(endpoint.unwrap_or_else(|| ENDPOINT.to_owned()))
            .auth(Bearer::new(token.trim()))
            .decoder(refusal);
        self.sending.build(builder, ENDPOINT_VARIABLE)
    }
}

#[async_trait]
impl SecretSource for Doppler {
    fn name(&self) -> &str {
        "doppler"
    }

    fn schema(&self) -> Json {
        let text = |what: &str| json!({ "type": "string", "minLength": 1, "description": what });
        json!({
            "type": "object",
            "properties": {
                "project": text("The project's name"),
                "config": text("The config's name, for example `prd`"),
                "name": text("The secret's name"),
            },
            "required": ["project", "config", "name"],
            "additionalProperties": false,
        })
    }

    async fn fetch(&self, reference: &Reference, cx: &SourceContext) -> Result<Secret<String>> {
        let place: Place = reference.read()?;
        let query = [("project", &place.project), ("config", &place.config), ("name", &place.name)];
        let answer = self
            .client(cx)?
            .get("/v3/configs/config/secret")
            .query(&query)
            .sensitive_response()
            .send_bytes()
            .await
            .map_err(|error| explained(error, "Doppler's API"))?;
        let found: Found = decode(&answer.body, "Doppler")?;
        let what = format!("{} of {}/{} in Doppler", place.name, place.project, place.config);
        let value = found.value.and_then(|value| value.computed).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("{what} has no value that this token may read"))
                .hint("give it a value, or use a token that may read it")
        })?;
        if value.len() > SECRET_BYTES_MAX {
            let message = format!("{what} is longer than the {SECRET_BYTES_MAX} bytes a secret may have");
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        Ok(Secret::new(value))
    }
}

/// Doppler's error body: `{"messages":["…"],"success":false}`.
fn refusal(answer: &Answer<'_>) -> Option<ErrorParts> {
    #[derive(Deserialize)]
    struct Refusal {
        messages: Vec<String>,
    }
    let refusal: Refusal = serde_json::from_slice(answer.body).ok()?;
    let parts = ErrorParts::new().message(refusal.messages.join("; "));
    Some(match answer.status {
        401 => parts.hint("make a new service token for this config and set DOPPLER_TOKEN to it"),
        403 => parts.hint("use a token that may read this project and config"),
        404 => parts.hint("check the names of project, config and secret"),
        _ => parts,
    })
}
