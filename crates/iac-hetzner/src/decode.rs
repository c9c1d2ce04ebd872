//! What the API's error codes mean, in answers and in failed actions.
//! Knows nothing of requests.

use std::time::Duration;

use iac_core::ErrorKind;
use iac_http::{Answer, ErrorDecoder, ErrorParts, RetryAdvice, Schedule};

use crate::wire::ErrorBody;

/// Repetitions of a call on a busy object; with the default waits about a minute.
const BUSY_ATTEMPTS_MAX: u32 = 24;

/// Reads `{"error": {"code", "message", "details"}}`.
pub(crate) struct ApiErrors {
    busy: Schedule,
}

impl ApiErrors {
    /// `base` and `max` are the waits before a call on a busy object is repeated.
    pub(crate) fn new(base: Duration, max: Duration) -> Self {
        Self { busy: Schedule { attempts_max: BUSY_ATTEMPTS_MAX, base, max } }
    }
}

impl ErrorDecoder for ApiErrors {
    fn decode(&self, answer: &Answer<'_>) -> Option<ErrorParts> {
        let error = serde_json::from_slice::<ErrorBody>(answer.body).ok()?.error;
        let field = error.fields().next();
        let mut parts = ErrorParts::new().code(error.code.as_str()).message(error.message.as_str());
        let meaning = meaning(&error.code);
        if let Some(kind) = meaning.kind {
            parts = parts.kind(kind);
        }
        if meaning.busy {
            parts = parts.retry(RetryAdvice::On(self.busy));
        }
        let hint = meaning.hint.or_else(|| field.and_then(|field| field_hint(&error.code, field)));
        if let Some(hint) = hint {
            parts = parts.hint(hint);
        }
        if let Some(field) = field {
            parts = parts.field(field);
        }
        Some(parts)
    }
}

/// What a code means.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Meaning {
    /// The kind; `None` leaves it to the status.
    pub(crate) kind: Option<ErrorKind>,
    /// The request had no effect and can succeed soon.
    pub(crate) busy: bool,
    /// What to do.
    pub(crate) hint: Option<&'static str>,
}

const WAIT: &str = "another operation is running on the object: run again when it is done";
const ELSEWHERE: &str = "try another location or type, or run again later: the vendor is out of stock here";

/// The meaning of an error code. Codes that say no more than the status (`server_error`,
/// `unavailable`, `timeout`) are left to it, because a POST that got them may have had an effect.
pub(crate) fn meaning(code: &str) -> Meaning {
    use ErrorKind as Kind;
    let (kind, busy, hint) = match code {
        "unauthorized" => (Kind::Unauthenticated, false, Some("check the API token of the project")),
        "token_readonly" => (
            Kind::PermissionDenied,
            false,
            Some("the token can only read: make one with permission to read and write"),
        ),
        "forbidden" => (Kind::PermissionDenied, false, None),
        "not_found" => (Kind::NotFound, false, None),
        "json_error" => (Kind::Internal, false, None),
        "invalid_input"
        | "invalid_server_type"
        | "primary_ip_version_mismatch"
        | "primary_ip_datacenter_mismatch"
        | "networks_overlap"
        | "incompatible_network_type"
        | "firewall_resource_not_found" => (Kind::InvalidInput, false, None),
        "no_subnet_available" => (
            Kind::InvalidInput,
            false,
            Some(
                "the network needs a subnet with a free address in the server's network zone; refer to \
                 the network by the subnet's `network_id`, so that the subnet is made first",
            ),
        ),
        "uniqueness_error" => {
            (Kind::AlreadyExists, false, Some("choose another name, or import the existing object"))
        }
        "server_already_attached"
        | "server_already_added"
        | "volume_already_attached"
        | "already_in_placement_group" => (Kind::AlreadyExists, false, None),
        "resource_limit_exceeded" => (
            Kind::QuotaExceeded,
            false,
            Some("ask for a higher limit in the console (Limits), or delete what is not used"),
        ),
        "rate_limit_exceeded" => (Kind::RateLimited, false, None),
        "conflict" | "locked" => (Kind::Conflict, true, Some(WAIT)),
        // Addresses are released a little after the server that had them is gone.
        "ip_not_available" | "primary_ip_assigned" => (
            Kind::Conflict,
            true,
            Some("something else has this address: free it, or leave the choice to the vendor"),
        ),
        "resource_in_use" => {
            (Kind::Conflict, false, Some("remove what still uses the object, and run again"))
        }
        "must_be_detached" | "server_not_stopped" | "server_not_attached" => (Kind::Conflict, false, None),
        "protected" => (
            Kind::Protected,
            false,
            Some("the object has its delete protection on: set `delete_protection` to false and apply first"),
        ),
        "resource_unavailable" | "placement_error" | "no_space_left_in_location" => {
            (Kind::Unavailable, false, Some(ELSEWHERE))
        }
        "maintenance" => (Kind::Unavailable, false, Some("the vendor is at work on it: run again later")),
        "service_error" => {
            (Kind::Unavailable, false, Some("a service of the vendor failed: run again later"))
        }
        "unsupported_error" => (Kind::Unsupported, false, None),
        "deprecated_api_endpoint" | "method_not_allowed" => (
            Kind::Unsupported,
            false,
            Some("the vendor has removed this function: use a newer release of this crate"),
        ),
        _ => return Meaning::default(),
    };
    Meaning { kind: Some(kind), busy, hint }
}

