//! What a failed attempt means: its error kind, and its cause for the retry rules.
//! Knows nothing of waiting and nothing of secrets; `send` redacts what this file writes.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use iac_core::{Error, ErrorKind};

use crate::decode::{Answer, ErrorDecoder, ErrorParts, JsonErrors};
use crate::quota::retry_after;
use crate::retry::{Cause, Idempotency, RetryAdvice};
use crate::transport::{TransportError, WireResponse};

/// One attempt that gave no success.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// Not redacted, without the operation.
    pub(crate) error: Error,
    pub(crate) retry_after: Option<Duration>,
    /// Whether the host itself failed, for the circuit breaker.
    pub(crate) host_failed: bool,
    /// A body without a readable message, for the excerpt.
    pub(crate) unread_body: Option<bytes::Bytes>,
}

impl Failure {
    /// A verdict that no repetition changes.
    pub(crate) fn verdict(error: Error) -> Self {
        Self { cause: Cause::Final, error, retry_after: None, host_failed: false, unread_body: None }
    }
}

/// Headers in which vendors state the request's id.
const REQUEST_ID_HEADERS: &[&str] =
    &["x-request-id", "x-correlation-id", "request-id", "x-ovh-queryid", "x-trace-id", "cf-ray"];

pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    REQUEST_ID_HEADERS.iter().find_map(|name| headers.get(*name)?.to_str().ok())
}

pub(crate) fn transport_failure(error: TransportError, endpoint: &str, idempotency: &Idempotency) -> Failure {
    let unavailable = |message: String| Error::new(ErrorKind::Unavailable, message);
    let (cause, error) = match error {
        TransportError::Connect(reason) => (
            Cause::NotSent,
            unavailable(format!("cannot reach {endpoint}: {reason}"))
                .hint(format!("check the network and that the endpoint {endpoint} is the right one")),
        ),
        TransportError::Tls(reason) => (
            Cause::Final,
            unavailable(format!("no secure connection to {endpoint}: {reason}")).hint(
                "check this machine's clock and CA certificates, and that no proxy intercepts \
                 the connection",
            ),
        ),
        TransportError::Timeout(timeout) => {
            (Cause::Lost, unavailable(format!("no answer from {endpoint} within {timeout:?}")))
        }
        TransportError::Broken(reason) => (
            Cause::Lost,
            unavailable(format!("the connection to {endpoint} broke before the answer: {reason}")),
        ),
        TransportError::Truncated { status, reason } if !is_refusal(status) => (
            Cause::Lost,
            unavailable(format!("the connection to {endpoint} broke inside the answer: {reason}"))
                .status(status),
        ),
        TransportError::TooLarge { status, body_bytes_max } if status < 400 => {
            let message = format!("the answer is larger than the bound of {body_bytes_max} bytes");
            (Cause::Final, unreadable(message, idempotency).status(status))
        }
        // The head of a refusal is the verdict; what is missing is only its explanation.
        TransportError::Truncated { status, .. } | TransportError::TooLarge { status, .. } => {
            return refusal(status, ErrorParts::new(), &HeaderMap::new(), SystemTime::UNIX_EPOCH);
        }
        TransportError::Invalid(reason) => {
            (Cause::Final, Error::internal(format!("the request cannot be sent: {reason}")))
        }
    };
    let host_failed = matches!(cause, Cause::NotSent | Cause::Lost);
    Failure { cause, error, retry_after: None, host_failed, unread_body: None }
}

fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status)
}

/// A success that cannot be read. What a request without idempotency did can then only be found
/// out by looking.
pub(crate) fn unreadable(message: String, idempotency: &Idempotency) -> Error {
    if *idempotency == Idempotency::NotIdempotent {
        Error::new(ErrorKind::Ambiguous, message)
            .hint("the request was probably carried out: look at the resource before repeating it")
    } else {
        Error::internal(message).hint("report this as a defect of the provider crate")
    }
}

/// Whether the vendor's decoder reads a refusal out of an answer that is 2xx.
pub(crate) fn is_refused(response: &WireResponse, decoder: &dyn ErrorDecoder) -> bool {
    decoder.refuses(&Answer::new(response.status.as_u16(), &response.headers, &response.body))
}

/// The failure in an answer that is not 2xx, or that is refused all the same.
pub(crate) fn answer_failure(
    response: &WireResponse,
    decoder: &dyn ErrorDecoder,
    clock: SystemTime,
) -> Failure {
    let status = response.status.as_u16();
    let answer = Answer::new(status, &response.headers, &response.body);
    let parts = decoder.decode(&answer).or_else(|| JsonErrors.decode(&answer)).unwrap_or_default();
    let unread_body = (parts.message.is_none() && !response.body.is_empty()).then(|| response.body.clone());
    Failure { unread_body, ..refusal(status, parts, &response.headers, clock) }
}

