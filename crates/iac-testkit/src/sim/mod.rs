//! The kit every simulated cloud is written on: real HTTP on loopback, faults, a clock, a data
//! file and a record of every exchange.
//!
//! A cloud is a synchronous state machine, the [`Cloud`] trait; everything else is the kit's.
//!
//! ```
//! use iac_testkit::sim::{
//!     Cloud, Params, RouteMiss, Router, SimOptions, SimRequest, SimResponse, SimServer, SimTime,
//! };
//! use serde_json::{Value, json};
//! use std::sync::LazyLock;
//!
//! #[derive(Default)]
//! struct Keys {
//!     names: Vec<String>,
//! }
//!
//! fn list(cloud: &mut Keys, _: &SimRequest, _: &Params) -> Result<SimResponse, SimResponse> {
//!     Ok(SimResponse::json(200, json!({ "keys": cloud.names })))
//! }
//!
//! fn create(cloud: &mut Keys, request: &SimRequest, _: &Params) -> Result<SimResponse, SimResponse> {
//!     let refuse = || SimResponse::json(400, json!({ "error": "name is missing" }));
//!     let body = request.json().map_err(|_| refuse())?;
//!     let name = body["name"].as_str().ok_or_else(refuse)?;
//!     cloud.names.push(name.to_owned());
//!     Ok(SimResponse::json(201, json!({ "name": name })))
//! }
//!
//! static ROUTER: LazyLock<Router<Keys>> = LazyLock::new(|| {
//!     Router::under("/v1")
//!         .route("GET /keys", list)
//!         .route("POST /keys", create)
//! });
//!
//! impl Cloud for Keys {
//!     fn name(&self) -> &'static str {
//!         "keys"
//!     }
//!     fn handle(&mut self, request: &SimRequest, _now: SimTime) -> SimResponse {
//!         match ROUTER.dispatch(self, request) {
//!             Ok(response) => response,
//!             Err(RouteMiss::NoPath) => SimResponse::json(404, json!({ "error": "not found" })),
//!             Err(_) => SimResponse::json(405, json!({ "error": "method not allowed" })),
//!         }
//!     }
//!     fn save(&self) -> Value {
//!         json!(self.names)
//!     }
//!     fn load(&mut self, saved: Value) -> Result<(), String> {
//!         self.names = serde_json::from_value(saved).map_err(|error| error.to_string())?;
//!         Ok(())
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let server = SimServer::start(Keys::default(), SimOptions::new()).await?;
//! assert!(server.url().starts_with("http://127.0.0.1:"));
//! // ... point a client at server.url() ...
//! assert!(server.exchanges().is_empty());
//! server.shutdown().await
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```
mod clock;
mod cloud;
mod connection;
mod data;
mod fault;
mod glob;
mod options;
mod path;
mod random;
mod rate_limit;
mod record;
mod redact;
mod request;
mod response;
mod router;
mod server;
#[cfg(test)]
mod tests;

pub use clock::{SimClock, SimTime};
pub use cloud::Cloud;
pub use fault::{Fault, FaultMatch, FaultRule, FaultScript, Interceptor};
pub use options::SimOptions;
pub use path::{Params, PathTemplate, PathTemplateError};
pub use random::SplitMix64;
pub use rate_limit::{RateLimit, RateLimitState};
pub use record::{Body, Exchange};
pub use redact::REDACTED;
pub use request::SimRequest;
pub use response::SimResponse;
pub use router::{Handler, RouteMiss, Router};
pub use server::SimServer;

// The types that appear in this module's signatures.
pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
