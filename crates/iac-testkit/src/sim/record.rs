//! Owns the memory of exchanges: a bounded ring and an optional file of JSON lines. Never holds
//! a credential.
use super::{Fault, SimRequest, SimResponse, redact};
use bytes::Bytes;
use iac_core::__private::Scrub;
use iac_core::Secret;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A body of a request or an answer.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Body {
    /// No bytes.
    #[default]
    Empty,
    /// JSON.
    Json(Value),
    /// Anything else.
    Bytes(Bytes),
}

impl Body {
    /// The body when it is JSON.
    pub fn as_json(&self) -> Option<&Value> {
        match self {
            Self::Json(value) => Some(value),
            _ => None,
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Json(_) => false,
            Self::Bytes(bytes) => bytes.is_empty(),
        }
    }

    /// The body of raw bytes: JSON when it reads as JSON.
    pub fn from_bytes(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        serde_json::from_slice(&bytes).map_or(Self::Bytes(bytes), Self::Json)
    }

    /// The body as sent.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Empty => Bytes::new(),
            Self::Json(value) => Bytes::from(value.to_string()),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_none(),
            Self::Json(value) => value.serialize(serializer),
            Self::Bytes(bytes) => serializer.serialize_str(&String::from_utf8_lossy(bytes)),
        }
    }
}

/// One request and what became of it. Credentials are replaced by
/// [`REDACTED`](super::REDACTED); secrets inside JSON bodies of resources are kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Exchange {
    /// The request's number in the order of arrival, from 1.
    pub seq: u64,
    /// The method.
    pub method: String,
    /// The path as sent, percent-encoded, without the query.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The request's headers, names in lower case.
    pub request_headers: Vec<(String, String)>,
    /// The request's body.
    pub request_body: Body,
    /// The status the cloud or a fault answered with, also when a fault kept the answer from the
    /// client. None when the request got no answer (and had no effect).
    pub status: Option<u16>,
    /// The answer's headers, names in lower case.
    pub response_headers: Vec<(String, String)>,
    /// The answer's body.
    pub response_body: Body,
    /// The fault that was injected.
    pub fault: Option<Fault>,
    /// What request and answer carried and no file may repeat.
    #[serde(skip)]
    secrets: Secret<Vec<String>>,
}

impl Exchange {
    /// The record of a request and its answer, credentials replaced.
    pub fn new(seq: u64, request: &SimRequest, response: Option<&SimResponse>, fault: Option<Fault>) -> Self {
        let body = Body::from_bytes(request.body.clone());
        let mut secrets = redact::secrets(request);
        secrets.extend(response.into_iter().flat_map(|response| response.secrets.expose()).cloned());
        Self {
            seq,
            method: request.method.to_string(),
            path: request.path.clone(),
            query: redact::pairs(&request.query),
            request_headers: redact::headers(&request.headers),
            request_body: redact::body(body, request.header("content-type").unwrap_or_default()),
            status: response.map(|response| response.status.as_u16()),
            response_headers: response.map(|response| redact::headers(&response.headers)).unwrap_or_default(),
            response_body: response
                .map(|response| redact::body(response.body.clone(), ""))
                .unwrap_or_default(),
            fault,
            secrets: Secret::new(secrets),
        }
    }

    /// A request header's first value, by its lower-case name.
    pub fn request_header(&self, name: &str) -> Option<&str> {
        self.request_headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The exchanges of one server.
#[derive(Debug)]
pub(super) struct Recorder {
    ring: VecDeque<Exchange>,
    exchanges_max: usize,
    log: Option<File>,
}

impl Recorder {
    pub(super) fn open(exchanges_max: usize, log_file: Option<&Path>) -> io::Result<Self> {
        let open = |path: &Path| OpenOptions::new().create(true).append(true).open(path);
        let log = log_file.map(open).transpose()?;
        Ok(Self { ring: VecDeque::new(), exchanges_max, log })
    }

    /// Remembers an exchange. A log file that cannot be written is given up with the error.
    pub(super) fn record(&mut self, exchange: Exchange) -> io::Result<()> {
        let logged = self.write_line(&exchange);
        if logged.is_err() {
            self.log = None;
        }
        if self.ring.len() >= self.exchanges_max {
            self.ring.pop_front();
        }
        if self.exchanges_max > 0 {
            self.ring.push_back(exchange);
        }
        logged
    }

    pub(super) fn snapshot(&self) -> Vec<Exchange> {
        self.ring.iter().cloned().collect()
    }

    pub(super) fn take(&mut self) -> Vec<Exchange> {
        self.ring.drain(..).collect()
    }

    fn write_line(&mut self, exchange: &Exchange) -> io::Result<()> {
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        let mut for_file = exchange.clone();
        for_file.request_body = redact::body_for_file(&for_file.request_body);
        for_file.response_body = redact::body_for_file(&for_file.response_body);
        // A form with several parts can hold anything: only its length is told.
        let is_form = |kind: &str| kind.starts_with("multipart/");
        if exchange.request_header("content-type").is_some_and(is_form) {
            let bytes = exchange.request_body.to_bytes().len();
            for_file.request_body = Body::Bytes(Bytes::from(format!("[a form of {bytes} bytes]")));
        }
        // An answer or a fault may quote what the request carried.
        let scrub = Scrub::new(exchange.secrets.expose());
        let mut line = serde_json::to_value(&for_file)?;
        redact::quotes(&mut line, &scrub);
        let mut line = serde_json::to_vec(&line)?;
        line.push(b'\n');
        log.write_all(&line)
    }
}
