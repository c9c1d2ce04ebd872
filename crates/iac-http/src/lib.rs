//! Request layers that every provider shares: credentials, limits, retries, paging, waiting and
//! redaction. A provider crate adds its endpoint, its [`Auth`] and its [`ErrorDecoder`], and gets
//! errors that say what happened, never hold a secret, and tell "failed" from "not known". What the engine
//! makes of "not known" is in the guide's page on [crash safety](../iac/guide/crash_safety/index.html).
//!
//! ```
//! use iac_http::{
//!     Bearer, Client, Limits, PAGES_MAX, Page, QuotaStyle, RetryPolicy, collect_pages,
//! };
//!
//! #[derive(serde::Deserialize)]
//! struct Server {
//!     id: u64,
//! }
//! #[derive(serde::Deserialize)]
//! struct Servers {
//!     servers: Vec<Server>,
//!     next_page: Option<u32>,
//! }
//!
//! fn client(token: &str) -> iac_core::Result<Client> {
//!     Client::builder("http://127.0.0.1:8080/v1")
//!         .auth(Bearer::new(token))
//!         .limit(Limits::default().quota_style(QuotaStyle::Refill))
//!         .retry(RetryPolicy::default())
//!         .build()
//! }
//!
//! async fn list(client: &Client) -> iac_core::Result<Vec<Server>> {
//!     collect_pages(PAGES_MAX, 1, async |page: u32| {
//!         let answer = client.get("/servers").query(&[("page", page)]).send::<Servers>().await?;
//!         Ok(Page::new(answer.body.servers, answer.body.next_page))
//!     })
//!     .await
//! }
//!
//! async fn delete(client: &Client, server: &Server) -> iac_core::Result<()> {
//!     client.delete("/servers/{id}").segment("id", server.id).send_empty().await?;
//!     Ok(())
//! }
//! # client("t").unwrap();
//! ```
//!
//! # Layers
//! The order that a request passes is: retry, then for each attempt limit, circuit breaker, auth,
//! transport and trace; then redact and decode. Auth is inside limit and retry so that a signature
//! with a timestamp is made after every wait.
//!
//! # What is repeated
//! | outcome | GET, PUT, DELETE, or with a [key](Idempotency::Key) | POST, PATCH |
//! |---|---|---|
//! | nothing was sent: refused, name not found, connect timeout | yes | yes |
//! | 429 | yes | yes |
//! | the decoder says [`RetryAdvice::Repeat`] or [`RetryAdvice::On`] | yes | yes |
//! | 503 | yes | only with [`RetryPolicy::unavailable_is_unsent`] |
//! | other 5xx, 408 | yes | no |
//! | timeout, connection cut, answer cut | yes | no |
//! | anything else | no | no |
//!
//! # Failed, or not known
//! If any attempt of a request that is not [`Safe`](Idempotency::Safe) can have taken effect (the
//! last three rows above "anything else"), and the last attempt does not settle it, the error is
//! [`Ambiguous`](iac_core::ErrorKind::Ambiguous): the caller looks before it repeats. A code that
//! the vendor's [`ErrorDecoder`] recognises settles it. A repeated DELETE that is answered 404
//! stays [`NotFound`](iac_core::ErrorKind::NotFound), which a delete takes for success.
//!
//! # Bounds
//! Every wait and loop ends: [`ATTEMPTS_MAX`], [`RATE_LIMITED_MAX`], [`ELAPSED_MAX`],
//! [`BACKOFF_MAX`], [`RATE_WAIT_MAX`], [`QUEUE_WAIT_MAX`], [`REQUEST_TIMEOUT`],
//! [`CONNECT_TIMEOUT`], [`BODY_BYTES_MAX`], [`PAGES_MAX`], [`POLL_WAIT_MAX`]. A deadline
//! ([`Client::with_deadline`]) ends all of them earlier.
//!
//! # Secrets
//! Those of the credentials and those named with [`Request::sensitive`] are removed from every
//! error, plain and in their URL, JSON, hex and base64 forms. Spans (`http.request`) and
//! [`HttpEvent`]s hold the method, the path template, numbers and statuses, and nothing else.

mod auth;
mod breaker;
mod classify;
mod client;
mod clock;
mod decode;
mod excerpt;
mod limit;
mod multipart;
mod network;
mod observe;
mod pacer;
mod page;
mod path;
mod quota;
mod redact;
mod request;
mod response;
mod retry;
mod send;
mod transport;
mod wait;

pub use bytes::Bytes;
pub use http;
pub use secrecy::{ExposeSecret, SecretString};
pub use url::Url;

pub use auth::{Anonymous, Auth, Bearer, HeaderToken, SignedParts, secret_header};
pub use breaker::{BREAKER_COOL_DOWN, BREAKER_FAILURES_MAX, BreakerPolicy};
pub use client::{BODY_BYTES_MAX, CONNECT_TIMEOUT, Client, ClientBuilder, REQUEST_TIMEOUT};
pub use decode::{Answer, ErrorDecoder, ErrorParts, JsonErrors};
pub use excerpt::{EXCERPT_LENGTH_MAX, MESSAGE_LENGTH_MAX};
pub use limit::{CONCURRENT_REQUESTS_MAX, Limits, QUEUE_WAIT_MAX, RATE_WAIT_MAX};
pub use multipart::Multipart;
pub use observe::{HttpEvent, Observer};
pub use pacer::{PACE_BELOW_PERCENT, QuotaStyle};
pub use page::{ITEMS_MAX, PAGES_MAX, Page, collect_pages};
pub use path::path_segment;
pub use quota::Quota;
pub use redact::{REDACTED, SECRET_LENGTH_MIN};
pub use request::Request;
pub use response::Response;
pub use retry::{
    ATTEMPTS_MAX, BACKOFF_BASE, BACKOFF_MAX, ELAPSED_MAX, Idempotency, RATE_LIMITED_MAX, RetryAdvice,
    RetryPolicy, Schedule,
};
pub use transport::{Transport, TransportError, WireRequest, WireResponse};
pub use wait::{
    POLL_BACKOFF_PERCENT, POLL_FAILURES_MAX, POLL_INTERVAL, POLL_INTERVAL_MAX, POLL_WAIT_MAX, Polled,
    WaitOptions, WaitProgress, poll_until,
};
