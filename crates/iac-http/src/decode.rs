//! What a vendor's error body says: the `ErrorDecoder` trait and a reader of common JSON shapes.
//! Knows nothing of statuses' meaning or of redaction.

use std::borrow::Cow;
use std::fmt;

use http::HeaderMap;
use iac_core::ErrorKind;
use serde_json::Value;

use crate::retry::RetryAdvice;

/// An answer that is not a success, as a decoder sees it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body; empty if it could not be read.
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// An answer; also for a decoder's own tests.
    pub fn new(status: u16, headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        Self { status, headers, body }
    }
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What a decoder read out of an answer. Nothing of it needs to be redacted yet.
#[derive(Clone, Default)]
#[must_use]
pub struct ErrorParts {
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) field: Option<String>,
    pub(crate) hint: Option<Cow<'static, str>>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry: RetryAdvice,
}

impl ErrorParts {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The kind, if the decoder recognises the code. It overrides the status: a POST answered
    /// with 500 and a recognised kind other than [`ErrorKind::Ambiguous`] had no effect.
    pub fn kind(mut self, kind: ErrorKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// The vendor's code.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The vendor's message.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The input field, as a path.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// What the user can do.
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The vendor's request id, if the body rather than a header has it.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Whether repeating makes sense.
    pub fn retry(mut self, advice: RetryAdvice) -> Self {
        self.retry = advice;
        self
    }
}

impl fmt::Debug for ErrorParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The texts are the vendor's and can quote a secret that was sent.
        f.debug_struct("ErrorParts")
            .field("kind", &self.kind)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// Reads one vendor's error bodies. `None` leaves the answer to [`JsonErrors`].
///
/// A function does as well:
/// ```
/// use iac_core::ErrorKind;
/// use iac_http::{Answer, ErrorParts};
///
/// fn decode(answer: &Answer<'_>) -> Option<ErrorParts> {
///     let text = std::str::from_utf8(answer.body).ok()?;
///     text.contains("uniqueness_error").then(|| {
///         ErrorParts::new().kind(ErrorKind::AlreadyExists).code("uniqueness_error")
///     })
/// }
/// let client = iac_http::Client::builder("http://127.0.0.1:1").decoder(decode).build()?;
/// # Ok::<(), iac_core::Error>(())
/// ```
pub trait ErrorDecoder: Send + Sync + 'static {
    /// The parts of the error in `answer`, whose status is not 2xx or which is
    /// [refused](Self::refuses) all the same.
    fn decode(&self, answer: &Answer<'_>) -> Option<ErrorParts>;

    /// Whether an answer whose status is 2xx is a refusal all the same: some APIs answer 200 and
    /// say in the body that nothing was done. It is then treated as any other refusal. By default
    /// none is.
    fn refuses(&self, answer: &Answer<'_>) -> bool {
        let _ = answer;
        false
    }
}

impl<F> ErrorDecoder for F
where
    F: Fn(&Answer<'_>) -> Option<ErrorParts> + Send + Sync + 'static,
{
    fn decode(&self, answer: &Answer<'_>) -> Option<ErrorParts> {
        self(answer)
    }
}

/// Reads code, message and field from the usual JSON shapes. Recognises no code, so the status
/// decides the kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonErrors;

const MESSAGE_KEYS: &[&str] =
    &["message", "error_description", "detail", "reason", "description", "msg", "title", "error"];
const CODE_KEYS: &[&str] = &["code", "error_code", "errorCode", "type", "class", "error"];
const FIELD_KEYS: &[&str] = &["field", "argument_name", "pointer", "property"];

impl ErrorDecoder for JsonErrors {
    fn decode(&self, answer: &Answer<'_>) -> Option<ErrorParts> {
        let body: Value = serde_json::from_slice(answer.body).ok()?;
        let inner = body
            .get("error")
            .filter(|error| error.is_object())
            .or_else(|| body.get("errors").and_then(|errors| errors.get(0)))
            .filter(|inner| inner.is_object())
            .unwrap_or(&body);
        let message = text(inner, MESSAGE_KEYS).or_else(|| text(&body, MESSAGE_KEYS));
        let code = text(inner, CODE_KEYS).filter(|code| Some(code) != message.as_ref());
        if message.is_none() && code.is_none() {
            return None;
        }
        let field = text(inner, FIELD_KEYS);
        Some(ErrorParts { code, message, field, ..ErrorParts::default() })
    }
}

fn text(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match value.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_shapes() {
        for (body, code, message) in [
            (r#"{"error":{"code":"locked","message":"busy"}}"#, Some("locked"), Some("busy")),
            (r#"{"errors":[{"code":81053,"message":"exists"}]}"#, Some("81053"), Some("exists")),
            (r#"{"type":"not_found","message":"no"}"#, Some("not_found"), Some("no")),
            (r#"{"error":"invalid_grant","error_description":"no"}"#, Some("invalid_grant"), Some("no")),
            (r#"{"errors":["plain"],"message":"outer"}"#, None, Some("outer")),
            (r#"{"error":"only"}"#, None, Some("only")),
            ("[]", None, None),
            ("<html>", None, None),
        ] {
            let headers = HeaderMap::new();
            let parts = JsonErrors.decode(&Answer::new(400, &headers, body.as_bytes()));
            let parts = parts.unwrap_or_default();
            assert_eq!(parts.code.as_deref(), code, "{body}");
            assert_eq!(parts.message.as_deref(), message, "{body}");
        }
    }
}