fn field_hint(code: &str, field: &str) -> Option<&'static str> {
    if code != "invalid_input" {
        return None;
    }
    match field {
        "server_type" => Some(
            "the server type is unknown, no longer sold, or not offered in this location: \
             https://www.hetzner.com/cloud lists them",
        ),
        "image" => Some(
            "the image is unknown or is not for the server type's architecture; system images are named \
             like `ubuntu-24.04`",
        ),
        "location" => Some("locations are named like `nbg1`, `fsn1`, `hel1`, `ash`, `hil` and `sin`"),
        "network_zone" => Some("zones are named like `eu-central`, `us-east`, `us-west` and `ap-southeast`"),
        "user_data" => Some("user data is limited to 32 KiB"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_http::Client;
    use iac_http::http::{HeaderMap, StatusCode};
    use iac_http::{Bytes, RetryPolicy, Transport, TransportError, WireRequest, WireResponse};

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

    async fn post(status: u16, body: &'static str) -> iac_core::Error {
        let client = Client::builder("http://127.0.0.1:1")
            .decoder(ApiErrors::new(Duration::ZERO, Duration::ZERO))
            .retry(RetryPolicy::never())
            .transport(Canned(status, body))
            .build()
            .unwrap();
        client.post("/servers").send_empty().await.unwrap_err()
    }

    #[tokio::test]
    async fn codes_decide_the_kind() {
        use ErrorKind::*;
        for (status, code, kind) in [
            (401, "unauthorized", Unauthenticated),
            (401, "token_readonly", PermissionDenied),
            (403, "forbidden", PermissionDenied),
            (403, "maintenance", Unavailable),
            (403, "resource_limit_exceeded", QuotaExceeded),
            (404, "not_found", NotFound),
            (409, "uniqueness_error", AlreadyExists),
            (409, "conflict", Conflict),
            (412, "resource_unavailable", Unavailable),
            (422, "placement_error", Unavailable),
            (422, "invalid_input", InvalidInput),
            (422, "a_code_of_tomorrow", InvalidInput),
            (422, "service_error", Unavailable),
            (422, "resource_in_use", Conflict),
            (423, "locked", Conflict),
            (423, "protected", Protected),
            (429, "rate_limit_exceeded", RateLimited),
            (500, "server_error", Ambiguous),
            (504, "timeout", Ambiguous),
        ] {
            let body = format!(r#"{{"error":{{"code":"{code}","message":"no","details":null}}}}"#);
            let error = post(status, body.leak()).await;
            assert_eq!(error.kind(), kind, "{code}: {error}");
            assert_eq!(error.api_code(), Some(code));
        }
    }

    #[tokio::test]
    async fn the_first_field_is_named_and_explained() {
        let error = post(
            422,
            r#"{"error":{"code":"invalid_input","message":"invalid input in field 'server_type'",
                "details":{"fields":[{"name":"server_type","messages":["unknown"]},{"name":"x"}]}}}"#,
        )
        .await;
        assert_eq!(error.input_field(), Some("server_type"));
        assert!(error.way_out().unwrap().contains("not offered in this location"));
        let error = post(
            409,
            r#"{"error":{"code":"uniqueness_error","message":"exists","details":{"fields":[{"name":"name"}]}}}"#,
        )
        .await;
        assert_eq!((error.kind(), error.input_field()), (ErrorKind::AlreadyExists, Some("name")));
    }
}
