//! What the API's error codes mean. Knows nothing of requests: a code that means different things in
//! different calls is left to these.

use iac_core::ErrorKind;
use iac_http::{Answer, ErrorDecoder, ErrorParts};
use serde::Deserialize;

/// Codes that only say where the real one is: in the chain.
const WRAPPERS: [u64; 2] = [1004, 6003];
/// Messages of one answer that are repeated at most.
const MESSAGES_MAX: usize = 5;

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    success: Option<bool>,
    #[serde(default)]
    errors: Vec<ApiError>,
}

#[derive(Deserialize)]
struct ApiError {
    #[serde(default)]
    code: u64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    error_chain: Vec<ApiError>,
    #[serde(default)]
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(default)]
    pointer: Option<String>,
}

/// Reads `{"success": false, "errors": [{"code", "message", "error_chain", "source"}]}`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ApiErrors;

impl ErrorDecoder for ApiErrors {
    fn decode(&self, answer: &Answer<'_>) -> Option<ErrorParts> {
        let refusal = serde_json::from_slice::<Refusal>(answer.body).ok()?;
        let first = refusal.errors.first()?;
        let cause = match first.error_chain.first() {
            Some(inner) if WRAPPERS.contains(&first.code) => inner,
            _ => first,
        };
        let mut parts = ErrorParts::new().code(cause.code.to_string()).message(message(&refusal.errors));
        let meaning = meaning(cause.code, answer.status);
        if let Some(kind) = meaning.kind {
            parts = parts.kind(kind);
        }
        if let Some(hint) = meaning.hint {
            parts = parts.hint(hint);
        }
        let pointer = cause.source.as_ref().and_then(|source| source.pointer.as_deref());
        match pointer.map(field_of).filter(|field| !field.is_empty()) {
            Some(field) => Some(parts.field(field)),
            None => Some(match meaning.field {
                Some(field) => parts.field(field),
                None => parts,
            }),
        }
    }

    /// Old parts of the API refuse with status 200. Only an answer that also names its errors
    /// counts, so that a stored value that happens to have a field `success` stays a value.
    fn refuses(&self, answer: &Answer<'_>) -> bool {
        let is_json = answer
            .headers
            .get(iac_http::http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_none_or(|value| value.starts_with("application/json"));
        is_json
            && serde_json::from_slice::<Refusal>(answer.body)
                .is_ok_and(|refusal| refusal.success == Some(false) && !refusal.errors.is_empty())
    }
}

/// All messages, those of the chains after their own.
fn message(errors: &[ApiError]) -> String {
    let all = errors.iter().flat_map(|error| std::iter::once(error).chain(&error.error_chain));
    let mut texts: Vec<&str> = Vec::new();
    for text in all.map(|error| error.message.trim().trim_end_matches('.')).filter(|text| !text.is_empty()) {
        if !texts.contains(&text) && texts.len() < MESSAGES_MAX {
            texts.push(text);
        }
    }
    if texts.is_empty() { "the vendor refuses the request".to_owned() } else { texts.join("; ") }
}

/// A JSON pointer as a field's path: `/rules/0/expression` is `rules[0].expression`.
fn field_of(pointer: &str) -> String {
    let mut path = String::new();
    for segment in pointer.split('/').filter(|segment| !segment.is_empty()) {
        if segment.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{segment}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(segment);
        }
    }
    path
}

/// What a code means.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Meaning {
    /// The kind; `None` leaves it to the status.
    kind: Option<ErrorKind>,
    /// The input field that it is always about.
    field: Option<&'static str>,
    /// What to do.
    hint: Option<&'static str>,
}

impl Meaning {
    const fn of(kind: ErrorKind) -> Self {
        Self { kind: Some(kind), field: None, hint: None }
    }
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }
    const fn field(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }
}

const TOKEN: &str = "check the API token: it is not known, not complete, or a global API key";
const PERMISSION: &str = "the API token lacks a permission, or is not for this account or zone: edit it in the \
                          dashboard (My Profile, API Tokens)";
const ELSEWHERE: &str = "import the existing object, or choose another name";

