//! A transport that answers by script and notes when it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use iac_http::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use iac_http::{Client, ClientBuilder, RetryPolicy, Transport, TransportError, WireRequest, WireResponse};
use tokio::time::Instant;

pub(crate) const WALL_CLOCK_SECONDS: u64 = 1_800_000_000;

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Answer(u16, Vec<(&'static str, String)>, String),
    Fail(TransportError),
    Silent,
}

pub(crate) fn answer(status: u16, body: &str) -> Act {
    Act::Answer(status, Vec::new(), body.to_owned())
}

pub(crate) fn answer_with(status: u16, headers: &[(&'static str, &str)], body: &str) -> Act {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Act::Answer(status, headers, body.to_owned())
}

pub(crate) fn refused() -> Act {
    Act::Fail(TransportError::Connect("connection refused".into()))
}

pub(crate) fn cut() -> Act {
    Act::Fail(TransportError::Broken("connection reset".into()))
}

pub(crate) fn truncated(status: u16) -> Act {
    Act::Fail(TransportError::Truncated { status, reason: "end of file".into() })
}

pub(crate) struct Seen {
    pub(crate) after: Duration,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

struct Inner {
    start: Instant,
    script: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<Seen>>,
}

#[derive(Clone)]
pub(crate) struct Fake(Arc<Inner>);

impl Fake {
    /// Plays `script`; after its end every request is answered `200 {}`.
    pub(crate) fn new(script: impl IntoIterator<Item = Act>) -> Self {
        Self(Arc::new(Inner {
            start: Instant::now(),
            script: Mutex::new(script.into_iter().collect()),
            seen: Mutex::new(Vec::new()),
        }))
    }

    /// A builder on this transport, with the fixed jitter and wall clock of the tests.
    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder("https://api.example.com/v1")
            .transport(self.clone())
            .retry(RetryPolicy::default().seed(1))
            .clock(|| UNIX_EPOCH + Duration::from_secs(WALL_CLOCK_SECONDS))
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.seen.lock().unwrap().len()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.0.seen.lock().unwrap())
    }

    /// When each request came, in milliseconds since the start.
    pub(crate) fn times_ms(&self) -> Vec<u128> {
        self.0.seen.lock().unwrap().iter().map(|seen| seen.after.as_millis()).collect()
    }
}

#[async_trait::async_trait]
impl Transport for Fake {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        self.0.seen.lock().unwrap().push(Seen {
            after: self.0.start.elapsed(),
            method: request.method.to_string(),
            url: request.url.to_string(),
            headers: request.headers,
            body: request.body.to_vec(),
        });
        let act = self.0.script.lock().unwrap().pop_front().unwrap_or_else(|| answer(200, "{}"));
        match act {
            Act::Answer(status, headers, body) => Ok(WireResponse {
                status: StatusCode::from_u16(status).unwrap(),
                headers: headers
                    .into_iter()
                    .map(|(name, value)| {
                        (HeaderName::from_static(name), HeaderValue::try_from(value).unwrap())
                    })
                    .collect(),
                body: body.into_bytes().into(),
            }),
            Act::Fail(error) => Err(error),
            Act::Silent => std::future::pending().await,
        }
    }
}

/// An HTTP-date some seconds after the wall clock of the tests.
pub(crate) fn http_date(after_seconds: u64) -> String {
    let at: SystemTime = UNIX_EPOCH + Duration::from_secs(WALL_CLOCK_SECONDS + after_seconds);
    httpdate::fmt_http_date(at)
}
