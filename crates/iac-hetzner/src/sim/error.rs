//! Owns the API's error bodies. Decides nothing.
use super::kind::Kind;
use iac_testkit::sim::SimResponse;
use serde_json::{Value, json};

/// What a handler answers; a refusal is an answer too.
pub(crate) type Answer = Result<SimResponse, SimResponse>;

/// Any error: `{"error": {"code", "message", "details"}}`.
pub(crate) fn error(status: u16, code: &str, message: impl Into<String>, details: Value) -> SimResponse {
    let message: String = message.into();
    SimResponse::json(status, json!({ "error": { "code": code, "message": message, "details": details } }))
}

/// 422 with a code of one operation, such as `server_not_stopped`.
pub(crate) fn unprocessable(code: &str, message: impl Into<String>) -> SimResponse {
    error(422, code, message, Value::Null)
}

/// 422 `service_error`: the request is well formed but the object's state forbids it.
pub(crate) fn service_error(message: impl Into<String>) -> SimResponse {
    unprocessable("service_error", message)
}

/// 422 `invalid_input` about one field.
pub(crate) fn invalid_input(field: &str, reason: impl Into<String>) -> SimResponse {
    let reason: String = reason.into();
    let details = json!({ "fields": [{ "name": field, "messages": [reason] }] });
    error(422, "invalid_input", format!("invalid input in field '{field}': {reason}"), details)
}

/// 404 `not_found` about an object named by id or name.
pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> SimResponse {
    error(404, "not_found", format!("{what} with ID '{id}' not found"), Value::Null)
}

/// 409 `uniqueness_error` about one field.
pub(crate) fn uniqueness(message: impl Into<String>, field: &str) -> SimResponse {
    error(409, "uniqueness_error", message, json!({ "fields": [{ "name": field }] }))
}

/// 409 `conflict`: another change of the same object is running.
pub(crate) fn conflict(kind: Kind, id: u64) -> SimResponse {
    let message = format!("{} {id} is being changed by another action, please retry", kind.title());
    error(409, "conflict", message, Value::Null)
}

/// 423 `locked`: an action is running on the object.
pub(crate) fn locked(kind: Kind, id: u64) -> SimResponse {
    let message = format!("{} with ID '{id}' is locked: an action is running on it", kind.title());
    error(423, "locked", message, Value::Null)
}

/// 423 `protected`: the object's protection forbids the operation.
pub(crate) fn protected(kind: Kind, what: &str) -> SimResponse {
    error(423, "protected", format!("{} {what} is protected", kind.title()), Value::Null)
}

/// 412 `resource_unavailable`: cannot be ordered now.
pub(crate) fn resource_unavailable(message: impl Into<String>) -> SimResponse {
    error(412, "resource_unavailable", message, Value::Null)
}

/// 422 `resource_in_use`.
pub(crate) fn in_use(kind: Kind, id: u64) -> SimResponse {
    unprocessable("resource_in_use", format!("{} with ID '{id}' is still in use", kind.title()))
}

/// 403 `resource_limit_exceeded`: the project has as many objects of a type as it may.
pub(crate) fn limit_exceeded(kind: Kind) -> SimResponse {
    limit_reached(&format!("{}_limit", kind.singular()), format!("{} limit exceeded", kind.title()))
}

/// 403 `resource_limit_exceeded` about a limit by its own name.
pub(crate) fn limit_reached(name: &str, message: impl Into<String>) -> SimResponse {
    error(403, "resource_limit_exceeded", message, json!({ "limits": [{ "name": name }] }))
}

/// 410 `deprecated_api_endpoint`.
pub(crate) fn gone(message: &str, announcement: &str) -> SimResponse {
    error(410, "deprecated_api_endpoint", message, json!({ "announcement": announcement }))
}

/// 404 for a path that the API does not have; answered before the token is looked at.
pub(crate) fn unknown_path() -> SimResponse {
    error(404, "not_found", "page not found", Value::Null)
}

/// 405 for a method that the path does not have.
pub(crate) fn method_not_allowed() -> SimResponse {
    error(405, "method_not_allowed", "method not allowed", Value::Null)
}

/// 429: the bucket of requests is empty.
pub(crate) fn rate_limited() -> SimResponse {
    error(429, "rate_limit_exceeded", "limit of requests per hour reached", Value::Null)
}

/// Whether a request was refused because of what some object is or does just now, so that the same
/// request may succeed later.
pub(crate) fn is_refused_by_state(response: &SimResponse) -> bool {
    let code = response.body.as_json().and_then(|body| body.pointer("/error/code"));
    let code = code.and_then(Value::as_str).unwrap_or_default();
    matches!(response.status.as_u16(), 409 | 422 | 423)
        && !matches!(code, "invalid_input" | "uniqueness_error")
}
