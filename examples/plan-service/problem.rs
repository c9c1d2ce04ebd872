//! [`Problem`]: what went wrong, as RFC 9457 says it (`application/problem+json`). Knows nothing of
//! routes.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use iac::EngineError;
use iac::state::{BackendError, Holder, StateError};
use serde_json::{Map, Value as Fields, json};

/// What a caller is told in place of an answer. Texts of the engine have no secrets.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    /// The last part of the problem's type, for programs.
    kind: &'static str,
    title: &'static str,
    detail: String,
    more: Map<String, Fields>,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { status, kind, title, detail: detail.into(), more: Map::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: Fields) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn unauthorized() -> Self {
        let detail = "send `Authorization: Bearer TOKEN` with the token that the service was started with";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "No valid token", detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is no such thing", detail)
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "The request is not understood", detail)
    }

    pub(crate) fn busy(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Too much at once", detail)
    }

    pub(crate) fn stopping() -> Self {
        let detail = "the service is being stopped and starts nothing new; try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "The service is being stopped", detail)
    }

    /// Something that no caller can do anything about. What it was goes to the log.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        eprintln!("failed to answer a request: {cause}");
        let detail = "the service's log has the cause";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The service failed", detail)
    }

    fn in_use(detail: String, holder: &Holder) -> Self {
        let holder = json!({ "name": holder.name, "host": holder.host, "pid": holder.pid });
        Self::new(StatusCode::CONFLICT, "stack-in-use", "The stack is in use", detail).with("holder", holder)
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let detail = error.to_string();
        match error {
            EngineError::State(StateError::Backend(BackendError::Leased { held, .. })) => {
                Self::in_use(detail, &held.holder)
            }
            EngineError::Busy { .. } => {
                Self::new(StatusCode::CONFLICT, "stack-in-use", "The stack is in use", detail)
            }
            EngineError::StalePlan { planned, found } => {
                Self::new(StatusCode::CONFLICT, "stale-plan", "The plan is stale", detail)
                    .with("planned_from", planned.into())
                    .with("state_is", found.into())
            }
            EngineError::Plan(error) => {
                let faults: Vec<Fields> = error
                    .faults
                    .iter()
                    .map(|fault| {
                        json!({ "urn": fault.urn, "field": fault.field, "detail": fault.to_string(),
                                "way_out": fault.way_out })
                    })
                    .collect();
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "no-plan", "There is no plan", detail)
                    .with("faults", faults.into())
            }
            EngineError::OverBudget(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "over-budget", "Beyond the budget", detail)
            }
            EngineError::Uncertain { .. } | EngineError::Open { .. } => {
                Self::new(StatusCode::CONFLICT, "interrupted", "An earlier run was interrupted", detail)
            }
            EngineError::Provider { .. } | EngineError::Resource { .. } => {
                Self::new(StatusCode::BAD_GATEWAY, "cloud", "The cloud refused or is away", detail)
            }
            other => Self::internal(&other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": format!("urn:plan-service:problem:{}", self.kind),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Some(fields) = body.as_object_mut() {
            fields.extend(self.more);
        }
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }
}