fn refusal(status: u16, parts: ErrorParts, headers: &HeaderMap, clock: SystemTime) -> Failure {
    let (kind, text, hint) = by_status(status);
    let cause = cause(status, &parts);
    let mut error = Error::new(parts.kind.unwrap_or(kind), parts.message.unwrap_or_else(|| text.to_owned()))
        .status(status);
    if let Some(code) = parts.code {
        error = error.code(code);
    }
    if let Some(field) = parts.field {
        error = error.field(field);
    }
    match (parts.hint, hint) {
        (Some(hint), _) => error = error.hint(hint),
        // A recognised kind can be another than the one this hint is about.
        (None, Some(hint)) if parts.kind.is_none_or(|known| known == kind) => {
            error = error.hint(hint);
        }
        _ => {}
    }
    if let Some(id) = parts.request_id.as_deref().or_else(|| request_id(headers)) {
        error = error.request_id(id);
    }
    let retry_after = retry_after(headers, clock);
    if let Some(wait) = retry_after {
        error = error.retry_after(wait);
    }
    let host_failed = status >= 500 && status != 501;
    Failure { cause, error, retry_after, host_failed, unread_body: None }
}

fn cause(status: u16, parts: &ErrorParts) -> Cause {
    match parts.retry {
        RetryAdvice::Never => return Cause::Final,
        RetryAdvice::Repeat => return Cause::Later(None),
        RetryAdvice::On(schedule) => return Cause::Later(Some(schedule)),
        RetryAdvice::ByStatus => {}
    }
    let recognised = parts.kind.is_some_and(|kind| kind != ErrorKind::Ambiguous);
    match status {
        429 => Cause::RateLimited,
        408 | 500..=599 if parts.kind == Some(ErrorKind::Ambiguous) => Cause::ServerFailed,
        501 => Cause::Final,
        500..=599 if recognised => Cause::Declined,
        503 => Cause::Unavailable,
        408 | 500..=599 => Cause::ServerFailed,
        _ => Cause::Final,
    }
}

/// The kind, text and hint of a status whose answer says nothing better.
fn by_status(status: u16) -> (ErrorKind, &'static str, Option<&'static str>) {
    use ErrorKind as Kind;
    match status {
        300..=399 => (
            Kind::Internal,
            "the vendor redirects the request, and redirects are not followed",
            Some("check the endpoint's URL"),
        ),
        401 => (
            Kind::Unauthenticated,
            "the vendor does not accept the credentials",
            Some("check that the credentials are complete, belong to this endpoint and are not expired"),
        ),
        402 => (Kind::QuotaExceeded, "the vendor asks for a payment", Some("check the account's billing")),
        403 => (
            Kind::PermissionDenied,
            "the credentials lack a permission",
            Some("give the credentials the permission for this operation"),
        ),
        404 | 410 => (Kind::NotFound, "the resource does not exist", None),
        405 | 406 | 415 => (Kind::Internal, "the vendor does not know this request", None),
        408 => (Kind::Unavailable, "the vendor did not receive the request in time", None),
        409 => (Kind::Conflict, "the request is in conflict with the resource's state", None),
        412 => (Kind::Conflict, "a precondition of the request does not hold", None),
        423 | 425 => (Kind::Conflict, "the resource is locked by another operation", None),
        429 => (
            Kind::RateLimited,
            "too many requests",
            Some("run again later, or lower the number of parallel operations"),
        ),
        501 => (Kind::Unsupported, "the vendor does not support this operation", None),
        500..=599 => (
            Kind::Unavailable,
            "the vendor failed to handle the request",
            Some("run again later; the vendor's status page may know more"),
        ),
        _ => (Kind::InvalidInput, "the vendor refuses the request", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_causes_by_status() {
        for (status, kind, expected) in [
            (301, ErrorKind::Internal, Cause::Final),
            (400, ErrorKind::InvalidInput, Cause::Final),
            (401, ErrorKind::Unauthenticated, Cause::Final),
            (403, ErrorKind::PermissionDenied, Cause::Final),
            (404, ErrorKind::NotFound, Cause::Final),
            (408, ErrorKind::Unavailable, Cause::ServerFailed),
            (409, ErrorKind::Conflict, Cause::Final),
            (410, ErrorKind::NotFound, Cause::Final),
            (412, ErrorKind::Conflict, Cause::Final),
            (422, ErrorKind::InvalidInput, Cause::Final),
            (423, ErrorKind::Conflict, Cause::Final),
            (429, ErrorKind::RateLimited, Cause::RateLimited),
            (500, ErrorKind::Unavailable, Cause::ServerFailed),
            (501, ErrorKind::Unsupported, Cause::Final),
            (502, ErrorKind::Unavailable, Cause::ServerFailed),
            (503, ErrorKind::Unavailable, Cause::Unavailable),
            (504, ErrorKind::Unavailable, Cause::ServerFailed),
        ] {
            assert_eq!(by_status(status).0, kind, "{status}");
            assert_eq!(cause(status, &ErrorParts::new()), expected, "{status}");
        }
    }

    #[test]
    fn a_recognised_code_overrides_the_status() {
        let known = ErrorParts::new().kind(ErrorKind::QuotaExceeded);
        assert_eq!(cause(500, &known), Cause::Declined);
        let unsure = ErrorParts::new().kind(ErrorKind::Ambiguous);
        assert_eq!(cause(503, &unsure), Cause::ServerFailed);
        let never = ErrorParts::new().retry(RetryAdvice::Never);
        assert_eq!(cause(429, &never), Cause::Final);
    }

    #[test]
    fn a_cut_refusal_is_still_a_refusal() {
        let cut = TransportError::Truncated { status: 422, reason: "reset".into() };
        let failure = transport_failure(cut, "host", &Idempotency::NotIdempotent);
        assert_eq!((failure.cause, failure.error.kind()), (Cause::Final, ErrorKind::InvalidInput));
    }
}
