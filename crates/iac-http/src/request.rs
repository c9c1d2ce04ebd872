//! One request under construction, and what its answer is turned into.
//! Knows nothing of attempts; `send` runs the finished request.

use std::fmt::{self, Display};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use iac_core::{Error, Result};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use crate::classify::unreadable;
use crate::client::Client;
use crate::excerpt::{excerpt, json_problem};
use crate::multipart::Multipart;
use crate::path;
use crate::response::Response;
use crate::retry::Idempotency;
use crate::send::{Prepared, Run};
use crate::transport::WireResponse;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A request. Nothing is sent before one of the `send` methods is awaited; a mistake on the way
/// (an unfilled placeholder, a body that cannot be encoded) is the error of `send`.
#[must_use = "a request is sent by `send`, `send_empty` or `send_bytes`"]
pub struct Request {
    client: Client,
    method: Method,
    template: String,
    path: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
    idempotency: Idempotency,
    deadline: Option<Instant>,
    timeout: Duration,
    sensitive: Vec<SecretString>,
    body_is_secret: bool,
    problem: Option<Error>,
}

impl Request {
    pub(crate) fn new(client: Client, method: Method, path: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(JSON));
        Self {
            idempotency: Idempotency::of(&method),
            deadline: client.deadline,
            timeout: client.shared.timeout,
            client,
            method,
            template: path.clone(),
            path,
            query: Vec::new(),
            headers,
            body: Bytes::new(),
            sensitive: Vec::new(),
            body_is_secret: false,
            problem: None,
        }
    }

    /// Fills the placeholder `{name}` of the path with an encoded segment.
    pub fn segment(mut self, name: &str, value: impl Display) -> Self {
        match path::fill(&self.path, name, &value.to_string()) {
            Ok(path) => self.path = path,
            Err(error) => self.fail(error),
        }
        self
    }

    /// Adds query parameters.
    pub fn query<K: AsRef<str>, V: Display>(mut self, pairs: &[(K, V)]) -> Self {
        let pairs = pairs.iter().map(|(name, value)| (name.as_ref().to_owned(), value.to_string()));
        self.query.extend(pairs);
        self
    }

    /// Adds a query parameter if it has a value.
    pub fn query_opt(mut self, name: &str, value: Option<impl Display>) -> Self {
        self.query.extend(value.map(|value| (name.to_owned(), value.to_string())));
        self
    }

    /// Sets a header. Credentials come from [`Auth`](crate::Auth) instead.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// A JSON body. It is encoded once: every attempt sends the same bytes.
    pub fn json_body<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.raw_body(HeaderValue::from_static(JSON), Bytes::from(bytes)),
            Err(error) => {
                self.fail(Error::internal(format!("the body cannot be encoded as JSON: {error}")));
                self
            }
        }
    }

    /// A form body, as token endpoints want it.
    pub fn form_body<K: AsRef<str>, V: AsRef<str>>(self, pairs: &[(K, V)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.raw_body(HeaderValue::from_static(FORM), Bytes::from(body))
    }

    /// A multipart body.
    pub fn multipart_body(self, form: &Multipart) -> Self {
        let (content_type, body) = form.encode();
        self.bytes_body(&content_type, body)
    }

    /// A body of any type.
    pub fn bytes_body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        match HeaderValue::try_from(content_type) {
            Ok(content_type) => self.raw_body(content_type, body.into()),
            Err(_) => {
                self.fail(Error::internal("the content type is no header value"));
                self
            }
        }
    }

    fn raw_body(mut self, content_type: HeaderValue, body: Bytes) -> Self {
        self.headers.insert(CONTENT_TYPE, content_type);
        self.body = body;
        self
    }

    /// Whether the request may be repeated without knowing what it did. The default follows the
    /// method.
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = idempotency;
        self
    }

    /// The whole request, retries included, ends at `deadline`. An earlier deadline of the client
    /// still holds.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(self.deadline.map_or(deadline, |known| known.min(deadline)));
        self
    }

    /// The bound on one attempt.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// A secret that this request sends; it is removed from every error.
    pub fn sensitive(mut self, secret: impl Into<SecretString>) -> Self {
        self.sensitive.push(secret.into());
        self
    }

    /// The answer is a secret as a whole (a generated key): no error quotes any of it.
    pub fn sensitive_response(mut self) -> Self {
        self.body_is_secret = true;
        self
    }

    /// Sends the request and decodes the JSON answer.
    ///
    /// # Errors
    /// The vendor's error by the rules in the [crate's docs](crate); `Ambiguous` if it is not
    /// known whether the request took effect; `Timeout` at the deadline; `Internal` if the answer
    /// is not what `T` expects (`Ambiguous` for a request that is not idempotent, since it was
    /// carried out and its result is lost).
    pub async fn send<T: DeserializeOwned>(self) -> Result<Response<T>> {
        let idempotency = self.idempotency.clone();
        let body_is_secret = self.body_is_secret;
        let (run, response, client) = self.run().await?;
        match serde_json::from_slice(&response.body) {
            Ok(body) => Ok(respond(&client, response, |_| body)),
            Err(error) => {
                let mut message = format!("the answer cannot be read: {}", json_problem(&error));
                if !body_is_secret {
                    let excerpt = excerpt(&run.redactor(), &response.body);
                    message.push_str(&format!("; it begins with: {excerpt}"));
                }
                let mut error = unreadable(message, &idempotency).status(response.status.as_u16());
                if let Some(id) = crate::classify::request_id(&response.headers) {
                    error = error.request_id(id);
                }
                Err(run.seal(error))
            }
        }
    }

    /// Sends the request and ignores the answer's body.
    ///
    /// # Errors
    /// Like [`send`](Self::send), except for the decoding.
    pub async fn send_empty(self) -> Result<Response<()>> {
        let (_, response, client) = self.run().await?;
        Ok(respond(&client, response, |_| ()))
    }

    /// Sends the request and hands the body over as it is.
    ///
    /// # Errors
    /// Like [`send`](Self::send), except for the decoding.
    pub async fn send_bytes(self) -> Result<Response<Bytes>> {
        let (_, response, client) = self.run().await?;
        Ok(respond(&client, response, |body| body))
    }

    async fn run(mut self) -> Result<(Run, WireResponse, Client)> {
        let problem = self.problem.take();
        let url = problem.map_or_else(|| self.url(), Err);
        if let Idempotency::Key(name, value) = &self.idempotency {
            self.headers.insert(name.clone(), value.clone());
        }
        let client = self.client;
        let mut run = Run::new(
            client.clone(),
            Prepared {
                operation: format!("{} {}", self.method, self.path),
                method: self.method,
                template: self.template,
                headers: self.headers,
                body: self.body,
                idempotency: self.idempotency,
                deadline: self.deadline,
                timeout: self.timeout,
                sensitive: self.sensitive,
                body_is_secret: self.body_is_secret,
            },
        );
        let url = url.map_err(|error| run.seal(error))?;
        let response = run.execute(&url).await?;
        Ok((run, response, client))
    }

    fn url(&self) -> Result<Url> {
        path::check(&self.path)?;
        let mut url = Url::parse(&format!("{}{}", self.client.shared.base_url, self.path))
            .map_err(|error| Error::internal(format!("the path `{}`: {error}", self.path)))?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }

    /// Keeps the first mistake.
    fn fail(&mut self, error: Error) {
        self.problem.get_or_insert(error);
    }
}

fn respond<T>(client: &Client, response: WireResponse, body: impl FnOnce(Bytes) -> T) -> Response<T> {
    let clock = (client.shared.clock)();
    Response::new(response.status.as_u16(), response.headers, clock, body(response.body))
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.template)
            .finish_non_exhaustive()
    }
}
