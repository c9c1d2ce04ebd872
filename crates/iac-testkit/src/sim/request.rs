//! Owns a request as a simulated cloud sees it. Knows nothing of connections.
use super::SimTime;
use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// One request, fully read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SimRequest {
    /// The method.
    pub method: Method,
    /// The path as it was sent, still percent-encoded, without the query.
    pub path: String,
    /// The query's names and values in their order, decoded.
    pub query: Vec<(String, String)>,
    /// The headers as sent, credentials included.
    pub headers: HeaderMap,
    /// The body; empty when there is none.
    pub body: Bytes,
    /// When the kit handed the request to the cloud.
    pub received_at: SimTime,
}

impl SimRequest {
    /// A request without headers and body at moment zero, for tests of a cloud without a server.
    ///
    /// ```
    /// use iac_testkit::sim::{Method, SimRequest};
    ///
    /// let request = SimRequest::new(Method::GET, "/v1/servers/a%20b?label=x&label=y+z");
    /// assert_eq!(request.segments(), ["v1", "servers", "a b"]);
    /// assert_eq!(request.query_all("label"), ["x", "y z"]);
    /// ```
    pub fn new(method: Method, path_and_query: &str) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        Self {
            method,
            path: path.to_owned(),
            query: decode_form(query),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            received_at: SimTime::default(),
        }
    }

    /// The same request with a JSON body.
    #[must_use]
    pub fn with_json(mut self, body: &Value) -> Self {
        self.body = Bytes::from(body.to_string());
        self
    }

    /// The same request received at another moment.
    #[must_use]
    pub fn at(mut self, received_at: SimTime) -> Self {
        self.received_at = received_at;
        self
    }

    /// The path's segments, decoded; a trailing slash gives a last empty segment.
    pub fn segments(&self) -> Vec<String> {
        segments(&self.path)
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a query parameter, in their order.
    pub fn query_all(&self, name: &str) -> Vec<&str> {
        let of_name = self.query.iter().filter(|(key, _)| key == name);
        of_name.map(|(_, value)| value.as_str()).collect()
    }

    /// A header's first value, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When the body is empty or not JSON.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// The body as a form (`application/x-www-form-urlencoded`), decoded.
    pub fn form(&self) -> Vec<(String, String)> {
        decode_form(&String::from_utf8_lossy(&self.body))
    }
}

/// The segments of a path, decoded.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() {
        return Vec::new();
    }
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy().into()).collect()
}

/// The names and values of a query or a form, decoded.
pub(super) fn decode_form(form: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    form.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
