//! The settings of a service as the API writes them. Knows nothing of requests.

use iac_core::Result;
use serde::{Deserialize, Serialize};

use super::service_settings::{
    Canonical, HealthCheck, HealthCheckHttp, HealthCheckProtocol, ServiceHttp, ServiceProtocol, status_codes,
    timeout_idle,
};
use crate::wire;

/// HTTP settings on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct HttpBody {
    pub(super) cookie_name: String,
    pub(super) cookie_lifetime: u32,
    // Absent in answers from before the API had it.
    #[serde(default = "timeout_idle")]
    pub(super) timeout_idle: u32,
    #[serde(default)]
    pub(super) sticky_sessions: bool,
    // An `http` service has neither of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) certificates: Option<Vec<u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) redirect_http: Option<bool>,
}

impl HttpBody {
    pub(super) fn new(http: &ServiceHttp, protocol: ServiceProtocol) -> Result<Self> {
        let tls = protocol == ServiceProtocol::Https;
        let certificates = http.certificates.iter().map(|id| wire::number(id, "http.certificates"));
        let certificates = certificates.collect::<Result<_>>()?;
        Ok(Self {
            cookie_name: http.cookie_name.clone(),
            cookie_lifetime: http.cookie_lifetime,
            timeout_idle: http.timeout_idle,
            sticky_sessions: http.sticky_sessions,
            certificates: tls.then_some(certificates),
            redirect_http: tls.then_some(http.redirect_http),
        })
    }

    pub(super) fn into_settings(self) -> ServiceHttp {
        ServiceHttp {
            sticky_sessions: self.sticky_sessions,
            cookie_name: self.cookie_name,
            cookie_lifetime: self.cookie_lifetime,
            timeout_idle: self.timeout_idle,
            certificates: self.certificates.unwrap_or_default().into_iter().map(wire::id).collect(),
            redirect_http: self.redirect_http.unwrap_or(false),
        }
    }
}

/// A health check on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct HealthCheckBody {
    pub(super) protocol: HealthCheckProtocol,
    pub(super) port: u16,
    pub(super) interval: u32,
    pub(super) timeout: u32,
    pub(super) retries: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) http: Option<HealthCheckHttpBody>,
}

/// The request of an `http` health check on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct HealthCheckHttpBody {
    // The API wants it even if it is null.
    #[serde(default)]
    pub(super) domain: Option<String>,
    pub(super) path: String,
    // Sent even if it is empty: that is how it is taken back.
    #[serde(default)]
    pub(super) response: String,
    #[serde(default = "status_codes")]
    pub(super) status_codes: Vec<String>,
    #[serde(default)]
    pub(super) tls: bool,
}

impl HealthCheckBody {
    pub(super) fn new(check: HealthCheck, destination_port: u16) -> Self {
        let check = check.canonical(&HealthCheck::default());
        Self {
            protocol: check.protocol,
            port: check.port.unwrap_or(destination_port),
            interval: check.interval,
            timeout: check.timeout,
            retries: check.retries,
            http: check.http.map(|http| HealthCheckHttpBody {
                domain: http.domain,
                path: http.path,
                response: http.response.unwrap_or_default(),
                status_codes: http.status_codes,
                tls: http.tls,
            }),
        }
    }

    pub(super) fn into_settings(self) -> HealthCheck {
        HealthCheck {
            protocol: self.protocol,
            port: Some(self.port),
            interval: self.interval,
            timeout: self.timeout,
            retries: self.retries,
            http: self.http.map(|http| HealthCheckHttp {
                domain: http.domain.filter(|domain| !domain.is_empty()),
                path: http.path,
                response: Some(http.response).filter(|response| !response.is_empty()),
                status_codes: http.status_codes,
                tls: http.tls,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::Id;

    #[test]
    fn settings_survive_the_wire() {
        let check = HealthCheck {
            protocol: HealthCheckProtocol::Http,
            port: Some(9000),
            http: Some(HealthCheckHttp { path: "/healthz".into(), tls: true, ..HealthCheckHttp::default() }),
            ..HealthCheck::default()
        };
        let body = HealthCheckBody::new(check.clone(), 8080);
        assert_eq!((body.port, body.interval), (9000, 15));
        assert_eq!(body.into_settings(), check);
        // The check goes to the destination port where the program names no other.
        assert_eq!(HealthCheckBody::new(HealthCheck::default(), 8080).port, 8080);

        let http = ServiceHttp {
            certificates: vec![Id::new("7"), Id::new("4")],
            redirect_http: true,
            ..ServiceHttp::default()
        };
        let body = HttpBody::new(&http, ServiceProtocol::Https).unwrap();
        assert_eq!(body.into_settings(), http);
        let body = HttpBody::new(&http, ServiceProtocol::Http).unwrap();
        assert_eq!((body.certificates, body.redirect_http), (None, None));
    }
}