/// The meaning of an error code. Codes that say no more than the status are left to it. Codes of
/// the same number in different products that mean different things are not here: the calls of
/// that product know theirs.
fn meaning(code: u64, status: u16) -> Meaning {
    use ErrorKind as Kind;
    match code {
        // Credentials.
        1000 if status == 401 => Meaning::of(Kind::Unauthenticated).hint(TOKEN),
        6003 | 6103 | 6111 | 9103 | 9106 | 9107 => Meaning::of(Kind::Unauthenticated).hint(TOKEN),
        9109 if status == 401 || status == 403 => Meaning::of(Kind::Unauthenticated).hint(TOKEN),
        10_000 if status == 401 => Meaning::of(Kind::Unauthenticated).hint(TOKEN),
        10_000 if status == 403 => Meaning::of(Kind::PermissionDenied).hint(PERMISSION),
        // Absence.
        1001 | 7000 | 7003 | 81_044 => Meaning::of(Kind::NotFound),
        971 | 10_429 if status == 429 => Meaning::of(Kind::RateLimited),
        // Zones.
        1061 => Meaning::of(Kind::AlreadyExists)
            .field("name")
            .hint("the zone is in this account or another one already: import it, or delete it there"),
        1049 | 1099 => Meaning::of(Kind::InvalidInput)
            .field("name")
            .hint("register the domain first; a zone is a registered domain, not a name in one"),
        1097 | 1105 | 1108 | 1109 => Meaning::of(Kind::InvalidInput).field("name"),
        1118 | 1117 => Meaning::of(Kind::QuotaExceeded)
            .hint("too many zones wait for their activation: activate or delete some"),
        // DNS records.
        81_045 => Meaning::of(Kind::QuotaExceeded)
            .hint("the zone has as many records as its plan allows: delete some, or take a larger plan"),
        81_053 | 81_054 | 81_055 | 81_056 | 81_062 => Meaning::of(Kind::AlreadyExists)
            .field("name")
            .hint("A and AAAA records, a CNAME record and NS records exclude each other at one name"),
        81_057 | 81_058 => Meaning::of(Kind::AlreadyExists).field("content").hint(ELSEWHERE),
        9000 | 9001 => Meaning::of(Kind::InvalidInput).field("name"),
        9003 | 9004 | 9041 => Meaning::of(Kind::InvalidInput).field("proxied"),
        9005..=9010 => Meaning::of(Kind::InvalidInput).field("content"),
        9020 | 9021 => Meaning::of(Kind::InvalidInput).field("ttl"),
        _ => Meaning::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_http::http::{HeaderMap, StatusCode};
    use iac_http::{Bytes, Client, RetryPolicy, Transport, TransportError, WireRequest, WireResponse};

    /// Always the same answer.
    struct Canned(u16, &'static str);

    #[async_trait::async_trait]
    impl Transport for Canned {
        async fn send(&self, _: WireRequest) -> Result<WireResponse, TransportError> {
            Ok(WireResponse {
                status: StatusCode::from_u16(self.0).unwrap(),
                headers: HeaderMap::new(),
                body: Bytes::from_static(self.1.as_bytes()),
            })
        }
    }

    async fn post(status: u16, body: &'static str) -> Result<(), iac_core::Error> {
        let client = Client::builder("http://127.0.0.1:1")
            .decoder(ApiErrors)
            .retry(RetryPolicy::never())
            .transport(Canned(status, body))
            .build()
            .unwrap();
        client.post("/zones").send_empty().await.map(drop)
    }

    #[tokio::test]
    async fn codes_decide_the_kind() {
        use ErrorKind::*;
        for (status, code, kind) in [
            (401, 1000, Unauthenticated),
            (403, 9109, Unauthenticated),
            (403, 10_000, PermissionDenied),
            (404, 7003, NotFound),
            (400, 1001, NotFound),
            (400, 1061, AlreadyExists),
            (400, 81_058, AlreadyExists),
            (400, 1118, QuotaExceeded),
            (429, 971, RateLimited),
            (400, 4_242, InvalidInput),
            (500, 4_242, Ambiguous),
        ] {
            let body = format!(
                r#"{{"success":false,"errors":[{{"code":{code},"message":"no"}}],"messages":[],"result":null}}"#
            );
            let error = post(status, body.leak()).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{code}: {error}");
            assert_eq!(error.api_code(), Some(code.to_string().as_str()));
        }
    }

    #[tokio::test]
    async fn a_refusal_with_status_200_is_one() {
        let body = r#"{"success":false,"errors":[{"code":1061,"message":"example.com already exists"}],"result":null}"#;
        assert_eq!(post(200, body).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert!(post(200, r#"{"success":false}"#).await.is_ok());
        assert!(post(200, r#"{"success":true,"errors":[],"result":{}}"#).await.is_ok());
    }

    #[tokio::test]
    async fn the_chain_has_the_cause_and_a_pointer_the_field() {
        let body = r#"{"success":false,"errors":[{"code":1004,"message":"DNS Validation Error","error_chain":
            [{"code":9005,"message":"Content for A record must be a valid IPv4 address."}]}]}"#;
        let error = post(400, body).await.unwrap_err();
        assert_eq!((error.api_code(), error.input_field()), (Some("9005"), Some("content")));
        assert!(error.message().contains("DNS Validation Error; Content for A record"), "{error}");
        let body = r#"{"success":false,"errors":[{"code":20119,"message":"bad","source":{"pointer":"/rules/0/expression"}}]}"#;
        assert_eq!(post(400, body).await.unwrap_err().input_field(), Some("rules[0].expression"));
    }
}
