//! Checks of recorded exchanges against a vendor's OpenAPI description (3.0 and 3.1, JSON).
//!
//! Requests are checked more strictly than the description says: an object whose schema names
//! properties takes no others, so that a misspelled field is found although a vendor would
//! ignore it. Answers stay open.
//!
//! ```
//! use iac_testkit::openapi::{Description, Deviation};
//! use iac_testkit::sim::{Exchange, Method, SimRequest, SimResponse};
//! use serde_json::json;
//!
//! let description = Description::from_value("keys", json!({
//!     "openapi": "3.0.3",
//!     "paths": { "/keys": { "post": {
//!         "requestBody": { "required": true, "content": { "application/json": { "schema": {
//!             "type": "object",
//!             "properties": { "name": { "type": "string" } },
//!             "required": ["name"]
//!         } } } },
//!         "responses": { "201": { "description": "created" } }
//!     } } }
//! }))?
//! .allow(Deviation::new("POST /keys", "/request/comment", "accepted since 2026, not described"));
//!
//! let exchange = |body| {
//!     let request = SimRequest::new(Method::POST, "/v1/keys").with_json(&body);
//!     Exchange::new(1, &request, Some(&SimResponse::empty(201)), None)
//! };
//! let allowed = exchange(json!({ "name": "a", "comment": "b" }));
//! assert!(description.check(&allowed, "/v1").is_empty());
//! let misspelled = description.check(&exchange(json!({ "nmae": "a", "name": "a" })), "/v1");
//! assert_eq!(misspelled[0].pointer, "/request/nmae");
//! # Ok::<(), iac_testkit::openapi::DescriptionError>(())
//! ```
mod body;
mod description;
mod locate;
mod operation;
mod parameter;
mod reference;
mod schema;
#[cfg(test)]
mod tests;
mod violation;

pub use description::{Description, DescriptionError};
pub use locate::{DESCRIPTIONS_VARIABLE, Lookup};
pub use violation::{Deviation, Violation};
