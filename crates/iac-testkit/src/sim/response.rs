//! Owns an answer as a simulated cloud gives it. Knows nothing of connections.
use super::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use iac_core::Secret;
use serde_json::Value;

/// One answer: status, headers and a body.
///
/// ```
/// use iac_testkit::sim::SimResponse;
/// use serde_json::json;
///
/// let response = SimResponse::json(201, json!({ "id": 1 })).with_header("ratelimit-limit", 3600);
/// assert_eq!(response.status.as_u16(), 201);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SimResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers; a JSON body gets its content type when it is sent, unless one is set here.
    /// Boxed so that a handler's `Result<SimResponse, SimResponse>` stays small.
    pub headers: Box<HeaderMap>,
    /// The body.
    pub body: Body,
    /// What no file may repeat, although its name does not say so.
    pub(super) secrets: Secret<Vec<String>>,
}

impl SimResponse {
    /// An answer with a JSON body.
    ///
    /// # Panics
    /// When `status` is not between 100 and 999.
    pub fn json(status: u16, body: Value) -> Self {
        Self::with_body(status, Body::Json(body))
    }

    /// An answer without a body.
    ///
    /// # Panics
    /// When `status` is not between 100 and 999.
    pub fn empty(status: u16) -> Self {
        Self::with_body(status, Body::Empty)
    }

    /// An answer with a body of any content type.
    ///
    /// # Panics
    /// When `status` is not between 100 and 999.
    pub fn bytes(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut response = Self::with_body(status, Body::Bytes(body.into()));
        let content_type = HeaderValue::from_static(content_type);
        response.headers.insert(http::header::CONTENT_TYPE, content_type);
        response
    }

    /// The same answer with one header set, in place of earlier ones of that name.
    ///
    /// # Panics
    /// When the name is not a lower-case header name or the value holds control characters.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.set_header(name, value);
        self
    }

    /// Sets one header, in place of earlier ones of that name.
    ///
    /// # Panics
    /// When the name is not a lower-case header name or the value holds control characters.
    pub fn set_header(&mut self, name: &'static str, value: impl ToString) {
        let value = HeaderValue::from_str(&value.to_string())
            .expect("a simulated cloud writes header values without control characters");
        self.headers.insert(HeaderName::from_static(name), value);
    }

    /// The same answer, which tells `secret` under a name that does not say that it is one: the log of
    /// exchanges has a mark in its place.
    ///
    /// ```
    /// use iac_testkit::sim::SimResponse;
    /// use serde_json::json;
    ///
    /// let response = SimResponse::json(200, json!({"value": "made-just-now"})).with_secret("made-just-now");
    /// # let _ = response;
    /// ```
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets = self.secrets.map(|mut secrets| {
            secrets.push(secret.into());
            secrets
        });
        self
    }

    fn with_body(status: u16, body: Body) -> Self {
        let status = StatusCode::from_u16(status).expect("a status lies between 100 and 999");
        Self { status, headers: Box::default(), body, secrets: Secret::new(Vec::new()) }
    }
}
