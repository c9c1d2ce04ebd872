//! The error a provider answers with, and what the engine does about each kind.
//! Knows nothing of HTTP: a provider's transport maps its answers to these kinds.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::scrub::Scrub;

/// What went wrong, named by what the caller can do about it.
///
/// The mapping is part of the [`Resource`](crate::Resource) contract: a provider MUST answer with
/// the kind whose text fits, because the engine acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The object does not exist (any more). A delete treats it as success; a read as absence.
    NotFound,
    /// A unique name or natural key is taken. The engine reports who holds it if it can.
    AlreadyExists,
    /// Another operation is running on the object; the same call can succeed later.
    Conflict,
    /// The provider refuses a value. Repeating the call cannot help.
    InvalidInput,
    /// The credentials are missing, malformed or expired. The run stops starting new steps of
    /// this provider.
    Unauthenticated,
    /// The credentials are good and lack a permission.
    PermissionDenied,
    /// An account limit is reached.
    QuotaExceeded,
    /// Too many requests, still after the bounded retries.
    RateLimited,
    /// The provider is not reachable or answers 5xx, and the request had no effect.
    Unavailable,
    /// A bounded wait ended before the object was ready. The object exists.
    Timeout,
    /// It is not known whether the request took effect. The engine MUST look before it repeats.
    Ambiguous,
    /// The object is protected against this operation, in the cloud or in the state.
    Protected,
    /// The provider cannot do this at all.
    Unsupported,
    /// A hook of the program failed.
    HookFailed,
    /// A defect in the provider crate or an answer it cannot read.
    Internal,
}

impl ErrorKind {
    /// The kind as it appears in messages and in JSON, for example `quota_exceeded`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::Conflict => "conflict",
            Self::InvalidInput => "invalid_input",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::QuotaExceeded => "quota_exceeded",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Ambiguous => "ambiguous",
            Self::Protected => "protected",
            Self::Unsupported => "unsupported",
            Self::HookFailed => "hook_failed",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error of one provider operation.
///
/// It carries what a person needs to act: the operation, the status and the API's own code and
/// message, the request id for the vendor's support, and a hint. It MUST NOT carry a token or a
/// secret field; `iac-http` redacts before it builds one.
///
/// ```
/// use iac_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::QuotaExceeded, "server limit reached")
///     .operation("POST /servers")
///     .status(403)
///     .code("resource_limit_exceeded")
///     .hint("ask the vendor for a higher limit, or delete unused servers");
/// assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
/// assert_eq!(
///     error.to_string(),
///     "POST /servers failed: server limit reached (403 resource_limit_exceeded)"
/// );
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<Cow<'static, str>>,
    status: Option<u16>,
    code: Option<String>,
    field: Option<String>,
    request_id: Option<String>,
    hint: Option<Cow<'static, str>>,
    retry_after_ms: Option<u64>,
}

impl Error {
    /// An error of `kind`; `message` is a lowercase fragment without the operation's name.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            status: None,
            code: None,
            field: None,
            request_id: None,
            hint: None,
            retry_after_ms: None,
        }))
    }

    /// [`ErrorKind::InvalidInput`] about one input field, named by its path (`services[0].port`).
    #[must_use]
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message).field(field)
    }

    /// [`ErrorKind::Internal`]: a defect, not something the user did.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Names the operation, for example `POST /servers`.
    #[must_use]
    pub fn operation(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation = Some(operation.into());
        self
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// The API's own error code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// The input field that the error is about, as a path.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// The vendor's id of the request, for a support ticket.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// What the user can do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// How long the vendor asked to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Replaces the kind, for a provider that knows better than the status code.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// This error without any of `secrets` in its texts: the last net, should a provider repeat
    /// an answer that quotes an input.
    #[must_use]
    pub(crate) fn scrub(mut self, secrets: &[String]) -> Self {
        let scrub = Scrub::new(secrets);
        let clean = |text: &mut String| scrub.clean(text);
        let inner = &mut *self.0;
        clean(&mut inner.message);
        [&mut inner.code, &mut inner.field, &mut inner.request_id].into_iter().flatten().for_each(clean);
        for text in [&mut inner.operation, &mut inner.hint].into_iter().flatten() {
            clean(text.to_mut());
        }
        self
    }

    /// The kind, on which callers decide.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
    /// The message alone.
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// The API's own error code, if any.
    pub fn api_code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }
    /// The HTTP status, if any.
    pub fn http_status(&self) -> Option<u16> {
        self.0.status
    }
    /// The input field, if the error is about one.
    pub fn input_field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }
    /// The vendor's request id, if any.
    pub fn vendor_request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
    /// What the user can do next, if known.
    pub fn way_out(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
    /// How long the vendor asked to wait, if it did.
    pub fn wait_before_retry(&self) -> Option<Duration> {
        self.0.retry_after_ms.map(Duration::from_millis)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.0.operation {
            write!(f, "{operation} failed: ")?;
        }
        if let Some(field) = &self.0.field {
            write!(f, "field `{field}`: ")?;
        }
        f.write_str(&self.0.message)?;
        match (self.0.status, &self.0.code) {
            (Some(status), Some(code)) => write!(f, " ({status} {code})")?,
            (Some(status), None) => write!(f, " ({status})")?,
            (None, Some(code)) => write!(f, " ({code})")?,
            (None, None) => {}
        }
        if let Some(id) = &self.0.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {}

impl serde::Serialize for Error {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Error {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Inner::deserialize(deserializer).map(|inner| Self(Box::new(inner)))
    }
}

/// The result of a provider operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;
